"""One websocket as a crowd can afford it: an asyncio protocol, frames cut by hand, events read without decoding them.

Frames go out masked with zeros: allowed to a client (RFC 6455 section 5.3 wants the key unpredictable only to keep
scripts from writing to proxies), and so a frame is built without touching its payload.
"""

import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

import msgspec

ANSWER: Final = b'{"jsonrpc":"2.0","id":'
PONG: Final = 0x8A
CLOSE: Final = 8
PING: Final = 9
TEXT: Final = 1
HANDSHAKE: Final = (
    "GET /ws HTTP/1.1\r\nHost: crowd\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: Y3Jvd2QgY3Jvd2QgY3Jvdw==\r\nAuthorization: Bearer {token}\r\n\r\n"
)


class Refused(Exception):
    """The typed no of a server; `data` holds `reason` and `retry`."""

    def __init__(self, error: dict[str, Any]) -> None:
        self.reason: str = error["data"]["reason"]
        self.retry: Any = error["data"]["retry"]
        super().__init__(f"{self.reason}: {error['message']}")

    @property
    def after_s(self) -> float | None:
        """When to send the same again, or None."""
        if isinstance(self.retry, dict):
            return float(self.retry["after_ms"]) / 1000
        return 0.2 if self.retry == "same" else None


class Listener(Protocol):
    """Who hears what a wire brings."""

    def hear(self, wire: "Wire", topic: bytes, offset: int) -> None:
        """An event of a durable topic."""

    def told(self, wire: "Wire", method: str, params: dict[str, Any]) -> None:
        """A message about the connection or a subscription."""

    def lost(self, wire: "Wire") -> None:
        """It is over; `wire.code` says how."""


def frame(text: bytes, kind: int = 0x81) -> bytes:
    """A client's frame: masked, with a key of zeros."""
    size = len(text)
    head = bytes((kind, 0x80 | size)) if size < 126 else bytes((kind, 0xFE)) + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + text


def call(number: int, method: str, params: Any) -> bytes:
    """A request as a frame."""
    return frame(b'{"jsonrpc":"2.0","id":%d,"method":"%b","params":%b}' % (
        number, method.encode(), msgspec.json.encode(params)
    ))  # fmt: skip


class Wire(asyncio.Protocol):
    """One socket. Nothing is awaited while frames are read, so an answer is applied before the frame behind it."""

    def __init__(self, token: str, listener: Listener) -> None:
        loop = asyncio.get_running_loop()
        self.code = 1006
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.frozen = False
        self._request = HANDSHAKE.format(token=token).encode()
        self._listener = listener
        self._transport: asyncio.Transport
        self._kept = b""
        self._upgraded = False
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[asyncio.Future[Any], Callable[[Any], None] | None]] = {}

    # --- asking ------------------------------------------------------------------------------------------------------
    async def ask(self, method: str, params: Any, then: Callable[[Any], None] | None = None) -> Any:
        """Send once. Raises `Refused`, or `ConnectionError` when the socket goes first."""
        if self.closed.done():
            raise ConnectionError("the socket is closed")
        return await self.post(method, params, then)

    def post(self, method: str, params: Any, then: Callable[[Any], None] | None = None) -> "asyncio.Future[Any]":
        """Send once; what will be the answer."""
        number = next(self._numbers)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (answer, then)
        self._transport.write(call(number, method, params))
        return answer

    @property
    def asked(self) -> list["asyncio.Future[Any]"]:
        """Calls without an answer yet."""
        return [answer for answer, _ in self._waiting.values()]

    def freeze(self) -> None:
        """Read nothing more; the kernel's buffers fill."""
        self.frozen = True
        self._transport.pause_reading()

    def thaw(self) -> None:
        """Read again."""
        self.frozen = False
        self._transport.resume_reading()

    def leave(self) -> None:
        """Say goodbye with 1000."""
        if not self.closed.done():
            self._transport.write(frame(b"\x03\xe8", 0x80 | CLOSE))
            self._transport.close()

    def abort(self) -> None:
        """Be gone without a word."""
        if not self.closed.done():
            self._transport.abort()

    # --- asyncio -----------------------------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Cut frames; a cut one is kept for the next time."""
        if self._kept:
            data = self._kept + data
        at = 0
        if not self._upgraded:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._kept = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.code = int(data[9:12])
                self._transport.abort()
                return
            self._upgraded = True
            at = end + 4
        size = len(data)
        while at + 2 <= size:
            length, start = data[at + 1], at + 2
            if length == 126:
                start += 2
                if start > size:
                    break
                length = int.from_bytes(data[at + 2 : start], "big")
            elif length == 127:
                start += 8
                if start > size:
                    break
                length = int.from_bytes(data[at + 2 : start], "big")
            if start + length > size:
                break
            self._take(data[at] & 15, data[start : start + length])
            at = start + length
        self._kept = data[at:]

    def _take(self, kind: int, text: bytes) -> None:
        if kind == TEXT:
            if text.startswith(ANSWER):
                self._answered(msgspec.json.decode(text))
                return
            where = text.find(b'"params":{"topic":"', 17, 120)
            if where > 0 and (begin := text.find(b'","offset":', where, where + 120)) > 0:
                end = text.index(b",", begin + 11)
                self._listener.hear(self, text[where + 19 : begin], int(text[begin + 11 : end]))
                return
            message = msgspec.json.decode(text)
            if message["method"] == "socket:welcome" and not self.opened.done():
                self.opened.set_result(None)
            self._listener.told(self, message["method"], message["params"])
        elif kind == PING:
            self._transport.write(frame(text, PONG))
        elif kind == CLOSE:
            self.code = int.from_bytes(text[:2], "big") if len(text) > 1 else 1005
            self._transport.write(frame(text[:2], 0x80 | CLOSE))
            self._transport.close()

    def _answered(self, message: dict[str, Any]) -> None:
        answer, then = self._waiting.pop(message["id"], (None, None))
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(Refused(message["error"]))
            return
        if then is not None:
            then(message["result"])
        answer.set_result(message["result"])

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits hears it."""
        self.closed.set_result(None)
        gone = ConnectionError(f"closed with {self.code}")
        for answer in [*self.asked, self.opened]:
            if not answer.done():
                answer.set_exception(gone)
                answer.exception()
        self._waiting.clear()
        self._listener.lost(self)


async def dial(port: int, token: str, listener: Listener, *, receive_bytes: int | None = None) -> Wire:
    """An open socket that has been welcomed. Raises `OSError`; its `code` is the HTTP status of a refused handshake.

    `receive_bytes`: the kernel's buffer of a reader on a thin line.
    """
    loop = asyncio.get_running_loop()
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        line.setblocking(False)
        if receive_bytes is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        await loop.sock_connect(line, ("127.0.0.1", port))
    except BaseException:
        line.close()
        raise
    _, wire = await loop.create_connection(lambda: Wire(token, listener), sock=line)
    await wire.opened
    return wire
