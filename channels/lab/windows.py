"""When a laboratory comes to collect: windows within its opening hours, on its own clock, so many patients in each."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.actor import ANYONE
from carewire.command import Ctx, command, query
from carewire.errors import NotFound
from carewire.store.db import Tx
from channels.directory import PlaceKind
from channels.directory import access as directory
from channels.identity import Capacity, Duty
from channels.lab.errors import NotCollected, WindowFull

HEADS: Final = frozenset({Duty.OWNER, Duty.MANAGER})
AHEAD: Final = timedelta(days=31)
"""How far ahead a window can be booked."""

Minutes = Annotated[int, Meta(ge=15, le=480)]
Seats = Annotated[int, Meta(ge=0, le=100, description="Patients in one window; 0: nobody collects")]
Days = Annotated[int, Meta(ge=1, le=14)]
PostalCode = Annotated[str, Meta(pattern=r"^[0-9A-Z][0-9A-Z -]{1,10}[0-9A-Z]\Z", description="In capitals")]


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """How a laboratory collects at home: windows of so many minutes, so many patients in each."""

    laboratory_id: UUID
    minutes: int
    capacity: int


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A window, and how many patients still fit in."""

    starts_at: datetime
    ends_at: datetime
    free: int


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    """The windows of some days, on the clock of `zone`. `serves` answers for the postal code that was asked about."""

    laboratory_id: UUID
    zone: str
    serves: bool | None
    windows: list[Window]


@command("laboratory.set_collection", allow={Capacity.STAFF}, errors={NotFound})
async def set_collection(ctx: Ctx, laboratory_id: UUID, minutes: Minutes, capacity: Seats) -> Collection:
    """Say how your laboratory collects at home. For its owners and managers; what is booked stays.

    The windows follow from `provider.set_hours`, where it collects from `served_postal_codes`.
    """
    place = await directory.place(ctx, laboratory_id, duties=HEADS, lock=True)
    if place.kind is not PlaceKind.LABORATORY:
        raise NotFound()
    await ctx.tx.execute(
        "INSERT INTO lab_collection (laboratory_id, minutes, capacity, changed_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (laboratory_id) DO UPDATE SET minutes = EXCLUDED.minutes, capacity = EXCLUDED.capacity,"
        " changed_at = EXCLUDED.changed_at",
        place.id,
        minutes,
        capacity,
        ctx.now,
    )
    return Collection(laboratory_id=place.id, minutes=minutes, capacity=capacity)


@query("laboratory.windows", allow={ANYONE}, errors={NotFound})
async def windows(
    ctx: Ctx, laboratory_id: UUID, first: date, days: Days = 7, postal_code: PostalCode | None = None
) -> Windows:
    """The windows of a laboratory from a day of its calendar on; those that are over are left out."""
    place = await directory.any_place(ctx, laboratory_id)
    if place.kind is not PlaceKind.LABORATORY:
        raise NotFound()
    serves = None if postal_code is None else await is_served(ctx.tx, place.id, postal_code)
    near = abs(first - ctx.now.date()) <= timedelta(
        days=60
    )  # else nothing could be booked, or be a date of any calendar
    found = await _offered(ctx.tx, place.id, first, days) if near else []
    return Windows(
        laboratory_id=place.id,
        zone=place.zone,
        serves=serves,
        windows=[one for one in found if ctx.now < one.starts_at <= ctx.now + AHEAD],
    )


async def book(ctx: Ctx, laboratory_id: UUID, starts_at: datetime, postal_code: str) -> datetime:
    """Make the window that begins then ready to be taken by a test; when it ends. The constraint counts.

    Raises `NotCollected` outside of the served postal codes, `WindowFull` for a moment at which no window begins.
    """
    if not await is_served(ctx.tx, laboratory_id, postal_code):
        raise NotCollected()
    if not ctx.now < starts_at <= ctx.now + AHEAD:
        raise WindowFull()
    day = starts_at.date() - timedelta(days=2)  # whatever the zone, and a window may begin after midnight
    found = [one for one in await _offered(ctx.tx, laboratory_id, day, 5) if one.starts_at == starts_at]
    if not found:
        raise WindowFull()
    until: datetime = await ctx.tx.fetchval(
        "INSERT INTO lab_window AS w (laboratory_id, starts_at, ends_at, capacity)"
        " SELECT $1, $2, $3, c.capacity FROM lab_collection c WHERE c.laboratory_id = $1"
        " ON CONFLICT (laboratory_id, starts_at) DO UPDATE"
        " SET capacity = greatest(EXCLUDED.capacity, w.taken),"
        "     ends_at = CASE WHEN w.taken = 0 THEN EXCLUDED.ends_at ELSE w.ends_at END"
        " RETURNING w.ends_at",
        laboratory_id,
        starts_at,
        found[0].ends_at,
    )
    return until


async def is_served(tx: Tx, laboratory_id: UUID, postal_code: str) -> bool:
    """Does the laboratory collect at this postal code?"""
    served: bool | None = await tx.fetchval(
        "SELECT $2 = ANY (served_postal_codes) FROM place WHERE id = $1", laboratory_id, postal_code
    )
    return bool(served)


async def _offered(tx: Tx, laboratory_id: UUID, first: date, count: int) -> list[Window]:
    """The windows of these days with what is free in each: one that overlaps another that is booked has nothing."""
    plan = await tx.fetchrow("SELECT minutes, capacity FROM lab_collection WHERE laboratory_id = $1", laboratory_id)
    if plan is None:
        return []
    span = timedelta(minutes=plan["minutes"])
    begins: list[datetime] = []
    for opens, closes in await directory.openings(tx, laboratory_id, first, count):
        at = opens
        while at + span <= closes:
            begins.append(at)
            at += span
    if not begins:
        return []
    booked = await tx.fetch(
        "SELECT starts_at, ends_at, taken FROM lab_window WHERE laboratory_id = $1 AND taken > 0"
        " AND ends_at > $2 AND starts_at < $3",
        laboratory_id,
        begins[0],
        begins[-1] + span,
    )
    taken = {row["starts_at"]: row["taken"] for row in booked if row["ends_at"] == row["starts_at"] + span}
    found = []
    for at in begins:
        crossed = any(row["starts_at"] < at + span and at < row["ends_at"] for row in booked if taken.get(at) is None)
        free = 0 if crossed else max(plan["capacity"] - taken.get(at, 0), 0)
        found.append(Window(starts_at=at, ends_at=at + span, free=free))
    return found
