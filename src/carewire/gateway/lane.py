"""The ASGI extension of our websocket class: `scope["extensions"]["carewire.raw"]` is a `RawLane`.

Who does not know it uses `receive` and `send` as ever. Who does sends `websocket.accept` by the ordinary way, may write
ready-made frames from then on, and may detach: give two callbacks and return, and go on without the ordinary way.

An application may also have a `reception`, an attribute of its own: then a request that it `receives` is told to it at
once, without a scope and a task, and answered whenever it likes.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from carewire.gateway.handshake import Headers, Request

EXTENSION: Final = "carewire.raw"
TURN: Final = 32
"""Frames of one socket that are heard before others get their turn."""

OnText = Callable[[bytes], None]
OnLost = Callable[[int], None]


class RawLane(Protocol):
    """An accepted websocket without the ordinary way around it. Nothing here blocks or raises."""

    @property
    def buffered(self) -> int:
        """Bytes the transport could not hand to the kernel yet."""

    def watch(self, paused: Callable[[], None], resumed: Callable[[], None], ended: Callable[[], None]) -> None:
        """Have these called when the peer stops reading, when it reads again, and when nothing more may be written.

        `paused` comes even inside `write`; `ended` once, behind the close frame, whoever began to close.
        """

    @property
    def write(self) -> Callable[[bytes], Any]:
        """The transport's own write: of complete, unmasked server frames, until `ended`. uvloop's raises RuntimeError
        when the handle was closed behind our back."""

    def close(self, code: int, reason: str) -> None:
        """Send a close frame behind what was written; a peer that does not answer is cut off."""

    def detach(self, on_text: OnText, on_lost: OnLost) -> None:
        """The application goes on by callbacks and returns: no task, no queue, no scope stays for this socket.

        `on_text` gets each text message as valid UTF-8, in order, `TURN` of them before other sockets have theirs; it
        must not block, and a message is no longer told after `close`. A binary message closes with 1003. `on_lost` is
        called once, when the connection is over: the peer's close code, ours when we failed it, or 1006 (7.1.5).
        """

    def keep(self, task: "asyncio.Task[None]") -> None:
        """A stopping server waits for this task as it waits for an application that has not returned."""


class Asking(RawLane, Protocol):
    """A socket whose handshake waits for an answer; one that is gone by then lets everything pass by."""

    @property
    def default_headers(self) -> "Headers":
        """What belongs to every answer."""

    def open(self, answer: bytes) -> None:
        """Answer with a 101, which frames may follow; then `detach`."""

    def reject(self, answer: bytes) -> None:
        """Answer with another status, and end the connection."""


class Reception(Protocol):
    """Who takes requests in. Nothing here blocks or raises."""

    def receives(self, request: "Request") -> bool:
        """Is this for us? Else it goes to the application as ever."""

    def enter(self, asking: Asking, request: "Request", address: str) -> None:
        """A socket from this address; it is to be opened or rejected, now or later."""
