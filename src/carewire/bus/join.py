"""Joining topics: right, position and snapshot of one moment, for everybody who asks at about the same time.

All asks that wait are served by one repeatable-read transaction: one question of rights per declared topic, one query
for the heads, one for what was missed, one snapshot per topic however many listeners want it. The more a batch held,
the longer the next one gathers: who comes alone is served at once, a thousand who come back together share.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
import structlog

from carewire import metrics
from carewire.audit.trail import Trail
from carewire.bus.channel import Subscription
from carewire.bus.missed import Missed
from carewire.clock import Clock
from carewire.command import Ctx, Peer
from carewire.errors import Internal, NotFound, Overloaded, Overtaken, Refusal, TooLarge, Unavailable
from carewire.gather import Gather
from carewire.settings import Settings
from carewire.store.constraints import translate
from carewire.store.db import Database
from carewire.tasks import end
from carewire.topic import Topic

log = structlog.get_logger("carewire.join")

MISSED_MAX: Final = 300
SNAPSHOT_BYTES_MAX: Final = 1 << 20
BATCH_MAX: Final = 500
WORKERS_MAX: Final = 3
QUIET_S: Final = 0.001
QUIET_RESUMES_S: Final = 0.04
"""Who comes back lost a node or a line together with others; who is new came alone."""


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


Outcome = Joined | Refusal


class _Ask(msgspec.Struct, frozen=True, eq=False):
    subscription: Subscription
    epoch: str | None
    after: int | None
    answer: "asyncio.Future[Outcome]"


class Joiner:
    """Collects asks and serves them in batches."""

    def __init__(self, *, db: Database, clock: Clock, settings: Settings, trail: Trail) -> None:
        self._db, self._clock, self._settings, self._trail = db, clock, settings, trail
        self._waiting: list[_Ask] = []
        self._workers: set[asyncio.Task[None]] = set()
        self._gather = Gather(self._start, lambda: len(self._waiting), enough=BATCH_MAX, quiet_s=self._quiet_s)

    def ask(self, subscription: Subscription, epoch: str | None, after: int | None) -> "asyncio.Future[Outcome]":
        """Where this subscription stands, or why not: `NotFound` without the right, or what the snapshot raises."""
        ask = _Ask(subscription, epoch, after, asyncio.get_running_loop().create_future())
        self._waiting.append(ask)
        self._hire()
        return ask.answer

    async def stop(self) -> None:
        """End the workers."""
        self._gather.stop()
        await end(*self._workers)

    def _hire(self) -> None:
        """Somebody waits: have a batch served now, or when enough have gathered."""
        if len(self._workers) < WORKERS_MAX:
            self._gather.ask()

    def _quiet_s(self) -> float:
        return QUIET_S if all(ask.after is None for ask in self._waiting) else QUIET_RESUMES_S

    def _start(self) -> None:
        worker = asyncio.create_task(self._work(), name="hub-join")
        self._workers.add(worker)
        worker.add_done_callback(self._done)

    def _done(self, worker: "asyncio.Task[None]") -> None:
        self._workers.discard(worker)
        if self._waiting and not worker.cancelled():
            self._hire()

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
        batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
        self._gather.served(len(batch))
        if self._waiting:
            self._hire()
        if batch:
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
            else:
                _settle(batch[0], _typed(error))

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
            heads = dict.fromkeys(names, 0) | {row["topic"]: row["offset"] for row in rows if row["topic"] is not None}
            since = await self._rights(ctx, batch)
            missed = await self._read_missed(ctx, batch, heads, epoch, since)
            snapshots: dict[str, bytes | Refusal] = {}
            answers: list[Outcome] = []
            for ask, right in zip(batch, since, strict=True):
                outcome: Outcome
                try:
                    if right is None:
                        raise NotFound()
                    outcome = self._replay(ask, heads, epoch, right, missed) or Joined(
                        epoch=epoch,
                        head=heads[ask.subscription.channel.name],
                        snapshot=await self._snapshot(ctx, ask, snapshots),
                        resync=ask.after is not None,
                    )
                except Refusal as refusal:
                    outcome = refusal
                answers.append(outcome)
        # What is shown of somebody's clinical data is in the audit first.
        await self._trail.record(self._trail.shown(ctx))
        outcomes: dict[str, int] = {}
        for ask, answer in zip(batch, answers, strict=True):
            outcome = _overtaken(ask.subscription) or answer
            if isinstance(outcome, Refusal):
                self._count_refused(ask.subscription, outcome)
            word = _word(outcome)
            outcomes[word] = outcomes.get(word, 0) + 1
            _settle(ask, outcome)
        for word, number in outcomes.items():
            metrics.JOINS.labels(word).inc(number)

    def _count_refused(self, subscription: Subscription, refusal: Refusal) -> None:
        channel = subscription.channel
        key = channel.key[0] if channel.key and isinstance(channel.key[0], UUID) else None
        about = (channel.declared.pattern.prefix, key, None)
        self._trail.refused("topic.subscribe", refusal, subscription.listener.actor, Peer(), about)

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

    async def _read_missed(
        self, ctx: Ctx, batch: list[_Ask], heads: dict[str, int], epoch: str, since: list[Any]
    ) -> Missed:
        """All events that somebody of the batch may be told."""
        low: dict[str, int] = {}
        for ask, right in zip(batch, since, strict=True):
            name = ask.subscription.channel.name
            if right is not None and ask.after is not None and self._ailment(ask, heads[name], epoch) is None:
                low[name] = min(low.get(name, ask.after), ask.after)
        missed = Missed(heads)
        await missed.read(ctx.tx, {name: after for name, after in low.items() if after < heads[name]})
        return missed

    @staticmethod
    def _ailment(ask: _Ask, head: int, epoch: str) -> str | None:
        """Why nothing can be replayed from where this listener stood, or None."""
        assert ask.after is not None
        if ask.epoch != epoch:
            return "epoch"
        if ask.after > head:
            return "beyond"
        if head - ask.after > MISSED_MAX:
            return "too_many"
        # Of a conflated topic nothing is kept that could be replayed.
        return None if ask.subscription.channel.durable else "conflated"

    def _replay(self, ask: _Ask, heads: dict[str, int], epoch: str, right: Any, missed: Missed) -> Joined | None:
        """The events since `after`, or None when only a snapshot is honest; never a replay from before the right."""
        if ask.after is None:
            return None
        name = ask.subscription.channel.name
        head = heads[name]
        ailment = self._ailment(ask, head, epoch)
        if ailment is None:
            if ask.after == head:
                return Joined(epoch=epoch, head=head, events=b"[]")
            first = missed.first(name, ask.after)
            if first is not None and first >= right:
                return Joined(epoch=epoch, head=head, events=missed.answer(name, ask.after))
            ailment = "pruned" if first is None else "right"
        if ailment != "conflated":
            metrics.RESYNCS.labels(ailment).inc()
        return None

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


def _word(outcome: Outcome) -> str:
    """The outcome as a metric's label."""
    if isinstance(outcome, Refusal):
        return outcome.reason
    return "events" if outcome.events else "resync" if outcome.resync else "snapshot"


def _settle(ask: _Ask, outcome: Outcome) -> None:
    if not ask.answer.done():
        ask.answer.set_result(outcome)


def _typed(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, asyncpg.PostgresError):
        return translate(error) or Unavailable(after_ms=500)
    log.error("join_failed", error=type(error).__name__)
    return Internal()
