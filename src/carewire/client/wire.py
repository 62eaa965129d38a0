"""One socket of a client: requests out, replies matched, notifications handed on, all in the order of the frames."""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection

from carewire.client.refused import Refused

Then = Callable[["Wire", Any], None]
"""What is done with a result in the very moment its frame is read, before any later frame is looked at."""

PROTOCOL_ERROR: Final = 1002

log = logging.getLogger("carewire.client")


class Wire:
    """One socket. `hear(wire, name, params)` gets every notification, `lost(wire)` is called once, at its end."""

    def __init__(
        self,
        connection: ClientConnection,
        hear: Callable[["Wire", str, dict[str, Any]], None],
        lost: Callable[["Wire"], None],
    ) -> None:
        self.connection = connection
        self.born = time.monotonic()
        self.skew_s = 0.0
        """How far the server's clock is ahead of ours."""
        self.welcome: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._hear, self._lost = hear, lost
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[asyncio.Future[Any], Then | None]] = {}
        self._room = asyncio.Semaphore(1)
        self._frame_bytes_max = 0
        self._reader = asyncio.get_running_loop().create_task(self._read(), name="client-read")

    @property
    def ended(self) -> bool:
        """The socket is gone and everything it brought has been handed on."""
        return self._reader.done()

    @property
    def close_code(self) -> int:
        """Why it ended, as a close code; 1006 when the line went without a word."""
        return self.connection.close_code or 1006

    async def request(self, method: str, params: dict[str, Any], then: Then | None = None) -> Any:
        """Send once. Raises `Refused`, `ValueError` for what the server would not take, and `ConnectionError` when
        the socket goes before the answer came. No more are in flight than the server allows; others queue up here."""
        number = next(self._numbers)
        frame = msgspec.json.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        if len(frame) > self._frame_bytes_max:
            # The server would close the socket, and a command that is sent again would do so for ever.
            raise ValueError(f"{method}: {len(frame)} bytes; the server takes {self._frame_bytes_max}")
        async with self._room:
            reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._waiting[number] = (reply, then)
            try:
                await self.connection.send(frame, text=True)
                return await reply
            except websockets.ConnectionClosed as closed:
                # What had arrived before the end is still read: the answer may be in it.
                await asyncio.wait({self._reader})
                if reply.done() and not reply.cancelled() and not isinstance(reply.exception(), ConnectionError):
                    return reply.result()
                raise ConnectionError("the socket closed") from closed
            finally:
                self._waiting.pop(number, None)

    async def _read(self) -> None:
        try:
            async for frame in self.connection:
                self._take(msgspec.json.decode(frame))
        except (websockets.ConnectionClosed, asyncio.CancelledError):
            pass
        except Exception as error:
            # Not our server, or a bug: nothing after a frame that was not understood can be trusted.
            log.error("a frame was not understood: %s", type(error).__name__)
            await self.connection.close(PROTOCOL_ERROR)
        finally:
            # Told before anybody wakes who waited, and after this task is over.
            asyncio.get_running_loop().call_soon(self._lost, self)
            gone = ConnectionError("the socket closed")
            for reply in [*(future for future, _ in self._waiting.values()), self.welcome]:
                if not reply.done():
                    reply.set_exception(gone)
                    reply.exception()  # whoever waited may be gone as well

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            name, params = message["method"], message.get("params") or {}
            if name == "socket:welcome":
                self._greeted(params)
            self._hear(self, name, params)
            return
        reply, then = self._waiting.get(message["id"], (None, None))
        if reply is None or reply.done():
            return
        if "error" in message:
            reply.set_exception(Refused(message["error"]))
            return
        if then is not None:
            then(self, message["result"])
        reply.set_result(message["result"])

    def _greeted(self, params: dict[str, Any]) -> None:
        if self.welcome.done():
            return
        self.skew_s = datetime.fromisoformat(params["server_time"]).timestamp() - time.time()
        self._frame_bytes_max = params["limits"]["frame_bytes"]
        self._room = asyncio.Semaphore(params["limits"]["in_flight"])
        self.welcome.set_result(params)

    async def retire(self, grace_s: float) -> None:
        """Close once the replies under way have come, or after the grace."""
        if under_way := [reply for reply, _ in self._waiting.values()]:
            await asyncio.wait(under_way, timeout=grace_s)
        await self.connection.close()
        await asyncio.wait({self._reader})
