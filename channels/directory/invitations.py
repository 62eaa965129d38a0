"""Offering somebody a duty at a place, and her answer. Nobody is staff anywhere who did not say yes."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, Rate, command, query
from carewire.errors import Forbidden, InvalidParams, NotFound
from carewire.forms import Phone
from channels.directory import access
from channels.directory.errors import AlreadyAsked, AlreadyMember
from channels.directory.facts import DUTY_OFFERED
from channels.directory.members import HEADS, MemberView, require_rank
from channels.identity import Capacity, Duty, Scope, normalise_phone, tell_number
from channels.identity import access as identity
from channels.identity.events import ProfileUpdated, profile_changed

TTL: Final = timedelta(days=7)
OPEN_MAX: Final = 200
INVITING: Final = Rate(burst=60, per_minute=30, shared=True)

_INVITATION: Final = """SELECT i.id, i.place_id, p.name AS place, i.duty, i.expires_at, i.phone, i.invited_by
  FROM member_invitation i JOIN place p ON p.id = i.place_id WHERE i.state = 'open' AND i.expires_at > $1"""


class MemberInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """A duty that is offered. No name and no account: a number typed at a desk must not tell whose it is."""

    id: UUID
    place_id: UUID
    place: str
    duty: Duty
    phone: str
    expires_at: datetime


class InvitationEnded(msgspec.Struct, frozen=True, kw_only=True):
    """The offer stands no more."""

    id: UUID


@command(
    "place.invite_member",
    allow={Capacity.STAFF},
    rate=INVITING,
    errors={NotFound, InvalidParams, Forbidden, AlreadyAsked},
)
async def invite_member(ctx: Ctx, phone: Phone, duty: Duty, place_id: UUID | None = None) -> MemberInvitation:
    """Offer the person with this number a duty at a place of yours. For owners and managers; good for a week.

    Only an owner invites owners and managers. Without `place_id`: your only place. She logs in by OTP and accepts.
    """
    place = await access.place(ctx, place_id, duties=HEADS, lock=True)
    await require_rank(ctx, place.id, {duty})
    return await offer_duty(ctx, place.id, normalise_phone(ctx.settings, phone), duty)


async def offer_duty(ctx: Ctx, place_id: UUID, phone: str, duty: Duty) -> MemberInvitation:
    """Offer a duty at a place whose row is locked. Who may was looked at by the caller."""
    await ctx.tx.execute(
        "UPDATE member_invitation SET state = 'withdrawn', ended_at = $2"
        " WHERE place_id = $1 AND state = 'open' AND expires_at <= $2",
        place_id,
        ctx.now,
    )
    waiting = await ctx.tx.fetchval(
        "SELECT count(*) FROM member_invitation WHERE place_id = $1 AND state = 'open'", place_id
    )
    if waiting >= OPEN_MAX:
        raise AlreadyAsked(f"{OPEN_MAX} offers of this place wait for an answer: take some back")
    invitation_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO member_invitation (place_id, phone, duty, invited_by, invited_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        place_id,
        phone,
        duty,
        ctx.actor.id,
        ctx.now,
        ctx.now + TTL,
    )
    made = _view(await ctx.tx.fetchrow(f"{_INVITATION} AND i.id = $2", ctx.now, invitation_id))
    tell_number(ctx, made.phone, DUTY_OFFERED, made.id, place=made.place)
    return made


@query("place.invitations", allow={Capacity.STAFF}, errors={NotFound, InvalidParams})
async def sent(ctx: Ctx, place_id: UUID | None = None) -> list[MemberInvitation]:
    """The offers of a place of yours that wait for an answer, oldest first. For owners and managers."""
    place = await access.place(ctx, place_id, duties=HEADS)
    rows = await ctx.tx.fetch(f"{_INVITATION} AND i.place_id = $2 ORDER BY i.id", ctx.now, place.id)
    return [_view(row) for row in rows]


@query("member.invitations", allow={Capacity.PATIENT, Capacity.STAFF})
async def received(ctx: Ctx) -> list[MemberInvitation]:
    """The duties that are offered to one's own number, oldest first; at most 50."""
    phone = await identity.own_phone(ctx)
    rows = await ctx.tx.fetch(f"{_INVITATION} AND i.phone = $2 ORDER BY i.id LIMIT 50", ctx.now, phone)
    return [_view(row) for row in rows]


@command(
    "member.accept",
    allow={Capacity.PATIENT, Capacity.STAFF},
    emits={ProfileUpdated},
    errors={NotFound, AlreadyMember},
)
async def accept(ctx: Ctx, invitation_id: UUID) -> MemberView:
    """Take a duty that is offered to one's own number. It counts from now on, on every socket within a second.

    An offer falls with the right of whoever made it.
    """
    row = await _mine(ctx, invitation_id)
    duty = Duty(row["duty"])
    inviter = await identity.duties_of(ctx.tx, row["invited_by"], row["place_id"])
    may_offer = inviter & (frozenset({Duty.OWNER}) if duty in HEADS else HEADS)
    if not may_offer and Scope.VERIFY not in await identity.scopes_of(ctx.tx, row["invited_by"]):
        raise NotFound()
    await _end(ctx, invitation_id, "accepted")
    await ctx.tx.execute(
        "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, $3, $4)",
        ctx.actor.id,
        row["place_id"],
        duty,
        ctx.now,
    )
    await identity.rights_changed(ctx, ctx.actor.id)
    await profile_changed(ctx, ctx.actor.id)
    return MemberView(place_id=row["place_id"], account_id=ctx.actor.id, duty=duty, since=ctx.now)


@command("member.decline", allow={Capacity.PATIENT, Capacity.STAFF}, errors={NotFound})
async def decline(ctx: Ctx, invitation_id: UUID) -> InvitationEnded:
    """Say no to a duty that is offered to one's own number."""
    await _mine(ctx, invitation_id)
    await _end(ctx, invitation_id, "declined")
    return InvitationEnded(id=invitation_id)


@command("place.withdraw_invitation", allow={Capacity.STAFF}, errors={NotFound, InvalidParams})
async def withdraw(ctx: Ctx, invitation_id: UUID, place_id: UUID | None = None) -> InvitationEnded:
    """Take an offer of a place of yours back. For owners and managers."""
    place = await access.place(ctx, place_id, duties=HEADS, lock=True)
    found = await ctx.tx.fetchval(
        "SELECT id FROM member_invitation WHERE id = $1 AND place_id = $2 AND state = 'open'", invitation_id, place.id
    )
    if found is None:
        raise NotFound()
    await _end(ctx, invitation_id, "withdrawn")
    return InvitationEnded(id=invitation_id)


async def _mine(ctx: Ctx, invitation_id: UUID) -> Any:
    """An open offer to the caller's own number, its place locked first. Another's is not found."""
    await ctx.tx.execute(
        "SELECT FROM place WHERE id = (SELECT place_id FROM member_invitation WHERE id = $1) FOR UPDATE", invitation_id
    )
    row = await ctx.tx.fetchrow(
        f"{_INVITATION} AND i.id = $2 AND i.phone = $3 FOR UPDATE OF i",
        ctx.now,
        invitation_id,
        await identity.own_phone(ctx),
    )
    if row is None:
        raise NotFound()
    return row


async def _end(ctx: Ctx, invitation_id: UUID, state: str) -> None:
    await ctx.tx.execute(
        "UPDATE member_invitation SET state = $2, ended_at = $3 WHERE id = $1", invitation_id, state, ctx.now
    )


def _view(row: Any) -> MemberInvitation:
    values = dict(row)
    del values["invited_by"]
    return msgspec.convert(values, MemberInvitation)
