"""Stored positions: ascending integers with room between them, so that one change of the order rewrites few rows."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

STEP: Final = 1 << 20


def place(present: Sequence[int | None]) -> list[int]:
    """Ascending places for a row of tokens that have these places (or none); as many as possible stay."""
    kept = _ascending(present)
    placed: list[int] = []
    index = 0
    while index < len(present):
        if index in kept:
            placed.append(present[index] or 0)
            index += 1
            continue
        end = index
        while end < len(present) and end not in kept:
            end += 1
        count = end - index
        low = placed[-1] if placed else None
        high = present[end] if end < len(present) else None
        if low is None:
            low = 0 if high is None else high - STEP * (count + 1)
        if high is None:
            high = low + STEP * (count + 1)
        if high - low <= count:  # no room left between two neighbours: number the whole row anew
            return [STEP * n for n in range(1, len(present) + 1)]
        placed.extend(low + (high - low) * n // (count + 1) for n in range(1, count + 1))
        index = end
    return placed


def _ascending(present: Sequence[int | None]) -> set[int]:
    """The indexes of a longest strictly ascending run of places: those that need not change."""
    tails: list[int] = []
    ends: list[int] = []
    previous: dict[int, int | None] = {}
    for index, value in enumerate(present):
        if value is None:
            continue
        slot = bisect_left(tails, value)
        previous[index] = ends[slot - 1] if slot else None
        tails[slot : slot + 1] = [value]
        ends[slot : slot + 1] = [index]
    kept: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = previous[last]
    return kept
