"""When a doctor sees patients: her week, her leave and what she does besides, and the slots that come of it.

What is free of the slots, appointments know.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
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
from carewire.wall_clock import Opening, require_apart, require_minutes, require_zone
from channels.calendar import rules, slots
from channels.calendar.booked import left_over
from channels.calendar.changes import slots_changed
from channels.calendar.nouns import Mode
from channels.calendar.rules import Leave
from channels.directory import DOCTORS, EDITORS
from channels.directory import access as directory

DAYS_MAX: Final = 62
T = TypeVar("T")

SlotMinutes = Annotated[int, Meta(ge=5, le=480, description="How long a visit is")]
BufferMinutes = Annotated[int, Meta(ge=0, le=120, description="How long the pause behind each visit is")]
Places = Annotated[int, Meta(ge=1, le=50, description="How many patients can book the same slot")]
How = Annotated[
    Mode, Meta(description="By default in person at a place, and by video without one, where nothing else is possible")
]


class Window(Opening, frozen=True, kw_only=True):
    """When a doctor is there every week: on the clock of its place, without a place on her own."""

    place_id: UUID | None = None
    mode: How | None = None
    slot_minutes: SlotMinutes = 15
    buffer_minutes: BufferMinutes = 0
    capacity: Places = 1


class Extra(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a doctor is there on one day besides her week, also during leave."""

    day: date
    opens: time
    closes: time
    place_id: UUID | None = None
    mode: How | None = None
    slot_minutes: SlotMinutes = 15
    buffer_minutes: BufferMinutes = 0
    capacity: Places = 1


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """From when until when a doctor is there, as moments; without a place by video. `zone` is the clock this was said
    on. `slots` are when visits of `slot_minutes` for `capacity` patients each begin that can be booked now, if they
    are not taken."""

    starts_at: datetime
    ends_at: datetime
    place_id: UUID | None
    zone: str
    mode: Mode
    slot_minutes: int
    capacity: int
    slots: list[datetime]


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A doctor's week, and the occasions that come of it on the days asked for; `zone` is her own."""

    doctor_id: UUID
    zone: str
    weekly: list[Window]
    leave: list[Leave]
    extra: list[Extra]
    occasions: list[Occasion]


class Said(Schedule, frozen=True, kw_only=True):
    """Her schedule as it is now. `in_leave` visits are booked into her leave: in a quarter of an hour they are called
    off, but those that are outside of it by then, or that a day besides covers. `outside` lie in none of her hours any
    more and stand all the same, until somebody moves them or calls them off; `appointment.list` shows which."""

    in_leave: int
    outside: int


Weekly = Annotated[list[Window], Meta(max_length=50, description="Her whole week; windows do not overlap")]
Leaves = Annotated[list[Leave], Meta(max_length=100)]
Extras = Annotated[list[Extra], Meta(max_length=200)]
First = Annotated[date, Meta(description="The first day asked for, on each occasion's calendar; by default today")]
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
) -> Said:
    """Say when one sees patients: this week, this leave and these days besides, and nothing of what was said before.

    For the doctor herself, and for administrators (verify, content). A place is one where she works. Who is there by
    video is shown as a doctor to consult by video from then on. What is booked already stays booked, but for what falls
    into leave: `in_leave` says how much, and it is called off in a quarter of an hour. `outside` says how much of what
    stays lies outside of these hours.
    """
    require_apart("$.weekly", weekly)
    for one in extra:
        require_minutes("$.extra", one.opens, one.closes)
    said: list[Window | Extra] = [*weekly, *extra]
    _require_sense("$.weekly", weekly)
    _require_sense("$.extra", extra)
    if any(one.last < one.first for one in leave):
        raise InvalidParams(fields=(Field("$.leave", "ends before it begins"),))
    async with DOCTORS.changing(ctx, doctor_id):
        await directory.doctor_to_edit(ctx, doctor_id, scopes=EDITORS)
        await _require_places(ctx, doctor_id, {one.place_id for one in said})
        if zone is not UNSET:
            require_zone(zone)
            await ctx.tx.execute("UPDATE doctor SET zone = $2 WHERE id = $1", doctor_id, zone)
        if any(_mode(one) is Mode.TELECONSULT for one in said):
            await ctx.tx.execute("UPDATE doctor SET teleconsult = true WHERE id = $1 AND NOT teleconsult", doctor_id)
        for table in ("doctor_window", "doctor_leave", "doctor_extra"):
            await ctx.tx.execute(f"DELETE FROM {table} WHERE doctor_id = $1", doctor_id)
        await ctx.tx.executemany(
            f"INSERT INTO doctor_window (doctor_id, weekday, {_CUT}) VALUES ($1, $2, {_VALUES})",
            [(doctor_id, one.weekday, *_cut(one)) for one in weekly],
        )
        await ctx.tx.executemany(
            "INSERT INTO doctor_leave (doctor_id, first, last) VALUES ($1, $2, $3)",
            [(doctor_id, one.first, one.last) for one in leave],
        )
        await ctx.tx.executemany(
            f"INSERT INTO doctor_extra (doctor_id, day, {_CUT}) VALUES ($1, $2, {_VALUES})",
            [(doctor_id, one.day, *_cut(one)) for one in extra],
        )
    await slots_changed(ctx, doctor_id)
    now = await _schedule(ctx, doctor_id, None, 14)
    return Said(**msgspec.structs.asdict(now), **(await left_over(ctx, doctor_id))._asdict())


