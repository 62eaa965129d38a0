"""What somebody said about herself before proving the number, kept until the code comes back."""

import secrets
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from channels.identity import keys, people, proofs, terms
from channels.identity.nouns import Capacity, ProofPurpose
from channels.identity.terms import Accepts

TTL: Final = timedelta(minutes=30)


async def keep(
    ctx: Ctx,
    *,
    phone: str,
    capacity: Capacity,
    name: str,
    email: str | None,
    password_hash: str | None,
    locale: str,
    accepts: list[Accepts],
) -> str:
    """Keep the details; the ticket is the only way to them."""
    ticket = keys.text(secrets.token_bytes(32))
    await ctx.tx.execute(
        "INSERT INTO registration (ticket_digest, phone, capacity, name, email, password_hash, locale, expires_at,"
        " accepts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        keys.fingerprint(ticket),
        phone,
        capacity,
        name,
        email,
        password_hash,
        locale,
        ctx.real_now + TTL,
        msgspec.json.encode(accepts).decode(),
    )
    return ticket


async def take(ctx: Ctx, ticket: str, phone: str) -> Any | None:
    """The details kept for this ticket and number, once. None when there are none (any more)."""
    row = await ctx.tx.fetchrow(
        "DELETE FROM registration WHERE ticket_digest = $1 RETURNING *", keys.fingerprint(ticket)
    )
    return row if row is not None and row["phone"] == phone and row["expires_at"] > ctx.real_now else None


async def apply(ctx: Ctx, account_id: UUID, details: Any, *, new: bool) -> bool:
    """Give the account what was registered; an existing account keeps its name, e-mail and password.

    True when the account's capacities changed. An e-mail that another account has is left out silently: registering
    must not tell who is a customer.
    """
    await terms.record(ctx, account_id, msgspec.json.decode(details["accepts"], type=list[Accepts]))
    changed = await people.hold(ctx.tx, account_id, Capacity(details["capacity"]), ctx.now)
    if new and details["email"] is not None:
        tag = await ctx.tx.execute(
            "UPDATE account SET email = $2, password_hash = $3 WHERE id = $1"
            " AND NOT EXISTS (SELECT FROM account WHERE email = $2)",
            account_id,
            details["email"],
            details["password_hash"],
        )
        if tag == "UPDATE 1":
            await proofs.send(ctx, account_id, ProofPurpose.VERIFY_EMAIL, details["email"], details["locale"])
    return changed
