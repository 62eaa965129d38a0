"""The end of a day: nothing stays open for ever, and who works over midnight is let finish.

M-147, M-148, M-151, M-152, PRODUCT 5, 13, 22.
"""

from datetime import time
from typing import Any
from uuid import UUID

import pytest

from carewire.node import Node
from channels.appointment.jobs import AppointmentDue, DaysOver
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, Patients, ProductClock, pay, refuses, run_job
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import MakeSession

HER = {"patient_id": people.PRIYA_PATIENT}


async def by_video(vikram: Doctor, who: Caller, time_: ProductClock, minute: int = 0, **whose: Any) -> Any:
    """A visit by video in the evening of the day after tomorrow, to which she has come."""
    slot = {"doctor_id": vikram.id, "mode": "teleconsult", "starts_at": vikram.at(20, minute)}
    made = await who.call("appointment.book", **slot, **(whose or HER))
    time_.until(made["starts_at"], minutes=5)
    return await who.call("appointment.check_in", appointment_id=made["id"])


async def seen(who: Caller, made: Any) -> Any:
    return await who.call("appointment.get", appointment_id=made["id"])


async def told_to(node: Node, account_id: UUID) -> list[str]:
    """The facts that wait to be told to this account."""
    found = await rows(node, "SELECT key FROM job WHERE name = 'notification.new' AND key LIKE '%' || $1 || '%'",
                       str(account_id))  # fmt: skip
    return sorted(row["key"].split(":")[2] for row in found)


async def test_a_visit_that_nobody_completed_counts_as_done_when_its_day_is_over(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller, time_: ProductClock
) -> None:
    made = await by_video(vikram, priya, time_)
    await doctor.call("appointment.set_status", appointment_id=made["id"], state="consultation_in_progress")
    time_.until(made["ends_at"], hours=-3, minutes=-50)  # past midnight, and she may still be there
    await run_job(clinic, DaysOver())
    assert (await seen(priya, made))["state"] == "consultation_in_progress"
    time_.until(made["ends_at"], hours=-4)
    await run_job(clinic, DaysOver())
    over = await seen(priya, made)
    assert (over["state"], over["ended_side"]) == ("consultation_completed", "system")
    assert "appointment.left_open" in await told_to(clinic, people.VIKRAM.account_id)
    before = await rows(clinic, "SELECT revision FROM appointment WHERE id = $1", UUID(made["id"]))
    await run_job(clinic, DaysOver())
    assert await rows(clinic, "SELECT revision FROM appointment WHERE id = $1", UUID(made["id"])) == before


async def test_whom_nobody_saw_is_not_at_fault_and_gets_all_of_it_back(
    clinic: Node, vikram: Doctor, priya: Caller, time_: ProductClock
) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE doctor SET fee = 40000, fee_currency = 'INR' WHERE id = $1", vikram.id)
    slot = {"doctor_id": vikram.id, "mode": "teleconsult", "starts_at": vikram.at(20)}
    made = await priya.call("appointment.book", **slot, **HER)
    assert await pay(clinic, made["id"], 40_000) == "applied"
    time_.until(made["starts_at"], minutes=5)
    await priya.call("appointment.check_in", appointment_id=made["id"])
    time_.until(made["ends_at"], hours=-4)
    await run_job(clinic, DaysOver())
    over = await seen(priya, made)
    assert (over["state"], over["end_reason"], over["refund_percent"]) == ("cancelled", "session_ended", 100)
    assert "appointment.cancelled" in await told_to(clinic, people.PRIYA.account_id)
    assert "appointment.not_seen" in await told_to(clinic, people.VIKRAM.account_id)


async def test_who_is_still_in_the_line_is_left_to_it(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, doctor: Caller, time_: ProductClock,
    make_session: MakeSession,
) -> None:  # fmt: skip
    """Sent for a test, she waits in the line; when that is over, so is her visit."""
    made = await priya.call("appointment.book", **vikram.slot(9), **HER)
    time_.until(made["starts_at"], minutes=5)
    session = await make_session()
    there = await desk.call("appointment.check_in", appointment_id=made["id"])
    await desk.call("queue.call_next", session_id=session)
    await desk.call("queue.begin", token_id=there["token_id"])
    await desk.call("queue.away", token_id=there["token_id"])
    time_.turn(days=1)
    await run_job(clinic, DaysOver())
    assert (await seen(desk, made))["state"] == "consultation_in_progress"
    await desk.call("session.end", session_id=session)
    await run_job(clinic, DaysOver())
    assert (await seen(desk, made))["state"] == "consultation_completed"


