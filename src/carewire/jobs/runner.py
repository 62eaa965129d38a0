"""Runs due jobs of this node: claims a few, runs each in a transaction of its own that also closes it.

A claim is a short transaction, so that a running job holds no row that a command might want to replace. Closing needs
the claim to be ours still: if the job was replaced or taken over meanwhile, everything this run wrote is rolled back.
"""

import asyncio
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import structlog

from carewire import metrics
from carewire.clock import Clock
from carewire.command import Ctx
from carewire.jobs.job import REGISTRY, Consumer
from carewire.jobs.vault import Vault
from carewire.rights import RightsChanged
from carewire.settings import Settings
from carewire.store import outbox, receipts
from carewire.store.constraints import is_rerun
from carewire.store.db import Database
from carewire.transact import Publisher

log = structlog.get_logger("carewire.jobs")

POLL_S: Final = 0.5
BATCH: Final = 10
VISIBILITY: Final = timedelta(seconds=30)
"""A claimed job that was not closed by then is taken by somebody else."""
BACKOFF: Final = timedelta(seconds=2)
KEEP_HOUSE_S: Final = 600.0

CLAIM: Final = """
UPDATE job SET claim = $1, attempts = attempts + 1, retry_at = now() + $4::interval
 WHERE id IN (SELECT id FROM job
               WHERE state = 'open' AND due_at <= $2 AND (retry_at IS NULL OR retry_at <= now())
               ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING id, name, payload, secret, attempts, due_at
"""
CLOSE: Final = """
UPDATE job SET state = $3, problem = $4, ended_at = now(), claim = NULL,
               payload = CASE WHEN secret THEN NULL ELSE payload END
 WHERE id = $1 AND claim = $2
"""


class Superseded(Exception):
    """The job was replaced or taken over while it ran."""


class Runner:
    """The in-process consumer of one node."""

    def __init__(self, *, db: Database, clock: Clock, settings: Settings, publisher: Publisher) -> None:
        self._db, self._clock, self._settings, self._publisher = db, clock, settings, publisher
        self._vault = Vault(settings.secret)
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        self._tasks = [
            asyncio.create_task(self._run_for_ever(), name="jobs"),
            asyncio.create_task(self._keep_house(), name="house-keeping"),
        ]

    async def stop(self) -> None:
        """Finish the job at hand, then end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Something was enqueued here just now."""
        self._wake.set()

    async def run_due(self) -> int:
        """Run what is due now, once; answers how many were taken."""
        claim = uuid4()
        async with self._db.transaction() as tx:
            rows = await tx.fetch(CLAIM, claim, self._clock.now(), BATCH, VISIBILITY)
        for row in rows:
            await self._run(row, claim)
        return len(rows)

    async def _run_for_ever(self) -> None:
        while True:
            taken = 0
            try:
                taken = await self.run_due()
            except Exception as error:  # whatever it is, later jobs must not wait for somebody to restart the node
                log.warning("jobs_wait", error=type(error).__name__)
            if taken < BATCH:
                try:
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
                except TimeoutError:
                    pass
                self._wake.clear()

    async def _run(self, row: Any, claim: UUID) -> None:
        consumer = REGISTRY.get(row["name"])
        try:
            if consumer is None:
                raise LookupError("no consumer")
            await self._attempt(consumer, row, claim)
        except Superseded:
            metrics.JOBS.labels(row["name"], "superseded").inc()
        except Exception as error:
            await self._failed(consumer, row, claim, error)
        else:
            metrics.JOBS.labels(row["name"], "done").inc()

    async def _attempt(self, consumer: Consumer, row: Any, claim: UUID) -> None:
        raw = self._vault.open(row["name"], row["payload"]) if row["secret"] else row["payload"]
        job = msgspec.json.decode(raw, type=consumer.job)
        async with self._db.transaction() as tx:
            ctx = Ctx(tx=tx, now=self._clock.now(), real_now=self._clock.real_now(), settings=self._settings)
            await consumer.run(ctx, job)
            if undeclared := {type(e) for e in ctx.events} - consumer.emits - {RightsChanged}:
                raise TypeError(f"job {row['name']} emits {undeclared} without declaring it")
            if await tx.execute(CLOSE, row["id"], claim, "done", None) != "UPDATE 1":
                raise Superseded
            left = await outbox.finish([ctx], self._vault)
        self._publisher.publish(left)

    async def _failed(self, consumer: Consumer | None, row: Any, claim: UUID, error: Exception) -> None:
        """Try again later with back-off; after the declared number of tries, a dead letter."""
        dead = consumer is None or (row["attempts"] >= consumer.job.spec.attempts and not is_rerun(error))
        metrics.JOBS.labels(row["name"], "dead" if dead else "retry").inc()
        log.warning("job_failed", job=row["name"], attempt=row["attempts"], error=type(error).__name__, dead=dead)
        try:
            async with self._db.transaction() as tx:
                if dead:
                    await tx.execute(CLOSE, row["id"], claim, "dead", type(error).__name__)
                else:
                    pause = timedelta(0) if is_rerun(error) else BACKOFF * 2 ** min(row["attempts"] - 1, 8)
                    await tx.execute(
                        "UPDATE job SET retry_at = now() + $3::interval, problem = $4 WHERE id = $1 AND claim = $2",
                        row["id"],
                        claim,
                        pause,
                        type(error).__name__,
                    )
        except Exception:
            log.warning("job_failure_unrecorded", job=row["name"])  # the visibility time-out brings it back

    async def _keep_house(self) -> None:
        """Partitions ahead, old receipts and ended jobs away."""
        while True:
            try:
                async with self._db.transaction() as tx:
                    await tx.execute("SELECT carewire_partitions()")
                    await receipts.prune(tx)
                    await tx.execute("DELETE FROM job WHERE state = 'done' AND ended_at < now() - interval '7 days'")
            except Exception as error:
                log.warning("house_keeping_failed", error=type(error).__name__)
            await asyncio.sleep(KEEP_HOUSE_S)
