"""The first so many of a list that may be longer: what a board shows, and what moves up when one leaves it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def put(held: Sequence[T], one: T, *, most: int, key: Callable[[T], Any]) -> list[T]:
    """What is shown once `one` stands, in the place of what it was: the first `most` by `key`."""
    rest = [other for other in held if key(other) != key(one)]
    return sorted([*rest, one], key=key)[:most]


def leave(held: Sequence[T], one: T, moved_up: Iterable[T], *, most: int, key: Callable[[T], Any]) -> list[T]:
    """What is shown once `one` has left. `moved_up`: the last that are shown now, as many as have left, where the list
    is long enough."""
    found = {key(other): other for other in held if key(other) != key(one)}
    found |= {key(other): other for other in moved_up}
    return sorted(found.values(), key=key)[:most]


def moved_up(times: int, most: int) -> tuple[int, int]:
    """LIMIT and OFFSET of what `leave` wants to know after so many have left."""
    times = min(times, most)
    return times, most - times
