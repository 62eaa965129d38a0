"""Logins: opening one, renewing it, ending it. One login is one device and one chain of refresh tokens."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import msgspec

from carewire.command import Ctx
from carewire.errors import AlreadyAuthenticated, Unauthenticated
from channels.identity import access, facts, keys
from channels.identity.errors import AccountClosed, TokenReused
from channels.identity.nouns import Capacity, CapacityState, EndReason, Fact
from channels.identity.principal import Claims, actor_of_login, sign_access
from channels.identity.terms import Owed, owed

LOST_REPLY: Final = timedelta(seconds=30)
"""How long a spent refresh token still answers with the successor it was exchanged for, if that is unused."""


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """Whose login it is. `pending` capacities wait for verification and open nothing yet."""

    id: UUID
    name: str
    capacities: list[Capacity]
    pending: list[Capacity]
    locale: str


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A login and its tokens. The refresh token is good once: keep the newest."""

    account: AccountView
    login_id: UUID
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime
    fact_due: Fact | None
    """The known fact that this login tells before it reads clinical data (`auth.tell_fact`)."""
    terms_due: list[Owed]
    """What the account has still to accept (`terms.accept`), and from when on it does nothing else."""


async def open_login(ctx: Ctx, account_id: UUID, device: str | None, *, by_code: bool = False) -> Login:
    """Log the account in and bind the socket. Raises `AccountClosed`.

    `by_code`: only a code on the number proves who it is, and numbers are recycled.
    """
    state = await ctx.tx.fetchval("SELECT state FROM account WHERE id = $1 FOR NO KEY UPDATE", account_id)
    if state != "active":
        raise AccountClosed()
    expires_at = _access_expiry(ctx)
    jti = uuid4()
    login_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO login (account_id, device, access_jti, access_expires_at, created_at, fact_due)"
        " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        account_id,
        device,
        jti,
        expires_at,
        ctx.real_now,
        by_code and await facts.is_due(ctx, account_id, device),
    )
    refresh = keys.text(secrets.token_bytes(32))
    refresh_expires_at = await _issue(ctx, login_id, 0, refresh)
    return await _answer(ctx, Claims(account_id, login_id, jti, expires_at), refresh, refresh_expires_at)


async def renew_login(ctx: Ctx, token: str) -> Login:
    """Exchange a refresh token for its successor and a new access token.

    A spent token ends its whole family: either the thief or the owner is late, and we cannot tell which. The one
    exception is an honest phone whose reply was lost: within 30 s, while the successor is unused, it gets that same
    successor again. Raises `Unauthenticated`, `TokenReused`, `AlreadyAuthenticated`.
    """
    digest = keys.fingerprint(token)
    named = await ctx.tx.fetchrow(
        "SELECT l.id, l.account_id FROM refresh_token t JOIN login l ON l.id = t.login_id WHERE t.digest = $1", digest
    )
    if named is None:
        raise Unauthenticated()
    login_id, account_id = named["id"], named["account_id"]
    if not ctx.anonymous and ctx.actor.login_id != login_id:
        raise AlreadyAuthenticated()
    # Roots first: of two that present the same token at once, the second must see what the first did.
    state = await ctx.tx.fetchval("SELECT state FROM account WHERE id = $1 FOR NO KEY UPDATE", account_id)
    ended_at = await ctx.tx.fetchval("SELECT ended_at FROM login WHERE id = $1 FOR NO KEY UPDATE", login_id)
    row = await ctx.tx.fetchrow("SELECT generation, expires_at, used_at FROM refresh_token WHERE digest = $1", digest)
    if state != "active" or ended_at is not None or row is None or row["expires_at"] <= ctx.real_now:
        raise Unauthenticated()
    heir = keys.text(keys.seal(ctx.settings, "refresh chain", login_id.bytes, token))
    if row["used_at"] is None:
        await ctx.tx.execute("UPDATE refresh_token SET used_at = $2 WHERE digest = $1", digest, ctx.real_now)
        # A spent token betrays its thief until it expires; afterwards it is refused anyway.
        await ctx.tx.execute(
            "DELETE FROM refresh_token WHERE login_id = $1 AND used_at IS NOT NULL AND expires_at <= $2",
            login_id,
            ctx.real_now,
        )
        refresh_expires_at = await _issue(ctx, login_id, row["generation"] + 1, heir)
    else:
        issued = await ctx.tx.fetchrow(
            "SELECT expires_at FROM refresh_token WHERE digest = $1 AND used_at IS NULL", keys.fingerprint(heir)
        )
        if issued is None or ctx.real_now - row["used_at"] > LOST_REPLY:
            await end_logins(ctx, account_id, [login_id], EndReason.REUSE)
            refusal = TokenReused()
            refusal.keep = True  # the family stays ended
            raise refusal
        refresh_expires_at = issued["expires_at"]
    claims = Claims(account_id, login_id, uuid4(), _access_expiry(ctx))
    await ctx.tx.execute(
        "UPDATE login SET access_jti = $2, access_expires_at = $3 WHERE id = $1",
        login_id,
        claims.jti,
        claims.expires_at,
    )
    return await _answer(ctx, claims, heir, refresh_expires_at)


