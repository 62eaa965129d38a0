"""One topic, followed over reconnects."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Self

import msgspec

from carewire.client.wire import Wire

PENDING_MAX: Final = 10_000
"""Changes kept for a user who does not read; more, and they give way to one fresh snapshot."""


class Snapshot(msgspec.Struct, frozen=True):
    """The whole state of a topic at `offset`. `resync` = what was between is not known event by event."""

    value: Any
    offset: int
    resync: bool = False


class Event(msgspec.Struct, frozen=True):
    """One event of a topic. A conflated one has a `version` instead of an `offset` (0): the newest counts."""

    name: str
    offset: int
    at: str
    data: Any
    version: int = 0


class Subscription:
    """A topic, followed over reconnects: iterate it.

    The first change is a `Snapshot`, then come `Event`s without a gap. The loop ends by itself after `close`; it raises
    `Refused` when the right to the topic is gone and `Lost` when the client cannot come back.
    """

    def __init__(self, topic: str, leave: Callable[["Subscription"], Awaitable[None]]) -> None:
        self.topic = topic
        self.epoch: str | None = None
        self.offset: int | None = None
        self.source: Wire | None = None
        """The socket whose events count: the last that answered for this topic."""
        self._leave = leave
        self._torn = False
        self._queue: asyncio.Queue[Snapshot | Event | Exception] = asyncio.Queue()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Snapshot | Event:
        change = await self._queue.get()
        if isinstance(change, Exception):
            self._queue.put_nowait(change)  # the end stays the end, for everybody who asks
            raise change.with_traceback(None)
        return change

    def pending(self) -> int:
        """How many changes wait to be read."""
        return self._queue.qsize()

    async def close(self) -> None:
        """Stop following; the loop over it ends."""
        await self._leave(self)

    # --- for the client ------------------------------------------------------------------------------------------

    def place(self) -> dict[str, Any]:
        """Params of a subscribe that goes on from here."""
        if self._torn or self.offset is None:
            return {"topic": self.topic}
        return {"topic": self.topic, "epoch": self.epoch, "after": self.offset}

    def put_answer(self, source: Wire, epoch: str, answer: dict[str, Any]) -> None:
        """The answer to a subscribe or resume; from now on this socket's events count and no other's."""
        self.source, self.epoch = source, epoch
        if "events" in answer:
            for event in answer["events"]:
                # Another socket may have brought some of them already.
                if self.offset is None or event["offset"] > self.offset:
                    self.offset = event["offset"]
                    self._queue.put_nowait(Event(event["name"], event["offset"], event["at"], event["data"]))
            self.offset = max(self.offset or 0, answer["offset"])
        else:
            torn = self._torn or answer.get("resync", False)
            self._queue.put_nowait(Snapshot(answer["snapshot"], answer["offset"], torn))
            self.offset = answer["offset"]
        self._torn = False

    def put_event(self, name: str, params: dict[str, Any]) -> bool:
        """A pushed event of the source. False: it does not follow on what is known, or too much is unread."""
        if self._queue.qsize() >= PENDING_MAX:
            return False
        offset = params.get("offset")
        if offset is None:
            self._queue.put_nowait(Event(name, 0, params["at"], params["data"], params["version"]))
            return True
        assert self.offset is not None  # set by the answer that made the source
        if offset > self.offset + 1:
            return False
        if offset == self.offset + 1:
            self.offset = offset
            self._queue.put_nowait(Event(name, offset, params["at"], params["data"]))
        return True

    def start_over(self) -> None:
        """Nothing counts until the next answer. A reader who is too far behind gets a snapshot instead of the rest."""
        self.source = None
        if self._queue.qsize() >= PENDING_MAX:
            while not self._queue.empty():
                self._queue.get_nowait()
            self._torn = True

    def end(self, error: Exception) -> None:
        """Nothing more comes."""
        self.source = None
        self._queue.put_nowait(error)
