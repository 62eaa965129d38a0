"""When will each be called: the replaceable part.

What it knows: how long this doctor's own visits took (from the call to the end), the sitting's stated average to begin
with, how long the one in the room has been there, and who is booked but not here yet. What it answers: a *curve*, the
expected time of the call by how many are before one, as absolute low/mid/high, between which the truth lies in 80 of
100 cases. Absolute times stay true while nothing happens, so a curve changes only with an event.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from statistics import fmean, median
from typing import Final

from msgspec import Struct
from prometheus_client import Counter, Histogram

SAMPLES_MAX: Final = 60
PRIOR_WEIGHT: Final = 4
"""The stated average counts like this many visits."""
PRIOR_SHAPE: Final = (0.4, 0.65, 0.85, 1.05, 1.3, 1.75)
"""Quantiles of a visit's length relative to its mean, before anything is known of this doctor."""
OUTLIER: Final = 3.0
"""A visit counts at most as this many medians: one forgotten 'complete' must not move everybody's time."""
SHOWS: Final = 0.85
"""The share of booked patients who come."""
AHEAD: Final = timedelta(minutes=10)
BELOW, ABOVE = 1.15, 1.4
"""Standard deviations below and above the mean that hold 80 %: visits are skewed to the long side."""
PAUSE_UNKNOWN: Final = timedelta(minutes=10)

ERROR_MINUTES = Histogram(
    "carewire_queue_estimate_error_minutes",
    "How far the expected time told at arrival was from the call",
    buckets=(1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120),
)
TOLD = Counter("carewire_queue_estimate_told", "Expected times that a call has put to the test")
COVERED = Counter("carewire_queue_estimate_covered", "Calls that came between the low and the high told at arrival")


class Expected(Struct, frozen=True):
    """An expected time; the truth lies between low and high in 80 of 100 cases."""

    low: datetime
    mid: datetime
    high: datetime


class Point(Struct, frozen=True):
    """The expected time of being called for who has `before` others before her. Between points: linear."""

    before: int
    low: datetime
    mid: datetime
    high: datetime


class Score(Struct, frozen=True):
    """How well the estimate did on this line: its own error and coverage."""

    told: int = 0
    covered: int = 0
    absolute_minutes: float = 0.0
    signed_minutes: float = 0.0

    def add(self, told: Expected, truth: datetime) -> "Score":
        """One call put one told time to the test."""
        error = (truth - told.mid).total_seconds() / 60
        return Score(
            self.told + 1,
            self.covered + (told.low <= truth <= told.high),
            self.absolute_minutes + abs(error),
            self.signed_minutes + error,
        )


class Pace(Struct, frozen=True):
    """How long this doctor's last visits took, in minutes, oldest first."""

    minutes: tuple[float, ...] = ()

    def add(self, minutes: float) -> "Pace":
        """One more visit."""
        return Pace((*self.minutes, round(max(minutes, 0.0), 3))[-SAMPLES_MAX:])

    def forget(self, minutes: float) -> "Pace":
        """This visit has not ended: its end was undone."""
        wrong = round(max(minutes, 0.0), 3)
        for index in range(len(self.minutes) - 1, -1, -1):
            if self.minutes[index] == wrong:
                return Pace(self.minutes[:index] + self.minutes[index + 1 :])
        return self

    def samples(self, average: float) -> tuple[float, ...]:
        """The visits without outliers, after a few imagined ones around the stated average."""
        prior = tuple(average * share for share in PRIOR_SHAPE)
        if not self.minutes:
            return prior
        cap = OUTLIER * max(median(self.minutes), 0.25 * average)
        return prior + tuple(min(minutes, cap) for minutes in self.minutes)

    def mean(self, average: float) -> float:
        """The robust mean, shrunk towards the stated average while little is known."""
        known = self.samples(average)[len(PRIOR_SHAPE) :]
        return max((PRIOR_WEIGHT * average + sum(known)) / (PRIOR_WEIGHT + len(known)), 0.1)


