"""The hub: one per node. Brings every event of a topic to this node's listeners once, in order, without a gap.

Hints come over the bus; what they lack is read from the record (`healing`), and a sweep finds lost last hints without
traffic (`sweep`). A gap that cannot be closed becomes an explicit `topic:resync`; the listener subscribes again.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from carewire import metrics, topic
from carewire.actor import Identity
from carewire.audit.trail import Trail
from carewire.bus.broker import Broker
from carewire.bus.channel import Channel, Listener, Subscription, topic_notice
from carewire.bus.frame import conflated_text, event_text
from carewire.bus.healing import Healing
from carewire.bus.join import Answer, Joined, Joiner
from carewire.bus.sweep import Sweep
from carewire.bus.tick import Tick
from carewire.bus.watch import Watch
from carewire.clock import Clock
from carewire.errors import NotFound, Refusal, TooManySubscriptions
from carewire.event import REGISTRY as EVENTS
from carewire.settings import Settings
from carewire.store import outbox
from carewire.store.db import Database

SUBSCRIPTIONS_MAX: Final = 200
"""Subscriptions one socket may hold."""


class Hub:
    """Local fan-out of one node. Everything runs on one event loop."""

    def __init__(
        self,
        *,
        db: Database,
        broker: Broker,
        identity: Identity,
        clock: Clock,
        settings: Settings,
        trail: Trail,
    ) -> None:
        self.db = db
        self.broker = broker
        self._channels: dict[str, Channel] = {}
        self.listeners: set[Listener] = set()
        self._by_listener: dict[Listener, dict[str, Subscription]] = {}
        self._epoch_mark = db.epoch.encode()
        self.tick = Tick()
        self.healing = Healing(db, self._channels, self.resync)
        self.sweep = Sweep(db, self._mind, self._found, self._heal_again)
        self._joiner = Joiner(db=db, clock=clock, settings=settings, trail=trail)
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
        await self.sweep.sweep()
        await self.broker.start(self._hinted, self.sweep.hasten)
        self.sweep.start()
        self.watch.start()

    async def stop(self) -> None:
        """End; listeners are told by their sockets, not from here."""
        await self.sweep.stop()
        await self.healing.stop()
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

    def reroute(self, listener: Listener) -> None:
        """The listener's `direct` came or went."""
        for subscription in list(self._by_listener.get(listener, {}).values()):
            subscription.channel.reroute(subscription)

    def leave(self, listener: Listener) -> None:
        """The login of this socket ended: so do all its subscriptions."""
        self.watch.discard(listener)
        for subscription in list(self._by_listener.pop(listener, {}).values()):
            self._remove(subscription)

    async def subscribe(self, listener: Listener, name: str, epoch: str | None, after: int | None) -> Answer:
        """Join a topic. Write `answer.result`, then call `answer.go_live()` at once. Raises `NotFound`."""
        subscription = self._join(listener, name)
        await self._hear([name])
        outcome = await self._joiner.ask(subscription, epoch, after)
        if isinstance(outcome, Refusal):
            self._forget(subscription)
            raise outcome
        joined = outcome
        return Answer(joined.text(), lambda: self._go_live(subscription, joined))

    async def resume(self, listener: Listener, epoch: str | None, topics: Mapping[str, int | None]) -> Answer:
        """Join many topics at once, each from its own offset, or its snapshot (None).

        A topic whose right is gone answers its refusal.
        """
        held = self._by_listener.get(listener, {})
        if len(held) + len([t for t in topics if t not in held]) > SUBSCRIPTIONS_MAX:
            raise TooManySubscriptions(limit=SUBSCRIPTIONS_MAX)
        parts: list[bytes] = []
        joining: list[Subscription] = []
        for name in topics:
            try:
                joining.append(self._join(listener, name))
            except Refusal as refusal:
                parts.append(self._joiner.part(name, refusal))
        await self._hear([subscription.channel.name for subscription in joining])
        answers = [self._joiner.ask(s, epoch, topics[s.channel.name]) for s in joining]
        lives: list[tuple[Subscription, Joined]] = []
        for subscription, answer in zip(joining, answers, strict=True):
            outcome = await answer
            parts.append(self._joiner.part(subscription.channel.name, outcome))
            if isinstance(outcome, Refusal):
                self._forget(subscription)
            else:
                lives.append((subscription, outcome))

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

    def _join(self, listener: Listener, name: str) -> Subscription:
        """Buffer from now on; then `_hear`: what is said is not missed. Raises `NotFound`."""
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
            channel = Channel(
                name, declared, key, durable=declared.pattern.prefix not in self._conflated, tick=self.tick
            )
            self._channels[name] = channel
        subscription = Subscription(listener, channel)
        channel.joining.append(subscription)
        held[name] = subscription
        return subscription

    async def _hear(self, names: list[str]) -> None:
        """Wait until the bus brings these topics here."""
        if silent := [name for name in names if not self.broker.hears(name)]:
            await self.broker.subscribe(*silent)

    def _go_live(self, subscription: Subscription, joined: Joined) -> None:
        channel = subscription.channel
        if joined.epoch != self.epoch:
            self.sweep.hasten()  # one of the two is about another database; the sweep tells which
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
            self.healing.heal(channel)

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
            self.healing.forget(channel)

    # --- events --------------------------------------------------------------------------------------------------

    def publish(self, left: outbox.Left) -> None:
        """A transaction committed on this node: tell the bus and this node's own listeners."""
        epoch = self._epoch_mark
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
        if epoch != self._epoch_mark:
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
                self.healing.heal(channel)

    def _told(self, name: str, version: int, key: str, text: bytes) -> None:
        channel = self._channels.get(name)
        if channel is not None:
            channel.tell(version, key, text)

    # --- the record ----------------------------------------------------------------------------------------------

    def _mind(self) -> list[str]:
        return [*self._channels, *self.watch.topics()]

    def _found(self, name: str, last: int) -> None:
        """The record holds this offset of a topic."""
        if name.startswith("rights:"):
            self.watch.swept(UUID(name.removeprefix("rights:")), last)
        elif (channel := self._channels.get(name)) is not None:
            # Also while everybody is still joining: this sweep may have seen an event that no answer holds.
            channel.target = max(channel.target, last)
            if channel.behind:
                self.healing.heal(channel)

    def _heal_again(self) -> None:
        for channel in list(self._channels.values()):
            if channel.behind:
                self.healing.heal(channel)

    def _new_epoch(self, epoch: str) -> None:
        """Another database: what was told so far says nothing about what comes."""
        self._epoch_mark = epoch.encode()
        self.sweep.forget()
        self.watch.new_database()
        for channel in list(self._channels.values()):
            channel.forget()
            for subscription in channel.joining:
                subscription.overflown = True
            for subscription in channel.following():
                self.resync(subscription, "epoch")
