"""Holding a seat, and booking it."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from carewire.command import Ctx, Rate, command
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from carewire.forms import Text
from channels.appointment import access, days, holds, policy, seats, whom
from channels.appointment import rows as appointments
from channels.appointment.changes import made
from channels.appointment.errors import (
    AlreadyThere,
    HoldExpired,
    NotApproved,
    OverrideUsed,
    PaymentModeRefused,
    RevisitUsed,
    SlotTaken,
    SlotUnavailable,
    TooManyHolds,
)
from channels.appointment.events import TELLS
from channels.appointment.lifecycle import AppointmentState, HoldState
from channels.appointment.moves import follow_up, related_place
from channels.appointment.nouns import Side
from channels.appointment.rows import Appointment
from channels.appointment.seats import SlotRow
from channels.appointment.views import HELD, Held, Visit, held_of, visit_of
from channels.appointment.whom import Stranger, Whom
from channels.calendar import Mode, PaymentMode
from channels.calendar import access as calendar
from channels.calendar.access import Slot, Terms
from channels.care import access as care
from channels.care.access import Made
from channels.identity import Capacity, settings_now

BOOKERS: Final = frozenset({Capacity.PATIENT, Capacity.DOCTOR, Capacity.STAFF})
BOOKING: Final = Rate(burst=30, per_minute=60, shared=True)
VISIT_ENDS: Final = timedelta(hours=4)
"""So long after its time a visit is over at the latest; until then the doctor reads what he needs for it."""


@command(
    "appointment.hold",
    allow=BOOKERS,
    emits=TELLS,
    errors={NotFound, InvalidParams, SlotUnavailable, SlotTaken, AlreadyThere, TooManyHolds, NotApproved},
    rate=BOOKING,
)
async def hold(
    ctx: Ctx,
    doctor_id: UUID,
    starts_at: datetime,
    mode: Mode,
    place_id: UUID | None = None,
    patient_id: UUID | None = None,
) -> Held:
    """Keep a seat of this slot for a while, to book it then (`appointment.book` with `hold_id`).

    It ends at `expires_at` by itself. For a patient one acts for, or by the doctor's side for a patient of the place.
    """
    asked = await whom.find(ctx, doctor_id, place_id, patient_id)
    slot = await offered(ctx, doctor_id, place_id, mode, starts_at, asked.side)
    await days.lock(ctx.tx, doctor_id, [seats.day_of(slot)])
    await _require_fewer(ctx)
    opened = await seats.open_slot(ctx.tx, slot)
    await holds.sweep(ctx, opened)
    held = await holds.make(ctx, opened, asked.patient_id, ctx.actor.id)
    await holds.tell_slots(ctx, doctor_id, slot.starts_at, slot.ends_at)
    return held


@command(
    "appointment.release",
    allow=BOOKERS,
    emits=TELLS,
    errors={NotFound, HoldExpired},
)
async def release(ctx: Ctx, hold_id: UUID) -> Held:
    """Give a held seat back, or say no to one that was offered; it goes to who waits next."""
    held = await _own_hold(ctx, hold_id)
    if held.state is not HoldState.STANDING:
        raise HoldExpired()
    after = await holds.end(ctx, held, "release")
    await holds.freed(ctx, await ctx.tx.fetchval("SELECT slot_id FROM hold WHERE id = $1", hold_id))
    return after


class Seat(Struct, frozen=True, kw_only=True):
    """What is booked: a slot that is offered, for whom, and the hold she has on it."""

    slot: Slot
    whom: Whom
    held: Held | None = None


@command(
    "appointment.book",
    allow=BOOKERS,
    emits=TELLS,
    errors={NotFound, InvalidParams, SlotUnavailable, SlotTaken, AlreadyThere, HoldExpired, OverrideUsed, IllegalMove,
            PaymentModeRefused, RevisitUsed, NotApproved},
    rate=BOOKING,
)  # fmt: skip
async def book(
    ctx: Ctx,
    hold_id: UUID | None = None,
    doctor_id: UUID | None = None,
    starts_at: datetime | None = None,
    mode: Mode | None = None,
    place_id: UUID | None = None,
    patient_id: UUID | None = None,
    patient: Stranger | None = None,
    payment: PaymentMode | None = None,
    complaint: Text | None = None,
    follow_up_of: UUID | None = None,
    override_id: UUID | None = None,
) -> Visit:
    """Book a slot: the one held by `hold_id`, or the one that begins at `starts_at`.

    It is `requested` where the doctor's side has to confirm, else `booked`. Paid `online` it is kept until `pay_by`;
    without `payment` it is the first way its terms know. What is held is booked on the terms of when it was held. The
    doctor's side books for patients of the place, and at the desk for who has no record (`patient`). `complaint` is for
    the doctor, never for the desk.
    """
    seat = (
        await _held_seat(ctx, hold_id)
        if hold_id is not None
        else await _asked_seat(ctx, doctor_id, starts_at, mode, place_id, patient_id, patient)
    )
    slot, side = seat.slot, seat.whom.side
    if complaint is not None and side is Side.DESK:
        raise InvalidParams(fields=(Field("$.complaint", "is between the patient and the doctor"),))
    before = None if follow_up_of is None else await _followed(ctx, follow_up_of, seat)
    await days.lock(ctx.tx, slot.doctor_id, [seats.day_of(slot), *([before.day] if before else [])])
    shown = None if hold_id is None else await _standing(ctx, hold_id)
    opened = await seats.open_slot(ctx.tx, slot)
    await holds.sweep(ctx, opened)
    terms = shown or await calendar.terms(ctx.tx, slot.doctor_id, slot.place_id, slot.mode)
    row = await _new(ctx, opened, seat.whom, terms, payment, complaint, follow_up_of)
    await appointments.insert(ctx.tx, row)
    if seat.held is not None:
        await seats.take_over(ctx.tx, seat.held.id, row.id)
        await holds.end(ctx, seat.held, "book")
    elif override_id is not None:
        await seats.take_by_override(ctx.tx, opened, row.patient_id, row.id, override_id, ctx.now)
    else:
        await seats.take(ctx.tx, opened, row.patient_id, appointment_id=row.id)
    await made(ctx, row)
    if side is Side.PATIENT:
        await relate(ctx, row)
    if follow_up_of is not None and (followed := await days.locked(ctx.tx, follow_up_of)) is not None:
        await follow_up(ctx, followed, side)
    return visit_of(row)


async def _followed(ctx: Ctx, appointment_id: UUID, seat: Seat) -> Appointment:
    """The one before, which has to be the same patient's with the same doctor."""
    before = (await access.appointment(ctx, appointment_id)).row
    if (before.patient_id, before.doctor_id) != (seat.whom.patient_id, seat.slot.doctor_id):
        raise NotFound()
    return before


