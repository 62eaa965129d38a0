"""What is owed for an order, and what happens when money came for it (`carewire.paid`)."""

from typing import Any, Final
from uuid import UUID

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.event import Event
from carewire.money import Money
from carewire.paid import Applied, Due, Outcome, Owed, Paid, RefundDue
from channels.order import doors
from channels.order.doors import OrderRow
from channels.order.lifecycle import FULFILLED, OrderState, PaymentMode
from channels.order.placing import PLACES, offer
from channels.order.sagas import ORDER_SAGA
from channels.order.steps import step
from channels.order.views import view

PAID_EMITS: Final[frozenset[type[Event]]] = PLACES


async def owed(ctx: Ctx, order_id: UUID, *, lock: bool = False) -> Owed:
    """What is to be paid for an order at its provider's counter; `money` None: nothing any more. Raises `NotFound`."""
    order = await doors.find(ctx.tx, order_id, lock=lock)
    if order is None:
        raise NotFound()
    due = await _due(ctx, order)
    return Owed(
        money=Money.of(due, order.currency) if due and _refused(ctx, order) is None else None,
        place_id=order.place_id,
        patient_id=order.patient_id,
        until=order.pay_by,
    )


async def mark_paid(ctx: Ctx, fact: Paid) -> Outcome:
    """The money counts, or is due back. The same payment again answers as before. Declare `PAID_EMITS`."""
    order = await doors.locked(ctx.tx, fact.about_id)
    if order is None:
        raise NotFound()
    if order.payment_id == fact.payment_id:
        return Applied()
    if (why := _refused(ctx, order)) is not None:
        return RefundDue(reason=why)
    if (fact.money.amount, fact.money.currency) != (await _due(ctx, order), order.currency):
        return RefundDue(reason=Due.WRONG_AMOUNT)
    await settle(ctx, order, fact.payment_id, fact.money.amount, place_id=fact.place_id)
    return Applied()


async def settle(ctx: Ctx, order: OrderRow, payment_id: UUID, amount: int, *, place_id: UUID | None = None) -> None:
    """This payment, or its share of it, is for this locked order; one that waited for it is offered now. `place_id`: at
    whose counter it was taken."""
    taken: dict[str, Any] = {"payment_id": payment_id, "paid": amount, "paid_at": ctx.now, "paid_place_id": place_id}
    await step(ctx, order, "pay", actor=None, **taken)
    await ORDER_SAGA.take(ctx, order.id, "pay", payment_id)
    if order.offered_at is None:
        paid = await doors.locked(ctx.tx, order.id)
        assert paid is not None
        await offer(ctx, paid)


def _refused(ctx: Ctx, order: OrderRow) -> Due | None:
    """Why money for it does not count, or None."""
    if order.paid is not None or order.payment_mode is PaymentMode.FREE:
        return Due.PAID_ALREADY
    if order.state in FULFILLED:
        return None
    if order.state is OrderState.CANCELLED:
        return Due.EXPIRED if order.payment_mode is PaymentMode.ONLINE else Due.CANCELLED
    if order.ended_at is not None or order.state is OrderState.REJECTED:
        return Due.OVER
    if order.pay_by is not None and order.pay_by <= ctx.now:
        return Due.EXPIRED
    return None


async def _due(ctx: Ctx, order: OrderRow) -> int:
    return (await view(ctx.tx, order.id)).total.amount
