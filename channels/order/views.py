"""An order as it is told: what is on it and how far it is, without who she is and where she lives."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.money import Money
from carewire.store.db import Tx
from channels.order.lifecycle import Fulfilment, OrderSource, OrderState, PaymentMode, ProviderKind


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on an order; `cancelled` of its `quantity` are not delivered. `replaces`: what she consented to have
    replaced by it, or what another pharmacy brings of another maker, which she was told.
    """

    id: UUID
    n: int
    item_id: UUID | None
    name: str
    schedule: str | None
    quantity: int
    cancelled: int
    unit_price: Money
    replaces: str | None
    prescription_line_id: UUID | None
    lab_test_id: UUID | None


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order. `total`: what is on it now, with the fee; `paid` and `refunded`: of that, and of what was cut.

    `accept_by`: until when its provider is to accept it; null until it was offered (an order that is paid online waits
    for the money until `pay_by`). `ended_at`: nothing more happens to it but `completed`.
    """

    id: UUID
    number: str
    kind: ProviderKind
    source: OrderSource
    request_id: UUID | None
    prescription_id: UUID | None
    patient_id: UUID
    place_id: UUID
    state: OrderState
    revision: int
    fulfilment: Fulfilment
    postal_code: str
    lines: list[LineView]
    delivery_fee: Money
    total: Money
    payment_mode: PaymentMode
    pay_by: datetime | None
    paid: Money | None
    paid_at: datetime | None
    refunded: Money
    accept_by: datetime | None
    alarmed_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    created_at: datetime
    changed_at: datetime


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """An order on its provider's board."""

    id: UUID
    number: str
    source: OrderSource
    state: OrderState
    revision: int
    fulfilment: Fulfilment
    lines: int
    total: Money
    paid: bool
    accept_by: datetime | None
    created_at: datetime
    changed_at: datetime


OWN: Final = tuple(
    name
    for name in OrderView.__struct_fields__
    if name not in ("lines", "delivery_fee", "total", "paid", "refunded")
)  # fmt: skip


async def views(tx: Tx, order_ids: Collection[UUID]) -> dict[UUID, OrderView]:
    """These orders, whole."""
    rows = await tx.fetch("SELECT * FROM orders WHERE id = ANY($1)", list(order_ids))
    lines = await tx.fetch("SELECT * FROM order_line WHERE order_id = ANY($1) ORDER BY order_id, n", list(order_ids))
    of: dict[UUID, list[Any]] = {row["id"]: [] for row in rows}
    for line in lines:
        of[line["order_id"]].append(line)
    return {row["id"]: _whole(row, of[row["id"]]) for row in rows}


async def view(tx: Tx, order_id: UUID) -> OrderView:
    """One order, whole."""
    return (await views(tx, [order_id]))[order_id]


def _whole(row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> OrderView:
    currency = row["currency"]
    left = sum((line["quantity"] - line["cancelled"]) * line["unit_price"] for line in lines)
    open_lines = any(line["quantity"] > line["cancelled"] for line in lines)
    fee = row["delivery_fee"]
    return msgspec.convert(
        {
            **{name: row[name] for name in OWN},
            "lines": [
                {
                    **{name: line[name] for name in LineView.__struct_fields__ if name != "unit_price"},
                    "unit_price": Money.of(line["unit_price"], currency),
                }
                for line in lines
            ],
            "delivery_fee": Money.of(fee, currency),
            "total": Money.of(left + (fee if open_lines else 0), currency),
            "paid": None if row["paid"] is None else Money.of(row["paid"], currency),
            "refunded": Money.of(row["refunded"], currency),
        },
        OrderView,
    )


def summary(order: OrderView) -> Summary:
    """An order on the board."""
    same = {name: getattr(order, name) for name in Summary.__struct_fields__ if name not in ("lines", "paid")}
    return Summary(**same, lines=len(order.lines), paid=order.paid is not None)
