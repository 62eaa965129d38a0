"""Periodic jobs: each occurrence is enqueued once, however many nodes look and whoever is killed.

There is no leader to elect, lose or believe in wrongly. A tick is one transaction: whoever gets its advisory lock leads
for this tick, enqueues what is due and moves each row of `schedule` on; all of it commits or none of it does.
Occurrences that nobody was there for are one: the next tick makes up for them once.
"""

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


class Scheduler:
    """Looks at the declared plans. `tick` may be called by any number of nodes at once."""

    def __init__(self, *, db: Database, clock: Clock, settings: Settings) -> None:
        self._db, self._clock = db, clock
        self._vault = Vault(settings.secret)

    async def tick(self) -> list[str]:
        """Enqueue what is due; answers the names. Nothing when another node is at it."""
        async with self._db.transaction() as tx:
            if not await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK):
                return []
            now = self._clock.now()
            known = {r["name"]: r for r in await tx.fetch("SELECT name, plan, next_at FROM schedule")}
            due: list[str] = []
            jobs: list[rows.Given] = []
            for name, job in PERIODIC.items():
                plan = job.spec.plan
                assert plan is not None
                row = known.get(name)
                if row is None or row["plan"] != str(plan):
                    await tx.execute(
                        "INSERT INTO schedule (name, plan, next_at) VALUES ($1, $2, $3)"
                        " ON CONFLICT (name) DO UPDATE SET plan = EXCLUDED.plan, next_at = EXCLUDED.next_at",
                        name,
                        str(plan),
                        now if plan.every else plan.after(now),
                    )
                elif row["next_at"] <= now:
                    due.append(name)
                    # The key tells the occurrences apart: a slow one does not swallow the next.
                    jobs.append((job(), now, f"every:{name}:{row['next_at'].isoformat()}"))
                    await tx.execute(
                        "UPDATE schedule SET last_at = next_at, next_at = $2 WHERE name = $1", name, plan.after(now)
                    )
            if due:
                await rows.store(tx, now, jobs, self._vault)
            return due
