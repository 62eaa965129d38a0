"""A coordinator answers with a bill: what each provider offers, at which price, kept until when; or takes it back."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.event import Event
from carewire.forms import Line, Name, Text
from carewire.money import Money
from channels.care import Schedule
from channels.identity import Capacity
from channels.order import access as orders
from channels.order.access import CatalogueItem
from channels.order.errors import Currencies, NotServing, OtherItem, TooDear
from channels.order.lifecycle import Fulfilment, ProviderKind
from channels.prescription import access as prescriptions
from channels.prescription.lifecycle import NEVER_DISPENSED
from channels.request import doors, facts
from channels.request.asking import Quantity
from channels.request.coordinating import require_in_hand
from channels.request.doors import RequestRow
from channels.request.errors import NothingAsked, NotInHand, TooManyBills
from channels.request.events import TELLS
from channels.request.jobs import BillOverdue
from channels.request.lifecycle import REQUEST, RequestKind
from channels.request.sagas import REQUEST_SAGA
from channels.request.steps import step
from channels.request.views import LineView, RequestView, view
from channels.stock import access as stock
from channels.stock.errors import OutOfStock, PrescriptionNeeded, Restricted

BILLS_MAX: Final = 100
"""Versions of a request's bill. Then the last one is confirmed or runs out, or the request is rejected."""
VALID_LEAST: Final = timedelta(minutes=5)
VALID_MOST: Final = timedelta(hours=72)
PROVIDERS: Final = {RequestKind.MEDICINE: ProviderKind.PHARMACY, RequestKind.TEST: ProviderKind.LABORATORY}
BILLS: Final[frozenset[type[Event]]] = TELLS | stock.EMITS | prescriptions.SPEND_EMITS


class Offer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of an answer. `item_id`: of the provider's catalogue, whose price it has unless `unit_price` says
    another, with the reason. Without it, `name`, `unit_price` and `price_reason` are typed, and a medicine's
    `schedule`: whether it is sold freely follows from that.

    `line_id`: the asked line it answers. `substitute`: it is not what was asked for, and needs her consent.
    """

    line_id: UUID | None = None
    item_id: UUID | None = None
    name: Name | None = None
    schedule: Schedule | None = None
    quantity: Quantity = 1
    unit_price: Money | None = None
    price_reason: Line | None = None
    substitute: bool = False


class Quote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one provider offers. `delivery_fee`: by default the provider's, for `home`."""

    place_id: UUID
    lines: Annotated[list[Offer], Meta(min_length=1, max_length=stock.LINES_MAX)]
    delivery_fee: Money | None = None


Quotes = Annotated[list[Quote], Meta(min_length=1, max_length=10, description="One for each provider")]


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """A line as the bill says it for ever."""

    line_id: UUID | None
    item_id: UUID | None
    name: str
    schedule: Schedule | None
    quantity: int
    pack_size: int
    item: CatalogueItem | None
    unit_price: Money
    price_reason: str | None
    replaces: str | None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's part of the bill."""

    place_id: UUID
    fee: Money | None
    lines: list[Priced]


@command(
    "request.respond",
    allow={Capacity.ADMIN},
    emits=BILLS,
    errors={NotFound, Forbidden, IllegalMove, InvalidParams, NothingAsked, NotServing, OtherItem, OutOfStock,
            Currencies, PrescriptionNeeded, Restricted, TooDear, NotInHand, TooManyBills},
)  # fmt: skip
async def respond(
    ctx: Ctx, request_id: UUID, quotes: Quotes, valid_until: datetime, message: Text | None = None
) -> RequestView:
    """Answer a request with a bill, or with another version of it. Prices are the catalogues' of this moment and stay.

    Only providers that can be quoted: open, not paused, serving the postal code. What is quoted of a pharmacy's stock
    is kept until `valid_until` (5 minutes to 72 hours): all of it, or the bill is refused with `out_of_stock`.
    """
    request = await doors.coordinated(ctx, request_id, lock=True)
    REQUEST.move(request.state, "respond")
    require_in_hand(ctx, request)
    bills = await ctx.tx.fetchval("SELECT count(*) FROM bill WHERE request_id = $1", request.id)
    if bills >= BILLS_MAX:
        raise TooManyBills()
    if not ctx.now + VALID_LEAST <= valid_until <= ctx.now + VALID_MOST:
        raise InvalidParams(fields=(Field("$.valid_until", "must lie 5 minutes to 72 hours ahead"),))
    if len({quote.place_id for quote in quotes}) < len(quotes):
        raise InvalidParams(fields=(Field("$.quotes", "a provider stands there twice"),))
    asked = {line.id: line for line in (await view(ctx.tx, request.id)).lines}
    if not asked:
        raise NothingAsked()
    parts = [await _priced(ctx, request, quote, asked) for quote in sorted(quotes, key=lambda q: q.place_id)]
    await _require_papers(ctx, parts, asked)
    if request.bill_id is not None:  # what the earlier version keeps is needed by this one
        items = {line.item.id for part in parts for line in part.lines if line.item is not None}
        await _close_bill(ctx, request, "superseded", items)
    bill_id = await _write(ctx, request, parts, valid_until, message, version=bills + 1)
    await REQUEST_SAGA.take(ctx, request.id, "respond", bill_id)
    await _keep(ctx, request, bill_id, valid_until)
    ctx.enqueue(
        BillOverdue(request_id=request.id, bill_id=bill_id), not_before=valid_until, key=f"request.bill:{request.id}"
    )
    ctx.notify(request.account_id, facts.RESPONDED, bill_id)
    unchosen = {"payment_mode": None, "chosen_by": None, "chosen_at": None}
    return await step(ctx, request, "respond", actor=ctx.actor.id, bill_id=bill_id, **unchosen)


