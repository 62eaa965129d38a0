"""Moving an order: its provider accepts, prepares and hands over; her side and coordinators take it back."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.forms import Line
from channels.care.errors import NotHerHand
from channels.identity import Capacity, Scope
from channels.identity import access as identity
from channels.lab.errors import NotOffered
from channels.order import doors, facts
from channels.order.dispensing import require_in_force
from channels.order.doors import CARRIERS, HANDLERS, OrderRow, Side
from channels.order.ending import cut, fulfilled, give_up
from channels.order.errors import HandoverCode, HandoverLocked, NotServing, TooManyCodes, Unpaid
from channels.order.events import TELLS
from channels.order.handing import ROUNDS_MAX, Code, require_code
from channels.order.jobs import GiveUpDue, KeptTooLong, NotCollected
from channels.order.lifecycle import CANCELLABLE, MACHINES, SAMPLES, OrderState, PaymentMode, ProviderKind
from channels.order.placing import PLACES, locked, offer, relate
from channels.order.providers import require_approved
from channels.order.sagas import ORDER_SAGA
from channels.order.steps import next_state, step
from channels.order.testing import lock_tests, make_tests, require_no_sample
from channels.order.views import OrderView, view
from channels.prescription.errors import NotInForce
from channels.stock import access as stock
from channels.stock.errors import HoldOver, NotHeld, OutOfStock, Restricted

S: Final = OrderState
REOFFER_WITHIN: Final = timedelta(minutes=30)
"""So long a coordinator has to offer it to another provider; then it is over and refunded."""
FETCHED_WITHIN: Final = timedelta(hours=72)
KEPT_LEAST: Final = FETCHED_WITHIN + timedelta(hours=24)
"""So long what is ready or on its way is kept at least."""

LOOKS_BEFORE: Final = timedelta(minutes=10)
"""So long before its stock is anybody's an order ends that was accepted and not handed over."""

MOVES: Final = {
    S.CONFIRMED: "confirm",
    S.PREPARING: "prepare",
    S.READY: "make_ready",
    S.OUT_FOR_DELIVERY: "send_out",
    S.DELIVERED: "deliver",
    S.COLLECTED: "collect",
    S.FAILED: "fail",
    S.RETURNED: "bring_back",
    S.REJECTED: "reject",
    S.CANCELLED: "cancel",
}
"""The states that somebody may ask for, by the move that leads there; all others come by themselves."""
CARRIED: Final = frozenset({"send_out", "deliver", "fail", "bring_back"})
ERRORS: Final = frozenset({NotFound, IllegalMove, InvalidParams, HandoverCode, HandoverLocked, Unpaid, OutOfStock,
                           HoldOver, NotHeld, NotOffered, NotHerHand, NotInForce, NotServing, Restricted})  # fmt: skip


@command(
    "order.confirm",
    allow={Capacity.STAFF},
    emits=PLACES,
    errors={NotFound, IllegalMove, NotOffered, NotHerHand, NotServing},
)
async def confirm(ctx: Ctx, order_id: UUID) -> OrderView:
    """Accept an order that is offered to one's place, while nobody else has it."""
    order = await doors.offered(ctx, order_id, duties=HANDLERS, lock=True)
    return await _move(ctx, order, "confirm")


@command("order.reject", allow={Capacity.STAFF}, emits=PLACES, errors={NotFound, IllegalMove})
async def reject(ctx: Ctx, order_id: UUID, reason: Line) -> OrderView:
    """Not take an order that is offered to one's place; coordinators may offer it to another, else it is refunded."""
    order = await doors.offered(ctx, order_id, duties=HANDLERS, lock=True)
    return await _move(ctx, order, "reject", reason=reason)


