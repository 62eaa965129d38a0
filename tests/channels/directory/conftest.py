"""Who acts in the directory's tests, without the way of a code through the mailbox."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from carewire.actor import Actor
from carewire.node import Node
from channels.identity import Capacity, Scope
from channels.identity import scopes as scopes_table
from tests.channels.callers import Caller, rows

Enter = Callable[..., Awaitable[Caller]]
Newcomer = Callable[..., Awaitable[UUID]]


@pytest.fixture
def enter(clinic: Node, caller: Callable[..., Caller]) -> Enter:
    """A caller bound to an account as an authentication would bind it now: what it holds, and staff where it works."""

    async def bound(account_id: UUID, locale: str = "en") -> Caller:
        held = await rows(
            clinic, "SELECT capacity FROM account_capacity WHERE account_id = $1 AND state = 'active'", account_id
        )
        works = await rows(clinic, "SELECT 1 FROM membership WHERE account_id = $1 AND until IS NULL", account_id)
        made = caller()
        made.actor = Actor(
            id=account_id,
            login_id=uuid4(),
            capacities=frozenset({row["capacity"] for row in held} | ({Capacity.STAFF} if works else set())),
            expires_at=datetime.now(UTC) + timedelta(hours=1),
            locale=locale,
        )
        return made

    return bound


@pytest.fixture
def newcomer(clinic: Node) -> Newcomer:
    """A new account; with a capacity, active or in the state told, or an administrator with scopes."""
    numbers = iter(range(1000))

    async def make(capacity: Capacity | None = None, state: str = "active", *scopes: Scope) -> UUID:
        now = datetime.now(UTC)
        async with clinic.db.transaction() as tx:
            account_id: UUID = await tx.fetchval(
                "INSERT INTO account (phone, name, created_at) VALUES ($1, 'Somebody', $2) RETURNING id",
                f"+9198222{next(numbers):05}",
                now,
            )
            if capacity is not None:
                await tx.execute(
                    "INSERT INTO account_capacity (account_id, capacity, state, since) VALUES ($1, $2, $3, $4)",
                    account_id,
                    capacity,
                    state,
                    now,
                )
            if scopes:
                await scopes_table.give(tx, account_id, scopes, now)
        return account_id

    return make
