"""Which batches a hold is of: first expired first out, and never one that expires before the hold does."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from carewire.command import Ctx
from carewire.errors import NotFound
from channels.stock.errors import OutOfStock

Wanted = Mapping[UUID, int]
"""How many packs of each article."""


class Found(NamedTuple):
    """So many packs of a batch."""

    medicine_id: UUID
    batch_id: UUID
    quantity: int


async def allocate(
    ctx: Ctx, pharmacy_id: UUID, wanted: Wanted, until: datetime, *, offered: bool = True
) -> list[Found]:
    """The batches that make up what is wanted, all of which may be sold at `until`. The articles are locked.

    Raises `OutOfStock` with every line that lacks something; with `offered` also for what is not sold at present.
    """
    known = await ctx.tx.fetch(
        "SELECT id, is_available AND closed_at IS NULL AS offered FROM medicine"
        " WHERE id = ANY($1) AND pharmacy_id = $2",
        list(wanted),
        pharmacy_id,
    )
    if len(known) < len(wanted):
        raise NotFound()
    open_ = [row["id"] for row in known if row["offered"] or not offered]
    rows = await ctx.tx.fetch(
        "SELECT b.id, b.medicine_id, b.physical - b.held AS free FROM stock_batch b"
        " JOIN place p ON p.id = b.pharmacy_id WHERE b.medicine_id = ANY($1) AND b.physical > b.held AND"
        " b.expires_on >= ($2 AT TIME ZONE p.zone)::date"
        " ORDER BY b.medicine_id, b.expires_on, b.received_at, b.id",
        open_,
        until,
    )
    left, found = dict(wanted), []
    for row in rows:
        if (count := min(left[row["medicine_id"]], row["free"])) > 0:
            found.append(Found(row["medicine_id"], row["id"], count))
            left[row["medicine_id"]] -= count
    if any(left.values()):
        lacking = [
            {"medicine_id": str(one), "wanted": wanted[one], "left": wanted[one] - lacks}
            for one, lacks in sorted(left.items())
            if lacks
        ]
        raise OutOfStock(lines=lacking)
    return found


async def keep(ctx: Ctx, hold_id: UUID, pharmacy_id: UUID, found: Sequence[Found]) -> None:
    """Write what a hold is of; the counters follow."""
    await ctx.tx.execute(
        "INSERT INTO stock_hold_part (hold_id, pharmacy_id, medicine_id, batch_id, quantity)"
        " SELECT $1, $2, * FROM unnest($3::uuid[], $4::uuid[], $5::int[])",
        hold_id,
        pharmacy_id,
        [one.medicine_id for one in found],
        [one.batch_id for one in found],
        [one.quantity for one in found],
    )


async def over(ctx: Ctx, pharmacy_id: UUID, about: UUID) -> set[UUID]:
    """The articles of a hold for the same thing whose time is over."""
    rows = await ctx.tx.fetch(
        "SELECT p.medicine_id FROM stock_hold h JOIN stock_hold_part p ON p.hold_id = h.id AND p.state = 'held'"
        " WHERE h.pharmacy_id = $1 AND h.about_id = $2 AND h.state = 'held' AND h.until <= $3",
        pharmacy_id,
        about,
        ctx.now,
    )
    return {row["medicine_id"] for row in rows}


async def take_over(ctx: Ctx, pharmacy_id: UUID, wanted: Wanted, about: UUID | None) -> None:
    """Free what holds that are over still keep of these articles; end one that was for the same thing.

    Only the parts of articles that are locked: the job clears the rest away.
    """
    await ctx.tx.execute(
        "UPDATE stock_hold_part p SET state = 'freed' FROM stock_hold h"
        " WHERE h.id = p.hold_id AND p.state = 'held' AND h.until <= $3"
        "   AND (p.medicine_id = ANY($1) OR (h.pharmacy_id = $2 AND h.about_id = $4))",
        list(wanted),
        pharmacy_id,
        ctx.now,
        about,
    )
    if about is not None:
        await ctx.tx.execute(
            "UPDATE stock_hold SET state = 'expired', ended_at = $3"
            " WHERE pharmacy_id = $1 AND about_id = $2 AND state = 'held' AND until <= $3",
            pharmacy_id,
            about,
            ctx.now,
        )


async def free(ctx: Ctx, part_ids: Collection[UUID]) -> None:
    """Give parts of a hold back."""
    await ctx.tx.execute(
        "UPDATE stock_hold_part SET state = 'freed' WHERE id = ANY($1) AND state = 'held'", list(part_ids)
    )


async def outlived(ctx: Ctx, hold_id: UUID, at: datetime) -> set[UUID]:
    """The parts of a hold, sold or still held, whose batch has expired on the place's calendar at that moment."""
    rows = await ctx.tx.fetch(
        "SELECT p.id FROM stock_hold_part p JOIN stock_batch b ON b.id = p.batch_id"
        " JOIN place l ON l.id = p.pharmacy_id WHERE p.hold_id = $1 AND p.state <> 'freed' AND b.expires_on <"
        " ($2 AT TIME ZONE l.zone)::date",
        hold_id,
        at,
    )
    return {row["id"] for row in rows}
