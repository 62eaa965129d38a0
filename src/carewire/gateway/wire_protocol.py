"""Our uvicorn websocket class: RFC 6455 whole, ASGI on the outside, a `RawLane` for who needs neither task nor queue.

What it takes of uvicorn is what uvicorn hands any websocket class: (config, server_state, app_state), the transport,
and the head of the request as the first data; `uvicorn_parts` holds what it reads of these.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

import structlog

from carewire.gateway import frames
from carewire.gateway.exchange import Exchange
from carewire.gateway.frames import Broken, Reader, make_close, make_frame
from carewire.gateway.handshake import BadHandshake, Request, http_answer, make_scope, read_request
from carewire.gateway.lane import EXTENSION, TURN, OnLost, OnText, RawLane, Reception
from carewire.gateway.uvicorn_parts import Site, client_of, site_of

__all__ = ["EXTENSION", "TURN", "RawLane", "WireProtocol"]

log = structlog.get_logger("carewire.gateway")

CLOSE_WAIT_S: Final = 10.0
"""How long a peer may take to answer a close frame, and to read what was sent before it."""
LINGER_S: Final = 2.0
"""How long a peer that broke the protocol is left to read why; what it still sends is thrown away."""

CONNECTING: Final = 0
OPEN: Final = 1
CLOSING: Final = 2
"""Our close frame is sent, the peer's has not come."""
OVER: Final = 3


