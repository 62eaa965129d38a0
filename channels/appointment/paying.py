"""What is owed for an appointment, and what it answers when money came for it (`carewire.paid`)."""

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.event import Event
from carewire.paid import Applied, Due, Outcome, Owed, Paid, RefundDue
from channels.appointment import days, rows
from channels.appointment.changes import changed
from channels.appointment.events import TELLS
from channels.appointment.lifecycle import AppointmentState
from channels.appointment.nouns import EndReason, Side
from channels.appointment.policy import open_window
from channels.appointment.rows import COLUMNS, Appointment, from_row
from channels.calendar import PaymentMode

A = AppointmentState
PAID_EMITS: Final[frozenset[type[Event]]] = TELLS
"""What a command that tells of money emits."""


async def owed(ctx: Ctx, thing_id: UUID, *, lock: bool = False) -> Owed:
    """What is to be paid for this appointment now. Raises `NotFound`; whose it is, the caller asks."""
    row = await _read(ctx, thing_id, lock)
    payable = _refusal(ctx, row) is None
    return Owed(money=row.fee if payable else None, place_id=row.place_id, patient_id=row.patient_id, until=row.pay_by)


async def mark_paid(ctx: Ctx, fact: Paid) -> Outcome:
    """Money came for this appointment. Told again, it answers as before; what is not payable goes back whole."""
    row = await _read(ctx, fact.about_id, True)
    told = await ctx.tx.fetchrow(
        "SELECT refund_reason FROM appointment_payment WHERE payment_id = $1 AND appointment_id = $2",
        fact.payment_id,
        row.id,
    )
    if told is not None:
        return Applied() if told["refund_reason"] is None else RefundDue(reason=Due(told["refund_reason"]))
    reason = _refusal(ctx, row)
    if reason is None and (fact.money.amount, fact.money.currency) != (row.fee_amount, row.fee_currency):
        reason = Due.WRONG_AMOUNT
    await ctx.tx.execute(
        "INSERT INTO appointment_payment (payment_id, appointment_id, amount, currency, at, refund_reason)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        fact.payment_id,
        row.id,
        fact.money.amount,
        fact.money.currency,
        fact.at,
        reason,
    )
    if reason is not None:
        return RefundDue(reason=reason)
    await _apply(ctx, row, fact)
    return Applied()


async def _apply(ctx: Ctx, row: Appointment, fact: Paid) -> None:
    paid = {"paid_at": ctx.now, "payment_id": fact.payment_id, "pay_by": None}
    if row.state is A.BOOKED:  # nobody has to confirm what is booked and paid
        after = await changed(ctx, row, rows.moved(ctx, row, "confirm", Side.SYSTEM, **paid), "confirm", Side.SYSTEM)
    else:
        after = await changed(ctx, row, replace(row, **paid), "pay", Side.SYSTEM)
    if after.state is A.CONSULTATION_COMPLETED:  # at the counter on the way out
        await open_window(ctx.tx, after)


def _refusal(ctx: Ctx, row: Appointment) -> Due | None:
    """Why money does not count for it any more, or never did."""
    if row.paid_at is not None:
        return Due.PAID_ALREADY
    if row.state is A.CANCELLED:
        ran_out = row.end_reason in (EndReason.UNPAID, EndReason.NOT_CONFIRMED)
        return Due.EXPIRED if ran_out else Due.CANCELLED
    if row.payment is PaymentMode.FREE or row.state is A.NO_SHOW:
        return Due.OVER
    return Due.EXPIRED if rows.lapsed(row, ctx.now) else None


async def _read(ctx: Ctx, appointment_id: UUID, lock: bool) -> Appointment:
    if lock:
        row = await days.locked(ctx.tx, appointment_id)
    else:
        found = await ctx.tx.fetchrow(f"SELECT {COLUMNS} FROM appointment a WHERE a.id = $1", appointment_id)
        row = None if found is None else from_row(found)
    if row is None:
        raise NotFound()
    return row
