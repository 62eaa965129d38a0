"""The bus over Valkey, one server or a cluster, on a line that misbehaves: one suite for both."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from carewire.bus import redis
from carewire.bus.cluster import ClusterBroker
from carewire.bus.connect import is_cluster
from carewire.bus.redis import RedisBroker
from carewire.embedded import Valkey
from tests.cluster import LocalCluster
from tests.faults.proxy import Proxy
from tests.patience import PATIENCE_S


class Bus:
    """Servers that brokers meet on, and the lines to them."""

    def __init__(self, url: str, lines: list[Proxy], admins: list[Redis]) -> None:
        self.url, self.lines, self.admins = url, lines, admins

    def cut(self) -> None:
        for line in self.lines:
            line.cut()

    def freeze(self) -> None:
        for line in self.lines:
            line.freeze()

    def thaw(self) -> None:
        for line in self.lines:
            line.thaw()


@pytest_asyncio.fixture(params=["one server", "cluster"])
async def bus(request: pytest.FixtureRequest, valkey: Valkey, cluster: LocalCluster) -> AsyncIterator[Bus]:
    """Every test of this suite holds for both."""
    if request.param == "cluster":
        admins = [master.admin() for master in cluster.masters]
        yield Bus(cluster.url, [master.line for master in cluster.masters], admins)
        for admin in admins:
            await admin.aclose()
        return
    line = Proxy("to valkey", lambda: valkey.url.removeprefix("unix://"), random.Random(1))
    await line.start()
    admin = Redis.from_url(valkey.url)
    yield Bus(f"redis://127.0.0.1:{line.port}", [line], [admin])
    await admin.aclose()
    await line.stop()


class Hearing:
    """A broker and what it heard."""

    def __init__(self, broker: RedisBroker | ClusterBroker) -> None:
        self.broker = broker
        self.heard: list[tuple[str, bytes]] = []
        self.reconnects = 0
        self._more = asyncio.Event()

    def receive(self, channel: str, hint: bytes) -> None:
        self.heard.append((channel, hint))
        self._more.set()

    def reconnected(self) -> None:
        self.reconnects += 1
        self._more.set()

    async def until(self, done: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(within_s):
            while not done():
                self._more.clear()
                await self._more.wait()


def make_broker(url: str) -> RedisBroker | ClusterBroker:
    """A broker whose topics nobody else has."""
    made = ClusterBroker if is_cluster(url) else RedisBroker
    return made(url, prefix=f"test-{random.random()}:")


def speaks(broker: RedisBroker | ClusterBroker) -> bool:
    """Is its second line open, too? What is said before is lost, and counted."""
    shards = broker._shards.values() if isinstance(broker, ClusterBroker) else [broker]
    return all(shard._speaking is not None for shard in shards)


async def begin(broker: RedisBroker | ClusterBroker) -> Hearing:
    """Somebody who hears and can speak."""
    found = Hearing(broker)
    await broker.start(found.receive, found.reconnected)
    await found.until(lambda: broker.connected)
    async with asyncio.timeout(PATIENCE_S):
        while not speaks(broker):  # noqa: ASYNC110 - one turn of the loop, not a wait by the clock
            await asyncio.sleep(0)
    return found


@pytest_asyncio.fixture
async def hearing(bus: Bus) -> AsyncIterator[Hearing]:
    found = await begin(make_broker(bus.url))
    yield found
    await found.broker.close()


async def test_topics_on_all_shards_are_heard_each_in_order_and_only_by_who_is_on_them(
    hearing: Hearing, bus: Bus
) -> None:
    speaker = hearing.broker
    names = [f"line:{number}" for number in range(40)]
    await asyncio.gather(*(speaker.subscribe(name) for name in names))
    for number in range(5):
        for name in [*names, "line:nobody"]:
            speaker.publish(name, b"%d" % number)
    await hearing.until(lambda: len(hearing.heard) >= 200)
    assert "line:nobody" not in {channel for channel, _ in hearing.heard}
    for name in names:
        assert [hint for channel, hint in hearing.heard if channel == name] == [b"0", b"1", b"2", b"3", b"4"]


async def test_a_topic_that_was_left_is_not_heard(hearing: Hearing) -> None:
    for name in ("a", "b"):
        await hearing.broker.subscribe(name)
    hearing.broker.unsubscribe("a")
    await hearing.broker.subscribe("a-barrier")
    for name in ("a", "b", "a-barrier"):
        hearing.broker.publish(name, b"1")
    await hearing.until(lambda: len(hearing.heard) == 2)
    assert sorted(hearing.heard) == [("a-barrier", b"1"), ("b", b"1")]


async def test_a_topic_left_and_joined_again_before_the_first_answer_came_is_heard(hearing: Hearing) -> None:
    broker = hearing.broker
    first = asyncio.ensure_future(broker.subscribe("a"))
    await asyncio.sleep(0)
    broker.unsubscribe("a")
    await asyncio.gather(first, broker.subscribe("a"))
    broker.publish("a", b"1")
    await hearing.until(lambda: hearing.heard == [("a", b"1")])


async def test_leaving_and_joining_a_hundred_times_ends_on_the_topic(hearing: Hearing) -> None:
    waiting = []
    for _ in range(100):
        waiting.append(asyncio.ensure_future(hearing.broker.subscribe("a")))
        await asyncio.sleep(0)
        hearing.broker.unsubscribe("a")
    await asyncio.gather(*waiting, hearing.broker.subscribe("a"))
    hearing.broker.publish("a", b"1")
    await hearing.until(lambda: hearing.heard == [("a", b"1")])


async def test_a_line_that_fell_silent_is_noticed_and_opened_again(
    hearing: Hearing, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody resets a connection whose way is gone: without asking, the node would wait for hints for ever."""
    monkeypatch.setattr(redis, "PING_S", 0.2)
    monkeypatch.setattr(redis, "CONNECT_TIMEOUT_S", 0.3)
    begun = hearing.reconnects
    bus.cut()
    await hearing.until(lambda: hearing.reconnects >= begun + len(bus.lines))
    begun = hearing.reconnects
    await hearing.broker.subscribe("a")
    bus.freeze()
    async with asyncio.timeout(PATIENCE_S):
        while hearing.broker.connected:  # noqa: ASYNC110 - the broker tells nobody that it is away
            await asyncio.sleep(0.02)
    bus.thaw()
    await hearing.until(lambda: hearing.reconnects > begun and hearing.broker.connected)
    await hearing.broker.subscribe("b")
    async with asyncio.timeout(PATIENCE_S):
        while ("a", b"2") not in hearing.heard:
            hearing.broker.publish("a", b"2")
            await asyncio.sleep(0.02)