async def _asked_seat(
    ctx: Ctx,
    doctor_id: UUID | None,
    starts_at: datetime | None,
    mode: Mode | None,
    place_id: UUID | None,
    patient_id: UUID | None,
    stranger: Stranger | None,
) -> Seat:
    if doctor_id is None or starts_at is None or mode is None:
        raise InvalidParams(fields=(Field("$.hold_id", "give hold_id, or doctor_id, starts_at and mode"),))
    asked = await whom.find(ctx, doctor_id, place_id, patient_id, stranger)
    return Seat(slot=await offered(ctx, doctor_id, place_id, mode, starts_at, asked.side), whom=asked)


async def _held_seat(ctx: Ctx, hold_id: UUID) -> Seat:
    """A hold that stands keeps its slot, also past the time until which others may book it."""
    held = await _own_hold(ctx, hold_id, lock=False)
    asked = await whom.find(ctx, held.doctor_id, held.place_id, held.patient_id)
    if held.state is not HoldState.STANDING or held.expires_at <= ctx.now:
        raise HoldExpired()
    slot = await calendar.slot(ctx.tx, held.doctor_id, held.place_id, held.mode, held.starts_at, now=None)
    if slot is None or slot.ends_at != held.ends_at:
        raise SlotUnavailable()
    return Seat(slot=slot, whom=asked, held=held)


async def _standing(ctx: Ctx, hold_id: UUID) -> Terms | None:
    """The terms that a hold was made on, its day locked; None for one that an older version made."""
    row = await ctx.tx.fetchrow(
        f"SELECT expires_at, terms FROM hold WHERE id = $1 AND state = 'standing'{days.FOR_UPDATE}", hold_id
    )
    if row is None or row["expires_at"] <= ctx.now:
        raise HoldExpired()
    return None if row["terms"] is None else msgspec.json.decode(row["terms"], type=Terms)


