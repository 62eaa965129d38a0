"""Ordering from a provider directly, at the prices of its catalogue."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Line, Phone
from carewire.money import Money
from channels.directory import Address, PostalCode
from channels.identity import Capacity, normalise_phone
from channels.identity import access as identity
from channels.identity.errors import FactDue
from channels.lab import access as lab
from channels.lab.errors import TooManyTests
from channels.order import doors, providers
from channels.order.catalogue import CatalogueItem, catalogue
from channels.order.errors import Currencies, NotServing, OrdersFull, OtherItem, OtherPrice, TooDear
from channels.order.jobs import PAY_KEY, PayOverdue
from channels.order.lifecycle import Fulfilment, OrderSource, PaymentMode, ProviderKind
from channels.order.placing import PLACES, TOTAL_MAX, Item, NewOrder, locked, offer, one_currency, place
from channels.order.room import hold_room, require_room
from channels.order.views import OrderView, view
from channels.prescription import access as prescriptions
from channels.prescription.errors import NotDispensable, NotInForce, Overspent
from channels.stock import access as stock
from channels.stock.errors import OutOfStock, PrescriptionNeeded, Restricted

PAY_WITHIN: Final = timedelta(minutes=15)
FITS: Final = {
    ProviderKind.PHARMACY: frozenset({Fulfilment.HOME, Fulfilment.PICKUP}),
    ProviderKind.LABORATORY: frozenset({Fulfilment.HOME, Fulfilment.VISIT}),
}
Quantity = Annotated[int, Meta(ge=1, le=1000, description="How many packs; of a test, one")]


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of an article of a pharmacy's catalogue, or a test of a laboratory's.

    `prescription_line_id`: the line of `prescription_id` it is dispensed by. `lab_test_id`: the doctor's test it is.
    """

    item_id: UUID
    quantity: Quantity = 1
    prescription_line_id: UUID | None = None
    lab_test_id: UUID | None = None


Items = Annotated[list[Wanted], Meta(min_length=1, max_length=stock.LINES_MAX)]


@command(
    "order.create",
    allow={Capacity.PATIENT},
    emits=PLACES,
    errors={NotFound, InvalidParams, FactDue, NotServing, OtherItem, OtherPrice, PrescriptionNeeded, Restricted,
            OrdersFull, TooManyTests, OutOfStock, Currencies, TooDear, NotInForce, NotDispensable, Overspent},
)  # fmt: skip
async def create(
    ctx: Ctx,
    place_id: UUID,
    items: Items,
    postal_code: PostalCode,
    patient_id: UUID | None = None,
    prescription_id: UUID | None = None,
    fulfilment: Fulfilment = Fulfilment.HOME,
    address: Address | None = None,
    phone: Phone | None = None,
    payment_mode: PaymentMode = PaymentMode.COUNTER,
    notes: Line | None = None,
    total: Money | None = None,
) -> OrderView:
    """Order from a pharmacy or a laboratory at its catalogue's prices, which are snapshotted; stock is kept at once.
    `total` is what she was shown, with the delivery fee: if it costs otherwise now, it is not ordered (`other_price`).

    With `payment_mode` `online` it is offered to the provider when the money came, within 15 minutes; with `counter` at
    once. What is not sold without a prescription names its line of `prescription_id` (`prescription_needed`); its units
    are counted at once over all pharmacies, and come back when the order ends undelivered. Fulfilment: `home`,
    `pickup` at a pharmacy, `visit` to a laboratory.
    """
    if fulfilment is Fulfilment.HOME and address is None:
        raise InvalidParams(fields=(Field("$.address", "is needed to bring it home"),))
    if len({one.item_id for one in items}) < len(items):
        raise InvalidParams(fields=(Field("$.items", "an article stands there twice"),))
    patient = await identity.patient(ctx, patient_id)
    await hold_room(ctx, patient.id)
    provider = await providers.taking(ctx, place_id, fulfilment, postal_code)
    new_tests = [one for one in items if one.lab_test_id is None and provider.kind is ProviderKind.LABORATORY]
    await require_room(ctx, patient.id, tests=len(new_tests))
    if fulfilment not in FITS[provider.kind]:
        raise InvalidParams(fields=(Field("$.fulfilment", f"is no way of a {provider.kind}"),))
    lines, currency = await _priced(ctx, provider, items, fulfilment)
    await lab.require_waiting(ctx, patient.id, [one.lab_test_id for one in items if one.lab_test_id is not None])
    await _require_prescribed(ctx, patient.id, prescription_id, items, provider.kind, fulfilment)
    fee = provider.fee.amount if provider.fee is not None and fulfilment is Fulfilment.HOME else 0
    if provider.fee is not None and fee:
        one_currency({currency, provider.fee.currency})
    new = NewOrder(
        patient_id=patient.id,
        account_id=ctx.actor.id,
        place_id=place_id,
        kind=provider.kind,
        source=OrderSource.DIRECT,
        prescription_id=prescription_id,
        fulfilment=fulfilment,
        contact_name=patient.name,
        contact_phone=normalise_phone(ctx.settings, phone) if phone else patient.phone or await identity.own_phone(ctx),
        address=address,
        postal_code=postal_code,
        currency=currency,
        delivery_fee=fee,
        payment_mode=payment_mode,
        items=lines,
        notes=notes,
        pay_by=ctx.now + PAY_WITHIN if payment_mode is PaymentMode.ONLINE else None,
    )
    if total is not None and (total.amount, total.currency) != (new.total, currency):
        raise OtherPrice(total=msgspec.to_builtins(Money.of(min(new.total, TOTAL_MAX), currency)))
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


