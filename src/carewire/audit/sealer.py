"""The sealer: each second it chains what has committed. Every node has one, and whoever looks first seals.

A row is sealed when every transaction as old as its own has ended; then none can appear before it any more, in whatever
order they committed. Its place is known by transaction id, never by time.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from carewire import metrics
from carewire.audit.chain import START, Position, Seal, root_of
from carewire.audit.entry import Keys
from carewire.clock import Clock
from carewire.errors import Refusal
from carewire.store.db import Database

log = structlog.get_logger("carewire.audit")

EACH_S: Final = 1.0
YOUNG: Final = timedelta(seconds=0.6)
"""Rows that all are younger wait for the next look: so many nodes seal hardly more often than one."""
LATE: Final = timedelta(seconds=5)
"""A row that waits longer to be sealed is an alarm."""
ROWS_MAX: Final = 2_000
"""Most rows of one seal."""
KEPT_EACH: Final = timedelta(minutes=1)

_UNSEALED: Final = "SELECT *, xid::text AS at_xid FROM carewire_audit_unsealed($1, $2, $3)"
# Only behind the seal that it follows, and in the database whose rows it lists: another node may have been quicker, and
# a restored database may not have them.
_STORE: Final = """INSERT INTO audit_seal (n, era, xid, last, rows, leaves, epoch, key, root, at)
    SELECT $1, $2, $3::text::xid8, $4, $5, $6, $7, $8, $9, $10
     WHERE carewire_epoch() = $7
       AND coalesce((SELECT root FROM audit_seal WHERE n = (SELECT max(n) FROM audit_seal)), ''::bytea) = $11
    ON CONFLICT DO NOTHING RETURNING n"""


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
        """Say how long the oldest row has waited, and seal what can be, unless another node has just done so."""
        found = await self.find(self._clock.real_now() - YOUNG)
        oldest = found["oldest"]
        waited = timedelta(0) if oldest is None else max(self._clock.real_now() - oldest, timedelta(0))
        metrics.AUDIT_UNSEALED_SECONDS.set(waited.total_seconds())
        if waited > LATE and not self._late:
            log.error("audit_unsealed", seconds=round(waited.total_seconds(), 1))
        self._late = waited > LATE
        if await self.link(found) == ROWS_MAX:
            await self.seal()

    async def seal(self) -> int:
        """Chain everything that can be, however young; answers how many rows this node chained."""
        sealed = 0
        while True:
            rows = await self.link(await self.find(None))
            sealed += rows
            if rows < ROWS_MAX:
                return sealed

    async def find(self, older: datetime | None) -> Any:
        """What `carewire_audit_unsealed` tells: since when the oldest row waits, and what to seal if it is so old."""
        async with self._db.alone() as tx:
            return await tx.fetchrow(_UNSEALED, START.id, older, ROWS_MAX)

    async def link(self, found: Any) -> int:
        """Chain what was found; answers how many rows: 0 when there are none, or another node was quicker."""
        if not found["rows"]:
            return 0
        seal = Seal(
            n=found["n"] + 1,
            position=Position(found["era"], int(found["at_xid"]), found["id"]),
            rows=found["rows"],
            leaves=found["leaves"],
            epoch=found["epoch"],
            key=self._keys.fingerprint,
            root=b"",
            at=self._clock.real_now(),
        )
        seal = seal._replace(root=root_of(seal, found["before"], self._keys))
        era, xid, last = seal.position
        async with self._db.alone() as tx:
            stored = await tx.fetchval(_STORE, seal.n, era, str(xid), last, *seal[2:], found["before"])
        if stored is None:
            return 0
        metrics.AUDIT_SEALED.inc(seal.rows)
        await self._keep(seal)
        return seal.rows

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
