"""Staying logged in and logging out."""

from datetime import datetime
from uuid import UUID

import msgspec

from carewire.actor import ANYONE, KNOWN
from carewire.command import Ctx, Rate, command, query
from carewire.errors import AlreadyAuthenticated, Field, InvalidParams, NotFound, Refusal, Unauthenticated
from carewire.forms import Secret
from channels.identity import facts
from channels.identity.errors import TokenReused
from channels.identity.logins import AccountView, Login, describe_account, end_logins, renew_login
from channels.identity.nouns import Capacity, EndReason, Fact
from channels.identity.principal import Accounts
from channels.identity.terms import Owed, owed

# After a node's restart everybody behind one address comes back at once.
RETURNING = Rate(burst=3000, per_minute=12_000)


class Authenticated(msgspec.Struct, frozen=True, kw_only=True):
    """Whose socket this is now. `account` is null for a display."""

    actor_id: UUID
    login_id: UUID
    capacities: list[Capacity]
    access_expires_at: datetime
    account: AccountView | None
    fact_due: Fact | None
    """The known fact that this login tells before it reads clinical data (`auth.tell_fact`)."""
    terms_due: list[Owed]
    """What the account has still to accept (`terms.accept`), and from when on it does nothing else."""


class LoggedOut(msgspec.Struct, frozen=True, kw_only=True):
    """The login is ended; `all` tells whether every other device's is too."""

    all: bool


@command(
    "auth.authenticate",
    allow={ANYONE},
    receipt=False,
    rate=RETURNING,
    errors={AlreadyAuthenticated, Unauthenticated},
)
async def authenticate(ctx: Ctx, access_token: Secret) -> Authenticated:
    """Log this socket in with an access token (or a display's credential)."""
    if not ctx.anonymous:
        raise AlreadyAuthenticated()
    [actor] = await Accounts(ctx.settings).authenticate(ctx.tx, [access_token], ctx.real_now)
    if isinstance(actor, Refusal):
        raise actor
    ctx.bind(actor)
    is_display = Capacity.DISPLAY in actor.capacities
    return Authenticated(
        actor_id=actor.id,
        login_id=actor.login_id,
        capacities=[Capacity(word) for word in sorted(actor.capacities)],
        access_expires_at=actor.expires_at,
        account=None if is_display else await describe_account(ctx, actor.id, actor.capacities),
        fact_due=None if is_display else await facts.due(ctx, actor.login_id, actor.id),
        terms_due=[] if is_display else await owed(ctx.tx, actor.id),
    )


@command(
    "auth.refresh",
    allow={ANYONE},
    receipt=False,
    rate=RETURNING,
    errors={AlreadyAuthenticated, Unauthenticated, TokenReused},
)
async def refresh(ctx: Ctx, refresh_token: Secret) -> Login:
    """Exchange a refresh token for new tokens. On a logged-in socket it prolongs that login; else it logs in.

    Each token is good once. A spent one ends the login on every device that shares it, except within 30 s while its
    successor is unused: then the answer is that same successor, so that a lost reply logs nobody out.
    """
    return await renew_login(ctx, refresh_token)


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One login that lives. `device` is the name it gave itself; `current` is the one that asks."""

    login_id: UUID
    device: str | None
    opened_at: datetime
    renewed_at: datetime
    current: bool


@query("auth.devices", allow={KNOWN}, owing=True)
async def devices(ctx: Ctx) -> list[Device]:
    """Where one is logged in, latest renewed first; at most 100. A display has none."""
    rows = await ctx.tx.fetch(
        """SELECT l.id AS login_id, l.device, l.created_at AS opened_at, t.issued_at AS renewed_at, l.id = $2 AS current
             FROM login l JOIN refresh_token t ON t.login_id = l.id AND t.used_at IS NULL
            WHERE l.account_id = $1 AND l.ended_at IS NULL AND t.expires_at > $3
            ORDER BY t.issued_at DESC, l.id DESC LIMIT 100""",
        ctx.actor.id,
        ctx.actor.login_id,
        ctx.real_now,
    )
    return [msgspec.convert(dict(row), Device) for row in rows]


@command("auth.logout", allow={KNOWN}, owing=True, receipt=False, errors={InvalidParams, NotFound})
async def logout(ctx: Ctx, all: bool = False, login_id: UUID | None = None) -> LoggedOut:
    """End this login, one of the account's others (`login_id`, see `auth.devices`), or with `all` every one.

    The tokens are dead and the sockets let go. Another account's login is not found.
    """
    if login_id is None or login_id == ctx.actor.login_id:
        await end_logins(ctx, ctx.actor.id, None if all else [ctx.actor.login_id], EndReason.LOGOUT)
        ctx.unbind()
    elif all:
        raise InvalidParams(fields=(Field("$.login_id", "one login or all of them, not both"),))
    elif not await end_logins(ctx, ctx.actor.id, [login_id], EndReason.REMOTE):
        raise NotFound()
    return LoggedOut(all=all)
