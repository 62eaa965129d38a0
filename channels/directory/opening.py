"""Whether a place that delivers can be quoted now, and when so many minutes of its opening hours are over"
" (PRODUCT 26)."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from carewire.errors import NotFound
from carewire.money import Money
from carewire.store.db import Tx
from carewire.wall_clock import days
from channels.directory.nouns import PlaceKind

AHEAD_MAX: Final = timedelta(days=14)
"""A deadline in opening hours is never further away, also at a place that is on holiday for a month."""


class Unquotable(StrEnum):
    """Why a place cannot be quoted now, the first that holds."""

    NOT_APPROVED = "not_approved"
    """Its papers were not looked at, its approval was withdrawn, or it has closed for good."""
    PAUSED = "paused"
    CLOSED = "closed"
    """Outside of its opening hours. One that never said any counts as open."""
    NOT_SERVED = "not_served"
    """It does not deliver to, or collect at, the postal code."""


class Quoting(msgspec.Struct, frozen=True, kw_only=True):
    """A pharmacy or laboratory that may be asked for a price; `because` says why not, null that it may."""

    place_id: UUID
    kind: PlaceKind
    name: str
    city: str
    zone: str
    because: Unquotable | None
    delivery_fee: Money | None


async def quoting(
    tx: Tx, place_ids: Collection[UUID], now: datetime, *, postal_code: str | None = None
) -> dict[UUID, Quoting]:
    """Whether these pharmacies and laboratories can be quoted at this moment; with `postal_code`, by delivery there.

    What is no such place is not among the answers.
    """
    rows = await tx.fetch(
        f"SELECT p.id, p.kind, p.name, p.city, p.zone, p.delivery_fee, p.delivery_currency, {NOT_QUOTABLE} AS because"
        "  FROM place p WHERE p.id = ANY($1) AND p.kind IN ('pharmacy', 'laboratory')",
        list(place_ids),
        now,
        postal_code,
    )
    return {
        row["id"]: Quoting(
            place_id=row["id"],
            kind=PlaceKind(row["kind"]),
            name=row["name"],
            city=row["city"],
            zone=row["zone"],
            because=None if row["because"] is None else Unquotable(row["because"]),
            delivery_fee=_money(row["delivery_fee"], row["delivery_currency"]),
        )
        for row in rows
    }


NOT_QUOTABLE: Final = """CASE WHEN p.approval <> 'approved' OR p.closed_at IS NOT NULL THEN 'not_approved'
    WHEN p.orders_paused_until > $2 THEN 'paused' WHEN NOT coalesce(place_open(p.id, $2), true) THEN 'closed'
    WHEN $3::text IS NOT NULL AND NOT p.served_postal_codes @> ARRAY[$3::text] THEN 'not_served' END"""
"""Why a place `p` cannot be quoted at the moment `$2`, by delivery to the postal code `$3` or not."""


def _money(amount: int | None, currency: str | None) -> Money | None:
    if amount is None or currency is None:
        return None
    return Money.of(amount, currency)


async def opening_deadline(tx: Tx, place_id: UUID, start: datetime, minutes: int) -> datetime:
    """When a place has been open for so many minutes since `start`, on its own clock, holidays and clock"
    " changes counted.

    A place that never said its hours is always open. At most 14 days ahead.
    """
    zone = await tx.fetchval("SELECT zone FROM place WHERE id = $1", place_id)
    if zone is None:
        raise NotFound()
    weekly = await tx.fetch("SELECT weekday, opens, closes FROM place_opening WHERE place_id = $1", place_id)
    holidays = await tx.fetch(
        "SELECT h.day, o.opens, o.closes FROM place_holiday h LEFT JOIN place_holiday_opening o USING (place_id, day)"
        " WHERE place_id = $1 AND h.day BETWEEN $2 AND $3",
        place_id,
        start.date() - timedelta(days=3),
        (start + AHEAD_MAX).date() + timedelta(days=3),
    )
    if not weekly and not await tx.fetchval("SELECT EXISTS (SELECT FROM place_holiday WHERE place_id = $1)", place_id):
        return min(start + timedelta(minutes=minutes), start + AHEAD_MAX)
    hours = Hours(
        [(row["weekday"], row["opens"], row["closes"]) for row in weekly],
        {
            day: [(r["opens"], r["closes"]) for r in holidays if r["day"] == day and r["opens"] is not None]
            for day in {row["day"] for row in holidays}
        },
    )
    return deadline(hours, ZoneInfo(zone), start, timedelta(minutes=minutes))


class Hours(NamedTuple):
    """A place's week as (weekday, opens, closes), and its holidays with what is open on them after all."""

    weekly: Sequence[tuple[int, time, time]]
    holidays: dict[date, list[tuple[time, time]]]

    def of(self, day: date) -> list[tuple[time, time]]:
        """The windows that begin on this day."""
        if day in self.holidays:
            return self.holidays[day]
        return [(opens, closes) for weekday, opens, closes in self.weekly if weekday == day.isoweekday()]


def deadline(hours: Hours, zone: ZoneInfo, start: datetime, span: timedelta) -> datetime:
    """The moment at which the doors have been open for `span` since `start`, at most `AHEAD_MAX` later."""
    left, end = span, start + AHEAD_MAX
    for opened, closed in open_spans(hours, zone, start, end):
        if closed - opened >= left:
            return opened + left
        left -= closed - opened
    return end


def open_spans(hours: Hours, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From when until when the wall clock stands inside of a window, in order, without overlaps.

    An hour that the clock shows twice is open twice, one that it skips is not there: as `place_open` sees it.
    """
    known = start
    for begins, ends, offset in _offsets(zone, start, end):
        first = (begins + offset).date() - timedelta(days=1)
        count = ((ends + offset).date() - first).days + 1
        windows = [
            (
                datetime.combine(day, opens, tzinfo=UTC) - offset,
                datetime.combine(day + timedelta(days=closes <= opens), closes, tzinfo=UTC) - offset,
            )
            for day in days(first, count)
            for opens, closes in hours.of(day)
        ]
        for opened, closed in sorted(windows):
            opened, closed = max(opened, begins, known), min(closed, ends)
            if opened < closed:
                known = closed
                yield opened, closed


def _offsets(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The stretches of time during which the zone's clock is equally far from UTC, with how far."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    steps = [start + timedelta(days=n) for n in range((end - start).days + 1)] + [end]
    begins = start
    for before, after in pairwise(steps):
        if _offset(zone, before) != _offset(zone, after):
            low, high = before, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if _offset(zone, middle) == _offset(zone, before) else (low, middle)
            change = high.replace(microsecond=0)
            yield begins, change, _offset(zone, before)
            begins = change
    yield begins, end, _offset(zone, end)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    found = at.astimezone(zone).utcoffset()
    assert found is not None
    return found
