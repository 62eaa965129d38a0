"""Periodic jobs: each occurrence is enqueued once, however many nodes look and whoever is killed.

There is no leader to elect, lose or believe in wrongly. A tick is one transaction: whoever gets its advisory lock leads
for this tick, enqueues what is due and moves each row of `schedule` on; all of it commits or none of it does.
Occurrences that nobody was there for are one: the next tick makes up for them once.
"""

import time
from datetime import datetime, timedelta
from typing import Final

import structlog

from carewire.clock import Clock
from carewire.jobs import rows
from carewire.jobs.job import PERIODIC
from carewire.jobs.vault import Vault
from carewire.settings import Settings
from carewire.store.db import Database

log = structlog.get_logger("carewire.jobs")

LOCK: Final = 0x_CA4E_5C4E
"""The advisory lock of one tick."""
ANEW_S: Final = 10.0
"""So often the table is read although nothing is due in it: another version's node may have changed a plan."""


class Scheduler:
    """Looks at the declared plans. `tick` may be called by any number of nodes at once."""

    def __init__(self, *, db: Database, clock: Clock, settings: Settings) -> None:
        self._db, self._clock = db, clock
        self._vault = Vault(settings.secret)
        self._next: datetime | None = None
        self._looked = 0.0

    async def look(self) -> list[str]:
        """`tick` if something may be due: by what was read last, which is read anew every few seconds."""
        now, looked = self._clock.now(), time.monotonic()
        if self._next is not None and now < self._next and looked - self._looked < ANEW_S:
            return []
        self._next = None
        due = await self.tick()
        self._looked = looked
        return due

    async def tick(self) -> list[str]:
        """Enqueue what is due; answers the names. Nothing when another node is at it."""
        async with self._db.transaction() as tx:
            if not await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK):
                return []
            now = self._clock.now()
            known = {r["name"]: r for r in await tx.fetch("SELECT name, plan, next_at FROM schedule")}
            due: list[str] = []
            jobs: list[rows.Given] = []
            nexts: list[datetime] = []
            for name, job in PERIODIC.items():
                plan = job.spec.plan
                assert plan is not None
                row = known.get(name)
                next_at = row["next_at"] if row is not None else now
                if row is None or row["plan"] != str(plan):
                    next_at = now if plan.every else plan.after(now)
                    await tx.execute(
                        "INSERT INTO schedule (name, plan, next_at) VALUES ($1, $2, $3)"
                        " ON CONFLICT (name) DO UPDATE SET plan = EXCLUDED.plan, next_at = EXCLUDED.next_at",
                        name,
                        str(plan),
                        next_at,
                    )
                elif next_at <= now:
                    due.append(name)
                    # The key tells the occurrences apart: a slow one does not swallow the next.
                    jobs.append((job(), now, f"every:{name}:{next_at.isoformat()}"))
                    next_at = plan.after(now)
                    await tx.execute(
                        "UPDATE schedule SET last_at = next_at, next_at = $2 WHERE name = $1", name, next_at
                    )
                nexts.append(next_at)
            if due:
                await rows.store(tx, now, jobs, self._vault)
        self._next = min(nexts, default=now + timedelta(seconds=ANEW_S))
        return due
