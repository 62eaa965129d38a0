"""Losing a server: how soon it shows, what goes on, and that it heals by itself. Times are twice what is promised."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.faults import people, truth
from tests.faults.client import Client, Op
from tests.faults.people import Cast
from tests.faults.proxy import Mischief
from tests.faults.work import Crew
from tests.faults.world import World


def record(name: str, seconds: float) -> None:
    """A figure for the guide: shown by `pytest -s`."""
    print(f"\n  measured: {name} {seconds:.2f} s")


@pytest_asyncio.fixture(scope="module")
async def stage() -> AsyncIterator[tuple[World, Cast]]:
    """Servers, gateways and people, for all tests of this file."""
    world = World(1)
    try:
        await world.prepare()
        cast = await people.gather(world)
        await world.open()
        yield world, cast
    finally:
        await world.close()


@pytest_asyncio.fixture
async def crew(stage: tuple[World, Cast]) -> AsyncIterator[Crew]:
    """Everybody connected, nobody working."""
    world, cast = stage
    found = Crew(world, cast, 1)
    await found.connect()
    await found.settle()
    yield found
    await found.leave()
    await world.heal()


async def get(port: int, path: str) -> tuple[int, str]:
    """One HTTP answer: status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = (await reader.read()).decode()
    finally:
        writer.close()
    return int(answer.split(" ", 2)[1]), answer.partition("\r\n\r\n")[2]


async def until(done: Callable[[], Any], within_s: float) -> float:
    """How long until `done()` (which may be a coroutine function) is true."""
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        while True:
            found = done()
            if await found if asyncio.iscoroutine(found) else found:
                return time.monotonic() - began
            await asyncio.sleep(0.02)


def status(world: World, wanted: int) -> Callable[[], Any]:
    async def look() -> bool:
        return (await get(world.gateways[0].port, "/api/v1/health/ready"))[0] == wanted

    return look


@pytest.mark.parametrize("how", ["crash", "freeze"])
async def test_readiness_is_red_soon_after_postgres_is_lost_and_green_when_it_is_back(
    crew: Crew, stage: tuple[World, Cast], how: str
) -> None:
    world, _ = stage
    gateway = world.gateways[0]
    if how == "crash":
        await world.postgres.kill()
    else:
        gateway.to_postgres.freeze()
    record("red_s", await until(status(world, 503), 4))
    assert (await get(gateway.port, "/api/v1/health"))[0] == 200
    await world.heal()
    record("green_s", await until(status(world, 200), 20))


async def one_more(client: Client, cast: Cast) -> float:
    """One command, and how long its answer took."""
    began = time.monotonic()
    wanted = Op(client.account, "ledger.add", {"ledger_id": str(cast.ledgers[0]), "by": 1}, marked=True)
    assert await client.perform(wanted) is not None
    assert [t.outcome for t in wanted.tries] == ["ok"]
    return time.monotonic() - began


async def head(world: World, topic: str) -> int:
    return (await truth.heads(world))[topic]


async def test_without_valkey_every_command_is_answered_and_every_event_comes_a_little_later(
    crew: Crew, stage: tuple[World, Cast]
) -> None:
    world, cast = stage
    here, there = crew.clients[0], crew.clients[1]
    topic = f"ledger:{cast.ledgers[0]}"
    await world.valkey.kill()
    delays = []
    for _ in range(5):
        await one_more(here, cast)
        at = await head(world, topic)
        delays.append(await until(lambda: (there.position(topic) or ("", 0))[1] >= at, 4))  # noqa: B023
    record("without_valkey_s", max(delays))
    assert "carewire_bus_connected 0.0" in (await get(world.gateways[0].port, "/metrics"))[1]
    assert (await get(world.gateways[0].port, "/api/v1/health/ready"))[0] == 200
    assert '"degraded"' in (await get(world.gateways[0].port, "/api/v1/health/redis"))[1]
    await world.heal()
    healed = await until(lambda: _connected(world), 20)
    record("reconnected_s", healed)
    await one_more(here, cast)


async def _connected(world: World) -> bool:
    return all(["carewire_bus_connected 1.0" in (await get(g.port, "/metrics"))[1] for g in world.gateways])


async def test_a_valkey_that_says_nothing_costs_time_and_no_event(crew: Crew, stage: tuple[World, Cast]) -> None:
    """Frozen, not gone: nobody closes the connections."""
    world, cast = stage
    here, there = crew.clients[0], crew.clients[1]
    topic = f"ledger:{cast.ledgers[0]}"
    for gateway in world.gateways:
        gateway.to_valkey.freeze()
    slowest = max([await one_more(here, cast) for _ in range(5)])
    at = await head(world, topic)
    record("answer_s", slowest)
    record("event_s", await until(lambda: (there.position(topic) or ("", 0))[1] >= at, 4))
    await world.heal()
    await until(lambda: _connected(world), 20)


async def test_a_lost_last_hint_shows_within_two_seconds_on_the_other_node(
    crew: Crew, stage: tuple[World, Cast]
) -> None:
    world, cast = stage
    here, there = crew.clients[0], crew.clients[1]
    topic = f"ledger:{cast.ledgers[0]}"
    delays = []
    for gateway in world.gateways:
        gateway.to_valkey.mischief = Mischief(drop=1)
    for _ in range(8):
        await one_more(here, cast)
        at = await head(world, topic)
        delays.append(await until(lambda: (there.position(topic) or ("", 0))[1] >= at, 6))  # noqa: B023
    record("quiet_gap_s", max(delays))
    assert max(delays) < 6
