"""What an account's own sockets hear, and what they see first."""

from collections.abc import Sequence
from datetime import datetime, time
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.event import Event
from carewire.jobs.job import Job
from carewire.quiet import QuietHours
from carewire.topic import Ask, topic
from channels.identity.nouns import Capacity, Duty


class MembershipView(msgspec.Struct, frozen=True, kw_only=True):
    """A duty at a place."""

    place_id: UUID
    duty: Duty
    since: datetime


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """An account as its owner sees it. `pending` capacities wait for verification and open nothing yet."""

    id: UUID
    name: str
    phone: str | None
    email: str | None
    email_verified: bool
    locale: str
    zone: str | None
    """Her own clock (IANA), if she said which; `quiet` is on it, on her visits' clocks without."""
    quiet: QuietHours | None
    """When nothing is told that can wait, as reminders can."""
    capacities: list[Capacity]
    pending: list[Capacity]
    memberships: list[MembershipView]


def quiet_of(begins: time | None, ends: time | None) -> QuietHours | None:
    """Quiet hours as their two columns say them."""
    return None if begins is None or ends is None else QuietHours(begins=begins, ends=ends)


class ProfileUpdated(Event, name="profile:updated", topic="account:{account_id}"):
    """The account's profile, capacities or memberships changed; this is the whole profile as it is now."""

    account_id: UUID
    profile: Profile


class ClaimChanged(Job, name="patient.claim_changed"):
    """A record was claimed, or given back: what was opened or shown by it is another now. Consumed by care."""

    claim_id: UUID


async def may_hear_account(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Only the account itself, since it exists."""
    own = {actor.id for actor, (account_id,) in asks if actor.id == account_id}
    rows = await ctx.tx.fetch("SELECT id, created_at FROM account WHERE id = ANY($1) AND state = 'active'", list(own))
    since = {row["id"]: row["created_at"] for row in rows}
    return [since.get(actor.id) if actor.id == account_id else None for actor, (account_id,) in asks]


@topic("account:{account_id}", may=may_hear_account)
async def account(ctx: Ctx, account_id: UUID) -> Profile:
    """One's own profile."""
    row = await ctx.tx.fetchrow(
        """SELECT id, name, phone, email, email_verified_at IS NOT NULL AS email_verified, locale, zone,
                  quiet_from, quiet_until,
                  ARRAY(SELECT capacity FROM account_capacity WHERE account_id = $1 AND state = 'active') AS held,
                  ARRAY(SELECT capacity FROM account_capacity
                         WHERE account_id = $1 AND state = 'pending' ORDER BY capacity) AS pending
             FROM account WHERE id = $1""",
        account_id,
    )
    if row is None:
        raise NotFound()
    members = await ctx.tx.fetch(
        "SELECT place_id, duty, since FROM membership WHERE account_id = $1 AND until IS NULL ORDER BY since, id",
        account_id,
    )
    staff = [Capacity.STAFF] if members else []
    return Profile(
        id=row["id"],
        name=row["name"],
        phone=row["phone"],
        email=row["email"],
        email_verified=row["email_verified"],
        locale=row["locale"],
        zone=row["zone"],
        quiet=quiet_of(row["quiet_from"], row["quiet_until"]),
        capacities=sorted([*map(Capacity, row["held"]), *staff]),
        pending=[Capacity(word) for word in row["pending"]],
        memberships=[msgspec.convert(dict(member), MembershipView) for member in members],
    )


async def profile_changed(ctx: Ctx, account_id: UUID) -> Profile:
    """Tell the account's sockets what its profile is now; the account's row is locked before it is read."""
    await ctx.tx.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", account_id)
    profile = await account(ctx, account_id)
    ctx.emit(ProfileUpdated(account_id=account_id, profile=profile))
    return profile