class Situation(Struct, frozen=True, kw_only=True):
    """What the estimate looks at."""

    now: datetime
    begins: datetime
    """Nobody is called before: now, the announced start, or the announced end of the pause."""
    running: bool
    average: float
    pace: Pace
    waiting: int
    in_room: tuple[datetime, ...] = ()
    """Since when each occupied room is occupied."""
    booked: tuple[datetime, ...] = ()
    """When those who are booked and not here yet are due."""


def curve(at: Situation) -> tuple[Point, ...]:
    """The expected times for 0, 1, … `waiting` others before one; never earlier for who stands further back."""
    samples = at.pace.samples(at.average)
    mean = at.pace.mean(at.average)
    variance = fmean((s - mean) ** 2 for s in samples)
    rooms = max(len(at.in_room), 1)
    elapsed = [(at.now - since).total_seconds() / 60 for since in at.in_room]
    first, first_variance = _residual(samples, mean, elapsed, rooms)
    start = max(at.begins, at.now)
    doubt = 0.0 if at.running else (2.0 + mean / 4) ** 2
    known = len(at.pace.minutes) + PRIOR_WEIGHT
    coming = sorted(at.booked)
    come = 0
    wanted = set(knots(at.waiting))
    points: list[Point] = []
    for before in range(at.waiting + 1):
        slots = before + SHOWS * come
        mid = start + timedelta(minutes=first + slots * mean / rooms)
        while come < len(coming) and coming[come] - AHEAD <= mid:
            come += 1
            slots = before + SHOWS * come
            mid = start + timedelta(minutes=first + slots * mean / rooms)
        if before in wanted:
            spread = sqrt(
                doubt
                + first_variance
                + slots * variance / rooms**2
                + slots**2 * variance / (known * rooms**2)
                + come * SHOWS * (1 - SHOWS) * (mean / rooms) ** 2
            )
            points.append(_point(before, start, mid, spread, points[-1] if points else None))
    return tuple(points)


def _residual(samples: Sequence[float], mean: float, elapsed: list[float], rooms: int) -> tuple[float, float]:
    """Minutes until a room is free, and their variance: visits that last this long already, how long did they last?"""
    if not elapsed:
        return 0.0, 0.0
    rest = []
    for minutes in elapsed:
        longer = [sample - minutes for sample in samples if sample > minutes] or [0.3 * mean]
        rest.append((fmean(longer), fmean((x - fmean(longer)) ** 2 for x in longer) + (0.1 * mean) ** 2))
    return fmean(r for r, _ in rest) / rooms, fmean(v for _, v in rest) / rooms**2


def _point(before: int, start: datetime, mid: datetime, spread: float, last: Point | None) -> Point:
    low = max(start, mid - timedelta(minutes=BELOW * spread))
    high = mid + timedelta(minutes=ABOVE * spread)
    if last is not None:
        low, mid, high = max(low, last.low), max(mid, last.mid), max(high, last.high)
    return Point(before, *(moment.replace(microsecond=0) for moment in (low, mid, high)))


def knots(waiting: int) -> list[int]:
    """Where the curve is told: everywhere in front, more rarely further back, and at the end of the line."""
    told = list(range(min(waiting, 10) + 1))
    while told[-1] < waiting:
        told.append(min(waiting, told[-1] + max(5, told[-1] // 3)))
    return told


def at(points: Sequence[Point], before: int) -> Expected | None:
    """The expected time for who has this many before her; None when the line has no curve yet."""
    if not points:
        return None
    for left, right in pairwise(points):
        if left.before <= before <= right.before:
            share = (before - left.before) / (right.before - left.before)
            low, mid, high = (
                (a + (b - a) * share).replace(microsecond=0)
                for a, b in ((left.low, right.low), (left.mid, right.mid), (left.high, right.high))
            )
            return Expected(low, mid, high)
    edge = points[0] if before < points[0].before else points[-1]
    return Expected(edge.low, edge.mid, edge.high)


def observe(told: Expected, truth: datetime) -> None:
    """Report the estimate's own error and coverage as metrics."""
    ERROR_MINUTES.observe(abs((truth - told.mid).total_seconds()) / 60)
    TOLD.inc()
    if told.low <= truth <= told.high:
        COVERED.inc()
