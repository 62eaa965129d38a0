"""Running one job: a claim in a short transaction, then its work, then an end that only the holder of the claim writes.

A consumer works in the transaction that closes its row, so its effect happens once. An errand leaves the house between
two transactions: what was begun stands in the row (`doubt`) before it leaves, how it ended after it came back.
"""

import asyncio
import random
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import msgspec
import structlog

from carewire import metrics
from carewire.clock import Clock
from carewire.command import Ctx
from carewire.jobs import rows
from carewire.jobs.job import REGISTRY, Consumer, Job, Trip
from carewire.jobs.problems import Permanent, Problem, Temporary
from carewire.jobs.rows import Row
from carewire.jobs.vault import Vault
from carewire.rights import RightsChanged
from carewire.settings import Settings
from carewire.store import outbox
from carewire.store.constraints import is_rerun
from carewire.store.db import Database
from carewire.transact import Publisher

log = structlog.get_logger("carewire.jobs")

BACKOFF: Final = timedelta(seconds=2)
BACKOFF_DOUBLINGS: Final = 8
ATTEMPTS_UNKNOWN: Final = 20
"""Tries of a job nobody here knows: in a rolling update the others may, within the hours that takes."""
ERRAND_S: Final = 12.0
"""An errand that is not back by then counts as failed without a word; well below `rows.VISIBILITY`."""


class Superseded(Exception):
    """The job was replaced or taken over while it ran."""


class Executor:
    """Runs jobs of one node, whoever brings them: the table or the stream."""

    def __init__(self, *, db: Database, clock: Clock, settings: Settings, publisher: Publisher) -> None:
        self._db, self._clock, self._settings, self._publisher = db, clock, settings, publisher
        self._vault = Vault(settings.secret)

    async def claim_due(self, limit: int) -> list[tuple[Row, UUID]]:
        """Take what is due now, each with its claim."""
        claim = uuid4()
        async with self._db.alone() as tx:
            return [(row, claim) for row in await rows.claim_due(tx, claim, self._clock.now(), limit)]

    async def run_one(self, job_id: UUID) -> bool:
        """Claim and run this job; False when there is nothing to do (done, replaced, or in other hands)."""
        claim = uuid4()
        async with self._db.alone() as tx:
            row = await rows.claim_one(tx, claim, self._clock.now(), job_id)
        if row is None:
            return False
        await self.run(row, claim)
        return True

    async def run(self, row: Row, claim: UUID) -> None:
        """Run a claimed job to its end: done, tried again later, or dead. Raises nothing but cancellation."""
        consumer = REGISTRY.get(row.name)
        try:
            if consumer is None:
                raise Temporary("no_consumer")
            if row.expires_at is not None and row.expires_at <= self._clock.real_now():
                await self._end(row, claim, "expired", wipe=True)
            elif consumer.outside:
                await self._go_out(consumer, row, claim)
            else:
                await self._work(consumer, row, claim)
        except Superseded:
            metrics.JOBS.labels(row.name, "superseded").inc()
        except Exception as error:
            await self._failed(consumer, row, claim, error)
        else:
            metrics.JOBS.labels(row.name, "done").inc()

    async def _work(self, consumer: Consumer, row: Row, claim: UUID) -> None:
        job = self._read(consumer, row)
        async with self._db.transaction() as tx:
            ctx = Ctx(tx=tx, now=self._clock.now(), real_now=self._clock.real_now(), settings=self._settings)
            await consumer.run(ctx, job)
            if undeclared := {type(e) for e in ctx.events} - consumer.emits - {RightsChanged}:
                raise TypeError(f"job {row.name} emits {undeclared} without declaring it")
            if not await rows.close(tx, row.id, claim, "done", wipe=row.secret):
                raise Superseded
            left = await outbox.finish([ctx], self._vault)
        self._publisher.publish(left)

    async def _go_out(self, consumer: Consumer, row: Row, claim: UUID) -> None:
        trip = Trip(
            ref=row.id,
            doubtful=row.doubt,
            now=self._clock.now(),
            real_now=self._clock.real_now(),
            settings=self._settings,
            db=self._db,
        )
        job = self._read(consumer, row)
        try:
            async with asyncio.timeout(ERRAND_S):
                brought = await consumer.run(trip, job)
        except TimeoutError:
            raise Temporary("timeout", unclear=True) from None
        await self._end(row, claim, "done", wipe=row.secret, brought=brought)

    async def _end(self, row: Row, claim: UUID, state: str, *, wipe: bool, brought: Job | str | None = None) -> None:
        proof = brought if isinstance(brought, str) else None
        async with self._db.transaction() as tx:
            if not await rows.close(tx, row.id, claim, state, wipe=wipe, proof=proof):
                raise Superseded
            if isinstance(brought, Job):
                await rows.store(tx, self._clock.now(), [(brought, None, None)], self._vault)
        if isinstance(brought, Job):
            self._publisher.publish(outbox.Left([], [], True))

    def _read(self, consumer: Consumer, row: Row) -> object:
        raw = self._vault.open(row.name, row.payload) if row.secret else row.payload
        return msgspec.json.decode(raw, type=consumer.job)

    async def _failed(self, consumer: Consumer | None, row: Row, claim: UUID, error: Exception) -> None:
        """Try again later, later and later; after the declared number of tries, a dead letter."""
        tries = consumer.job.spec.attempts if consumer else ATTEMPTS_UNKNOWN
        dead = isinstance(error, Permanent) or (row.attempts >= tries and not is_rerun(error))
        reason = error.reason if isinstance(error, Problem) else type(error).__name__
        metrics.JOBS.labels(row.name, "dead" if dead else "retry").inc()
        log.warning("job_failed", job=row.name, attempt=row.attempts, reason=reason, dead=dead)
        # Only a clear no of the other side says that nothing has happened out there.
        unclear = consumer is not None and consumer.outside and not (isinstance(error, Problem) and not _unclear(error))
        try:
            async with self._db.transaction() as tx:
                if dead:
                    wipe = row.secret and (consumer is None or consumer.job.spec.secret)
                    await rows.close(tx, row.id, claim, "dead", wipe=wipe, problem=reason)
                else:
                    await rows.postpone(
                        tx, row.id, claim, pause_after(row.attempts, error), reason, doubt=unclear or row.doubt
                    )
        except Exception:
            log.warning("job_failure_unrecorded", job=row.name)  # the visibility time-out brings it back


def pause_after(attempts: int, error: Exception) -> timedelta:
    """How long to leave a job alone: twice as long each time, give or take a half, so that many do not come at once."""
    if is_rerun(error):
        return timedelta(0)
    return BACKOFF * (2.0 ** min(attempts - 1, BACKOFF_DOUBLINGS) * random.uniform(0.5, 1.5))


def _unclear(problem: Problem) -> bool:
    return isinstance(problem, Temporary) and problem.unclear
