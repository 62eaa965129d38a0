"""Accounts as administrators see and change them.

No administrator reads clinical data here or gives a capacity by hand: what a provider may do follows from its
verification, what staff may do from memberships, and administrators are made by two (`admins.py`).
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command, query
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Cursor, Email, Limit, Locale, Name
from carewire.store import paging
from carewire.store.paging import Page
from channels.identity import admins, closing, passwords, phones, scopes
from channels.identity.admins import Scopes
from channels.identity.auth import HASHING
from channels.identity.errors import EmailTaken, LastAdmin, NotOneself, SoleOwner
from channels.identity.events import ProfileUpdated, profile_changed
from channels.identity.logins import end_logins
from channels.identity.nouns import AccountState, AdminRequestKind, Capacity, CapacityState, EndReason, Scope
from channels.identity.passwords import Password
from channels.identity.scopes import require

Search = Annotated[
    str, Meta(min_length=2, max_length=254, description="Part of the name, or the whole phone number or e-mail")
]

READERS: Final = (Scope.SUPPORT, Scope.VERIFY, Scope.PRIVACY)

_USER: Final = """SELECT a.id, a.name, a.phone, a.email, a.email_verified_at IS NOT NULL AS email_verified, a.locale,
       a.state, a.created_at, lower(a.name) AS rank,
       ARRAY(SELECT c.capacity FROM account_capacity c WHERE c.account_id = a.id AND c.state = 'active'
              ORDER BY 1) AS capacities,
       ARRAY(SELECT c.capacity FROM account_capacity c WHERE c.account_id = a.id AND c.state = 'pending'
              ORDER BY 1) AS pending,
       (SELECT max(l.created_at) FROM login l WHERE l.account_id = a.id) AS last_login_at
  FROM account a"""


class UserView(msgspec.Struct, frozen=True, kw_only=True):
    """An account as an administrator sees it. `pending` capacities open nothing yet."""

    id: UUID
    name: str
    phone: str | None
    email: str | None
    email_verified: bool
    locale: str
    state: AccountState
    capacities: list[Capacity]
    pending: list[Capacity]
    created_at: datetime
    last_login_at: datetime | None


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """The account that is gone. Patients it acted for stay."""

    id: UUID


@query("user.list", allow={Capacity.ADMIN}, errors={InvalidParams})
async def list_users(
    ctx: Ctx,
    search: Search | None = None,
    user_type: Capacity | None = None,
    is_active: bool | None = None,
    limit: Limit = 20,
    cursor: Cursor | None = None,
) -> Page[UserView]:
    """Accounts by name. `user_type`: who holds this capacity, be it pending. Deleted ones are not listed."""
    await scopes.require(ctx, *READERS)
    after_name, after_id = paging.decode(cursor, tuple[str, UUID]) if cursor else ("", UUID(int=0))
    rows = await ctx.tx.fetch(
        f"""{_USER}
             WHERE a.state <> 'deleted' AND (lower(a.name), a.id) > ($1, $2)
               AND ($3::text IS NULL OR strpos(lower(a.name), lower($3)) > 0 OR a.email = lower($3) OR a.phone = $4)
               AND ($5::text IS NULL OR CASE $5 WHEN 'staff' THEN EXISTS (SELECT FROM membership m
                        WHERE m.account_id = a.id AND m.until IS NULL)
                    ELSE EXISTS (SELECT FROM account_capacity c WHERE c.account_id = a.id AND c.capacity = $5
                        AND c.state <> 'withdrawn') END)
               AND ($6::boolean IS NULL OR (a.state = 'active') = $6)
             ORDER BY lower(a.name), a.id LIMIT $7""",
        after_name,
        after_id,
        search,
        _phone(ctx, search),
        user_type,
        is_active,
        limit + 1,
    )
    more = paging.encode(rows[limit - 1]["rank"], rows[limit - 1]["id"]) if len(rows) > limit else None
    return Page(rows=[_view(row) for row in rows[:limit]], cursor=more)


@query("user.get", allow={Capacity.ADMIN}, errors={NotFound})
async def get(ctx: Ctx, user_id: UUID) -> UserView:
    """One account. One's own is `profile.get`."""
    await scopes.require(ctx, *READERS)
    return await _user(ctx, user_id)


@command("user.update", allow={Capacity.ADMIN}, emits={ProfileUpdated}, errors={NotFound, NotOneself, LastAdmin})
async def update(
    ctx: Ctx, user_id: UUID, name: Name | None = None, locale: Locale | None = None, is_active: bool | None = None
) -> UserView:
    """Correct a name or language, or activate or deactivate; what is left out stays. No capacities are given here."""
    await scopes.require(ctx, Scope.SUPPORT)
    if is_active is not None:
        await _turn(ctx, user_id, AccountState.ACTIVE if is_active else AccountState.DEACTIVATED)
    else:
        await _lock(ctx, user_id)
    await ctx.tx.execute(
        "UPDATE account SET name = coalesce($2, name), locale = coalesce($3, locale) WHERE id = $1",
        user_id,
        name,
        locale,
    )
    await profile_changed(ctx, user_id)
    return await _user(ctx, user_id)