async def test_a_request_whose_own_job_was_lost_ends_with_its_day(
    clinic: Node, vikram: Doctor, priya: Caller, time_: ProductClock
) -> None:
    await vikram.sees(needs_confirmation=True)
    made = await priya.call("appointment.book", **vikram.slot(9), **HER)
    await run_job(clinic, AppointmentDue(appointment_id=UUID(made["id"])))
    time_.turn(days=4)
    await run_job(clinic, DaysOver())
    assert (await seen(priya, made))["end_reason"] == "not_confirmed"


async def test_a_slot_over_midnight_is_no_no_show_before_it_is_over(
    clinic: Node, vikram: Doctor, desk: Caller, patients: Patients, time_: ProductClock, make_session: MakeSession
) -> None:
    """Who is to come at a quarter to twelve may come at five past; the day she is booked on is the one before."""
    async with clinic.db.transaction() as tx:
        await tx.execute(
            "UPDATE doctor_window SET opens = $2, closes = $3, slot_minutes = 30 WHERE doctor_id = $1"
            " AND mode = 'in_person'",
            vikram.id,
            time(22, 45),
            time(1, 15),
        )
    (one, one_id), (two, two_id) = await patients(2)
    slot = vikram.slot(23, 45)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE doctor_window SET capacity = 2 WHERE doctor_id = $1", vikram.id)
    comes = await one.call("appointment.book", **slot, patient_id=one_id)
    stays_away = await two.call("appointment.book", **slot, patient_id=two_id)
    assert comes["day"] == str(vikram.day())
    time_.until(comes["starts_at"], minutes=-20)
    await run_job(clinic, DaysOver())
    await make_session()
    there = await desk.call("appointment.check_in", appointment_id=comes["id"])
    assert there["state"] == "awaiting_consultation"
    await desk.call("appointment.no_show", appointment_id=stays_away["id"])
    await desk.call("appointment.undo_no_show", appointment_id=stays_away["id"])
    time_.until(comes["ends_at"])
    with refuses("not_this_day"):
        await desk.call("appointment.check_in", appointment_id=stays_away["id"])
    await run_job(clinic, DaysOver())
    assert (await seen(desk, stays_away))["state"] == "no_show"
    assert (await seen(desk, there))["state"] == "awaiting_consultation"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE affiliation SET state = 'ended', until = now() WHERE doctor_id = $1",
        "UPDATE account_capacity SET state = 'withdrawn' WHERE capacity = 'doctor'"
        " AND account_id = (SELECT account_id FROM doctor WHERE id = $1)",
        "UPDATE place SET closed_at = now() WHERE id IN (SELECT place_id FROM affiliation WHERE doctor_id = $1)",
    ],
    ids=["she left the place", "her approval was withdrawn", "the place closed"],
)
async def test_where_the_doctor_sees_nobody_any_more_nobody_is_a_no_show_and_all_goes_back(
    clinic: Node, vikram: Doctor, priya: Caller, time_: ProductClock, sql: str
) -> None:
    calls_off = await priya.call("appointment.book", **vikram.slot(9), **HER)
    would_come = await priya.call("appointment.book", **vikram.slot(10), **HER)
    for made in (calls_off, would_come):
        assert await pay(clinic, made["id"]) == "applied"
    async with clinic.db.transaction() as tx:
        await tx.execute(sql, vikram.id)
    time_.until(calls_off["starts_at"], minutes=5)
    off = await priya.call("appointment.cancel", appointment_id=calls_off["id"], reason="doctor_unavailable")
    assert off["refund_percent"] == 100
    time_.turn(days=1)
    await run_job(clinic, DaysOver())
    over = await seen(priya, would_come)
    assert (over["state"], over["end_reason"], over["refund_percent"]) == ("cancelled", "doctor_unavailable", 100)
