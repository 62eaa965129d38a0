"""Granting one seat more than a slot has."""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from carewire.command import Ctx, command
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Line
from channels.appointment import access, days, seats
from channels.appointment.booking import offered
from channels.appointment.errors import SlotUnavailable
from channels.appointment.nouns import Side
from channels.calendar import Mode
from channels.identity import Capacity, Duty

MANAGERS: Final = frozenset({Duty.OWNER, Duty.MANAGER})


class Override(Struct, frozen=True, kw_only=True):
    """Leave to book one seat more than this slot has, once."""

    id: UUID
    doctor_id: UUID
    place_id: UUID | None
    mode: Mode
    starts_at: datetime
    granted_at: datetime


@command(
    "appointment.grant_override",
    allow={Capacity.DOCTOR, Capacity.STAFF},
    errors={NotFound, SlotUnavailable, InvalidParams},
)
async def grant_override(
    ctx: Ctx, doctor_id: UUID, starts_at: datetime, mode: Mode, reason: Line, place_id: UUID | None = None
) -> Override:
    """Let one patient more be booked into a full slot: by its doctor, or an owner or manager of the place."""
    await access.doctor_here(ctx, doctor_id, place_id, duties=MANAGERS)
    slot = await offered(ctx, doctor_id, place_id, mode, starts_at, Side.DESK)
    await days.lock(ctx.tx, doctor_id, [seats.day_of(slot)])
    opened = await seats.open_slot(ctx.tx, slot)
    override_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO slot_override (slot_id, granted_by, granted_at, reason) VALUES ($1, $2, $3, $4) RETURNING id",
        opened.id,
        ctx.actor.id,
        ctx.now,
        reason,
    )
    ctx.about("slot_override", override_id)
    return Override(
        id=override_id,
        doctor_id=doctor_id,
        place_id=place_id,
        mode=mode,
        starts_at=slot.starts_at,
        granted_at=ctx.now,
    )
