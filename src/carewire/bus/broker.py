"""The bus between nodes, as little as it must be: channels, hints, and knowing when hints may have been lost.

A hint is never the record: it may be lost, repeated or late. The hub heals from PostgreSQL.
"""

from collections.abc import Callable
from typing import Protocol

Receive = Callable[[str, bytes], None]
"""Called with (channel, hint) for every hint, in arrival order. An error in it costs that hint only."""


class Broker(Protocol):
    """What the hub asks of a bus."""

    connected: bool

    async def start(self, receive: Receive, reconnected: Callable[[], None]) -> None:
        """Begin. Returns at once, also when the bus is away; `reconnected` is called after each time it came back."""

    async def subscribe(self, *channels: str) -> None:
        """Returns when the bus confirmed all, or at once while it is away (the hub's sweep stands in)."""

    def hears(self, channel: str) -> bool:
        """Has the bus confirmed this channel? Then `subscribe` has nothing to do."""

    def unsubscribe(self, channel: str) -> None:
        """No longer interested. Never fails."""

    def publish(self, channel: str, hint: bytes) -> None:
        """Send a hint soon. Never blocks and never raises; a hint that cannot be sent is counted."""

    async def close(self) -> None:
        """End."""