async def test_a_bus_that_refuses_our_password_is_not_connected_and_heals_when_it_takes_it(bus: Bus) -> None:
    for admin in bus.admins:
        await admin.config_set("requirepass", "a-password")
    stranger = Hearing(make_broker(bus.url))
    try:
        bus.cut()
        await stranger.broker.start(stranger.receive, stranger.reconnected)
        assert not stranger.broker.connected
        assert stranger.reconnects == 0
        await stranger.broker.subscribe("a")  # at once: the sweep stands in
        stranger.broker.publish("a", b"unheard")
    finally:
        for admin in bus.admins:
            await admin.execute_command("AUTH", "a-password")
            await admin.config_set("requirepass", "")
    try:
        await stranger.until(lambda: stranger.broker.connected)
    finally:
        await stranger.broker.close()


async def test_a_bus_that_wants_a_password_and_is_given_it_is_heard(bus: Bus) -> None:
    for admin in bus.admins:
        await admin.config_set("requirepass", "a-password")
    scheme, _, hosts = bus.url.partition("://")
    guest = Hearing(make_broker(f"{scheme}://:a-password@{hosts}"))
    try:
        await guest.broker.start(guest.receive, guest.reconnected)
        await guest.broker.subscribe("a")
        guest.broker.publish("a", b"1")
        await guest.until(lambda: guest.heard == [("a", b"1")])
    finally:
        await guest.broker.close()
        for admin in bus.admins:
            await admin.execute_command("AUTH", "a-password")
            await admin.config_set("requirepass", "")
