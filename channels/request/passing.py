"""What a request does by itself: its bill runs out, its orders end, what was promised is taken back."""

from typing import Final

from carewire.command import Ctx
from carewire.jobs.job import consumer
from carewire.saga import Undo
from channels.order import access as orders
from channels.order.lifecycle import FULFILLED, OrderState, PaymentMode
from channels.request import doors, facts
from channels.request.billing import BILLS
from channels.request.confirming import units_of_part
from channels.request.events import TELLS
from channels.request.jobs import BillOverdue, OrdersEnded
from channels.request.lifecycle import RequestState
from channels.request.sagas import REQUEST_SAGA, RequestUnwinds
from channels.request.steps import step
from channels.stock import access as stock


@consumer(BillOverdue, emits=BILLS)
async def bill_overdue(ctx: Ctx, job: BillOverdue) -> None:
    """The bill ran out unconfirmed: what it kept goes back, and money that comes for it too."""
    request = await doors.locked(ctx.tx, job.request_id)
    if request is None or request.state is not RequestState.RESPONDED or request.bill_id != job.bill_id:
        return
    await ctx.tx.execute("UPDATE bill SET state = 'expired' WHERE id = $1 AND state = 'open'", job.bill_id)
    await REQUEST_SAGA.give_up(ctx, request.id, "expired")
    unpaid = request.payment_mode == PaymentMode.ONLINE
    ctx.notify(request.account_id, facts.UNPAID if unpaid else facts.EXPIRED, job.bill_id)
    await step(ctx, request, "expire", actor=None)


@consumer(OrdersEnded, emits=TELLS)
async def orders_ended(ctx: Ctx, job: OrdersEnded) -> None:
    """When all its orders have ended the request is closed: whole, partly, or for nothing."""
    request = await doors.locked(ctx.tx, job.request_id)
    if request is None or request.state is not RequestState.CONFIRMED:
        return
    rows = await ctx.tx.fetch(
        "SELECT o.state, o.ended_at, coalesce((SELECT sum(l.cancelled) FROM order_line l WHERE l.order_id = o.id), 0)"
        " AS cut FROM orders o WHERE o.request_id = $1",
        request.id,
    )
    if any(row["ended_at"] is None for row in rows):
        return
    got = [OrderState(row["state"]) in FULFILLED for row in rows]
    move = (
        "fall_through"
        if not any(got)
        else "close"
        if all(got) and not any(row["cut"] for row in rows)
        else "close_partly"
    )
    await REQUEST_SAGA.take(ctx, request.id, "end")
    await step(ctx, request, move, actor=None, reason=_WHY.get(move))


_WHY: Final = {"fall_through": "none of its orders was delivered"}


@REQUEST_SAGA.undoes("hold")
async def release(ctx: Ctx, undo: Undo) -> None:
    """Let what a bill kept go; one that became an order's is the order's to let go."""
    kept = await stock.find(ctx.tx, undo.ref)
    taken = await ctx.tx.fetchval("SELECT order_id IS NOT NULL FROM bill_part WHERE hold_id = $1", undo.ref)
    if kept.held and not taken:
        await stock.release(ctx, undo.ref)


@REQUEST_SAGA.undoes("spend")
async def give_back_units(ctx: Ctx, undo: Undo) -> None:
    """What was taken out of her prescription comes back; of what became an order, the order gives it back."""
    part = await ctx.tx.fetchrow("SELECT place_id, order_id FROM bill_part WHERE id = $1", undo.ref)
    assert part is not None
    if part["order_id"] is None:
        await orders.unspend(ctx, undo.ref, part["place_id"], await units_of_part(ctx, undo.ref))


@consumer(RequestUnwinds, emits=BILLS)
async def unwind(ctx: Ctx, job: RequestUnwinds) -> None:
    """Undo one step; the root is locked first, as by everybody who moves a request."""
    await doors.locked(ctx.tx, job.request_id)
    await REQUEST_SAGA.unwind(ctx, job.request_id)
