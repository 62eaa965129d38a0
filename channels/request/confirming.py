"""Her side says yes to a bill; with the money, or at once where it is paid later, it becomes orders."""

from typing import Any, Final
from uuid import UUID

from carewire.command import Ctx, command
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from carewire.event import Event
from carewire.paid import Applied, Due, Outcome, Owed, Paid, RefundDue
from carewire.store.db import Tx
from channels.care import Schedule
from channels.identity import Capacity
from channels.lab.errors import TooManyTests
from channels.order import access as orders
from channels.order.errors import NotServing, OrdersFull
from channels.order.lifecycle import Fulfilment, OrderSource, PaymentMode
from channels.prescription.errors import NotDispensable, NotInForce, Overspent
from channels.request import doors
from channels.request.billing import PROVIDERS
from channels.request.doors import RequestRow
from channels.request.errors import BillExpired, OtherBill, SubstitutesOpen
from channels.request.events import TELLS
from channels.request.jobs import OrdersEnded
from channels.request.lifecycle import REQUEST, RequestKind, RequestState
from channels.request.sagas import REQUEST_SAGA
from channels.request.steps import step
from channels.request.views import BillView, PartView, RequestView, bills
from channels.stock import access as stock
from channels.stock.errors import HoldOver, OutOfStock

PAID_EMITS: Final[frozenset[type[Event]]] = TELLS | orders.PLACES


@command(
    "request.confirm",
    allow={Capacity.PATIENT},
    emits=PAID_EMITS,
    errors={NotFound, IllegalMove, InvalidParams, OtherBill, BillExpired, SubstitutesOpen, OutOfStock, HoldOver,
            NotInForce, NotDispensable, NotServing, OrdersFull, TooManyTests, Overspent},
)  # fmt: skip
async def confirm(
    ctx: Ctx, request_id: UUID, bill_id: UUID, payment_mode: PaymentMode, accept_substitutes: bool = False
) -> RequestView:
    """Say yes to the bill that stands, before it runs out. What it keeps of stock is kept on for the orders.

    With `counter` (at the counter or the door) and `free` it is `confirmed` at once: one order for each provider. With
    `online` it stays `responded` until the money came, which must be before `valid_until`. A bill with substitutes
    needs `accept_substitutes`.
    """
    await orders.hold_room(ctx, (await doors.own(ctx, request_id)).patient_id)
    request = await doors.own(ctx, request_id, lock=True)
    REQUEST.move(request.state, "confirm")
    bill = await _bill(ctx, request)
    if bill_id != bill.id:
        raise OtherBill()
    if bill.valid_until <= ctx.now:
        raise BillExpired()
    if bill.substitutes and not accept_substitutes:
        raise SubstitutesOpen()
    if (payment_mode is PaymentMode.FREE) != (bill.total.amount == 0):
        raise InvalidParams(fields=(Field("$.payment_mode", "is `free` exactly for a bill over nothing"),))
    if request.chosen_by is None:  # else its orders are counted already
        tests = sum(len(part.lines) for part in bill.parts) if request.kind is RequestKind.TEST else 0
        await orders.require_room(ctx, request.patient_id, len(bill.parts), tests=tests)
    await orders.require_approved(ctx, [part.place_id for part in bill.parts])
    await ctx.tx.execute("UPDATE bill SET substitutes_accepted = $2 WHERE id = $1", bill.id, accept_substitutes)
    await _keep_on(ctx, bill)
    await REQUEST_SAGA.take(ctx, request.id, "choose", bill.id)
    await _spend(ctx, request, bill)
    chosen: dict[str, Any] = {"payment_mode": payment_mode, "chosen_by": ctx.actor.id, "chosen_at": ctx.now}
    if payment_mode is PaymentMode.ONLINE:
        return await step(ctx, request, "choose", actor=ctx.actor.id, **chosen)
    return await _split(ctx, request, bill, payment_mode, ctx.actor.id, chosen)


