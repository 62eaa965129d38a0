"""Deploys nobody notices (DESIGN §5.9): clients of a stopping node move to another and lose nothing."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest_asyncio

from carewire.app import create_app
from carewire.client import Client, Event, Snapshot, Subscription
from carewire.gateway import server
from carewire.gateway.drain import drain
from carewire.settings import Settings
from carewire.store.db import Database
from channels.identity import demo
from tests.client.proxy import Proxy
from tests.conftest import Connect
from tests.patience import PATIENCE_S
from tests.people import log_in, make_counter
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
PEOPLE = 20
COUNTS = 60


@pytest_asyncio.fixture
async def leaving(settings: Settings) -> AsyncIterator[tuple[server.Running, object]]:
    """The node that will stop, and its hub's listeners."""
    app = create_app(settings)
    running = await server.start(app, settings)
    yield running, app.state.node.hub
    await running.stop()


@pytest_asyncio.fixture
async def balancer(leaving: tuple[server.Running, object]) -> AsyncIterator[Proxy]:
    """What clients connect to: it leads to the leaving node until somebody turns it."""
    line = Proxy(leaving[0].port)
    await line.start()
    yield line
    await line.stop()


async def test_clients_of_a_draining_node_miss_no_event_and_every_command_counts_once(
    leaving: tuple[server.Running, object],
    gateway: server.Running,
    balancer: Proxy,
    connect: Connect,
    settings: Settings,
    db: Database,
) -> None:
    _, hub = leaving
    counter = await make_counter(settings, db)
    first = await connect(balancer.url)
    await log_in(first, demo.PRIYA.phone)
    people = [await connect(balancer.url, access_token=first.access_token) for _ in range(PEOPLE)]
    topics = [await cw.subscribe(f"toy:{counter}") for cw in people]

    async def work(cw: Client) -> None:
        for _ in range(COUNTS // 4):
            await cw.command("toy.add", counter_id=str(counter))

    async def go() -> None:
        balancer.target_port = gateway.port
        await drain(lambda: hub.listeners, notice_s=0, grace_s=30)

    await asyncio.gather(go(), *(work(cw) for cw in people[:4]))
    assert all(cw.reconnects == 1 for cw in people)
    assert not hub.listeners
    for topic in topics:
        await heard_all(topic)
    async with db.snapshot() as tx:
        assert await tx.fetchval("SELECT value FROM counter WHERE id = $1", counter) == COUNTS


async def heard_all(topic: Subscription) -> None:
    """The snapshot, then every count once, in order, and never a resync."""
    start = await anext(topic)
    assert isinstance(start, Snapshot)
    seen = start.value["value"]
    async with asyncio.timeout(PATIENCE_S):
        while seen < COUNTS:
            event = await anext(topic)
            assert isinstance(event, Event)
            assert event.data["value"] == seen + 1
            seen += 1


async def test_sigterm_makes_a_node_unready_moves_its_clients_and_ends_with_status_zero(
    gateway: server.Running, settings: Settings, db: Database, connect: Connect
) -> None:
    counter = await make_counter(settings, db)
    node, port = await spawn(settings)
    balancer = Proxy(port)
    await balancer.start()
    try:
        cw = await connect(balancer.url)
        await log_in(cw, demo.PRIYA.phone)
        topic = await cw.subscribe(f"account:{demo.PRIYA.account_id}")
        assert isinstance(await anext(topic), Snapshot)
        balancer.target_port = gateway.port
        node.send_signal(signal.SIGTERM)
        async with httpx.AsyncClient() as http:
            while (await http.get(f"http://127.0.0.1:{port}/api/v1/health/ready")).status_code == 200:
                pass
        await cw.command("profile.update", name="Moved Along")
        change = await asyncio.wait_for(anext(topic), PATIENCE_S)
        assert isinstance(change, Event)
        assert await asyncio.to_thread(node.wait, PATIENCE_S) == 0
        assert cw.reconnects == 1
        assert isinstance(counter, UUID)
    finally:
        node.kill()
        await balancer.stop()


async def spawn(settings: Settings) -> tuple["subprocess.Popen[bytes]", int]:
    """A gateway process on a free port, ready."""
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "CAREWIRE_DATABASE_URL": str(settings.database_url),
        "CAREWIRE_REDIS_URL": str(settings.redis_url),
        "CAREWIRE_SECRET": settings.secret,
        "CAREWIRE_PORT": str(port),
        "CAREWIRE_LOG": "warning",
    }
    node = subprocess.Popen([sys.executable, "-m", "carewire", "serve"], env=environment, cwd=ROOT)  # noqa: ASYNC220
    async with httpx.AsyncClient() as http, asyncio.timeout(PATIENCE_S):
        while node.poll() is None:
            try:
                if (await http.get(f"http://127.0.0.1:{port}/api/v1/health/ready")).status_code == 200:
                    return node, port
            except httpx.TransportError:
                await asyncio.sleep(0)
    raise AssertionError(f"the node ended with {node.returncode}")