@command(
    "request.withdraw_bill",
    allow={Capacity.ADMIN},
    emits=BILLS,
    errors={NotFound, Forbidden, IllegalMove, NotInHand},
)
async def withdraw(ctx: Ctx, request_id: UUID, reason: Line) -> RequestView:
    """Take the bill back, before it is confirmed; the request is in hand again."""
    request = await doors.coordinated(ctx, request_id, lock=True)
    REQUEST.move(request.state, "withdraw")
    require_in_hand(ctx, request)
    await _close_bill(ctx, request, "withdrawn")
    ctx.notify(request.account_id, facts.WITHDRAWN, request.bill_id)
    unchosen = {"payment_mode": None, "chosen_by": None, "chosen_at": None}
    return await step(ctx, request, "withdraw", actor=ctx.actor.id, reason=reason, bill_id=None, **unchosen)


async def _close_bill(ctx: Ctx, request: RequestRow, state: str, needed: Collection[UUID] = ()) -> None:
    """The bill that stands stands no longer, and what it kept goes back in this very transaction. `needed`: the
    articles that the next version keeps.
    """
    await ctx.tx.execute("UPDATE bill SET state = $2 WHERE id = $1 AND state = 'open'", request.bill_id, state)
    await stock.lock(ctx, holds=await REQUEST_SAGA.stands(ctx, request.id, "hold"), articles=needed)
    await REQUEST_SAGA.unwind_here(ctx, request.id, state, steps={"respond", "hold", "choose", "spend"})


async def _priced(ctx: Ctx, request: RequestRow, quote: Quote, asked: dict[UUID, LineView]) -> Part:
    """A provider's part at the prices of this moment."""
    provider = await orders.taking(ctx, quote.place_id, Fulfilment(request.fulfilment), request.postal_code)
    if provider.kind is not PROVIDERS[request.kind]:
        raise InvalidParams(fields=(Field("$.quotes", f"{quote.place_id} is no {PROVIDERS[request.kind]}"),))
    wanted = [o.item_id for o in quote.lines if o.item_id is not None]
    items = await orders.catalogue(ctx, provider.kind, wanted, Fulfilment(request.fulfilment))
    if provider.kind is ProviderKind.LABORATORY and any(o.item_id is None or o.quantity != 1 for o in quote.lines):
        raise InvalidParams(fields=(Field("$.quotes", "a test is one of its laboratory's catalogue, ordered once"),))
    lines = []
    for one in quote.lines:
        if one.line_id is not None and one.line_id not in asked:
            raise InvalidParams(fields=(Field("$.quotes", f"{one.line_id} is no line of this request"),))
        replaces = asked[one.line_id].name if one.substitute and one.line_id is not None else None
        if one.substitute and replaces is None:
            raise InvalidParams(fields=(Field("$.quotes", "a substitute says which line it answers"),))
        item = None if one.item_id is None else items.get(one.item_id)
        if one.item_id is not None and (item is None or item.place_id != quote.place_id or not item.offered):
            raise OtherItem(lines=[str(one.item_id)])
        price = one.unit_price or (item.price if item is not None else None)
        name = item.name if item is not None else one.name
        typed = item is None or price != item.price
        if price is None or name is None or (typed and one.price_reason is None):
            raise InvalidParams(fields=(Field("$.quotes", "a typed line or price needs name, unit_price and reason"),))
        if item is None and provider.kind is ProviderKind.PHARMACY and one.schedule is None:
            raise InvalidParams(fields=(Field("$.quotes", "a typed medicine needs its schedule"),))
        lines.append(
            Priced(
                line_id=one.line_id,
                item_id=one.item_id,
                name=name,
                schedule=item.schedule if item is not None else one.schedule,
                quantity=one.quantity,
                pack_size=item.pack_size if item is not None else 1,
                item=item,
                unit_price=price,
                price_reason=one.price_reason if typed else None,
                replaces=replaces,
            )
        )
    fee = quote.delivery_fee or (provider.fee if request.fulfilment == Fulfilment.HOME else None)
    return Part(place_id=quote.place_id, fee=fee, lines=lines)