async def owed(ctx: Ctx, request_id: UUID, *, lock: bool = False) -> Owed:
    """What is to be paid for a whole bill that was chosen to be paid before anything is done; else nothing: each order
    has its own price. Of one provider's bill also at its counter. Raises `NotFound`.
    """
    request = await doors.find(ctx.tx, request_id, lock=lock)
    if request is None:
        raise NotFound()
    bill = await _bill(ctx, request) if request.bill_id is not None else None
    due = bill.total if bill is not None and await _refused(ctx, request, bill) is None else None
    only = bill.parts[0].place_id if bill is not None and len(bill.parts) == 1 else None
    return Owed(
        money=due, place_id=only, patient_id=request.patient_id, until=None if bill is None else bill.valid_until
    )


async def mark_paid(ctx: Ctx, fact: Paid) -> Outcome:
    """The money makes the chosen bill orders, or is due back. The same payment again answers as before.

    Declare `PAID_EMITS`.
    """
    request = await doors.locked(ctx.tx, fact.about_id)
    if request is None:
        raise NotFound()
    if request.payment_id == fact.payment_id:
        return Applied()
    bill = await _bill(ctx, request) if request.bill_id is not None else None
    if (why := await _refused(ctx, request, bill)) is not None:
        return RefundDue(reason=why)
    assert bill is not None
    assert request.chosen_by is not None
    if (fact.money.amount, fact.money.currency) != (bill.total.amount, bill.total.currency):
        return RefundDue(reason=Due.WRONG_AMOUNT)
    await REQUEST_SAGA.take(ctx, request.id, "pay", fact.payment_id)
    paid: dict[str, Any] = {"payment_id": fact.payment_id, "paid_at": ctx.now}
    await _split(ctx, request, bill, PaymentMode.ONLINE, request.chosen_by, paid, payment_id=fact.payment_id)
    return Applied()


async def _refused(ctx: Ctx, request: RequestRow, bill: BillView | None) -> Due | None:
    """Why money for it does not count, or None."""
    if request.state is RequestState.CANCELLED and request.payment_id is None:
        return Due.CANCELLED
    if request.state is RequestState.EXPIRED or (bill is not None and bill.valid_until <= ctx.now):
        return Due.PAID_ALREADY if request.payment_id is not None else Due.EXPIRED
    if request.payment_id is not None or request.confirmed_at is not None:
        return Due.PAID_ALREADY
    if request.state is not RequestState.RESPONDED or request.payment_mode != PaymentMode.ONLINE or bill is None:
        return Due.OVER
    return None


async def _split(
    ctx: Ctx,
    request: RequestRow,
    bill: BillView,
    mode: PaymentMode,
    by: UUID,
    columns: dict[str, Any],
    *,
    payment_id: UUID | None = None,
) -> RequestView:
    """Confirm the bill, and let one order stand for each of its parts: all of them in this transaction."""
    await ctx.tx.execute("UPDATE bill SET state = 'confirmed', confirmed_at = $2 WHERE id = $1", bill.id, ctx.now)
    for part in sorted(bill.parts, key=lambda part: part.place_id):
        hold_id = await ctx.tx.fetchval("SELECT hold_id FROM bill_part WHERE id = $1", part.id)
        order_id = await orders.place(ctx, await _order(ctx, request, part, mode, by, hold_id))
        await ctx.tx.execute("UPDATE bill_part SET order_id = $2 WHERE id = $1", part.id, order_id)
        await REQUEST_SAGA.take(ctx, request.id, "split", part.id)
        order = await orders.hold_locked(ctx, order_id)
        if payment_id is not None and part.total.amount:
            await orders.settle(ctx, order, payment_id, part.total.amount)
        else:
            await orders.offer(ctx, order)
    return await step(ctx, request, "confirm", actor=by, confirmed_at=ctx.now, **columns)