@command(
    "order.set_status",
    allow={Capacity.STAFF, Capacity.ADMIN},
    emits=PLACES,
    errors=ERRORS | {Forbidden},
)
async def set_status(
    ctx: Ctx, order_id: UUID, status: OrderState, code: Code | None = None, reason: Line | None = None
) -> OrderView:
    """Move an order on, by a legal move only: its provider's people prepare, send out and hand over (`delivered` and
    `collected` need the patient's four digits in `code`); coordinators may only cancel. `rejected`, `cancelled` and
    `failed` need a `reason`. What its doctor has taken back meanwhile is not handed over (`not_in_force`). How far a
    laboratory is follows from its tests and is never set.
    """
    move = MOVES.get(status)
    if move == "cancel":
        await lock_tests(ctx, (await doors.seen(ctx, order_id))[0])
    order, side = await doors.seen(ctx, order_id, lock=True)
    if move is None or move not in MACHINES[order.kind].moves:
        legal = MACHINES[order.kind].possible(order.state)
        raise IllegalMove(f"{status} comes by itself", state=order.state, move=str(status), legal=legal)
    if side is Side.COORDINATOR or (side is Side.PATIENT and order.offered_at is None):
        if move != "cancel":
            raise Forbidden()
        await doors.coordinated(ctx, order_id)
    else:
        await doors.offered(ctx, order_id, duties=CARRIERS if move in CARRIED else HANDLERS)
    if move in ("reject", "cancel", "fail") and reason is None:
        raise InvalidParams(fields=(Field("$.reason", f"say why it is {status}"),))
    return await _move(ctx, order, move, code=code, reason=reason)


@command("order.cancel", allow={Capacity.PATIENT}, emits=PLACES, errors={NotFound, IllegalMove})
async def cancel(ctx: Ctx, order_id: UUID, reason: Line | None = None) -> OrderView:
    """Take an order back until it is out for delivery or a sample was taken; what was paid goes back whole."""
    await lock_tests(ctx, await doors.own(ctx, order_id))
    order = await doors.own(ctx, order_id, lock=True)
    return await _move(ctx, order, "cancel", reason=reason)


Count = Annotated[int, Meta(ge=1, le=1000, description="How many of it; by default all that are left")]


@command(
    "order.cancel_line",
    allow={Capacity.PATIENT, Capacity.STAFF},
    emits=PLACES,
    errors={NotFound, IllegalMove, InvalidParams},
)
async def cancel_line(ctx: Ctx, order_id: UUID, line_id: UUID, reason: Line, count: Count | None = None) -> OrderView:
    """Take a line, or some of it, off an order: her side before it is accepted, the provider until it is ready, or the
    sample for it was taken.

    What was paid for it goes back, in minor units. With the last line the order is cancelled.
    """
    await lock_tests(ctx, (await doors.seen(ctx, order_id))[0])
    order, side = await doors.seen(ctx, order_id, lock=True)
    if side is Side.PROVIDER:
        await doors.offered(ctx, order_id, duties=HANDLERS)
    elif side is Side.COORDINATOR:
        raise NotFound()
    until = (CANCELLABLE | SAMPLES) - {S.READY, S.REPORT_READY} if side is Side.PROVIDER else {S.CREATED}
    if order.state not in until or order.ended_at is not None:
        raise IllegalMove(state=order.state, move="cut", legal=MACHINES[order.kind].possible(order.state))
    whole = await view(ctx.tx, order.id)
    line = next((one for one in whole.lines if one.id == line_id), None)
    if line is None:
        raise NotFound()
    left = line.quantity - line.cancelled
    count = left if count is None else count
    if not 0 < count <= left:
        raise InvalidParams(fields=(Field("$.count", f"of this line {left} are left"),))
    if sum(one.quantity - one.cancelled for one in whole.lines) == count:
        return await _move(ctx, order, "cancel", reason=reason)
    if side is Side.PROVIDER:
        ctx.notify(order.account_id, facts.CUT, order.id, occasion=str(order.revision), number=order.number)
    after = await cut(ctx, order, line_id, count, actor=ctx.actor.id, reason=reason)
    if order.offered_at is None and after.total.amount == 0:  # it waited for money, and there is none to wait for
        await step(ctx, await locked(ctx, order.id), "free", actor=None, payment_mode=PaymentMode.FREE, pay_by=None)
        after = await offer(ctx, await locked(ctx, order.id))
    return after


@command("order.renew_code", allow={Capacity.PATIENT}, emits=TELLS, errors={NotFound, IllegalMove, TooManyCodes})
async def renew_code(ctx: Ctx, order_id: UUID) -> OrderView:
    """Make new digits for the handover, which `order.get` shows; the old ones are worth nothing, tries begin anew.

    Twenty times at most: guessing stays hopeless.
    """
    order = await doors.own(ctx, order_id, lock=True)
    if order.ended_at is not None:
        raise IllegalMove(state=order.state, legal=[])
    if order.code_round >= ROUNDS_MAX:
        raise TooManyCodes()
    return await step(ctx, order, "renew_code", actor=ctx.actor.id, code_round=order.code_round + 1, code_tries=0)


