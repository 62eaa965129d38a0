"""A visit out of an appointment: the line, the appointment and the doctor's notes move as one.

PRODUCT 22, 24, 30. Ledger: M-148 M-149 M-151 M-239, M-358 M-359 M-361, H-154 H-157.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from carewire.errors import IllegalMove, InvalidParams, NotFound
from carewire.node import Node
from channels.consultation.errors import AlreadyStarted, NotConfirmed, Unregistered
from channels.directory.demo import DOCTOR_VIKRAM
from channels.identity.demo import ASHA
from tests.channels.appointment.conftest import Doctor, time_, vikram
from tests.channels.callers import Caller, rows
from tests.channels.consultation.visits import P, execute
from tests.channels.prescription.papers import issued
from tests.channels.queue.conftest import MakeSession, as_person

__all__ = ["time_", "vikram"]

SEEN = {"consent": "implied", "identity_by": "known"}


async def booked(priya: Caller, vikram: Doctor, node: Node, mode: str = "in_person") -> Any:
    """An appointment of Priya's, and its hour has come. A free one: who pays online waits for her payment first."""
    await execute(node, "UPDATE doctor SET teleconsult = true WHERE id = $1", DOCTOR_VIKRAM)
    slot: dict[str, Any] = {"doctor_id": vikram.id, "mode": mode, "starts_at": vikram.at(20)}
    if mode == "in_person":
        slot = vikram.slot(9)
    made = await priya.call("appointment.book", **slot, patient_id=P)
    wait = datetime.fromisoformat(slot["starts_at"]) - vikram.clock.now()
    vikram.clock.turn(seconds=wait.total_seconds() + 60)
    return made


async def state(node: Node, appointment: Any) -> str:
    ((found,),) = await rows(node, "SELECT state FROM appointment WHERE id = $1", appointment["id"])
    return str(found)


async def test_line_appointment_and_notes_move_as_one(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, vikram: Doctor, make_session: MakeSession
) -> None:
    appointment = await booked(priya, vikram, clinic)
    session = await make_session()
    here = await desk.call("appointment.check_in", appointment_id=appointment["id"])
    with pytest.raises(IllegalMove):
        await doctor.call("consultation.start", appointment_id=appointment["id"])
    await desk.call("queue.call", token_id=here["token_id"])
    for who in (as_person(clinic, ASHA), priya, desk):
        with pytest.raises(Exception, match=r"not yours|capacities"):
            await who.call("consultation.start", appointment_id=appointment["id"])
    visit = await doctor.call("consultation.start", appointment_id=appointment["id"])
    assert (visit["appointment_id"], visit["token_id"]) == (appointment["id"], here["token_id"])
    assert await state(clinic, appointment) == "consultation_in_progress"
    assert (await desk.call("queue.get", session_id=session))["current"][0]["state"] == "in_consultation"
    for named in ({"appointment_id": appointment["id"]}, {"token_id": here["token_id"]}):
        with pytest.raises(AlreadyStarted) as refused:
            await doctor.call("consultation.start", **named)
        assert refused.value.data["consultation_id"] == visit["id"]
    draft = await doctor.call("prescription.create", appointment_id=appointment["id"])
    assert draft["consultation_id"] == visit["id"]
    assert (await issued(doctor, visit))["appointment_id"] == appointment["id"]
    assert await state(clinic, appointment) == "prescription_provided"
    await issued(doctor, visit)  # it may repeat
    listed = await priya.call("prescription.list", patient_id=P, appointment_id=appointment["id"])
    assert len(listed["rows"]) == 2
    await doctor.call("consultation.update", consultation_id=visit["id"], version=1, complete=True)
    assert await state(clinic, appointment) == "consultation_completed"
    await issued(doctor, visit)  # an addendum: nothing is opened again
    assert await state(clinic, appointment) == "consultation_completed"


async def test_a_visit_by_video_begins_with_consent_identity_and_registration(
    clinic: Node, doctor: Caller, priya: Caller, vikram: Doctor
) -> None:
    appointment = await booked(priya, vikram, clinic, mode="teleconsult")
    await priya.call("appointment.check_in", appointment_id=appointment["id"])
    asked = {"appointment_id": appointment["id"]}
    with pytest.raises(NotConfirmed):
        await doctor.call("consultation.start", **asked)
    await execute(clinic, "UPDATE doctor SET registration = NULL WHERE id = $1", DOCTOR_VIKRAM)
    with pytest.raises(Unregistered):
        await doctor.call("consultation.start", **asked, teleconsult=SEEN)
    assert await state(clinic, appointment) == "awaiting_consultation"
    await execute(clinic, "UPDATE doctor SET registration = 'KMC 4711' WHERE id = $1", DOCTOR_VIKRAM)
    visit = await doctor.call("consultation.start", **asked, teleconsult=SEEN)
    assert visit["teleconsult"] == {**SEEN, "registration": "KMC 4711"}
    assert (visit["mode"], visit["place_id"]) == ("teleconsult", None)
    assert await state(clinic, appointment) == "consultation_in_progress"
    with pytest.raises(AlreadyStarted) as refused:
        await doctor.call("consultation.start", **asked, teleconsult=SEEN)
    assert refused.value.data["consultation_id"] == visit["id"]
    await doctor.call("consultation.cancel", consultation_id=visit["id"], reason="The wrong patient")
    again = await doctor.call("consultation.start", **asked, teleconsult=SEEN)
    await doctor.call("consultation.update", consultation_id=again["id"], version=1, complete=True)
    assert await state(clinic, appointment) == "consultation_completed"
    with pytest.raises(NotFound):
        await doctor.call("consultation.start", appointment_id=appointment["id"], token_id=visit["id"])


async def test_by_video_today_is_a_day_on_the_doctors_clock(
    clinic: Node, doctor: Caller, priya: Caller, vikram: Doctor
) -> None:
    """After midnight in Kolkata the day before is over, although in London it still is that day."""
    appointment = await booked(priya, vikram, clinic, mode="teleconsult")
    await priya.call("appointment.check_in", appointment_id=appointment["id"])
    visit = await doctor.call("consultation.start", appointment_id=appointment["id"], teleconsult=SEEN)
    vikram.clock.turn(hours=4)
    here = vikram.clock.now().astimezone(ZoneInfo("Asia/Kolkata")).date()
    asked = {"consultation_id": visit["id"], "version": 1}
    assert vikram.clock.now().date() == here - timedelta(days=1)
    with pytest.raises(InvalidParams):
        await doctor.call("consultation.update", **asked, follow_up_date=str(here - timedelta(days=1)))
    await doctor.call("consultation.update", **asked, follow_up_date=str(here))
    for hours, listed in ((0, [appointment["id"]]), (10, [])):  # it goes on, although its day is over
        vikram.clock.turn(hours=hours)
        today = (await doctor.call("dashboard.doctor_today"))["appointments"]
        assert [one["id"] for one in today] == listed
        assert (await doctor.call("dashboard.doctor"))["appointments"]["consultation_in_progress"] == len(listed)
