"""Accounts that only an administrator makes."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command
from carewire.forms import Email, Locale, Name
from channels.identity import passwords
from channels.identity.errors import EmailTaken
from channels.identity.nouns import Capacity
from channels.identity.passwords import Password


class UserView(msgspec.Struct, frozen=True, kw_only=True):
    """An account as an administrator sees it."""

    id: UUID
    name: str
    email: str
    capacities: list[Capacity]


# No receipt: it would keep a fast hash of the password. The e-mail makes a repeat harmless.
@command("user.create", allow={Capacity.ADMIN}, receipt=False, errors={EmailTaken})
async def create(
    ctx: Ctx,
    user_type: Annotated[Literal["admin", "hospital_admin"], Meta(description="The capacity given")],
    name: Name,
    email: Email,
    password: Password,
    locale: Locale = "en",
) -> UserView:
    """Make an administrator or a hospital's administrator, who logs in with e-mail and password.

    `user_type`: which of the two.
    """
    capacity = Capacity(user_type)
    account_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO account (email, email_verified_at, name, password_hash, locale, created_at)"
        " VALUES ($1, $5, $2, $3, $4, $5) RETURNING id",
        email.lower(),
        name,
        await passwords.digest(password),
        locale,
        ctx.now,
    )
    await ctx.tx.execute(
        "INSERT INTO account_capacity (account_id, capacity, state, since) VALUES ($1, $2, 'active', $3)",
        account_id,
        capacity,
        ctx.now,
    )
    return UserView(id=account_id, name=name, email=email.lower(), capacities=[capacity])
