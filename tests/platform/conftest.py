"""Nodes without sockets: dispatcher, hub and jobs on real servers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import pytest_asyncio

from carewire.actor import Actor
from carewire.bus.broker import Broker
from carewire.command import Peer
from carewire.node import Node
from carewire.settings import Settings
from tests.cluster import LocalCluster
from tests.toy.parts import ToyIdentity, somebody

MakeNode = Callable[..., Awaitable[Node]]


@pytest.fixture
def identity() -> ToyIdentity:
    return ToyIdentity()


@pytest_asyncio.fixture
async def make_node(settings: Settings, identity: ToyIdentity) -> AsyncIterator[MakeNode]:
    """Start more nodes on the same database and bus."""
    nodes: list[Node] = []

    async def make(broker: Broker | None = None, **changes: object) -> Node:
        node = Node(msgspec.structs.replace(settings, **changes), broker=broker, identity=identity)
        await node.start()
        nodes.append(node)
        return node

    yield make
    for node in reversed(nodes):
        await node.stop()


@pytest_asyncio.fixture
async def node(make_node: MakeNode) -> Node:
    return await make_node()


@pytest.fixture
def owner() -> Actor:
    return somebody()


@pytest_asyncio.fixture
async def counter(node: Node, owner: Actor) -> UUID:
    """A counter of `owner`."""
    counter_id = uuid4()
    async with node.db.transaction() as tx:
        await tx.execute("INSERT INTO counter (id, owner) VALUES ($1, $2)", counter_id, owner.id)
    return counter_id


async def call(node: Node, actor: Actor | None, command: str, /, **params: object) -> Any:
    """Run a command as the gateway would; answers the decoded result."""
    outcome = await node.dispatcher.run(command, msgspec.json.encode(params), actor, Peer(address="127.0.0.1"))
    return msgspec.json.decode(outcome.result)


@pytest_asyncio.fixture(scope="session")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalCluster]:
    """Three masters that all tests of the bus share. Tests that kill one bring it back."""
    async with LocalCluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started