class WireProtocol(asyncio.Protocol):
    """One websocket on one transport; also its `RawLane`."""

    __slots__ = ("_app_state", "_awaited", "_ended", "_exchange", "_held", "_on_lost", "_on_text", "_paused", "_ping",
                 "_reader", "_resumed", "_site", "_slot", "_timer", "_transport", "is_blocked", "said_close",
                 "state")  # fmt: skip

    def __init__(
        self, config: Any, server_state: Any, app_state: dict[str, Any], *, reception: Reception | None = None
    ) -> None:
        self._site: Site = site_of(config, server_state, reception)
        self._app_state: dict[str, Any] | None = app_state
        self._transport: asyncio.Transport
        self._reader: Reader | None = None
        self._exchange: Exchange | None = None
        self._on_text: OnText | None = None
        self._on_lost: OnLost | None = None
        self._paused: Callable[[], None] | None = None
        self._resumed: Callable[[], None] | None = None
        self._ended: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._slot: int | None = None
        self._awaited: bytes | None = None
        """The payload of the ping that was not answered yet."""
        self._ping: bytes | None = None
        """The newest ping of a peer that does not read its pongs (5.5.3: it is enough to answer that one)."""
        self._held = False
        self.state = CONNECTING
        self.is_blocked = self.said_close = False

    # --- life --------------------------------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The request of this transport asks for a websocket."""
        self._transport = cast("asyncio.Transport", transport)
        self._site.connections.add(self)

    def begin(self, request: Request) -> None:
        """This is asked: by who is received, or of the application."""
        site, app_state = self._site, self._app_state or {}
        self._app_state = None
        self._reader = Reader(site.limit)
        if site.reception is not None and site.reception.receives(request):
            site.reception.enter(self, request, client_of(self._transport, app_state))
            return
        self._exchange = exchange = Exchange(self, request)
        scope = make_scope(
            request,
            **site.describe(self._transport),
            state=app_state.copy(),
            extensions={"websocket.http.response": {}, EXTENSION: self},
        )
        self.keep(site.loop.create_task(exchange.run(site.app, scope)))

    def open(self, answer: bytes) -> None:
        """The application accepted: this is the 101."""
        if self.state == CONNECTING:
            self._send(answer)
            self.state = OPEN
            if self._site.wheel is not None:
                self._slot = self._site.wheel.add(self)
            if self._held:
                self._site.loop.call_soon(self.read_on)

    def reject(self, answer: bytes) -> None:
        """No websocket: an HTTP answer, and the end."""
        if self.state == CONNECTING:
            self._send(answer)
            self._shut(CLOSE_WAIT_S)

    def leave(self, code: int) -> None:
        """The application returned or failed. One that has detached is through with the ordinary way only."""
        self._exchange = None
        if self._on_lost is None:
            if self.state == OPEN:
                self.close(code, "")
            elif self.state == CONNECTING:
                self._shut(CLOSE_WAIT_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everybody: they know us too, and nothing more will be told."""
        self.state = OVER
        self._stop_timer()
        if self._slot is not None and self._site.wheel is not None:
            self._site.wheel.remove(self, self._slot)
            self._slot = None
        self.is_blocked = False
        self._end_writing()
        self._tell_lost(frames.ABNORMAL, "")
        self._paused = self._resumed = self._reader = None
        # Only now: a stopping server waits for sockets first and then for what those have left to `keep`.
        self._site.connections.discard(self)

    def shutdown(self) -> None:
        """uvicorn stops: whoever is on comes back elsewhere, and one that does not read must not hold it up."""
        if self.state == CONNECTING:
            self._send(http_answer(503, [], b"the server stops\n"))
        elif self.state == OPEN:
            self._send(make_close(frames.RESTART))
        waiting = self.state
        self._shut(CLOSE_WAIT_S)
        if waiting < CLOSING:
            self._tell_lost(frames.RESTART, "")

    def _end_writing(self) -> None:
        """Nothing may follow what was written last."""
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()

    def _tell_lost(self, code: int, reason: str) -> None:
        on_lost, self._on_text, self._on_lost = self._on_lost, None, None
        if on_lost is not None:
            try:
                on_lost(code)
            except Exception as error:
                log.error("callback_failed", error=type(error).__name__)
        if self._exchange is not None:
            self._exchange.end(code, reason)

    # --- in ----------------------------------------------------------------------------------------------------------
    def data_received(self, data: bytes) -> None:
        """The head of the request, then frames."""
        if self._reader is None:
            if self.state == CONNECTING:
                try:
                    self.begin(read_request(data))
                except BadHandshake as bad:
                    self.reject(http_answer(bad.status, bad.headers, bad.problem.encode() + b"\n"))
        elif self.state != OVER:
            self._reader.feed(data)
            if self.state == CONNECTING:
                self._hold()  # 4.1 tells it to wait for our answer; it may
            elif not self._held:
                self._read()

    def eof_received(self) -> None:
        """The peer sends no more: the transport closes itself."""

    def read_on(self) -> None:
        """The application has read what it had."""
        if self._held and self.state != OVER:
            self._read()

    def _read(self) -> None:
        """Hear what came, until nothing is left, the turn is over or the application has enough."""
        reader = self._reader
        try:
            for _ in range(TURN):
                if reader is None or self.state == OVER:
                    return
                if self._exchange is not None and self.state == OPEN and self._exchange.full:
                    self._hold()  # `read_on` comes back
                    return
                event = reader.next()
                if event is None:
                    self._go_on()
                    return
                self._hear(*event)
        except Broken as broken:
            self._fail(broken.code, broken.reason)
            return
        if self.state != OVER:
            self._hold()
            self._site.loop.call_soon(self.read_on)

    def _hear(self, kind: int, payload: bytes) -> None:
        if kind == frames.TEXT or kind == frames.BINARY:
            if self.state != OPEN:
                return  # after a close frame of ours: read for the peer's only
            if self._on_text is not None:
                if kind == frames.BINARY:
                    self._fail(frames.UNSUPPORTED_DATA, "text frames only")
                    return
                try:
                    self._on_text(payload)
                except Exception as error:
                    log.error("callback_failed", error=type(error).__name__)
                    self._fail(frames.INTERNAL_ERROR, "")
            elif self._exchange is not None:
                self._exchange.hear(kind, payload)
        elif kind == frames.PING:
            if self.is_blocked:
                self._ping = payload
            else:
                self._send(make_frame(frames.PONG, payload))
        elif kind == frames.PONG:
            if payload == self._awaited:
                self._awaited = None
        else:
            self._hear_close(payload)

    def _hear_close(self, payload: bytes) -> None:
        code, reason = frames.read_close(payload)
        if self.state == OPEN:
            self._send(make_close(code))  # 5.5.1: the code is echoed; why is what it knows already
        self._shut(CLOSE_WAIT_S)
        self._tell_lost(code, reason)

    def _hold(self) -> None:
        if not self._held:
            self._held = True
            if not self._transport.is_closing():
                self._transport.pause_reading()

    def _go_on(self) -> None:
        if self._held:
            self._held = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

    # --- out ---------------------------------------------------------------------------------------------------------
    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """What uvicorn adds to every answer."""
        return self._site.default_headers

    @property
    def buffered(self) -> int:
        """See `RawLane`."""
        return 0 if self._transport.is_closing() else self._transport.get_write_buffer_size()

    def watch(self, paused: Callable[[], None], resumed: Callable[[], None], ended: Callable[[], None]) -> None:
        """See `RawLane`."""
        self._paused, self._resumed, self._ended = paused, resumed, ended
        if self.state != OPEN:
            self._end_writing()

    @property
    def write(self) -> Callable[[bytes], Any]:
        """See `RawLane`."""
        return self._transport.write

    def send_frame(self, data: bytes) -> bool:
        """Write a frame of the application's. False: the connection is closing, nothing was written."""
        if self.state == OPEN:
            self._send(data)
        return self.state == OPEN

    def close(self, code: int, reason: str) -> None:
        """See `RawLane`. Written past whatever blocks the line: a slow reader would never let it be its turn."""
        if self.state == OPEN:
            self._send(make_close(code, reason))
            self.state = CLOSING
            self.said_close = True
            self._end_writing()
            self._go_on()
            self._start_timer(CLOSE_WAIT_S)
            if self._exchange is not None:
                self._exchange.end(code, reason)

    def detach(self, on_text: OnText, on_lost: OnLost) -> None:
        """See `RawLane`."""
        if self.state == CONNECTING:
            raise RuntimeError("accept comes before detach")
        if self.state == OVER:
            self._site.loop.call_soon(on_lost, frames.ABNORMAL)
            return
        exchange, self._exchange = self._exchange, None
        self._on_text, self._on_lost = on_text, on_lost
        for message in exchange.take() if exchange is not None else ():
            if message["type"] == "websocket.receive":
                kind = frames.TEXT if message["text"] is not None else frames.BINARY
                self._hear(kind, message["text"].encode() if message["text"] is not None else message["bytes"])
        self.read_on()

    def keep(self, task: "asyncio.Task[None]") -> None:
        """See `RawLane`."""
        self._site.tasks.add(task)
        task.add_done_callback(self._site.tasks.discard)

    def pause_writing(self) -> None:
        """The transport's buffer is above its high-water mark."""
        self.is_blocked = True
        if self._paused is not None:
            self._paused()

    def resume_writing(self) -> None:
        """The transport's buffer is below its low-water mark again."""
        self.is_blocked = False
        if self._ping is not None:
            self._send(make_frame(frames.PONG, self._ping))
            self._ping = None
        if self._resumed is not None:
            self._resumed()
        if self._exchange is not None:
            self._exchange.resume()

    def beat(self, frame: bytes, payload: bytes) -> None:
        """The wheel came round. Who answered nothing will not read the rest either: let its buffer go."""
        if self.state != OPEN:
            return
        if self._awaited is not None and not self._held:
            self._send(make_close(frames.INTERNAL_ERROR, "keepalive ping timeout"))
            self._shut(0.0)
            self._tell_lost(frames.INTERNAL_ERROR, "keepalive ping timeout")
            return
        self._awaited = payload
        self._send(frame)

    def _send(self, data: bytes) -> None:
        try:
            self._transport.write(data)
        except RuntimeError:
            self.state = OVER

    # --- the end -----------------------------------------------------------------------------------------------------
    def _fail(self, code: int, reason: str) -> None:
        """Section 7.1.7. Closing with bytes unread would take the close frame back (a reset), so read on a while."""
        if self.state != OPEN:
            self._shut(LINGER_S)
            self._tell_lost(code, reason)
            return
        self._send(make_close(code, reason))
        self.state = OVER
        self._end_writing()
        self._go_on()
        self._start_timer(LINGER_S)
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()
        self._tell_lost(code, reason)

    def _shut(self, wait_s: float) -> None:
        """Close behind what was written, or without it when that takes too long."""
        self.state = OVER
        self._end_writing()
        self._transport.close()
        self._start_timer(wait_s)

    def _start_timer(self, wait_s: float) -> None:
        self._stop_timer()
        self._timer = self._site.loop.call_later(wait_s, self._transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