async def _move(
    ctx: Ctx, order: OrderRow, move: str, *, code: str | None = None, reason: str | None = None
) -> OrderView:
    """The move with all that belongs to it."""
    by = ctx.actor.id
    if move == "cancel":
        await require_no_sample(ctx, order)
        return await give_up(ctx, order, "cancel", "cancelled", actor=by, reason=reason)
    if move == "bring_back":
        return await give_up(ctx, order, "bring_back", "returned", actor=by, reason=reason)
    if move in ("deliver", "collect"):
        return await _hand_over(ctx, order, move, code)
    if move == "confirm":
        next_state(order, move)
        await require_approved(ctx, [order.place_id])
        await ORDER_SAGA.take(ctx, order.id, "accept", order.place_id)
        await relate(ctx, order)
        if order.kind is ProviderKind.LABORATORY:  # before it is told: which test is of which line is told with it
            await make_tests(ctx, order)
    after = await step(ctx, order, move, actor=by, reason=reason)
    if order.hold_id is not None and move in ("confirm", "make_ready", "send_out"):
        await _keep_on(ctx, order.id, order.hold_id, longer=move != "confirm")
    if move == "confirm":
        ctx.notify(order.account_id, facts.CONFIRMED, order.id, number=order.number)
    elif move == "reject":
        await alarm(ctx, order)
    elif move == "make_ready":
        ctx.notify(order.account_id, facts.READY, order.id, number=order.number)
        if after.fulfilment == "pickup":
            due = ctx.now + FETCHED_WITHIN
            ctx.enqueue(NotCollected(order_id=order.id), not_before=due, key=f"order.fetch:{order.id}")
    elif move == "send_out":
        ctx.notify(order.account_id, facts.ON_ITS_WAY, order.id, occasion=str(order.revision), number=order.number)
    return after


async def _keep_on(ctx: Ctx, order_id: UUID, hold_id: UUID, *, longer: bool) -> None:
    """What is packed stays kept however long it lies or travels, if it lasts: a hold that nears its end begins anew
    (`longer`).

    Before it ends somebody looks: what nobody hands over is not kept for ever.
    """
    kept = await stock.find(ctx.tx, hold_id)
    if longer and kept.until < ctx.now + KEPT_LEAST:
        kept = await stock.extend(ctx, hold_id, ctx.now + KEPT_LEAST, if_it_lasts=True)
    ctx.enqueue(KeptTooLong(order_id=order_id), not_before=kept.until - LOOKS_BEFORE, key=f"order.kept:{order_id}")


async def _hand_over(ctx: Ctx, order: OrderRow, move: str, code: str | None) -> OrderView:
    """Against the digits: what was kept is sold, and the order is done."""
    MACHINES[order.kind].move(order.state, move)
    await require_code(ctx, order, code)
    await require_in_force(ctx, order.id)
    if order.payment_mode is PaymentMode.ONLINE and order.paid is None:
        raise Unpaid()
    if order.hold_id is not None:
        whole = await view(ctx.tx, order.id)
        given = [
            stock.Line(medicine_id=line.item_id, quantity=line.quantity - line.cancelled)
            for line in whole.lines
            if line.item_id is not None and line.quantity > line.cancelled
        ]
        await stock.sell(ctx, order.hold_id, given, by=ctx.actor.id)
    await ORDER_SAGA.take(ctx, order.id, "fulfil")
    return await fulfilled(ctx, order, move, actor=ctx.actor.id)


async def alarm(ctx: Ctx, order: OrderRow) -> None:
    """Nobody takes this order: the coordinators may offer it to another provider, for half an hour."""
    for account_id in await identity.with_scope(ctx.tx, Scope.COORDINATE):
        ctx.notify(account_id, facts.OVERDUE, order.id, occasion=str(order.offers), number=order.number)
    due = ctx.now + REOFFER_WITHIN
    ctx.enqueue(GiveUpDue(order_id=order.id, offer=order.offers), not_before=due, key=f"order.give_up:{order.id}")
