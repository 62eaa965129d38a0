"""One-time tokens that come by mail: who brings one back reads that address."""

import secrets
from datetime import timedelta
from typing import Final, NoReturn
from uuid import UUID

from carewire.command import Ctx
from channels.identity import caps, keys
from channels.identity.caps import Cap, Charge, charge_of
from channels.identity.errors import ProofGone
from channels.identity.letters import LetterKind, letter
from channels.identity.nouns import ProofPurpose

TTL: Final = {
    ProofPurpose.VERIFY_EMAIL: timedelta(days=2),
    ProofPurpose.RESET_PASSWORD: timedelta(minutes=30),
    ProofPurpose.CHANGE_EMAIL: timedelta(minutes=30),
}


async def charge(ctx: Ctx, address: str) -> None:
    """Count one more mail to this address and from this network. Raises `RateLimited`, alike for unknown addresses."""
    await caps.spend(
        ctx,
        charge_of(ctx, Cap.MAIL_ADDRESS_HOUR, address),
        charge_of(ctx, Cap.MAIL_ADDRESS_DAY, address),
        charge_of(ctx, Cap.MAIL_NETWORK_HOUR, caps.network(ctx.peer.address)),
    )


async def send(ctx: Ctx, account_id: UUID, purpose: ProofPurpose, address: str, locale: str) -> None:
    """Mail a new token to an address of the account; the one before is dead."""
    token = keys.text(secrets.token_bytes(32))
    expires_at = ctx.real_now + TTL[purpose]
    await ctx.tx.execute(
        "INSERT INTO address_proof (account_id, purpose, digest, email, expires_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (account_id, purpose) DO UPDATE"
        " SET digest = EXCLUDED.digest, email = EXCLUDED.email, expires_at = EXCLUDED.expires_at",
        account_id,
        purpose,
        keys.fingerprint(token),
        address,
        expires_at,
    )
    mail = letter("email", address, LetterKind(purpose), locale, token=token, expires_at=expires_at)
    ctx.enqueue(mail, key=f"proof:{purpose}:{account_id}")


async def forget(ctx: Ctx, account_id: UUID, purpose: ProofPurpose) -> None:
    """What was mailed for this purpose proves nothing any more."""
    await ctx.tx.execute("DELETE FROM address_proof WHERE account_id = $1 AND purpose = $2", account_id, purpose)


async def take(ctx: Ctx, purpose: ProofPurpose, token: str) -> UUID:
    """The account a token stands for; the token is spent. Locks the account. Raises `ProofGone` or `RateLimited`."""
    wrong = charge_of(ctx, Cap.PROOF_WRONG_NETWORK, caps.network(ctx.peer.address))
    await caps.require_room(ctx, wrong)
    digest = keys.fingerprint(token)
    # The account first, as everywhere; then the token is read again, because two may bring it at once.
    account_id: UUID | None = await ctx.tx.fetchval(
        "SELECT a.id FROM address_proof p JOIN account a ON a.id = p.account_id"
        " WHERE p.digest = $1 AND p.purpose = $2 FOR NO KEY UPDATE OF a",
        digest,
        purpose,
    )
    spent = await ctx.tx.fetchval(
        "DELETE FROM address_proof p USING account a WHERE p.digest = $1 AND p.purpose = $2 AND p.expires_at > $3"
        " AND a.id = p.account_id AND a.email = p.email AND a.state = 'active' RETURNING p.account_id",
        digest,
        purpose,
        ctx.real_now,
    )
    if account_id is None or spent is None:
        await _count_wrong(ctx, wrong)
    return account_id


async def take_new(ctx: Ctx, account_id: UUID, token: str) -> str:
    """The new address that the account's own token was mailed to, once. Raises as `take` does."""
    wrong = charge_of(ctx, Cap.PROOF_WRONG_NETWORK, caps.network(ctx.peer.address))
    await caps.require_room(ctx, wrong)
    address: str | None = await ctx.tx.fetchval(
        "DELETE FROM address_proof WHERE digest = $1 AND account_id = $2 AND purpose = $3 AND expires_at > $4"
        " RETURNING email",
        keys.fingerprint(token),
        account_id,
        ProofPurpose.CHANGE_EMAIL,
        ctx.real_now,
    )
    if address is None:
        await _count_wrong(ctx, wrong)
    return address


async def _count_wrong(ctx: Ctx, wrong: Charge) -> NoReturn:
    await caps.count(ctx, wrong)
    refusal = ProofGone()
    refusal.keep = True  # a try that is rolled back is a try for free
    raise refusal
