"""One topic, followed over reconnects."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import msgspec

from carewire.client.refused import Refused

if TYPE_CHECKING:
    from carewire.client.client import Client


class Snapshot(msgspec.Struct, frozen=True):
    """The whole state of a topic at `offset`. `resync` = what was between is not known event by event."""

    value: Any
    offset: int
    resync: bool = False


class Event(msgspec.Struct, frozen=True):
    """One event of a topic. Conflated events have no offset but a version."""

    name: str
    offset: int
    at: str
    data: Any


class Subscription:
    """A topic, followed over reconnects. Iterate it; it ends with `Refused` when the right is gone."""

    def __init__(self, client: "Client", topic: str) -> None:
        self.topic = topic
        self.epoch: str | None = None
        self.offset: int | None = None
        self._client = client
        self._queue: asyncio.Queue[Snapshot | Event | Exception] = asyncio.Queue()

    def __aiter__(self) -> AsyncIterator[Snapshot | Event]:
        return self

    async def __anext__(self) -> Snapshot | Event:
        change = await self._queue.get()
        if isinstance(change, Exception):
            raise change
        return change

    def pending(self) -> int:
        """How many changes wait to be read."""
        return self._queue.qsize()

    async def close(self) -> None:
        """Stop following."""
        await self._client.unsubscribe(self)

    def put_answer(self, epoch: str, answer: dict[str, Any]) -> None:
        """The answer to a subscribe or resume."""
        if "error" in answer:
            self._queue.put_nowait(Refused(answer["error"]))
            return
        if "events" in answer:
            for event in answer["events"]:
                self._put(Event(event["name"], event["offset"], event["at"], event["data"]))
        else:
            self._queue.put_nowait(Snapshot(answer["snapshot"], answer["offset"], answer.get("resync", False)))
            self.offset = answer["offset"]
        self.epoch = epoch

    def put_event(self, name: str, params: dict[str, Any]) -> None:
        """A pushed event; one heard on two sockets counts once."""
        if "offset" in params:
            self._put(Event(name, params["offset"], params["at"], params["data"]))
        else:
            self._queue.put_nowait(Event(name, 0, params["at"], params["data"]))

    def _put(self, event: Event) -> None:
        if self.offset is None or event.offset <= self.offset:
            return
        self.offset = event.offset
        self._queue.put_nowait(event)

    def fail(self, error: Exception) -> None:
        """Nothing more comes."""
        self._queue.put_nowait(error)
