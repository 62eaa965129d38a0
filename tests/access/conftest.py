"""One world for the whole matrix: every actor's socket on one gateway, opened once."""

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from carewire.app import create_app
from carewire.embedded import Postgres, Valkey
from carewire.gateway import server
from carewire.settings import Settings
from carewire.store.db import Database
from channels.seed import seed
from tests.access import matrix, world
from tests.access.world import World
from tests.conftest import SECRET, be_another_deployment

_numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="session")
async def whole_world(
    postgres: Postgres, template: str, valkey: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """The demo clinic with everybody in it. Shared: what a test changes, the later ones find changed."""
    name = f"matrix_{next(_numbers)}"
    connection = await asyncpg.connect(postgres.url)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    url = postgres.url_of(name)
    await be_another_deployment(url)
    data: Path = tmp_path_factory.mktemp("matrix")
    settings = Settings(secret=SECRET, database_url=url, redis_url=valkey.url, data=data, pool=10, node="matrix")
    await seed(url, settings)
    async with AsyncExitStack() as stack:
        running = await server.start(create_app(settings), settings)
        stack.push_async_callback(running.stop)
        db = Database(url, pool_max=4)
        await db.open()
        stack.push_async_callback(db.close)
        made = World(settings, db, running.url)
        stack.push_async_callback(made.close)
        matrix.load_cells()
        await world.people(made)
        await made.open()
        await world.line(made)
        for ground in matrix.GROUNDS:
            await ground(made)
        yield made
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()
