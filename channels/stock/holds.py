"""Holds: stock that is kept for somebody until a moment, then sold or given back.

A hold is all or nothing, first expired first out, and only of batches that may still be sold when its time is over. One
that is over stands in nobody's way: whoever holds next takes its part in the same transaction.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx
from carewire.errors import InvalidParams, NotFound, Refusal
from carewire.event import Event
from carewire.store.db import Tx
from channels.stock import allocation
from channels.stock.allocation import Wanted
from channels.stock.errors import HoldOver, NotHeld, NotSold, OutOfStock
from channels.stock.events import StockCause, StockUpdated
from channels.stock.jobs import HOLD_KEY, HoldOverdue
from channels.stock.lifecycle import HOLD, HoldState
from channels.stock.nouns import AdjustReason, MovementKind, PartState
from channels.stock.shelf import Movement, changing, move

LINES_MAX: Final = 50
EMITS: Final[frozenset[type[Event]]] = frozenset({StockUpdated})
"""What holding, extending, releasing, selling and returning may tell: declare it in `emits`."""

Packs = Annotated[int, Meta(ge=1, le=100_000, description="How many packs")]


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many packs of an article."""

    medicine_id: UUID
    quantity: Packs


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What of a hold is of one batch, in packs."""

    id: UUID
    medicine_id: UUID
    batch_id: UUID
    batch: str
    expires_on: date
    quantity: int
    state: PartState
    sold: int
    returned: int


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Stock kept for `about_id` until a moment."""

    id: UUID
    pharmacy_id: UUID
    about_id: UUID
    until: datetime
    state: HoldState
    parts: list[Part]

    def stands(self, now: datetime) -> bool:
        """Is it still worth something?"""
        return self.state is HoldState.HELD and now < self.until

    @property
    def held(self) -> list[Part]:
        """Its parts that were neither sold nor given back."""
        return [part for part in self.parts if part.state is PartState.HELD]

    @property
    def articles(self) -> set[UUID]:
        """The articles it is or was of."""
        return {part.medicine_id for part in self.parts}


async def hold(
    ctx: Ctx,
    pharmacy_id: UUID,
    lines: Sequence[Line],
    until: datetime,
    about: UUID,
    *,
    lasting: datetime | None = None,
) -> Hold:
    """Keep all of these lines for `about` until then, or nothing; of batches that last until `lasting`, where it is to
    be extended later.

    Raises `OutOfStock` with the lines that lack something, `NotFound` for an article of another pharmacy, `Conflict`
    when `about` holds something here already.
    """
    wanted = _wanted(lines)
    if until <= ctx.now:
        raise HoldOver()
    earlier = await allocation.over(ctx, pharmacy_id, about)
    async with changing(ctx, pharmacy_id, wanted.keys() | earlier, StockCause.HOLD):
        await allocation.take_over(ctx, pharmacy_id, wanted, about)
        found = await allocation.allocate(ctx, pharmacy_id, wanted, lasting or until)
        hold_id: UUID = await ctx.tx.fetchval(
            "INSERT INTO stock_hold (pharmacy_id, about_id, until, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
            pharmacy_id,
            about,
            until,
            ctx.now,
        )
        await allocation.keep(ctx, hold_id, pharmacy_id, found)
    _look_again(ctx, hold_id, until)
    return await find(ctx.tx, hold_id)


async def extend(ctx: Ctx, hold_id: UUID, until: datetime, *, if_it_lasts: bool = False) -> Hold:
    """Keep it until another moment; what will have expired by then is kept of other batches.

    Raises `HoldOver` for one that is not worth anything any more, `OutOfStock` where no other batch lasts so long; with
    `if_it_lasts` it then stays as it is.
    """
    known = await find(ctx.tx, hold_id)
    async with changing(ctx, known.pharmacy_id, known.articles, StockCause.HOLD):
        kept = await _standing(ctx, hold_id)
        HOLD.move(kept.state, "extend")
        if until <= ctx.now:
            raise HoldOver()
        if short := await allocation.outlived(ctx, hold_id, until):
            again = _sums([part for part in kept.held if part.id in short])
            await allocation.take_over(ctx, kept.pharmacy_id, again, None)
            try:
                found = await allocation.allocate(ctx, kept.pharmacy_id, again, until, offered=False)
            except OutOfStock:
                if if_it_lasts:
                    return kept
                raise
            await allocation.free(ctx, short)
            await allocation.keep(ctx, hold_id, kept.pharmacy_id, found)
        await ctx.tx.execute("UPDATE stock_hold SET until = $2 WHERE id = $1", hold_id, until)
    _look_again(ctx, hold_id, until)
    return await find(ctx.tx, hold_id)


