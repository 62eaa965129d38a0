"""What a command is told when the database, or the way there, is lost."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from carewire.actor import Actor
from carewire.embedded import Postgres
from carewire.errors import OutcomeUnknown, Unavailable
from carewire.node import Node
from carewire.store import db as store
from carewire.store.db import Database
from tests.faults.proxy import Proxy
from tests.patience import PATIENCE_S
from tests.platform.conftest import call


@pytest_asyncio.fixture
async def line(postgres: Postgres) -> AsyncIterator[Proxy]:
    """The way to the database."""
    proxy = Proxy("to postgres", lambda: str(postgres.sockets / ".s.PGSQL.5432"), random.Random(1))
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest_asyncio.fixture
async def far(line: Proxy, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """A pool of one connection over that way, with little patience."""
    monkeypatch.setattr(store, "STATEMENT_PATIENCE_S", 1.0)
    name = urlsplit(database_url).path.strip("/")
    database = Database(f"postgresql://carewire@127.0.0.1:{line.port}/{name}?sslmode=disable", pool_max=2)
    await database.open()
    yield database
    line.thaw()
    await database.close()


async def test_a_frozen_line_is_unavailable_and_not_waited_for_for_ever(line: Proxy, far: Database) -> None:
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(Unavailable):
            await _freeze(far, line, at_commit=False)
        line.thaw()
        async with far.transaction() as tx:
            assert await tx.fetchval("SELECT 1") == 1


async def test_a_line_that_freezes_at_commit_leaves_the_outcome_unknown(line: Proxy, far: Database) -> None:
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(OutcomeUnknown):
            await _freeze(far, line, at_commit=True)


async def test_a_connection_that_broke_half_way_is_a_lost_one_and_no_bug_of_the_command(db: Database) -> None:
    with pytest.raises(Unavailable):
        async with db.transaction():
            raise asyncpg.InternalClientError("got result for unknown protocol state 12")
    async with db.transaction() as tx:
        assert await tx.fetchval("SELECT 1") == 1


async def _freeze(far: Database, line: Proxy, *, at_commit: bool) -> None:
    async with far.transaction() as tx:
        await tx.fetchval("SELECT 1")
        line.freeze()
        if not at_commit:
            await tx.fetchval("SELECT 1")


async def test_a_commit_that_the_server_turned_into_a_rollback_is_no_success(db: Database) -> None:
    """Who swallows the error of a statement gets no error from COMMIT either, only another word."""
    with pytest.raises(RuntimeError, match="nothing was committed"):
        await _swallow(db)


async def _swallow(db: Database) -> None:
    async with db.transaction() as tx:
        with contextlib.suppress(asyncpg.UndefinedTableError):
            await tx.execute("INSERT INTO nowhere VALUES (1)")


async def test_a_migration_under_open_connections_costs_no_command_and_no_query(
    node: Node, owner: Actor, counter: UUID
) -> None:
    for _ in range(30):
        await asyncio.gather(*(call(node, owner, "toy.get", counter_id=counter) for _ in range(6)))
    await call(node, owner, "toy.add", counter_id=counter)
    async with node.db.transaction() as tx:
        await tx.execute("ALTER TABLE counter ALTER COLUMN value TYPE integer")
    assert (await call(node, owner, "toy.get", counter_id=counter))["value"] == 1
    async with node.db.transaction() as tx:
        await tx.execute("ALTER TABLE counter ALTER COLUMN value TYPE bigint")
    assert (await call(node, owner, "toy.add", counter_id=counter))["value"] == 2
