"""Money comes early, late, twice, or for what is over; and a paid visit makes the next ones free.

PRODUCT 22, 23, 33.
"""

from uuid import UUID, uuid4

from carewire.command import Ctx
from carewire.node import Node
from carewire.paid import Owed
from channels.appointment import access
from channels.appointment.jobs import AppointmentDue
from channels.directory import demo as places
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, ProductClock, free, pay, refuses, run_job
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import MakeSession

HER = {"patient_id": people.PRIYA_PATIENT}


async def owed(node: Node, appointment_id: str) -> Owed:
    async with node.db.snapshot() as tx:
        now = node.dispatcher.clock.now()
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=node.settings)
        return await access.owed(ctx, UUID(appointment_id))


async def test_paid_in_time_it_is_confirmed_and_told_again_nothing_changes(
    clinic: Node, vikram: Doctor, priya: Caller
) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER, payment="online")
    asked = await owed(clinic, booked["id"])
    assert asked.money is not None
    assert (asked.money.amount, asked.place_id, asked.patient_id) == (50_000, places.CLINIC, people.PRIYA_PATIENT)
    payment = uuid4()
    assert await pay(clinic, booked["id"], payment_id=payment) == "applied"
    assert await pay(clinic, booked["id"], payment_id=payment) == "applied"
    seen = await priya.call("appointment.get", appointment_id=booked["id"])
    assert (seen["state"], seen["pay_by"], seen["revision"]) == ("appointment_confirmed", None, 2)
    assert await pay(clinic, booked["id"]) == "paid_already"
    assert (await owed(clinic, booked["id"])).money is None


async def test_money_that_does_not_count_goes_back_and_says_why(
    clinic: Node, vikram: Doctor, priya: Caller, time_: ProductClock
) -> None:
    late = await priya.call("appointment.book", **vikram.slot(9), **HER, payment="online")
    assert await pay(clinic, late["id"], 49_999) == "wrong_amount"
    time_.turn(minutes=11)
    payment = uuid4()
    assert await pay(clinic, late["id"], payment_id=payment) == "expired"  # though nobody has noticed yet
    await run_job(clinic, AppointmentDue(appointment_id=UUID(late["id"])))
    assert await pay(clinic, late["id"], payment_id=payment) == "expired"
    assert await pay(clinic, late["id"]) == "expired"
    off = await priya.call("appointment.book", **vikram.slot(10), **HER)
    await priya.call("appointment.cancel", appointment_id=off["id"], reason="other")
    assert await pay(clinic, off["id"]) == "cancelled"
    await vikram.sees(fee=0)
    free_ = await priya.call("appointment.book", **vikram.slot(11), **HER)
    assert await pay(clinic, free_["id"], 0) == "over"


async def test_unpaid_it_ends_by_itself_and_the_seat_is_free(
    clinic: Node, vikram: Doctor, priya: Caller, time_: ProductClock
) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER, payment="online")
    await run_job(clinic, AppointmentDue(appointment_id=UUID(booked["id"])))
    assert await free(clinic, vikram, 9) == 0
    time_.turn(minutes=11)
    await run_job(clinic, AppointmentDue(appointment_id=UUID(booked["id"])))
    seen = await priya.call("appointment.get", appointment_id=booked["id"])
    assert (seen["state"], seen["end_reason"], seen["ended_side"]) == ("cancelled", "unpaid", "system")
    assert await free(clinic, vikram, 9) == 1


async def test_a_yes_of_the_desk_is_no_payment(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, time_: ProductClock
) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER, payment="online")
    await desk.call("appointment.confirm", appointment_id=booked["id"])
    time_.turn(minutes=11)
    await run_job(clinic, AppointmentDue(appointment_id=UUID(booked["id"])))
    seen = await priya.call("appointment.get", appointment_id=booked["id"])
    assert (seen["state"], seen["end_reason"]) == ("cancelled", "unpaid")
    assert await free(clinic, vikram, 9) == 1


async def test_a_request_that_nobody_answers_ends_and_all_that_was_paid_goes_back(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller, time_: ProductClock
) -> None:
    await vikram.sees(needs_confirmation=True)
    asked = await priya.call("appointment.book", **vikram.slot(9), **HER, payment="online")
    assert await pay(clinic, asked["id"]) == "applied"
    assert (await priya.call("appointment.get", appointment_id=asked["id"]))["state"] == "requested"
    time_.turn(hours=4, minutes=1)
    await run_job(clinic, AppointmentDue(appointment_id=UUID(asked["id"])))
    over = await priya.call("appointment.get", appointment_id=asked["id"])
    assert (over["end_reason"], over["refund_due"]["amount"]) == ("not_confirmed", 50_000)
    with refuses("illegal_move"):
        await doctor.call("appointment.confirm", appointment_id=asked["id"])


