"""A request as it is told: what is asked for and the bill that stands, without who she is and where she lives."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.money import Money
from carewire.store.db import Tx
from channels.order.lifecycle import Fulfilment, PaymentMode
from channels.request.lifecycle import BillState, LineSource, RequestKind, RequestState


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is asked for. `source`: her side wrote it down, or a pharmacist read it from her photo."""

    id: UUID
    n: int
    name: str
    quantity: int
    note: str | None
    prescription_line_id: UUID | None
    source: LineSource


class BillLineView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a provider offers. `replaces`: what it stands for instead; it needs her consent.

    `price_reason`: why the price is not that of the provider's catalogue.
    """

    id: UUID
    request_line_id: UUID | None
    item_id: UUID | None
    name: str
    schedule: str | None
    quantity: int
    unit_price: Money
    price_reason: str | None
    replaces: str | None


class PartView(msgspec.Struct, frozen=True, kw_only=True):
    """What one provider offers, for how much. `order_id`: what came of it."""

    id: UUID
    place_id: UUID
    lines: list[BillLineView]
    delivery_fee: Money
    total: Money
    order_id: UUID | None


class BillView(msgspec.Struct, frozen=True, kw_only=True):
    """An offer, open until `valid_until`; what was in stock is kept for her until then."""

    id: UUID
    version: int
    state: BillState
    total: Money
    message: str | None
    valid_until: datetime
    substitutes: bool
    made_at: datetime
    parts: list[PartView]


class RequestView(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `shared`: she lets the coordinators see its photos and prescription. `photos` counts them.

    `bill`: the one that stands or was confirmed. `payment_mode`: chosen at `request.confirm`; with `online` it stays
    `responded` until the money came. `reason`: why it was rejected, cancelled or its bill withdrawn.
    """

    id: UUID
    kind: RequestKind
    state: RequestState
    revision: int
    patient_id: UUID
    fulfilment: Fulfilment
    postal_code: str
    notes: str | None
    lines: list[LineView]
    photos: int
    prescription_id: UUID | None
    shared: bool
    admin_id: UUID | None
    accepted_at: datetime | None
    reader_place_id: UUID | None
    read_at: datetime | None
    bill: BillView | None
    payment_mode: PaymentMode | None
    confirmed_at: datetime | None
    paid_at: datetime | None
    reason: str | None
    created_at: datetime
    changed_at: datetime


class QuoteView(msgspec.Struct, frozen=True, kw_only=True):
    """A request as a quoted provider sees it: its own part, no other's."""

    request_id: UUID
    kind: RequestKind
    state: RequestState
    revision: int
    fulfilment: Fulfilment
    postal_code: str
    valid_until: datetime
    part: PartView


COLUMNS: Final = (
    "r.id, r.kind, r.state, r.revision, r.patient_id, r.fulfilment, r.postal_code, r.notes, r.prescription_id,"
    " r.shared, r.admin_id, r.accepted_at, r.reader_place_id, r.read_at, r.payment_mode, r.confirmed_at, r.paid_at,"
    " r.reason, r.created_at, r.changed_at, r.bill_id,"
    " (SELECT count(*) FROM media m WHERE m.about_noun = 'request' AND m.about_id = r.id AND m.deleted_at IS NULL)"
    " AS photos"
)


async def views(tx: Tx, request_ids: Collection[UUID]) -> dict[UUID, RequestView]:
    """These requests, whole."""
    rows = await tx.fetch(f"SELECT {COLUMNS} FROM request r WHERE r.id = ANY($1)", list(request_ids))
    lines = await tx.fetch(
        "SELECT request_id, id, n, name, quantity, note, prescription_line_id, source FROM request_line"
        " WHERE request_id = ANY($1) AND replaced_at IS NULL ORDER BY request_id, n",
        list(request_ids),
    )
    asked: dict[UUID, list[LineView]] = {request_id: [] for request_id in request_ids}
    for line in lines:
        asked[line["request_id"]].append(_struct(line, LineView))
    standing = await bills(tx, [row["bill_id"] for row in rows if row["bill_id"] is not None])
    return {
        row["id"]: _struct(row, RequestView, lines=asked[row["id"]], bill=standing.get(row["bill_id"])) for row in rows
    }


async def view(tx: Tx, request_id: UUID) -> RequestView:
    """One request, whole."""
    return (await views(tx, [request_id]))[request_id]


async def bills(tx: Tx, bill_ids: Sequence[UUID]) -> dict[UUID, BillView]:
    """These bills with their parts and lines."""
    if not bill_ids:
        return {}
    heads = await tx.fetch("SELECT * FROM bill WHERE id = ANY($1)", list(bill_ids))
    rows = await tx.fetch(
        "SELECT p.id AS part_id, p.bill_id, p.place_id, p.delivery_fee, p.order_id, l.id, l.request_line_id, l.item_id,"
        " l.name, l.schedule, l.quantity, l.unit_price, l.price_reason, l.replaces"
        " FROM bill_part p JOIN bill_line l ON l.part_id = p.id WHERE p.bill_id = ANY($1) ORDER BY p.bill_id, p.n, l.n",
        list(bill_ids),
    )
    found = {}
    for head in heads:
        currency = head["currency"]
        parts: dict[UUID, list[Any]] = {}
        for row in rows:
            if row["bill_id"] == head["id"]:
                parts.setdefault(row["part_id"], []).append(row)
        found[head["id"]] = _struct(
            head,
            BillView,
            total=Money.of(head["total"], currency),
            parts=[_part(part, currency) for part in parts.values()],
        )
    return found


def _part(rows: Sequence[Any], currency: str) -> PartView:
    first = rows[0]
    total = first["delivery_fee"] + sum(row["quantity"] * row["unit_price"] for row in rows)
    return PartView(
        id=first["part_id"],
        place_id=first["place_id"],
        lines=[_struct(row, BillLineView, unit_price=Money.of(row["unit_price"], currency)) for row in rows],
        delivery_fee=Money.of(first["delivery_fee"], currency),
        total=Money.of(total, currency),
        order_id=first["order_id"],
    )


def _struct(row: Mapping[str, Any], kind: Any, **more: Any) -> Any:
    """The struct whose fields are columns, but for those given."""
    return msgspec.convert({**{n: row[n] for n in kind.__struct_fields__ if n not in more}, **more}, kind)


def quotes(request: RequestView) -> list[QuoteView]:
    """What each provider of its bill sees of it."""
    if request.bill is None:
        return []
    return [
        QuoteView(
            request_id=request.id,
            kind=request.kind,
            state=request.state,
            revision=request.revision,
            fulfilment=request.fulfilment,
            postal_code=request.postal_code,
            valid_until=request.bill.valid_until,
            part=part,
        )
        for part in request.bill.parts
    ]


def for_places(request: RequestView, places: Collection[UUID]) -> RequestView:
    """What who works at these places sees of it: what she asks for where they read it or price it, and their part."""
    bill = request.bill
    if bill is not None:
        parts = [part for part in bill.parts if part.place_id in places]
        total = Money.of(sum(part.total.amount for part in parts), bill.total.currency)
        bill = msgspec.structs.replace(bill, parts=parts, total=total, message=None) if parts else None
    reads = request.reader_place_id in places
    return msgspec.structs.replace(request, bill=bill, lines=request.lines if reads else [], notes=None)
