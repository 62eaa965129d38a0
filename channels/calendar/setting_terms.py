"""Saying on what terms visits are booked. The noun is `appointment_terms`: `terms` are those of the house itself, that
everybody accepts."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.actor import ANYONE
from carewire.command import Ctx, command, query
from carewire.errors import Conflict, Field, InvalidParams, NotFound
from carewire.money import Money
from carewire.refund import RefundStep, RefundSteps, require_falling
from channels.calendar import terms
from channels.calendar.changes import slots_changed, slots_changed_at
from channels.calendar.nouns import Mode, PaymentMode
from channels.calendar.terms import (
    HORIZON_DAYS,
    LEAD_MINUTES,
    HoldMinutes,
    HorizonDays,
    LeadMinutes,
    RequestMinutes,
    RevisitDays,
    RevisitVisits,
    Terms,
)
from channels.directory import HEADS
from channels.directory import access as directory
from channels.identity import Capacity, LeadTimes

PaymentModes = Annotated[list[PaymentMode], Meta(min_length=1, max_length=3)]
FEES_MAX: Final = 500


class FeeView(msgspec.Struct, frozen=True, kw_only=True):
    """What a visit to this doctor costs here in this mode, where it is not the fee of her profile."""

    doctor_id: UUID
    mode: Mode
    fee: Money


class OwnTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What was said: by a place, or by a doctor for her consultations by video without one. Null: as the platform says.
    `changed_at` null: nothing was said yet."""

    place_id: UUID | None
    doctor_id: UUID | None
    needs_confirmation: bool
    refund: list[RefundStep] | None
    hold_minutes: int | None
    request_minutes: int | None
    lead_minutes: int
    horizon_days: int
    revisit_days: int
    revisit_visits: int
    payment_modes: list[PaymentMode] | None
    reminder_minutes: list[int] | None
    changed_at: datetime | None
    fees: list[FeeView]


@command(
    "appointment_terms.set",
    allow={Capacity.STAFF, Capacity.DOCTOR},
    errors={NotFound, InvalidParams, Conflict},
)
async def set_(
    ctx: Ctx,
    place_id: UUID | None = None,
    needs_confirmation: bool = False,
    refund: RefundSteps | None = None,
    hold_minutes: HoldMinutes | None = None,
    request_minutes: RequestMinutes | None = None,
    lead_minutes: LeadMinutes = LEAD_MINUTES,
    horizon_days: HorizonDays = HORIZON_DAYS,
    revisit_days: RevisitDays = 0,
    revisit_visits: RevisitVisits = 0,
    payment_modes: PaymentModes | None = None,
    reminder_minutes: LeadTimes | None = None,
) -> OwnTerms:
    """Say on what terms visits are booked: these, and nothing of what was said before. Bookings keep those they have.

    For owners and managers of the place; without a place for a doctor, about her consultations by video. What is left
    out or null is as the platform says.
    """
    if refund is not None:
        require_falling("$.refund", refund)
    if (revisit_days == 0) != (revisit_visits == 0):
        raise InvalidParams(fields=(Field("$.revisit_visits", "days and visits: both, or neither"),))
    place_id, doctor_id = await _whose(ctx, place_id, lock=True)
    await ctx.tx.execute(
        f"""INSERT INTO appointment_terms ({", ".join(_COLUMNS)}, changed_at)
            VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT ({"doctor_id" if place_id is None else "place_id"}) DO UPDATE
            SET {", ".join(f"{name} = EXCLUDED.{name}" for name in (*_COLUMNS, "changed_at"))}""",
        place_id,
        doctor_id,
        needs_confirmation,
        None if refund is None else msgspec.json.encode(refund).decode(),
        hold_minutes,
        request_minutes,
        lead_minutes,
        horizon_days,
        revisit_days,
        revisit_visits,
        None if payment_modes is None else sorted(set(payment_modes)),
        None if reminder_minutes is None else sorted(set(reminder_minutes), reverse=True),
        ctx.now,
    )
    if place_id is not None:
        await slots_changed_at(ctx, place_id)
    elif doctor_id is not None:
        await slots_changed(ctx, doctor_id)
    return await _own(ctx, place_id, doctor_id)


@query("appointment_terms.own", allow={Capacity.STAFF, Capacity.DOCTOR}, errors={NotFound})
async def own(ctx: Ctx, place_id: UUID | None = None) -> OwnTerms:
    """What one said, to be changed: for owners and managers of the place; without a place for a doctor."""
    return await _own(ctx, *await _whose(ctx, place_id))


