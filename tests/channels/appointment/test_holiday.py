"""A holiday of the place that is said after somebody booked is like leave; a week that changes keeps what is booked,
and says what of it lies outside now.

H-169, M-152, M-198, PRODUCT 22, 26.
"""

from datetime import time
from typing import Any

import pytest

from carewire.node import Node
from channels.appointment.jobs import DaysOver, PlaceClosed
from channels.directory import demo as places
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, Patients, ProductClock, free, pay, refuses, run_job
from tests.channels.appointment.test_end_of_day import HER, told_to
from tests.channels.appointment.test_leave import STANDS, besides, say, state_of, window
from tests.channels.appointment.test_waitlist import offers, wait
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import as_person

OFF = ("cancelled", "place_closed")


@pytest.fixture
def owner(clinic: Node) -> Caller:
    """Who says when the clinic is open."""
    return as_person(clinic, people.ASHA)


async def close(vikram: Doctor, owner: Caller, *days: int, openings: Any = ()) -> int:
    """The clinic is on holiday on these days from today; how many visits fall into that."""
    holidays = [{"day": str(vikram.day(day)), "name": "Holi", "openings": list(openings)} for day in days]
    said = await owner.call("provider.set_hours", place_id=str(places.CLINIC), weekly=[], holidays=holidays)
    return int(said["in_holidays"])


def opening(opens: time, closes: time) -> dict[str, str]:
    return {"opens": str(opens), "closes": str(closes)}


async def ended(node: Node) -> None:
    await run_job(node, PlaceClosed(place_id=places.CLINIC))


async def test_what_is_booked_into_a_holiday_is_called_off_at_all_doctors_of_the_place_and_all_goes_back(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller, owner: Caller, patients: Patients
) -> None:
    ((next_, next_id),) = await patients(1)
    other = Doctor(clinic, vikram.clock)
    other.id = places.DOCTOR_ASHA
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE doctor_window SET capacity = 1 WHERE doctor_id = $1", other.id)
    week = [window(weekday) for weekday in range(1, 8)]
    await owner.call("doctor.set_availability", doctor_id=str(other.id), weekly=week, leave=[], extra=[])
    paid = await priya.call("appointment.book", **vikram.slot(9), **HER)
    assert await pay(clinic, paid["id"]) == "applied"
    at_other = await priya.call("appointment.book", **other.slot(10), **HER)
    another_day = await priya.call("appointment.book", **vikram.slot(9, days=3), **HER)
    video = {"doctor_id": vikram.id, "mode": "teleconsult", "starts_at": vikram.at(20)}
    at_home = await priya.call("appointment.book", **video, **HER)
    await next_.call("waitlist.join", **wait(vikram, next_id, last=2))
    assert await close(vikram, owner, 2) == 2
    with refuses("slot_unavailable"):
        await next_.call("appointment.book", **vikram.slot(11), patient_id=next_id)
    assert await state_of(clinic, paid) == ("appointment_confirmed", None, None)
    for _ in range(2):  # a worker died before it could say that it had done it
        await ended(clinic)
    assert await state_of(clinic, paid) == (*OFF, 100)
    assert (await state_of(clinic, at_other))[:2] == OFF
    assert await state_of(clinic, another_day) == await state_of(clinic, at_home) == STANDS
    assert (await told_to(clinic, people.PRIYA.account_id)).count("appointment.place_closed") == 2
    assert await offers(clinic) == []
    assert (await priya.call("appointment.book", **vikram.slot(10, days=3), **HER))["state"] == "booked"


async def test_a_holiday_that_is_taken_back_in_time_calls_nothing_off(
    clinic: Node, vikram: Doctor, priya: Caller, owner: Caller, time_: ProductClock
) -> None:
    made = await priya.call("appointment.book", **vikram.slot(9), **HER)
    assert await close(vikram, owner, 2) == 1
    assert await close(vikram, owner, 3) == 0
    (job,) = await rows(clinic, "SELECT due_at FROM job WHERE name = 'appointment.place_closed'")
    assert job["due_at"] > time_.now(), "also where nothing falls into it: who books at this moment does not see it"
    await ended(clinic)
    assert await state_of(clinic, made) == STANDS
    assert await free(clinic, vikram, 9) == 0


async def test_what_the_holidays_own_openings_cover_wholly_takes_place_and_a_day_besides_changes_nothing(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller, owner: Caller
) -> None:
    kept, half, after = [
        await priya.call("appointment.book", **vikram.slot(9, minute), **HER) for minute in (0, 15, 30)
    ]
    assert await say(vikram, doctor, extra=[besides(vikram, time(9), time(10))]) == 0
    assert await close(vikram, owner, 2) == 3
    assert await close(vikram, owner, 2, openings=[opening(time(8), time(9, 29))]) == 2
    await ended(clinic)
    assert [(await state_of(clinic, one))[0] for one in (kept, half, after)] == ["booked", "cancelled", "cancelled"]


