"""Moving and calling off: whose seat is free when, and what goes back.

H-117, H-118, H-181, H-284, H-285, H-302, H-303, M-235, M-236, M-237, M-356, PRODUCT 22.
"""

from uuid import uuid4

import pytest

from carewire.node import Node
from channels.directory import demo as places
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, Patients, ProductClock, free, pay, refuses
from tests.channels.callers import Caller, rows, told

HER = {"patient_id": people.PRIYA_PATIENT}


async def test_a_moved_appointment_is_the_same_and_its_old_seat_is_free(
    clinic: Node, vikram: Doctor, priya: Caller
) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    moved = await priya.call("appointment.reschedule", appointment_id=booked["id"], starts_at=vikram.at(10, days=3))
    assert (moved["id"], moved["state"], moved["payment"]) == (booked["id"], "booked", booked["payment"])
    assert await free(clinic, vikram, 9) == 1
    assert await free(clinic, vikram, 10, days=3) == 0


async def test_where_the_new_seat_is_taken_the_old_one_stays_hers(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients
) -> None:
    ((other, other_id),) = await patients(1)
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    await other.call("appointment.book", **vikram.slot(10), patient_id=other_id)
    with refuses("slot_taken"):
        await priya.call("appointment.reschedule", appointment_id=booked["id"], starts_at=vikram.at(10))
    with refuses("already_booked"):
        await priya.call("appointment.reschedule", appointment_id=booked["id"], starts_at=vikram.at(9))
    with refuses("slot_unavailable"):
        await priya.call("appointment.reschedule", appointment_id=booked["id"], starts_at=vikram.at(7))
    assert await free(clinic, vikram, 9) == 0
    assert (await priya.call("appointment.get", appointment_id=booked["id"]))["revision"] == 1


async def test_moved_by_the_patient_it_is_asked_again_moved_by_the_desk_it_is_confirmed(
    vikram: Doctor, priya: Caller, desk: Caller, doctor: Caller
) -> None:
    await vikram.sees(needs_confirmation=True)
    asked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    await doctor.call("appointment.confirm", appointment_id=asked["id"])
    again = await priya.call("appointment.reschedule", appointment_id=asked["id"], starts_at=vikram.at(10))
    assert (again["state"], again["confirm_by"] is not None) == ("requested", True)
    sure = await desk.call("appointment.reschedule", appointment_id=asked["id"], starts_at=vikram.at(11))
    assert (sure["state"], sure["confirm_by"]) == ("appointment_confirmed", None)


async def test_the_other_side_hears_of_a_move_and_of_a_no(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller
) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    await desk.call("appointment.reschedule", appointment_id=booked["id"], starts_at=vikram.at(10))
    await priya.call("appointment.reschedule", appointment_id=booked["id"], starts_at=vikram.at(11))
    await desk.call("appointment.cancel", appointment_id=booked["id"], reason="doctor_unavailable")
    waiting = await rows(clinic, "SELECT key FROM job WHERE name = 'notification.new' AND key LIKE '%appointment.%'")
    keys = [row["key"].split(":")[1:3] for row in waiting]
    hers, his = str(people.PRIYA.account_id), str(people.VIKRAM.account_id)
    assert sorted(keys) == sorted(
        [
            [his, "appointment.booked"],
            [hers, "appointment.moved"],
            [his, "appointment.moved"],
            [hers, "appointment.cancelled"],
        ]
    )


async def test_who_follows_the_old_day_hears_where_it_went(clinic: Node, vikram: Doctor, priya: Caller) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    await priya.call("appointment.reschedule", appointment_id=booked["id"], starts_at=vikram.at(10, days=3))
    old = await told(clinic, f"agenda:{vikram.id}:{places.CLINIC}:{vikram.day(2)}")
    new = await told(clinic, f"agenda:{vikram.id}:{places.CLINIC}:{vikram.day(3)}")
    assert [name for name, _ in old] == ["appointment:created", "appointment:updated"]
    assert old[1][1]["appointment"] == new[0][1]["appointment"]