async def _require_papers(ctx: Ctx, parts: Sequence[Part], asked: dict[UUID, LineView]) -> None:
    """What is not sold freely answers a line of her prescription, or one that a pharmacist read from its photo, and not
    more than it says.

    Raises `Restricted` for what is never sold here, `PrescriptionNeeded` for the rest.
    """
    never = [line.name for part in parts for line in part.lines if line.schedule in NEVER_DISPENSED]
    if never:
        raise Restricted(lines=never)
    papers = await stock.prescribed(ctx, [a.prescription_line_id for a in asked.values() if a.prescription_line_id])
    given: dict[UUID, int] = {}
    lacking = []
    for line in (line for part in parts for line in part.lines):
        paper = asked.get(line.line_id) if line.line_id is not None else None
        free = line.schedule not in stock.ON_PRESCRIPTION
        kept = papers.get(paper.prescription_line_id) if paper is not None and paper.prescription_line_id else None
        if kept is not None and paper is not None:
            given[paper.id] = given.get(paper.id, 0) + line.quantity * line.pack_size
            fits = line.item is None or stock.answers(line.item, kept)
            if given[paper.id] > kept.left or not (fits or (free and line.replaces)):
                lacking.append(line.name)
        elif not free and (paper is None or paper.source != "read"):
            lacking.append(line.name)
        elif not free and paper is not None:
            given[paper.id] = given.get(paper.id, 0) + line.quantity * line.pack_size
            if given[paper.id] - line.pack_size >= paper.quantity:  # packs are not cut: only the last may hold more
                lacking.append(line.name)
    if lacking:
        raise PrescriptionNeeded(lines=lacking)


async def _write(
    ctx: Ctx, request: RequestRow, parts: Sequence[Part], valid_until: datetime, message: str | None, *, version: int
) -> UUID:
    """The bill with its parts and lines."""
    prices = [line.unit_price for part in parts for line in part.lines] + [p.fee for p in parts if p.fee is not None]
    currency = orders.one_currency({price.currency for price in prices})
    total = sum(line.quantity * line.unit_price.amount for part in parts for line in part.lines)
    total += sum(part.fee.amount for part in parts if part.fee is not None)
    if total > orders.TOTAL_MAX:
        raise TooDear()
    bill_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO bill (request_id, version, state, currency, total, message, valid_until, made_by, made_at,"
        " substitutes) VALUES ($1, $9, 'open', $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        request.id,
        currency,
        total,
        message,
        valid_until,
        ctx.actor.id,
        ctx.now,
        any(line.replaces is not None for part in parts for line in part.lines),
        version,
    )
    for n, part in enumerate(parts, 1):
        part_id = await ctx.tx.fetchval(
            "INSERT INTO bill_part (bill_id, n, place_id, delivery_fee) VALUES ($1, $2, $3, $4) RETURNING id",
            bill_id,
            n,
            part.place_id,
            part.fee.amount if part.fee is not None else 0,
        )
        await ctx.tx.executemany(
            "INSERT INTO bill_line (part_id, n, request_line_id, item_id, name, schedule, quantity, unit_price,"
            " price_reason, replaces, pack_size) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            [
                (part_id, m, one.line_id, one.item_id, one.name, one.schedule, one.quantity, one.unit_price.amount,
                 one.price_reason, one.replaces, one.pack_size)
                for m, one in enumerate(part.lines, 1)
            ],
        )  # fmt: skip
        for account_id in await orders.people_of(ctx, part.place_id):
            ctx.notify(account_id, facts.QUOTED, part_id)
    return bill_id


async def _keep(ctx: Ctx, request: RequestRow, bill_id: UUID, until: datetime) -> None:
    """Keep what is quoted, part by part in the order of the places: nobody waits in a circle."""
    if request.kind is not RequestKind.MEDICINE:
        return
    rows = await ctx.tx.fetch(
        "SELECT p.id, p.place_id, l.item_id, l.quantity FROM bill_part p JOIN bill_line l ON l.part_id = p.id"
        " WHERE p.bill_id = $1 AND l.item_id IS NOT NULL ORDER BY p.place_id, l.n",
        bill_id,
    )
    parts: dict[tuple[UUID, UUID], list[stock.Line]] = {}
    for row in rows:
        line = stock.Line(medicine_id=row["item_id"], quantity=row["quantity"])
        parts.setdefault((row["id"], row["place_id"]), []).append(line)
    for (part_id, place_id), lines in parts.items():
        # What could not be kept on for the orders is not offered either.
        kept = await stock.hold(ctx, place_id, lines, until, part_id, lasting=until + orders.HELD_FOR)
        await ctx.tx.execute("UPDATE bill_part SET hold_id = $2 WHERE id = $1", part_id, kept.id)
        await REQUEST_SAGA.take(ctx, request.id, "hold", kept.id)
