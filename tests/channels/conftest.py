"""A node of the real product with the demo clinic, on a database of its own; time turned by hand."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from carewire.node import Node
from carewire.settings import Settings
from tests.channels.callers import Caller, TurnableClock, fresh_network


@pytest_asyncio.fixture
async def clinic(seeded: None, settings: Settings) -> AsyncIterator[Node]:
    """A running node without sockets: dispatcher, hub and jobs."""
    node = Node(settings)
    await node.start()
    yield node
    await node.stop()


@pytest.fixture
def clock(clinic: Node) -> TurnableClock:
    """The dispatcher's clock; jobs and the hub keep the real one."""
    turned = TurnableClock()
    clinic.dispatcher.clock = turned
    return turned


@pytest.fixture
def caller(clinic: Node) -> Callable[..., Caller]:
    """New anonymous callers, each from a network of its own unless told; buckets in Valkey outlive a test."""

    def make(address: str | None = None) -> Caller:
        return Caller(clinic, address or fresh_network(7))

    return make
