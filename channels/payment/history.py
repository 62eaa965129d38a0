"""Payments through a gateway as lists: one's own, and what goes back for who minds the money."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, query
from carewire.errors import Forbidden, InvalidParams
from carewire.forms import Cursor, Limit
from carewire.money import Money
from carewire.providers.payments import GatewayName
from carewire.store import paging
from carewire.store.paging import Page
from channels.identity import Capacity, Scope
from channels.identity import access as identity
from channels.payment.attempts import OnlinePayment, of_payer, view
from channels.payment.lifecycle import PaymentState, RefundState
from channels.payment.nouns import Payable

MINDS_MONEY: Final = frozenset({Scope.MONEY})


class GatewayRefundView(msgspec.Struct, frozen=True, kw_only=True):
    """Money that goes back through its gateway. `intent` and `ref` are what the gateway calls payment and refund;
    `ref` and `sent_at` are null as long as it is `due`. `failed`: her bank did not take it."""

    id: UUID
    payment_id: UUID
    about: Payable
    about_id: UUID
    payer_id: UUID
    money: Money
    reason: str
    state: RefundState
    gateway: GatewayName
    intent: str
    ref: str | None
    due_at: datetime
    sent_at: datetime | None


@query("payment.attempts", allow={Capacity.PATIENT}, errors={InvalidParams})
async def attempts_(
    ctx: Ctx, state: PaymentState | None = None, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[OnlinePayment]:
    """What one has paid online or tried to, the latest first."""
    before: UUID | None = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    found = await of_payer(ctx.tx, ctx.actor.id, limit + 1, before=before, state=state)
    more = paging.encode(found[limit - 1].id) if len(found) > limit else None
    return Page(rows=[view(attempt) for attempt in found[:limit]], cursor=more)


@query("payment.gateway_refunds", allow={Capacity.ADMIN}, errors={Forbidden, InvalidParams})
async def gateway_refunds(
    ctx: Ctx, state: RefundState | None = None, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[GatewayRefundView]:
    """What goes back through gateways, the latest first: for administrators with `money`, who find it there by its
    names and settle what a bank did not take."""
    await identity.administrator(ctx, scopes=MINDS_MONEY)
    before = paging.decode(cursor, tuple[datetime, UUID]) if cursor else (None, None)
    rows = await ctx.tx.fetch(
        """SELECT r.id, r.payment_id, p.about_noun AS about, p.about_id, p.payer_id, r.amount, p.received_currency,
                  r.reason, r.state, p.gateway, p.intent, r.ref, r.due_at, r.sent_at
             FROM gateway_refund r JOIN online_payment p ON p.id = r.payment_id
            WHERE ($1::text IS NULL OR r.state = $1)
              AND ($2::timestamptz IS NULL OR (r.due_at, r.id) < ($2, $3::uuid))
            ORDER BY r.due_at DESC, r.id DESC LIMIT $4""",
        state,
        *before,
        limit + 1,
    )
    page = [_view(row) for row in rows[:limit]]
    more = paging.encode(page[-1].due_at, page[-1].id) if len(rows) > limit else None
    return Page(rows=page, cursor=more)


def _view(row: Any) -> GatewayRefundView:
    values = dict(row)
    money = Money.of(values.pop("amount"), values.pop("received_currency"))
    return msgspec.convert(values | {"money": money}, GatewayRefundView)
