"""What a pharmacy's people read of their stock: batches by expiry, and everything that ever moved."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from channels.identity import Capacity, Duty
from channels.identity import access as identity
from channels.stock import doors
from channels.stock.nouns import AdjustReason, DosageForm, MovementKind
from channels.stock.papers import Paper


class StockBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch on the shelf, in packs. `expired` is judged on the place's own calendar; `cost` is of one pack."""

    id: UUID
    medicine_id: UUID
    name: str
    form: DosageForm
    strength: str | None
    number: str
    expires_on: date
    expired: bool
    cost: int | None
    received_at: datetime
    physical: int
    held: int
    low_at: int | None
    """At how many packs of the article, of all batches, its people are told."""


class MovementView(msgspec.Struct, frozen=True, kw_only=True):
    """Packs of a batch that came or went; `balance` is how many of the batch were there afterwards."""

    id: UUID
    medicine_id: UUID
    batch_id: UUID
    name: str
    number: str
    kind: MovementKind
    quantity: int
    balance: int
    reason: AdjustReason | None
    hold_id: UUID | None
    """By which it was sold or came back; `stock.take_back` takes it."""
    about_id: UUID | None
    """What it was sold or came back for."""
    by_account: UUID | None
    """Who of the pharmacy did it; null: time, or a buyer."""
    at: datetime
    paper: Paper | None
    """On which it was sold at the counter; told to the pharmacists of the place, and each look is in the audit."""


_BATCH = """SELECT b.id, b.medicine_id, m.name, m.form, m.strength, b.number, b.expires_on, b.cost, b.received_at,
       b.physical, b.held, s.low_at, b.expires_on < ($1::timestamptz AT TIME ZONE p.zone)::date AS expired
  FROM stock_batch b JOIN medicine m ON m.id = b.medicine_id JOIN stock s ON s.medicine_id = b.medicine_id
  JOIN place p ON p.id = b.pharmacy_id"""


async def one_batch(ctx: Ctx, batch_id: UUID) -> StockBatch:
    """A batch that is there."""
    row = await ctx.tx.fetchrow(f"{_BATCH} WHERE b.id = $2", ctx.now, batch_id)
    assert row is not None
    return msgspec.convert(dict(row), StockBatch)


@query("stock.list", allow={Capacity.STAFF}, errors={NotFound, InvalidParams})
async def batches(
    ctx: Ctx,
    pharmacy_id: UUID | None = None,
    medicine_id: UUID | None = None,
    expires_until: Annotated[date, Meta(description="Only what expires on this day or before")] | None = None,
    empty: Annotated[bool, Meta(description="Also batches of which nothing is left")] = False,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[StockBatch]:
    """The batches of a pharmacy whose stock one keeps, those that expire first before the others."""
    at = await doors.pharmacy(ctx, pharmacy_id)
    day, key = paging.decode(cursor, tuple[date, UUID]) if cursor is not None else (None, None)
    rows = await ctx.tx.fetch(
        f"{_BATCH} WHERE b.pharmacy_id = $2 AND ($3 OR b.physical > 0) AND ($4::uuid IS NULL OR b.medicine_id = $4)"
        " AND ($5::date IS NULL OR b.expires_on <= $5) AND ($6::date IS NULL OR (b.expires_on, b.id) > ($6, $7::uuid))"
        " ORDER BY b.expires_on, b.id LIMIT $8",
        ctx.now,
        at.id,
        empty,
        medicine_id,
        expires_until,
        day,
        key,
        limit + 1,
    )
    found = [msgspec.convert(dict(row), StockBatch) for row in rows[:limit]]
    more = paging.encode(found[-1].expires_on, found[-1].id) if len(rows) > limit else None
    return Page(rows=found, cursor=more)


@query("stock.movements", allow={Capacity.STAFF}, errors={NotFound, InvalidParams})
async def movements(
    ctx: Ctx,
    pharmacy_id: UUID | None = None,
    medicine_id: UUID | None = None,
    batch_id: UUID | None = None,
    kind: MovementKind | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[MovementView]:
    """What ever moved in a pharmacy whose stock one keeps, newest first."""
    at = await doors.pharmacy(ctx, pharmacy_id)
    before = paging.decode(cursor, tuple[UUID])[0] if cursor is not None else None
    rows = await ctx.tx.fetch(
        "SELECT t.id, t.medicine_id, t.batch_id, m.name, b.number, t.kind, t.quantity, t.balance, t.reason,"
        " p.hold_id, h.about_id, t.by_account, t.at, CASE WHEN r.hold_id IS NOT NULL THEN json_build_object("
        "'prescriber', r.prescriber, 'prescriber_address', r.prescriber_address, 'patient', r.patient,"
        " 'written_on', r.written_on) END AS paper FROM stock_movement t JOIN medicine m ON m.id = t.medicine_id"
        " JOIN stock_batch b ON b.id = t.batch_id LEFT JOIN stock_hold_part p ON p.id = t.part_id"
        " LEFT JOIN stock_hold h ON h.id = p.hold_id LEFT JOIN stock_paper r ON r.hold_id = h.id AND $7"
        " WHERE t.pharmacy_id = $1 AND ($2::uuid IS NULL OR t.medicine_id = $2)"
        " AND ($3::uuid IS NULL OR t.batch_id = $3) AND ($4::text IS NULL OR t.kind = $4) AND ($5::uuid IS NULL"
        " OR t.id < $5) ORDER BY t.id DESC LIMIT $6",
        at.id,
        medicine_id,
        batch_id,
        kind,
        before,
        limit + 1,
        Duty.PHARMACIST in await identity.duties(ctx, at.id),
    )
    found = [msgspec.convert(_whole(row), MovementView) for row in rows[:limit]]
    for one in found:
        if one.paper is not None and one.hold_id is not None:
            ctx.read("stock_paper", one.hold_id, "register")
    return Page(rows=found, cursor=paging.encode(found[-1].id) if len(rows) > limit else None)


def _whole(row: Any) -> dict[str, Any]:
    return {**dict(row), "paper": None if row["paper"] is None else msgspec.json.decode(row["paper"])}
