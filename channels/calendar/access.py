"""The doors of the calendar: when a doctor can be booked, and on what terms."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from carewire.store.db import Tx
from channels.calendar import rules, slots
from channels.calendar import terms as terms_of_visits
from channels.calendar.booked import IN_LEAVE, ON_HOLIDAY, OUTSIDE
from channels.calendar.nouns import Mode
from channels.calendar.rules import Rule
from channels.calendar.terms import Terms

__all__ = ["IN_LEAVE", "ON_HOLIDAY", "OUTSIDE", "Slot", "Terms", "offered", "slot", "terms"]

RANGE_MAX: Final = timedelta(days=400)


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A time at which a doctor can be booked by so many patients; stored nowhere. `zone` is the clock its hours were
    said on: the place's, or the doctor's own without a place."""

    doctor_id: UUID
    place_id: UUID | None
    mode: Mode
    starts_at: datetime
    ends_at: datetime
    capacity: int
    zone: str


async def offered(
    tx: Tx,
    doctor_id: UUID,
    first: datetime,
    until: datetime,
    *,
    now: datetime | None,
    place_id: UUID | None = None,
    mode: Mode | None = None,
) -> list[Slot]:
    """The slots that begin from `first` on and before `until`, in order; none of a doctor who cannot be booked.

    `place_id` and `mode` narrow it down. With `now` only what can be booked now, by lead time and horizon; None: all
    there are, also those past. No two of one doctor overlap.
    """
    if until - first > RANGE_MAX:
        raise ValueError(f"slots of {until - first} at once")
    known = await rules.read(tx, doctor_id)
    if known is None:
        return []
    nothing = (until, until)

    def within(rule: Rule) -> tuple[datetime, datetime]:
        if (place_id is not None and rule.place_id != place_id) or (mode is not None and rule.mode != mode):
            return nothing
        since, before = rule.booked_between(now) if now is not None else (first, until)
        return max(first, since), min(until, before)

    found: list[Slot] = []
    around = timedelta(days=slots.AROUND)
    for piece, begins in slots.slots(known, (first - around).date(), (until + around).date(), within):
        rule = piece.rule
        length = timedelta(minutes=rule.slot_minutes)
        found += [
            Slot(
                doctor_id=doctor_id,
                place_id=rule.place_id,
                mode=rule.mode,
                starts_at=at,
                ends_at=at + length,
                capacity=rule.capacity,
                zone=rule.zone,
            )
            for at in begins
        ]
    found.sort(key=lambda one: one.starts_at)
    return found


async def slot(
    tx: Tx, doctor_id: UUID, place_id: UUID | None, mode: Mode, starts_at: datetime, *, now: datetime | None
) -> Slot | None:
    """The slot that begins at this moment exactly as `offered` shows it now, or None."""
    end = starts_at + timedelta(microseconds=1)
    for one in await offered(tx, doctor_id, starts_at, end, now=now, mode=mode):
        if one.place_id == place_id:
            return one
    return None


async def terms(tx: Tx, doctor_id: UUID, place_id: UUID | None, mode: Mode) -> Terms:
    """The terms of a visit as they are now; a booking keeps a copy. Raises `NotFound` where there is no such doctor."""
    return await terms_of_visits.read(tx, doctor_id, place_id, mode)
