"""The Redis stream between relay and workers, read by FastStream's consumer group.

It carries ids and nothing else, and may be lost at any moment: a row stays open until its consumer's transaction
commits, and is relayed again. So trimming, FLUSHALL and a lost publish cost time, never a job.

FastStream (0.7.8) stops reading for good when the group is gone, sits out five seconds after a lost connection, and
creates its group at the stream's end. The keeper makes the group from the beginning and starts the readers anew when
one of them has stopped or the server has not answered.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from uuid import UUID

import redis.asyncio
import structlog
from faststream import AckPolicy
from faststream.redis import RedisBroker, StreamSub
from redis.exceptions import RedisError, ResponseError

from carewire import metrics
from carewire.jobs import rows
from carewire.jobs.hints import FIELD, LENGTH_MAX, WAKE, stream_name

log = structlog.get_logger("carewire.jobs")

GROUP: Final = "workers"
LANES: Final = 6
"""Jobs a worker runs at once. Each lane takes one entry at a time, so that a stopping worker has none in hand."""
BLOCK_MS: Final = 1_000
WATCH_S: Final = 0.5
TIMEOUT_S: Final = 2.0
DRAIN_S: Final = 15.0

_SILENT: Final = logging.getLogger("carewire.faststream")
_SILENT.disabled = True  # it would log whole entries and tracebacks; the keeper says what matters
AWAY: Final = (RedisError, OSError, TimeoutError)


class Stream:
    """One worker's end of the stream. `handle` is given each id; it raises when it could not even look."""

    def __init__(
        self,
        url: str,
        *,
        deployment: str,
        node: str,
        handle: Callable[[UUID], Awaitable[Any]],
        wake: Callable[[], None],
    ) -> None:
        self._url, self._name, self._node = url, stream_name(deployment), node
        self._handle, self._wake = handle, wake
        self._client = redis.asyncio.Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=None
        )
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self.reading = False
        """Is the group being read here?"""

    def start(self) -> None:
        """Begin to read, now or as soon as the server is there."""
        self._task = asyncio.create_task(self._keep(), name="stream")

    async def stop(self) -> None:
        """Read nothing new, wait for what runs."""
        self._stopping.set()
        if self._task is not None:
            await self._task
        await self._client.aclose()

    async def send(self, ids: Sequence[UUID]) -> None:
        """Give ids to the group. Raises what redis-py raises; some may have arrived all the same."""
        async with self._client.pipeline(transaction=False) as pipe:
            for job_id in ids:
                pipe.xadd(self._name, {FIELD: str(job_id)}, maxlen=LENGTH_MAX, approximate=True)
            await pipe.execute()

    async def _keep(self) -> None:
        while not self._stopping.is_set():
            broker: RedisBroker | None = None
            try:
                await self._make_group()
                broker = self._build()
                await broker.start()
                self.reading = True
                self._wake()  # what waited for the stream need not wait for the next look
                await self._watch(broker)
            except AWAY as error:
                log.warning("stream_away", error=type(error).__name__)
            finally:
                self.reading = False
                metrics.JOBS_STREAM.set(0)
                if broker is not None:
                    with contextlib.suppress(*AWAY):
                        await broker.stop()
            await self._pause()

    async def _make_group(self) -> None:
        try:
            await self._client.xgroup_create(self._name, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _watch(self, broker: RedisBroker) -> None:
        """Until a reader has stopped, the group is gone, or the server is. Raises in the last case."""
        metrics.JOBS_STREAM.set(1)
        while not self._stopping.is_set() and all(s.running for s in broker.subscribers):
            await self._make_group()
            await self._pause()

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WATCH_S):
                await self._stopping.wait()

    def _build(self) -> RedisBroker:
        broker = RedisBroker(
            self._url,
            logger=_SILENT,
            apply_types=False,
            graceful_timeout=DRAIN_S,
            socket_connect_timeout=TIMEOUT_S,
        )
        idle_ms = int(rows.VISIBILITY.total_seconds() * 1000)
        for lane in range(LANES):
            read = StreamSub(
                self._name, group=GROUP, consumer=f"{self._node}-{lane}", polling_interval=BLOCK_MS, max_records=1
            )
            broker.subscriber(stream=read, ack_policy=AckPolicy.NACK_ON_ERROR)(self._take)
        # What a killed worker had in hand: entries nobody has acknowledged for a while (XAUTOCLAIM).
        left = StreamSub(
            self._name, group=GROUP, consumer=f"{self._node}-left", polling_interval=BLOCK_MS, min_idle_time=idle_ms
        )
        broker.subscriber(stream=left, ack_policy=AckPolicy.NACK_ON_ERROR)(self._take)
        return broker

    async def _take(self, body: bytes) -> None:
        if body == WAKE:
            self._wake()
            return
        try:
            job_id = UUID(bytes(body).decode())
        except ValueError:
            metrics.JOBS_STRAY.inc()  # not of ours; acknowledged, or it would come again for ever
            return
        await self._handle(job_id)