@command("user.activate", allow={Capacity.ADMIN}, errors={NotFound, NotOneself, LastAdmin})
async def activate(ctx: Ctx, user_id: UUID) -> UserView:
    """Let a deactivated account log in again. Its old logins stay ended."""
    await _turn(ctx, user_id, AccountState.ACTIVE)
    return await _user(ctx, user_id)


@command("user.deactivate", allow={Capacity.ADMIN}, errors={NotFound, NotOneself, LastAdmin})
async def deactivate(ctx: Ctx, user_id: UUID) -> UserView:
    """Shut an account: its tokens are dead, its sockets close within a second on every node, and nobody logs in."""
    await _turn(ctx, user_id, AccountState.DEACTIVATED)
    return await _user(ctx, user_id)


@command("user.delete", allow={Capacity.ADMIN}, errors={NotFound, NotOneself, LastAdmin, SoleOwner})
async def delete(ctx: Ctx, user_id: UUID) -> Deleted:
    """Delete an account: nobody logs in with it again, and its number and e-mail are free for others.

    The row stays without name and addresses, for those that refer to it. Its duties end; a place's only owner is not
    deleted. What it acted for as a guardian ends, and the patients stay.
    """
    await scopes.require(ctx)
    await closing.lock_places(ctx, user_id)
    await _turn(ctx, user_id, AccountState.DEACTIVATED)
    await closing.refuse_sole_owner(ctx, user_id)
    await closing.end_ties(ctx, user_id)
    await ctx.tx.execute(
        "UPDATE account SET state = 'deleted', phone = NULL, email = NULL, email_verified_at = NULL,"
        " password_hash = NULL, name = '—' WHERE id = $1",
        user_id,
    )
    return Deleted(id=user_id)


# No receipt: it would keep a fast hash of the password. The e-mail makes a repeat harmless.
@command(
    "user.create",
    allow={Capacity.ADMIN},
    receipt=False,
    rate=HASHING,
    errors={EmailTaken, InvalidParams, NotFound},
)
async def create(
    ctx: Ctx,
    user_type: Annotated[Literal["admin", "hospital_admin"], Meta(description="The capacity given")],
    name: Name,
    email: Email,
    password: Password,
    locale: Locale = "en",
    scopes: Scopes | None = None,
) -> UserView:
    """Make a hospital's administrator, or ask for another administrator; both log in with e-mail and password.

    An administrator is pending, and may nothing, until a second one confirms it within a day (`admin.confirm`).
    `scopes`: what the administrator shall may; only for `admin`, and needed there. For those with `super`.
    """
    await require(ctx)
    wanted = scopes or []
    if bool(wanted) != (user_type == "admin"):
        raise InvalidParams(fields=(Field("$.scopes", "an administrator needs them, nobody else has any"),))
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
        "INSERT INTO account_capacity (account_id, capacity, state, since) VALUES ($1, $2, $3, $4)",
        account_id,
        Capacity(user_type),
        CapacityState.PENDING if wanted else CapacityState.ACTIVE,
        ctx.now,
    )
    if wanted:
        await admins.ask(ctx, AdminRequestKind.MAKE_ADMIN, subject_id=account_id, wanted=wanted)
    return await _user(ctx, account_id)


async def _lock(ctx: Ctx, user_id: UUID) -> AccountState:
    """The account's state, locked. A deleted one is not found."""
    state = await ctx.tx.fetchval("SELECT state FROM account WHERE id = $1 FOR NO KEY UPDATE", user_id)
    if state is None or state == AccountState.DELETED:
        raise NotFound()
    return AccountState(state)


async def _turn(ctx: Ctx, user_id: UUID, target: AccountState) -> None:
    """Activate or deactivate. Doing it again changes nothing."""
    await scopes.require(ctx, Scope.SUPPORT)
    if user_id == ctx.actor.id:
        raise NotOneself()
    if await scopes.held(ctx.tx, user_id):
        await scopes.require(ctx)  # a colleague is the business of those who make administrators
    if target is AccountState.DEACTIVATED:
        await scopes.require_another_super(ctx, user_id)
    if await _lock(ctx, user_id) is target:
        return
    await ctx.tx.execute("UPDATE account SET state = $2 WHERE id = $1", user_id, target)
    await end_logins(ctx, user_id, None, EndReason.DEACTIVATED)


async def _user(ctx: Ctx, user_id: UUID) -> UserView:
    row = await ctx.tx.fetchrow(f"{_USER} WHERE a.id = $1 AND a.state <> 'deleted'", user_id)
    if row is None:
        raise NotFound()
    return _view(row)


def _phone(ctx: Ctx, search: str | None) -> str | None:
    try:
        return None if search is None else phones.normalise(ctx.settings, search)
    except InvalidParams:
        return None


def _view(row: Any) -> UserView:
    values = dict(row)
    del values["rank"]
    return msgspec.convert(values, UserView)
