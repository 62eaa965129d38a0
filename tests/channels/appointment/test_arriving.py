"""She is there: into the line with a number; and what her token does, her appointment does too.

H-115, H-302, M-147, M-148, M-151, M-357, M-358, M-361, PRODUCT 11, 13, 22.
"""

from typing import Any

import pytest

from carewire.node import Node
from channels.appointment.jobs import DaysOver
from channels.directory import demo as places
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, ProductClock, pay, refuses, run_job
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import MakeSession

HER = {"patient_id": people.PRIYA_PATIENT}


@pytest.fixture
def booked(vikram: Doctor, priya: Caller, time_: ProductClock) -> Any:
    """An appointment at nine, and the clock a quarter before."""

    async def make(hour: int = 9, **more: Any) -> Any:
        made = await priya.call("appointment.book", **vikram.slot(hour), **HER, **more)
        time_.until(made["starts_at"], minutes=15)
        return made

    return make


async def state_of(who: Caller, made: Any) -> str:
    return str((await who.call("appointment.get", appointment_id=made["id"]))["state"])


async def test_arrival_gives_the_number_in_the_doctors_line_of_the_day(
    booked: Any, desk: Caller, priya: Caller, make_session: MakeSession
) -> None:
    made = await booked()
    with refuses("no_sitting"):
        await desk.call("appointment.check_in", appointment_id=made["id"])
    session = await make_session()
    await desk.call("queue.walk_in", session_id=session, name="First")
    there = await desk.call("appointment.check_in", appointment_id=made["id"])
    assert (there["state"], there["session_id"]) == ("awaiting_consultation", session)
    seen = await priya.call("appointment.get", appointment_id=made["id"])
    # Booked and due within ten minutes she goes before who came by; a quarter of an hour before, she does not.
    assert (seen["token_number"], seen["before"]) == (2, 1)
    with refuses("illegal_move"):
        await desk.call("appointment.check_in", appointment_id=made["id"])
    with refuses("illegal_move"):
        await priya.call("appointment.reschedule", appointment_id=made["id"], starts_at=made["starts_at"])


async def test_her_phone_needs_what_hangs_on_the_wall(
    booked: Any, desk: Caller, priya: Caller, make_session: MakeSession
) -> None:
    made = await booked()
    await make_session()
    wall = (await desk.call("queue.arrival_code", place_id=places.CLINIC))["code"]
    with refuses("invalid_params"):
        await priya.call("appointment.check_in", appointment_id=made["id"])
    with refuses("code_wrong"):
        await priya.call("appointment.check_in", appointment_id=made["id"], code="another wall's")
    there = await priya.call("appointment.check_in", appointment_id=made["id"], code=wall)
    assert there["state"] == "awaiting_consultation"


async def test_nobody_arrives_on_another_day_or_before_paying_online(
    vikram: Doctor, priya: Caller, desk: Caller, clinic: Node, time_: ProductClock, make_session: MakeSession
) -> None:
    made = await priya.call("appointment.book", **vikram.slot(9), **HER, payment="online")
    await make_session()
    with refuses("not_this_day"):
        await desk.call("appointment.check_in", appointment_id=made["id"])
    other = await priya.call("appointment.book", **vikram.slot(10), patient_id=people.ARJUN_PATIENT, payment="online")
    async with clinic.db.transaction() as tx:  # the time to pay is over when she comes, unless it was paid
        await tx.execute("UPDATE appointment SET pay_by = starts_at WHERE id = ANY ($1)", [made["id"], other["id"]])
    time_.until(made["starts_at"], minutes=15)
    await make_session(live=False)
    with refuses("payment_due"):
        await desk.call("appointment.check_in", appointment_id=made["id"])
    assert await pay(clinic, made["id"]) == "applied"
    assert (await desk.call("appointment.check_in", appointment_id=made["id"]))["state"] == "awaiting_consultation"


async def test_what_the_line_does_to_her_token_it_does_to_her_appointment(
    booked: Any, desk: Caller, make_session: MakeSession
) -> None:
    made = await booked()
    session = await make_session()
    there = await desk.call("appointment.check_in", appointment_id=made["id"])
    await desk.call("queue.call_next", session_id=session)
    assert await state_of(desk, made) == "awaiting_consultation"
    await desk.call("queue.begin", token_id=there["token_id"])
    assert await state_of(desk, made) == "consultation_in_progress"
    await desk.call("queue.walk_in", session_id=session, name="Next")
    called = await desk.call("queue.call_next", session_id=session, finish_current=True)
    assert await state_of(desk, made) == "consultation_completed"
    await desk.call("queue.undo", token_id=called["id"])
    assert await state_of(desk, made) == "consultation_in_progress"
    await desk.call("queue.complete", token_id=there["token_id"])
    assert await state_of(desk, made) == "consultation_completed"


async def test_who_is_a_no_show_in_the_line_comes_back_in_both(
    booked: Any, desk: Caller, make_session: MakeSession, time_: ProductClock
) -> None:
    made = await booked()
    session = await make_session()
    there = await desk.call("appointment.check_in", appointment_id=made["id"])
    with refuses("in_the_line"):
        await desk.call("appointment.no_show", appointment_id=made["id"])
    await desk.call("queue.call_next", session_id=session)
    await desk.call("queue.recall", token_id=there["token_id"])
    time_.turn(minutes=6)
    await desk.call("queue.no_show", token_id=there["token_id"])
    assert await state_of(desk, made) == "no_show"
    with refuses("in_the_line"):
        await desk.call("appointment.undo_no_show", appointment_id=made["id"])
    await desk.call("queue.back", token_id=there["token_id"])
    assert await state_of(desk, made) == "awaiting_consultation"