async def _order(
    ctx: Ctx, request: RequestRow, part: PartView, mode: PaymentMode, by: UUID, hold_id: UUID | None
) -> orders.NewOrder:
    rows = await ctx.tx.fetch(
        "SELECT l.id, l.pack_size, a.prescription_line_id, CASE WHEN a.source = 'read' THEN a.id END AS paper_line_id"
        " FROM bill_line l LEFT JOIN request_line a ON a.id = l.request_line_id WHERE l.part_id = $1",
        part.id,
    )
    papers = {row["id"]: row for row in rows}
    spent = bool(await units_of_part(ctx, part.id))
    return orders.NewOrder(
        patient_id=request.patient_id,
        account_id=by,
        place_id=part.place_id,
        kind=PROVIDERS[request.kind],
        source=OrderSource.REQUEST,
        request_id=request.id,
        prescription_id=request.prescription_id,
        fulfilment=Fulfilment(request.fulfilment),
        contact_name=request.contact_name,
        contact_phone=request.contact_phone,
        address=request.address,
        postal_code=request.postal_code,
        currency=part.total.currency,
        delivery_fee=part.delivery_fee.amount,
        payment_mode=PaymentMode.FREE if part.total.amount == 0 else mode,
        hold_id=hold_id,
        spend_ref=part.id if spent else None,
        items=[
            orders.Item(
                item_id=line.item_id,
                name=line.name,
                quantity=line.quantity,
                unit_price=line.unit_price.amount,
                schedule=None if line.schedule is None else Schedule(line.schedule),
                replaces=line.replaces,
                pack_size=papers[line.id]["pack_size"],
                prescription_line_id=papers[line.id]["prescription_line_id"],
                paper_line_id=papers[line.id]["paper_line_id"],
            )
            for line in part.lines
        ],
    )


async def _bill(ctx: Ctx, request: RequestRow) -> BillView:
    assert request.bill_id is not None
    return (await bills(ctx.tx, [request.bill_id]))[request.bill_id]


@orders.promises
async def promised(tx: Tx, patient_id: UUID) -> orders.Promise:
    """What bills will make which her side has chosen, and pays online."""
    row = await tx.fetchrow(
        "SELECT count(DISTINCT p.id), count(l.id) FILTER (WHERE r.kind = 'test') FROM request r"
        " JOIN bill_part p ON p.bill_id = r.bill_id LEFT JOIN bill_line l ON l.part_id = p.id"
        " WHERE r.patient_id = $1 AND r.state = 'responded' AND r.chosen_by IS NOT NULL",
        patient_id,
    )
    assert row is not None
    return orders.Promise(*row)


async def _spend(ctx: Ctx, request: RequestRow, bill: BillView) -> None:
    """Take the units out of her prescription: told no now, not when the money has come."""
    taken = await REQUEST_SAGA.stands(ctx, request.id, "spend")  # she may say anew how she pays
    for part in sorted(bill.parts, key=lambda part: part.place_id):
        if part.id not in taken and (units := await units_of_part(ctx, part.id)):
            await orders.spend(ctx, part.id, part.place_id, units)
            await REQUEST_SAGA.take(ctx, request.id, "spend", part.id)


async def units_of_part(ctx: Ctx, part_id: UUID) -> dict[UUID, int]:
    """The units of each line of her prescription that a part of a bill needs."""
    rows = await ctx.tx.fetch(
        "SELECT a.prescription_line_id, l.quantity, l.pack_size FROM bill_line l"
        " JOIN request_line a ON a.id = l.request_line_id WHERE l.part_id = $1",
        part_id,
    )
    return orders.units_of([(row["prescription_line_id"], row["quantity"], row["pack_size"]) for row in rows])


async def _keep_on(ctx: Ctx, bill: BillView) -> None:
    """What is kept until the bill runs out is kept for the orders: told no now, not when the money has come."""
    rows = await ctx.tx.fetch(
        "SELECT hold_id FROM bill_part WHERE bill_id = $1 AND hold_id IS NOT NULL ORDER BY place_id", bill.id
    )
    await stock.lock(ctx, holds=[row["hold_id"] for row in rows])
    for row in rows:
        await stock.extend(ctx, row["hold_id"], ctx.now + orders.HELD_FOR)


# --- when its orders have ended ---------------------------------------------------------------------------------------
@orders.on_ended
async def order_ended(ctx: Ctx, request_id: UUID, order_id: UUID) -> None:
    """Look after the commit: the order's root is locked here, and the request's comes before it."""
    ctx.enqueue(OrdersEnded(request_id=request_id), key=f"request.ended:{request_id}")
