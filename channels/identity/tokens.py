"""Staying logged in and logging out."""

from datetime import datetime
from uuid import UUID

import msgspec

from carewire.actor import ANYONE, KNOWN
from carewire.command import Ctx, Rate, command
from carewire.errors import AlreadyAuthenticated, Refusal, Unauthenticated
from carewire.forms import Secret
from channels.identity.errors import TokenReused
from channels.identity.logins import AccountView, Login, describe_account, end_logins, renew_login
from channels.identity.nouns import Capacity, EndReason
from channels.identity.principal import Accounts

# After a node's restart everybody behind one address comes back at once.
RETURNING = Rate(burst=3000, per_minute=12_000)


class Authenticated(msgspec.Struct, frozen=True, kw_only=True):
    """Whose socket this is now. `account` is null for a display."""

    actor_id: UUID
    login_id: UUID
    capacities: list[Capacity]
    access_expires_at: datetime
    account: AccountView | None


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


@command("auth.logout", allow={KNOWN}, receipt=False)
async def logout(ctx: Ctx, all: bool = False) -> LoggedOut:
    """End this login, or with `all` every login of the account. The tokens are dead and the sockets let go."""
    await end_logins(ctx, ctx.actor.id, None if all else [ctx.actor.login_id], EndReason.LOGOUT)
    ctx.unbind()
    return LoggedOut(all=all)