async def test_whom_the_end_of_the_sitting_robs_of_her_turn_gets_everything_back(
    booked: Any, desk: Caller, clinic: Node, make_session: MakeSession
) -> None:
    made = await booked()
    await pay(clinic, made["id"])
    session = await make_session()
    await desk.call("appointment.check_in", appointment_id=made["id"])
    await desk.call("session.end", session_id=session)
    seen = await desk.call("appointment.get", appointment_id=made["id"])
    assert (seen["state"], seen["end_reason"], seen["refund_percent"]) == ("cancelled", "session_ended", 100)


async def test_who_leaves_the_line_calls_off_and_who_calls_off_leaves_the_line(
    booked: Any, vikram: Doctor, desk: Caller, priya: Caller, clinic: Node, make_session: MakeSession
) -> None:
    made = await booked()
    await make_session()
    there = await desk.call("appointment.check_in", appointment_id=made["id"])
    await priya.call("queue.leave", token_id=there["token_id"])
    left = await desk.call("appointment.get", appointment_id=made["id"])
    assert (left["state"], left["end_reason"], left["ended_side"]) == ("cancelled", "left_the_line", "patient")
    other = await priya.call("appointment.book", **vikram.slot(10, days=0), **HER)
    there = await desk.call("appointment.check_in", appointment_id=other["id"])
    await priya.call("appointment.cancel", appointment_id=other["id"], reason="cannot_come")
    (token,) = await rows(clinic, "SELECT state, reason FROM token WHERE id = $1", there["token_id"])
    assert tuple(token) == ("cancelled", "left")


async def test_a_no_show_is_taken_back_on_the_same_day_only(
    booked: Any, desk: Caller, doctor: Caller, time_: ProductClock
) -> None:
    made = await booked()
    with refuses("too_early"):
        await desk.call("appointment.no_show", appointment_id=made["id"])
    time_.turn(minutes=16)
    assert (await desk.call("appointment.no_show", appointment_id=made["id"]))["state"] == "no_show"
    back = await doctor.call("appointment.set_status", appointment_id=made["id"], state="appointment_confirmed")
    assert (back["state"], back["ended_at"]) == ("appointment_confirmed", None)
    await desk.call("appointment.no_show", appointment_id=made["id"])
    time_.turn(days=1)
    with refuses("not_this_day"):
        await desk.call("appointment.undo_no_show", appointment_id=made["id"])


async def test_who_did_not_come_by_the_end_of_the_day_did_not_come(
    booked: Any, clinic: Node, desk: Caller, time_: ProductClock
) -> None:
    made = await booked()
    await run_job(clinic, DaysOver())
    assert await state_of(desk, made) == "booked"
    time_.turn(hours=16)  # past midnight on the clinic's clock
    await run_job(clinic, DaysOver())
    seen = await desk.call("appointment.get", appointment_id=made["id"])
    assert (seen["state"], seen["ended_side"]) == ("no_show", "system")


async def test_the_relationship_counts_from_the_end_of_the_visit_that_she_booked_herself(
    booked: Any, desk: Caller, clinic: Node, make_session: MakeSession
) -> None:
    """PRODUCT 5: the token was made by the desk, the appointment by her."""
    made, session = await booked(), await make_session()
    there = await desk.call("appointment.check_in", appointment_id=made["id"])
    await desk.call("queue.call_next", session_id=session)
    await desk.call("queue.begin", token_id=there["token_id"])
    seen = "SELECT last_visit_at FROM relationship WHERE patient_id = $1 AND doctor_id = $2"
    assert (await rows(clinic, seen, people.PRIYA_PATIENT, places.DOCTOR_VIKRAM))[0]["last_visit_at"] is None
    await desk.call("queue.complete", token_id=there["token_id"])
    assert (await rows(clinic, seen, people.PRIYA_PATIENT, places.DOCTOR_VIKRAM))[0]["last_visit_at"] is not None


async def test_by_video_she_says_herself_that_she_is_there(
    vikram: Doctor, priya: Caller, doctor: Caller, time_: ProductClock
) -> None:
    """M-238, M-390: without a video provider the call is refused, not invented."""
    slot = {"doctor_id": vikram.id, "mode": "teleconsult", "starts_at": vikram.at(20)}
    made = await priya.call("appointment.book", **slot, **HER)
    assert (made["place_id"], made["payment"]) == (None, "free")
    time_.until(made["starts_at"], hours=2)
    with refuses("not_this_day"):
        await priya.call("appointment.check_in", appointment_id=made["id"])
    time_.until(made["starts_at"], minutes=5)
    there = await priya.call("appointment.check_in", appointment_id=made["id"])
    assert (there["state"], there["token_id"]) == ("awaiting_consultation", None)
    with refuses("no_video"):
        await priya.call("appointment.video_call", appointment_id=made["id"])
    await doctor.call("appointment.set_status", appointment_id=made["id"], state="consultation_in_progress")
    done = await doctor.call("appointment.set_status", appointment_id=made["id"], state="consultation_completed")
    assert done["state"] == "consultation_completed"
