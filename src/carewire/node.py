"""One node: its parts, put together, started and stopped in order."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, Literal

import structlog

from carewire import actor, metrics
from carewire.audit.sealer import Sealer
from carewire.audit.trail import Trail
from carewire.bus.broker import Broker
from carewire.bus.connect import is_cluster, open_broker, open_client, warm
from carewire.bus.hub import Hub
from carewire.clock import Clock
from carewire.dispatch import Dispatcher
from carewire.gateway.limits import Buckets
from carewire.jobs.hints import wake
from carewire.jobs.runner import Runner
from carewire.settings import Settings
from carewire.store import outbox
from carewire.store.db import Database
from carewire.tasks import end

log = structlog.get_logger("carewire.node")

STOP_S: Final = {"jobs": 22.0, "hub": 4.0, "trail": 4.0, "seals": 2.0, "database": 6.0}
"""How long each part of a stopping node may take; see `runner.DRAIN_S`."""
WAKE_S: Final = 0.5

Work = Literal["none", "table", "stream"]
"""Does this process run jobs, and where does it get them: from the table, or shared with others from the stream?"""


class Node:
    """Everything one process of the gateway runs. Built by `app.create_app`, and by tests without HTTP."""

    def __init__(
        self,
        settings: Settings,
        *,
        broker: Broker | None = None,
        identity: actor.Identity | None = None,
        work: Work | None = None,
    ) -> None:
        if settings.database_url is None:
            raise LookupError("CAREWIRE_DATABASE_URL is not set; `carewire up` starts a database of its own")
        self.settings = settings
        self.db = Database(settings.database_url, pool_max=settings.pool)
        self.clock = Clock(settings.clock_rate)
        self.identity = identity or actor.plugged(settings)
        self.broker = broker or open_broker(settings.redis_url)
        self.redis = open_client(settings.redis_url, socket_timeout=0.25) if settings.redis_url else None
        self.trail = Trail(db=self.db, clock=self.clock, settings=settings)
        self.sealer = Sealer(db=self.db, clock=self.clock, keys=self.trail.keys, roots=settings.audit_roots)
        self.hub = Hub(
            db=self.db,
            broker=self.broker,
            identity=self.identity,
            clock=self.clock,
            settings=settings,
            trail=self.trail,
        )
        self.limits = Buckets(self.redis)
        self.dispatcher = Dispatcher(
            db=self.db,
            identity=self.identity,
            clock=self.clock,
            settings=settings,
            publisher=self,
            limits=self.limits,
            trail=self.trail,
        )
        self.work: Work = work or ("table" if settings.jobs == "inside" else "none")
        self.runner = Runner(db=self.db, clock=self.clock, settings=settings, publisher=self)
        self._waking: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self.ready = False

    def publish(self, left: outbox.Left) -> None:
        """A transaction committed here."""
        self.hub.publish(left)
        if left.jobs and self.work != "none":
            self.runner.wake()
        elif left.jobs and self.redis is not None and (self._waking is None or self._waking.done()):
            self._waking = asyncio.create_task(self._wake_workers(self.redis), name="wake")

    async def start(self) -> None:
        """Connect, then listen, then work. Raises when the database is not there or not migrated."""
        await self.db.open()
        async with self.db.snapshot() as tx:
            deployment = await tx.fetchrow("SELECT id, born_at FROM deployment")
        assert deployment is not None
        self.clock.born_at = deployment["born_at"]
        self.limits.deployment = str(deployment["id"])
        await self.hub.start()
        self.trail.start()
        self.sealer.start()
        self._start_work()
        self._warming = asyncio.create_task(warm(self.redis), name="redis-warm")
        self.ready = True
        metrics.NODE.labels(self.settings.node).set(1)
        log.info("node_started", node=self.settings.node, epoch=self.db.epoch)

    def _start_work(self) -> None:
        url = self.settings.redis_url
        if self.work == "stream" and url is not None and not is_cluster(url):
            from carewire.jobs.stream import Stream  # only workers pay for FastStream

            self.runner.stream = Stream(
                url,
                deployment=self.limits.deployment,
                node=self.settings.node,
                handle=self.runner.handle,
                wake=self.runner.wake,
            )
        if self.work != "none":
            self.runner.start()

    async def _wake_workers(self, client: Any) -> None:
        """A hint; the workers look by themselves twice a second."""
        try:
            await wake(client, self.limits.deployment)
        except Exception:  # whatever redis-py has for it: the commit stands and the rows wait
            metrics.JOBS_WAKES_UNSENT.inc()

    async def stop(self) -> None:
        """Stop in reverse order, within the sum of `STOP_S` whatever hangs. Raises nothing."""
        self.ready = False
        await self._end("jobs", self.runner.stop())
        await self._end("hub", self._stop_hub())
        await self._end("trail", self.trail.stop())
        await self._end("seals", self.sealer.stop())
        await self._end("database", self.db.close())

    async def _stop_hub(self) -> None:
        if self._waking is not None:
            await asyncio.wait((self._waking,), timeout=WAKE_S)
        await end(self._waking, self._warming)
        await self.hub.stop()
        if self.redis is not None:
            await self.redis.aclose()

    @staticmethod
    async def _end(part: str, work: Coroutine[Any, Any, None]) -> None:
        """One part. That it fails or hangs is no reason for the others to go on."""
        try:
            async with asyncio.timeout(STOP_S[part]):
                await work
        except Exception as error:
            log.error("part_not_stopped", part=part, error=type(error).__name__)
