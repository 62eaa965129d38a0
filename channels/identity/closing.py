"""What ends with an account: where it works, for whom it acts, what it may. Its row stays for who refers to it."""

from uuid import UUID

from carewire.command import Ctx
from channels.identity.errors import SoleOwner
from channels.identity.nouns import Duty


async def lock_places(ctx: Ctx, account_id: UUID) -> None:
    """The places first, as in every command about members, so that of two owners who go at once one is refused."""
    await ctx.tx.execute(
        "SELECT FROM place WHERE id IN (SELECT place_id FROM membership WHERE account_id = $1 AND until IS NULL"
        " AND duty = $2) ORDER BY id FOR UPDATE",
        account_id,
        Duty.OWNER,
    )


async def refuse_sole_owner(ctx: Ctx, account_id: UUID) -> None:
    """Raises `SoleOwner` while a place would be left without an owner. Lock the places before."""
    orphaned: list[UUID] | None = await ctx.tx.fetchval(
        """SELECT array_agg(m.place_id) FROM membership m WHERE m.account_id = $1 AND m.until IS NULL AND m.duty = $2
              AND NOT EXISTS (SELECT FROM membership o WHERE o.place_id = m.place_id AND o.duty = $2
                               AND o.until IS NULL AND o.account_id <> $1)""",
        account_id,
        Duty.OWNER,
    )
    if orphaned:
        raise SoleOwner(place_ids=[str(place_id) for place_id in orphaned])


async def end_ties(ctx: Ctx, account_id: UUID) -> None:
    """Its duties, guardianships, scopes and capacities end, and what was mailed to it proves nothing any more."""
    for table in ("membership", "guardianship", "admin_scope"):
        await ctx.tx.execute(
            f"UPDATE {table} SET until = greatest(since, $2) WHERE account_id = $1 AND until IS NULL",
            account_id,
            ctx.now,
        )
    await ctx.tx.execute("UPDATE account_capacity SET state = 'withdrawn' WHERE account_id = $1", account_id)
    await ctx.tx.execute("DELETE FROM address_proof WHERE account_id = $1", account_id)
