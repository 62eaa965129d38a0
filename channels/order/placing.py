"""An order comes to stand, and is offered to its provider: the one way, whoever asks for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.event import Event
from carewire.ids import uuid7
from channels.care import Schedule
from channels.care import access as care
from channels.identity import access as identity
from channels.lab import access as lab
from channels.order import dispensing, doors, facts, providers
from channels.order.doors import HANDLERS, OrderRow
from channels.order.errors import Currencies, TooDear
from channels.order.events import TELLS, OrderCreated, tell
from channels.order.jobs import AcceptOverdue
from channels.order.lifecycle import Fulfilment, OrderSource, OrderState, PaymentMode, ProviderKind
from channels.order.sagas import ORDER_SAGA
from channels.order.steps import step
from channels.order.views import OrderView, view
from channels.prescription import access as prescriptions
from channels.prescription.lifecycle import NEVER_DISPENSED
from channels.stock import access as stock
from channels.stock.errors import Restricted

HELD_FOR: Final = timedelta(days=7)
"""How long a pharmacy keeps what was ordered, at most."""
TOTAL_MAX: Final = 1_000_000_000
PLACES: Final[frozenset[type[Event]]] = TELLS | stock.EMITS | prescriptions.SPEND_EMITS | lab.TEST_EMITS
"""What placing, offering and ending an order may tell."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a new order. `unit_price` in minor units of the order's currency, as it was told to the patient."""

    item_id: UUID | None
    name: str
    quantity: int
    unit_price: int
    schedule: Schedule | None = None
    replaces: str | None = None
    pack_size: int = 1
    prescription_line_id: UUID | None = None
    paper_line_id: UUID | None = None
    """The line that a pharmacist read from her photo."""
    lab_test_id: UUID | None = None


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is ordered of one provider. `hold_id`: what is kept of its stock already."""

    patient_id: UUID
    account_id: UUID
    place_id: UUID
    kind: ProviderKind
    source: OrderSource
    fulfilment: Fulfilment
    contact_name: str
    contact_phone: str | None
    address: str | None
    postal_code: str
    currency: str
    delivery_fee: int
    payment_mode: PaymentMode
    items: Sequence[Item]
    request_id: UUID | None = None
    prescription_id: UUID | None = None
    notes: str | None = None
    hold_id: UUID | None = None
    spend_ref: UUID | None = None
    """Under what its units are taken out of the prescription already."""
    pay_by: datetime | None = None

    @property
    def total(self) -> int:
        """What is to be paid, in minor units."""
        return self.delivery_fee + sum(item.quantity * item.unit_price for item in self.items)


def one_currency(currencies: set[str]) -> str:
    """The currency of a bill. Raises `Currencies` where there are several."""
    if len(currencies) != 1:
        raise Currencies()
    return next(iter(currencies))


def require_sellable(items: Sequence[Item]) -> None:
    """Raises `Restricted` for what is never sold here."""
    never = [item.name for item in items if item.schedule in NEVER_DISPENSED]
    if never:
        raise Restricted(lines=never)


async def place(ctx: Ctx, new: NewOrder) -> UUID:
    """Let an order stand, unpaid and not offered yet; its stock is kept. Declare `PLACES`.

    The patient's side acts: it makes the relationship by which the provider learns who she is and how she is reached.
    """
    require_sellable(new.items)
    if new.total > TOTAL_MAX:
        raise TooDear()
    order_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO orders (patient_id, account_id, place_id, kind, source, request_id, prescription_id, state,"
        " fulfilment, contact_name, contact_phone, address, postal_code, notes, currency, delivery_fee, payment_mode,"
        " pay_by, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
        " $16, $17, $18, $19, $19) RETURNING id",
        new.patient_id,
        new.account_id,
        new.place_id,
        new.kind,
        new.source,
        new.request_id,
        new.prescription_id,
        OrderState.CREATED,
        new.fulfilment,
        new.contact_name,
        new.contact_phone,
        new.address,
        new.postal_code,
        new.notes,
        new.currency,
        new.delivery_fee,
        new.payment_mode,
        new.pay_by,
        ctx.now,
    )
    await ctx.tx.executemany(
        "INSERT INTO order_line (order_id, n, item_id, name, schedule, quantity, unit_price, replaces,"
        " pack_size, prescription_line_id, paper_line_id, lab_test_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        [
            (order_id, n, one.item_id, one.name, one.schedule, one.quantity, one.unit_price, one.replaces,
             one.pack_size, one.prescription_line_id, one.paper_line_id, one.lab_test_id)
            for n, one in enumerate(new.items, 1)
        ],
    )  # fmt: skip
    await ctx.tx.execute(
        "INSERT INTO order_step (order_id, revision, move, state, place_id, actor_id, at)"
        " VALUES ($1, 1, 'create', $2, $3, $4, $5)",
        order_id,
        OrderState.CREATED,
        new.place_id,
        new.account_id,
        ctx.now,
    )
    await ORDER_SAGA.take(ctx, order_id, "place")
    await keep(ctx, order_id, new)
    await take_units(ctx, order_id, new.place_id, new.spend_ref)
    tell(ctx, OrderCreated.spec.name, await view(ctx.tx, order_id), None)
    return order_id


async def keep(ctx: Ctx, order_id: UUID, new: NewOrder) -> None:
    """Keep of the pharmacy's stock what the order needs, or take over what is kept for it already."""
    lines = [stock.Line(medicine_id=i.item_id, quantity=i.quantity) for i in new.items if i.item_id is not None]
    if new.kind is not ProviderKind.PHARMACY or not lines:
        return
    hold_id = new.hold_id
    if hold_id is None:
        hold_id = (await stock.hold(ctx, new.place_id, lines, ctx.now + HELD_FOR, order_id)).id
    await ctx.tx.execute("UPDATE orders SET hold_id = $2 WHERE id = $1", order_id, hold_id)
    await ORDER_SAGA.take(ctx, order_id, "hold", hold_id)


