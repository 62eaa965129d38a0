"""What a command is told when the database, or the way there, is lost."""

import asyncio
import contextlib
import contextvars
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
    monkeypatch.setattr(store, "STATEMENT_PATIENCE_S", 0.5)
    name = urlsplit(database_url).path.strip("/")
    database = Database(f"postgresql://carewire@127.0.0.1:{line.port}/{name}?sslmode=disable", pool_max=2)
    await database.open()
    yield database
    line.thaw()
    await database.close()


async def test_a_frozen_line_is_unavailable_and_not_waited_for_for_ever(line: Proxy, far: Database) -> None:
    async with asyncio.timeout(10):
        with pytest.raises(Unavailable):
            await _freeze(far, line, at_commit=False)
        line.thaw()
        async with far.transaction() as tx:
            assert await tx.fetchval("SELECT 1") == 1


async def test_a_connection_that_was_lost_while_nobody_used_it_is_not_lent_again(database_url: str) -> None:
    database = Database(database_url, pool_max=3)
    await database.open()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(3):  # of three transactions at once, each in its own context
            await stack.enter_async_context(_own_transaction(database))
    assert database.idle == 3
    other = await asyncpg.connect(database_url)
    await other.execute(
        "SELECT pg_terminate_backend(pid, 3000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await other.close()
    for _ in range(5):
        with contextlib.suppress(Unavailable):  # at most once a connection: the word of its end may be on its way
            async with database.transaction() as tx:
                assert await tx.fetchval("SELECT 1") == 1
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT 1") == 1
    await database.close()


async def test_connections_go_round_by_the_pool_too_and_closing_waits_for_who_uses_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "POOL_EVERY", 2)
    database = Database(database_url, pool_max=2)
    await database.open()
    pids = set()
    for _ in range(6):
        async with database.transaction() as tx:
            pids.add(await tx.fetchval("SELECT pg_backend_pid()"))
    assert len(pids) <= 2
    async with database.transaction() as tx:
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
        assert await tx.fetchval("SELECT 1") == 1
    await closing
    with pytest.raises(Unavailable):
        await database.ping()


@contextlib.asynccontextmanager
async def _own_transaction(database: Database) -> AsyncIterator[None]:
    """One of several that are open at once: each command has a context of its own."""
    entered, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.transaction():
            entered.set()
            await leave.wait()

    holding = asyncio.create_task(hold(), context=contextvars.Context())
    await entered.wait()
    yield
    leave.set()
    await holding


async def test_a_line_that_freezes_at_commit_leaves_the_outcome_unknown(line: Proxy, far: Database) -> None:
    async with asyncio.timeout(10):
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
