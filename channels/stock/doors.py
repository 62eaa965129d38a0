"""The doors of a pharmacy's stock: who keeps it. A stranger gets `NotFound`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import InvalidParams, NotFound
from carewire.store.db import Tx
from channels.identity import Duty
from channels.identity import access as identity

KEEPERS: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.PHARMACIST})
"""Who enters articles and keeps the stock of a pharmacy."""

_KEPT: Final = """SELECT p.id, p.zone FROM place p WHERE p.kind = 'pharmacy' AND p.closed_at IS NULL
   AND EXISTS (SELECT FROM membership m WHERE m.place_id = p.id AND m.account_id = $1 AND m.until IS NULL
                  AND m.duty = ANY($2))"""


class Pharmacy(msgspec.Struct, frozen=True, kw_only=True):
    """A pharmacy whose stock the caller keeps."""

    id: UUID
    zone: str


@door
async def pharmacy(ctx: Ctx, pharmacy_id: UUID | None = None) -> Pharmacy:
    """A pharmacy whose stock the caller keeps. Without an id: the only such one."""
    rows = await ctx.tx.fetch(
        f"{_KEPT} AND ($3::uuid IS NULL OR p.id = $3) ORDER BY p.id LIMIT 2", ctx.actor.id, sorted(KEEPERS), pharmacy_id
    )
    if len(rows) > 1:
        raise InvalidParams("You keep the stock of several pharmacies: say which with pharmacy_id")
    if not rows:
        raise NotFound()
    return Pharmacy(**dict(rows[0]))


async def _of(ctx: Ctx, owner: str, key: UUID) -> Pharmacy:
    """The pharmacy that the query `owner` names for `$3`."""
    row = await ctx.tx.fetchrow(f"{_KEPT} AND p.id = ({owner})", ctx.actor.id, sorted(KEEPERS), key)
    if row is None:
        raise NotFound()
    return Pharmacy(**dict(row))


@door
async def article(ctx: Ctx, medicine_id: UUID) -> Pharmacy:
    """The pharmacy of an article that is not closed, and whose stock the caller keeps."""
    return await _of(ctx, "SELECT pharmacy_id FROM medicine WHERE id = $3 AND closed_at IS NULL", medicine_id)


@door
async def batch(ctx: Ctx, batch_id: UUID) -> tuple[Pharmacy, UUID]:
    """The pharmacy of a batch, and its article, also one that is not sold any more."""
    at = await _of(ctx, "SELECT pharmacy_id FROM stock_batch WHERE id = $3", batch_id)
    return at, await ctx.tx.fetchval("SELECT medicine_id FROM stock_batch WHERE id = $1", batch_id)


@door
async def service(ctx: Ctx, service_id: UUID) -> Pharmacy:
    """The pharmacy of a service, whose stock the caller keeps."""
    return await _of(ctx, "SELECT pharmacy_id FROM pharmacy_service WHERE id = $3", service_id)


@door
async def sale(ctx: Ctx, hold_id: UUID) -> Pharmacy:
    """The pharmacy that kept or sold this, whose stock the caller keeps."""
    return await _of(ctx, "SELECT pharmacy_id FROM stock_hold WHERE id = $3", hold_id)


async def works_there(tx: Tx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]:
    """Since when each account of these (account, pharmacy) pairs keeps its stock, or None; in their order."""
    rows = await tx.fetch(
        "SELECT (SELECT min(m.since) FROM membership m JOIN place p ON p.id = m.place_id AND p.kind = 'pharmacy'"
        "         WHERE m.account_id = ask.account_id AND m.place_id = ask.place_id AND m.until IS NULL"
        "           AND m.duty = ANY($3)) AS since"
        "  FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (account_id, place_id, n) ORDER BY ask.n",
        [account for account, _ in asks],
        [place for _, place in asks],
        sorted(KEEPERS),
    )
    return [row["since"] for row in rows]


async def keepers(tx: Tx, pharmacy_id: UUID) -> list[UUID]:
    """The accounts of who keeps this pharmacy's stock now."""
    return await identity.people_at(tx, [pharmacy_id], KEEPERS)
