"""Ordering from a provider directly, at the prices of its catalogue."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Line, Phone
from channels.care import Schedule
from channels.directory import Address, PostalCode
from channels.identity import Capacity
from channels.identity import access as identity
from channels.order import doors, providers
from channels.order.errors import Currencies, NotServing, OtherItem, PrescriptionNeeded, Restricted, TooDear
from channels.order.jobs import PAY_KEY, PayOverdue
from channels.order.lifecycle import Fulfilment, OrderSource, PaymentMode, ProviderKind
from channels.order.placing import PLACES, Item, NewOrder, locked, offer, one_currency, place
from channels.order.views import OrderView, view
from channels.stock import access as stock
from channels.stock.errors import OutOfStock

PAY_WITHIN: Final = timedelta(minutes=15)
Quantity = Annotated[int, Meta(ge=1, le=1000, description="How many packs")]


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of an article of the pharmacy's catalogue."""

    item_id: UUID
    quantity: Quantity = 1


Items = Annotated[list[Wanted], Meta(min_length=1, max_length=stock.LINES_MAX)]


@command(
    "order.create",
    allow={Capacity.PATIENT},
    emits=PLACES,
    errors={NotFound, InvalidParams, NotServing, OtherItem, PrescriptionNeeded, Restricted, OutOfStock, Currencies,
            TooDear},
)  # fmt: skip
async def create(
    ctx: Ctx,
    place_id: UUID,
    items: Items,
    postal_code: PostalCode,
    patient_id: UUID | None = None,
    fulfilment: Fulfilment = Fulfilment.HOME,
    address: Address | None = None,
    contact_phone: Phone | None = None,
    payment_mode: PaymentMode = PaymentMode.COUNTER,
    notes: Line | None = None,
) -> OrderView:
    """Order from a pharmacy at its catalogue's prices, which are snapshotted; its stock is kept at once.

    With `payment_mode` `online` it is offered to the provider when the money came, within 15 minutes; with `counter` at
    once. What is not sold without a prescription needs one (`prescription_needed`).
    """
    if fulfilment is Fulfilment.HOME and address is None:
        raise InvalidParams(fields=(Field("$.address", "is needed to bring it home"),))
    if len({one.item_id for one in items}) < len(items):
        raise InvalidParams(fields=(Field("$.items", "an article stands there twice"),))
    patient = await identity.patient(ctx, patient_id)
    provider = await providers.taking(ctx, place_id, fulfilment, postal_code)
    if provider.kind is not ProviderKind.PHARMACY or fulfilment is Fulfilment.VISIT:
        raise InvalidParams(fields=(Field("$.fulfilment", "a pharmacy delivers or hands over"),))
    lines, currency = await _priced(ctx, place_id, items)
    fee = provider.fee.amount if provider.fee is not None and fulfilment is Fulfilment.HOME else 0
    if provider.fee is not None and fee:
        one_currency({currency, provider.fee.currency})
    new = NewOrder(
        patient_id=patient.id,
        account_id=ctx.actor.id,
        place_id=place_id,
        kind=provider.kind,
        source=OrderSource.DIRECT,
        fulfilment=fulfilment,
        contact_name=patient.name,
        contact_phone=contact_phone or patient.phone or await identity.own_phone(ctx),
        address=address,
        postal_code=postal_code,
        currency=currency,
        delivery_fee=fee,
        payment_mode=payment_mode,
        items=lines,
        notes=notes,
        pay_by=ctx.now + PAY_WITHIN if payment_mode is PaymentMode.ONLINE else None,
    )
    if new.total == 0:
        new = msgspec.structs.replace(new, payment_mode=PaymentMode.FREE, pay_by=None)
    elif payment_mode is PaymentMode.FREE:
        raise InvalidParams(fields=(Field("$.payment_mode", "it is not free"),))
    order_id = await place(ctx, new)
    ctx.about(doors.NOUN, order_id, patient=patient.id)
    if new.pay_by is not None:
        ctx.enqueue(PayOverdue(order_id=order_id), not_before=new.pay_by, key=PAY_KEY.format(order_id=order_id))
        return await view(ctx.tx, order_id)
    return await offer(ctx, await locked(ctx, order_id))


async def _priced(ctx: Ctx, place_id: UUID, items: list[Wanted]) -> tuple[list[Item], str]:
    """The lines at the catalogue's prices. Raises `OtherItem` for what the pharmacy does not offer."""
    found = await stock.articles(ctx, [one.item_id for one in items])
    strange = [str(one.item_id) for one in items if not _offers(found.get(one.item_id), place_id)]
    if strange:
        raise OtherItem(lines=strange)
    needing = [a.name for a in found.values() if a.schedule not in (Schedule.OTC, Schedule.X, Schedule.NARCOTIC)]
    if needing:
        raise PrescriptionNeeded(lines=needing)
    currency = one_currency({article.price.currency for article in found.values()})
    lines = [
        Item(
            item_id=one.item_id,
            name=found[one.item_id].name,
            quantity=one.quantity,
            unit_price=found[one.item_id].price.amount,
            schedule=found[one.item_id].schedule,
        )
        for one in items
    ]
    return lines, currency


def _offers(article: stock.Article | None, place_id: UUID) -> bool:
    return article is not None and article.pharmacy_id == place_id and article.offered
