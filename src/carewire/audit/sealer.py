"""The sealer: each second it chains what has committed. Every node has one, and whoever gets the lock seals.

A row is sealed when every transaction as old as its own has ended; then none can appear before it any more, in whatever
order they committed. Its place is known by transaction id, never by time.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from carewire import metrics
from carewire.audit.chain import AFTER, COLUMNS, START, Position, Seal, root_of
from carewire.audit.entry import Keys
from carewire.clock import Clock
from carewire.errors import Refusal
from carewire.store.db import Database, Tx

log = structlog.get_logger("carewire.audit")

LOCK: Final = 0x_CA4E_5EA1
"""The advisory lock of who seals."""
EACH_S: Final = 1.0
LATE: Final = timedelta(seconds=5)
"""A row that waits longer to be sealed is an alarm."""
ROWS_MAX: Final = 2_000
"""Most rows of one seal."""
KEPT_EACH: Final = timedelta(minutes=1)

# The leaves are made where the rows are: two thousand of them on the way to a node and back would cost ten times more.
_ENDED: Final = f"""WITH ended AS (
        SELECT id, era, xid, hash FROM audit
         WHERE {AFTER} AND (era < (SELECT audit_era FROM deployment) OR xid < pg_snapshot_xmin(pg_current_snapshot()))
         ORDER BY era, xid, id LIMIT {ROWS_MAX}
    )
    SELECT (SELECT count(*) FROM ended) AS rows, last.era, last.xid::text AS xid, last.id, carewire_epoch() AS epoch,
           (SELECT string_agg(uuid_send(id) || sha256(hash || int4send(era) || xid8send(xid)), ''::bytea
                              ORDER BY era, xid, id) FROM ended) AS leaves
      FROM (SELECT era, xid, id FROM ended ORDER BY era DESC, xid DESC, id DESC LIMIT 1) last"""
# Along the index, whatever the planner believes: it thinks that few rows are left, and would sort a backlog each time.
_ORDERLY: Final = "set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true)"


class Sealer:
    """One node's. `roots`: a file, better on another machine, to which the newest root is added every minute."""

    def __init__(self, *, db: Database, clock: Clock, keys: Keys, roots: Path | None = None) -> None:
        self._db, self._clock, self._keys, self._roots = db, clock, keys, roots
        self._task: asyncio.Task[None] | None = None
        self._late = False
        self._kept: Seal | None = None

    def start(self) -> None:
        """Each second from now on."""
        self._task = asyncio.create_task(self._run(), name="audit-sealer")

    async def stop(self) -> None:
        """Seal what is left and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            with suppress(Refusal):
                await self.seal()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EACH_S)
            try:
                await self.look()
            except Exception as error:  # what is not sealed now is sealed later, and is an alarm meanwhile
                log.warning("audit_unsealed", error=type(error).__name__)

    async def look(self) -> None:
        """Say how long the oldest row has waited, and seal what can be."""
        async with self._db.alone() as tx:
            oldest = await tx.fetchval("SELECT carewire_audit_oldest($1)", START.id)
        waited = timedelta(0) if oldest is None else max(self._clock.real_now() - oldest, timedelta(0))
        metrics.AUDIT_UNSEALED_SECONDS.set(waited.total_seconds())
        if waited > LATE and not self._late:
            log.error("audit_unsealed", seconds=round(waited.total_seconds(), 1))
        self._late = waited > LATE
        if oldest is not None:
            await self.seal()

    async def seal(self) -> int:
        """Chain everything that can be; answers how many rows. Nothing while another node is at it."""
        sealed = 0
        while True:
            async with self._db.transaction() as tx:
                if not await tx.fetchval(f"SELECT pg_try_advisory_xact_lock($1), {_ORDERLY}", LOCK):
                    return sealed
                seal = await self._link(tx)
            if seal is None:
                return sealed
            sealed += seal.rows
            metrics.AUDIT_SEALED.inc(seal.rows)
            await self._keep(seal)
            if seal.rows < ROWS_MAX:
                return sealed

    async def _link(self, tx: Tx) -> Seal | None:
        """The next link, stored; None when there is nothing to chain."""
        row = await tx.fetchrow(f"SELECT {COLUMNS} FROM audit_seal ORDER BY n DESC LIMIT 1")
        before = Seal.of(tuple(row)) if row is not None else None
        era, xid, last = before.position if before else START
        found = await tx.fetchrow(_ENDED, era, str(xid), last)
        if found is None:
            return None
        seal = Seal(
            n=before.n + 1 if before else 1,
            position=Position(found["era"], int(found["xid"]), found["id"]),
            rows=found["rows"],
            leaves=found["leaves"],
            epoch=found["epoch"],
            key=self._keys.fingerprint,
            root=b"",
            at=self._clock.real_now(),
        )
        seal = seal._replace(root=root_of(seal, before.root if before else b"", self._keys))
        await tx.execute(
            "INSERT INTO audit_seal (n, era, xid, last, rows, leaves, epoch, key, root, at)"
            " VALUES ($1, $2, $3::text::xid8, $4, $5, $6, $7, $8, $9, $10)",
            seal.n,
            seal.position.era,
            str(seal.position.xid),
            seal.position.id,
            *seal[2:],
        )
        return seal

    async def _keep(self, seal: Seal) -> None:
        if self._roots is None or (self._kept is not None and seal.at - self._kept.at < KEPT_EACH):
            return
        try:
            await asyncio.to_thread(append, self._roots, line(seal))
            self._kept = seal
        except OSError as error:
            log.error("audit_root_unkept", error=type(error).__name__)


def line(seal: Seal) -> str:
    """A root as it is kept elsewhere."""
    return f"{seal.n} {seal.root.hex()} {seal.at.isoformat()}"


def append(path: Path, text: str) -> None:
    """Add a line to a file of roots."""
    with path.open("a") as file:
        file.write(text + "\n")
