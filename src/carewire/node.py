"""One node: its parts, put together, started and stopped in order."""

import structlog

from carewire import actor, metrics
from carewire.bus.broker import Broker
from carewire.bus.connect import open_broker, open_client
from carewire.bus.hub import Hub
from carewire.clock import Clock
from carewire.dispatch import Dispatcher
from carewire.gateway.limits import Buckets
from carewire.jobs.runner import Runner
from carewire.settings import Settings
from carewire.store import outbox
from carewire.store.db import Database

log = structlog.get_logger("carewire.node")


class Node:
    """Everything one process of the gateway runs. Built by `app.create_app`, and by tests without HTTP."""

    def __init__(
        self, settings: Settings, *, broker: Broker | None = None, identity: actor.Identity | None = None
    ) -> None:
        if settings.database_url is None:
            raise LookupError("CAREWIRE_DATABASE_URL is not set; `carewire up` starts a database of its own")
        self.settings = settings
        self.db = Database(settings.database_url, pool_max=settings.pool)
        self.clock = Clock(settings.clock_rate)
        self.identity = identity or actor.plugged(settings)
        self.broker = broker or open_broker(settings.redis_url)
        self.redis = open_client(settings.redis_url, socket_timeout=0.25) if settings.redis_url else None
        self.hub = Hub(db=self.db, broker=self.broker, identity=self.identity, clock=self.clock, settings=settings)
        self.limits = Buckets(self.redis)
        self.dispatcher = Dispatcher(
            db=self.db,
            identity=self.identity,
            clock=self.clock,
            settings=settings,
            publisher=self,
            limits=self.limits,
        )
        self.runner = Runner(db=self.db, clock=self.clock, settings=settings, publisher=self)
        self.ready = False

    def publish(self, left: outbox.Left) -> None:
        """A transaction committed here."""
        self.hub.publish(left)
        if left.jobs:
            self.runner.wake()

    async def start(self) -> None:
        """Connect, then listen, then work. Raises when the database is not there or not migrated."""
        await self.db.open()
        async with self.db.snapshot() as tx:
            deployment = await tx.fetchrow("SELECT id, born_at FROM deployment")
        assert deployment is not None
        self.clock.born_at = deployment["born_at"]
        self.limits.deployment = str(deployment["id"])
        await self.hub.start()
        self.runner.start()
        self.ready = True
        metrics.NODE.labels(self.settings.node).set(1)
        log.info("node_started", node=self.settings.node, epoch=self.db.epoch)

    async def stop(self) -> None:
        """Stop in reverse order."""
        self.ready = False
        await self.runner.stop()
        await self.hub.stop()
        if self.redis is not None:
            await self.redis.aclose()
        await self.db.close()
