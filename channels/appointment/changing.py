"""Confirming, moving and cancelling an appointment, and what is written to it."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from carewire.command import Ctx, command
from carewire.errors import Busy, Field, IllegalMove, InvalidParams, NotFound
from carewire.forms import Text
from channels.appointment import access, arriving, days, holds, rows, seats
from channels.appointment.booking import VISIT_ENDS, relate
from channels.appointment.changes import changed
from channels.appointment.errors import (
    AlreadyThere,
    InTheLine,
    NobodyThere,
    NoSitting,
    NotApproved,
    NotThisDay,
    PaymentDue,
    SlotTaken,
    SlotUnavailable,
    TooEarly,
)
from channels.appointment.events import TELLS
from channels.appointment.lifecycle import APPOINTMENT, OPEN, AppointmentState
from channels.appointment.moves import begin, complete, related_place
from channels.appointment.nouns import CancelReason, EndReason, Side
from channels.appointment.policy import nobody_there, require_in_window, share_now
from channels.appointment.rows import Appointment
from channels.appointment.views import Visit, visit_of
from channels.calendar import access as calendar
from channels.care import RecordType
from channels.care import access as care
from channels.identity import Capacity
from channels.queue import MOVES, give_up
from channels.queue.errors import AlreadyJoined
from channels.session import access as session

A = AppointmentState
PARTIES: Final = frozenset({Capacity.PATIENT, Capacity.DOCTOR, Capacity.STAFF, Capacity.ADMIN})
PROVIDERS: Final = frozenset({Side.DOCTOR, Side.DESK, Side.ADMIN})


@command(
    "appointment.confirm",
    allow={Capacity.DOCTOR, Capacity.STAFF, Capacity.ADMIN},
    emits=TELLS,
    errors={NotFound, IllegalMove},
)
async def confirm(ctx: Ctx, appointment_id: UUID) -> Visit:
    """The doctor's side says yes."""
    found = await access.appointment(ctx, appointment_id, sides=PROVIDERS, lock=True)
    after = rows.moved(ctx, found.row, "confirm", found.side)
    return visit_of(await changed(ctx, found.row, after, "confirm", found.side))


@command(
    "appointment.reschedule",
    allow=PARTIES,
    emits=TELLS,
    errors={NotFound, InvalidParams, IllegalMove, SlotUnavailable, SlotTaken, AlreadyThere, NotApproved},
)
async def reschedule(ctx: Ctx, appointment_id: UUID, starts_at: datetime) -> Visit:
    """Move it to another slot of the same doctor, place and mode. The old seat is free only once the new one is taken;
    a seat that is held for her there is used for it.

    By the doctor's side it is confirmed then; by the patient it is `requested` where the doctor's side confirms. What
    was paid stays paid, and moving it late brings no more back than cancelling then would have.
    """
    if starts_at.tzinfo is None:
        raise InvalidParams(fields=(Field("$.starts_at", "want a time zone offset"),))
    found = await access.appointment(ctx, appointment_id)
    side, was = found.side, found.row
    APPOINTMENT.move(was.state, "reschedule")
    now = ctx.now if side is Side.PATIENT else None
    slot = await calendar.slot(ctx.tx, was.doctor_id, was.place_id, was.mode, starts_at, now=now)
    if slot is None or slot.ends_at <= ctx.now:
        raise SlotUnavailable()
    await days.lock(ctx.tx, was.doctor_id, [was.day, seats.day_of(slot)])
    row = await _as_it_is(ctx, was)
    opened = await seats.open_slot(ctx.tx, slot)
    if opened.id == row.slot_id:
        raise AlreadyThere()
    await holds.sweep(ctx, opened)
    await holds.make_way(ctx, opened, row.patient_id)
    move, more = await _after_moving(ctx, row, side, opened.starts_at)
    await seats.move(ctx.tx, opened, row.patient_id, row.id)
    after = replace(
        rows.moved(ctx, row, move, side, **more),
        slot_id=opened.id,
        day=opened.day,
        starts_at=opened.starts_at,
        ends_at=opened.ends_at,
        zone=opened.zone,
    )
    after = await changed(ctx, row, after, "reschedule", side)
    if side is Side.PATIENT:
        await relate(ctx, after)
    else:
        await _expect(ctx, after)
    return visit_of(after)


async def _as_it_is(ctx: Ctx, was: Appointment) -> Appointment:
    """The row under its lock; `Busy` where it went to another day since it was read."""
    row = await days.locked(ctx.tx, was.id)
    if row is None or row.day != was.day:
        raise Busy(after_ms=50)
    return row


async def _after_moving(ctx: Ctx, row: Appointment, side: Side, starts_at: datetime) -> tuple[str, dict[str, object]]:
    """Which move it is, and what else changes with it."""
    if side is not Side.PATIENT:
        # The provider's doing is not held against her.
        return "reschedule", {"refund_ceiling": 100, "refund_floor": 100}
    await require_in_window(ctx.tx, row, starts_at)
    left = 100 if await nobody_there(ctx.tx, row) else share_now(row, ctx.now)
    kept: dict[str, object] = {"refund_ceiling": left, "refund_floor": 0}
    terms = await calendar.terms(ctx.tx, row.doctor_id, row.place_id, row.mode)
    if terms.needs_confirmation:
        answered_by = terms.answered_by(ctx.now, starts_at)
        if answered_by <= ctx.now:
            raise SlotUnavailable("It begins too soon for anybody to confirm it")
        return "reschedule_asking", kept | {"confirm_by": answered_by}
    return ("reschedule" if row.state is A.APPOINTMENT_CONFIRMED else "reschedule_booked"), kept


