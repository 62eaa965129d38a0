"""uvicorn's websocket class with one more ASGI extension: a lane for frames that are ready to go onto the transport.

`scope["extensions"]["carewire.raw"]` holds a `RawLane`. Whoever does not know it uses `send` as ever; whoever uses it
writes complete server frames and sends nothing else than `websocket.accept` by the ordinary way.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any, Final, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.http11 import Request

EXTENSION: Final = "carewire.raw"
REASON_BYTES_MAX: Final = 123
KERNEL_BYTES: Final = 64 * 1024
"""Asked of the kernel for what was written and not acknowledged yet (it doubles that for its own book-keeping)."""


class RawLane:
    """The transport of one accepted websocket. Nothing here blocks or raises."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: "WireProtocol") -> None:
        self._protocol = protocol

    @property
    def buffered(self) -> int:
        """Bytes the transport could not hand to the kernel yet."""
        transport = self._protocol.transport
        return 0 if transport.is_closing() else transport.get_write_buffer_size()

    def watch(self, paused: Callable[[], None], resumed: Callable[[], None], ended: Callable[[], None]) -> None:
        """Have these called when the peer stops reading, when it reads again, and when nothing more may be written.

        `paused` comes even inside `write`; `ended` once, behind the close frame, whoever began to close.
        """
        self._protocol.paused, self._protocol.resumed, self._protocol.ended = paused, resumed, ended
        self._protocol.tell_ended()

    @property
    def write(self) -> Callable[[bytes], Any]:
        """The transport's own write: of complete, unmasked server frames, until `ended`. uvloop's raises RuntimeError
        when the handle was closed behind our back."""
        return self._protocol.transport.write

    def close(self, code: int, reason: str) -> None:
        """Send a close frame behind what was written; a peer that does not answer is cut off."""
        self._protocol.close_raw(code, reason)


class WireProtocol(WebSocketsSansIOProtocol):
    """The stock class, offering the raw lane wherever no extension would have to touch the frames."""

    paused: Callable[[], None] | None = None
    resumed: Callable[[], None] | None = None
    ended: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Bound what the kernel keeps for a peer that does not read; by itself it would take up to 4 MiB each."""
        super().connection_made(transport)
        line = transport.get_extra_info("socket")
        if line is not None:
            with contextlib.suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)

    def handle_connect(self, event: Request) -> None:
        """Complete the scope; the application's task starts only after this returns."""
        super().handle_connect(event)
        scope = cast("dict[str, Any] | None", getattr(self, "scope", None))
        if scope is not None and not self.conn.extensions:
            scope["extensions"][EXTENSION] = RawLane(self)

    def pause_writing(self) -> None:
        """The transport's buffer is above its high-water mark."""
        super().pause_writing()
        if self.paused is not None:
            self.paused()

    def resume_writing(self) -> None:
        """The transport's buffer is below its low-water mark again."""
        super().resume_writing()
        if self.resumed is not None:
            self.resumed()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the application: the two know each other, and nothing more will be told."""
        super().connection_lost(exc)
        self.tell_ended()
        self.paused = self.resumed = None

    def data_received(self, data: bytes) -> None:
        """The peer may have closed, or broken the protocol."""
        super().data_received(data)
        if self.ended is not None and self.transport.is_closing():
            self.tell_ended()

    def tell_ended(self) -> None:
        """Nothing may follow what was written last."""
        if not self.is_writable and self.ended is not None:
            ended, self.ended = self.ended, None
            ended()

    @property
    def is_writable(self) -> bool:
        """May frames still be written?"""
        return self.handshake_complete and not (self.close_sent or self.disconnected or self.transport.is_closing())

    def close_raw(self, code: int, reason: str) -> None:
        """See `RawLane.close`. The stock way waits until the peer reads, which a slow reader never does."""
        if not self.is_writable:
            return
        try:
            self.conn.send_close(code, reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore"))
        except InvalidState:
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)
        self.tell_ended()

    def shutdown(self) -> None:
        """The server stops: a peer that does not read must not hold it up."""
        super().shutdown()
        self.tell_ended()
        self.loop.call_later(self.close_timeout, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """A peer that answers no ping will not read the rest either: let its buffer go."""
        super().keepalive_timeout()
        self.tell_ended()
        self.transport.abort()
