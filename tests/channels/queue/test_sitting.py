"""What the end of a sitting does to those who wait."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from carewire.errors import IllegalMove, InvalidParams, NotFound
from carewire.node import Node
from channels.directory import demo as places
from channels.identity import demo as people
from channels.queue.demo import ZONE, session_of
from channels.queue.errors import ConsultationRunning
from channels.queue.jobs import SessionForgotten
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import MakeSession, ProductClock, walk_in
from tests.channels.queue.test_listening import run_job


async def states(desk: Caller, session: str) -> dict[str, Any]:
    seen = await desk.call("queue.get", session_id=session)
    return {t["name"]: (t["state"], t["reason"]) for t in seen["queue"]["tokens"]}


async def test_who_waits_at_the_end_is_not_at_fault_and_is_offered_the_next_session(
    desk: Caller, priya: Caller, session: str, make_session: MakeSession, clinic: Node, time: ProductClock
) -> None:
    now = time.now()
    demo = session_of(now.astimezone(ZONE).date(), 2)
    await desk.call("session.cancel", session_id=demo)  # it would be offered: it is sooner
    following = await make_session(
        live=False, starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=1, hours=2)
    )
    called = (await walk_in(desk, session, "Called"))["id"]
    announced = (await walk_in(desk, session, "Announced Twice"))["id"]
    tested = (await walk_in(desk, session, "Tested"))["id"]
    await walk_in(desk, session, "Waiting")
    for name, due in (("Never Came", now), ("Not Due Yet", now + timedelta(minutes=30))):
        await desk.call("queue.expect", session_id=session, name=name, due_at=due.isoformat())
    await desk.call("queue.call", token_id=tested)
    await desk.call("queue.begin", token_id=tested)
    with pytest.raises(ConsultationRunning):
        await desk.call("session.end", session_id=session)
    await desk.call("queue.away", token_id=tested)
    await desk.call("queue.call", token_id=announced)
    await desk.call("queue.recall", token_id=announced)
    await desk.call("queue.skip", token_id=announced)
    await desk.call("queue.call", token_id=called)
    time.turn(minutes=10)
    assert (await desk.call("session.end", session_id=session))["state"] == "completed"
    assert await states(desk, session) == {
        "Called": ("cancelled", "session_ended"),
        "Announced Twice": ("no_show", None),
        "Tested": ("cancelled", "session_ended"),
        "Waiting": ("cancelled", "session_ended"),
        "Never Came": ("cancelled", "not_arrived"),
        "Not Due Yet": ("cancelled", "session_ended"),
    }
    offers = await rows(clinic, "SELECT offer_id, reason FROM token WHERE session_id = $1", UUID(session))
    assert {str(row["offer_id"]) for row in offers if row["reason"] == "session_ended"} == {following, following}
    assert {row["offer_id"] for row in offers if row["reason"] != "session_ended"} == {None}


async def test_a_cancelled_sitting_cancels_everybody_without_fault(desk: Caller, session: str) -> None:
    await walk_in(desk, session, "Waiting")
    await desk.call("session.cancel", session_id=session)
    assert await states(desk, session) == {"Waiting": ("cancelled", "session_cancelled")}
    with pytest.raises(IllegalMove):
        await desk.call("session.start", session_id=session)


async def test_a_forgotten_session_closes_itself_four_hours_after_its_end(
    desk: Caller, session: str, clinic: Node, time: ProductClock
) -> None:
    token = (await walk_in(desk, session, "Inside"))["id"]
    await desk.call("queue.call_next", session_id=session)
    await desk.call("queue.begin", token_id=token)
    job = SessionForgotten(session_id=UUID(session))
    time.turn(hours=7)
    await run_job(clinic, job)
    assert (await desk.call("session.get", session_id=session))["state"] == "live"
    time.turn(hours=1, minutes=1)
    await run_job(clinic, job)
    assert (await desk.call("session.get", session_id=session))["state"] == "completed"
    assert await states(desk, session) == {"Inside": ("completed", None)}
    due = await rows(clinic, "SELECT due_at FROM job WHERE key = $1", f"forgotten:{session}")
    assert len(due) == 1


async def test_a_session_that_nobody_starts_does_not_keep_its_patients_for_ever(
    desk: Caller, make_session: MakeSession, clinic: Node, time: ProductClock
) -> None:
    session = await make_session(live=False)
    await walk_in(desk, session, "Waiting")
    time.turn(hours=8, minutes=1)
    await run_job(clinic, SessionForgotten(session_id=UUID(session)))
    assert await states(desk, session) == {"Waiting": ("cancelled", "session_cancelled")}


async def test_a_timed_job_always_looks_no_later_than_the_line_falls_due(
    desk: Caller, session: str, clinic: Node, time: ProductClock
) -> None:
    for n in range(4):
        token = (await walk_in(desk, session, f"Patient {n}"))["id"]
        await desk.call("queue.call_next", session_id=session, finish_current=True)
        await desk.call("queue.begin", token_id=token)
        time.turn(minutes=3)
        found = await rows(
            clinic,
            "SELECT l.due_at, l.timer_at, j.due_at AS job_at, j.state FROM line l JOIN job j ON j.key = $2"
            " WHERE l.session_id = $1",
            UUID(session),
            f"line:{session}",
        )
        assert found[0]["timer_at"] <= found[0]["due_at"]
        assert found[0]["job_at"] == found[0]["timer_at"]


async def test_a_late_start_moves_expected_times(desk: Caller, make_session: MakeSession, time: ProductClock) -> None:
    session = await make_session(live=False)
    token = await walk_in(desk, session, "Waiting")
    until = time.now() + timedelta(hours=1)
    await desk.call("session.delay", session_id=session, until=until.isoformat())
    seen = await desk.call("queue.get", session_id=session)
    assert seen["queue"]["curve"][0]["mid"] > token["expected"]["mid"]
    with pytest.raises(InvalidParams):
        await desk.call("session.delay", session_id=session, until=time.now().isoformat())


async def test_a_stranger_plans_nothing(stranger: Caller, clinic: Node) -> None:
    now = clinic.clock.now()
    times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    with pytest.raises(NotFound):
        await stranger.call("session.create", place_id=places.CLINIC, doctor_id=places.DOCTOR_VIKRAM, **times)


async def test_a_doctor_plans_her_own_sitting_and_nobody_elses(doctor: Caller, clinic: Node) -> None:
    now = clinic.clock.now()
    times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    made = await doctor.call("session.create", place_id=places.CLINIC, **times)
    assert made["doctor_id"] == str(places.DOCTOR_VIKRAM)
    with pytest.raises(NotFound):
        await doctor.call("session.create", place_id=places.CLINIC, doctor_id=places.DOCTOR_ASHA, **times)


async def test_times_that_make_no_sense_are_refused(desk: Caller, make_session: MakeSession, clinic: Node) -> None:
    now = clinic.clock.now()
    for wrong in (
        {"ends_at": now - timedelta(hours=1)},
        {"ends_at": now + timedelta(hours=30)},
        {"opens_at": now + timedelta(hours=1)},
        {"multi_room": True, "room_id": places.ROOM_1},
    ):
        with pytest.raises(InvalidParams):
            await make_session(**wrong)


async def test_sittings_are_listed_page_by_page(priya: Caller, desk: Caller, make_session: MakeSession) -> None:
    made = [await make_session(live=False) for _ in range(5)]
    found: list[str] = []
    cursor = None
    while True:
        page = await priya.call("session.list", doctor_id=places.DOCTOR_VIKRAM, limit=2, cursor=cursor)
        found += [s["id"] for s in page["rows"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert set(made) <= set(found)
    assert len(found) == len(set(found))


async def test_a_sitting_is_changed_and_its_line_with_it(desk: Caller, session: str) -> None:
    for name in ("One", "Two"):
        await walk_in(desk, session, name)
    before = (await desk.call("queue.get", session_id=session))["queue"]["curve"]
    changed = await desk.call("session.update", session_id=session, average_minutes=60, capacity=None)
    assert changed["average_minutes"] == 60
    assert (await desk.call("queue.get", session_id=session))["queue"]["curve"][2]["mid"] > before[2]["mid"]
    assert people.DESK.name not in str(changed)
