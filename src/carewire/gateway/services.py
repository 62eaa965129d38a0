"""What the gateway asks of the rest of the house, and the limits of one socket."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Protocol

import msgspec

from carewire.actor import Actor
from carewire.bus.channel import Listener
from carewire.bus.tick import Tick
from carewire.clock import Clock
from carewire.command import Peer
from carewire.lanes import Outcome
from carewire.settings import Settings


class Answer(Protocol):
    """The hub's answer to a subscribe or resume."""

    @property
    def result(self) -> bytes:
        """The reply as JSON."""

    def go_live(self) -> None:
        """Flush what came since and deliver from now on; called in the same tick right behind the reply."""


class Hub(Protocol):
    """Local fan-out. Refusals are raised."""

    @property
    def epoch(self) -> str:
        """The epoch of this database, as clients compare it."""

    @property
    def tick(self) -> Tick:
        """What leaves in this turn of the loop."""

    def reroute(self, listener: Listener) -> None:
        """`listener.direct` came or went."""

    def register(self, listener: Listener) -> None:
        """A socket opened."""

    def rebind(self, listener: Listener) -> None:
        """The actor of a socket changed; without one its subscriptions end."""

    def drop(self, listener: Listener) -> None:
        """A socket is gone, with its subscriptions, also those still joining."""

    async def subscribe(self, listener: Listener, topic: str, epoch: str | None, after: int | None) -> Answer:
        """Begin to listen, from a snapshot or from behind `after`."""

    async def resume(self, listener: Listener, epoch: str | None, topics: Mapping[str, int | None]) -> Answer:
        """Begin to listen again to many topics, each from its own offset or its snapshot."""

    def unsubscribe(self, listener: Listener, topic: str) -> bool:
        """Stop listening. Was it listening?"""


class Dispatcher(Protocol):
    """Runs commands."""

    def authenticate(self, token: str) -> Awaitable[Actor]:
        """The actor of an access token; raises `Unauthenticated`, when it is awaited."""

    def decode(self, name: str, params: bytes) -> msgspec.Struct | None:
        """The params of a command that exists, if they are beyond doubt."""

    def enter(
        self, name: str, params: msgspec.Struct, actor: Actor | None, peer: Peer
    ) -> "asyncio.Future[Outcome] | None":
        """Have it served without a task of its own: its end, or None when it has to `run`."""

    async def run(self, name: str, params: bytes | msgspec.Struct, actor: Actor | None, peer: Peer) -> Outcome:
        """Run a command or query; raises a `Refusal`."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one socket, declared to the client in `socket:welcome`."""

    in_flight: int = 64
    """Calls of one socket that may run at once; more are refused with `overloaded`."""
    queue_bytes: int = 256 * 1024
    """Bytes that may wait for a reader who does not read; beyond: close 4102."""
    slow_s: float = 20.0
    """How long a reader may leave the line blocked; longer: close 4102."""
    notice_s: float = 60.0
    """How long before the access token runs out `auth:expiring` is sent."""
    grace_s: float = 60.0
    """How long after that a socket may still renew its token; then close 4101."""
    flood_burst: float = 1_000.0
    flood_per_s: float = 50.0
    """Calls refused for load or rate that one socket may run up (a token bucket); beyond: close 4200."""


class Services(Protocol):
    """Everything a socket needs of its node."""

    @property
    def dispatcher(self) -> Dispatcher:
        """Runs commands."""

    @property
    def hub(self) -> Hub:
        """Brings events."""

    @property
    def clock(self) -> Clock:
        """Tells the time."""

    @property
    def settings(self) -> Settings:
        """Names the node."""
