"""What comes late: a move just before the visit, a yes after the time for it, a cancel while she arrives.

H-117, H-118, H-181, M-146, M-152, M-235, M-236, M-237, PRODUCT 22.
"""

import asyncio
import contextvars
from uuid import UUID

import pytest

from carewire.clock import Clock
from carewire.command import Ctx
from carewire.jobs.vault import Vault
from carewire.node import Node
from carewire.store import outbox
from channels.appointment import arriving
from channels.appointment.jobs import AppointmentDue
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, ProductClock, free, pay, refuses, run_job
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import MakeSession
from tests.patience import PATIENCE_S

HER = {"patient_id": people.PRIYA_PATIENT}
STEPS = pytest.mark.parametrize(("hours", "percent"), [(25, 100), (5, 50), (2, 0)], ids=str)
"""So long before a visit, so much goes back."""


@STEPS
async def test_a_late_move_that_nobody_answers_brings_no_more_back_than_cancelling_then(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller, time_: ProductClock, hours: int, percent: int
) -> None:
    await vikram.sees(needs_confirmation=True)
    asked = await priya.call("appointment.book", **vikram.slot(15), **HER)
    await doctor.call("appointment.confirm", appointment_id=asked["id"])
    await pay(clinic, asked["id"])
    time_.until(asked["starts_at"], hours=hours, minutes=-1 if hours == 2 else 1)
    moved = await priya.call("appointment.reschedule", appointment_id=asked["id"], starts_at=vikram.at(15, days=20))
    assert moved["state"] == "requested"
    time_.until(moved["confirm_by"])
    await run_job(clinic, AppointmentDue(appointment_id=UUID(asked["id"])))
    over = await priya.call("appointment.get", appointment_id=asked["id"])
    assert (over["end_reason"], over["refund_percent"]) == ("not_confirmed", percent)


@STEPS
async def test_what_the_doctors_side_moved_she_may_decline_for_all_of_it(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, time_: ProductClock, hours: int, percent: int
) -> None:
    """Moved by the provider, all goes back; what she chose herself after that is hers again."""
    moved = await priya.call("appointment.book", **vikram.slot(15, days=9), **HER)
    again = await priya.call("appointment.book", **vikram.slot(16, days=9), patient_id=people.ARJUN_PATIENT)
    for made, hour in ((moved, 15), (again, 16)):
        await pay(clinic, made["id"])
        await desk.call("appointment.reschedule", appointment_id=made["id"], starts_at=vikram.at(hour, days=2))
    own = await priya.call("appointment.reschedule", appointment_id=again["id"], starts_at=vikram.at(15, 30))
    time_.until(own["starts_at"], hours=hours, minutes=1)
    off = await priya.call("appointment.cancel", appointment_id=moved["id"], reason="cannot_come")
    assert off["refund_percent"] == 100
    off = await priya.call("appointment.cancel", appointment_id=own["id"], reason="cannot_come")
    assert off["refund_percent"] == percent


async def test_who_comes_takes_the_time_as_it_is(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, time_: ProductClock, make_session: MakeSession
) -> None:
    made = await priya.call("appointment.book", **vikram.slot(9, days=9), **HER)
    await pay(clinic, made["id"])
    moved = await desk.call("appointment.reschedule", appointment_id=made["id"], starts_at=vikram.at(9))
    time_.until(moved["starts_at"], minutes=5)
    await make_session()
    await desk.call("appointment.check_in", appointment_id=made["id"])
    left = await priya.call("appointment.cancel", appointment_id=made["id"], reason="cannot_come")
    assert left["refund_percent"] == 0


async def test_a_yes_after_the_time_for_it_is_none_also_where_the_job_is_late(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, doctor: Caller, time_: ProductClock
) -> None:
    await vikram.sees(needs_confirmation=True)
    asked = await priya.call("appointment.book", **vikram.slot(15), **HER)
    time_.until(asked["confirm_by"])
    named = {"appointment_id": asked["id"]}
    for who, verb, more in (
        (doctor, "confirm", {}),
        (desk, "reschedule", {"starts_at": vikram.at(16)}),
        (priya, "reschedule", {"starts_at": vikram.at(16)}),
        (priya, "cancel", {"reason": "other"}),
    ):
        with refuses("illegal_move"):
            await who.call(f"appointment.{verb}", **named, **more)
    assert await pay(clinic, asked["id"]) == "expired"
    await run_job(clinic, AppointmentDue(appointment_id=UUID(asked["id"])))
    steps = await rows(clinic, "SELECT move FROM appointment_step ORDER BY revision")
    assert [step["move"] for step in steps] == ["book", "expire"]


async def test_nobody_says_yes_to_what_was_not_paid_in_time(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, time_: ProductClock
) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(15), **HER, payment="online")
    time_.until(booked["pay_by"])
    with refuses("illegal_move"):
        await desk.call("appointment.confirm", appointment_id=booked["id"])
    await run_job(clinic, AppointmentDue(appointment_id=UUID(booked["id"])))
    assert await free(clinic, vikram, 15) == 1


async def test_the_last_moment_to_say_yes_is_the_one_before(
    vikram: Doctor, priya: Caller, doctor: Caller, time_: ProductClock
) -> None:
    await vikram.sees(needs_confirmation=True)
    asked = await priya.call("appointment.book", **vikram.slot(15), **HER)
    time_.until(asked["confirm_by"], seconds=10)
    sure = await doctor.call("appointment.confirm", appointment_id=asked["id"])
    assert (sure["state"], sure["confirm_by"]) == ("appointment_confirmed", None)


async def test_a_cancel_while_she_is_checked_in_waits_for_nobody_who_waits_for_it(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, time_: ProductClock, make_session: MakeSession
) -> None:
    """The line stands before the day: a cancel that saw her away, and finds her in the line, comes again."""
    hers = await priya.call("appointment.book", **vikram.slot(9), **HER)
    his = await priya.call("appointment.book", **vikram.slot(9, 15), patient_id=people.ARJUN_PATIENT)
    time_.until(hers["starts_at"], minutes=5)
    await make_session()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    outside = contextvars.copy_context()  # where no transaction is open
    async with clinic.db.transaction() as tx:
        ctx = _as(desk, clinic, tx, time_)
        await arriving.check_in(ctx, UUID(hers["id"]))
        cancel = asyncio.create_task(
            priya.call("appointment.cancel", appointment_id=hers["id"], reason="other"), context=outside.copy()
        )
        async with asyncio.timeout(PATIENCE_S):
            while await tx.fetchval(waiting) < 1:  # it has seen her away, and wants the day
                pass  # each look is a round trip
            arrives = asyncio.create_task(
                desk.call("appointment.check_in", appointment_id=his["id"]), context=outside.copy()
            )
            while await tx.fetchval(waiting) < 2:  # he wants the line
                pass
        await outbox.finish([ctx], Vault(clinic.settings.secret))
    with refuses("busy"):
        await cancel
    assert (await arrives)["state"] == "awaiting_consultation"
    over = await priya.call("appointment.cancel", appointment_id=hers["id"], reason="other")
    (token,) = await rows(clinic, "SELECT state FROM token WHERE id = $1", UUID(over["token_id"]))
    assert (over["state"], token["state"]) == ("cancelled", "cancelled")


def _as(who: Caller, node: Node, tx: object, clock: Clock) -> Ctx:
    """The command's context, inside a transaction that the test keeps open."""
    return Ctx(tx=tx, now=clock.now(), real_now=clock.real_now(), settings=node.settings, actor=who.actor)  # type: ignore[arg-type]
