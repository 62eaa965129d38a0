"""An order that no provider takes: alarmed, offered to another at the same price, else over; and what time does."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.jobs.job import consumer
from channels.identity import Capacity, Scope
from channels.identity import access as identity
from channels.lab import access as lab
from channels.order import dispensing, doors, facts, providers
from channels.order.catalogue import CatalogueItem, catalogue
from channels.order.commands import alarm
from channels.order.doors import OrderRow
from channels.order.ending import UNPAID, give_up
from channels.order.errors import NotServing, OfferedEnough, OtherItem, PaidAtCounter
from channels.order.jobs import AcceptOverdue, CompletionDue, GiveUpDue, KeptTooLong, NotCollected, PayOverdue
from channels.order.lifecycle import CANCELLABLE, MACHINES, OrderState, ProviderKind
from channels.order.placing import HELD_FOR, PLACES, offer, take_units
from channels.order.sagas import ORDER_SAGA, OrderUnwinds
from channels.order.steps import step
from channels.order.views import LineView, OrderView, view
from channels.prescription.errors import NotDispensable, NotInForce, Overspent
from channels.stock import access as stock
from channels.stock.errors import OutOfStock

S: Final = OrderState
OFFERS_MAX: Final = 20
"""So often an order is offered. Then it is accepted, or ends when its last half hour is over, and is refunded."""


class Swap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The article of the other pharmacy that a line becomes."""

    line_id: UUID
    item_id: UUID


Swaps = Annotated[list[Swap], Meta(max_length=100, description="One for each line that is left")]


@command(
    "order.reoffer",
    allow={Capacity.ADMIN},
    emits=PLACES,
    errors={
        NotFound,
        Forbidden,
        IllegalMove,
        InvalidParams,
        NotServing,
        OfferedEnough,
        OtherItem,
        PaidAtCounter,
        OutOfStock,
        NotInForce,
        Overspent,
        NotDispensable,
    },
)
async def reoffer(ctx: Ctx, order_id: UUID, place_id: UUID, items: Swaps) -> OrderView:
    """Offer an order that its provider rejected or did not accept in time to another pharmacy, at the price that was
    told: each line becomes the same article (generic, strength and form) there, of another maker only where no doctor
    forbids it. Her side is told, and may cancel. For administrators who coordinate.
    """
    order = await doors.coordinated(ctx, order_id, lock=True)
    _require_waiting(ctx, order)
    if order.offers >= OFFERS_MAX:
        raise OfferedEnough()
    if order.paid_place_id is not None:
        raise PaidAtCounter()
    if place_id == order.place_id:
        raise InvalidParams(fields=(Field("$.place_id", "has had it already"),))
    provider = await providers.taking(ctx, place_id, order.fulfilment, order.postal_code)
    if provider.kind is not order.kind:
        raise InvalidParams(fields=(Field("$.place_id", f"is no {order.kind}"),))
    lines = await _swapped(ctx, order, place_id, items)
    if order.kind is ProviderKind.PHARMACY:
        await stock.lock(ctx, holds=[order.hold_id] if order.hold_id else [], articles=[one.item_id for one in items])
    kept = [ref for ref in (order.hold_id, order.spend_ref) if ref is not None]
    await ORDER_SAGA.unwind_here(ctx, order.id, "reoffered", steps={"hold", "spend"}, refs=kept)
    await dispensing.shown_until(ctx, order.id, at_once=True)
    hold_id = None
    if order.kind is ProviderKind.PHARMACY:
        hold_id = (await stock.hold(ctx, place_id, lines, ctx.now + HELD_FOR, order.id)).id
        await ORDER_SAGA.take(ctx, order.id, "hold", hold_id)
    await take_units(ctx, order.id, place_id, None)
    for account_id in await _people(ctx, order.place_id):
        ctx.rights_changed(account_id)
    await step(ctx, order, "reoffer", actor=ctx.actor.id, place_id=place_id, hold_id=hold_id)
    moved = await doors.locked(ctx.tx, order.id)
    assert moved is not None
    ctx.notify(order.account_id, facts.MOVED, order.id, occasion=str(order.offers + 1), number=order.number)
    return await offer(ctx, moved)


def _require_waiting(ctx: Ctx, order: OrderRow) -> None:
    """Raises `IllegalMove` for an order that its provider may still accept in time, or that is over."""
    late = order.state is S.REJECTED or (order.accept_by is not None and order.accept_by <= ctx.now)
    if order.ended_at is not None or order.state not in (S.CREATED, S.REJECTED) or not late:
        legal = [] if order.ended_at is not None else MACHINES[order.kind].possible(order.state)
        raise IllegalMove(state=order.state, move="reoffer", legal=legal)