async def _own_hold(ctx: Ctx, hold_id: UUID, *, lock: bool = True) -> Held:
    """A hold of a patient the caller acts for, or that she made herself; with `lock` under its day."""
    row = await ctx.tx.fetchrow(f"SELECT {HELD} WHERE h.id = $1", hold_id)
    if row is None:
        raise NotFound()
    held = held_of(row)
    await whom.find(ctx, held.doctor_id, held.place_id, held.patient_id)
    if lock:
        await days.lock(ctx.tx, held.doctor_id, [seats.local_day(held.starts_at, held.zone)])
        held = held_of(await ctx.tx.fetchrow(f"SELECT {HELD} WHERE h.id = $1{days.FOR_UPDATE_OF_HOLD}", hold_id))
    return held


async def offered(
    ctx: Ctx, doctor_id: UUID, place_id: UUID | None, mode: Mode, starts_at: datetime, side: Side
) -> Slot:
    """The slot as it is offered now. The doctor's side also books on short notice, until it is over."""
    if starts_at.tzinfo is None:
        raise InvalidParams(fields=(Field("$.starts_at", "want a time zone offset"),))
    now = ctx.now if side is Side.PATIENT else None
    slot = await calendar.slot(ctx.tx, doctor_id, place_id, mode, starts_at, now=now)
    if slot is None or slot.ends_at <= ctx.now:
        raise SlotUnavailable()
    return slot


async def _require_fewer(ctx: Ctx) -> None:
    """One account does not hold half a day. Its own lock makes the second of two holds at once count the first."""
    await ctx.tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 95))", str(ctx.actor.id))
    limit = (await settings_now(ctx.tx)).holds_max
    held = await ctx.tx.fetchval(
        "SELECT count(*) FROM hold WHERE account_id = $1 AND state = 'standing' AND expires_at > $2"
        " AND waitlist_id IS NULL",
        ctx.actor.id,
        ctx.now,
    )
    if held >= limit:
        raise TooManyHolds(limit=limit)


async def _new(
    ctx: Ctx,
    slot: SlotRow,
    asked: Whom,
    terms: Terms,
    payment: PaymentMode | None,
    complaint: str | None,
    follow_up_of: UUID | None,
) -> Appointment:
    if payment is None and asked.side is not Side.PATIENT and PaymentMode.COUNTER in terms.payment_modes:
        payment = PaymentMode.COUNTER
    currency = (await settings_now(ctx.tx)).currency
    price = await policy.price(ctx.tx, terms, asked.patient_id, slot.starts_at, payment, currency)
    asks = terms.needs_confirmation and asked.side is Side.PATIENT
    confirm_by = terms.answered_by(ctx.now, slot.starts_at) if asks else None
    if confirm_by is not None and confirm_by <= ctx.now:
        raise SlotUnavailable("It begins too soon for anybody to confirm it")
    (ids,) = await ctx.tx.fetch("SELECT uuidv7() AS id, nextval('appointment_serial') AS serial")
    return Appointment(
        id=ids["id"],
        serial=ids["serial"],
        patient_id=asked.patient_id,
        doctor_id=slot.doctor_id,
        place_id=slot.place_id,
        mode=slot.mode,
        slot_id=slot.id,
        day=slot.day,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        zone=slot.zone,
        state=AppointmentState.REQUESTED if asks else AppointmentState.BOOKED,
        payment=price.payment,
        fee_amount=price.money.amount,
        fee_currency=price.money.currency,
        policy=policy.policy_of(terms),
        booked_by=ctx.actor.id,
        booked_side=asked.side,
        created_at=ctx.now,
        follow_up_of=follow_up_of,
        revisit_of=price.revisit_of,
        revisit_number=price.revisit_number,
        pay_by=terms.held_until(ctx.now) if price.payment is PaymentMode.ONLINE else None,
        confirm_by=confirm_by,
        complaint=complaint,
    )


async def relate(ctx: Ctx, row: Appointment) -> None:
    """Her side booked, so the doctor may read what he needs for the visit (PRODUCT 5)."""
    place_id = await related_place(ctx, row)
    if place_id is not None:
        relation = Made(
            patient_id=row.patient_id,
            doctor_id=row.doctor_id,
            place_id=place_id,
            made_by=ctx.actor.id,
            at=ctx.now,
            until=row.ends_at + VISIT_ENDS,
        )
        await care.relate(ctx.tx, [relation])
