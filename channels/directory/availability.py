"""When a doctor sees patients: her week, her leave and what she does besides, on her own clock.

What is bookable of it (slots) follows from these windows, from sessions and from what is taken.
"""

from datetime import date, datetime, time
from typing import Annotated, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, UnsetType

from carewire.actor import ANYONE, KNOWN
from carewire.command import Ctx, command, query
from carewire.errors import Conflict, Field, InvalidParams, NotFound
from carewire.forms import Zone
from carewire.resource import CatalogueChanged
from channels.directory import access
from channels.directory.clock import Opening, days, moments, require_apart, require_minutes
from channels.directory.doctors import DOCTORS, EDITORS, sees
from channels.directory.forms import require_zone

DAYS_MAX: Final = 62
T = TypeVar("T")


class Window(Opening, frozen=True, kw_only=True):
    """When a doctor is there every week; without a place by video."""

    place_id: UUID | None = None


class Extra(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a doctor is there on one day besides her week, also during leave."""

    day: date
    opens: time
    closes: time
    place_id: UUID | None = None


class Leave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days on which a doctor's week does not count, the last one included."""

    first: date
    last: date


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """From when until when a doctor is there, as moments; without a place by video."""

    starts_at: datetime
    ends_at: datetime
    place_id: UUID | None


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A doctor's week in her `zone`, and the occasions that come of it on the days asked for."""

    doctor_id: UUID
    zone: str
    weekly: list[Window]
    leave: list[Leave]
    extra: list[Extra]
    occasions: list[Occasion]


Weekly = Annotated[list[Window], Meta(max_length=50, description="Her whole week; windows do not overlap")]
Leaves = Annotated[list[Leave], Meta(max_length=100)]
Extras = Annotated[list[Extra], Meta(max_length=200)]
First = Annotated[date, Meta(description="The first day asked for, on her calendar; by default today")]
Count = Annotated[int, Meta(ge=1, le=DAYS_MAX, description="How many days")]


@command(
    "doctor.set_availability",
    allow={KNOWN},
    emits={CatalogueChanged},
    errors={NotFound, InvalidParams, Conflict},
)
async def set_availability(
    ctx: Ctx,
    doctor_id: UUID,
    weekly: Weekly,
    leave: Leaves,
    extra: Extras,
    zone: Zone | UnsetType = UNSET,
) -> Schedule:
    """Say when one sees patients: this week, this leave and these days besides, and nothing of what was said before.

    For the doctor herself, and for administrators (verify, content). A place is one where she works.
    """
    require_apart("$.weekly", weekly)
    for one in extra:
        require_minutes("$.extra", one.opens, one.closes)
    if any(one.last < one.first for one in leave):
        raise InvalidParams(fields=(Field("$.leave", "ends before it begins"),))
    async with DOCTORS.changing(ctx, doctor_id):
        await access.doctor_to_edit(ctx, doctor_id, scopes=EDITORS)
        await _require_places(ctx, doctor_id, {w.place_id for w in weekly} | {w.place_id for w in extra})
        if zone is not UNSET:
            require_zone(zone)
            await ctx.tx.execute("UPDATE doctor SET zone = $2 WHERE id = $1", doctor_id, zone)
        for table in ("doctor_window", "doctor_leave", "doctor_extra"):
            await ctx.tx.execute(f"DELETE FROM {table} WHERE doctor_id = $1", doctor_id)
        await ctx.tx.executemany(
            "INSERT INTO doctor_window (doctor_id, place_id, weekday, opens, closes) VALUES ($1, $2, $3, $4, $5)",
            [(doctor_id, w.place_id, w.weekday, w.opens, w.closes) for w in weekly],
        )
        await ctx.tx.executemany(
            "INSERT INTO doctor_leave (doctor_id, first, last) VALUES ($1, $2, $3)",
            [(doctor_id, one.first, one.last) for one in leave],
        )
        await ctx.tx.executemany(
            "INSERT INTO doctor_extra (doctor_id, place_id, day, opens, closes) VALUES ($1, $2, $3, $4, $5)",
            [(doctor_id, one.place_id, one.day, one.opens, one.closes) for one in extra],
        )
    return await _schedule(ctx, doctor_id, None, 14)


@query("doctor.schedule", allow={ANYONE}, errors={NotFound})
async def schedule(ctx: Ctx, doctor_id: UUID, first: First | None = None, count: Count = 14) -> Schedule:
    """When a doctor is there: her week, and the moments of the days asked for, right also where clocks change."""
    if await DOCTORS.row(ctx, doctor_id, await sees(ctx)) is None:
        raise NotFound()
    return await _schedule(ctx, doctor_id, first, count)


async def _schedule(ctx: Ctx, doctor_id: UUID, first: date | None, count: int) -> Schedule:
    name: str = await ctx.tx.fetchval("SELECT zone FROM doctor WHERE id = $1", doctor_id)
    zone = ZoneInfo(name)
    weekly = await _read(
        ctx, "place_id, weekday, opens, closes FROM doctor_window", "weekday, opens", doctor_id, Window
    )
    leave = await _read(ctx, "first, last FROM doctor_leave", "first", doctor_id, Leave)
    extra = await _read(ctx, "place_id, day, opens, closes FROM doctor_extra", "day, opens", doctor_id, Extra)
    occasions: list[Occasion] = []
    for day in days(first or ctx.now.astimezone(zone).date(), count):
        off = any(one.first <= day <= one.last for one in leave)
        windows: list[Window | Extra] = [] if off else [w for w in weekly if w.weekday == day.isoweekday()]
        for window in [*windows, *(one for one in extra if one.day == day)]:
            if (moment := moments(zone, day, window.opens, window.closes)) is not None:
                occasions.append(Occasion(starts_at=moment[0], ends_at=moment[1], place_id=window.place_id))
    occasions.sort(key=lambda occasion: (occasion.starts_at, occasion.ends_at))
    return Schedule(doctor_id=doctor_id, zone=name, weekly=weekly, leave=leave, extra=extra, occasions=occasions)


async def _read(ctx: Ctx, what: str, order: str, doctor_id: UUID, kind: type[T]) -> list[T]:
    rows = await ctx.tx.fetch(f"SELECT {what} WHERE doctor_id = $1 ORDER BY {order}", doctor_id)
    return [msgspec.convert(dict(row), kind) for row in rows]


async def _require_places(ctx: Ctx, doctor_id: UUID, places: set[UUID | None]) -> None:
    """Raises `NotFound` for a place where she does not work."""
    for place_id in places:
        if place_id is not None and await access.affiliated(ctx.tx, doctor_id, place_id) is None:
            raise NotFound()
