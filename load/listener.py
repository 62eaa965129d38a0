"""A client that keeps a log of all it said and heard, and the state of its topics: snapshot, events applied."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from carewire.client import Client, Lost, Refused, Snapshot, Subscription
from carewire.client import Event as Heard
from carewire.client.wire import Wire
from carewire.event import Event
from channels.queue.events import BoardSnapshot, BoardUpdated, LineUpdated, QueueUpdated, TokenUpdated
from channels.queue.projection import LineSnapshot, QueueSnapshot, TokenFact

SHAPES: dict[str, tuple[type[Struct], Any]] = {
    "queue": (QueueSnapshot, QueueUpdated),
    "line": (LineSnapshot, LineUpdated),
    "token": (TokenFact, TokenUpdated),
    "board": (BoardSnapshot, BoardUpdated),
}
"""What each topic tells, and the pure function (`apply`) that puts a snapshot and an event together."""


class Sent(Struct, frozen=True):
    """One command: when it was sent and answered on our wall clock, and how it ended."""

    method: str
    sent: float
    replied: float
    outcome: str


class Receipt(Struct, frozen=True):
    """One frame as it came in: before the client drops what it has seen before."""

    topic: str
    offset: int
    at: str
    wall: float


class Journal:
    """What all sockets of a replay said and heard."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.receipts: list[Receipt] = []


class Follow:
    """One topic of one listener: the log as it came, and the state after it."""

    def __init__(self, who: str, subscription: Subscription) -> None:
        self.who = who
        self.topic = subscription.topic
        self.log: list[Snapshot | Heard] = []
        self.epochs: set[str | None] = set()
        self.state: Any = None
        self.ended: str | None = None
        """Why the server ended it; None while it goes on."""
        self._subscription = subscription
        self._changed = asyncio.Condition()
        self._task = asyncio.create_task(self._read(), name=f"{who} {self.topic}")

    @property
    def offset(self) -> int:
        """How far it has heard."""
        return self.log[-1].offset if self.log else -1

    async def until(self, holds: Callable[[Any], bool]) -> Any:
        """The state, once it is so. Raises `Lost` when the topic ends before."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.ended or (self.log and holds(self.state)))
        if not holds(self.state):
            raise Lost(f"{self.who} lost {self.topic}: {self.ended}")
        return self.state

    async def close(self) -> None:
        """Stop reading."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for change in self._subscription:
                self.epochs.add(self._subscription.epoch)
                self.log.append(change)
                self.state = after(self.topic, self.state, change)
                await self._tell()
        except (Refused, ConnectionError) as end:
            self.ended = getattr(end, "reason", "") or str(end)
        except Exception as error:  # an event that cannot be applied is a finding, not the end of the replay
            self.ended = f"broken: {error!r}"
        await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def after(topic: str, state: Any, change: Snapshot | Heard) -> Any:
    """The state after one more change, by the product's own pure functions."""
    snapshot, event = SHAPES[topic.partition(":")[0]]
    if isinstance(change, Snapshot):
        return msgspec.convert(change.value, snapshot, strict=False)
    told: Event = msgspec.convert(change.data, event, strict=False)
    return event.apply(state, told)


class Listener(Client):
    """A client whose words and ears go into the journal."""

    def __init__(self, url: str, who: str, journal: Journal) -> None:
        super().__init__(url)
        self.who = who
        self.follows: dict[str, Follow] = {}
        self._journal = journal

    async def follow(self, topic: str) -> Follow:
        """Subscribe, and keep the log."""
        async with self.noted("topic.subscribe"):
            subscription = await self.subscribe(topic)
        self.follows[topic] = Follow(self.who, subscription)
        return self.follows[topic]

    async def call(self, method: str, **params: Any) -> Any:
        """`Client.call`, noted."""
        async with self.noted(method):
            return await super().call(method, **params)

    async def query(self, method: str, **params: Any) -> Any:
        """`Client.query`, noted."""
        async with self.noted(method):
            return await super().query(method, **params)

    async def command(self, method: str, **params: Any) -> Any:
        """`Client.command`, noted."""
        async with self.noted(method):
            return await super().command(method, **params)

    def _hear(self, wire: Wire, name: str, params: dict[str, Any]) -> None:
        # Stamped before anything else is done with it, and before the client drops what it has seen.
        if "offset" in params:
            self._journal.receipts.append(Receipt(params["topic"], params["offset"], params["at"], time.time()))
        super()._hear(wire, name, params)

    async def close(self) -> None:
        """Stop listening, then go."""
        for follow in self.follows.values():
            await follow.close()
        await super().close()

    @contextlib.asynccontextmanager
    async def noted(self, method: str) -> Any:
        sent, outcome = time.time(), "ok"
        try:
            yield
        except Refused as refused:
            outcome = refused.reason
            raise
        except ConnectionError:
            outcome = "lost"
            raise
        finally:
            self._journal.sent.append(Sent(method, sent, time.time(), outcome))
