"""When a place is open, on which days it is not, and whether it takes orders (PRODUCT 26)."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.actor import ANYONE, KNOWN
from carewire.command import Ctx, command, query
from carewire.errors import Conflict, Field, InvalidParams, NotFound
from carewire.forms import Name
from carewire.resource import CatalogueChanged, Resource
from carewire.wall_clock import DayOpening, Opening, require_apart, require_minutes
from channels.directory import access, sites
from channels.directory.bookable import bookable_changed, fall_into_holidays
from channels.directory.hospitals import HOSPITALS
from channels.directory.laboratories import LABORATORIES
from channels.directory.members import HEADS
from channels.directory.nouns import PlaceKind, Subject
from channels.directory.pharmacies import PHARMACIES
from channels.identity import Duty

CATALOGUES: Final[Mapping[PlaceKind, Resource]] = {
    PlaceKind.HOSPITAL: HOSPITALS,
    PlaceKind.CLINIC: HOSPITALS,
    PlaceKind.PHARMACY: PHARMACIES,
    PlaceKind.LABORATORY: LABORATORIES,
}
DELIVERS: Final = frozenset({PlaceKind.PHARMACY, PlaceKind.LABORATORY})
PAUSE_MAX: Final = timedelta(days=30)
PAUSERS: Final = HEADS | {Duty.PHARMACIST, Duty.TECHNICIAN, Duty.FRONT_DESK}


class Holiday(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day on which the week does not count: closed, but for its own openings."""

    day: date
    name: Name
    openings: Annotated[list[DayOpening], Meta(max_length=10)] = []


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """A place's opening hours on its own clock. `open_now` is null where nobody ever said them."""

    place_id: UUID
    zone: str
    weekly: list[Opening]
    holidays: list[Holiday]
    open_now: bool | None
    orders_paused_until: datetime | None


class SaidHours(Hours, frozen=True, kw_only=True):
    """The hours as they are now. `in_holidays` visits are booked into the holidays: in a quarter of an hour they are
    called off, but those that none closes on by then, or that its openings cover."""

    in_holidays: int


Weekly = Annotated[list[Opening], Meta(max_length=50, description="The whole week; split shifts are two windows")]
Holidays = Annotated[list[Holiday], Meta(max_length=200)]


@command(
    "provider.set_hours",
    allow={KNOWN},
    emits={CatalogueChanged},
    errors={NotFound, InvalidParams, Conflict},
)
async def set_hours(ctx: Ctx, place_id: UUID, weekly: Weekly, holidays: Holidays) -> SaidHours:
    """Say when a place is open: this week and these holidays, and nothing of what was said before.

    For its owners and managers, and for administrators (verify, content). What is booked already stays booked, but for
    what falls into a holiday: `in_holidays` says how much, and it is called off in a quarter of an hour.
    """
    require_apart("$.weekly", weekly)
    if len({holiday.day for holiday in holidays}) < len(holidays):
        raise InvalidParams(fields=(Field("$.holidays", "a day stands there twice"),))
    for holiday in holidays:
        for opening in holiday.openings:
            require_minutes("$.holidays", opening.opens, opening.closes)
    async with _changing(ctx, place_id):
        await access.place_to_edit(ctx, place_id, duties=HEADS, scopes=sites.EDITORS)
        for table in ("place_opening", "place_holiday_opening", "place_holiday"):
            await ctx.tx.execute(f"DELETE FROM {table} WHERE place_id = $1", place_id)
        await ctx.tx.executemany(
            "INSERT INTO place_opening (place_id, weekday, opens, closes) VALUES ($1, $2, $3, $4)",
            [(place_id, one.weekday, one.opens, one.closes) for one in weekly],
        )
        await ctx.tx.executemany(
            "INSERT INTO place_holiday (place_id, day, name) VALUES ($1, $2, $3)",
            [(place_id, one.day, one.name) for one in holidays],
        )
        await ctx.tx.executemany(
            "INSERT INTO place_holiday_opening (place_id, day, opens, closes) VALUES ($1, $2, $3, $4)",
            [(place_id, one.day, at.opens, at.closes) for one in holidays for at in one.openings],
        )
    await bookable_changed(ctx, Subject.PLACE, place_id)
    now = await _hours(ctx, place_id)
    return SaidHours(**msgspec.structs.asdict(now), in_holidays=await fall_into_holidays(ctx, place_id))


@command(
    "provider.pause_orders",
    allow={KNOWN},
    emits={CatalogueChanged},
    errors={NotFound, InvalidParams},
)
async def pause_orders(ctx: Ctx, place_id: UUID, until: datetime | None) -> Hours:
    """Take no orders until then; null: take them again. For who works at the pharmacy or laboratory."""
    if until is not None and not ctx.now < until <= ctx.now + PAUSE_MAX:
        raise InvalidParams(fields=(Field("$.until", "must lie ahead, at most 30 days"),))
    async with _changing(ctx, place_id):
        row = await access.place_to_edit(ctx, place_id, duties=PAUSERS, scopes=sites.EDITORS)
        if row["kind"] not in DELIVERS:
            raise InvalidParams(fields=(Field("$.place_id", "takes no orders"),))
        await ctx.tx.execute("UPDATE place SET orders_paused_until = $2 WHERE id = $1", place_id, until)
    return await _hours(ctx, place_id)


@query("provider.hours", allow={ANYONE}, errors={NotFound})
async def hours(ctx: Ctx, place_id: UUID) -> Hours:
    """When a place is open, and whether it is now."""
    await access.any_place(ctx, place_id)
    return await _hours(ctx, place_id)


@asynccontextmanager
async def _changing(ctx: Ctx, place_id: UUID) -> AsyncIterator[None]:
    """Around a change that followers of the place's catalogue may see. Raises `NotFound` where there is no place."""
    kind = await ctx.tx.fetchval("SELECT kind FROM place WHERE id = $1", place_id)
    if kind is None:
        raise NotFound()
    async with CATALOGUES[PlaceKind(kind)].changing(ctx, place_id):
        yield


async def _hours(ctx: Ctx, place_id: UUID) -> Hours:
    place = await ctx.tx.fetchrow(
        "SELECT zone, orders_paused_until, place_open(id, $2) AS open_now FROM place WHERE id = $1", place_id, ctx.now
    )
    assert place is not None
    weekly = await ctx.tx.fetch(
        "SELECT weekday, opens, closes FROM place_opening WHERE place_id = $1 ORDER BY weekday, opens", place_id
    )
    holidays = await ctx.tx.fetch(
        "SELECT h.day, h.name, coalesce(json_agg(json_build_object('opens', o.opens, 'closes', o.closes)"
        " ORDER BY o.opens) FILTER (WHERE o.opens IS NOT NULL), '[]') AS openings"
        " FROM place_holiday h LEFT JOIN place_holiday_opening o USING (place_id, day)"
        " WHERE place_id = $1 GROUP BY h.day, h.name ORDER BY h.day",
        place_id,
    )
    return Hours(
        place_id=place_id,
        zone=place["zone"],
        weekly=[msgspec.convert(dict(row), Opening) for row in weekly],
        holidays=[
            Holiday(
                day=row["day"],
                name=row["name"],
                openings=msgspec.json.decode(row["openings"], type=list[DayOpening]),
            )
            for row in holidays
        ],
        open_now=place["open_now"],
        orders_paused_until=place["orders_paused_until"],
    )
