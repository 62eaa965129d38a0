"""Joining topics: right, position and snapshot of one moment, for everybody who asks in the same tick.

All asks that wait are served by one repeatable-read transaction: one question of rights per declared topic, one query
for the heads, one snapshot per topic however many listeners want it. A resume that missed nothing costs no query of
its own.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec
import structlog

from carewire import metrics
from carewire.bus.channel import Subscription
from carewire.bus.frame import replay_text
from carewire.clock import Clock
from carewire.command import Ctx
from carewire.errors import Internal, NotFound, Overloaded, Overtaken, Refusal, TooLarge, Unavailable
from carewire.settings import Settings
from carewire.store import outbox
from carewire.store.constraints import translate
from carewire.store.db import Database
from carewire.topic import Topic

log = structlog.get_logger("carewire.join")

MISSED_MAX: Final = 300
SNAPSHOT_BYTES_MAX: Final = 1 << 20
BATCH_MAX: Final = 500
WORKERS_MAX: Final = 3


class Answer(NamedTuple):
    """The reply to a subscribe or resume; `go_live` is called right after it was written, without awaiting between."""

    result: bytes
    go_live: Callable[[], None]


class Joined(msgspec.Struct, frozen=True):
    """Where a listener stands: `head`, and either the events it missed or a snapshot."""

    epoch: str
    head: int
    events: bytes | None = None
    snapshot: bytes | None = None
    resync: bool = False

    def body(self) -> bytes:
        """The members after `epoch`."""
        if self.events is not None:
            return b'"offset":%d,"events":%b' % (self.head, self.events)
        mark = b'"resync":true,' if self.resync else b""
        return b'"offset":%d,%b"snapshot":%b' % (self.head, mark, self.snapshot or b"null")

    def text(self) -> bytes:
        """The result of `topic.subscribe`."""
        return b'{"epoch":%b,%b}' % (msgspec.json.encode(self.epoch), self.body())


class _Ask(msgspec.Struct, frozen=True, eq=False):
    subscription: Subscription
    epoch: str | None
    after: int | None
    answer: "asyncio.Future[Joined]"


class Joiner:
    """Collects asks and serves them in batches."""

    def __init__(self, *, db: Database, clock: Clock, settings: Settings) -> None:
        self._db, self._clock, self._settings = db, clock, settings
        self._waiting: list[_Ask] = []
        self._workers: set[asyncio.Task[None]] = set()

    async def ask(self, subscription: Subscription, epoch: str | None, after: int | None) -> Joined:
        """Where this subscription stands. Raises `NotFound` without the right, or what the snapshot raises."""
        ask = _Ask(subscription, epoch, after, asyncio.get_running_loop().create_future())
        self._waiting.append(ask)
        if len(self._workers) < WORKERS_MAX:
            worker = asyncio.create_task(self._work(), name="hub-join")
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        try:
            return await ask.answer
        except Refusal as refusal:
            metrics.JOINS.labels(refusal.reason).inc()
            raise

    async def stop(self) -> None:
        """End the workers."""
        for worker in list(self._workers):
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    @staticmethod
    def part(name: str, joined: object) -> bytes:
        """One member of `topics` in the result of `socket.resume`."""
        if isinstance(joined, Joined):
            return b"%b:{%b}" % (msgspec.json.encode(name), joined.body())
        assert isinstance(joined, Refusal)
        return b'%b:{"error":%b}' % (msgspec.json.encode(name), msgspec.json.encode(joined.to_wire()))

    @staticmethod
    def whole(epoch: str, parts: list[bytes]) -> bytes:
        """The result of `socket.resume`."""
        return b'{"epoch":%b,"topics":{%b}}' % (msgspec.json.encode(epoch), b",".join(parts))

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            await self._try(batch)

    async def _try(self, batch: list[_Ask]) -> None:
        try:
            await self._serve(batch)
        except (Unavailable, Overloaded) as away:
            # Nobody's fault: to ask again for each of five hundred would take five hundred times as long.
            for ask in batch:
                _settle(ask, away)
        except Exception as error:
            if len(batch) > 1:
                # One bad snapshot must not cost the others their answer.
                for ask in batch:
                    if not ask.answer.done():
                        await self._try([ask])
            elif not batch[0].answer.done():
                batch[0].answer.set_exception(_typed(error))

    async def _serve(self, batch: list[_Ask]) -> None:
        async with self._db.snapshot("join") as tx:
            ctx = Ctx(tx=tx, now=self._clock.now(), real_now=self._clock.real_now(), settings=self._settings)
            names = list({a.subscription.channel.name for a in batch})
            rows = await tx.fetch(
                """SELECT carewire_epoch() AS epoch, h.topic, h."offset"
                     FROM (SELECT 1) one LEFT JOIN topic_head h ON h.topic = ANY($1)""",
                names,
            )
            epoch = rows[0]["epoch"]
            heads = {row["topic"]: row["offset"] for row in rows if row["topic"] is not None}
            since = await self._rights(ctx, batch)
            snapshots: dict[str, bytes | Refusal] = {}
            for ask, right in zip(batch, since, strict=True):
                try:
                    if right is None:
                        raise NotFound()
                    head = heads.get(ask.subscription.channel.name, 0)
                    joined = await self._missed(ctx, ask, head, epoch, right)
                    if joined is None:
                        snapshot = await self._snapshot(ctx, ask, snapshots)
                        joined = Joined(epoch=epoch, head=head, snapshot=snapshot, resync=ask.after is not None)
                except Refusal as refusal:
                    _settle(ask, refusal)
                else:
                    metrics.JOINS.labels("events" if joined.events else "resync" if joined.resync else "snapshot").inc()
                    _settle(ask, _overtaken(ask.subscription) or joined)

    @staticmethod
    async def _rights(ctx: Ctx, batch: list[_Ask]) -> list[Any]:
        """Since when each asker holds its right, or None; one `may` per declared topic."""
        answers: list[Any] = [None] * len(batch)
        groups: dict[str, list[int]] = {}
        topics: dict[str, Topic] = {}
        for index, ask in enumerate(batch):
            declared = ask.subscription.channel.declared
            topics[declared.pattern.prefix] = declared
            if ask.subscription.listener.actor is not None:
                groups.setdefault(declared.pattern.prefix, []).append(index)
        for prefix, indexes in groups.items():
            pairs = []
            for index in indexes:
                subscription = batch[index].subscription
                assert subscription.listener.actor is not None
                pairs.append((subscription.listener.actor, subscription.channel.key))
            for index, answer in zip(indexes, await topics[prefix].may(ctx, pairs), strict=True):
                answers[index] = answer
        return answers

    @staticmethod
    async def _missed(ctx: Ctx, ask: _Ask, head: int, epoch: str, right: Any) -> Joined | None:
        """The events since `after`, or None when only a snapshot is honest; never a replay from before the right."""
        if ask.after is None or not ask.subscription.channel.durable:
            return None  # of a conflated topic nothing is kept that could be replayed
        if ask.epoch != epoch:
            metrics.RESYNCS.labels("epoch").inc()
            return None
        if ask.after == head:
            return Joined(epoch=epoch, head=head, events=b"[]")
        if ask.after > head or head - ask.after > MISSED_MAX:
            metrics.RESYNCS.labels("beyond" if ask.after > head else "too_many").inc()
            return None
        events = await outbox.read(ctx.tx, ask.subscription.channel.name, ask.after, MISSED_MAX)
        whole = [e.offset for e in events] == list(range(ask.after + 1, head + 1))
        if not whole or events[0].at < right:
            metrics.RESYNCS.labels("right" if whole else "pruned").inc()
            return None
        return Joined(epoch=epoch, head=head, events=b"[" + b",".join(map(replay_text, events)) + b"]")

    @staticmethod
    async def _snapshot(ctx: Ctx, ask: _Ask, known: dict[str, bytes | Refusal]) -> bytes:
        channel = ask.subscription.channel
        if channel.name not in known:
            try:
                text = msgspec.json.encode(await channel.declared.snapshot(ctx, *channel.key))
                known[channel.name] = text if len(text) <= SNAPSHOT_BYTES_MAX else TooLarge(limit=SNAPSHOT_BYTES_MAX)
            except Refusal as refusal:
                known[channel.name] = refusal
        answer = known[channel.name]
        if isinstance(answer, Refusal):
            raise answer
        return answer


def _overtaken(subscription: Subscription) -> Refusal | None:
    """What became of a subscription while it was being answered: the right went, or another subscribe came."""
    if subscription.ended is not None:
        return NotFound()
    return Overtaken() if subscription.struck else None


def _settle(ask: _Ask, outcome: Joined | Refusal) -> None:
    if ask.answer.done():
        return
    if isinstance(outcome, Refusal):
        ask.answer.set_exception(outcome)
    else:
        ask.answer.set_result(outcome)


def _typed(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, asyncpg.PostgresError):
        return translate(error) or Unavailable(after_ms=500)
    log.error("join_failed", error=type(error).__name__)
    return Internal()
