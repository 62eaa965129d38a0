"""Gaps closed from the record: 20 ms after one shows, because a crossing hint usually closes it first.

What cannot be healed in five seconds becomes an explicit `topic:resync`. Never a silent gap, never a guess.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from carewire import metrics
from carewire.bus.channel import Channel, Subscription
from carewire.bus.frame import Stored, event_text
from carewire.store import outbox
from carewire.store.db import Database
from carewire.tasks import end

log = structlog.get_logger("carewire.hub")

CROSSING_S: Final = 0.02
RETRY_S: Final = 0.1
HEAL_MAX_S: Final = 5.0
PAGE: Final = 300


class Healing:
    """The gaps of one hub's channels."""

    def __init__(
        self, db: Database, channels: Mapping[str, Channel], resync: Callable[[Subscription, str], None]
    ) -> None:
        self._db = db
        self._channels = channels
        self.resync = resync
        self._running: dict[str, asyncio.Task[None]] = {}

    def heal(self, channel: Channel) -> None:
        """This channel is behind: read what it lacks, unless somebody does already."""
        if channel.name not in self._running:
            task = asyncio.create_task(self._read_back(channel), name="hub-heal")
            self._running[channel.name] = task
            task.add_done_callback(lambda done: self._healed(channel, done))

    def forget(self, channel: Channel) -> None:
        """Nobody listens any more."""
        if (task := self._running.pop(channel.name, None)) is not None:
            task.cancel()

    async def stop(self) -> None:
        """End."""
        await end(*self._running.values())

    def _healed(self, channel: Channel, task: asyncio.Task[None]) -> None:
        if self._running.get(channel.name) is task:
            del self._running[channel.name]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("heal_failed", error=type(error).__name__)

    async def _read_back(self, channel: Channel) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await asyncio.sleep(CROSSING_S)
        while channel.behind and self._channels.get(channel.name) is channel:
            before = channel.position
            for row in await self._missing(channel):
                if row.offset > (channel.position or 0):
                    metrics.HINTS_LOST.inc()
                channel.accept(row.offset, event_text(row))
            if channel.position != before:
                started = loop.time()
                if not channel.behind:
                    metrics.GAPS_HEALED.inc()
            elif channel.behind:
                if loop.time() - started > HEAL_MAX_S:
                    # Who is still joining has an answer coming that is newer than this gap.
                    for subscription in channel.following():
                        self.resync(subscription, "unhealed")
                    return
                await asyncio.sleep(RETRY_S)

    async def _missing(self, channel: Channel) -> list[Stored]:
        """The next events after what was forwarded; none when the database is away, or is not the one of before."""
        epoch = self._db.epoch
        try:
            async with self._db.snapshot() as tx:
                rows = await outbox.read(tx, channel.name, channel.position or 0, PAGE)
        except Exception as error:  # whatever it is, the gap stays a gap and has to be told in the end
            log.warning("heal_waits", error=type(error).__name__)
            return []
        return rows if epoch == self._db.epoch else []
