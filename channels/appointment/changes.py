"""THE door for every change of an appointment: stored, noted who did it, told who listens, and what is free offered."""

from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from carewire.command import Ctx
from carewire.event import Event
from carewire.money import Money
from carewire.paid import Refund
from carewire.paid import refunded as gives_back
from channels.appointment import facts, holds, reminding, rows, seats
from channels.appointment.events import (
    AgendaCancelled,
    AgendaCreated,
    AgendaUpdated,
    AppointmentCancelled,
    AppointmentCreated,
    AppointmentUpdated,
)
from channels.appointment.jobs import DUE_KEY, AppointmentDue
from channels.appointment.lifecycle import AppointmentState
from channels.appointment.nouns import EndReason, Side
from channels.appointment.policy import refunded
from channels.appointment.rows import Appointment
from channels.appointment.views import clock_of, named_visit_of, visit_of, when
from channels.identity import access as identity

PROVIDER: Final = frozenset({Side.DOCTOR, Side.DESK, Side.ADMIN})

_NOBODY_THERE: Final[dict[EndReason | None, Any]] = {
    EndReason.DOCTOR_UNAVAILABLE: facts.DOCTOR_AWAY,
    EndReason.PLACE_CLOSED: facts.PLACE_CLOSED,
}
"""What is called off by itself, in words that say why."""


async def made(ctx: Ctx, row: Appointment) -> Appointment:
    """A new appointment, whose seat is taken in this transaction, too."""
    await _note(ctx, None, row, "book")
    watch(ctx, row)
    await reminding.plan(ctx, None, row)
    _emit(ctx, row, await _name(ctx, row), AppointmentCreated, AgendaCreated)
    await holds.tell_slots(ctx, row.doctor_id, row.starts_at, row.ends_at)
    told = facts.REQUESTED if row.state is AppointmentState.REQUESTED else facts.BOOKED
    if row.booked_side is Side.PATIENT:
        await tell_doctor(ctx, row, told, row.id)
    else:
        await _tell_patient(ctx, row, told, row.id)
    return row


async def changed(ctx: Ctx, before: Appointment, after: Appointment, move: str, side: Side) -> Appointment:
    """An appointment that is locked, after this move: `before` as it was read, `after` as it is to be.

    Cancelling frees its seat, and reckons what goes back; a seat that becomes free is offered to who waits for it.
    """
    if after.state is AppointmentState.CANCELLED and before.state is not AppointmentState.CANCELLED:
        after = refunded(after, side, ctx.now)
        await seats.release(ctx.tx, appointment_id=after.id)
    after = replace(after, revision=before.revision + 1)
    await rows.store(ctx.tx, before, after)
    if after.refund_due and not before.refund_due and after.payment_id is not None:
        money = Money.of(after.refund_due, after.fee_currency)
        back = Refund(
            refund_id=after.id, payment_id=after.payment_id, number=after.number, money=money, reason="cancelled"
        )
        await gives_back(ctx, back)
    if (before.pay_by, before.confirm_by) != (after.pay_by, after.confirm_by):
        watch(ctx, after)
    await reminding.plan(ctx, before, after)
    step = await _note(ctx, before, after, move)
    name = await _name(ctx, after)
    over = after.state is AppointmentState.CANCELLED
    of_patient, of_agenda = (AppointmentCancelled, AgendaCancelled) if over else (AppointmentUpdated, AgendaUpdated)
    _emit(ctx, after, name, of_patient, of_agenda)
    if before.day != after.day:  # who follows the day it left is told where it is now
        ctx.emit(_on_agenda(AgendaUpdated, after, name, day=before.day))
    await _tell_people(ctx, before, after, step, side)
    if over or before.slot_id != after.slot_id:
        await holds.freed(ctx, before.slot_id)
    if before.slot_id != after.slot_id:
        await holds.tell_slots(ctx, after.doctor_id, after.starts_at, after.ends_at)
    return after


def watch(ctx: Ctx, row: Appointment) -> None:
    """See that a job looks at it when it was to be paid or confirmed."""
    due = min((moment for moment in (row.pay_by, row.confirm_by) if moment is not None), default=None)
    if due is not None:
        key = DUE_KEY.format(appointment_id=row.id)
        ctx.enqueue(AppointmentDue(appointment_id=row.id), not_before=due, key=key)


def _emit(ctx: Ctx, row: Appointment, name: str, of_patient: type[Event], of_agenda: type[Event]) -> None:
    ctx.emit(of_patient(patient_id=row.patient_id, appointment=visit_of(row)))
    ctx.emit(_on_agenda(of_agenda, row, name, day=row.day))


def _on_agenda(kind: Any, row: Appointment, name: str, **where: Any) -> Event:
    event: Event = kind(
        doctor_id=row.doctor_id,
        place=holds.place_word(row.place_id),
        appointment=named_visit_of(row, name),
        **where,
    )
    return event


async def _name(ctx: Ctx, row: Appointment) -> str:
    name: str = await ctx.tx.fetchval("SELECT name FROM patient WHERE id = $1", row.patient_id)
    return name


async def _note(ctx: Ctx, before: Appointment | None, after: Appointment, move: str) -> UUID:
    step: UUID = await ctx.tx.fetchval(
        "INSERT INTO appointment_step (appointment_id, revision, at, move, actor_id, from_state, to_state, starts_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        after.id,
        after.revision,
        ctx.now,
        move,
        None if ctx.anonymous else ctx.actor.id,
        None if before is None else before.state,
        after.state,
        after.starts_at,
    )
    return step


async def _tell_people(ctx: Ctx, before: Appointment, after: Appointment, step: UUID, side: Side) -> None:
    """The other side hears it, also without the app open; of what time or money did, the patient does."""
    if after.state is AppointmentState.CANCELLED:
        told = _NOBODY_THERE.get(after.end_reason, facts.CANCELLED) if side is Side.SYSTEM else facts.CANCELLED
    elif before.slot_id != after.slot_id:
        told = facts.MOVED
    elif before.state is not after.state and after.state is AppointmentState.APPOINTMENT_CONFIRMED:
        told = facts.CONFIRMED
    else:
        return
    if side is Side.PATIENT:
        if told is not facts.CONFIRMED:
            await tell_doctor(ctx, after, told, step)
    elif after.end_reason is not EndReason.LEFT_THE_LINE:
        await _tell_patient(ctx, after, told, step)


async def tell_doctor(ctx: Ctx, row: Appointment, told: Any, ref: UUID) -> None:
    """Her doctor hears this fact of the appointment, also without the app open."""
    account_id = await ctx.tx.fetchval("SELECT account_id FROM doctor WHERE id = $1", row.doctor_id)
    ctx.notify(account_id, told, ref, number=row.number, when=when(row.starts_at, row.zone))


async def _tell_patient(ctx: Ctx, row: Appointment, told: Any, ref: UUID) -> None:
    acting = [account_id for _, account_id in await identity.acting_for(ctx.tx, [row.patient_id])]
    clocks = await identity.clocks(ctx.tx, acting)
    for account_id in acting:
        clock = clock_of(row.mode, row.zone, clocks[account_id])
        ctx.notify(account_id, told, ref, number=row.number, when=when(row.starts_at, clock))
