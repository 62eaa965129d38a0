"""One topic on this node: who listens, and the order of what they hear. No I/O, no clock.

Durable topics forward offsets one by one: a repeated hint is dropped, an early one waits for the missing. A conflated
topic keeps the highest version seen per key and drops what is older.
"""

from typing import Any, Final, Protocol

import msgspec

from carewire import metrics
from carewire.actor import Actor
from carewire.bus.frame import Frame
from carewire.bus.tick import Tick, Write
from carewire.topic import Topic

PENDING_MAX: Final = 1000
"""Early hints kept per topic; more are dropped and read back from the record."""
JOINING_MAX: Final = 1000
"""Frames kept for one joining listener; more and it starts over."""
BATCH_BYTES_MAX: Final = 64 * 1024
"""Frames of one turn that are written in one piece; what is beyond starts the next, so that a blocked line shows."""


class Listener(Protocol):
    """A socket as the hub sees it. Nothing here blocks or raises."""

    @property
    def actor(self) -> Actor | None:
        """Who is on this socket now."""

    @property
    def direct(self) -> Write | None:
        """The way straight onto the line while it is free; None: `deliver`. `Hub.reroute` is told when it changes."""

    def deliver(self, frame: Frame) -> None:
        """An event for this socket, behind all earlier ones."""

    def notify(self, name: str, params: bytes) -> None:
        """A message about the connection itself (`topic:ended`, `topic:resync`)."""

    def rebind(self, actor: Actor | None) -> None:
        """The same login with the rights it has now, or None: the login has ended, close."""

    def close(self, code: int, reason: str) -> None:
        """End the socket with a close code of `carewire.errors.Close`."""


class Subscription:
    """One listener on one topic. `offset` is what it has been told by its answer, `line` its place in `direct`."""

    __slots__ = ("buffer", "channel", "ended", "line", "listener", "live", "offset", "overflown", "struck")

    def __init__(self, listener: Listener, channel: "Channel") -> None:
        self.listener = listener
        self.channel = channel
        self.offset = 0
        self.line: Write | None = None
        self.live = False
        self.struck = False
        self.ended: str | None = None
        self.overflown = False
        self.buffer: list[tuple[int, Frame]] = []


