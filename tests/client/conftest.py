"""A counter of the toy domain, somebody who may count it, and a line that can be bad."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest_asyncio

from carewire.client import Client, Event, Snapshot, Subscription
from carewire.gateway import server
from carewire.settings import Settings
from carewire.store.db import Database
from channels.identity import demo
from tests.client.proxy import Proxy
from tests.conftest import Connect
from tests.patience import PATIENCE_S
from tests.people import log_in, make_counter

SHORT = (0.05, 0.5)
"""Bounds of pauses: what comes back after a cut is to be seen, not waited for."""

Person = Callable[..., Awaitable[Client]]


@pytest_asyncio.fixture
async def counter(gateway: server.Running, settings: Settings, db: Database) -> UUID:
    """A counter that Priya owns."""
    return await make_counter(settings, db)


@pytest_asyncio.fixture
async def proxy(gateway: server.Running) -> AsyncIterator[Proxy]:
    """A line to the gateway."""
    line = Proxy(gateway.port)
    await line.start()
    yield line
    await line.stop()


@pytest_asyncio.fixture
async def priya(counter: UUID, connect: Connect) -> Client:
    """Priya on a good line of her own."""
    cw = await connect()
    await log_in(cw, demo.PRIYA.phone)
    return cw


@pytest_asyncio.fixture
async def second(priya: Client, proxy: Proxy, connect: Connect) -> Client:
    """Priya's second device, on the line that can be bad."""
    return await connect(proxy.url, access_token=priya.access_token, pause_s=SHORT)


@pytest_asyncio.fixture
async def followed(second: Client, counter: UUID) -> Subscription:
    """The second device follows the counter and has read the snapshot."""
    topic = await second.subscribe(f"toy:{counter}")
    first = await change(topic)
    assert isinstance(first, Snapshot)
    return topic


async def change(topic: Subscription, within_s: float = PATIENCE_S) -> Snapshot | Event:
    """The next change."""
    async with asyncio.timeout(within_s):
        return await anext(topic)


async def offsets_until(topic: Subscription, last: int) -> list[int]:
    """Offsets of the changes read until this one."""
    seen: list[int] = []
    while not seen or seen[-1] < last:
        seen.append((await change(topic)).offset)
    return seen


async def until(true: Callable[[], Any], within_s: float = PATIENCE_S) -> None:
    """Wait for something that is only seen by looking; each look gives the loop a turn."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - what is looked at has no event to wait for
            await asyncio.sleep(0)
