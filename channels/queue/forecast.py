"""In which order will those in line be called if everybody takes the usual time? The rules of PRODUCT 12, played ahead.

The order now is not the order in which people are called: a booking that comes due moves up, so does a walk-in who has
waited too long, and who is booked and not here yet may still go before who is. All times are minutes from now.
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import Final

from msgspec import Struct

COMES_BEFORE_DUE: Final = 5.0
"""A booked patient is reckoned to be here this long before her time."""


class Waiting(Struct, frozen=True, kw_only=True):
    """One who is here."""

    since: float
    """When she came."""
    due: float | None = None
    """When she is booked, if her booking still counts."""
    moves_up: float | None = None
    """When she goes before who counts by arrival: her booking comes due, or her patience ends."""
    first: bool = False
    """An emergency, back from a test, or another priority: before all others, in the order of the line."""
    turn: int | None = None
    """Placed by hand: called when this many others were."""


class Coming(Struct, frozen=True, kw_only=True):
    """One who is booked and not here yet."""

    due: float
    moves_up: float
    share: float
    """How likely she still comes."""


class Turn(Struct, frozen=True):
    """When somebody is called, and what that hangs on."""

    minutes: float
    visits: float
    """How many visits before hers; who may come counts as a share of one."""
    doubt: float
    """The variance of `visits`: will they come?"""


def play(line: Sequence[Waiting], coming: Sequence[Coming], free: float, visit: float) -> list[Turn]:
    """The turn of each who waits, by her position in the line.

    The last of `line` is whoever would arrive now: she takes nobody's time. A room is free in `free` minutes, and then
    every `visit` minutes.
    """
    newcomer = len(line) - 1
    firsts = [n for n, one in enumerate(line) if one.first][::-1]
    placed = sorted(((one.turn, n) for n, one in enumerate(line) if one.turn is not None), reverse=True)
    bare = [(n, one) for n, one in enumerate(line) if not one.first and one.turn is None]
    by_arrival = [(one.since, n) for n, one in bare]
    impatient = [(one.moves_up, n) for n, one in bare if one.due is None and one.moves_up is not None]
    booked = [(one.due, n) for n, one in bare if one.due is not None]
    moves_up = {n: one.due if one.moves_up is None else one.moves_up for n, one in bare if one.due is not None}
    for heap in (by_arrival, impatient, booked):
        heapify(heap)
    # Who comes later has a number beyond the line.
    later = sorted(((max(c.due - COMES_BEFORE_DUE, 0.0), n) for n, c in enumerate(coming, len(line))), reverse=True)
    turns: list[Turn | None] = [None] * len(line)
    called = [False] * (len(line) + len(coming))
    left, calls = len(line), 0
    now, visits, doubt = free, 0.0, 0.0
    while left:
        while later and later[-1][0] <= now:
            at, n = later.pop()
            who = coming[n - len(line)]
            heappush(by_arrival, (at, n))
            heappush(booked, (who.due, n))
            moves_up[n] = who.moves_up
        for heap in (by_arrival, impatient, booked):
            while heap and called[heap[0][1]]:
                heappop(heap)
        if firsts:
            n = firsts.pop()
        elif placed and (placed[-1][0] <= calls or not by_arrival):
            n = placed.pop()[1]
        elif impatient and impatient[0][0] <= now:
            n = impatient[0][1]
        elif booked and moves_up[booked[0][1]] <= now:
            n = booked[0][1]
        else:
            n = by_arrival[0][1]
        called[n] = True
        if n < len(line):
            turns[n] = Turn(now, visits, doubt)
            left -= 1
            share = 0.0 if n == newcomer else 1.0
        else:
            share = coming[n - len(line)].share
            doubt += share * (1 - share)
        visits += share
        calls += share > 0
        now += share * visit
    return [turn for turn in turns if turn is not None]
