"""What a person at a desk reads when the line says no: which number is in the way, and what to do now."""

import pytest

from carewire.errors import IllegalMove, InvalidParams
from carewire.node import Node
from channels.directory import demo as places
from channels.identity import demo as people
from channels.queue.errors import (
    ConsultationRunning,
    NumberTaken,
    QueueFull,
    RoomBusy,
    SessionClosed,
    TooEarly,
    TooLate,
)
from tests.channels.callers import Caller
from tests.channels.queue.conftest import MakeSession, ProductClock, walk_in


async def test_a_busy_room_names_the_number_in_the_way_and_the_ways_out(desk: Caller, session: str) -> None:
    for name in ("One", "Two"):
        await walk_in(desk, session, name)
    called = await desk.call("queue.call_next", session_id=session)
    with pytest.raises(RoomBusy, match=r"Number 1 is called to Room 2.*begin it, skip it or undo"):
        await desk.call("queue.call_next", session_id=session, finish_current=True)
    await desk.call("queue.begin", token_id=called["id"])
    with pytest.raises(RoomBusy, match=r"Number 1 is in consultation.*finish_current"):
        await desk.call("queue.call_next", session_id=session)
    with pytest.raises(ConsultationRunning, match="Number 1 is in consultation in Room 2"):
        await desk.call("session.end", session_id=session)


async def test_a_session_that_is_not_live_says_which_command_makes_it_live(
    desk: Caller, make_session: MakeSession
) -> None:
    session = await make_session(live=False)
    await walk_in(desk, session, "One")
    with pytest.raises(SessionClosed, match=r"scheduled.*session\.start"):
        await desk.call("queue.call_next", session_id=session)
    await desk.call("session.start", session_id=session)
    await desk.call("session.pause", session_id=session, reason="prayer")
    with pytest.raises(SessionClosed, match=r"paused.*session\.resume"):
        await desk.call("queue.call_next", session_id=session)
    await desk.call("session.end", session_id=session)
    with pytest.raises(SessionClosed, match=r"over.*completed"):
        await walk_in(desk, session, "Late")


async def test_only_moves_that_are_commands_are_offered(desk: Caller, session: str) -> None:
    token = (await walk_in(desk, session, "One"))["id"]
    with pytest.raises(IllegalMove) as refused:
        await desk.call("queue.begin", token_id=token)
    assert refused.value.data["legal"] == ["call", "move", "prioritise", "leave"]
    assert "call, move, prioritise, leave" in str(refused.value)


async def test_what_came_too_early_or_too_late_says_what_is_left_to_do(
    desk: Caller, session: str, time: ProductClock
) -> None:
    token = (await walk_in(desk, session, "One"))["id"]
    await desk.call("queue.call", token_id=token)
    with pytest.raises(TooEarly, match=r"Announced 1 of 2 times.*queue\.recall"):
        await desk.call("queue.no_show", token_id=token)
    time.turn(seconds=61)
    with pytest.raises(TooLate, match="60 seconds; skip it or begin it"):
        await desk.call("queue.undo", token_id=token)


async def test_a_full_session_says_how_many_of_whom_it_takes(desk: Caller, make_session: MakeSession) -> None:
    session = await make_session(capacity=2, walk_in_quota=1)
    await walk_in(desk, session, "One")
    with pytest.raises(QueueFull, match="takes 1 patients without an appointment"):
        await walk_in(desk, session, "Two")
    await desk.call("session.update", session_id=session, capacity=1, walk_in_quota=None)
    with pytest.raises(QueueFull, match="takes 1 patients and has no room"):
        await walk_in(desk, session, "Two")


async def test_a_taken_paper_number_is_named(desk: Caller, session: str, time: ProductClock) -> None:
    await walk_in(desk, session, "One")
    paper = {"number": 1, "name": "Paper", "arrived_at": time.now().isoformat()}
    with pytest.raises(NumberTaken, match="Number 1 is not free: the last number given is 1"):
        await desk.call("queue.backfill", session_id=session, papers=[paper])


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "a\nb", "a\n", "\u202elive", "x" * 121, "\u2066"])
async def test_a_name_that_shows_nothing_or_something_else_is_no_name(desk: Caller, session: str, name: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        await walk_in(desk, session, name)
    assert refused.value.fields[0].path == "$.name"
    assert "regex" not in refused.value.fields[0].problem


@pytest.mark.parametrize(
    "name", ["आरव शर्मा", "श्री\u200dराम", "عبد الله", "👩\u200d👩\u200d👧\u200d👦", "م" * 120, "X Æ A-12"]
)
async def test_names_are_kept_as_people_write_them(desk: Caller, session: str, name: str) -> None:
    assert (await walk_in(desk, session, name))["name"] == name


async def test_there_is_nothing_to_be_told_of_a_token_that_is_over(priya: Caller, session: str, clinic: Node) -> None:
    token = (await priya.call("queue.join", session_id=session, patient_id=people.ARJUN_PATIENT))["id"]
    await priya.call("queue.leave", token_id=token)
    with pytest.raises(IllegalMove):
        await priya.call("queue.alert", token_id=token, before=1)


async def test_a_place_with_several_rooms_asks_which(desk: Caller, make_session: MakeSession) -> None:
    session = await make_session(multi_room=True)
    await walk_in(desk, session, "One")
    with pytest.raises(InvalidParams) as asked:
        await desk.call("queue.call_next", session_id=session)
    assert asked.value.fields[0].path == "$.room_id"
    assert (await desk.call("queue.call_next", session_id=session, room_id=places.ROOM_3))["number"] == 1
