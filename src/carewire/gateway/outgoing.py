"""What waits to leave one socket: two lanes with one behaviour, so that nothing above knows which server it runs on.

Frames put in one loop tick leave together and in order (`carewire.bus.tick`). What waits is bounded: a reader that
leaves the line blocked with `queue_bytes` waiting, or for `slow_s`, is closed with 4102 and resumes from its own
offsets.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from carewire import metrics
from carewire.bus.frame import Frame
from carewire.bus.tick import GONE, Tick, Write, join
from carewire.errors import Close
from carewire.gateway.services import Rules
from carewire.gateway.wire_protocol import RawLane

CLOSE_WAIT_S: Final = 5.0
"""How long the stock lane tries to get a close frame past a peer that does not read."""
BURST_S: Final = 0.1
BURST_FACTOR: Final = 8
"""A line that has only just filled up may hold this many times `queue_bytes`: its reader had no time to read yet."""
SLOW_REASON: Final = "read too slowly"

Send = Callable[[dict[str, Any]], Awaitable[None]]
_raw_bytes = metrics.QUEUE_BYTES.labels("raw")
_stock_bytes = metrics.QUEUE_BYTES.labels("stock")


class Outgoing(Protocol):
    """The way out of one socket. Nothing here blocks or raises."""

    @property
    def direct(self) -> Write | None:
        """The way straight onto the line while it is free, for complete server frames; None: only `put`."""

    def put(self, frame: Frame) -> None:
        """Send this frame, behind all earlier ones."""

    def close(self, code: int, reason: str) -> None:
        """Send a close frame behind all earlier ones, and nothing after it. Only the first call counts."""

    def discard(self) -> None:
        """The peer is gone: forget what waits."""


class Nowhere:
    """The way out of a socket that is over."""

    direct: Final = None

    def put(self, frame: Frame) -> None:
        """See `Outgoing`."""
        metrics.FRAMES_DROPPED.labels("closed").inc()

    def close(self, code: int, reason: str) -> None:
        """See `Outgoing`."""

    def discard(self) -> None:
        """See `Outgoing`."""


NOWHERE: Final = Nowhere()


class RawOutgoing:
    """Frames straight onto the transport. `on_turn` is called when `direct` comes or goes."""

    __slots__ = ("_bytes", "_closed", "_lane", "_left", "_on_close", "_on_turn", "_paused", "_paused_at", "_queue",
                 "_rules", "_tick", "_timer", "_write", "direct")  # fmt: skip

    def __init__(
        self,
        lane: RawLane,
        rules: Rules,
        on_close: Callable[[int], None],
        tick: Tick,
        on_turn: Callable[[], None] = lambda: None,
    ) -> None:
        self._lane = lane
        self._rules = rules
        self._on_close = on_close
        self._on_turn = on_turn
        self._tick = tick
        self._queue: list[bytes] = []
        self._bytes = 0
        self._left = 0
        self._paused_at = 0.0
        self._paused = self._closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._write: Write = lane.write
        self.direct: Write | None = self._write
        lane.watch(self._pause, self._resume, self.discard)

    def put(self, frame: Frame) -> None:
        """See `Outgoing`."""
        if self._closed:
            metrics.FRAMES_DROPPED.labels("closed").inc()
            return
        if self._bytes > self._rules.queue_bytes:
            # A burst within one tick says nothing about the reader; only a line that stays blocked does.
            if not self._paused:
                self._flush()
            if self._paused and self._is_full():
                metrics.FRAMES_DROPPED.labels("slow").inc()
                self._give_up()
                return
        ready = frame.ready
        if self._paused:
            _raw_bytes.inc(len(ready))
        elif not self._queue:
            self._tick.add_own(self)
        self._queue.append(ready)
        self._bytes += len(ready)

    def _is_full(self) -> bool:
        fresh = asyncio.get_running_loop().time() - self._paused_at < BURST_S
        return self._bytes > self._rules.queue_bytes * (BURST_FACTOR if fresh else 1)

    def take(self) -> list[bytes]:
        """The waiting frames, for who writes them now; they are forgotten first, as writing may block the line."""
        frames, self._queue, self._bytes = self._queue, [], 0
        return frames

    def close(self, code: int, reason: str) -> None:
        """See `Outgoing`."""
        if self._closed:
            return
        if not self._paused:
            self._tick.flush()  # also what its topics have for it
        if not self._closed:
            self._shut()
            self._on_close(code)
            self._lane.close(code, reason)
            self.discard()

    def discard(self) -> None:
        """See `Outgoing`. Also when the connection begins to end by itself: nothing may follow its close frame."""
        self._shut()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._queue:
            metrics.FRAMES_DROPPED.labels("closed").inc(len(self._queue))
        self._forget()

    def _shut(self) -> None:
        self._closed = True
        self._turn()

    def _turn(self) -> None:
        direct = None if self._paused or self._closed else self._write
        if direct is not self.direct:
            self.direct = direct
            self._on_turn()

    def _forget(self) -> None:
        if self._paused:
            _raw_bytes.dec(self._bytes)
        self._queue.clear()
        self._bytes = 0

    def _flush(self) -> None:
        if self._queue and not self._paused:
            frames = self.take()
            try:
                self._write(join(frames))
            except GONE:
                metrics.FRAMES_DROPPED.labels("closed").inc(len(frames))

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._paused_at = asyncio.get_running_loop().time()
            _raw_bytes.inc(self._bytes)
            if not self._closed:
                self._watch()
                self._turn()

    def _watch(self) -> None:
        self._left = self._lane.buffered
        self._timer = asyncio.get_running_loop().call_later(self._rules.slow_s, self._look_again)

    def _look_again(self) -> None:
        # Reading a large snapshot over a thin line is slow but not too slow: less waits than before.
        if self._lane.buffered < self._left:
            self._watch()
        else:
            self._give_up()

    def _resume(self) -> None:
        if self._paused:
            _raw_bytes.dec(self._bytes)
            self._paused = False
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._flush()
            self._turn()

    def _give_up(self) -> None:
        if self._queue:
            metrics.FRAMES_DROPPED.labels("slow").inc(len(self._queue))
            self._forget()
        self.close(Close.SLOW, SLOW_REASON)


class StockOutgoing:
    """Frames by the ordinary ASGI `send`, one after the other, from a task of its own."""

    direct: Final = None

    __slots__ = (
        "_blocked",
        "_bytes",
        "_closed",
        "_closing",
        "_on_close",
        "_queue",
        "_rules",
        "_send",
        "_stuck",
        "_wake",
        "writer",
    )

    def __init__(self, send: Send, rules: Rules, on_close: Callable[[int], None], stuck: Callable[[], None]) -> None:
        self._send = send
        self._rules = rules
        self._on_close = on_close
        self._stuck = stuck
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._blocked = self._closed = False
        self._closing: tuple[int, str] | None = None
        self._wake = asyncio.Event()
        self.writer = asyncio.get_running_loop().create_task(self._write())

    def put(self, frame: Frame) -> None:
        """See `Outgoing`."""
        if self._closed:
            metrics.FRAMES_DROPPED.labels("closed").inc()
        elif self._blocked and self._bytes > self._rules.queue_bytes:
            metrics.FRAMES_DROPPED.labels("slow").inc()
            self._give_up()
        else:
            self._queue.append(frame.text)
            self._bytes += len(frame.text)
            _stock_bytes.inc(len(frame.text))
            self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """See `Outgoing`."""
        if not self._closed:
            self._closed = True
            self._on_close(code)
            self._closing = (code, reason)
            self._wake.set()

    def discard(self) -> None:
        """See `Outgoing`."""
        self._closed = True
        self._forget("closed")
        self.writer.cancel()

    def _forget(self, kind: str) -> None:
        if self._queue:
            metrics.FRAMES_DROPPED.labels(kind).inc(len(self._queue))
        _stock_bytes.dec(self._bytes)
        self._queue.clear()
        self._bytes = 0

    def _give_up(self) -> None:
        self._forget("slow")
        self.close(Close.SLOW, SLOW_REASON)

    async def _write(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    text = self._queue[0]
                    if not await self._pass({"type": "websocket.send", "text": text.decode()}, self._rules.slow_s):
                        self._give_up()
                    elif self._queue and self._queue[0] is text:
                        self._queue.popleft()
                        self._bytes -= len(text)
                        _stock_bytes.dec(len(text))
                if self._closing is not None:
                    code, reason = self._closing
                    if not await self._pass({"type": "websocket.close", "code": code, "reason": reason}, CLOSE_WAIT_S):
                        self._stuck()
                    break
        except OSError:  # the server's ClientDisconnected
            pass
        self._closed = True
        self._forget("closed")

    async def _pass(self, message: dict[str, Any], patience_s: float) -> bool:
        self._blocked = True
        try:
            async with asyncio.timeout(patience_s):
                await self._send(message)
        except TimeoutError:
            return False
        finally:
            self._blocked = False
        return True
