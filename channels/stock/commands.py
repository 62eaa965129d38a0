"""What a pharmacy's people do with their stock, by hand."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Count
from carewire.money import Minor
from channels.identity import Capacity
from channels.stock import allocation, doors
from channels.stock.errors import BatchDiffers, OutOfStock, ShelfFull
from channels.stock.events import StockCause, StockUpdated
from channels.stock.holds import Packs
from channels.stock.nouns import AdjustReason, MovementKind
from channels.stock.reading import StockBatch, one_batch
from channels.stock.shelf import Movement, changing, move

BatchNumber = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^\S(.*\S)?\Z", description="As printed on it")]
Difference = Annotated[int, Meta(ge=-100_000, le=100_000, description="Packs more, or with a minus less")]

KEEPS: Final = {Capacity.STAFF}


@command("stock.receive", allow=KEEPS, emits={StockUpdated}, errors={NotFound, InvalidParams, BatchDiffers, ShelfFull})
async def receive(
    ctx: Ctx, medicine_id: UUID, number: BatchNumber, expires_on: date, quantity: Packs, cost: Minor | None = None
) -> StockBatch:
    """Put packs of a batch on the shelf; a batch that stands there already grows.

    `expires_on` is the last day on which it may be sold, `cost` what one pack cost, in the article's currency.
    """
    at = await doors.article(ctx, medicine_id)
    if await _has_passed(ctx, at.zone, expires_on):
        raise InvalidParams(fields=(Field("$.expires_on", "has passed"),))
    async with changing(ctx, at.id, [medicine_id], StockCause.RECEIVE):
        row = await ctx.tx.fetchrow(
            "INSERT INTO stock_batch AS b (medicine_id, pharmacy_id, number, expires_on, cost, received_at)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (medicine_id, number)"
            " DO UPDATE SET cost = coalesce(EXCLUDED.cost, b.cost) RETURNING id, expires_on",
            medicine_id,
            at.id,
            number,
            expires_on,
            cost,
            ctx.now,
        )
        assert row is not None
        if row["expires_on"] != expires_on:
            raise BatchDiffers(expires_on=row["expires_on"].isoformat())
        came = Movement(medicine_id=medicine_id, batch_id=row["id"], kind=MovementKind.RECEIVE, quantity=quantity)
        await move(ctx, at.id, [came], by=ctx.actor.id)
    ctx.about("stock_batch", row["id"])
    return await one_batch(ctx, row["id"])


@command("stock.adjust", allow=KEEPS, emits={StockUpdated}, errors={NotFound, InvalidParams, OutOfStock, ShelfFull})
async def adjust(ctx: Ctx, batch_id: UUID, quantity: Difference, reason: AdjustReason) -> StockBatch:
    """Put right what the books say of a batch. Only a count (`counted`) may find more than they say.

    What is held for somebody cannot be taken away: `out_of_stock` says how much can.
    """
    at, medicine_id = await doors.batch(ctx, batch_id)
    if quantity == 0 or (quantity > 0 and reason is not AdjustReason.COUNTED):
        raise InvalidParams(fields=(Field("$.quantity", "want less, or with `counted` more"),))
    async with changing(ctx, at.id, [medicine_id], StockCause.ADJUST):
        await allocation.take_over(ctx, at.id, {medicine_id: 0}, None)
        free = await ctx.tx.fetchval("SELECT physical - held FROM stock_batch WHERE id = $1", batch_id)
        if free + quantity < 0:
            raise OutOfStock(lines=[{"medicine_id": str(medicine_id), "wanted": -quantity, "left": free}])
        change = Movement(
            medicine_id=medicine_id, batch_id=batch_id, kind=MovementKind.ADJUST, quantity=quantity, reason=reason
        )
        await move(ctx, at.id, [change], by=ctx.actor.id)
    return await one_batch(ctx, batch_id)


@command("stock.set_threshold", allow=KEEPS, emits={StockUpdated}, errors={NotFound, InvalidParams})
async def set_threshold(ctx: Ctx, medicine_id: UUID, low_at: Count | None) -> None:
    """Say at how many packs, or fewer, this article is low: then its people are told, each time anew. Null: never."""
    at = await doors.article(ctx, medicine_id)
    async with changing(ctx, at.id, [medicine_id], StockCause.THRESHOLD):
        await ctx.tx.execute("UPDATE stock SET low_at = $2 WHERE medicine_id = $1", medicine_id, low_at)


async def _has_passed(ctx: Ctx, zone: str, day: date) -> bool:
    today: date = await ctx.tx.fetchval("SELECT ($1::timestamptz AT TIME ZONE $2)::date", ctx.now, zone)
    return day < today
