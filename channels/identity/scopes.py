"""What an administrator may: scopes are given by two, and `super` holds all of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.errors import Forbidden
from carewire.store.db import Tx
from channels.identity.errors import LastAdmin
from channels.identity.nouns import Scope

LIVE: Final = """SELECT s.scope FROM admin_scope s
  JOIN account a ON a.id = s.account_id AND a.state = 'active'
  JOIN account_capacity c ON c.account_id = s.account_id AND c.capacity = 'admin' AND c.state = 'active'
 WHERE s.account_id = $1 AND s.until IS NULL"""


async def held(tx: Tx, account_id: UUID) -> frozenset[Scope]:
    """The live scopes of an active administrator; of anybody else none."""
    return frozenset(Scope(row["scope"]) for row in await tx.fetch(LIVE, account_id))


async def require(ctx: Ctx, *wanted: Scope) -> None:
    """Raises `Forbidden` unless the caller has one of these scopes, or `super`."""
    if (await held(ctx.tx, ctx.actor.id)).isdisjoint({*wanted, Scope.SUPER}):
        raise Forbidden()


async def give(tx: Tx, account_id: UUID, scopes: Iterable[Scope], now: datetime) -> None:
    """These scopes and no others, from now on."""
    wanted = [str(scope) for scope in sorted(scopes)]
    await tx.execute(
        "UPDATE admin_scope SET until = greatest(since, $3) WHERE account_id = $1 AND until IS NULL"
        " AND scope <> ALL($2::text[])",
        account_id,
        wanted,
        now,
    )
    await tx.execute(
        "INSERT INTO admin_scope (account_id, scope, since) SELECT $1, word, $3 FROM unnest($2::text[]) word"
        " WHERE NOT EXISTS (SELECT FROM admin_scope WHERE account_id = $1 AND scope = word AND until IS NULL)",
        account_id,
        wanted,
        now,
    )


async def require_another_super(ctx: Ctx, account_id: UUID) -> None:
    """Raises `LastAdmin` when this account is the only one that can make administrators.

    Locks them all in one order, so that of two who go at once one stays.
    """
    rows = await ctx.tx.fetch(
        "SELECT a.id FROM account a WHERE a.state = 'active' AND EXISTS (SELECT FROM admin_scope s"
        " JOIN account_capacity c ON c.account_id = s.account_id AND c.capacity = 'admin' AND c.state = 'active'"
        " WHERE s.account_id = a.id AND s.scope = 'super' AND s.until IS NULL) ORDER BY a.id FOR NO KEY UPDATE"
    )
    if [row["id"] for row in rows] == [account_id]:
        raise LastAdmin()
