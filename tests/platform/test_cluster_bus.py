"""The bus over a Redis Cluster: what the classic suite does not know, namely shards that die and slots that move."""

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from carewire.actor import Actor
from carewire.bus.cluster import ClusterBroker, split_url
from carewire.bus.connect import open_client, warm
from carewire.command import Rate
from carewire.gateway.limits import Buckets
from carewire.node import Node
from carewire.settings import Settings, SettingsError
from tests.cluster import LocalCluster, Master
from tests.conftest import SECRET
from tests.patience import PATIENCE_S
from tests.platform.conftest import MakeNode, call
from tests.platform.test_hub import listen, new_counter
from tests.platform.test_redis_bus import Hearing, begin
from tests.toy.parts import Ear


@pytest_asyncio.fixture
async def hearing(cluster: LocalCluster) -> AsyncIterator[Hearing]:
    found = await begin(ClusterBroker(cluster.url, prefix=f"test-{random.random()}:"))
    yield found
    await found.broker.close()


async def counters_on(cluster: LocalCluster, node: Node, owner: Actor, dead: Master) -> tuple[list[UUID], list[UUID]]:
    """Counters whose topics are on the shard of this master, and others; two at least of each."""
    there: list[UUID] = []
    elsewhere: list[UUID] = []
    while min(len(there), len(elsewhere)) < 2:
        counter_id = await new_counter(node, owner)
        on_it = await cluster.owner(f"cw:toy:{counter_id}") is dead
        (there if on_it else elsewhere).append(counter_id)
    return there, elsewhere


async def connected(*nodes: Node) -> None:
    """All shards answer to all nodes."""
    async with asyncio.timeout(PATIENCE_S):
        while not all(node.broker.connected for node in nodes):  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.02)


async def test_events_of_a_dead_shard_heal_by_the_sweep_the_others_go_on_and_it_comes_back(
    cluster: LocalCluster, make_node: MakeNode, owner: Actor
) -> None:
    here, there = [await make_node(redis_url=cluster.url) for _ in range(2)]
    dead = cluster.masters[2]
    lost, kept = await counters_on(cluster, here, owner, dead)
    ears = {counter_id: Ear(owner) for counter_id in (*lost, *kept)}
    for counter_id, ear in ears.items():
        await listen(here, ear, f"toy:{counter_id}")
    await connected(here, there)
    await dead.kill()
    try:
        for _ in range(3):
            for counter_id in ears:
                await call(there, owner, "toy.add", counter_id=counter_id)
        for ear in ears.values():
            await ear.until(lambda e: e.offsets == [1, 2, 3])
        assert not here.broker.connected
    finally:
        await dead.start()
        await cluster.settled()
    await connected(here, there)
    for counter_id, ear in ears.items():
        await call(there, owner, "toy.add", counter_id=counter_id)
        await ear.until(lambda e: e.offsets == [1, 2, 3, 4])


async def test_a_slot_that_moves_to_another_shard_takes_its_topics_along(
    cluster: LocalCluster, hearing: Hearing
) -> None:
    broker = hearing.broker
    assert isinstance(broker, ClusterBroker)
    await broker.subscribe("moves")
    broker.publish("moves", b"1")
    await hearing.until(lambda: hearing.heard == [("moves", b"1")])
    key = f"{broker._prefix}moves"
    slot = await cluster.ask(cluster.masters[0], "CLUSTER", "KEYSLOT", key)
    old = await cluster.owner(key)
    new = next(master for master in cluster.masters if master is not old)
    begun = hearing.reconnects
    await cluster.move(slot, new)
    try:
        await hearing.until(lambda: hearing.reconnects > begun)  # so that the hub looks for what it missed
        async with asyncio.timeout(PATIENCE_S):
            while ("moves", b"2") not in hearing.heard:
                broker.publish("moves", b"2")
                await asyncio.sleep(0.02)
        assert (await cluster.ask(new, "PUBSUB", "SHARDCHANNELS", key)) == [key]
        assert (await cluster.ask(old, "PUBSUB", "SHARDCHANNELS", key)) == []
    finally:
        await cluster.move(slot, old)


async def test_a_map_that_is_old_is_corrected_by_the_first_refusal(cluster: LocalCluster, hearing: Hearing) -> None:
    """Nobody on this broker is on the slot, so no server tells it that the slot moved."""
    broker = hearing.broker
    assert isinstance(broker, ClusterBroker)
    key = f"{broker._prefix}late"
    slot = await cluster.ask(cluster.masters[0], "CLUSTER", "KEYSLOT", key)
    old = await cluster.owner(key)
    new = next(master for master in cluster.masters if master is not old)
    await cluster.move(slot, new)
    try:
        await broker.subscribe("late")  # MOVED
        async with asyncio.timeout(PATIENCE_S):
            while ("late", b"1") not in hearing.heard:
                broker.publish("late", b"1")
                await asyncio.sleep(0.02)
    finally:
        await cluster.move(slot, old)


async def test_any_node_of_the_cluster_is_enough_to_find_the_others(cluster: LocalCluster) -> None:
    first, last = "redis+cluster://127.0.0.1:1,", cluster.url.rpartition(",")[2]
    found = await begin(ClusterBroker(first + last, prefix=f"test-{random.random()}:"))
    try:
        names = [f"n:{number}" for number in range(20)]
        await asyncio.gather(*(found.broker.subscribe(name) for name in names))
        for name in names:
            found.broker.publish(name, b"1")
        await found.until(lambda: len(found.heard) == len(names))
    finally:
        await found.broker.close()


async def test_limits_are_shared_over_a_cluster_too(cluster: LocalCluster) -> None:
    client = open_client(cluster.url, socket_timeout=0.25)
    await warm(client)
    buckets, rate = Buckets(client), Rate(burst=2, per_minute=1, shared=True)
    try:
        waits = [await buckets._spend_shared("toy.tag", rate, f"who-{random.random()}") for _ in range(3)]
        assert waits == [0, 0, 0], "three people, a bucket each"
        who = f"who-{random.random()}"
        waits = [await buckets._spend_shared("toy.tag", rate, who) for _ in range(3)]
        assert waits[:2] == [0, 0]
        assert waits[2] is not None
        assert waits[2] > 0
    finally:
        await client.aclose()


def test_the_url_of_a_cluster_names_nodes_with_one_password_for_all() -> None:
    assert split_url("rediss+cluster://u:p@a:1,b:2") == ["rediss://u:p@a:1", "rediss://u:p@b:2"]
    assert Settings.from_env({"CAREWIRE_SECRET": SECRET, "CAREWIRE_REDIS_URL": "redis+cluster://a:1,b:2"}).redis_url
    with pytest.raises(SettingsError, match="CAREWIRE_REDIS_URL"):
        Settings.from_env({"CAREWIRE_SECRET": SECRET, "CAREWIRE_REDIS_URL": "redis+cluster://"})
