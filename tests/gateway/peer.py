"""A websocket peer that sends whatever bytes it is told to, and an echo server behind our websocket class."""

import asyncio
import contextlib
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from carewire.gateway import server
from carewire.gateway.lane import EXTENSION
from carewire.settings import Settings
from tests.gateway.streams import apply
from tests.patience import PATIENCE_S

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HEADERS = {
    "Host": "h",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True, size: int | None = None
) -> bytes:
    """A client frame; `size` claims another length than the payload has."""
    size = len(payload) if size is None else size
    head = bytes((fin << 7 | rsv << 4 | opcode,))
    bit = 0x80 if masked else 0
    if size < 126:
        head += bytes((bit | size,))
    elif size < 65536:
        head += struct.pack("!BH", bit | 126, size)
    else:
        head += struct.pack("!BQ", bit | 127, size)
    key = os.urandom(4)
    return head + key + apply(payload, key) if masked else head + payload


def close(code: int, reason: bytes = b"") -> bytes:
    """A close frame's payload."""
    return struct.pack("!H", code) + reason


class Peer:
    """One TCP connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    def send(self, *parts: bytes) -> None:
        """Write bytes."""
        self.writer.write(b"".join(parts))

    async def read_head(self) -> tuple[int, dict[str, str]]:
        """The status and headers of an HTTP answer."""
        async with asyncio.timeout(PATIENCE_S):
            lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value for name, _, value in pairs}

    async def read_frame(self) -> tuple[int, bytes]:
        """Opcode and payload of the next server frame, which must be final, unmasked and of the shortest length."""
        async with asyncio.timeout(PATIENCE_S):
            first, size = await self._reader.readexactly(2)
            assert first & 0xF0 == 0x80
            if size == 126:
                size = int.from_bytes(await self._reader.readexactly(2), "big")
                assert size > 125
            elif size == 127:
                size = int.from_bytes(await self._reader.readexactly(8), "big")
                assert size > 65_535
            assert size < 1 << 63
            return first & 15, await self._reader.readexactly(size)

    async def read_close(self) -> int:
        """The close frame that comes next, and behind it the end of the stream; its code, 1005 without one."""
        opcode, payload = await self.read_frame()
        assert opcode == 8, (opcode, payload)
        await self.read_end()
        return int.from_bytes(payload[:2], "big") if payload else 1005

    async def read_end(self) -> None:
        """Nothing more comes."""
        async with asyncio.timeout(PATIENCE_S):
            assert await self._reader.read() == b""


class Echo:
    """Sends every message back; plainly by ASGI, or detached. Keeps how sockets ended."""

    def __init__(self, *, detached: bool) -> None:
        self.detached = detached
        self.ends: asyncio.Queue[int] = asyncio.Queue()
        self.scopes: list[Any] = []
        self.port = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.scopes.append(scope)
        await receive()
        await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
        lane = scope["extensions"][EXTENSION]
        if self.detached:
            lane.detach(lambda text: lane.write(frame(1, text, masked=False)), self.ends.put_nowait)
            return
        while (message := await receive())["type"] == "websocket.receive":
            with contextlib.suppress(OSError):  # over already; what came before the end is still to be read
                await send({"type": "websocket.send", "text": message["text"], "bytes": message["bytes"]})
        self.ends.put_nowait(message["code"])

    @asynccontextmanager
    async def connect(self, request: bytes | None = None) -> AsyncIterator[Peer]:
        """A connection; with a request of one's own nothing has been read of the answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        peer = Peer(reader, writer)
        try:
            peer.send(request or make_request())
            if request is None:
                assert (await peer.read_head())[0] == 101
            yield peer
        finally:
            writer.transport.abort()


def make_request(method: str = "GET", target: str = "/ws", **changes: str | None) -> bytes:
    """A handshake; `changes` replaces headers (`_` for `-`), None leaves one out."""
    headers: dict[str, str | None] = {**HEADERS, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode("latin-1")


@asynccontextmanager
async def serve_echo(*, detached: bool) -> AsyncIterator[Echo]:
    """An echo server on a real port."""
    echo = Echo(detached=detached)
    running = await server.start(echo, Settings(secret="s" * 40, node="n1"))
    echo.port = running.port
    try:
        yield echo
    finally:
        await running.stop()
