"""Hypothesis walks the queue machine: whatever is done, in whatever order, the line stays a line."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from carewire.errors import Refusal
from channels.queue import moves
from channels.queue.events import LineUpdated, QueueUpdated, TokenUpdated, token_events
from channels.queue.lifecycle import ACTIVE, ENDED, IN_ROOM, Priority, TokenState
from channels.queue.line import Line, next_change_at, order, settle
from channels.queue.projection import fact, is_same, line_snapshot, queue_snapshot
from channels.session.lifecycle import PauseReason, SessionState
from tests.channels.queue.lines import NOW, OTHER_ROOM, ROOM, arriving, line

VERBS = ("arrive", "leave", "call", "undo", "recall", "begin", "complete", "away", "back", "skip", "no_show")
STEP = st.tuples(
    st.sampled_from(
        (
            "walk_in",
            "walk_in",
            "expect",
            "next",
            "next",
            "finish",
            *VERBS,
            "move",
            "prioritise",
            "alert",
            "pause",
            "resume",
            "gone",
            "end",
            "time",
        )
    ),
    st.integers(0, 12),
    st.booleans(),
    st.integers(0, 40),
)


def step(now_line: Line, verb: str, pick: int, flag: bool, amount: int, now: Any) -> Line:
    """One thing that somebody might do."""
    room = ROOM if flag else OTHER_ROOM
    serial = len(now_line.tokens) + 1
    if verb in ("walk_in", "expect"):
        due = {"due_at": now + timedelta(minutes=amount - 20)} if verb == "expect" else {}
        return moves.add(now_line, arriving(serial, joined_at=now, **due), now, present=verb == "walk_in")
    if verb in ("next", "finish"):
        return moves.call_next(now_line, room, now, finish_current=verb == "finish")
    if verb == "pause":
        return moves.pause(now_line, PauseReason.BREAK, now + timedelta(minutes=amount) if flag else None, now)
    if verb == "resume":
        return moves.resume(now_line, now)
    if verb == "end":
        return moves.end(now_line, now, None) if amount > 35 else now_line
    if verb == "time" or not now_line.tokens:
        return now_line
    token_id = now_line.tokens[pick % len(now_line.tokens)].id
    if verb == "gone":
        return moves.gone(now_line, now_line.get(token_id).patient_id, now)
    if verb == "call":
        return moves.call(now_line, token_id, room, now)
    if verb == "move":
        return moves.move(now_line, token_id, amount % 5, now)
    if verb == "prioritise":
        return moves.prioritise(now_line, token_id, list(Priority)[amount % 5] if flag else None, now)
    if verb == "alert":
        return moves.alert(now_line, token_id, amount % 4 if flag else None, None if flag else amount)
    moved: Line = getattr(moves, verb)(now_line, token_id, now)
    return moved


def check(whole: Line, now: Any) -> None:
    """What must hold of every line at every moment."""
    tokens = whole.tokens
    assert sorted(t.number for t in tokens if t.number is not None) == list(range(1, whole.last_number + 1))
    rooms = [t.room_id for t in tokens if t.state in IN_ROOM]
    assert len(rooms) == len(set(rooms))
    active = [t.patient_id for t in tokens if t.state in ACTIVE]
    assert len(active) == len(set(active))
    for t in tokens:
        assert (t.state is TokenState.WAITING) == (t.place is not None)
        assert (t.state in ENDED) == (t.ended_at is not None)
        assert (t.state is TokenState.CANCELLED) == (t.reason is not None)
        assert (t.number is None) == (t.arrived_at is None)
        if t.state in IN_ROOM:
            assert t.called_at is not None
            assert t.calls > 0
    assert list(whole.waiting) == order(tokens, now, whole.calls)
    assert [whole.before(t) for t in whole.waiting] == list(range(len(whole.waiting)))
    assert [(p.low <= p.mid <= p.high) for p in whole.curve] == [True] * len(whole.curve)
    assert whole.session.state in (SessionState.LIVE, SessionState.PAUSED) or not active
    assert (due := next_change_at(whole, now)) is None or due > now


@settings(max_examples=2000)
@given(st.lists(STEP, min_size=5, max_size=30))
def test_any_walk_keeps_the_line_whole_and_every_listener_exact(steps: list[tuple[str, int, bool, int]]) -> None:
    """After each step: the invariants, and for each projection snapshot + event = fresh snapshot."""
    now = NOW
    before = line(rooms=(ROOM, OTHER_ROOM))
    for verb, pick, flag, amount in steps:
        now += timedelta(seconds=amount * (60 if verb == "time" else 1))
        try:
            after = settle(before, step(before, verb, pick, flag, amount, now), now)
        except Refusal:
            continue
        check(after, now)
        assert QueueUpdated.apply(queue_snapshot(before), QueueUpdated.between(before, after)) == queue_snapshot(after)
        assert LineUpdated.apply(line_snapshot(before), LineUpdated.between(before, after)) == line_snapshot(after)
        told = {event.token_id: event for event in token_events(before, after)}
        for was in before.tokens:
            seen = fact(before, was)
            if was.id in told:
                seen = TokenUpdated.apply(seen, told[was.id])
            assert seen == fact(after, after.get(was.id))
        if is_same(before, after):
            assert not told
        before = after
