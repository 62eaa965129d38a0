"""The hub: one per node. Brings every event of a topic to this node's listeners once, in order, without a gap.

Hints come over the bus; what they lack is read from the record: 20 ms after a gap shows (a crossing hint usually
closes it first), and once a second by a sweep that finds lost last hints without traffic. What cannot be healed in
five seconds becomes an explicit `topic:resync`; the listener subscribes again. Never a silent gap, never a guess.
"""

import asyncio
from typing import Final
from uuid import UUID

import structlog

from carewire import metrics, topic
from carewire.actor import Identity
from carewire.bus.broker import Broker
from carewire.bus.channel import Channel, Listener, Subscription, topic_notice
from carewire.bus.frame import Stored, conflated_text, event_text
from carewire.bus.join import Answer, Joined, Joiner
from carewire.bus.watch import Watch
from carewire.clock import Clock
from carewire.errors import NotFound, Refusal, TooManySubscriptions
from carewire.event import REGISTRY as EVENTS
from carewire.settings import Settings
from carewire.store import outbox
from carewire.store.db import Database

log = structlog.get_logger("carewire.hub")

CROSSING_S: Final = 0.02
HEAL_RETRY_S: Final = 0.1
HEAL_MAX_S: Final = 5.0
SWEEP_S: Final = 1.0
PAGE: Final = 300
SUBSCRIPTIONS_MAX: Final = 200
"""Subscriptions one socket may hold."""

MOMENT: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin, carewire_epoch() AS epoch"
SWEEP: Final = """SELECT topic, max("offset") AS last FROM event WHERE xid >= $1::text::xid8 GROUP BY topic"""
HEADS: Final = """SELECT topic, "offset" AS last FROM topic_head WHERE topic = ANY($1)"""


