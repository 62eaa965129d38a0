"""Numbers, calls and what the database refuses, on the real thing."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.node import Node
from channels.directory import demo as places
from channels.queue.errors import DoctorBusy, NothingToCall, RoomBusy, SessionClosed, TooEarly, TooLate
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import MakeSession, ProductClock, colleague, walk_in
from tests.conftest import LANES_ON_AND_OFF

pytestmark = LANES_ON_AND_OFF


async def test_a_stranger_finds_nothing(stranger: Caller, desk: Caller, session: str) -> None:
    token = (await walk_in(desk, session, "Farida"))["id"]
    for name, params in [
        ("queue.walk_in", {"session_id": session, "name": "Spy"}),
        ("queue.call_next", {"session_id": session}),
        ("queue.leave", {"token_id": token}),
        ("queue.slip", {"token_id": token}),
        ("session.pause", {"session_id": session, "reason": "break"}),
        *((f"queue.{verb}", {"token_id": token}) for verb in (
            "arrive", "call", "begin", "undo", "recall", "skip", "away", "back", "no_show", "complete", "alert")),
    ]:  # fmt: skip
        with pytest.raises(NotFound):
            await stranger.call(name, **params)


async def test_a_patient_cannot_run_the_line(priya: Caller, session: str) -> None:
    with pytest.raises(Forbidden):
        await priya.call("queue.call_next", session_id=session)


async def test_arrival_gives_the_next_number_and_booking_gives_none(desk: Caller, session: str, clinic: Node) -> None:
    now = clinic.dispatcher.clock.now()
    booked = await desk.call("queue.expect", session_id=session, name="Booked", due_at=now)
    assert (booked["number"], booked["state"]) == (None, "expected")
    assert (await walk_in(desk, session, "First"))["number"] == 1
    arrived = await desk.call("queue.arrive", token_id=booked["id"])
    assert (arrived["number"], arrived["before"]) == (2, 0)  # booked and due: the second number, called first
    with pytest.raises(IllegalMove):
        await desk.call("queue.arrive", token_id=booked["id"])


async def test_the_usual_button_finishes_and_calls(doctor: Caller, desk: Caller, session: str) -> None:
    for name in ("One", "Two"):
        await walk_in(desk, session, name)
    first = await doctor.call("queue.call_next", session_id=session, finish_current=True)
    assert (first["name"], first["state"], first["room_id"]) == ("One", "called", str(places.ROOM_2))
    with pytest.raises(RoomBusy):  # merely called: also with finish_current
        await doctor.call("queue.call_next", session_id=session, finish_current=True)
    await doctor.call("queue.begin", token_id=first["id"])
    with pytest.raises(RoomBusy):
        await doctor.call("queue.call_next", session_id=session)
    second = await doctor.call("queue.call_next", session_id=session, finish_current=True)
    assert second["name"] == "Two"
    await doctor.call("queue.begin", token_id=second["id"])
    with pytest.raises(NothingToCall):
        await doctor.call("queue.call_next", session_id=session, finish_current=True)
    seen = await desk.call("queue.get", session_id=session)
    assert [t["state"] for t in seen["queue"]["tokens"]] == ["completed", "in_consultation"]


async def test_a_mistaken_call_is_undone_with_the_finish_it_caused(
    desk: Caller, session: str, time: ProductClock
) -> None:
    one, two = [await walk_in(desk, session, name) for name in ("One", "Two")]
    await desk.call("queue.call_next", session_id=session)
    await desk.call("queue.begin", token_id=one["id"])
    await desk.call("queue.call_next", session_id=session, finish_current=True)
    undone = await desk.call("queue.undo", token_id=two["id"])
    assert (undone["state"], undone["before"]) == ("waiting", 0)
    states = {t["name"]: t["state"] for t in (await desk.call("queue.get", session_id=session))["queue"]["tokens"]}
    assert states == {"One": "in_consultation", "Two": "waiting"}
    await desk.call("queue.call_next", session_id=session, finish_current=True)
    time.turn(seconds=61)
    with pytest.raises(TooLate):
        await desk.call("queue.undo", token_id=two["id"])


async def test_a_no_show_needs_two_announcements_and_the_grace_time_and_can_come_back(
    desk: Caller, morning: ProductClock, session: str
) -> None:
    token = (await walk_in(desk, session, "Late"))["id"]
    for n in range(5):
        await walk_in(desk, session, f"Next {n}")
    await desk.call("queue.call_next", session_id=session)
    morning.turn(minutes=6)
    with pytest.raises(TooEarly):
        await desk.call("queue.no_show", token_id=token)
    again = await desk.call("queue.recall", token_id=token)
    assert (again["state"], again["calls"]) == ("called", 2)
    assert (await desk.call("queue.no_show", token_id=token))["state"] == "no_show"
    back = await desk.call("queue.back", token_id=token)
    assert (back["state"], back["before"], back["number"]) == ("waiting", 3, 1)
    morning.turn(days=1)
    await desk.call("queue.call", token_id=token)
    await desk.call("queue.skip", token_id=token)
    morning.turn(days=1)
    with pytest.raises(TooLate):
        await desk.call("queue.back", token_id=token)


async def test_sent_for_a_test_she_comes_back_ahead_of_new_arrivals(desk: Caller, session: str) -> None:
    token = (await walk_in(desk, session, "Tested"))["id"]
    await walk_in(desk, session, "Waiting")
    await desk.call("queue.call_next", session_id=session)
    await desk.call("queue.begin", token_id=token)
    assert (await desk.call("queue.away", token_id=token))["room_id"] is None
    assert (await desk.call("queue.back", token_id=token))["before"] == 0


@pytest.mark.alone
async def test_eight_counters_call_at_once_and_each_of_hundreds_is_called_exactly_once(
    clinic: Node, desk: Caller, make_session: MakeSession, batch: int
) -> None:
    """Eight rooms of one multi-room line: no token twice, none left, numbers without a gap."""
    many = 500 if batch else 200  # one by one they take longer, and meet as often
    session = await make_session(multi_room=True, capacity=600)
    async with clinic.db.transaction() as tx:
        rooms = [
            await tx.fetchval(
                "INSERT INTO room (place_id, name) VALUES ($1, $2) RETURNING id", places.CLINIC, f"Counter {n}"
            )
            for n in range(8)
        ]
        patients = await tx.fetch(
            "INSERT INTO patient (name, place_id, created_at)"
            " SELECT 'Patient ' || n, $1, now() FROM generate_series(1, $2) n RETURNING id",
            places.CLINIC,
            many,
        )
        await tx.execute(
            """INSERT INTO token (session_id, patient_id, kind, state, joined_at, number, place, arrived_at)
               SELECT $1, p.id, 'walk_in', 'waiting', now(), p.n, p.n * 1000, now() + p.n * interval '1 microsecond'
                 FROM unnest($2::uuid[]) WITH ORDINALITY p (id, n) ORDER BY p.n""",
            session,
            [row["id"] for row in patients],
        )
        await tx.execute("INSERT INTO line (session_id, last_number) VALUES ($1, $2) ON CONFLICT (session_id)"
                         " DO UPDATE SET last_number = $2", session, many)  # fmt: skip
    counters = [await colleague(clinic, n) for n in range(8)]
    called: list[int] = []

    async def counter(who: Caller, room: Any) -> None:
        while True:
            try:
                token = await who.call("queue.call_next", session_id=session, room_id=room, finish_current=True)
            except NothingToCall:
                return
            called.append(token["number"])
            await who.call("queue.begin", token_id=token["id"])

    async with asyncio.TaskGroup() as group:
        for who, room in zip(counters, rooms, strict=True):
            group.create_task(counter(who, room))
    assert Counter(called) == Counter(range(1, many + 1))
    told = await rows(
        clinic,
        "SELECT token_id, count(*) FROM token_move WHERE what = 'queue.call_next' AND to_state = 'called'"
        " GROUP BY 1 HAVING count(*) <> 1",
    )
    assert told == []


async def test_a_doctor_has_one_live_session_unless_opened_for_several_rooms(
    desk: Caller, session: str, make_session: MakeSession
) -> None:
    with pytest.raises(DoctorBusy):
        await make_session()
    await make_session(multi_room=True)


async def test_a_multi_room_call_must_name_its_room(desk: Caller, make_session: MakeSession) -> None:
    session = await make_session(multi_room=True)
    await walk_in(desk, session, "Somebody")
    with pytest.raises(InvalidParams):
        await desk.call("queue.call_next", session_id=session)
    with pytest.raises(NotFound):
        await desk.call("queue.call_next", session_id=session, room_id=uuid4())
    assert (await desk.call("queue.call_next", session_id=session, room_id=places.ROOM_3))["room_id"]


async def test_nobody_is_called_while_the_session_is_not_live(desk: Caller, make_session: MakeSession) -> None:
    session = await make_session(live=False)
    await walk_in(desk, session, "Early")
    with pytest.raises(SessionClosed):
        await desk.call("queue.call_next", session_id=session)
    await desk.call("session.start", session_id=session)
    await desk.call("session.pause", session_id=session, reason="prayer")
    with pytest.raises(SessionClosed):
        await desk.call("queue.call_next", session_id=session)
    await desk.call("session.resume", session_id=session)
    assert (await desk.call("queue.call_next", session_id=session))["number"] == 1


BREACHES = [
    (
        "token_number_gapless",
        "UPDATE token SET number = 7, arrived_at = now(), state = 'waiting', place = 1 WHERE id = $2",
    ),
    (
        "token_number_once",
        "UPDATE token SET number = 1, arrived_at = now(), state = 'waiting', place = 1 WHERE id = $2",
    ),
    ("token_number_kept", "UPDATE token SET number = 2 WHERE id = $1"),
    ("token_kept", "DELETE FROM token WHERE id = $2"),
    ("token_called_once", "UPDATE token SET state = 'called', place = NULL WHERE id = $1"),
    ("token_waiting_has_place", "UPDATE token SET place = NULL WHERE id = $1"),
    ("token_ended", "UPDATE token SET ended_at = now() WHERE id = $1"),
    ("token_one_active", "UPDATE token SET patient_id = (SELECT patient_id FROM token WHERE id = $1) WHERE id = $2"),
]


@pytest.mark.parametrize(("constraint", "sql"), BREACHES, ids=[name for name, _ in BREACHES])
async def test_the_database_says_no_even_if_the_code_forgets(
    constraint: str, sql: str, clinic: Node, desk: Caller, session: str
) -> None:
    present = await walk_in(desk, session, "Present")
    due = clinic.dispatcher.clock.now().isoformat()
    coming = await desk.call("queue.expect", session_id=session, name="Coming", due_at=due)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await _run(clinic, sql, present["id"], coming["id"])
    assert refused.value.constraint_name == constraint


async def _run(node: Node, sql: str, *ids: str) -> None:
    async with node.db.transaction() as tx:
        used = [i for n, i in enumerate(ids, 1) if f"${n}" in sql]
        await tx.execute(sql.replace("$2", "$1") if "$1" not in sql else sql, *used)