async def release(ctx: Ctx, hold_id: UUID, lines: Sequence[Line] | None = None) -> Hold:
    """Give it back, or only these lines of it: what lasts longest first, as it would have gone out last. One that was
    given back or ran out stays as it is; of one whose time is over all goes back.

    Raises `IllegalMove` for one that was sold: that comes back by `returned`. `NotHeld` for more than it is.
    """
    known = await find(ctx.tx, hold_id)
    async with changing(ctx, known.pharmacy_id, known.articles, StockCause.RELEASE):
        kept = await _locked(ctx, hold_id)
        if kept.state not in (HoldState.RELEASED, HoldState.EXPIRED):
            ended = HOLD.move(kept.state, "release")
            wanted = _wanted(lines) if lines is not None and kept.stands(ctx.now) else _sums(kept.held)
            given = _spread(kept.held[::-1], wanted, lambda part: part.quantity, NotHeld())
            await allocation.free(ctx, given)
            # A part ends as it began, so what stays of it is another one.
            rest = [
                allocation.Found(part.medicine_id, part.batch_id, part.quantity - given[part.id])
                for part in kept.held
                if part.id in given and given[part.id] < part.quantity
            ]
            await allocation.keep(ctx, hold_id, kept.pharmacy_id, rest)
            if sum(given.values()) == sum(part.quantity for part in kept.held):
                await _end(ctx, hold_id, ended)
    return await find(ctx.tx, hold_id)


async def sell(ctx: Ctx, hold_id: UUID, lines: Sequence[Line] | None = None, *, by: UUID | None = None) -> Hold:
    """Turn a hold into movements, once: all of it, or these lines, and the rest goes back.

    `by`: which of the pharmacy's people gives it out. Raises `HoldOver` for one that is not worth anything any more,
    `NotHeld` for more than it is."""
    known = await find(ctx.tx, hold_id)
    async with changing(ctx, known.pharmacy_id, known.articles, StockCause.SELL):
        kept = await _standing(ctx, hold_id)
        ended = HOLD.move(kept.state, "sell")
        wanted = _sums(kept.held) if lines is None else _wanted(lines)
        sold = _spread(kept.held, wanted, lambda part: part.quantity, NotHeld())
        await ctx.tx.execute(
            "UPDATE stock_hold_part p SET state = CASE WHEN s.sold > 0 THEN 'sold' ELSE 'freed' END, sold = s.sold"
            "  FROM unnest($1::uuid[], $2::int[]) AS s (id, sold) WHERE p.id = s.id AND p.state = 'held'",
            [part.id for part in kept.held],
            [sold.get(part.id, 0) for part in kept.held],
        )
        await _end(ctx, hold_id, ended)
        movements = [_moved(part, MovementKind.SELL, -sold[part.id]) for part in kept.held if part.id in sold]
        await move(ctx, kept.pharmacy_id, movements, by=by)
    return await find(ctx.tx, hold_id)


async def returned(ctx: Ctx, hold_id: UUID, lines: Sequence[Line], *, sellable: bool, by: UUID | None = None) -> Hold:
    """What was sold came back: onto its batches, or written off where it is not `sellable` again or has expired.

    Raises `NotSold` for more than was sold and has not come back before.
    """
    known, wanted = await find(ctx.tx, hold_id), _wanted(lines)
    async with changing(ctx, known.pharmacy_id, wanted, StockCause.RETURN):
        kept = await _locked(ctx, hold_id)
        # What lasts longest comes back first: it went out last.
        back = _spread(kept.parts[::-1], wanted, lambda part: part.sold - part.returned, NotSold())
        await ctx.tx.execute(
            "UPDATE stock_hold_part p SET returned = p.returned + s.back"
            "  FROM unnest($1::uuid[], $2::int[]) AS s (id, back) WHERE p.id = s.id",
            list(back),
            list(back.values()),
        )
        gone = await allocation.outlived(ctx, hold_id, ctx.now)
        movements: list[Movement] = []
        for part in kept.parts:
            if part.id in back:
                movements.append(_moved(part, MovementKind.RETURN, back[part.id]))
                if part.id in gone:
                    movements.append(_moved(part, MovementKind.EXPIRE, -back[part.id], part_id=None))
                elif not sellable:
                    off = _moved(part, MovementKind.ADJUST, -back[part.id], part_id=None, reason=AdjustReason.UNFIT)
                    movements.append(off)
        await move(ctx, kept.pharmacy_id, movements, by=by)
    return await find(ctx.tx, hold_id)


