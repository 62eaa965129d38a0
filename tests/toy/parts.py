"""Pieces of the platform put together without a socket: a listener that writes down what it hears."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from carewire import ids
from carewire.actor import Actor
from carewire.bus.frame import Frame
from carewire.store.db import Tx
from tests.patience import PATIENCE_S


def uuid7(at: datetime | None = None) -> UUID:
    """A UUIDv7 made at a moment."""
    return ids.uuid7(at.timestamp() if at else None)


def somebody(*capacities: str) -> Actor:
    """A login of a new principal."""
    return Actor(
        id=uuid4(),
        login_id=uuid4(),
        capacities=frozenset(capacities or ("counter",)),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


class ToyIdentity:
    """Everybody stays who they are, except those who were thrown out."""

    def __init__(self) -> None:
        self.gone: set[UUID] = set()

    async def authenticate(self, tx: Tx, tokens: Any, real_now: datetime) -> Any:
        raise NotImplementedError

    async def reload(self, tx: Tx, actors: Any, real_now: datetime) -> dict[UUID, Actor]:
        return {a.login_id: a for a in actors if a.id not in self.gone}


class Ear:
    """A listener that keeps what it hears; `until(n)` waits for the n-th message."""

    direct = None

    def __init__(self, actor: Actor | None) -> None:
        self.actor = actor
        self.closed = False
        self.heard: list[dict[str, Any]] = []
        self._more = asyncio.Event()

    def deliver(self, frame: Frame) -> None:
        self._hear(frame.text)

    def notify(self, name: str, params: bytes) -> None:
        self._hear(b'{"method":"%b","params":%b}' % (name.encode(), params))

    def rebind(self, actor: Actor | None) -> None:
        self.actor = actor
        self.closed = actor is None
        self._more.set()

    def _hear(self, text: bytes) -> None:
        self.heard.append(msgspec.json.decode(text))
        self._more.set()

    @property
    def offsets(self) -> list[int]:
        return [m["params"]["offset"] for m in self.heard if "offset" in m["params"]]

    async def until(self, done: Any, within_s: float = PATIENCE_S) -> None:
        """Wait until `done(self)`; fails with what was heard."""
        try:
            async with asyncio.timeout(within_s):
                while not done(self):
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"heard only {self.heard[-5:]} ({len(self.heard)} messages)") from None
