"""One socket of a client: requests out, replies matched, notifications handed on."""

import asyncio
import itertools
from typing import Any, Protocol

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection

from carewire.client.refused import Refused


class Owner(Protocol):
    """Who is told what the socket hears."""

    numbers: "itertools.count[int]"

    def hear(self, wire: "Wire", name: str, params: dict[str, Any]) -> None:
        """A notification."""

    def lost(self, wire: "Wire") -> None:
        """The socket closed."""


class Wire:
    """One socket: sends requests, matches replies."""

    def __init__(self, connection: ClientConnection, client: Owner) -> None:
        self.connection = connection
        self.waiting: dict[int, asyncio.Future[Any]] = {}
        self.welcome: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._client = client
        self.reader = asyncio.create_task(self._read(), name="client-read")

    async def request(self, method: str, params: dict[str, Any]) -> Any:
        """Send once; raises `Refused`, or `ConnectionError` when the socket goes before the answer came."""
        number = next(self._client.numbers)
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting[number] = reply
        try:
            frame = msgspec.json.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
            await self.connection.send(frame, text=True)
            return await reply
        except websockets.ConnectionClosed as closed:
            raise ConnectionError("the socket closed") from closed
        finally:
            self.waiting.pop(number, None)

    async def _read(self) -> None:
        try:
            async for frame in self.connection:
                message = msgspec.json.decode(frame)
                if "method" in message:
                    self._client.hear(self, message["method"], message.get("params") or {})
                elif (reply := self.waiting.get(message.get("id"))) is not None and not reply.done():
                    if "error" in message:
                        reply.set_exception(Refused(message["error"]))
                    else:
                        reply.set_result(message["result"])
        except websockets.ConnectionClosed:
            pass
        finally:
            for reply in [*self.waiting.values(), self.welcome]:
                if not reply.done():
                    reply.set_exception(ConnectionError("the socket closed"))
                    reply.exception()
            self._client.lost(self)

    async def retire(self, grace_s: float) -> None:
        """Close once the replies under way have come, or after the grace."""
        if self.waiting:
            await asyncio.wait(self.waiting.values(), timeout=grace_s)
        await self.connection.close()
        await self.reader
