"""What a pharmacy's own people hear of its stock, and what they see first."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.event import Event
from carewire.topic import Ask, topic
from channels.stock.doors import works_there


class StockCause(StrEnum):
    """What changed the stock: a movement, or a hold that came or went."""

    RECEIVE = "receive"
    SELL = "sell"
    RETURN = "return"
    EXPIRE = "expire"
    ADJUST = "adjust"
    HOLD = "hold"
    RELEASE = "release"
    THRESHOLD = "threshold"
    """What counts as low was said anew."""


class StockLine(msgspec.Struct, frozen=True, kw_only=True):
    """An article's stock in packs: what is there, and what of it is held for somebody."""

    medicine_id: UUID
    physical: int
    held: int
    low: bool
    """There are as many as its people want to be told of, or fewer."""


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """A pharmacy's stock: its articles that are there or low, by id. Their batches come page by page, `stock.list`."""

    pharmacy_id: UUID
    lines: list[StockLine]


class StockUpdated(Event, name="stock:updated", topic="stock:{pharmacy_id}"):
    """The stock of these articles is now this; one with nothing there that is not low leaves the list."""

    pharmacy_id: UUID
    cause: StockCause
    lines: list[StockLine]

    @staticmethod
    def apply(snapshot: Stock, event: "StockUpdated") -> Stock:
        """The snapshot after this event."""
        known = {line.medicine_id: line for line in snapshot.lines} | {line.medicine_id: line for line in event.lines}
        shown = [known[one] for one in sorted(known) if known[one].physical or known[one].low]
        return Stock(pharmacy_id=snapshot.pharmacy_id, lines=shown)


async def may_hear_stock(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Who keeps the stock of this pharmacy."""
    return await works_there(ctx.tx, [(actor.id, pharmacy_id) for actor, (pharmacy_id,) in asks])


@topic("stock:{pharmacy_id}", may=may_hear_stock)
async def stock(ctx: Ctx, pharmacy_id: UUID) -> Stock:
    """What a pharmacy has now, article by article, for its owner, managers and pharmacists."""
    rows = await ctx.tx.fetch(
        "SELECT medicine_id, physical, held, low FROM stock WHERE pharmacy_id = $1 AND (physical > 0 OR low)"
        " ORDER BY medicine_id",
        pharmacy_id,
    )
    return Stock(pharmacy_id=pharmacy_id, lines=[StockLine(**dict(row)) for row in rows])