@pytest.mark.parametrize("extra", [False, True], ids=["of the week", "a day besides"])
async def test_a_window_over_midnight_is_of_the_day_it_opened_on(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller, owner: Caller, extra: bool
) -> None:
    if extra:
        night = besides(vikram, time(22), time(2)) | {"day": str(vikram.day(1))}
        assert await say(vikram, doctor, extra=[night], opens=time(9), closes=time(10)) == 0
    else:
        assert await say(vikram, doctor, opens=time(22), closes=time(2)) == 0
    late = await priya.call("appointment.book", **vikram.slot(1), **HER)
    assert late["day"] == str(vikram.day())
    assert await close(vikram, owner, 2) == 0
    assert await close(vikram, owner, 1, openings=[opening(time(20), time(1, 15))]) == 0
    assert await close(vikram, owner, 1) == 1
    await ended(clinic)
    assert (await state_of(clinic, late))[:2] == OFF


async def test_until_then_nothing_is_held_against_her_and_nobody_is_a_no_show(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, owner: Caller, time_: ProductClock
) -> None:
    off, stays = [await priya.call("appointment.book", **vikram.slot(hour), **HER) for hour in (9, 11)]
    for made in (off, stays):
        assert await pay(clinic, made["id"]) == "applied"
    time_.until(off["starts_at"], minutes=5)
    assert await close(vikram, owner, 0) == 2
    answered = await priya.call("appointment.cancel", appointment_id=off["id"], reason="place_closed")
    assert answered["refund_percent"] == 100
    time_.until(stays["starts_at"], minutes=-5)
    with refuses("nobody_there"):
        await desk.call("appointment.no_show", appointment_id=stays["id"])
    time_.turn(days=1)
    await run_job(clinic, DaysOver())
    assert await state_of(clinic, stays) == (*OFF, 100)


async def test_a_week_that_changes_keeps_what_is_booked_and_says_what_lies_outside(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller, desk: Caller, stranger: Caller,
    coordinator: Caller, patients: Patients,
) -> None:  # fmt: skip
    ((other, other_id),) = await patients(1)
    inside, cut, late = [
        await priya.call("appointment.book", **vikram.slot(*at), **HER) for at in ((9,), (11, 45), (19,))
    ]
    hers = await other.call("appointment.book", **vikram.slot(10, days=3), patient_id=other_id)

    async def said(*weekly: dict[str, Any], **more: Any) -> tuple[int, int]:
        hours = {"weekly": list(weekly), "leave": [], "extra": []} | more
        answer = await doctor.call("doctor.set_availability", doctor_id=str(vikram.id), **hours)
        return answer["outside"], answer["in_leave"]

    async def listed(who: Caller, **more: Any) -> list[str]:
        return [one["id"] for one in (await who.call("appointment.list", outside=True, upcoming=True, **more))["rows"]]

    whole = [window(weekday) for weekday in range(1, 8)]
    mornings = [window(weekday, closes=time(11, 50)) for weekday in range(1, 8)]
    assert await said(*whole) == (0, 0)
    assert await said(*[one | {"slot_minutes": 20} for one in whole]) == (0, 0), "cut another way, she is there"
    assert await said(*mornings) == (2, 0)
    for who in (desk, doctor, coordinator):
        assert await listed(who, doctor_id=str(vikram.id)) == [cut["id"], late["id"]]
    assert await listed(other) == await listed(stranger) == []

    the_day = vikram.day().isoweekday()
    not_that_day = [one for one in whole if one["weekday"] != the_day]
    assert await said(*not_that_day) == (3, 0)
    assert await said(*not_that_day, extra=[besides(vikram, time(9), time(12))]) == (1, 0)
    elsewhere = besides(vikram, time(9), time(12), mode="teleconsult")
    assert await said(*not_that_day, extra=[elsewhere]) == (3, 0), "not in the way she booked"
    leave = [{"first": str(vikram.day()), "last": str(vikram.day())}]
    assert await said(*not_that_day, leave=leave) == (0, 3), "what is called off needs nobody's hand"

    assert await said(*not_that_day) == (3, 0)
    await desk.call("appointment.reschedule", appointment_id=late["id"], starts_at=vikram.at(9, days=4))
    await desk.call("appointment.cancel", appointment_id=cut["id"], reason="doctor_unavailable")
    assert await listed(desk) == [inside["id"]]
    assert await state_of(clinic, inside) == await state_of(clinic, hers) == STANDS


async def test_whose_clock_becomes_another_is_told_what_lies_outside_on_it(
    vikram: Doctor, priya: Caller, doctor: Caller
) -> None:
    """By video she is there from eight to ten in the evening on her own clock."""
    slot = {"doctor_id": vikram.id, "mode": "teleconsult", "starts_at": vikram.at(20)}
    await priya.call("appointment.book", **slot, **HER)
    evenings = [{"weekday": day, "opens": "20:00:00", "closes": "22:00:00"} for day in range(1, 8)]
    hours = {"doctor_id": str(vikram.id), "weekly": evenings, "leave": [], "extra": []}
    assert (await doctor.call("doctor.set_availability", **hours, zone="Asia/Kolkata"))["outside"] == 0
    assert (await doctor.call("doctor.set_availability", **hours, zone="Europe/London"))["outside"] == 1
    assert (await doctor.call("doctor.set_availability", **hours, zone="Asia/Dubai"))["outside"] == 1
    assert (await doctor.call("doctor.set_availability", **hours, zone="Asia/Kolkata"))["outside"] == 0