async def expire(ctx: Ctx, hold_id: UUID) -> None:
    """Clear a hold away whose time is over; one that was extended or ended stays as it is."""
    known = await find(ctx.tx, hold_id)
    async with changing(ctx, known.pharmacy_id, known.articles, StockCause.RELEASE):
        kept = await _locked(ctx, hold_id)
        if kept.state is HoldState.HELD and kept.until <= ctx.now:
            await allocation.free(ctx, [part.id for part in kept.held])
            await _end(ctx, hold_id, HOLD.move(kept.state, "expire"))


async def find(tx: Tx, hold_id: UUID) -> Hold:
    """A hold as it is, its parts in the order in which they are given out. Raises `NotFound`."""
    row = await tx.fetchrow("SELECT id, pharmacy_id, about_id, until, state FROM stock_hold WHERE id = $1", hold_id)
    if row is None:
        raise NotFound()
    parts = await tx.fetch(
        "SELECT p.id, p.medicine_id, p.batch_id, b.number AS batch, b.expires_on, p.quantity, p.state, p.sold,"
        " p.returned FROM stock_hold_part p JOIN stock_batch b ON b.id = p.batch_id WHERE p.hold_id = $1"
        " ORDER BY p.medicine_id, b.expires_on, b.received_at, b.id, p.id",
        hold_id,
    )
    return msgspec.convert({**dict(row), "parts": [dict(part) for part in parts]}, Hold)


async def _locked(ctx: Ctx, hold_id: UUID) -> Hold:
    """The hold, locked after its articles: whoever takes over has those first as well."""
    await ctx.tx.execute("SELECT FROM stock_hold WHERE id = $1 FOR UPDATE", hold_id)
    return await find(ctx.tx, hold_id)


async def _standing(ctx: Ctx, hold_id: UUID) -> Hold:
    kept = await _locked(ctx, hold_id)
    if not kept.stands(ctx.now):
        raise HoldOver()
    return kept


async def _end(ctx: Ctx, hold_id: UUID, state: HoldState) -> None:
    await ctx.tx.execute("UPDATE stock_hold SET state = $2, ended_at = $3 WHERE id = $1", hold_id, state, ctx.now)


def _look_again(ctx: Ctx, hold_id: UUID, until: datetime) -> None:
    ctx.enqueue(HoldOverdue(hold_id=hold_id), not_before=until, key=HOLD_KEY.format(hold_id=hold_id))


def _moved(part: Part, kind: MovementKind, quantity: int, **more: Any) -> Movement:
    same = {"medicine_id": part.medicine_id, "batch_id": part.batch_id, "part_id": part.id}
    return Movement(kind=kind, quantity=quantity, **same | more)


def _wanted(lines: Sequence[Line]) -> Wanted:
    """How many of each article; the same article twice is both together."""
    wanted: dict[UUID, int] = {}
    for line in lines:
        wanted[line.medicine_id] = wanted.get(line.medicine_id, 0) + line.quantity
    if not 0 < len(wanted) <= LINES_MAX:
        raise InvalidParams(f"want one to {LINES_MAX} articles")
    return wanted


def _sums(parts: Sequence[Part]) -> Wanted:
    sums: dict[UUID, int] = {}
    for part in parts:
        sums[part.medicine_id] = sums.get(part.medicine_id, 0) + part.quantity
    return sums


def _spread(parts: Sequence[Part], wanted: Wanted, room: Callable[[Part], int], otherwise: Refusal) -> dict[UUID, int]:
    """How many of each part, in their order, make up what is wanted. Raises `otherwise` when they do not."""
    left, taken = dict(wanted), {}
    for part in parts:
        if (count := min(left.get(part.medicine_id, 0), room(part))) > 0:
            taken[part.id] = count
            left[part.medicine_id] -= count
    if any(left.values()):
        raise otherwise
    return taken
