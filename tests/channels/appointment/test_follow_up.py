"""A follow-up is an appointment of its own, and the visit it follows says that there is one.

M-146, M-150, M-360 (appointment.book with `follow_up_of`); PRODUCT 22, 23, 30.
"""

from typing import Any

import pytest

from carewire.node import Node
from channels.directory import demo as places
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, Patients, ProductClock, refuses
from tests.channels.callers import Caller, rows, told
from tests.channels.queue.conftest import MakeSession

HER = {"patient_id": people.PRIYA_PATIENT}


@pytest.fixture
async def visit(
    vikram: Doctor, priya: Caller, desk: Caller, time_: ProductClock, make_session: MakeSession
) -> dict[str, Any]:
    """Priya is with Dr. Vikram."""
    made: dict[str, Any] = await priya.call("appointment.book", **vikram.slot(9), **HER)
    time_.until(made["starts_at"], minutes=5)
    session = await make_session()
    there = await desk.call("appointment.check_in", appointment_id=made["id"])
    await desk.call("queue.call_next", session_id=session)
    await desk.call("queue.begin", token_id=there["token_id"])
    return made | {"token_id": there["token_id"]}


async def state(who: Caller, made: dict[str, Any]) -> str:
    return str((await who.call("appointment.get", appointment_id=made["id"]))["state"])


async def test_a_follow_up_is_of_the_same_patient_with_the_same_doctor(
    vikram: Doctor, priya: Caller, visit: dict[str, Any], patients: Patients
) -> None:
    ((other, other_id),) = await patients(1)
    with refuses("not_found"):
        await other.call("appointment.book", **vikram.slot(10), patient_id=other_id, follow_up_of=visit["id"])
    with refuses("not_found"):
        await priya.call(
            "appointment.book", **vikram.slot(10), patient_id=people.ARJUN_PATIENT, follow_up_of=visit["id"]
        )
    with refuses("not_found"):
        elsewhere = vikram.slot(11) | {"doctor_id": places.DOCTOR_ASHA}
        await priya.call("appointment.book", **elsewhere, **HER, follow_up_of=visit["id"])
    assert await state(priya, visit) == "consultation_in_progress"


@pytest.mark.parametrize("by", ["patient", "doctor"])
async def test_from_the_room_it_is_booked_by_either_and_the_visit_goes_on_to_its_end(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller, desk: Caller, visit: dict[str, Any], by: str
) -> None:
    who = priya if by == "patient" else doctor
    made = await who.call("appointment.book", **vikram.slot(10, days=7), **HER, follow_up_of=visit["id"])
    assert (made["state"], made["follow_up_of"]) == ("booked", visit["id"])
    assert await state(priya, visit) == "follow_up_scheduled"
    heard = [data["appointment"] for _, data in await told(clinic, f"appointments:{people.PRIYA_PATIENT}")]
    assert [one["state"] for one in heard if one["id"] == visit["id"]][-1] == "follow_up_scheduled"
    await desk.call("queue.complete", token_id=visit["token_id"])
    assert await state(priya, visit) == "consultation_completed"
    assert await state(priya, made) == "booked"


async def test_after_the_visit_is_over_it_changes_nothing_of_it(
    vikram: Doctor, priya: Caller, desk: Caller, visit: dict[str, Any]
) -> None:
    await desk.call("queue.complete", token_id=visit["token_id"])
    made = await priya.call("appointment.book", **vikram.slot(10, days=7), **HER, follow_up_of=visit["id"])
    assert made["follow_up_of"] == visit["id"]
    assert await state(priya, visit) == "consultation_completed"


async def test_what_has_not_begun_has_no_follow_up_and_the_seat_stays_free(
    clinic: Node, vikram: Doctor, priya: Caller
) -> None:
    made = await priya.call("appointment.book", **vikram.slot(9), **HER)
    with refuses("illegal_move"):
        await priya.call("appointment.book", **vikram.slot(10, days=7), **HER, follow_up_of=made["id"])
    assert len(await rows(clinic, "SELECT FROM seat")) == 1
    assert await state(priya, made) == "booked"


async def test_a_follow_up_that_is_called_off_leaves_the_visit_as_it_was(
    vikram: Doctor, priya: Caller, visit: dict[str, Any]
) -> None:
    made = await priya.call("appointment.book", **vikram.slot(10, days=7), **HER, follow_up_of=visit["id"])
    await priya.call("appointment.cancel", appointment_id=made["id"], reason="not_needed")
    assert await state(priya, visit) == "follow_up_scheduled"


async def test_a_confirmation_is_told_to_the_patient_once(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller
) -> None:
    await vikram.sees(needs_confirmation=True)
    asked = await priya.call("appointment.book", **vikram.slot(9, days=5), **HER)
    planned = "SELECT FROM appointment_reminder WHERE appointment_id = $1::text::uuid"
    assert await rows(clinic, planned, asked["id"]) == []  # nobody is reminded of what she only asked for
    confirmed = await doctor.call("appointment.confirm", appointment_id=asked["id"])
    assert confirmed["state"] == "appointment_confirmed"
    with refuses("illegal_move"):
        await doctor.call("appointment.confirm", appointment_id=asked["id"])
    assert len(await rows(clinic, planned, asked["id"])) == 2
