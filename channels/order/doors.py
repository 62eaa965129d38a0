"""The doors to an order: the patient's side, who works at its provider, coordinating administrators."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.store.db import Tx
from channels.identity import Duty, Scope
from channels.identity import access as identity
from channels.order.lifecycle import Fulfilment, OrderSource, OrderState, PaymentMode, ProviderKind

NOUN: Final = "order"
COORDINATORS: Final = frozenset({Scope.COORDINATE})
HANDLERS: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.FRONT_DESK, Duty.PHARMACIST, Duty.TECHNICIAN})
"""The duties that take an order and prepare it."""
CARRIERS: Final = HANDLERS | {Duty.COLLECTOR}
"""Those, and who carries it out of the house."""


class Side(StrEnum):
    """As whom somebody sees an order."""

    PATIENT = "patient"
    PROVIDER = "provider"
    COORDINATOR = "coordinator"


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order as its commands see it."""

    id: UUID
    number: str
    patient_id: UUID
    account_id: UUID
    place_id: UUID
    kind: ProviderKind
    source: OrderSource
    request_id: UUID | None
    prescription_id: UUID | None
    state: OrderState
    revision: int
    fulfilment: Fulfilment
    contact_name: str
    contact_phone: str | None
    address: str | None
    postal_code: str
    notes: str | None
    currency: str
    delivery_fee: int
    payment_mode: PaymentMode
    pay_by: datetime | None
    payment_id: UUID | None
    paid: int | None
    paid_place_id: UUID | None
    refunded: int
    hold_id: UUID | None
    spend_ref: UUID | None
    offered_at: datetime | None
    offers: int
    accept_by: datetime | None
    alarmed_at: datetime | None
    code_round: int
    code_tries: int
    ended_at: datetime | None
    created_at: datetime


COLUMNS: Final = ", ".join(f"o.{name}" for name in OrderRow.__struct_fields__)


async def find(tx: Tx, order_id: UUID, *, lock: bool = False) -> OrderRow | None:
    """The root row, for whoever has the right already or acts for nobody."""
    row = await tx.fetchrow(f"SELECT {COLUMNS} FROM orders o WHERE o.id = $1{' FOR UPDATE' if lock else ''}", order_id)
    return None if row is None else msgspec.convert(dict(row), OrderRow)


async def locked(tx: Tx, order_id: UUID) -> OrderRow | None:
    """The same, locked: for jobs and payments."""
    return await find(tx, order_id, lock=True)


async def _found(ctx: Ctx, order_id: UUID, *, lock: bool) -> OrderRow:
    if (found := await find(ctx.tx, order_id, lock=lock)) is None:
        raise NotFound()
    return found


@door
async def own(ctx: Ctx, order_id: UUID, *, lock: bool = False) -> OrderRow:
    """An order of a patient the caller acts for."""
    found = await _found(ctx, order_id, lock=lock)
    if await identity.guards(ctx.tx, ctx.actor.id, found.patient_id) is None:
        raise NotFound()
    return found


@door
async def offered(ctx: Ctx, order_id: UUID, *, duties: frozenset[Duty], lock: bool = False) -> OrderRow:
    """An order that was offered to a provider where the caller has one of these duties."""
    found = await _found(ctx, order_id, lock=lock)
    held = await identity.duties(ctx, found.place_id)
    if found.offered_at is None or held.isdisjoint({Duty(duty) for duty in duties}):
        raise NotFound()
    return found


@door
async def coordinated(ctx: Ctx, order_id: UUID, *, lock: bool = False) -> OrderRow:
    """Any order, for an administrator who coordinates; `Forbidden` for other administrators."""
    await identity.administrator(ctx, scopes=COORDINATORS)
    return await _found(ctx, order_id, lock=lock)


@door
async def seen(ctx: Ctx, order_id: UUID, *, lock: bool = False) -> tuple[OrderRow, Side]:
    """An order, and the nearest side the caller stands on."""
    found = await _found(ctx, order_id, lock=lock)
    if await identity.guards(ctx.tx, ctx.actor.id, found.patient_id) is not None:
        return found, Side.PATIENT
    if found.offered_at is not None and await identity.duties(ctx, found.place_id):
        return found, Side.PROVIDER
    if await identity.has_scope(ctx, COORDINATORS):
        return found, Side.COORDINATOR
    raise NotFound()


async def since_many(tx: Tx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]:
    """Since when each (account, order) pair hears the order: her side, its provider's people, coordinators."""
    rows = await tx.fetch(
        """SELECT CASE WHEN g.since IS NOT NULL THEN greatest(g.since, o.created_at)
                       WHEN ask.account_id = ANY($3) THEN o.created_at
                       WHEN m.since IS NOT NULL AND o.offered_at IS NOT NULL THEN greatest(m.since, o.offered_at)
                  END AS since
             FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (account_id, id, n)
             LEFT JOIN orders o ON o.id = ask.id
             LEFT JOIN guarding g ON g.account_id = ask.account_id AND g.patient_id = o.patient_id
             LEFT JOIN LATERAL (SELECT min(since) AS since FROM membership m WHERE m.account_id = ask.account_id
                                   AND m.place_id = o.place_id AND m.until IS NULL) m ON true
            ORDER BY ask.n""",
        [account_id for account_id, _ in asks],
        [order_id for _, order_id in asks],
        await identity.with_scope(tx, Scope.COORDINATE),
    )
    return [row["since"] for row in rows]
