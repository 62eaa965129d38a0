"""A bus within one process: for a node that runs alone, and held to the same test suite as Redis."""

from collections.abc import Callable

from carewire.bus.broker import Receive


class MemoryBroker:
    """Nodes of one process that share a `MemoryBus` hear each other."""

    connected = True

    def __init__(self, bus: "MemoryBus | None" = None) -> None:
        self._bus = bus or MemoryBus()
        self._receive: Receive | None = None
        self._channels: set[str] = set()

    async def start(self, receive: Receive, reconnected: Callable[[], None]) -> None:
        self._receive = receive
        self._bus.brokers.append(self)

    async def subscribe(self, *channels: str) -> None:
        self._channels.update(channels)

    def hears(self, channel: str) -> bool:
        return channel in self._channels

    def unsubscribe(self, channel: str) -> None:
        self._channels.discard(channel)

    def publish(self, channel: str, hint: bytes) -> None:
        for broker in list(self._bus.brokers):
            broker.hear(channel, hint)

    def hear(self, channel: str, hint: bytes) -> None:
        """A hint of the shared bus."""
        if channel in self._channels and self._receive is not None:
            self._receive(channel, hint)

    async def close(self) -> None:
        if self in self._bus.brokers:
            self._bus.brokers.remove(self)


class MemoryBus:
    """The wire between memory brokers."""

    def __init__(self) -> None:
        self.brokers: list[MemoryBroker] = []
