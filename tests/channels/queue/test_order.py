"""The order of PRODUCT 12, sentence by sentence, and that it is one order."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from channels.queue.lifecycle import Priority, TokenState
from channels.queue.line import Token, next_change_at, order, rank
from tests.channels.queue.lines import NOW, arriving, line, minutes, token


def numbers(*tokens: Token, now: datetime = NOW, calls: int = 0) -> list[int | None]:
    return [t.number for t in order(tokens, now, calls)]


def test_an_emergency_goes_before_everybody() -> None:
    returned = token(2, returned_at=NOW)
    assert numbers(token(1), returned, token(3, priority=Priority.EMERGENCY)) == [3, 2, 1]


def test_who_is_back_from_a_test_goes_before_booked_and_new_arrivals() -> None:
    assert numbers(token(1), token(2, due_at=NOW), token(3, returned_at=NOW)) == [3, 2, 1]


@pytest.mark.parametrize("reason", [p for p in Priority if p is not Priority.EMERGENCY])
def test_the_other_priorities_stand_between_returns_and_booked(reason: Priority) -> None:
    assert numbers(token(1, due_at=NOW), token(2, priority=reason), token(3, returned_at=NOW)) == [3, 2, 1]


def test_booked_and_present_goes_before_arrivals_from_ten_minutes_before_her_time() -> None:
    early, walk_in = token(2, due_at=NOW + minutes(11)), token(1)
    assert numbers(early, walk_in) == [1, 2]
    assert numbers(early, walk_in, now=NOW + minutes(1)) == [2, 1]


def test_booked_go_by_their_time_and_not_by_arrival() -> None:
    assert numbers(token(1, due_at=NOW + minutes(5)), token(2, due_at=NOW - minutes(5))) == [2, 1]


def test_a_walk_in_who_waits_seventy_five_minutes_goes_before_booked() -> None:
    booked, walk_in = token(2, due_at=NOW), token(1, waited=74)
    assert numbers(booked, walk_in) == [2, 1]
    assert numbers(booked, walk_in, now=NOW + minutes(1)) == [1, 2]


def test_booked_who_comes_over_fifteen_minutes_late_counts_by_arrival() -> None:
    walk_in = token(1, waited=20)
    assert numbers(walk_in, token(2, waited=10, due_at=NOW - minutes(25))) == [2, 1]
    assert numbers(walk_in, token(2, waited=10, due_at=NOW - minutes(26))) == [1, 2]


def test_a_late_doctor_makes_no_patient_late() -> None:
    punctual = token(2, waited=40, due_at=NOW - minutes(40))
    assert numbers(token(1, waited=60), punctual) == [2, 1]


def test_otherwise_who_came_first_goes_first() -> None:
    assert numbers(token(3), token(1), token(2)) == [1, 2, 3]


def test_only_who_waits_is_in_the_order() -> None:
    others = [token(n, state=state) for n, state in enumerate(TokenState, 10) if state is not TokenState.WAITING]
    assert numbers(token(1), *others) == [1]


def test_a_held_token_comes_after_the_next_three_calls() -> None:
    held = token(9, hold=3, hold_rank=1.0)
    assert numbers(*(token(n) for n in range(1, 6)), held) == [1, 2, 3, 9, 4, 5]
    assert numbers(*(token(n) for n in range(3, 6)), held, calls=2) == [3, 9, 4, 5]
    assert numbers(*(token(n) for n in range(4, 6)), held, calls=7) == [9, 4, 5]


def test_a_held_token_never_goes_before_an_emergency_or_a_return() -> None:
    held = token(9, hold=0)
    waiting = [token(1), token(2, priority=Priority.EMERGENCY), token(3, returned_at=NOW)]
    assert numbers(*waiting, held) == [2, 3, 9, 1]


def test_the_last_hand_wins_a_contested_place() -> None:
    first, second = token(8, hold=1, hold_rank=-1.0), token(9, hold=1, hold_rank=-2.0)
    assert numbers(token(1), token(2), first, second) == [1, 9, 8, 2]


TOKENS = st.builds(
    lambda number, waited, due, priority, returned, hold: token(
        number,
        waited=waited,
        **({} if due is None else {"due_at": NOW + minutes(due)}),
        priority=priority,
        returned_at=None if returned is None else NOW - minutes(returned),
        hold=hold,
    ),
    st.integers(1, 500),
    st.integers(0, 120),
    st.none() | st.integers(-60, 60),
    st.none() | st.sampled_from(Priority),
    st.none() | st.integers(0, 30),
    st.none() | st.integers(0, 8),
)
LINES = st.lists(TOKENS, max_size=15, unique_by=lambda t: t.number)


@given(LINES, st.randoms(), st.integers(0, 5))
def test_the_order_is_total_and_does_not_depend_on_how_tokens_are_listed(
    tokens: list[Token], random: object, calls: int
) -> None:
    shuffled = list(tokens)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    once = order(tokens, NOW, calls)
    assert once == order(shuffled, NOW, calls)
    assert sorted(t.number or 0 for t in once) == sorted(t.number or 0 for t in tokens)


@given(LINES, st.integers(0, 5))
def test_taking_the_first_away_leaves_the_others_as_they_stood(tokens: list[Token], calls: int) -> None:
    once = order(tokens, NOW, calls)
    rest = [t for t in once[1:] if t.hold is None]
    again = order(once[1:], NOW, calls + 1)
    assert [t for t in again if t.hold is None] == rest


@given(LINES)
def test_nobody_is_overtaken_by_a_lower_class(tokens: list[Token]) -> None:
    free = [t for t in order(tokens, NOW, 0) if t.hold is None]
    assert [rank(t, NOW) for t in free] == sorted(rank(t, NOW) for t in free)


@given(LINES, st.integers(1, 7200))
def test_between_two_timed_changes_the_order_stands_still(tokens: list[Token], seconds: int) -> None:
    """What falls due by time alone is announced by `next_change_at`: no timed job is missing."""
    settled = line(*(replace(t, hold=None) for t in tokens))
    due = next_change_at(replace(settled, curve=()), NOW)
    later = NOW + timedelta(seconds=seconds)
    if due is None or later < due:
        assert order(settled.tokens, NOW, 0) == order(settled.tokens, later, 0)


def test_time_alone_is_waited_for_only_while_the_session_is_open() -> None:
    waiting = token(1)
    assert line(waiting).due_at is not None
    assert line(waiting, state="completed", ended_at=NOW).due_at is None


def test_how_many_are_before_is_counted_and_no_difference_of_numbers() -> None:
    whole = line(token(1), token(7), token(20), arriving(30))
    assert [whole.before(t) for t in whole.tokens] == [0, 1, 2, 3]
    assert whole.before(token(1, state=TokenState.CALLED)) is None


def test_places_change_for_few_when_one_moves() -> None:
    before = line(*(token(n) for n in range(1, 200)))
    moved = before.put(replace(before.get(UUID(int=10_150)), priority=Priority.EMERGENCY))
    after = line(*moved.tokens)
    changed = [t for t in after.tokens if t.place != before.get(t.id).place]
    assert [t.number for t in changed] == [150]
    assert after.waiting[0].number == 150