@query("doctor.schedule", allow={ANYONE}, errors={NotFound})
async def schedule(ctx: Ctx, doctor_id: UUID, first: First | None = None, count: Count = 14) -> Schedule:
    """When a doctor is there and can be booked: her week, and the moments of the days asked for, right also where
    clocks change."""
    if await DOCTORS.row(ctx, doctor_id, await DOCTORS.seen_by(ctx)) is None:
        raise NotFound()
    return await _schedule(ctx, doctor_id, first, count)


async def _schedule(ctx: Ctx, doctor_id: UUID, first: date | None, count: int) -> Schedule:
    known = await rules.read(ctx.tx, doctor_id)
    if known is None:
        raise NotFound()
    first = first or ctx.now.astimezone(ZoneInfo(known.zone)).date()
    return Schedule(
        doctor_id=doctor_id,
        zone=known.zone,
        weekly=await _read(ctx, f"weekday, {_CUT} FROM doctor_window", "weekday, opens", doctor_id, Window),
        leave=await _read(ctx, "first, last FROM doctor_leave", "first", doctor_id, Leave),
        extra=await _read(ctx, f"day, {_CUT} FROM doctor_extra", "day, opens", doctor_id, Extra),
        occasions=[
            Occasion(
                starts_at=piece.starts_at,
                ends_at=piece.ends_at,
                place_id=piece.rule.place_id,
                zone=piece.rule.zone,
                mode=piece.rule.mode,
                slot_minutes=piece.rule.slot_minutes,
                capacity=piece.rule.capacity,
                slots=begins,
            )
            for piece, begins in slots.slots(
                known, first, first + timedelta(days=count - 1), lambda rule: rule.booked_between(ctx.now)
            )
        ],
    )


_CUT: Final = "place_id, opens, closes, mode, slot_minutes, buffer_minutes, capacity"
_VALUES: Final = "$3, $4, $5, $6, $7, $8, $9"


def _cut(one: Window | Extra) -> tuple[object, ...]:
    return (one.place_id, one.opens, one.closes, _mode(one), one.slot_minutes, one.buffer_minutes, one.capacity)


def _mode(one: Window | Extra) -> Mode:
    return one.mode or (Mode.TELECONSULT if one.place_id is None else Mode.IN_PERSON)


def _require_sense(path: str, windows: Sequence[Window | Extra]) -> None:
    """Raises `InvalidParams` for a visit in person nowhere, or one that is longer than its window."""
    for one in windows:
        if one.place_id is None and _mode(one) is Mode.IN_PERSON:
            raise InvalidParams(fields=(Field(path, "to see patients in person, say at which place_id"),))
        minutes = (one.closes.hour - one.opens.hour) * 60 + one.closes.minute - one.opens.minute
        if one.slot_minutes > (minutes if minutes > 0 else minutes + 1440):
            raise InvalidParams(fields=(Field(path, "a visit is longer than its window"),))


async def _read(ctx: Ctx, what: str, order: str, doctor_id: UUID, kind: type[T]) -> list[T]:
    rows = await ctx.tx.fetch(f"SELECT {what} WHERE doctor_id = $1 ORDER BY {order}", doctor_id)
    return [msgspec.convert(dict(row), kind) for row in rows]


async def _require_places(ctx: Ctx, doctor_id: UUID, places: set[UUID | None]) -> None:
    """Raises `NotFound` for a place where she does not work."""
    for place_id in places:
        if place_id is not None and await directory.affiliated(ctx.tx, doctor_id, place_id) is None:
            raise NotFound()