async def _priced(
    ctx: Ctx, provider: providers.Provider, items: list[Wanted], fulfilment: Fulfilment
) -> tuple[list[Item], str]:
    """The lines at the catalogue's prices. Raises `OtherItem` for what the provider does not offer."""
    if provider.kind is ProviderKind.LABORATORY and any(one.quantity != 1 for one in items):
        raise InvalidParams(fields=(Field("$.items", "a test is ordered once"),))
    found = await catalogue(ctx, provider.kind, [one.item_id for one in items], fulfilment)
    strange = [str(one.item_id) for one in items if not _offers(found.get(one.item_id), provider.id)]
    if strange:
        raise OtherItem(lines=strange)
    currency = one_currency({item.price.currency for item in found.values()})
    lines = [
        Item(
            item_id=one.item_id,
            name=found[one.item_id].name,
            quantity=one.quantity,
            unit_price=found[one.item_id].price.amount,
            schedule=found[one.item_id].schedule,
            pack_size=found[one.item_id].pack_size,
            prescription_line_id=one.prescription_line_id,
            lab_test_id=one.lab_test_id,
        )
        for one in items
    ]
    return lines, currency


def _offers(item: CatalogueItem | None, place_id: UUID) -> bool:
    return item is not None and item.place_id == place_id and item.offered


async def _require_prescribed(
    ctx: Ctx,
    patient_id: UUID,
    prescription_id: UUID | None,
    items: list[Wanted],
    kind: ProviderKind,
    fulfilment: Fulfilment,
) -> None:
    """Raises `PrescriptionNeeded` for what is not sold freely and answers no line of her prescription."""
    lines: set[UUID] = set()
    if prescription_id is not None:
        paper = await prescriptions.readable(ctx, prescription_id)
        if paper.patient_id not in await identity.records_of(ctx.tx, patient_id):
            raise NotFound()
        lines = {line.id for line in paper.lines}
    if strange := [
        one for one in items if one.prescription_line_id is not None and one.prescription_line_id not in lines
    ]:
        raise InvalidParams(fields=(Field("$.items", f"{strange[0].prescription_line_id} is no line of it"),))
    found = await catalogue(ctx, kind, [one.item_id for one in items], fulfilment)
    known = await stock.prescribed(ctx, sorted(lines))
    lacking = []
    for one in items:
        line = known.get(one.prescription_line_id) if one.prescription_line_id is not None else None
        if (found[one.item_id].schedule in stock.ON_PRESCRIPTION and line is None) or (
            line is not None and not stock.answers(found[one.item_id], line)
        ):
            lacking.append(found[one.item_id].name)
    if lacking:
        raise PrescriptionNeeded(lines=lacking)
