"""Sittings at their edges: across midnight, two of one doctor, everybody at once, and the end in the middle of it.

PRODUCT 11 to 14.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from carewire.errors import IllegalMove, Refusal
from carewire.node import Node
from channels.queue.demo import ZONE
from channels.queue.errors import DoctorBusy, TooLate
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import MakeSession, ProductClock, colleague, topic, walk_in


async def at_once(*calls: Any) -> list[Any]:
    found = await asyncio.gather(*calls, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, Refusal):
            raise one
    return found


async def test_a_night_is_one_sitting_also_past_midnight(
    desk: Caller, make_session: MakeSession, time: ProductClock
) -> None:
    here = time.now().astimezone(ZONE)
    late = (here + timedelta(days=1)).replace(hour=23, minute=50, second=0, microsecond=0)
    time.ahead += late - here
    session = await make_session(starts_at=late - timedelta(hours=1), ends_at=late + timedelta(hours=3, minutes=10))
    first, second = (await walk_in(desk, session, "First"))["id"], (await walk_in(desk, session, "Second"))["id"]
    for token in (first, second):
        await desk.call("queue.call", token_id=token)
        await desk.call("queue.recall", token_id=token)
        time.turn(minutes=3)
        await desk.call("queue.skip", token_id=token)
    time.turn(minutes=10)
    assert time.now().astimezone(ZONE).hour == 0
    assert (await walk_in(desk, session, "After midnight"))["number"] == 3
    assert (await desk.call("queue.back", token_id=first))["state"] == "waiting", "the night is not over"
    time.turn(hours=4)
    with pytest.raises(TooLate):
        await desk.call("queue.back", token_id=second)


async def test_of_two_sittings_of_one_doctor_that_start_at_once_one_is_live(
    desk: Caller, make_session: MakeSession, clinic: Node
) -> None:
    one, two = await make_session(live=False), await make_session(live=False)
    for _ in range(3):
        answers = await at_once(*(desk.call("session.start", session_id=session) for session in (one, two)))
        assert sum(isinstance(answer, DoctorBusy) for answer in answers) == 1
        (live,) = await rows(
            clinic, "SELECT id FROM session WHERE id = ANY ($1) AND state = 'live'", [UUID(one), UUID(two)]
        )
        await desk.call("session.end", session_id=str(live["id"]))
        one = two if str(live["id"]) == one else one
        two = await make_session(live=False)


async def test_who_did_not_come_is_not_called_again_but_comes_back(
    desk: Caller, session: str, time: ProductClock
) -> None:
    token = (await walk_in(desk, session, "Late"))["id"]
    await desk.call("queue.call_next", session_id=session)
    await desk.call("queue.recall", token_id=token)
    time.turn(minutes=6)
    await desk.call("queue.no_show", token_id=token)
    for verb in ("recall", "call", "begin", "skip", "no_show"):
        with pytest.raises(IllegalMove) as no:
            await desk.call(f"queue.{verb}", token_id=token)
        assert no.value.data["legal"] == ["back"]
    assert (await desk.call("queue.back", token_id=token))["number"] == 1


async def test_a_crowd_that_walks_in_at_once_has_numbers_without_a_gap_and_one_line(
    clinic: Node, desk: Caller, make_session: MakeSession
) -> None:
    session = await make_session(capacity=50)
    hands = [await colleague(clinic, n) for n in range(5)]
    answers = await at_once(
        *(walk_in(hands[n % 5], session, f"One of a crowd {n}") for n in range(60)),
    )
    numbers = sorted(answer["number"] for answer in answers if isinstance(answer, dict))
    assert numbers == list(range(1, 51))
    assert {answer.reason for answer in answers if isinstance(answer, Refusal)} == {"queue_full"}
    line = await topic(clinic, f"queue:{session}")
    assert [token.number for token in line.tokens] == numbers, "who came first is called first"


async def test_who_walks_in_while_the_sitting_ends_waits_for_nobody(
    clinic: Node, desk: Caller, make_session: MakeSession
) -> None:
    session = await make_session()
    hands = [await colleague(clinic, n) for n in range(5)]
    await walk_in(desk, session, "First")
    answers = await at_once(
        *(walk_in(hand, session, f"Between {n}") for n, hand in enumerate(hands * 2)),
        desk.call("session.end", session_id=session),
        *(walk_in(hand, session, f"After {n}") for n, hand in enumerate(hands * 2)),
        desk.call("queue.call_next", session_id=session),
    )
    assert datetime.fromisoformat(answers[10]["ended_at"])
    states = await rows(clinic, "SELECT state, reason FROM token WHERE session_id = $1", UUID(session))
    assert {(row["state"], row["reason"]) for row in states} == {("cancelled", "session_ended")}
    assert {one.reason for one in answers if isinstance(one, Refusal)} <= {"session_closed", "session_not_live"}