async def _expect(ctx: Ctx, row: Appointment) -> None:
    """The doctor's side moved it: what her own hand opened stays open until then."""
    place_id = await related_place(ctx, row)
    if place_id is not None:
        await care.expected(ctx.tx, row.patient_id, row.doctor_id, place_id, row.ends_at + VISIT_ENDS, ctx.now)


@command(
    "appointment.cancel",
    allow=PARTIES,
    emits=TELLS | MOVES,
    errors={NotFound, IllegalMove},
)
async def cancel(ctx: Ctx, appointment_id: UUID, reason: CancelReason) -> Visit:
    """Call it off. What was paid goes back by the steps that were shown before booking; when the doctor's side cancels,
    all of it. The seat is offered to who waits for it at once.
    """
    line = (await access.appointment(ctx, appointment_id)).row.session_id
    if line is not None:
        await session.locked(ctx.tx, line)  # the line stands before the day
    found = await access.appointment(ctx, appointment_id, lock=True)
    row, side = found.row, found.side
    if row.session_id != line:  # she came into it at this moment
        raise Busy(after_ms=50)
    whole = {"refund_ceiling": 100, "refund_floor": 100} if await nobody_there(ctx.tx, row) else {}
    after = rows.moved(ctx, row, "cancel", side, end_reason=EndReason(reason), **whole)
    after = await changed(ctx, row, after, "cancel", side)
    if row.session_id is not None and row.token_id is not None:
        await give_up(ctx, row.session_id, row.token_id)
    return visit_of(after)


@command(
    "appointment.update",
    allow={Capacity.PATIENT, Capacity.DOCTOR},
    emits=TELLS,
    errors={NotFound, InvalidParams, IllegalMove},
)
async def update(
    ctx: Ctx,
    appointment_id: UUID,
    complaint: Text | UnsetType | None = UNSET,
    notes: Text | UnsetType | None = UNSET,
) -> Visit:
    """Write why she comes (`complaint`) or what is to be thought of (`notes`): her side, or her doctor. Never a state.

    What was written, `appointment.get` shows to both; nobody else reads it.
    """
    if complaint is UNSET and notes is UNSET:
        raise InvalidParams("Say what shall change")
    found = await access.appointment(ctx, appointment_id, sides=frozenset({Side.PATIENT, Side.DOCTOR}), lock=True)
    row, side = found.row, found.side
    await care.reading(ctx, row.patient_id, RecordType.CONSULTATION, row.doctor_id, row.place_id)
    if row.state not in OPEN:
        raise IllegalMove(
            "It is over: nothing is written to it any more", state=row.state.value, move="update", legal=[]
        )
    given = {"complaint": complaint, "notes": notes}
    after = replace(row, **{name: text for name, text in given.items() if text is not UNSET})
    ctx.about("appointment", row.id, patient=row.patient_id)
    return visit_of(await changed(ctx, row, after, "update", side))


@command(
    "appointment.set_status",
    allow=PARTIES,
    emits=TELLS | MOVES,
    errors={
        NotFound,
        InvalidParams,
        IllegalMove,
        PaymentDue,
        NoSitting,
        NotThisDay,
        TooEarly,
        NobodyThere,
        InTheLine,
        AlreadyJoined,
    },
)
async def set_status(
    ctx: Ctx, appointment_id: UUID, state: AppointmentState, reason: CancelReason | None = None
) -> Visit:
    """Make the one legal move that leads to this state, by who may make it: another name for `confirm`, `cancel`,
    `check_in`, `no_show` and their like. A prescription and a follow-up are made, not set.
    """
    found = await access.appointment(ctx, appointment_id)
    if state is A.CANCELLED:
        if reason is None:
            raise InvalidParams(fields=(Field("$.reason", "say why it is cancelled"),))
        return await cancel(ctx, appointment_id, reason)
    if state is A.APPOINTMENT_CONFIRMED and found.row.state is A.NO_SHOW:
        return await arriving.undo_no_show(ctx, appointment_id)
    if state is A.APPOINTMENT_CONFIRMED:
        return await confirm(ctx, appointment_id)
    if state is A.AWAITING_CONSULTATION:
        return await arriving.check_in(ctx, appointment_id)
    if state is A.NO_SHOW:
        return await arriving.no_show(ctx, appointment_id)
    if state in (A.CONSULTATION_IN_PROGRESS, A.CONSULTATION_COMPLETED):
        row = await access.visit(ctx, appointment_id, lock=True)
        return visit_of(await (begin if state is A.CONSULTATION_IN_PROGRESS else complete)(ctx, row))
    raise _not_by_hand(found.row, state)


def _not_by_hand(row: Appointment, state: AppointmentState) -> IllegalMove:
    legal: Collection[str] = APPOINTMENT.possible(row.state)
    text = f"{state.value} is not set by hand; possible now: {', '.join(legal) or 'nothing, it is over'}"
    return IllegalMove(text, state=row.state.value, move=state.value, legal=list(legal))
