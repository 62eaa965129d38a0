"""When will each be called: the replaceable part.

What it knows: how long this doctor's own visits took (from the call to the end), the sitting's stated average to begin
with, how long the one in the room has been there, who waits and what moves them up, and who is booked but not here yet.
What it answers: a *curve*, the expected time of the call by how many are before one, as absolute low/mid/high, between
which the truth lies in 80 of 100 cases. Absolute times stay true while nothing happens, so a curve changes only with an
event.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from statistics import fmean, median
from typing import Final

from msgspec import Struct
from prometheus_client import Counter, Histogram

from channels.queue.forecast import Coming, Waiting, play

SAMPLES_MAX: Final = 60
PRIOR_WEIGHT: Final = 6
"""The stated average counts like this many visits."""
PRIOR_SHAPE: Final = (0.3, 0.55, 0.8, 1.0, 1.35, 2.0)
"""Quantiles of a visit's length relative to its mean, before anything is known of this doctor."""
OUTLIER: Final = 3.0
"""A visit counts at most as this many medians: one forgotten 'complete' must not move everybody's time."""
TAIL: Final = 0.5
SHOWS: Final = 0.9
"""The share of booked patients who come."""
EARLIEST, LATEST = -20.0, 15.0
"""Who comes arrives between these minutes before and after her time, about evenly."""
BELOW, ABOVE = 1.25, 1.75
"""Standard deviations below and above the mean that hold 80 %: visits are skewed to the long side, and the order may
turn out otherwise. Measured with `python -m load.rehearsal` on generated days."""
MOMENT: Final = 1.0
"""Minutes that pass, give or take, until somebody is called into a room that is free."""
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
    """What the estimate looks at. Minutes count from `now`."""

    now: datetime
    begins: datetime
    """Nobody is called before: now, the announced start, or the announced end of the pause."""
    running: bool
    average: float
    pace: Pace
    line: tuple[Waiting, ...]
    """Who waits, in the order of the line; the last is whoever would arrive now."""
    in_room: tuple[float, ...] = ()
    """For how many minutes each occupied room is occupied."""
    coming: tuple[Coming, ...] = ()
    """Who is booked and not here yet."""

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self.line) - 1


def shows(late: float) -> float:
    """How likely a booked patient still comes who is not here `late` minutes after her time (before it: negative).

    Most who come are there a while before their time, so every minute she is missing speaks against her.
    """
    missing = min(max((late - EARLIEST) / (LATEST - EARLIEST), 0.0), 1.0)
    return SHOWS * (1 - missing) / (SHOWS * (1 - missing) + 1 - SHOWS)


def curve(at: Situation) -> tuple[Point, ...]:
    """The expected times for 0, 1, … `waiting` others before one; never earlier for who stands further back."""
    samples = at.pace.samples(at.average)
    mean = at.pace.mean(at.average)
    variance = fmean((s - mean) ** 2 for s in samples)
    rooms = max(len(at.in_room), 1)
    free, free_variance = _residual(samples, mean, at.in_room, rooms)
    start = max(at.begins, at.now)
    begins = (start - at.now).total_seconds() / 60
    unstarted = 0.0 if at.running else (2.0 + mean / 4) ** 2
    known = len(at.pace.minutes) + PRIOR_WEIGHT
    turns = play(at.line, at.coming, begins + free, mean / rooms)
    points: list[Point] = []
    latest = 0.0
    told = iter(knots(at.waiting))
    knot = next(told, None)
    for before, turn in enumerate(turns):
        latest = max(latest, turn.minutes)
        if before != knot:
            continue
        knot = next(told, None)
        spread = sqrt(
            MOMENT**2
            + unstarted
            + free_variance
            + turn.visits * variance / rooms**2
            + turn.visits**2 * variance / (known * rooms**2)
            + turn.doubt * (mean / rooms) ** 2
        )
        mid = at.now + timedelta(minutes=latest)
        points.append(_point(before, start, mid, spread, points[-1] if points else None))
    return tuple(points)


def _residual(samples: Sequence[float], mean: float, in_room: Sequence[float], rooms: int) -> tuple[float, float]:
    """Minutes until a room is free, and their variance: visits that last this long already, how long did they last?

    To those that lasted longer one is added that lasts half a mean more: no doctor's longest visit is the longest ever.
    """
    rest = []
    for minutes in in_room:
        longer = [sample - minutes for sample in samples if sample > minutes] + [TAIL * mean]
        expected = fmean(longer)
        rest.append((expected, fmean((x - expected) ** 2 for x in longer) + (TAIL * mean) ** 2 / len(longer)))
    if not rest:
        return 0.0, 0.0
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
