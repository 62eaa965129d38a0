"""Stored positions keep the order and change little."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from channels.queue.places import STEP, place


@given(st.lists(st.none() | st.integers(-(2**40), 2**40), max_size=60))
def test_places_ascend_and_the_longest_ascending_run_stays(present: list[int | None]) -> None:
    placed = place(present)
    assert len(placed) == len(present)
    assert all(left < right for left, right in pairwise(placed))


@given(st.lists(st.integers(-(2**40), 2**40), max_size=60, unique=True))
def test_a_row_in_order_is_left_alone(present: list[int]) -> None:
    assert place(sorted(present)) == sorted(present)


def test_without_room_between_neighbours_the_row_is_numbered_anew() -> None:
    assert place([5, None, 6]) == [STEP, 2 * STEP, 3 * STEP]


def test_a_thousand_insertions_at_the_front_never_fail() -> None:
    row: list[int | None] = []
    for _ in range(1000):
        row = list(place([None, *row]))
    assert len(set(row)) == 1000
