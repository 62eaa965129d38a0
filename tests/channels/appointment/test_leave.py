"""Leave that is said after somebody booked: nobody comes for nothing, nobody is blamed, and a slip can be taken back.

H-169, M-152, M-198, PRODUCT 22.
"""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

from carewire.node import Node
from channels.appointment.jobs import DaysOver, DoctorAway
from channels.directory import demo as places
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, Patients, ProductClock, free, pay, refuses, run_job
from tests.channels.appointment.test_end_of_day import HER, seen, told_to
from tests.channels.appointment.test_waitlist import offers, wait
from tests.channels.callers import Caller, rows


def window(weekday: int, opens: time = time(8), closes: time = time(20)) -> dict[str, Any]:
    return {"weekday": weekday, "opens": str(opens), "closes": str(closes), "place_id": str(places.CLINIC)}


async def say(vikram: Doctor, doctor: Caller, *away: int, extra: Any = (), **hours: time) -> int:
    """Vikram says his week, and leave on these days from today; how many visits fall into it."""
    leave = [{"first": str(vikram.day(day)), "last": str(vikram.day(day))} for day in away]
    weekly = [window(weekday, **hours) for weekday in range(1, 8)]
    said = await doctor.call(
        "doctor.set_availability", doctor_id=str(vikram.id), weekly=weekly, leave=leave, extra=list(extra)
    )
    return int(said["in_leave"])


def besides(vikram: Doctor, opens: time, closes: time, **more: Any) -> dict[str, Any]:
    """A day besides the week, on the day after tomorrow."""
    day = {"day": str(vikram.day()), "opens": str(opens), "closes": str(closes)}
    return day | {"place_id": str(places.CLINIC)} | more


async def state_of(node: Node, made: Any) -> tuple[str, str | None, int | None]:
    sql = "SELECT state, end_reason, refund_percent FROM appointment WHERE id = $1"
    (row,) = await rows(node, sql, UUID(made["id"]))
    return tuple(row)


OFF = ("cancelled", "doctor_unavailable")
STANDS = ("booked", None, None)


async def test_what_is_booked_into_leave_is_called_off_in_a_quarter_of_an_hour_and_all_goes_back(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller, patients: Patients, time_: ProductClock
) -> None:
    ((next_, next_id),) = await patients(1)
    paid = await priya.call("appointment.book", **vikram.slot(9), **HER)
    assert await pay(clinic, paid["id"]) == "applied"
    another_day = await priya.call("appointment.book", **vikram.slot(9, days=3), **HER)
    hold = await priya.call("appointment.hold", **vikram.slot(11), **HER)
    await next_.call("waitlist.join", **wait(vikram, next_id, last=2))
    assert await say(vikram, doctor, 2) == 1
    with refuses("slot_unavailable"):
        await priya.call("appointment.book", hold_id=hold["id"])
    await priya.call("appointment.release", hold_id=hold["id"])
    (job,) = await rows(clinic, "SELECT due_at FROM job WHERE name = 'appointment.doctor_away'")
    assert timedelta(minutes=5) < job["due_at"] - time_.now() <= timedelta(minutes=15)
    assert (await seen(priya, paid))["state"] == "appointment_confirmed"
    for _ in range(2):  # a worker died before it could say that it had done it
        await run_job(clinic, DoctorAway(doctor_id=vikram.id))
    assert await state_of(clinic, paid) == (*OFF, 100)
    assert await state_of(clinic, another_day) == STANDS
    assert (await told_to(clinic, people.PRIYA.account_id)).count("appointment.doctor_away") == 1
    assert await offers(clinic) == []
    moved_on = await priya.call("appointment.book", **vikram.slot(10, days=3), **HER)
    assert moved_on["state"] == "booked"


async def test_leave_that_is_taken_back_in_time_calls_nothing_off(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller
) -> None:
    made = await priya.call("appointment.book", **vikram.slot(9), **HER)
    assert await say(vikram, doctor, 1, 2) == 1
    assert await say(vikram, doctor, 1, 3) == 0
    assert len(await rows(clinic, "SELECT 1 FROM job WHERE name = 'appointment.doctor_away'")) == 1
    await run_job(clinic, DoctorAway(doctor_id=vikram.id))
    assert await state_of(clinic, made) == STANDS
    assert await free(clinic, vikram, 9) == 0


async def test_a_day_besides_keeps_what_it_covers_wholly_there_and_in_the_same_way(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller
) -> None:
    kept, half, after = [
        await priya.call("appointment.book", **vikram.slot(9, minute), **HER) for minute in (0, 15, 30)
    ]
    elsewhere = besides(vikram, time(9), time(10), place_id=None, mode="teleconsult")
    assert await say(vikram, doctor, 2, extra=[elsewhere]) == 3
    assert await say(vikram, doctor, 2, extra=[besides(vikram, time(9), time(9, 29))]) == 2
    await run_job(clinic, DoctorAway(doctor_id=vikram.id))
    assert [(await state_of(clinic, one))[0] for one in (kept, half, after)] == ["booked", "cancelled", "cancelled"]


async def test_a_window_over_midnight_is_of_the_day_it_opened_on(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller
) -> None:
    night = {"opens": time(22), "closes": time(2)}
    assert await say(vikram, doctor, **night) == 0
    late = await priya.call("appointment.book", **vikram.slot(1), **HER)
    assert late["day"] == str(vikram.day())
    assert await say(vikram, doctor, 2, **night) == 0
    assert await say(vikram, doctor, 1, **night) == 1
    await run_job(clinic, DoctorAway(doctor_id=vikram.id))
    assert (await state_of(clinic, late))[:2] == OFF


async def test_until_then_nothing_is_held_against_her_and_nobody_is_a_no_show(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, doctor: Caller, time_: ProductClock
) -> None:
    """Leave is said when she is on her way, or stood before anybody called off what falls into it."""
    off, goes_on, stays = [await priya.call("appointment.book", **vikram.slot(hour), **HER) for hour in (9, 10, 11)]
    for made in (off, goes_on, stays):
        assert await pay(clinic, made["id"]) == "applied"
    time_.until(off["starts_at"], minutes=5)
    assert await say(vikram, doctor, 0) == 3
    answered = await priya.call("appointment.cancel", appointment_id=off["id"], reason="doctor_unavailable")
    assert answered["refund_percent"] == 100
    await priya.call("appointment.reschedule", appointment_id=goes_on["id"], starts_at=vikram.at(10, days=1))
    off = await priya.call("appointment.cancel", appointment_id=goes_on["id"], reason="cannot_come")
    assert off["refund_percent"] == 100, "moving it late was not her doing"
    time_.until(stays["starts_at"], minutes=-5)
    with refuses("nobody_there"):
        await desk.call("appointment.no_show", appointment_id=stays["id"])
    time_.turn(days=1)
    await run_job(clinic, DaysOver())
    assert await state_of(clinic, stays) == (*OFF, 100)