class Channel:
    """See the module. `position` is the last offset forwarded; None until a snapshot told where the topic stands.

    Who follows is in `direct` (its line is free: frames of one turn are written at its end, joined), in `queued` (it
    keeps frames itself) or in `ahead` (its answer was newer than what this node has forwarded).
    """

    __slots__ = ("_batch", "_batch_bytes", "_tick", "_writes", "ahead", "declared", "direct", "durable", "joining",
                 "key", "name", "pending", "position", "queued", "target", "versions")  # fmt: skip

    def __init__(
        self, name: str, declared: Topic, key: tuple[Any, ...], *, durable: bool = True, tick: Tick | None = None
    ) -> None:
        self.name = name
        self.declared = declared
        self.key = key
        self.durable = durable
        self.position: int | None = None
        self.target = 0
        self.pending: dict[int, bytes] = {}
        self.versions: dict[str, int] = {}
        self.direct: dict[Write, Subscription] = {}
        self.queued: dict[Subscription, None] = {}
        self.ahead: list[Subscription] = []
        self.joining: list[Subscription] = []
        self._tick = tick or Tick()
        self._batch: list[Frame] = []
        self._batch_bytes = 0
        self._writes: tuple[Write, ...] | None = None

    @property
    def empty(self) -> bool:
        """Nobody listens and nobody is about to."""
        return not (self.direct or self.queued or self.joining or self.ahead)

    @property
    def behind(self) -> bool:
        """An event is known to exist that has not been forwarded."""
        return self.position is not None and self.position < self.target

    def following(self) -> list[Subscription]:
        """Those that have their answer and hear, or wait for what comes next."""
        return [*self.direct.values(), *self.queued, *self.ahead]

    def accept(self, offset: int, text: bytes) -> None:
        """A durable event, hinted or read back. Afterwards `behind` tells whether something is missing."""
        if self.position is not None and offset <= self.position:
            metrics.HINTS_DUPLICATE.inc()
            return
        self.target = max(self.target, offset)
        if self.position is None or offset > self.position + 1:
            if len(self.pending) < PENDING_MAX:
                self.pending[offset] = text
            return
        self._forward(offset, text)
        self._drain()

    def _drain(self) -> None:
        while self.position is not None and (text := self.pending.pop(self.position + 1, None)) is not None:
            self._forward(self.position + 1, text)

    def _forward(self, offset: int, text: bytes) -> None:
        self.position = offset
        frame = Frame(text)
        self._spread(frame)
        for waiting in self.joining:
            self._keep(waiting, offset, frame)
        if self.ahead:
            self._catch_up(offset, frame)

    def _spread(self, frame: Frame) -> None:
        """A frame for everybody who is live now."""
        # Those who queue first: writing the batch may block a line, and its listener has had this frame then.
        for subscription in list(self.queued) if self.queued else ():
            subscription.listener.deliver(frame)
        if self.direct:
            if not self._batch:
                self._tick.add_channel(self)
            self._batch.append(frame)
            self._batch_bytes += len(frame.text)
            if self._batch_bytes > BATCH_BYTES_MAX:
                self._tick.flush()

    def take(self) -> bytes:
        """The frames for `direct`, joined; they are forgotten."""
        frames, self._batch, self._batch_bytes = self._batch, [], 0
        return frames[0].ready if len(frames) == 1 else b"".join([frame.ready for frame in frames])

    def writes(self) -> tuple[Write, ...]:
        """The lines of `direct` as they are now; a write may block one, and `direct` then changes."""
        if self._writes is None:
            self._writes = tuple(self.direct)
        return self._writes

    def reroute(self, subscription: Subscription) -> None:
        """The line of this listener was blocked, is free again, or closes."""
        write = subscription.listener.direct
        if write is None and subscription.line is not None:
            self._leave_line(subscription)
            self.queued[subscription] = None
            for frame in self._batch:
                subscription.listener.deliver(frame)
        elif write is not None and subscription in self.queued:
            del self.queued[subscription]
            self._follow(subscription)

    def _follow(self, subscription: Subscription) -> None:
        """From the next frame on."""
        if self._batch and subscription.listener.direct is not None:
            self._tick.flush()
        # Only now: the listener's own frames left with the rest, and may have blocked its line.
        write = subscription.listener.direct
        if write is None:
            self.queued[subscription] = None
            return
        self._writes = None
        self.direct[write] = subscription
        subscription.line = write

    def _leave_line(self, subscription: Subscription) -> None:
        if subscription.line is not None:
            self._writes = None
            del self.direct[subscription.line]
            subscription.line = None

    def _catch_up(self, offset: int, frame: Frame) -> None:
        """Listeners whose snapshot was newer than what this node had forwarded."""
        ahead, self.ahead = self.ahead, []
        for subscription in ahead:
            if offset > subscription.offset:
                subscription.listener.deliver(frame)
            if offset >= subscription.offset:
                self._follow(subscription)
            else:
                self.ahead.append(subscription)

    @staticmethod
    def _keep(waiting: Subscription, offset: int, frame: Frame) -> None:
        if len(waiting.buffer) >= JOINING_MAX:
            waiting.overflown = True
        else:
            waiting.buffer.append((offset, frame))

    def tell(self, version: int, key: str, text: bytes) -> None:
        """A conflated value: older than seen is ignored."""
        if version < self.versions.get(key, 0):
            metrics.HINTS_DUPLICATE.inc()
            return
        if version == self.versions.get(key):
            return
        self.versions[key] = version
        frame = Frame(text)
        self._spread(frame)
        for waiting in self.joining:
            self._keep(waiting, 0, frame)

    def go_live(self, subscription: Subscription, head: int) -> bool:
        """The answer with `head` was written: flush what came meanwhile, then follow. A struck one stays out.

        False: this node has forwarded what neither the answer nor the buffer holds; the listener must start over.
        """
        if subscription in self.joining:
            self.joining.remove(subscription)
        if subscription.struck or subscription.live:
            return True
        subscription.live = True
        subscription.offset = head
        if not self.durable:
            for _, frame in subscription.buffer:
                subscription.listener.deliver(frame)
            self._follow(subscription)
        elif self.position is None:
            self._follow(subscription)
            self._begin(head)
        elif not self._covers(subscription, head):
            return False
        else:
            for offset, frame in subscription.buffer:
                if offset > head:
                    subscription.listener.deliver(frame)
            if self.position >= head:
                self._follow(subscription)
            else:
                self.target = max(self.target, head)
                self.ahead.append(subscription)
        subscription.buffer.clear()
        return True

    def _begin(self, head: int) -> None:
        """The first answer tells where the topic stands. Others may be waiting for an older answer than this one."""
        self.position = head
        self.target = max(self.target, head)
        early, self.pending = self.pending, {o: text for o, text in self.pending.items() if o > head}
        for offset in sorted(o for o in early if o <= head):
            for waiting in self.joining:
                self._keep(waiting, offset, Frame(early[offset]))
        self._drain()

    def _covers(self, subscription: Subscription, head: int) -> bool:
        """Do answer and buffer hold everything up to what was forwarded here?"""
        covered = head
        for offset, _ in subscription.buffer:
            if offset == covered + 1:
                covered = offset
        return self.position is None or covered >= self.position

    def forget(self) -> None:
        """Another database: nothing that was told or kept so far says anything about what comes."""
        self.position = None
        self.target = 0
        self.pending.clear()
        self.versions.clear()
        for waiting in self.joining:
            waiting.buffer.clear()

    def remove(self, subscription: Subscription) -> None:
        """This listener hears no more of this topic."""
        subscription.struck = True
        if self._batch and subscription.line is not None:
            self._tick.flush()
        self._leave_line(subscription)  # if that has not blocked it
        self.queued.pop(subscription, None)
        self.ahead = [s for s in self.ahead if s is not subscription]
        self.joining = [s for s in self.joining if s is not subscription]


def topic_notice(topic: str, **facts: str) -> bytes:
    """The params of `topic:resync` and `topic:ended`."""
    return msgspec.json.encode({"topic": topic, **facts})