class Hub:
    """Local fan-out of one node. Everything runs on one event loop."""

    def __init__(self, *, db: Database, broker: Broker, identity: Identity, clock: Clock, settings: Settings) -> None:
        self.db = db
        self.broker = broker
        self._channels: dict[str, Channel] = {}
        self.listeners: set[Listener] = set()
        self._by_listener: dict[Listener, dict[str, Subscription]] = {}
        self._healing: dict[str, asyncio.Task[None]] = {}
        self._seen: str | None = None
        self._connects = 0
        self._sweep_now = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None
        self._joiner = Joiner(db=db, clock=clock, settings=settings)
        self.watch = Watch(db=db, broker=broker, identity=identity, clock=clock, settings=settings, hub=self)
        self._conflated = {e.spec.pattern.prefix for e in EVENTS.values() if not e.spec.durable}
        db.on_epoch = self._new_epoch

    @property
    def epoch(self) -> str:
        """The epoch of the offsets this node gives out."""
        return self.db.epoch

    # --- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin listening and sweeping."""
        await self._sweep()
        await self.broker.start(self._hinted, self._sweep_now.set)
        self._sweeper = asyncio.create_task(self._sweep_for_ever(), name="hub-sweep")
        self.watch.start()

    async def stop(self) -> None:
        """End; listeners are told by their sockets, not from here."""
        tasks = [t for t in (self._sweeper, *self._healing.values()) if t is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.watch.stop()
        await self._joiner.stop()
        await self.broker.close()

    # --- listeners -----------------------------------------------------------------------------------------------

    def register(self, listener: Listener) -> None:
        """A socket opened; rights changes of its actor, when it has one, concern it."""
        self.listeners.add(listener)
        self.watch.add(listener)

    def rebind(self, listener: Listener) -> None:
        """The listener's actor is another login, or none; without one its subscriptions end."""
        if listener.actor is None:
            self.leave(listener)
        else:
            self.watch.add(listener)

    def drop(self, listener: Listener) -> None:
        """The socket is gone, with its subscriptions, also those still joining."""
        self.listeners.discard(listener)
        self.leave(listener)

    def leave(self, listener: Listener) -> None:
        """The login of this socket ended: so do all its subscriptions."""
        self.watch.discard(listener)
        for subscription in list(self._by_listener.pop(listener, {}).values()):
            self._remove(subscription)

    async def subscribe(self, listener: Listener, name: str, epoch: str | None, after: int | None) -> Answer:
        """Join a topic. Write `answer.result`, then call `answer.go_live()` at once. Raises `NotFound`."""
        subscription = await self._join(listener, name)
        try:
            joined = await self._joiner.ask(subscription, epoch, after)
        except Refusal:
            self._forget(subscription)
            raise
        return Answer(joined.text(), lambda: self._go_live(subscription, joined))

    async def resume(self, listener: Listener, epoch: str | None, topics: dict[str, int]) -> Answer:
        """Join many topics at once, each from its own offset; a topic whose right is gone answers its refusal."""
        held = self._by_listener.get(listener, {})
        if len(held) + len([t for t in topics if t not in held]) > SUBSCRIPTIONS_MAX:
            raise TooManySubscriptions(limit=SUBSCRIPTIONS_MAX)
        parts: list[bytes] = []
        lives: list[tuple[Subscription, Joined]] = []

        async def one(name: str, after: int) -> None:
            try:
                subscription = await self._join(listener, name)
                try:
                    joined = await self._joiner.ask(subscription, epoch, after)
                except Refusal:
                    self._forget(subscription)
                    raise
            except Refusal as refusal:
                parts.append(self._joiner.part(name, refusal))
            else:
                parts.append(self._joiner.part(name, joined))
                lives.append((subscription, joined))

        await asyncio.gather(*(one(name, after) for name, after in topics.items()))

        def go_live() -> None:
            for subscription, joined in lives:
                self._go_live(subscription, joined)

        return Answer(self._joiner.whole(self.epoch, parts), go_live)

    def unsubscribe(self, listener: Listener, name: str) -> bool:
        """Leave a topic; False when the listener was not on it."""
        subscription = self._by_listener.get(listener, {}).get(name)
        if subscription is None:
            return False
        self._forget(subscription)
        return True

    def subscriptions(self, listener: Listener) -> dict[str, Subscription]:
        """What this listener is on or joining, by topic."""
        return self._by_listener.get(listener, {})

    def end(self, subscription: Subscription, why: str) -> None:
        """The right is gone: say so and stop. Who is still joining hears it behind its answer, or as its answer."""
        live = subscription.live
        self._forget(subscription)
        if live:
            subscription.listener.notify("topic:ended", topic_notice(subscription.channel.name, why=why))
        else:
            subscription.ended = why

    def resync(self, subscription: Subscription, why: str) -> None:
        """The stream cannot be continued without a gap: say so; the listener subscribes again."""
        metrics.RESYNCS.labels(why).inc()
        self._forget(subscription)
        subscription.listener.notify("topic:resync", topic_notice(subscription.channel.name, why=why))

    # --- joining -------------------------------------------------------------------------------------------------

    async def _join(self, listener: Listener, name: str) -> Subscription:
        """Buffer first, then wait for the bus: what is said from now on is not missed."""
        found = topic.find(name)
        if found is None or listener.actor is None:
            raise NotFound()
        held = self._by_listener.setdefault(listener, {})
        if name in held:
            self._forget(held[name])
            held = self._by_listener.setdefault(listener, {})
        if len(held) >= SUBSCRIPTIONS_MAX:
            raise TooManySubscriptions(limit=SUBSCRIPTIONS_MAX)
        declared, key = found
        channel = self._channels.get(name)
        if channel is None:
            channel = Channel(name, declared, key, durable=declared.pattern.prefix not in self._conflated)
            self._channels[name] = channel
        subscription = Subscription(listener, channel)
        channel.joining.append(subscription)
        held[name] = subscription
        await self.broker.subscribe(name)
        return subscription

    def _go_live(self, subscription: Subscription, joined: Joined) -> None:
        channel = subscription.channel
        if joined.epoch != self.epoch:
            self._sweep_now.set()  # one of the two is about another database; the sweep tells which
        if subscription.ended is not None:
            subscription.listener.notify("topic:ended", topic_notice(channel.name, why=subscription.ended))
            return
        if not subscription.struck and (subscription.overflown or joined.epoch != self.epoch):
            self.resync(subscription, "overflow" if subscription.overflown else "epoch")
            return
        if not channel.go_live(subscription, joined.head):
            self.resync(subscription, "overtaken")
            return
        if channel.behind:
            self._heal(channel)

    def _forget(self, subscription: Subscription) -> None:
        held = self._by_listener.get(subscription.listener)
        if held is not None and held.get(subscription.channel.name) is subscription:
            del held[subscription.channel.name]
            if not held:
                del self._by_listener[subscription.listener]
        self._remove(subscription)

    def _remove(self, subscription: Subscription) -> None:
        channel = subscription.channel
        channel.remove(subscription)
        if channel.empty and self._channels.get(channel.name) is channel:
            del self._channels[channel.name]
            self.broker.unsubscribe(channel.name)
            if (task := self._healing.pop(channel.name, None)) is not None:
                task.cancel()

    # --- events --------------------------------------------------------------------------------------------------

    def publish(self, left: outbox.Left) -> None:
        """A transaction committed on this node: tell the bus and this node's own listeners."""
        epoch = self.epoch.encode()
        for stored in left.events:
            text = event_text(stored)
            self.broker.publish(stored.topic, b"%b %d %b" % (epoch, stored.offset, text))
            self._arrived(stored.topic, stored.offset, text)
        for told in left.conflated:
            name = told.event.topic()
            text = conflated_text(told.event.spec.name, name, told.version, told.at, told.event.encode())
            key = str(getattr(told.event, told.event.spec.key)) if told.event.spec.key else ""
            self.broker.publish(name, b"%b ~%d:%b %b" % (epoch, told.version, key.encode(), text))
            self._told(name, told.version, key, text)

    def _hinted(self, channel: str, hint: bytes) -> None:
        epoch, position, text = hint.split(b" ", 2)
        if epoch.decode() != self.epoch:
            return
        if position.startswith(b"~"):
            version, _, key = position[1:].partition(b":")
            self._told(channel, int(version), key.decode(), text)
        else:
            self._arrived(channel, int(position), text)

    def _arrived(self, name: str, offset: int, text: bytes) -> None:
        if name.startswith("rights:"):
            self.watch.changed(UUID(name.removeprefix("rights:")))
            return
        channel = self._channels.get(name)
        if channel is not None:
            channel.accept(offset, text)
            if channel.behind:
                self._heal(channel)

    def _told(self, name: str, version: int, key: str, text: bytes) -> None:
        channel = self._channels.get(name)
        if channel is not None:
            channel.tell(version, key, text)

    # --- healing -------------------------------------------------------------------------------------------------

    def _heal(self, channel: Channel) -> None:
        if channel.name not in self._healing:
            task = asyncio.create_task(self._read_back(channel), name="hub-heal")
            self._healing[channel.name] = task
            task.add_done_callback(lambda done: self._healed(channel, done))

    def _healed(self, channel: Channel, task: asyncio.Task[None]) -> None:
        if self._healing.get(channel.name) is task:
            del self._healing[channel.name]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("heal_failed", error=type(error).__name__)

    async def _read_back(self, channel: Channel) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await asyncio.sleep(CROSSING_S)
        while channel.behind and self._channels.get(channel.name) is channel:
            before = channel.position
            for row in await self._missing(channel):
                if row.offset > (channel.position or 0):
                    metrics.HINTS_LOST.inc()
                channel.accept(row.offset, event_text(row))
            if channel.position != before:
                started = loop.time()
                if not channel.behind:
                    metrics.GAPS_HEALED.inc()
            elif channel.behind:
                if loop.time() - started > HEAL_MAX_S:
                    # Who is still joining has an answer coming that is newer than this gap.
                    for subscription in channel.following():
                        self.resync(subscription, "unhealed")
                    return
                await asyncio.sleep(HEAL_RETRY_S)

    async def _missing(self, channel: Channel) -> list[Stored]:
        """The next events after what was forwarded; none when the database is away, or is not the one of before."""
        epoch = self.epoch
        try:
            async with self.db.snapshot() as tx:
                rows = await outbox.read(tx, channel.name, channel.position or 0, PAGE)
        except Exception as error:  # whatever it is, the gap stays a gap and has to be told in the end
            log.warning("heal_waits", error=type(error).__name__)
            return []
        return rows if epoch == self.epoch else []

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self._sweep_now.wait()
            except TimeoutError:
                pass
            self._sweep_now.clear()
            try:
                await self._sweep()
            except Exception as error:  # the sweep is what makes lost hints harmless: nothing may end it
                log.warning("sweep_failed", error=type(error).__name__)
            for channel in list(self._channels.values()):
                if channel.behind:
                    self._heal(channel)

    async def _sweep(self) -> None:
        """Find events whose hints were lost, also the last ones. By transaction id: a timestamp would miss a row that
        was stamped before a sweep and committed after it.

        After any new connection by the heads of our topics instead: a server that crashed gives out again the ids of
        transactions that never reached its log, and a restored one starts from much older ones.
        """
        with metrics.SWEEP_SECONDS.time():
            async with self.db.snapshot() as tx:
                connects, seen = self.db.connects, self._seen
                moment = await tx.fetchrow(MOMENT)
                assert moment is not None
                self.db.heed(moment["epoch"])
                if seen is None or self._seen is None or connects != self._connects:
                    rows = await tx.fetch(HEADS, [*self._channels, *self.watch.topics()])
                else:
                    rows = await tx.fetch(SWEEP, seen)
            self._seen, self._connects = moment["xmin"], connects
        for row in rows:
            self._swept(row["topic"], row["last"])

    def _swept(self, name: str, last: int) -> None:
        if name.startswith("rights:"):
            self.watch.swept(UUID(name.removeprefix("rights:")), last)
        elif (channel := self._channels.get(name)) is not None:
            # Also while everybody is still joining: this sweep may have seen an event that no answer holds.
            channel.target = max(channel.target, last)
            if channel.behind:
                self._heal(channel)

    def _new_epoch(self, epoch: str) -> None:
        """Another database: what was told so far says nothing about what comes."""
        self._seen = None
        self.watch.new_database()
        for channel in list(self._channels.values()):
            channel.forget()
            for subscription in channel.joining:
                subscription.overflown = True
            for subscription in channel.following():
                self.resync(subscription, "epoch")