@pytest.mark.parametrize(
    ("hours", "percent"), [(48, 100), (24, 100), (23, 50), (4, 50), (3, 0)], ids=lambda value: str(value)
)
async def test_what_goes_back_follows_the_steps_that_were_shown(
    vikram: Doctor, priya: Caller, clinic: Node, time_: ProductClock, hours: int, percent: int
) -> None:
    """Rounded in minor units: of 333.33 a half is 166.67."""
    await vikram.sees(fee=33_333)
    booked = await priya.call("appointment.book", **vikram.slot(9, days=4), **HER)
    await pay(clinic, booked["id"], 33_333)
    await vikram.sees(refund="[]")
    starts = vikram.slot(9, days=4)["starts_at"]
    time_.until(starts, hours=hours, minutes=1)
    over = await priya.call("appointment.cancel", appointment_id=booked["id"], reason="cannot_come")
    assert over["refund_percent"] == percent
    assert over["refund_due"]["amount"] == {100: 33_333, 50: 16_667, 0: 0}[percent]


async def test_called_off_by_the_doctors_side_everything_goes_back(
    vikram: Doctor, priya: Caller, desk: Caller, coordinator: Caller, clinic: Node, time_: ProductClock
) -> None:
    for hour, who in ((9, desk), (10, coordinator)):
        booked = await priya.call("appointment.book", **vikram.slot(hour), **HER)
        await pay(clinic, booked["id"])
        time_.until(booked["starts_at"], hours=1)
        over = await who.call("appointment.cancel", appointment_id=booked["id"], reason="emergency")
        assert (over["refund_percent"], over["refund_due"]["amount"]) == (100, 50_000)
        assert (over["end_reason"], over["ended_side"] in ("desk", "admin")) == ("emergency", True)


async def test_who_moves_it_late_and_cancels_then_gets_no_more_back(
    vikram: Doctor, priya: Caller, desk: Caller, clinic: Node, time_: ProductClock
) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    await pay(clinic, booked["id"])
    time_.until(booked["starts_at"], hours=5)
    await priya.call("appointment.reschedule", appointment_id=booked["id"], starts_at=vikram.at(9, days=20))
    over = await priya.call("appointment.cancel", appointment_id=booked["id"], reason="not_needed")
    assert over["refund_percent"] == 50


async def test_unpaid_nothing_goes_back(vikram: Doctor, priya: Caller) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    over = await priya.call("appointment.cancel", appointment_id=booked["id"], reason="cannot_come")
    assert (over["refund_due"], over["end_reason"]) == (None, "cannot_come")
    with refuses("illegal_move"):
        await priya.call("appointment.cancel", appointment_id=booked["id"], reason="cannot_come")


async def test_set_status_makes_only_the_move_that_leads_there_by_who_may(
    vikram: Doctor, priya: Caller, desk: Caller, doctor: Caller
) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    status = {"appointment_id": booked["id"]}
    with refuses("not_found"):
        await priya.call("appointment.set_status", **status, state="appointment_confirmed")
    with refuses("invalid_params"):
        await priya.call("appointment.set_status", **status, state="cancelled")
    for state in ("prescription_provided", "follow_up_scheduled", "requested", "booked"):
        with refuses("illegal_move"):
            await doctor.call("appointment.set_status", **status, state=state)
    with refuses("not_found"):
        await desk.call("appointment.set_status", **status, state="consultation_in_progress")
    with refuses("illegal_move"):
        await doctor.call("appointment.set_status", **status, state="consultation_in_progress")
    await desk.call("appointment.set_status", **status, state="appointment_confirmed")
    over = await desk.call("appointment.set_status", **status, state="cancelled", reason="place_closed")
    assert over["state"] == "cancelled"


async def test_strangers_find_nothing(vikram: Doctor, priya: Caller, stranger: Caller, patients: Patients) -> None:
    ((other, _),) = await patients(1)
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    for who in (stranger, other):
        for verb, more in (("get", {}), ("cancel", {"reason": "other"}), ("reschedule", {"starts_at": vikram.at(10)})):
            with refuses("not_found"):
                await who.call(f"appointment.{verb}", appointment_id=booked["id"], **more)
    with refuses("not_found"):
        await priya.call("appointment.get", appointment_id=uuid4())


async def test_every_step_is_noted_with_who_took_it(clinic: Node, vikram: Doctor, priya: Caller, desk: Caller) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    await desk.call("appointment.confirm", appointment_id=booked["id"])
    await priya.call("appointment.cancel", appointment_id=booked["id"], reason="other")
    steps = await rows(
        clinic, "SELECT revision, move, actor_id, from_state, to_state FROM appointment_step ORDER BY revision"
    )
    assert [tuple(row) for row in steps] == [
        (1, "book", people.PRIYA.account_id, None, "booked"),
        (2, "confirm", people.DESK.account_id, "booked", "appointment_confirmed"),
        (3, "cancel", people.PRIYA.account_id, "appointment_confirmed", "cancelled"),
    ]
