"""The stock against PRODUCT 28 written down in plain Python: random histories of deliveries, holds, sales, returns,
write-offs and time. After every step: stock + holds = what is there, batch by batch, and what moved adds up to it."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.command import Ctx
from carewire.errors import IllegalMove, Refusal
from carewire.node import Node
from carewire.settings import Settings
from carewire.store.db import Tx
from channels.directory.demo import PHARMACY
from channels.stock import access as stock
from channels.stock import expiry
from channels.stock.errors import HoldOver, NotHeld, NotSold, OutOfStock
from channels.stock.events import StockCause
from channels.stock.jobs import HoldOverdue, StockExpired
from channels.stock.nouns import AdjustReason, MovementKind
from channels.stock.shelf import Movement, changing, move

K = TypeVar("K")
MORNING = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
"""Ten o'clock in the demo's town."""


class Shelf(msgspec.Struct):
    """A batch in the model: `last` is its last day, counted from today."""

    article: int
    last: int
    physical: int = 0


class Kept(msgspec.Struct):
    """A hold in the model: its parts as (batch, packs), in the order in which they are given out."""

    until: int
    parts: list[tuple[int, int]]
    state: str = "held"
    sold: dict[int, int] = {}
    back: dict[int, int] = {}


def summed(parts: Iterable[tuple[K, int]]) -> dict[K, int]:
    """How many packs of each batch."""
    sums: dict[K, int] = {}
    for batch, n in parts:
        sums[batch] = sums.get(batch, 0) + n
    return sums


class Model:
    """What the product says, minute by minute; holds that are over are simply not counted."""

    def __init__(self) -> None:
        self.minute = 0
        self.batches: list[Shelf] = []
        self.holds: list[Kept] = []

    def day(self, minute: int) -> int:
        return (600 + minute) // 1440

    def live(self, kept: Kept) -> bool:
        return kept.state == "held" and kept.until > self.minute

    def held(self, batch: int) -> int:
        return sum(n for kept in self.holds if self.live(kept) for b, n in kept.parts if b == batch)

    def free(self, batch: int) -> int:
        return self.batches[batch].physical - self.held(batch)

    def left(self, article: int) -> int:
        today = self.day(self.minute)
        return sum(self.free(n) for n, b in enumerate(self.batches) if b.article == article and b.last >= today)

    def allocate(self, wanted: dict[int, int], until: int) -> list[tuple[int, int]] | None:
        found = []
        for article, count in sorted(wanted.items()):
            lasting = [n for n, b in enumerate(self.batches) if b.article == article and b.last >= self.day(until)]
            for n in sorted(lasting, key=lambda n: (self.batches[n].last, n)):
                take = min(count, self.free(n))
                if take > 0:
                    found.append((n, take))
                    count -= take
            if count:
                return None
        return found

    def spread(self, parts: list[tuple[int, int]], wanted: dict[int, int]) -> dict[int, int] | None:
        found: dict[int, int] = {}
        for article, count in wanted.items():
            for batch, room in parts:
                if self.batches[batch].article == article and (take := min(count, room)) > 0:
                    found[batch] = found.get(batch, 0) + take
                    count -= take
            if count:
                return None
        return found


class History:
    """Does each step in the database and in the model, and compares what both say of it."""

    def __init__(self, tx: Tx, settings: Settings, articles: list[UUID]) -> None:
        self.tx, self.settings, self.articles = tx, settings, articles
        self.model = Model()
        self.batch_ids: list[UUID] = []
        self.hold_ids: list[UUID] = []

    @property
    def now(self) -> datetime:
        return MORNING + timedelta(minutes=self.model.minute)

    async def says(self, what: Callable[[Ctx], Awaitable[Any]], expected: type[Refusal] | None) -> Any:
        """Run it as a command would: what is refused leaves nothing. It is refused exactly when the model says so."""
        await self.tx.execute("SAVEPOINT step")
        answer: Any
        try:
            answer = await what(Ctx(tx=self.tx, now=self.now, real_now=self.now, settings=self.settings))
        except Refusal as refused:
            await self.tx.execute("ROLLBACK TO step")
            answer = refused
        assert type(answer) is expected if expected else not isinstance(answer, Refusal), answer
        return answer

    def lines(self, wanted: dict[int, int]) -> list[stock.Line]:
        return [stock.Line(medicine_id=self.articles[a], quantity=n) for a, n in wanted.items()]

    async def receive(self, article: int, days: int, packs: int) -> None:
        last = self.model.day(self.model.minute) + days
        batch_id: UUID = await self.tx.fetchval(
            "INSERT INTO stock_batch (medicine_id, pharmacy_id, number, expires_on, received_at)"
            " VALUES ($1, $2, $3, $4, $5) RETURNING id",
            self.articles[article],
            PHARMACY,
            str(len(self.batch_ids)),
            date(2026, 11, 24) + timedelta(days=last),
            self.now,
        )
        self.model.batches.append(Shelf(article, last))
        self.batch_ids.append(batch_id)
        await self.move(len(self.batch_ids) - 1, MovementKind.RECEIVE, packs, None)

    async def adjust(self, batch: int, packs: int) -> None:
        if self.batch_ids and packs:
            batch %= len(self.batch_ids)
            packs = max(packs, -self.model.free(batch))
            if packs:
                await self.move(batch, MovementKind.ADJUST, packs, AdjustReason.COUNTED)

    async def move(self, batch: int, kind: MovementKind, packs: int, reason: AdjustReason | None) -> None:
        medicine_id = self.articles[self.model.batches[batch].article]
        one = Movement(
            medicine_id=medicine_id, batch_id=self.batch_ids[batch], kind=kind, quantity=packs, reason=reason
        )

        async def change(ctx: Ctx) -> None:
            # What nobody can have any more is still on the books until somebody needs it: as a buyer would.
            await self.tx.execute(
                "UPDATE stock_hold_part p SET state = 'freed' FROM stock_hold h WHERE h.id = p.hold_id"
                " AND p.state = 'held' AND h.until <= $1 AND p.batch_id = $2",
                self.now,
                self.batch_ids[batch],
            )
            async with changing(ctx, PHARMACY, [medicine_id], StockCause(kind)):
                await move(ctx, PHARMACY, [one], by=None)

        await self.says(change, None)
        self.model.batches[batch].physical += packs

    async def hold(self, first: int, second: int, minutes: int) -> None:
        wanted = {article: n for article, n in enumerate((first, second)) if n}
        if not wanted:
            return
        until = self.model.minute + minutes
        parts = self.model.allocate(wanted, until)
        lines, at = self.lines(wanted), MORNING + timedelta(minutes=until)
        expected = None if parts is not None else OutOfStock
        kept = await self.says(lambda ctx: stock.hold(ctx, PHARMACY, lines, at, uuid4()), expected)
        if parts is not None:
            self.hold_ids.append(kept.id)
            self.model.holds.append(Kept(until, parts))
            self.same_parts(kept, parts)

    def same_parts(self, kept: stock.Hold, parts: list[tuple[int, int]]) -> None:
        assert summed((part.batch_id, part.quantity) for part in kept.held) == summed(
            (self.batch_ids[batch], n) for batch, n in parts
        )

    async def extend(self, which: int, minutes: int) -> None:
        if not self.hold_ids:
            return
        which %= len(self.hold_ids)
        kept, until = self.model.holds[which], self.model.minute + minutes
        parts, expected = None, HoldOver
        if self.model.live(kept):
            stay = [(b, n) for b, n in kept.parts if self.model.batches[b].last >= self.model.day(until)]
            go: dict[int, int] = {}
            for batch, n in kept.parts:
                if (batch, n) not in stay:
                    article = self.model.batches[batch].article
                    go[article] = go.get(article, 0) + n
            found = self.model.allocate(go, until)
            parts, expected = (None, OutOfStock) if found is None else (stay + found, HoldOver)
        at = MORNING + timedelta(minutes=until)
        answer = await self.says(
            lambda ctx: stock.extend(ctx, self.hold_ids[which], at), None if parts is not None else expected
        )
        if parts is not None:
            kept.parts, kept.until = parts, until
            self.same_parts(answer, parts)

    async def release(self, which: int, first: int, second: int) -> None:
        if not self.hold_ids:
            return
        which %= len(self.hold_ids)
        kept = self.model.holds[which]
        wanted = {article: n for article, n in enumerate((first, second)) if n}
        order = sorted(summed(kept.parts).items(), key=lambda part: (self.model.batches[part[0]].last, part[0]))
        given: dict[int, int] | None = dict(order)
        if wanted and self.model.live(kept):
            given = self.model.spread(order[::-1], wanted)
        expected = IllegalMove if kept.state == "sold" else NotHeld if given is None else None
        lines = self.lines(wanted) or None
        answer = await self.says(lambda ctx: stock.release(ctx, self.hold_ids[which], lines), expected)
        if expected is None and given is not None and kept.state == "held":
            kept.parts = [(batch, n - given.get(batch, 0)) for batch, n in order if n > given.get(batch, 0)]
            kept.state = "held" if kept.parts else "released"
            if kept.parts:
                self.same_parts(answer, kept.parts)

    async def sell(self, which: int, first: int, second: int, whole: bool) -> None:
        if not self.hold_ids:
            return
        which %= len(self.hold_ids)
        kept = self.model.holds[which]
        wanted = {article: n for article, n in enumerate((first, second)) if n}
        if whole or not wanted:
            sold, lines = {b: sum(n for other, n in kept.parts if other == b) for b, _ in kept.parts}, None
        else:
            order = sorted(kept.parts, key=lambda part: (self.model.batches[part[0]].last, part[0]))
            sold, lines = self.model.spread(order, wanted), self.lines(wanted)  # type: ignore[assignment]
        expected = HoldOver if not self.model.live(kept) else None if sold is not None else NotHeld
        await self.says(lambda ctx: stock.sell(ctx, self.hold_ids[which], lines), expected)
        if expected is None:
            kept.state, kept.sold, kept.back = "sold", {}, {}
            for batch, n in sold.items():
                kept.sold[batch] = n
                self.model.batches[batch].physical -= n

    async def bring_back(self, which: int, first: int, second: int, sellable: bool) -> None:
        wanted = {article: n for article, n in enumerate((first, second)) if n}
        if not self.hold_ids or not wanted:
            return
        which %= len(self.hold_ids)
        kept = self.model.holds[which]
        order = sorted(kept.sold, key=lambda b: (self.model.batches[b].last, b), reverse=True)
        back = self.model.spread([(b, kept.sold[b] - kept.back.get(b, 0)) for b in order], wanted)
        lines = self.lines(wanted)
        await self.says(
            lambda ctx: stock.returned(ctx, self.hold_ids[which], lines, sellable=sellable),
            NotSold if back is None else None,
        )
        for batch, n in (back or {}).items():
            kept.back[batch] = kept.back.get(batch, 0) + n
            if sellable and self.model.batches[batch].last >= self.model.day(self.model.minute):
                self.model.batches[batch].physical += n

    async def write_off(self) -> None:
        await self.says(lambda ctx: expiry.stock_expired(ctx, StockExpired(pharmacy_id=PHARMACY)), None)
        for shelf in self.model.batches:
            if shelf.last < self.model.day(self.model.minute):
                shelf.physical = 0

    async def clear_away(self, which: int) -> None:
        if self.hold_ids:
            which %= len(self.hold_ids)
            job = HoldOverdue(hold_id=self.hold_ids[which])
            await self.says(lambda ctx: expiry.hold_overdue(ctx, job), None)

    async def wait(self, minutes: int) -> None:
        self.model.minute += minutes

    async def compare(self) -> None:
        """Counters, movements, live holds and the model agree."""
        rows = await self.tx.fetch(
            "SELECT b.id, b.physical, b.held,"
            " (SELECT coalesce(sum(quantity), 0) FROM stock_movement t WHERE t.batch_id = b.id) AS moved,"
            " (SELECT t.balance FROM stock_movement t WHERE t.batch_id = b.id ORDER BY t.id DESC LIMIT 1) AS balance,"
            " (SELECT coalesce(sum(p.quantity), 0) FROM stock_hold_part p WHERE p.batch_id = b.id AND p.state = 'held')"
            "   AS parts,"
            " (SELECT coalesce(sum(p.quantity), 0) FROM stock_hold_part p JOIN stock_hold h ON h.id = p.hold_id"
            "   WHERE p.batch_id = b.id AND p.state = 'held' AND h.state = 'held' AND h.until > $2) AS live"
            " FROM stock_batch b WHERE b.id = ANY($1)",
            self.batch_ids,
            self.now,
        )
        known = {row["id"]: row for row in rows}
        for n, batch_id in enumerate(self.batch_ids):
            row = known[batch_id]
            assert row["physical"] == row["moved"] == self.model.batches[n].physical
            assert row["balance"] == row["physical"]
            assert row["held"] == row["parts"]
            assert row["live"] == self.model.held(n)
        sums = await self.tx.fetch(
            "SELECT s.medicine_id, s.physical, s.held, stock_left(s.medicine_id, $2) AS can_be_had,"
            " (SELECT coalesce(sum(b.physical), 0) FROM stock_batch b WHERE b.medicine_id = s.medicine_id) AS there,"
            " (SELECT coalesce(sum(b.held), 0) FROM stock_batch b WHERE b.medicine_id = s.medicine_id) AS kept"
            " FROM stock s WHERE s.medicine_id = ANY($1)",
            self.articles,
            self.now,
        )
        for row in sums:
            assert (row["physical"], row["held"]) == (row["there"], row["kept"])
            assert row["can_be_had"] == self.model.left(self.articles.index(row["medicine_id"]))


few, which = st.integers(0, 4), st.integers(0, 3)
minutes = st.sampled_from([1, 5, 60, 900, 1440, 3000])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), st.integers(0, 1), st.integers(0, 3), st.integers(1, 6)),
        st.tuples(st.just("hold"), few, few, minutes),
        st.tuples(st.just("hold"), few, few, minutes),
        st.tuples(st.just("sell"), which, few, few, st.booleans()),
        st.tuples(st.just("release"), which, few, few),
        st.tuples(st.just("release"), which, few, few),
        st.tuples(st.just("extend"), which, minutes),
        st.tuples(st.just("sell"), which, few, few, st.just(True)),
        st.tuples(st.just("bring_back"), which, few, few, st.booleans()),
        st.tuples(st.just("bring_back"), which, few, few, st.booleans()),
        st.tuples(st.just("adjust"), which, st.integers(-4, 4)),
        st.tuples(st.just("write_off")),
        st.tuples(st.just("clear_away"), which),
        st.tuples(st.just("wait"), minutes),
    ),
    min_size=8,
    max_size=30,
)


class RolledBack(Exception):
    """The example leaves nothing behind."""


@examples(max_examples=60)
@given(steps=STEPS)
async def test_stock_and_holds_are_what_is_there_whatever_happens(steps: list[tuple[Any, ...]], clinic: Node) -> None:
    try:
        async with clinic.db.transaction() as tx:
            await tx.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # the model thinks in between
            articles = [
                await tx.fetchval(
                    "INSERT INTO medicine (pharmacy_id, name, form, amount, currency, schedule, created_at)"
                    " VALUES ($1, $2, 'tablet', 100, 'INR', 'otc', $3) RETURNING id",
                    PHARMACY,
                    name,
                    MORNING,
                )
                for name in ("One", "Two")
            ]
            history = History(tx, clinic.settings, articles)
            await history.receive(0, 1, 5)
            await history.receive(1, 3, 5)
            for verb, *values in steps:
                await getattr(history, verb)(*values)
                await history.compare()
            raise RolledBack
    except RolledBack:
        pass
