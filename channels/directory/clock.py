"""Wall-clock windows: what a place or a doctor says of its week, and the moments that come of it on its own clock."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from carewire.errors import Field, InvalidParams

WEEK: Final = 7 * 1440

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


def moments(zone: ZoneInfo, day: date, opens: time, closes: time) -> tuple[datetime, datetime] | None:
    """From when until when a window of this day is, as instants; None when the clocks leave nothing of it.

    A time that the clocks skip is as much later as they skip; of one that comes twice the first is meant.
    """
    last = day + timedelta(days=1) if closes <= opens else day
    begins = datetime.combine(day, opens, tzinfo=zone).astimezone(UTC)
    ends = datetime.combine(last, closes, tzinfo=zone).astimezone(UTC)
    return (begins, ends) if begins < ends else None


def days(first: date, count: int) -> Iterator[date]:
    """So many days from the first one on."""
    return (first + timedelta(days=n) for n in range(count))
