"""The bus over Valkey, on a line that misbehaves."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from carewire.bus import redis
from carewire.bus.redis import RedisBroker
from carewire.embedded import Valkey
from tests.faults.proxy import Proxy


@pytest_asyncio.fixture
async def line(valkey: Valkey) -> AsyncIterator[Proxy]:
    proxy = Proxy("to valkey", lambda: valkey.url.removeprefix("unix://"), random.Random(1))
    await proxy.start()
    yield proxy
    await proxy.stop()


class Hearing:
    """A broker and what it heard."""

    def __init__(self, broker: RedisBroker) -> None:
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

    async def until(self, done: Callable[[], bool], within_s: float = 8.0) -> None:
        async with asyncio.timeout(within_s):
            while not done():
                self._more.clear()
                await self._more.wait()


@pytest_asyncio.fixture
async def hearing(line: Proxy) -> AsyncIterator[Hearing]:
    found = Hearing(RedisBroker(f"redis://127.0.0.1:{line.port}", prefix=f"test-{random.random()}:"))
    await found.broker.start(found.receive, found.reconnected)
    yield found
    await found.broker.close()


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
    hearing: Hearing, line: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody resets a connection whose way is gone: without asking, the node would wait for hints for ever."""
    monkeypatch.setattr(redis, "PING_S", 0.2)
    monkeypatch.setattr(redis, "CONNECT_TIMEOUT_S", 0.3)
    line.cut()
    await hearing.until(lambda: hearing.reconnects == 2)
    await hearing.broker.subscribe("a")
    line.freeze()
    async with asyncio.timeout(5):
        while hearing.broker.connected:  # noqa: ASYNC110 - the broker tells nobody that it is away
            await asyncio.sleep(0.02)
    line.thaw()
    await hearing.until(lambda: hearing.reconnects >= 3)
    await hearing.broker.subscribe("b")
    async with asyncio.timeout(8):
        while ("a", b"2") not in hearing.heard:
            hearing.broker.publish("a", b"2")
            await asyncio.sleep(0.02)


async def test_a_bus_that_refuses_our_password_is_not_connected_and_heals_when_it_takes_it(tmp_path: Path) -> None:
    async with Valkey(tmp_path) as guarded:
        admin = Redis.from_url(guarded.url)
        await admin.config_set("requirepass", "a-password")
        stranger = Hearing(RedisBroker(guarded.url))
        await stranger.broker.start(stranger.receive, stranger.reconnected)
        try:
            assert not stranger.broker.connected
            assert stranger.reconnects == 0
            await stranger.broker.subscribe("a")  # at once: the sweep stands in
            await admin.execute_command("AUTH", "a-password")
            await admin.config_set("requirepass", "")
            await stranger.until(lambda: stranger.broker.connected)
        finally:
            await stranger.broker.close()
            await admin.aclose()
