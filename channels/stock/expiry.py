"""What time does to stock: holds run out, batches expire and are written off on their place's calendar."""

from carewire.command import Ctx
from carewire.jobs.job import consumer
from channels.stock import allocation, holds
from channels.stock.doors import keepers
from channels.stock.events import StockCause, StockUpdated
from channels.stock.facts import EXPIRED
from channels.stock.jobs import PHARMACY_KEY, HoldOverdue, StockDay, StockExpired
from channels.stock.nouns import MovementKind
from channels.stock.shelf import Movement, changing, move

_EXPIRED = """SELECT b.id, b.medicine_id, b.number, b.physical - b.held AS free, m.name FROM stock_batch b
  JOIN place p ON p.id = b.pharmacy_id JOIN medicine m ON m.id = b.medicine_id
 WHERE b.pharmacy_id = $1 AND b.physical > 0 AND b.expires_on < ($2 AT TIME ZONE p.zone)::date ORDER BY b.id"""
AT_ONCE = 200
"""Batches of one transaction; the rest is another job's."""


@consumer(HoldOverdue, emits={StockUpdated})
async def hold_overdue(ctx: Ctx, job: HoldOverdue) -> None:
    """Clear it away, unless it was extended or ended meanwhile."""
    await holds.expire(ctx, job.hold_id)


@consumer(StockDay)
async def stock_day(ctx: Ctx, _: StockDay) -> None:
    """Find the pharmacies that have something to write off; each is a job of its own."""
    rows = await ctx.tx.fetch(
        "SELECT DISTINCT b.pharmacy_id FROM stock_batch b JOIN place p ON p.id = b.pharmacy_id"
        " WHERE b.physical > 0 AND b.expires_on < ($1 AT TIME ZONE 'UTC')::date + 2"
        "   AND b.expires_on < ($1 AT TIME ZONE p.zone)::date",
        ctx.now,
    )
    for row in rows:
        pharmacy_id = row["pharmacy_id"]
        ctx.enqueue(StockExpired(pharmacy_id=pharmacy_id), key=PHARMACY_KEY.format(pharmacy_id=pharmacy_id))


@consumer(StockExpired, emits={StockUpdated})
async def stock_expired(ctx: Ctx, job: StockExpired) -> None:
    """Write off what has expired, and tell the pharmacy's people in one notice."""
    found = (await ctx.tx.fetch(_EXPIRED, job.pharmacy_id, ctx.now))[: AT_ONCE + 1]
    if len(found) > AT_ONCE:
        ctx.enqueue(StockExpired(pharmacy_id=job.pharmacy_id))
    articles = sorted({row["medicine_id"] for row in found[:AT_ONCE]})
    async with changing(ctx, job.pharmacy_id, articles, StockCause.EXPIRE):
        await allocation.take_over(ctx, job.pharmacy_id, dict.fromkeys(articles, 0), None)
        rows = await ctx.tx.fetch(_EXPIRED, job.pharmacy_id, ctx.now)
        gone = [row for row in rows if row["medicine_id"] in articles and row["free"] > 0]
        movements = [
            Movement(
                medicine_id=row["medicine_id"], batch_id=row["id"], kind=MovementKind.EXPIRE, quantity=-row["free"]
            )
            for row in gone
        ]
        ids = await move(ctx, job.pharmacy_id, movements, by=None)
    for account_id in await keepers(ctx.tx, job.pharmacy_id) if gone else []:
        packs = sum(row["free"] for row in gone)
        ctx.notify(account_id, EXPIRED, ids[0], packs=packs, batches=len(gone), name=gone[0]["name"])
