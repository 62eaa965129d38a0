"""The socket in use: opened, replaced when it goes, moved when the server asks for it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import websockets
from websockets.asyncio.client import connect

from carewire.client.refused import Backoff, Lost, Refused, pause_before
from carewire.client.wire import Wire

CONNECT_MAX_S: Final = 15.0
"""Opening, greeting, logging in and resuming together; then it is tried again."""
CLOSE_MAX_S: Final = 3.0
LASTING_S: Final = 5.0
"""A socket that lived this long was a good one: after it the first pause is short again."""

COME_BACK_NEVER: Final = 4200
LOGIN_ENDED: Final = 4104


class Link:
    """See the module. `greet` logs a new socket in and resumes; `adopted` hears that it is in use; `ended` why no more
    will come."""

    def __init__(
        self,
        url: str,
        *,
        greet: Callable[[Wire], Awaitable[None]],
        hear: Callable[[Wire, str, dict[str, Any]], None],
        adopted: Callable[[Wire], None],
        ended: Callable[[Exception], None],
        reconnect: bool,
        heartbeat_s: float,
        backoff: Backoff,
    ) -> None:
        self.url = url
        self.wire: Wire | None = None
        self.welcome: dict[str, Any] = {}
        self.skew_s = 0.0
        self.adoptions = 0
        self._greet, self._hear, self._adopted, self._ended = greet, hear, adopted, ended
        self._reconnect, self._heartbeat_s = reconnect, heartbeat_s
        self._end: Exception | None = Lost("the client is not open")
        self._changed = asyncio.Event()
        self._connecting = asyncio.Lock()
        self._backoff = backoff
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect once. Raises what stood in the way."""
        async with self._connecting:
            if self.wire is None:
                self._end = None
                self._changed.clear()
                try:
                    self._adopt(await self._connect())
                except BaseException:
                    self._end = Lost("the client is not open")
                    raise

    async def close(self) -> None:
        """End for good: whoever waits hears `Lost`."""
        self._finish(Lost("the client was closed"))
        mine = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not mine]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        wire, self.wire = self.wire, None
        if wire is not None:
            await wire.retire(0)

    async def ready(self) -> Wire:
        """The socket in use, as soon as there is one. Raises why there never will be."""
        while True:
            if self._end is not None:
                raise self._end.with_traceback(None)
            if self.wire is not None:
                return self.wire
            await self._changed.wait()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside; if it fails in a way nobody thought of, the client ends rather than falls silent."""
        if self._end is not None:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            lost = Lost(f"a bug in the client: {type(error).__name__}")
            lost.__cause__ = error
            self._finish(lost)

    # --- one socket after the other ------------------------------------------------------------------------------

    async def _connect(self) -> Wire:
        """A socket that is logged in and has resumed everything."""
        async with asyncio.timeout(CONNECT_MAX_S):
            try:
                connection = await connect(
                    self.url,
                    compression=None,
                    max_size=None,
                    open_timeout=None,
                    ping_interval=self._heartbeat_s,
                    ping_timeout=self._heartbeat_s,
                    close_timeout=CLOSE_MAX_S,
                )
            except (websockets.WebSocketException, EOFError) as error:
                raise ConnectionError(f"no websocket at {self.url}: {error}") from error
            wire = Wire(connection, self._heard, self._lost)
            try:
                self.welcome = await wire.welcome
                self.skew_s = wire.skew_s
                await self._greet(wire)
            except BaseException:
                connection.transport.abort()
                raise
        return wire

    def _adopt(self, wire: Wire) -> None:
        self.wire = wire
        self.adoptions += 1
        self._changed.set()
        self._adopted(wire)
        if wire.ended:
            self._lost(wire)  # it went in the moment it was ready, and nobody was told yet

    def _lost(self, wire: Wire) -> None:
        """A socket closed; if it was the one in use, come back as its close code says."""
        if wire is not self.wire:
            return
        self.wire = None
        self._changed.clear()
        if self._end is not None:
            return
        code = wire.close_code
        if not self._reconnect or code >= COME_BACK_NEVER or code == LOGIN_ENDED:
            self._finish(Lost(f"the server closed with {code} {wire.connection.close_reason or ''}".strip()))
            return
        if time.monotonic() - wire.born > LASTING_S:
            self._backoff.reset()
        self.spawn(self._come_back())

    def _finish(self, why: Exception) -> None:
        if self._end is None:
            self._end = why
            self._changed.set()
            self._ended(why)

    async def _come_back(self) -> None:
        at_least_s = 0.0
        while True:
            await asyncio.sleep(self._backoff.next(at_least_s))
            async with self._connecting:
                if self.wire is not None:
                    return  # a move that was under way has brought one
                try:
                    self._adopt(await self._connect())
                    return
                except Refused as refused:
                    pause = pause_before(refused.retry)
                    if pause is None:
                        self._finish(refused)
                        return
                    at_least_s = pause
                except OSError:
                    at_least_s = 0.0

    # --- moving --------------------------------------------------------------------------------------------------

    def _heard(self, wire: Wire, name: str, params: dict[str, Any]) -> None:
        if name == "socket:moving":
            if wire is self.wire:
                self.spawn(self._move(wire, params.get("after_ms", 0) / 1000, params.get("grace_ms", 10_000) / 1000))
        else:
            self._hear(wire, name, params)

    async def _move(self, old: Wire, after_s: float, grace_s: float) -> None:
        """Make before break: the old socket delivers until the new one has resumed; it closes when its replies came."""
        await asyncio.sleep(after_s)
        backoff = Backoff()
        while True:
            async with self._connecting:
                if self.wire is not old:
                    return
                try:
                    self._adopt(await self._connect())
                    break
                except (OSError, Refused):
                    pass  # there is time until the old one closes
            await asyncio.sleep(backoff.next())
        await old.retire(grace_s)
