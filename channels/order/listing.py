"""Finding orders: of everybody one acts for, of one's place, or all of them for coordinators."""

from datetime import datetime
from uuid import UUID

import msgspec

from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.money import Money
from carewire.store import paging
from carewire.store.paging import Page
from channels.care import access as care
from channels.care.access import Ask
from channels.identity import Capacity
from channels.identity import access as identity
from channels.order import doors
from channels.order.doors import Side
from channels.order.handing import shown
from channels.order.lifecycle import OrderSource, OrderState, ProviderKind
from channels.order.views import OrderView, view, views


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step of an order. `actor_id` is null where it moved by itself; `place_id` who had it then."""

    revision: int
    move: str
    state: OrderState
    place_id: UUID
    actor_id: UUID | None
    reason: str | None
    at: datetime


class RefundView(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back to who paid, and for which reason word."""

    id: UUID
    money: Money
    reason: str
    made_at: datetime


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Where it goes, and whom to call."""

    name: str
    phone: str | None
    address: str | None
    notes: str | None


class OrderDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its history. `contact`: for her side, and for who accepted it until 30 days after its end.

    `handover_code`: the four digits, for her side alone, while it is under way.
    """

    order: OrderView
    contact: Contact | None
    handover_code: str | None
    refunds: list[RefundView]
    steps: list[StepView]


@query("order.list", allow={Capacity.PATIENT, Capacity.STAFF, Capacity.ADMIN}, errors={InvalidParams})
async def list_(
    ctx: Ctx,
    state: OrderState | None = None,
    kind: ProviderKind | None = None,
    source: OrderSource | None = None,
    patient_id: UUID | None = None,
    place_id: UUID | None = None,
    request_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[OrderView]:
    """Orders, the newest first: of everybody one acts for, those offered to a place where one works, all of them for
    administrators who coordinate. `since`/`until` bound `created_at`.
    """
    after = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await ctx.tx.fetch(
        """SELECT o.id FROM orders o
            WHERE ($2 OR EXISTS (SELECT FROM guarding g WHERE g.account_id = $1 AND g.patient_id = o.patient_id)
                   OR (o.offered_at IS NOT NULL AND o.place_id IN (
                       SELECT m.place_id FROM membership m WHERE m.account_id = $1 AND m.until IS NULL)))
              AND ($3::text IS NULL OR o.state = $3) AND ($4::text IS NULL OR o.kind = $4)
              AND ($5::text IS NULL OR o.source = $5) AND ($6::uuid IS NULL OR o.patient_id = $6)
              AND ($7::uuid IS NULL OR o.place_id = $7) AND ($8::uuid IS NULL OR o.request_id = $8)
              AND ($9::timestamptz IS NULL OR o.created_at >= $9)
              AND ($10::timestamptz IS NULL OR o.created_at < $10)
              AND ($11::uuid IS NULL OR o.id < $11) ORDER BY o.id DESC LIMIT $12""",
        ctx.actor.id,
        await identity.has_scope(ctx, doors.COORDINATORS),
        state,
        kind,
        source,
        patient_id,
        place_id,
        request_id,
        since,
        until,
        after,
        limit + 1,
    )
    found = await views(ctx.tx, [row["id"] for row in rows[:limit]])
    shown = [found[row["id"]] for row in rows[:limit]]
    return Page(rows=shown, cursor=paging.encode(shown[-1].id) if len(rows) > limit else None)


@query("order.get", allow={Capacity.PATIENT, Capacity.STAFF, Capacity.ADMIN}, errors={NotFound})
async def get(ctx: Ctx, order_id: UUID) -> OrderDetail:
    """An order with its history, refunds, contact and handover digits, as far as the side one stands on sees them."""
    order, side = await doors.seen(ctx, order_id)
    refunds = await ctx.tx.fetch(
        "SELECT id, amount, reason, made_at FROM order_refund WHERE order_id = $1 ORDER BY id", order_id
    )
    steps = await ctx.tx.fetch(
        "SELECT revision, move, state, place_id, actor_id, reason, at FROM order_step WHERE order_id = $1"
        " AND ($2::uuid IS NULL OR place_id = $2) ORDER BY revision",
        order_id,
        order.place_id if side is Side.PROVIDER else None,
    )
    contact = Contact(
        name=order.contact_name, phone=order.contact_phone, address=order.address, notes=order.notes
    )  # fmt: skip
    return OrderDetail(
        order=await view(ctx.tx, order_id),
        contact=contact if await _reaches(ctx, order, side) else None,
        handover_code=shown(ctx, order) if side is Side.PATIENT else None,
        refunds=[
            RefundView(
                id=row["id"],
                money=Money.of(row["amount"], order.currency),
                reason=row["reason"],
                made_at=row["made_at"],
            )
            for row in refunds
        ],
        steps=[msgspec.convert(dict(row), StepView) for row in steps],
    )


async def _reaches(ctx: Ctx, order: doors.OrderRow, side: Side) -> bool:
    """Her side; its provider by the relationship that the order made, which the audit has then. Nobody else."""
    if side is not Side.PROVIDER:
        return side is Side.PATIENT
    (found,) = await care.reasons(ctx, [Ask(ctx.actor.id, order.patient_id)])
    if found:
        care.opened(ctx, order.patient_id, None, found)
    return bool(found)
