"""How an order ends before it was handed over: given up whole, or a line of it cut; and what goes back then."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.ids import uuid7
from carewire.money import Money
from carewire.paid import Refund, refunded
from carewire.saga import Undo
from channels.care import access as care
from channels.lab import access as lab
from channels.order import dispensing, facts
from channels.order.doors import OrderRow
from channels.order.jobs import CompletionDue
from channels.order.lifecycle import OrderState
from channels.order.placing import locked
from channels.order.sagas import ORDER_SAGA
from channels.order.steps import step
from channels.order.views import OrderView
from channels.stock import access as stock

UNPAID: Final = "unpaid"
"""Why an order ends that was to be paid before its provider knows of it."""
COMPLETE_AFTER: Final = timedelta(hours=24)
NOT_FEE: Final = frozenset({"returned"})
"""It was brought and came back: the way is paid for."""


async def give_up(
    ctx: Ctx, order: OrderRow, move: str, why: str, *, actor: UUID | None, reason: str | None = None
) -> OrderView:
    """End a locked order by this move; what was kept and paid for it goes back after the commit. `why`: a word."""
    after = await step(ctx, order, move, actor=actor, reason=reason, ended_at=ctx.now)
    await ORDER_SAGA.give_up(ctx, order.id, why)
    await dispensing.shown_until(ctx, order.id, at_once=True)
    ctx.notify(order.account_id, facts.UNPAID if why == UNPAID else facts.ENDED, order.id, number=order.number)
    return after


async def fulfilled(ctx: Ctx, order: OrderRow, move: str, *, actor: UUID | None) -> OrderView:
    """She has what she ordered: the relationship counts from now, and it is completed when nobody complains."""
    seen = care.Seen(
        patient_id=order.patient_id, doctor_id=None, place_id=order.place_id, planned_at=order.created_at, at=ctx.now
    )
    await care.visited(ctx.tx, [seen])
    await dispensing.shown_until(ctx, order.id, at_once=False)
    due = ctx.now + COMPLETE_AFTER
    ctx.enqueue(CompletionDue(order_id=order.id), not_before=due, key=f"order.complete:{order.id}")
    return await step(ctx, order, move, actor=actor)


async def cut(ctx: Ctx, order: OrderRow, line_id: UUID, count: int, *, actor: UUID, reason: str | None) -> OrderView:
    """Take so many of a line off a locked order; what was paid for them, kept of the stock and spent goes back now."""
    row = await ctx.tx.fetchrow(
        "UPDATE order_line SET cancelled = cancelled + $3 WHERE id = $2 AND order_id = $1"
        " RETURNING item_id, unit_price, pack_size, prescription_line_id, lab_test_id",
        order.id,
        line_id,
        count,
    )
    assert row is not None
    if order.paid is not None and row["unit_price"]:
        await refund(ctx, order, uuid7(ctx.real_now.timestamp()), count * row["unit_price"], "cut")
    if order.hold_id is not None and row["item_id"] is not None:
        await stock.release(ctx, order.hold_id, [stock.Line(medicine_id=row["item_id"], quantity=count)])
    if order.spend_ref is not None and row["prescription_line_id"] is not None:
        units = {row["prescription_line_id"]: count * row["pack_size"]}
        await dispensing.unspend(ctx, order.spend_ref, order.place_id, units)
    if row["lab_test_id"] is not None and order.state is not OrderState.CREATED:
        await lab.cancel_tests(ctx, order.id, [row["lab_test_id"]])
        order = await locked(ctx, order.id)  # the tests that are left may have moved it
    return await step(ctx, order, "cut", actor=actor, reason=reason)


async def refund(ctx: Ctx, order: OrderRow, ref: UUID, amount: int, reason: str) -> None:
    """Note that so much goes back, for this reason word; of one `ref` once, and never more than was paid."""
    refund_id: UUID | None = await ctx.tx.fetchval(
        "INSERT INTO order_refund (order_id, ref, amount, reason, made_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (order_id, ref) DO NOTHING RETURNING id",
        order.id,
        ref,
        amount,
        reason,
        ctx.now,
    )
    if refund_id is not None:
        assert order.payment_id is not None
        money = Money.of(amount, order.currency)
        await refunded(
            ctx,
            Refund(refund_id=refund_id, payment_id=order.payment_id, number=order.number, money=money, reason=reason),
        )


@ORDER_SAGA.undoes("hold")
async def release(ctx: Ctx, undo: Undo) -> None:
    """Let the pharmacy's stock go. One that was sold stays sold: it was handed over."""
    kept = await stock.find(ctx.tx, undo.ref)
    if kept.held:
        await stock.release(ctx, undo.ref)


@ORDER_SAGA.undoes("spend")
async def give_back_units(ctx: Ctx, undo: Undo) -> None:
    """What was not cut before comes back to the prescription, also to one that has ended."""
    order = await locked(ctx, undo.subject_id)
    await dispensing.unspend(ctx, undo.ref, order.place_id, await dispensing.units_of_order(ctx, order.id))


@ORDER_SAGA.undoes("pay")
async def pay_back(ctx: Ctx, undo: Undo) -> None:
    """Refund what was paid and not refunded yet, without the fee where the way was made."""
    order = await locked(ctx, undo.subject_id)
    left = (order.paid or 0) - order.refunded
    if undo.why in NOT_FEE:
        left = max(0, left - order.delivery_fee)
    if left:
        await refund(ctx, order, undo.ref, left, undo.why)
        await step(ctx, order, "refund", actor=None)