async def test_a_request_is_not_taken_when_it_begins_too_soon_to_be_answered(
    vikram: Doctor, priya: Caller, time_: ProductClock
) -> None:
    await vikram.sees(needs_confirmation=True)
    time_.until(vikram.at(9), minutes=50)
    with refuses("slot_unavailable"):
        await priya.call("appointment.book", **vikram.slot(9, days=0), **HER)


async def test_after_a_paid_visit_coming_back_is_free_so_often_and_so_long(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, time_: ProductClock, make_session: MakeSession
) -> None:
    await vikram.sees(revisit_days=10, revisit_visits=2)
    first = await priya.call("appointment.book", **vikram.slot(9), **HER)
    await vikram.sees()  # what was shown before booking holds
    time_.until(first["starts_at"], minutes=5)
    session = await make_session()
    there = await desk.call("appointment.check_in", appointment_id=first["id"])
    await desk.call("queue.call_next", session_id=session)
    await desk.call("queue.begin", token_id=there["token_id"])
    await desk.call("queue.complete", token_id=there["token_id"])
    unpaid = await priya.call("appointment.book", **vikram.slot(9), **HER)
    assert (unpaid["free_revisit"], unpaid["fee"]["amount"]) == (False, 50_000)
    assert await pay(clinic, first["id"]) == "applied"  # at the counter on the way out
    second = await priya.call("appointment.book", **vikram.slot(10), **HER)
    third = await priya.call("appointment.book", **vikram.slot(11), **HER)
    fourth = await priya.call("appointment.book", **vikram.slot(12), **HER)
    other = await priya.call("appointment.book", **vikram.slot(13), patient_id=people.ARJUN_PATIENT)
    assert [(one["free_revisit"], one["payment"]) for one in (second, third, fourth, other)] == [
        (True, "free"),
        (True, "free"),
        (False, "counter"),
        (False, "counter"),
    ]
    await priya.call("appointment.cancel", appointment_id=third["id"], reason="not_needed")
    again = await priya.call("appointment.book", **vikram.slot(14), **HER)
    assert again["free_revisit"]
    await priya.call("appointment.cancel", appointment_id=again["id"], reason="not_needed")
    late = await priya.call("appointment.book", **vikram.slot(9, days=11), **HER)
    assert not late["free_revisit"]
    assert len(await rows(clinic, "SELECT 1 FROM revisit_window")) == 1


async def next_look(node: Node, appointment_id: str) -> UUID:
    """The job that looks at this appointment; one that is left anew has another id."""
    (job,) = await rows(node, "SELECT id FROM job WHERE key = $1", f"appointment:{appointment_id}")
    return UUID(str(job["id"]))


async def test_what_was_called_off_unpaid_is_not_looked_at_for_ever(
    clinic: Node, vikram: Doctor, priya: Caller, time_: ProductClock
) -> None:
    off = await priya.call("appointment.book", **vikram.slot(9), **HER, payment="online")
    off = await priya.call("appointment.cancel", appointment_id=off["id"], reason="other")
    assert off["pay_by"] is None
    time_.turn(minutes=11)
    looks = await next_look(clinic, off["id"])
    await run_job(clinic, AppointmentDue(appointment_id=UUID(off["id"])))
    assert await next_look(clinic, off["id"]) == looks


async def test_what_the_doctors_side_confirmed_is_paid_in_time_all_the_same(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, time_: ProductClock
) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER, payment="online")
    await desk.call("appointment.confirm", appointment_id=booked["id"])
    time_.turn(minutes=11)
    await run_job(clinic, AppointmentDue(appointment_id=UUID(booked["id"])))
    over = await priya.call("appointment.get", appointment_id=booked["id"])
    assert (over["state"], over["end_reason"]) == ("cancelled", "unpaid")
    assert await free(clinic, vikram, 9) == 1


async def test_a_free_visit_is_not_moved_out_of_its_window(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, time_: ProductClock, make_session: MakeSession
) -> None:
    await vikram.sees(revisit_days=10, revisit_visits=1)
    first = await priya.call("appointment.book", **vikram.slot(9), **HER)
    time_.until(first["starts_at"], minutes=5)
    session = await make_session()
    there = await desk.call("appointment.check_in", appointment_id=first["id"])
    for step in ("queue.begin", "queue.complete"):
        if step == "queue.begin":
            await desk.call("queue.call_next", session_id=session)
        await desk.call(step, token_id=there["token_id"])
    assert await pay(clinic, first["id"]) == "applied"
    again = await priya.call("appointment.book", **vikram.slot(10), **HER)
    assert again["free_revisit"]
    with refuses("slot_unavailable"):
        await priya.call("appointment.reschedule", appointment_id=again["id"], starts_at=vikram.at(9, days=30))
    moved = await priya.call("appointment.reschedule", appointment_id=again["id"], starts_at=vikram.at(9, days=9))
    assert moved["free_revisit"]
    late = await desk.call("appointment.reschedule", appointment_id=again["id"], starts_at=vikram.at(9, days=30))
    assert late["free_revisit"], "the doctor's side may let her"
