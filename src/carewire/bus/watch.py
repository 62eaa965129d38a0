"""Rights follow reality within a second: whoever is connected is re-checked as soon as a `rights:` event says so.

The backstop re-checks everybody once a minute; what it finds is counted, because then somebody forgot to call
`ctx.rights_changed`.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from uuid import UUID

import asyncpg
import structlog

from carewire import metrics
from carewire.actor import Actor, Identity
from carewire.bus.broker import Broker
from carewire.bus.channel import Listener, Subscription
from carewire.clock import Clock
from carewire.command import Ctx
from carewire.errors import Refusal
from carewire.settings import Settings
from carewire.store.db import Database
from carewire.tasks import end
from carewire.topic import Ask, Topic

if TYPE_CHECKING:
    from carewire.bus.hub import Hub

log = structlog.get_logger("carewire.rights")

BACKSTOP_S: Final = 60.0
BATCH: Final = 200
RETRY_S: Final = 0.2


class Watch:
    """Listeners by actor, and the re-check."""

    def __init__(
        self, *, db: Database, broker: Broker, identity: Identity, clock: Clock, settings: Settings, hub: "Hub"
    ) -> None:
        self._db, self._broker, self._identity = db, broker, identity
        self._clock, self._settings, self._hub = clock, settings, hub
        self._by_actor: dict[UUID, set[Listener]] = {}
        self._actor_of: dict[Listener, UUID] = {}
        self._seen: dict[UUID, int] = {}
        self._due: set[UUID] = set()
        self._new: set[UUID] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin re-checking."""
        self._tasks = [
            asyncio.create_task(self._follow(), name="rights-follow"),
            asyncio.create_task(self._backstop(), name="rights-backstop"),
        ]

    async def stop(self) -> None:
        """End."""
        await end(*self._tasks)

    def add(self, listener: Listener) -> None:
        """From now on changes of this listener's actor concern it; what changed while it logged in is caught up."""
        self.discard(listener)
        if listener.actor is None:
            return
        actor_id = listener.actor.id
        self._by_actor.setdefault(actor_id, set()).add(listener)
        self._actor_of[listener] = actor_id
        self._new.add(actor_id)
        self._wake.set()

    def discard(self, listener: Listener) -> None:
        """The listener is gone or anonymous."""
        actor_id = self._actor_of.pop(listener, None)
        if actor_id is None:
            return
        held = self._by_actor[actor_id]
        held.discard(listener)
        if not held:
            del self._by_actor[actor_id]
            self._seen.pop(actor_id, None)
            self._broker.unsubscribe(f"rights:{actor_id}")

    def topics(self) -> list[str]:
        """The topics that tell of changes of anybody who is connected here."""
        return [f"rights:{actor_id}" for actor_id in self._by_actor]

    def changed(self, actor_id: UUID) -> None:
        """A hint: re-check this actor now."""
        if actor_id in self._by_actor:
            self._due.add(actor_id)
            self._wake.set()

    def swept(self, actor_id: UUID, offset: int) -> None:
        """The sweep saw this offset on the actor's topic; only an offset not yet heeded matters."""
        if actor_id in self._by_actor and offset > self._seen.get(actor_id, 0):
            self._seen[actor_id] = offset
            self.changed(actor_id)

    def new_database(self) -> None:
        """Another epoch: offsets of before mean nothing, and everybody's rights may be others."""
        self._seen.clear()
        self._due.update(self._by_actor)
        self._wake.set()

    async def _follow(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            new, self._new = self._new, set()
            # Who is gone again already has been unsubscribed, and nobody would do it a second time.
            here = [actor_id for actor_id in new if actor_id in self._by_actor]
            await self._broker.subscribe(*(f"rights:{actor_id}" for actor_id in here))
            due, self._due = self._due | new, set()
            listeners = [listener for actor_id in due for listener in self._by_actor.get(actor_id, ())]
            await self._check_all(listeners, "event")

    async def _backstop(self) -> None:
        while True:
            await asyncio.sleep(BACKSTOP_S)
            await self._check_all(list(self._actor_of), "backstop")

    async def _check_all(self, listeners: list[Listener], found_by: str) -> None:
        for start in range(0, len(listeners), BATCH):
            batch = listeners[start : start + BATCH]
            while True:
                try:
                    await self._check(batch, found_by)
                    break
                except (Refusal, asyncpg.PostgresError) as error:
                    log.warning("rights_check_waits", error=type(error).__name__)
                    await asyncio.sleep(RETRY_S)
                except Exception as error:
                    # One broken `may` must not end the watch for everybody.
                    log.error("rights_check_failed", error=type(error).__name__)
                    break

    async def _check(self, listeners: list[Listener], found_by: str) -> None:
        """Reload the actors, then ask `may` again for all their subscriptions, joining ones too."""
        held = [(li, li.actor) for li in listeners if li.actor is not None and li in self._actor_of]
        if not held:
            return
        if not self._listening(held):
            # Thousands who have just come: one statement instead of three round trips.
            async with self._db.alone() as tx:
                fresh = await self._identity.reload(tx, [actor for _, actor in held], self._clock.real_now())
            if not self._listening(held):
                self._rebind(held, fresh, found_by)
                return
        async with self._db.snapshot() as tx:
            real_now = self._clock.real_now()
            ctx = Ctx(tx=tx, now=self._clock.now(), real_now=real_now, settings=self._settings)
            fresh = await self._identity.reload(tx, [actor for _, actor in held], real_now)
            groups: dict[str, tuple[Topic, list[Ask], list[Subscription]]] = {}
            for listener, actor in held:
                known = fresh.get(actor.login_id)
                if known is None:
                    continue
                for subscription in self._hub.subscriptions(listener).values():
                    declared = subscription.channel.declared
                    group = groups.setdefault(declared.pattern.prefix, (declared, [], []))
                    group[1].append((known, subscription.channel.key))
                    group[2].append(subscription)
            ended: list[Subscription] = []
            for declared, asks, subscriptions in groups.values():
                answers = await declared.may(ctx, asks)
                ended += [s for s, since in zip(subscriptions, answers, strict=True) if since is None]
        for subscription in ended:
            if not subscription.struck:
                metrics.RIGHTS_ENDED.labels(found_by).inc()
                self._hub.end(subscription, "right")
        self._rebind(held, fresh, found_by)

    def _listening(self, held: list[tuple[Listener, Actor]]) -> bool:
        return any(self._hub.subscriptions(listener) for listener, _ in held)

    def _rebind(self, held: list[tuple[Listener, Actor]], fresh: Mapping[UUID, Actor], found_by: str) -> None:
        for listener, actor in held:
            if listener.actor is not actor:
                continue  # logged in or out meanwhile; that login brings its own check
            known = fresh.get(actor.login_id)
            if known is None:
                metrics.RIGHTS_ENDED.labels(found_by).inc()
                self._hub.leave(listener)
                listener.rebind(None)
            elif known != actor:
                listener.rebind(known)
