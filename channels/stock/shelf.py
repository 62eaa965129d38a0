"""The one way in which stock changes: lock the articles, write movements, tell what there is now.

The root of every change is the `stock` row of each article, locked in the order of ids: buyers of different articles
meet only where their events are numbered. That nothing is promised twice does not hang on these locks, but on CHECKs.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec

from carewire.command import Ctx
from channels.stock.doors import keepers
from channels.stock.events import StockCause, StockLine, StockUpdated
from channels.stock.facts import LOW
from channels.stock.nouns import AdjustReason, MovementKind


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """So many packs of a batch came or went."""

    medicine_id: UUID
    batch_id: UUID
    kind: MovementKind
    quantity: int
    reason: AdjustReason | None = None
    part_id: UUID | None = None
    """Of the hold by which it was sold or came back."""


@asynccontextmanager
async def changing(
    ctx: Ctx, pharmacy_id: UUID, medicine_ids: Collection[UUID], cause: StockCause
) -> AsyncIterator[None]:
    """Around a change of the stock of these articles: their roots are locked, and then it is told what there is."""
    ids = sorted(set(medicine_ids))
    before = await _lines(ctx, pharmacy_id, ids, lock=True)
    yield
    after = await _lines(ctx, pharmacy_id, ids)
    if after != before:
        ctx.emit(StockUpdated(pharmacy_id=pharmacy_id, cause=cause, lines=after))
    low = {line.medicine_id for line in before if line.low}
    if ran_low := [line for line in after if line.low and line.medicine_id not in low]:
        await _tell_low(ctx, pharmacy_id, ran_low)


async def lock(ctx: Ctx, *, holds: Collection[UUID] = (), articles: Collection[UUID] = ()) -> None:
    """Lock the roots of these articles, and of those that these holds are of, of whatever pharmacies, by id.

    For who changes the stock of several pharmacies one after the other, or comes back to it from a prescription: every
    root of it is locked before the first change, or two of them wait for each other.
    """
    await ctx.tx.execute(
        "SELECT FROM stock WHERE medicine_id = ANY($1::uuid[] || ARRAY(SELECT medicine_id FROM stock_hold_part"
        " WHERE hold_id = ANY($2))) ORDER BY medicine_id FOR NO KEY UPDATE",
        list(articles),
        list(holds),
    )


async def _lines(ctx: Ctx, pharmacy_id: UUID, ids: Sequence[UUID], *, lock: bool = False) -> list[StockLine]:
    rows = await ctx.tx.fetch(
        "SELECT medicine_id, physical, held, low FROM stock WHERE medicine_id = ANY($1) AND pharmacy_id = $2"
        f" ORDER BY medicine_id{' FOR NO KEY UPDATE' if lock else ''}",
        ids,
        pharmacy_id,
    )
    return [StockLine(**dict(row)) for row in rows]


async def move(ctx: Ctx, pharmacy_id: UUID, movements: Sequence[Movement], *, by: UUID | None) -> list[UUID]:
    """Write movements; the counters follow. `by` is who did it, None where time or a buyer did. Answers their ids."""
    rows = await ctx.tx.fetch(
        "INSERT INTO stock_movement"
        " (pharmacy_id, medicine_id, batch_id, kind, quantity, reason, part_id, by_account, at) SELECT $1,"
        " m.medicine_id, m.batch_id, m.kind, m.quantity, m.reason, m.part_id, $8, $9"
        "   FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::text[], $7::uuid[]) WITH ORDINALITY"
        "     AS m (medicine_id, batch_id, kind, quantity, reason, part_id, n) ORDER BY m.medicine_id, m.batch_id, m.n"
        " RETURNING id",
        pharmacy_id,
        [one.medicine_id for one in movements],
        [one.batch_id for one in movements],
        [one.kind for one in movements],
        [one.quantity for one in movements],
        [one.reason for one in movements],
        [one.part_id for one in movements],
        by,
        ctx.now,
    )
    return [row["id"] for row in rows]


async def _tell_low(ctx: Ctx, pharmacy_id: UUID, lines: Sequence[StockLine]) -> None:
    """Tell the pharmacy's people, once for each time that an article runs low."""
    names: dict[UUID, Any] = {
        row["id"]: row
        for row in await ctx.tx.fetch(
            "SELECT m.id, m.name, (SELECT t.id FROM stock_movement t WHERE t.medicine_id = m.id"
            " ORDER BY t.id DESC LIMIT 1) AS moved FROM medicine m WHERE m.id = ANY($1)",
            [line.medicine_id for line in lines],
        )
    }
    for account_id in await keepers(ctx.tx, pharmacy_id):
        for line in lines:
            article = names[line.medicine_id]
            # The movement that made it low: the next time is another fact.
            ref = article["moved"] or line.medicine_id
            ctx.notify(account_id, LOW, ref, name=article["name"], left=line.physical)
