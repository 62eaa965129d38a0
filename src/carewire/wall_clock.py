"""Wall-clock windows: what somebody says of her week, and the moments that come of it on her own clock."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

from carewire.errors import Field, InvalidParams

WEEK: Final = 7 * 1440
ZONES: Final = available_timezones()
SECOND: Final = timedelta(seconds=1)

Weekday = Annotated[int, Meta(ge=1, le=7, description="1 is Monday (ISO)")]


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A window of every week. One that closes at or before it opens closes on the next day."""

    weekday: Weekday
    opens: time
    closes: time


class DayOpening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A window of one day. One that closes at or before it opens closes on the next day."""

    opens: time
    closes: time


def require_apart(path: str, openings: Sequence[Opening]) -> None:
    """Raises `InvalidParams` for windows that overlap, also from Sunday into Monday, or are not of whole minutes."""
    for opening in openings:
        require_minutes(path, opening.opens, opening.closes)
    spans = sorted(_span(opening) for opening in openings)
    spans += [(spans[0][0] + WEEK, spans[0][1] + WEEK)] if spans else []
    if any(after[0] < before[1] for before, after in pairwise(spans)):
        raise InvalidParams(fields=(Field(path, "two of them overlap"),))


def require_minutes(path: str, *times: time) -> None:
    """Raises `InvalidParams` for what is no whole minute of a wall clock."""
    if any(one.second or one.microsecond or one.tzinfo is not None for one in times):
        raise InvalidParams(fields=(Field(path, "want whole minutes on the wall clock, without an offset"),))


def _span(opening: Opening) -> tuple[int, int]:
    begins = (opening.weekday - 1) * 1440 + opening.opens.hour * 60 + opening.opens.minute
    ends = (opening.weekday - 1) * 1440 + opening.closes.hour * 60 + opening.closes.minute
    return begins, ends + (1440 if opening.closes <= opening.opens else 0)


def require_zone(zone: str) -> None:
    """Raises `InvalidParams` for what is no IANA time zone."""
    if zone not in ZONES:
        raise InvalidParams(fields=(Field("$.zone", "is no IANA time zone"),))


def moments(zone: ZoneInfo, day: date, opens: time, closes: time) -> tuple[datetime, datetime] | None:
    """From when until when a window of this day is, as instants; None when the clocks leave nothing of it.

    A time that the clocks skip is when they skip it; of one that comes twice the first is meant.
    """
    last = day + timedelta(days=1) if closes <= opens else day
    begins, ends = shown(zone, datetime.combine(day, opens)), shown(zone, datetime.combine(last, closes))
    return (begins, ends) if begins < ends else None


def shown(zone: ZoneInfo, wall: datetime) -> datetime:
    """The first instant at which a clock there shows this time, or would have, had it not been moved on over it."""
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if shows(zone, instant, wall):
        return instant
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while instant - before > SECOND:  # the clocks move on between these two
        middle = before + (instant - before) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            instant = middle
    return instant.replace(microsecond=0)


def shows(zone: ZoneInfo, instant: datetime, wall: datetime) -> bool:
    """Whether a clock there shows this time at that instant; one that is skipped is shown at none."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall


def days(first: date, count: int) -> Iterator[date]:
    """So many days from the first one on."""
    return (first + timedelta(days=n) for n in range(count))
