"""The ordinary ASGI side of one websocket (specification 2.4): the application's task, its `receive` and `send`.

It lives until the application returns; one that has detached its socket leaves nothing of it behind.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import structlog
from uvicorn.protocols.utils import ClientDisconnected

from carewire.gateway.frames import ABNORMAL, BINARY, INTERNAL_ERROR, NORMAL, TEXT, make_frame
from carewire.gateway.handshake import Request, accept_answer, http_answer

if TYPE_CHECKING:
    from carewire.gateway.wire_protocol import WireProtocol

log = structlog.get_logger("carewire.gateway")

Message = dict[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]

WAITING_MAX: Final = 16
"""Messages an application may leave unread before its socket is read no further."""


class Exchange:
    """The talk between one socket and its application."""

    def __init__(self, protocol: "WireProtocol", request: Request) -> None:
        self._protocol = protocol
        self._request = request
        self._messages: deque[Message] = deque([{"type": "websocket.connect"}])
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._refusal: tuple[int, list[tuple[bytes, bytes]], list[bytes]] | None = None
        self._accepted = self._closed = False

    # --- from the socket ---------------------------------------------------------------------------------------------
    @property
    def full(self) -> bool:
        """Has the application enough to read?"""
        return len(self._messages) >= WAITING_MAX

    def hear(self, kind: int, payload: bytes) -> None:
        """A message came."""
        text: Any = payload.decode() if kind == TEXT else None
        self._put({"type": "websocket.receive", "text": text, "bytes": payload if kind == BINARY else None})

    def end(self, code: int, reason: str) -> None:
        """The socket is over: the last message, and nobody waits for the line any more."""
        if not self._closed:
            self._closed = True
            self._put({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.resume()

    def resume(self) -> None:
        """The line is free again, or gone."""
        if self._writer is not None and not self._writer.done():
            self._writer.set_result(None)

    def take(self) -> list[Message]:
        """What came and was not read yet."""
        messages, self._messages = list(self._messages), deque()
        return messages

    def _put(self, message: Message) -> None:
        self._messages.append(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    # --- to the application ------------------------------------------------------------------------------------------
    async def run(self, app: Application, scope: Message) -> None:
        """Run the application to its end; a socket it left open and did not detach ends too."""
        try:
            await app(scope, self.receive, self.send)
        except ClientDisconnected:
            self._protocol.leave(NORMAL)
        except Exception as error:
            # Its class only: the text may hold a payload.
            log.error("application_failed", error=type(error).__name__)
            self._finish(INTERNAL_ERROR)
        except BaseException:
            self._finish(INTERNAL_ERROR)
            raise
        else:
            self._finish(NORMAL)

    def _finish(self, code: int) -> None:
        if self._accepted or self._closed:
            self._protocol.leave(code)
        else:
            self._reject(500, [], b"Internal Server Error")

    async def receive(self) -> Message:
        """The next message; waits for one."""
        while not self._messages:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        message = self._messages.popleft()
        if not self._messages:
            self._protocol.read_on()
        return message

    async def send(self, message: Message) -> None:
        """Accept, refuse, send, close. Raises `ClientDisconnected` (an OSError) when the socket is over."""
        protocol = self._protocol
        while protocol.is_blocked:
            # Futures of several senders would be one too many: whoever waits shares this one.
            if self._writer is None or self._writer.done():
                self._writer = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._writer)
        kind = message["type"]
        if not self._accepted:
            self._answer(kind, message)
        elif self._closed:
            if protocol.said_close:
                raise RuntimeError(f"{kind} after websocket.close")
            raise ClientDisconnected
        elif kind == "websocket.send":
            data = message.get("bytes")
            text = message.get("text")
            frame = make_frame(BINARY, data) if data is not None else make_frame(TEXT, str(text or "").encode())
            if not protocol.send_frame(frame):
                raise ClientDisconnected
        elif kind == "websocket.close":
            code = NORMAL if message.get("code") is None else int(message["code"])
            protocol.close(code, message.get("reason") or "")
            self.end(code, message.get("reason") or "")
        else:
            raise RuntimeError(f"{kind} is not expected here")

    # --- the handshake's answer --------------------------------------------------------------------------------------
    def _answer(self, kind: str, message: Message) -> None:
        if self._closed:
            raise ClientDisconnected
        if self._refusal is not None:
            if kind != "websocket.http.response.body":
                raise RuntimeError(f"{kind} inside of an HTTP response")
            status, headers, parts = self._refusal
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                self._reject(status, headers, b"".join(parts))
        elif kind == "websocket.accept":
            headers = [*self._protocol.default_headers, *message.get("headers", ())]
            answer = accept_answer(self._request.key, message.get("subprotocol"), headers)
            self._accepted = True
            self._protocol.open(answer)
        elif kind == "websocket.close":
            self._reject(403, [], b"")
        elif kind == "websocket.http.response.start":
            status = int(message["status"])
            if not 200 <= status < 600:
                raise RuntimeError(f"{status} is no final HTTP status")
            self._refusal = (status, list(message.get("headers", ())), [])
        else:
            raise RuntimeError(f"{kind} before websocket.accept")

    def _reject(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self._protocol.reject(http_answer(status, headers, body))
        self.end(ABNORMAL, "")
