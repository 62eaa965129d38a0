"""What leaves this node in one turn of the loop: the events of every topic joined once, one write per socket.

Whoever has something to send says so; at the end of the turn all of it is written. A topic's waiting frames become one
bytes object, and every listener whose line is free is written that same object, without a queue between. A socket that
has more than that to say (an answer, another topic) gets its pieces joined, its own frames first: an answer to a
subscribe is ahead of the events that follow it.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol

from carewire import metrics
from carewire.bus.frame import count_frames

if TYPE_CHECKING:
    from carewire.bus.channel import Channel

Write = Callable[[bytes], Any]
"""A transport's own `write`, for complete server frames. It never blocks; it may call `pause_writing` inside."""

GONE: Final = (RuntimeError, OSError)
"""What a transport raises whose handle was closed behind our back (uvloop)."""


class Own(Protocol):
    """A socket with frames of its own that wait for the end of the turn."""

    @property
    def direct(self) -> Write | None:
        """Its transport's write, or None while the line is blocked or closed."""

    def take(self) -> list[bytes]:
        """The waiting frames, which it forgets."""


class Tick:
    """One per node and loop."""

    __slots__ = ("_armed", "_channels", "_flushing", "_loop", "_owns")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._channels: list[Channel] = []
        self._owns: list[Own] = []
        self._armed = self._flushing = False

    def add_channel(self, channel: "Channel") -> None:
        """This topic has frames for its direct listeners; say it once per `Channel.take`."""
        self._channels.append(channel)
        self._arm()

    def add_own(self, own: Own) -> None:
        """This socket has frames of its own; say it once per `take`."""
        self._owns.append(own)
        self._arm()

    def _arm(self) -> None:
        if not self._armed:
            self._armed = True
            if self._loop is None:
                self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._armed = False
        self.flush()

    def flush(self) -> None:
        """Write everything that waits. Whoever changes who listens to a topic does it first: what was said before a
        listener came is not for it, and what was said before it left is."""
        if self._flushing:
            return
        channels, owns = self._channels, self._owns
        if not channels and not owns:
            return
        self._channels, self._owns = [], []
        self._flushing = True
        try:
            if len(channels) == 1:
                write_one(channels[0], owns)
            else:
                write_many(channels, owns)
        finally:
            self._flushing = False


def write_one(channel: "Channel", owns: list[Own]) -> None:
    """One topic moved: its listeners are written the same bytes, but for those who have more to hear."""
    data, writes = channel.take(), channel.writes()
    joined: set[Write] = set()
    for own in owns:
        if (write := own.direct) is not None and (frames := own.take()):
            if write in channel.direct:
                joined.add(write)
                frames.append(data)
            spread(join(frames), (write,))
    spread(data, [write for write in writes if write not in joined] if joined else writes)


def write_many(channels: list["Channel"], owns: list[Own]) -> None:
    """Several topics moved, or none: everybody gets what is for him in one piece."""
    pieces: dict[Write, list[bytes]] = {}
    for own in owns:
        if (write := own.direct) is not None and (frames := own.take()):
            pieces[write] = frames
    for channel in channels:
        data = channel.take()
        for write in channel.writes():
            if (waiting := pieces.get(write)) is None:
                pieces[write] = [data]
            else:
                waiting.append(data)
    for write, frames in pieces.items():
        spread(join(frames), (write,))


def join(frames: list[bytes]) -> bytes:
    """One piece of many; the only one itself."""
    return frames[0] if len(frames) == 1 else b"".join(frames)


def spread(data: bytes, writes: Iterable[Write]) -> None:
    """Write the same bytes to everybody, whoever of them is gone."""
    left = iter(writes)
    while True:
        try:
            for write in left:
                write(data)
            return
        except GONE:
            metrics.FRAMES_DROPPED.labels("closed").inc(count_frames(data))