async def _swapped(ctx: Ctx, order: OrderRow, place_id: UUID, items: list[Swap]) -> list[stock.Line]:
    """Let each line be the other pharmacy's article. Raises `OtherItem` where that is something else."""
    whole = await view(ctx.tx, order.id)
    lines = {line.id: line for line in whole.lines if line.quantity > line.cancelled}
    to = {one.line_id: one.item_id for one in items}
    if to.keys() != lines.keys():
        raise InvalidParams(fields=(Field("$.items", "name an article for each line that is left"),))
    ids = [*to.values(), *(one.item_id for one in lines.values() if one.item_id)]
    found = await catalogue(ctx, order.kind, ids, order.fulfilment)
    papers = [line.prescription_line_id for line in lines.values() if line.prescription_line_id is not None]
    known = await stock.prescribed(ctx, papers)
    strange = [
        line.name
        for line in lines.values()
        if not _same(order.kind, found, line, to[line.id], place_id)
        or (
            line.prescription_line_id is not None
            and not stock.answers(found[to[line.id]], known[line.prescription_line_id])
        )
    ]
    if strange:
        raise OtherItem(lines=strange)
    await ctx.tx.executemany(
        "UPDATE order_line SET item_id = $2, name = $3, replaces = CASE WHEN lower(coalesce(replaces, name)) <>"
        " lower($3) THEN coalesce(replaces, name) END WHERE id = $1",
        [(line_id, to[line_id], found[to[line_id]].name) for line_id in sorted(to)],
    )
    return [
        stock.Line(medicine_id=to[line.id], quantity=line.quantity - line.cancelled)
        for line in lines.values()
    ]  # fmt: skip


def _same(kind: ProviderKind, found: dict[UUID, CatalogueItem], line: LineView, now: UUID, place_id: UUID) -> bool:
    old, new = found.get(line.item_id) if line.item_id is not None else None, found.get(now)
    if new is None or new.place_id != place_id or not new.offered:
        return False
    if old is None or kind is ProviderKind.LABORATORY:  # an entry may be gone or renamed; its name is what was ordered
        return line.name.lower() == new.name.lower()
    return _what(old) == _what(new)


def _what(item: CatalogueItem) -> tuple[object, ...]:
    """What it is, whoever makes it: the generic where it is known, else its name."""
    name = (item.generic or item.name).lower()
    strength = (item.strength or "").replace(" ", "").lower()
    return name, strength, item.form, item.pack_size, item.schedule


async def _people(ctx: Ctx, place_id: UUID) -> list[UUID]:
    return await identity.people_at(ctx.tx, [place_id])


# --- what time does ---------------------------------------------------------------------------------------------------
@consumer(AcceptOverdue, emits=PLACES)
async def accept_overdue(ctx: Ctx, job: AcceptOverdue) -> None:
    """The provider was too slow: alarm the coordinators, once for each offer. It may still accept meanwhile."""
    order = await doors.locked(ctx.tx, job.order_id)
    if order is None or order.state is not S.CREATED or order.offers != job.offer or order.ended_at is not None:
        return
    await step(ctx, order, "overdue", actor=None, alarmed_at=ctx.now)
    await alarm(ctx, order)


@consumer(GiveUpDue, emits=PLACES)
async def give_up_due(ctx: Ctx, job: GiveUpDue) -> None:
    """Nobody offered it to another provider in time: over, and refunded."""
    order = await doors.locked(ctx.tx, job.order_id)
    if order is None or order.offers != job.offer or order.ended_at is not None:
        return
    if order.state is S.REJECTED:
        await give_up(ctx, order, "settle", "no_provider", actor=None)
    elif order.state is S.CREATED:
        await give_up(ctx, order, "cancel", "no_provider", actor=None, reason="no provider took it")


@consumer(PayOverdue, emits=PLACES)
async def pay_overdue(ctx: Ctx, job: PayOverdue) -> None:
    """It was not paid in time: over; money that comes later goes back."""
    order = await doors.locked(ctx.tx, job.order_id)
    if order is not None and order.paid is None and order.ended_at is None and order.offered_at is None:
        await give_up(ctx, order, "cancel", UNPAID, actor=None, reason="not paid in time")


@consumer(NotCollected, emits=PLACES)
async def not_collected(ctx: Ctx, job: NotCollected) -> None:
    """Nobody came for it: back to the shelf, and refunded."""
    order = await doors.locked(ctx.tx, job.order_id)
    if order is not None and order.state is S.READY:
        await give_up(ctx, order, "expire", "not_collected", actor=None)


@consumer(KeptTooLong, emits=PLACES)
async def kept_too_long(ctx: Ctx, job: KeptTooLong) -> None:
    """Accepted and not handed over in all this time: over, and refunded. What is out of the house its provider brings
    back; the coordinators are told.
    """
    order = await doors.locked(ctx.tx, job.order_id)
    if order is None or order.ended_at is not None:
        return
    if order.state in CANCELLABLE:
        await give_up(ctx, order, "cancel", "kept_too_long", actor=None, reason="it was not handed over in time")
    else:
        for account_id in await identity.with_scope(ctx.tx, Scope.COORDINATE):
            ctx.notify(account_id, facts.LONG_ON_ITS_WAY, order.id, number=order.number)


@consumer(CompletionDue, emits=PLACES)
async def completion_due(ctx: Ctx, job: CompletionDue) -> None:
    """Nobody complained: it is completed."""
    order = await doors.locked(ctx.tx, job.order_id)
    if order is not None and order.state in (S.DELIVERED, S.COLLECTED, S.REPORT_READY):
        await step(ctx, order, "complete", actor=None)


@consumer(OrderUnwinds, emits=PLACES)
async def unwind(ctx: Ctx, job: OrderUnwinds) -> None:
    """Undo one step of a saga that was given up; the root is locked first, as by everybody who moves an order."""
    await lab.of_orders(ctx.tx, [job.order_id], lock=True)  # tests before the order they belong to
    await doors.locked(ctx.tx, job.order_id)
    await ORDER_SAGA.unwind(ctx, job.order_id)