async def take_units(ctx: Ctx, order_id: UUID, place_id: UUID, ref: UUID | None) -> None:
    """Take the order's units out of its prescription, or over from `ref` under which they were taken already."""
    units = await dispensing.units_of_order(ctx, order_id)
    if not units:
        return
    if ref is None:
        ref = uuid7(ctx.real_now.timestamp())
        await dispensing.spend(ctx, ref, place_id, units)
    await ctx.tx.execute("UPDATE orders SET spend_ref = $2 WHERE id = $1", order_id, ref)
    await ORDER_SAGA.take(ctx, order_id, "spend", ref)


async def offer(ctx: Ctx, order: OrderRow) -> OrderView:
    """Let the provider of a locked order know of it: its time to accept begins."""
    by = await providers.accept_by(ctx, order.place_id)
    if order.prescription_id is not None and order.kind is ProviderKind.PHARMACY:
        await prescriptions.share(ctx, order.prescription_id, order.place_id, order.id)
    after = await step(
        ctx, order, "offer", actor=None, offered_at=ctx.now, offers=order.offers + 1, accept_by=by, alarmed_at=None
    )
    await ORDER_SAGA.take(ctx, order.id, "offer")
    ctx.enqueue(AcceptOverdue(order_id=order.id, offer=order.offers + 1), not_before=by, key=f"order.accept:{order.id}")
    for account_id in await people_of(ctx, order.place_id):
        ctx.notify(account_id, facts.OFFERED, order.id, occasion=str(order.offers + 1), number=order.number)
    return after


async def people_of(ctx: Ctx, place_id: UUID) -> list[UUID]:
    """Who takes orders at a place."""
    return await identity.people_at(ctx.tx, [place_id], HANDLERS)


async def relate(ctx: Ctx, order: OrderRow) -> None:
    """Who accepted it sees who she is and how she is reached, while the order is under way and for some days after it.

    By the hand of who ordered; whoever may not act for her any more when the money comes makes no relationship.
    """
    if await identity.guards(ctx.tx, order.account_id, order.patient_id) is None:
        return
    made = care.Made(
        patient_id=order.patient_id,
        doctor_id=None,
        place_id=order.place_id,
        made_by=order.account_id,
        at=ctx.now,
        until=ctx.now + HELD_FOR,
    )
    await care.relate(ctx.tx, [made])
    await care.readers_changed(ctx, [(None, order.place_id)])


async def locked(ctx: Ctx, order_id: UUID) -> OrderRow:
    """The order, locked, which is there."""
    found = await doors.locked(ctx.tx, order_id)
    if found is None:
        raise NotFound()
    return found
