"""A thousand accounts shut while others work: whoever is connected, on whichever node, is out within a second.

Ledger: user.deactivate M-178, auth.guard H-051.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket

from carewire.app import create_app
from carewire.client import Refused
from carewire.gateway import server
from carewire.settings import Settings
from carewire.store.db import Database
from channels.identity.demo import ADMIN_EMAIL, ADMIN_PASSWORD
from channels.identity.principal import Claims, sign_access
from channels.seed import seed
from tests.conftest import PROMPTLY_S, Connect

ACCOUNTS = 1_000
CONNECTED = 60
AT_ONCE = 16
LOGIN_ENDED = 4104


@pytest_asyncio.fixture
async def second_node(gateway: server.Running, settings: Settings) -> AsyncIterator[server.Running]:
    """Another gateway on the same database and bus."""
    other = msgspec.structs.replace(settings, node=f"{settings.node}-b")
    running = await server.start(create_app(other), other)
    yield running
    await running.stop()


async def make_accounts(db: Database, settings: Settings) -> list[tuple[UUID, str]]:
    """Accounts that are logged in: id and access token."""
    now = datetime.now(UTC)
    expires_at = (now + timedelta(minutes=10)).replace(microsecond=0)
    made = [(uuid4(), uuid4(), uuid4()) for _ in range(ACCOUNTS)]
    async with db.transaction() as tx:
        await tx.executemany(
            "INSERT INTO account (id, phone, name, created_at) VALUES ($1, $2, 'Somebody', $3)",
            [(account_id, f"+91983{n:07d}", now) for n, (account_id, _, _) in enumerate(made)],
        )
        await tx.executemany(
            "INSERT INTO login (id, account_id, access_jti, access_expires_at, created_at) VALUES ($1, $2, $3, $4, $5)",
            [(login_id, account_id, jti, expires_at, now) for account_id, login_id, jti in made],
        )
    return [
        (account_id, sign_access(settings, Claims(account_id, login_id, jti, expires_at), now))
        for account_id, login_id, jti in made
    ]


async def follow(connection: ClientConnection, closed: dict[UUID, float], account_id: UUID) -> None:
    await connection.wait_closed()
    closed[account_id] = time.monotonic()


async def test_a_thousand_deactivations_under_load_close_every_socket_within_a_second(
    gateway: server.Running, second_node: server.Running, settings: Settings, db: Database, connect: Connect
) -> None:
    assert settings.database_url
    await seed(settings.database_url, settings)
    accounts = await make_accounts(db, settings)
    nodes = (gateway.url, second_node.url)
    sockets: dict[UUID, ClientConnection] = {}
    for n, (account_id, token) in enumerate(accounts[:: ACCOUNTS // CONNECTED][:CONNECTED]):
        header = {"Authorization": f"Bearer {token}"}
        sockets[account_id] = await open_socket(nodes[n % 2], additional_headers=header)
    closed: dict[UUID, float] = {}
    watching = [asyncio.create_task(follow(socket, closed, account_id)) for account_id, socket in sockets.items()]
    admin = await connect()
    await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    bystander = await connect(second_node.url, access_token=await bystanders_token(db, settings))
    answered: dict[UUID, float] = {}
    queue = iter(accounts)

    async def shut() -> None:
        for account_id, _ in queue:
            await admin.command("user.deactivate", user_id=account_id)
            answered[account_id] = time.monotonic()

    async def work() -> int:
        done = 0
        while len(answered) < ACCOUNTS:
            await bystander.command("profile.update", name=f"Busy {done}")
            done += 1
        return done

    worked, *_ = await asyncio.gather(work(), *(shut() for _ in range(AT_ONCE)))
    async with asyncio.timeout(PROMPTLY_S):
        await asyncio.gather(*watching)
    late = {account_id: closed[account_id] - answered[account_id] for account_id in sockets}
    assert max(late.values()) < PROMPTLY_S, max(late.values())
    assert {socket.close_code for socket in sockets.values()} == {LOGIN_ENDED}
    assert worked > 0
    async with db.snapshot() as tx:
        assert await tx.fetchval("SELECT count(*) FROM login WHERE ended_at IS NULL AND account_id = ANY($1)",
                                 [account_id for account_id, _ in accounts]) == 0  # fmt: skip
    door = await connect()
    for _, token in accounts[::100]:
        with pytest.raises(Refused, match="unauthenticated"):
            await door.call("auth.authenticate", access_token=token)
    assert (await bystander.query("profile.get"))["name"] == f"Busy {worked - 1}"


async def bystanders_token(db: Database, settings: Settings) -> str:
    """Somebody whom nobody shuts."""
    account_id, login_id, jti = uuid4(), uuid4(), uuid4()
    now = datetime.now(UTC)
    expires_at = (now + timedelta(minutes=10)).replace(microsecond=0)
    values: list[Any] = [account_id, login_id, jti, expires_at, now]
    async with db.transaction() as tx:
        await tx.execute(
            "INSERT INTO account (id, phone, name, created_at) VALUES ($1, '+919840000000', 'Busy', $2)",
            account_id,
            now,
        )
        await tx.execute(
            "INSERT INTO login (account_id, id, access_jti, access_expires_at, created_at) VALUES ($1, $2, $3, $4, $5)",
            *values,
        )
    return sign_access(settings, Claims(account_id, login_id, jti, expires_at), now)
