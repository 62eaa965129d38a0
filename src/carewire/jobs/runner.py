"""Finds what is due and sees that it is run: the loops of one node.

Two ways lead to the same executor. A worker with a stream relays ids to it, and any worker of the group runs them. A
node without a stream, or one whose stream is away, runs what is due itself, straight from the table. Claims make both
safe at once, so losing Redis costs nothing but the sharing of work.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol
from uuid import UUID

import structlog

from carewire import metrics
from carewire.clock import Clock
from carewire.errors import Refusal
from carewire.jobs import house, rows
from carewire.jobs.execution import Executor
from carewire.jobs.job import REGISTRY
from carewire.jobs.rows import Row
from carewire.jobs.schedule import Scheduler
from carewire.providers import letters
from carewire.settings import Settings
from carewire.store.db import Database
from carewire.tasks import end
from carewire.transact import Publisher

log = structlog.get_logger("carewire.jobs")

POLL_S: Final = 0.5
TICK_S: Final = 1.0
BATCH: Final = 10
RELAY_BATCH: Final = 200
ERRANDS_MAX: Final = 8
"""Errands out at once; they wait for others and hold no connection meanwhile."""
DRAIN_S: Final = 20.0

PLATFORM_JOBS: Final = (house, letters)
"""Imported for what they declare."""


class Stream(Protocol):
    """Where a worker hands ids to its group; `jobs.stream` has the real one."""

    reading: bool

    def start(self) -> None:
        """Begin to read."""

    async def stop(self) -> None:
        """Take nothing new, finish what runs."""

    async def send(self, ids: list[UUID]) -> None:
        """Give ids to the group; raises when it may have lost some."""


class Runner:
    """The loops of one node. `executor` runs single jobs, for the stream and for tests."""

    def __init__(self, *, db: Database, clock: Clock, settings: Settings, publisher: Publisher) -> None:
        self._db, self._clock = db, clock
        self.executor = Executor(db=db, clock=clock, settings=settings, publisher=publisher)
        self.scheduler = Scheduler(db=db, clock=clock, settings=settings)
        self.stream: Stream | None = None
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._errands: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin."""
        if self.stream is not None:
            self.stream.start()
        self._tasks = [
            asyncio.create_task(self._loop(self._look, POLL_S, self._wake), name="jobs"),
            asyncio.create_task(self._loop(self._tick, TICK_S, asyncio.Event()), name="schedule"),
        ]

    async def stop(self) -> None:
        """Take nothing new, finish what runs."""
        self._stopping.set()
        self._wake.set()
        if self.stream is not None:
            await self.stream.stop()
        running = {*self._tasks, *self._errands}
        if running:
            _, late = await asyncio.wait(running, timeout=DRAIN_S)
            await end(*late)  # its lease runs out and somebody else takes it

    def wake(self) -> None:
        """Something was enqueued just now."""
        self._wake.set()

    async def handle(self, job_id: UUID) -> None:
        """One id from the stream. While the database is away it is kept in hand; a stopping node gives it back."""
        while True:
            try:
                await self.executor.run_one(job_id)
            except Refusal:
                if self._stopping.is_set():
                    raise
                await asyncio.sleep(POLL_S)
            else:
                return

    async def run_due(self) -> int:
        """Relay or run what is due now, once; answers how many."""
        if self.stream is not None and self.stream.reading and (sent := await self._relay(self.stream)) is not None:
            return sent
        taken = await self.executor.claim_due(BATCH)
        for row, claim in taken:
            if self._stopping.is_set():
                await self._let_go(row, claim)
            elif row.name in REGISTRY and REGISTRY[row.name].outside:
                await self._send_out(row, claim)
            else:
                await self.executor.run(row, claim)
        return len(taken)

    async def _relay(self, stream: Stream) -> int | None:
        """Rows are noted as relayed first and sent then: who dies in between leaves them to the visibility time-out."""
        async with self._db.alone() as tx:
            ids = await rows.relay(tx, self._clock.now(), RELAY_BATCH)
        if not ids:
            return 0
        try:
            await stream.send(ids)
        except Exception as error:
            log.warning("relay_failed", error=type(error).__name__)
            async with self._db.transaction() as tx:
                await rows.unrelay(tx, ids)
            return None
        metrics.JOBS_RELAYED.inc(len(ids))
        return len(ids)

    async def _send_out(self, row: Row, claim: UUID) -> None:
        while len(self._errands) >= ERRANDS_MAX:
            await asyncio.wait(self._errands, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(self.executor.run(row, claim), name="errand")
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _let_go(self, row: Row, claim: UUID) -> None:
        async with self._db.transaction() as tx:
            await rows.let_go(tx, row, claim)

    async def _look(self) -> bool:
        return await self.run_due() >= BATCH

    async def _tick(self) -> bool:
        if await self.scheduler.look():
            self.wake()
        return False

    async def _loop(self, step: Callable[[], Awaitable[bool]], every_s: float, wake: asyncio.Event) -> None:
        """Step by step, at once again while there is more. Whatever goes wrong, later jobs must not wait for it."""
        while not self._stopping.is_set():
            more = False
            try:
                wake.clear()
                more = await step()
            except Exception as error:
                log.warning("jobs_wait", error=type(error).__name__)
            if not more:
                await self._until_woken(wake, every_s)

    async def _until_woken(self, wake: asyncio.Event, every_s: float) -> None:
        waits = [asyncio.ensure_future(e.wait()) for e in (wake, self._stopping)]
        try:
            await asyncio.wait(waits, timeout=every_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(*waits)
