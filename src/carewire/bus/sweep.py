"""The sweep: once a second the record is asked for events whose hints were lost, also the last ones.

By transaction id: a timestamp would miss a row that was stamped before a sweep and committed after it.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from carewire import metrics
from carewire.store.db import Database
from carewire.tasks import end

log = structlog.get_logger("carewire.hub")

SWEEP_S: Final = 1.0

RECENT: Final = """SELECT topic, max("offset") AS last FROM event WHERE xid >= $1::text::xid8 GROUP BY topic"""
HEADS: Final = """SELECT topic, "offset" AS last FROM topic_head WHERE topic = ANY($1)"""


def with_moment(rows: str) -> str:
    """The rows and the moment they are of, in one statement: one snapshot. A row without a topic is only the moment."""
    return f"""SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin, carewire_epoch() AS epoch, topic, last
                 FROM (SELECT) AS moment LEFT JOIN ({rows}) AS found ON true"""


HEADS_NOW: Final = with_moment(HEADS)
RECENT_NOW: Final = with_moment(RECENT)


class Sweep:
    """One node's. `topics` are those it cares for; `found` is told the highest offset of a topic that moved; `swept`
    is called after each try, also a failed one."""

    def __init__(
        self,
        db: Database,
        topics: Callable[[], list[str]],
        found: Callable[[str, int], None],
        swept: Callable[[], None],
    ) -> None:
        self._db = db
        self._topics = topics
        self._found = found
        self._swept = swept
        self.seen: str | None = None
        """Everything of older transactions has been seen."""
        self._connects = 0
        self._now = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Once a second from now on."""
        self._task = asyncio.create_task(self._run(), name="hub-sweep")

    async def stop(self) -> None:
        """End."""
        await end(self._task)

    def hasten(self) -> None:
        """Hints may have been lost: sweep at once."""
        self._now.set()

    def forget(self) -> None:
        """Another database: its transaction ids say nothing about those of the old one."""
        self.seen = None

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(SWEEP_S):
                    await self._now.wait()
            except TimeoutError:
                pass
            self._now.clear()
            try:
                await self.sweep()
            except Exception as error:  # the sweep is what makes lost hints harmless: nothing may end it
                log.warning("sweep_failed", error=type(error).__name__)
            self._swept()

    async def sweep(self) -> None:
        """Look once.

        After any new connection by the heads of our topics instead: a server that crashed gives out again the ids of
        transactions that never reached its log, and a restored one starts from much older ones.
        """
        with metrics.SWEEP_SECONDS.time():
            while True:
                async with self._db.alone() as tx:
                    # Now that there is a connection: making it may have been what counts.
                    connects, seen = self._db.connects, self.seen
                    afresh = seen is None or connects != self._connects
                    rows = await (tx.fetch(HEADS_NOW, self._topics()) if afresh else tx.fetch(RECENT_NOW, seen))
                self._db.heed(rows[0]["epoch"])
                if afresh or self.seen is not None:
                    break
            self.seen, self._connects = rows[0]["xmin"], connects
        for row in rows:
            if row["topic"] is not None:
                self._found(row["topic"], row["last"])