async def end_logins(
    ctx: Ctx, account_id: UUID, login_ids: Sequence[UUID] | None, reason: EndReason, *, spare: UUID | None = None
) -> int:
    """End these logins of the account (None = all that live, but for `spare`); answers how many.

    Their tokens are dead and their sockets close within a second.
    """
    await access.rights_changed(ctx, account_id)
    ended: int = await ctx.tx.fetchval(
        """WITH ended AS (
               SELECT id FROM login WHERE account_id = $1 AND ended_at IS NULL AND ($2::uuid[] IS NULL OR id = ANY($2))
                  AND id IS DISTINCT FROM $5
                ORDER BY id FOR NO KEY UPDATE
           ), told AS (
               UPDATE login l SET ended_at = $3, end_reason = $4 FROM ended WHERE l.id = ended.id
               RETURNING l.id, l.access_jti, l.access_expires_at
           ), dead AS (
               INSERT INTO token_blacklist (jti, login_id, expires_at)
               SELECT access_jti, id, access_expires_at FROM told WHERE access_expires_at > $3
               ON CONFLICT (jti) DO NOTHING
           )
           SELECT count(*) FROM told""",
        account_id,
        None if login_ids is None else list(login_ids),
        ctx.real_now,
        reason,
        spare,
    )
    return ended


async def describe_account(ctx: Ctx, account_id: UUID, capacities: frozenset[str]) -> AccountView:
    """The account as its own login sees it."""
    row = await ctx.tx.fetchrow(
        "SELECT a.name, a.locale, ARRAY(SELECT c.capacity FROM account_capacity c WHERE c.account_id = a.id"
        " AND c.state = $2 ORDER BY 1) AS pending FROM account a WHERE a.id = $1",
        account_id,
        CapacityState.PENDING,
    )
    if row is None:
        raise Unauthenticated()
    return AccountView(
        id=account_id,
        name=row["name"],
        capacities=[Capacity(word) for word in sorted(capacities)],
        pending=[Capacity(word) for word in row["pending"]],
        locale=row["locale"],
    )


async def _issue(ctx: Ctx, login_id: UUID, generation: int, token: str) -> datetime:
    expires_at = ctx.real_now + timedelta(seconds=ctx.settings.refresh_ttl_s)
    await ctx.tx.execute(
        "INSERT INTO refresh_token (login_id, generation, digest, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        login_id,
        generation,
        keys.fingerprint(token),
        ctx.real_now,
        expires_at,
    )
    return expires_at


async def _answer(ctx: Ctx, claims: Claims, refresh: str, refresh_expires_at: datetime) -> Login:
    actor = await actor_of_login(ctx.tx, claims.login_id, claims.expires_at)
    ctx.bind(actor)
    return Login(
        account=await describe_account(ctx, claims.account_id, actor.capacities),
        login_id=claims.login_id,
        access_token=sign_access(ctx.settings, claims, ctx.real_now),
        access_expires_at=claims.expires_at,
        refresh_token=refresh,
        refresh_expires_at=refresh_expires_at,
        fact_due=await facts.due(ctx, claims.login_id, claims.account_id),
        terms_due=await owed(ctx.tx, claims.account_id),
    )


def _access_expiry(ctx: Ctx) -> datetime:
    """Whole seconds, because the token's own `exp` has no finer ones."""
    return (ctx.real_now + timedelta(seconds=ctx.settings.access_ttl_s)).replace(microsecond=0)
