"""How good was what patients were told, against what happened and against two simple rules."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any

from msgspec import Struct

from channels.queue.estimate import Expected
from channels.queue.projection import DeskToken

BASELINE_EXTRA = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)


class Guess(Struct, frozen=True, kw_only=True):
    """One patient at the moment she arrived, all in minutes from then on."""

    truth: float
    low: float
    mid: float
    high: float
    longest: float
    """Rule 1: the longest wait so far, plus 15 minutes."""
    mean: float
    """Rule 2: her position times the mean consultation so far."""
    before: int


class Score(Struct, frozen=True, kw_only=True):
    """Errors in minutes over all patients who were called."""

    patients: int
    mean_wait: float
    mae: float
    bias: float
    """How much later than told the call came, on average."""
    coverage: float
    """The share of calls between low and high; 0.8 is what the estimate promises."""
    width: float
    """Between low and high, on average."""
    mae_longest: float
    mae_mean: float


class Rehearsed(Struct, frozen=True, kw_only=True):
    """Many days without sockets."""

    first_seed: int
    days: int
    score: Score


def score(guesses: Sequence[Guess]) -> Score:
    """Put numbers on it."""
    if not guesses:
        raise ValueError("nobody was called")
    return Score(
        patients=len(guesses),
        mean_wait=fmean(g.truth for g in guesses),
        mae=fmean(abs(g.truth - g.mid) for g in guesses),
        bias=fmean(g.truth - g.mid for g in guesses),
        coverage=fmean(g.low <= g.truth <= g.high for g in guesses),
        width=fmean(g.high - g.low for g in guesses),
        mae_longest=fmean(abs(g.truth - g.longest) for g in guesses),
        mae_mean=fmean(abs(g.truth - g.mean) for g in guesses),
    )


def guess(
    token: DeskToken, told: Expected, before: int, tokens: Iterable[DeskToken], starts_at: datetime, average: float
) -> Guess:
    """What was told and what the simple rules would have told, knowing what the desk knew at that moment."""
    at, called = token.arrived_at, token.called_at
    assert at is not None
    assert called is not None
    earlier = [t for t in tokens if t.arrived_at is not None and t.arrived_at <= at and t.id != token.id]
    waits = [min(t.called_at or at, at) - t.arrived_at for t in earlier if t.arrived_at]
    visits = [
        (t.ended_at - t.called_at) / MINUTE
        for t in earlier
        if t.called_at and t.begun_at and t.ended_at and t.ended_at <= at
    ]
    in_room = any(t.called_at and t.called_at <= at and (t.ended_at is None or t.ended_at > at) for t in earlier)
    begins = max(starts_at - at, timedelta(0)) / MINUTE
    return Guess(
        truth=(called - at) / MINUTE,
        low=(told.low - at) / MINUTE,
        mid=(told.mid - at) / MINUTE,
        high=(told.high - at) / MINUTE,
        longest=(max(waits, default=timedelta(0)) + BASELINE_EXTRA) / MINUTE,
        mean=begins + (before + in_room) * (fmean(visits) if visits else average),
        before=before,
    )


def percentile(values: Sequence[Any], share: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))]) if ordered else float("nan")
