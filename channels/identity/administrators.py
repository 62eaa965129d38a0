"""Making the administrator who makes the others: from the server's own command line, never over the wire."""

from datetime import datetime
from uuid import UUID

from carewire.store.db import Tx
from channels.identity import passwords, scopes
from channels.identity.nouns import Capacity, CapacityState, Scope


async def make(tx: Tx, email: str, name: str, password: str, now: datetime) -> UUID | None:
    """An active administrator with every scope; None when another account has this e-mail."""
    account_id: UUID | None = await tx.fetchval(
        "INSERT INTO account (email, email_verified_at, name, password_hash, created_at) VALUES ($1, $4, $2, $3, $4)"
        " ON CONFLICT (email) DO NOTHING RETURNING id",
        email,
        name,
        await passwords.digest(password),
        now,
    )
    if account_id is None:
        return None
    await tx.execute(
        "INSERT INTO account_capacity (account_id, capacity, state, since) VALUES ($1, $2, $3, $4)",
        account_id,
        Capacity.ADMIN,
        CapacityState.ACTIVE,
        now,
    )
    await scopes.give(tx, account_id, {Scope.SUPER}, now)
    return account_id