@query("appointment_terms.get", allow={ANYONE}, errors={NotFound, InvalidParams})
async def get(ctx: Ctx, doctor_id: UUID, mode: Mode, place_id: UUID | None = None) -> Terms:
    """On what terms one books this doctor, at this place, in this mode: shown before booking."""
    if place_id is None and mode is Mode.IN_PERSON:
        raise InvalidParams(fields=(Field("$.place_id", "a visit in person is at a place"),))
    doctor = await directory.doctor(ctx, doctor_id)
    if place_id is not None:
        await directory.any_place(ctx, place_id)
        if await directory.affiliated(ctx.tx, doctor.id, place_id) is None:
            raise NotFound()
    return await terms.read(ctx.tx, doctor.id, place_id, mode)


@command(
    "consultation_fee.set",
    allow={Capacity.STAFF, Capacity.DOCTOR},
    errors={NotFound, InvalidParams, Conflict},
)
async def set_fee(
    ctx: Ctx, mode: Mode, fee: Money | None, place_id: UUID | None = None, doctor_id: UUID | None = None
) -> OwnTerms:
    """Say what a visit to a doctor costs here, in this mode; null: the fee of her profile.

    For owners and managers of the place, about a doctor who works there; without a place for the doctor herself, about
    her consultations by video.
    """
    place_id, own_id = await _whose(ctx, place_id, lock=True)
    if place_id is None:
        if mode is Mode.IN_PERSON or (doctor_id is not None and doctor_id != own_id):
            raise NotFound()
        doctor_id = own_id
    elif doctor_id is None:
        raise InvalidParams(fields=(Field("$.doctor_id", "say whose visits cost that"),))
    elif await directory.affiliated(ctx.tx, doctor_id, place_id) is None:
        raise NotFound()
    if fee is None:
        await ctx.tx.execute(
            "DELETE FROM consultation_fee WHERE doctor_id = $1 AND place_id IS NOT DISTINCT FROM $2 AND mode = $3",
            doctor_id,
            place_id,
            mode,
        )
    else:
        await ctx.tx.execute(
            "INSERT INTO consultation_fee (doctor_id, place_id, mode, fee, fee_currency, changed_at)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT ON CONSTRAINT consultation_fee_once"
            " DO UPDATE SET fee = EXCLUDED.fee, fee_currency = EXCLUDED.fee_currency, changed_at = EXCLUDED.changed_at",
            doctor_id,
            place_id,
            mode,
            fee.amount,
            fee.currency,
            ctx.now,
        )
    return await _own(ctx, place_id, own_id)


_COLUMNS: Final = (
    "place_id", "doctor_id", "needs_confirmation", "refund", "hold_minutes", "request_minutes", "lead_minutes",
    "horizon_days", "revisit_days", "revisit_visits", "payment_modes", "reminder_minutes",
)  # fmt: skip


async def _whose(ctx: Ctx, place_id: UUID | None, *, lock: bool = False) -> tuple[UUID | None, UUID | None]:
    """The place, or the doctor that the caller is; the other of the two is None."""
    if place_id is not None:
        return (await directory.place(ctx, place_id, duties=HEADS, lock=lock)).id, None
    return None, (await directory.own_doctor(ctx)).id


async def _own(ctx: Ctx, place_id: UUID | None, doctor_id: UUID | None) -> OwnTerms:
    row = await ctx.tx.fetchrow(
        "SELECT * FROM appointment_terms WHERE place_id IS NOT DISTINCT FROM $1 AND doctor_id IS NOT DISTINCT FROM $2",
        place_id,
        doctor_id,
    )
    fees = await ctx.tx.fetch(
        "SELECT doctor_id, mode, fee, fee_currency FROM consultation_fee WHERE place_id IS NOT DISTINCT FROM $1"
        f" AND ($2::uuid IS NULL OR doctor_id = $2) ORDER BY doctor_id, mode LIMIT {FEES_MAX}",
        place_id,
        doctor_id,
    )
    return OwnTerms(
        place_id=place_id,
        doctor_id=doctor_id,
        needs_confirmation=row["needs_confirmation"] if row else False,
        refund=msgspec.json.decode(row["refund"], type=list[RefundStep]) if row and row["refund"] else None,
        hold_minutes=row["hold_minutes"] if row else None,
        request_minutes=row["request_minutes"] if row else None,
        lead_minutes=row["lead_minutes"] if row else LEAD_MINUTES,
        horizon_days=row["horizon_days"] if row else HORIZON_DAYS,
        revisit_days=row["revisit_days"] if row else 0,
        revisit_visits=row["revisit_visits"] if row else 0,
        payment_modes=[PaymentMode(word) for word in row["payment_modes"]] if row and row["payment_modes"] else None,
        reminder_minutes=row["reminder_minutes"] if row else None,
        changed_at=row["changed_at"] if row else None,
        fees=[
            FeeView(
                doctor_id=fee["doctor_id"],
                mode=Mode(fee["mode"]),
                fee=Money.of(fee["fee"], fee["fee_currency"]),
            )
            for fee in fees
        ],
    )
