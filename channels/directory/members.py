"""Who works at a place. Taking somebody off takes her rights away within a second, on every socket."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, command, query
from carewire.errors import Forbidden, InvalidParams, NotFound
from channels.directory import access
from channels.directory.errors import AlreadyMember, LastOwner
from channels.identity import Capacity, Duty
from channels.identity import access as identity
from channels.identity.events import ProfileUpdated, profile_changed

HEADS: Final = frozenset({Duty.OWNER, Duty.MANAGER})


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """A duty somebody has at a place. No name: a number typed at a desk must not tell whose it is."""

    place_id: UUID
    account_id: UUID
    duty: Duty
    since: datetime


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """The duties that ended."""

    place_id: UUID
    account_id: UUID
    duties: list[Duty]


@command(
    "place.change_member",
    allow={Capacity.STAFF},
    emits={ProfileUpdated},
    errors={NotFound, InvalidParams, Forbidden, AlreadyMember, LastOwner},
)
async def change_member(ctx: Ctx, account_id: UUID, duty: Duty, to: Duty, place_id: UUID | None = None) -> MemberView:
    """Give a member another duty instead of one she has. Only an owner touches owners and managers.

    Nobody raises herself: an owner may step down, as long as another stays.
    """
    place = await access.place(ctx, place_id, duties=HEADS, lock=True)
    await require_rank(ctx, place.id, {duty, to})
    await _end(ctx, place.id, account_id, duty, spare_owner=to is Duty.OWNER)
    since: datetime = await ctx.tx.fetchval(
        "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, $3, $4) RETURNING since",
        account_id,
        place.id,
        to,
        ctx.now,
    )
    await identity.rights_changed(ctx, account_id)
    await profile_changed(ctx, account_id)
    return MemberView(place_id=place.id, account_id=account_id, duty=to, since=since)


@command(
    "place.remove_member",
    allow={Capacity.STAFF},
    emits={ProfileUpdated},
    errors={NotFound, InvalidParams, Forbidden, LastOwner},
    shuts=True,
)
async def remove_member(ctx: Ctx, account_id: UUID, duty: Duty | None = None, place_id: UUID | None = None) -> Removed:
    """End one duty of a member, or all of them. For owners and managers; only an owner removes owners and managers."""
    place = await access.place(ctx, place_id, duties=HEADS, lock=True)
    ended = await _held(ctx, place.id, account_id, duty)
    await require_rank(ctx, place.id, ended)
    await _end(ctx, place.id, account_id, duty)
    await identity.rights_changed(ctx, account_id)
    await profile_changed(ctx, account_id)
    return Removed(place_id=place.id, account_id=account_id, duties=sorted(ended))


@command(
    "place.leave",
    allow={Capacity.STAFF},
    emits={ProfileUpdated},
    errors={NotFound, InvalidParams, LastOwner},
    shuts=True,
)
async def leave(ctx: Ctx, duty: Duty | None = None, place_id: UUID | None = None) -> Removed:
    """Give up one of one's own duties at a place, or all of them. The last owner cannot."""
    place = await access.place(ctx, place_id, duties=frozenset(Duty), lock=True)
    ended = await _held(ctx, place.id, ctx.actor.id, duty)
    await _end(ctx, place.id, ctx.actor.id, duty)
    await identity.rights_changed(ctx, ctx.actor.id)
    await profile_changed(ctx, ctx.actor.id)
    return Removed(place_id=place.id, account_id=ctx.actor.id, duties=sorted(ended))


@query("place.members", allow={Capacity.STAFF}, errors={NotFound, InvalidParams})
async def members(ctx: Ctx, place_id: UUID | None = None) -> list[MemberView]:
    """Who works at a place of yours, longest first; at most 500. For owners and managers."""
    place = await access.place(ctx, place_id, duties=HEADS)
    rows = await ctx.tx.fetch(
        "SELECT place_id, account_id, duty, since FROM membership WHERE place_id = $1 AND until IS NULL"
        " ORDER BY since, id LIMIT 500",
        place.id,
    )
    return [msgspec.convert(dict(row), MemberView) for row in rows]


async def _held(ctx: Ctx, place_id: UUID, account_id: UUID, duty: Duty | None) -> set[Duty]:
    """The live duties of somebody at the place, all or this one. Raises `NotFound` when there are none."""
    rows = await ctx.tx.fetch(
        "SELECT duty FROM membership WHERE place_id = $1 AND account_id = $2 AND until IS NULL"
        " AND ($3::text IS NULL OR duty = $3)",
        place_id,
        account_id,
        duty,
    )
    if not rows:
        raise NotFound()
    return {Duty(row["duty"]) for row in rows}


async def _end(ctx: Ctx, place_id: UUID, account_id: UUID, duty: Duty | None, *, spare_owner: bool = False) -> None:
    """End duties. The place is locked, so of two owners who remove each other one stays. Raises `LastOwner`."""
    ended = await _held(ctx, place_id, account_id, duty)
    await ctx.tx.execute(
        "UPDATE membership SET until = greatest(since, $4) WHERE place_id = $1 AND account_id = $2 AND until IS NULL"
        " AND ($3::text IS NULL OR duty = $3)",
        place_id,
        account_id,
        duty,
        ctx.now,
    )
    if (
        Duty.OWNER in ended
        and not spare_owner
        and not await ctx.tx.fetchval(
            "SELECT EXISTS (SELECT FROM membership WHERE place_id = $1 AND duty = 'owner' AND until IS NULL)", place_id
        )
    ):
        raise LastOwner()


async def require_rank(ctx: Ctx, place_id: UUID, touched: set[Duty]) -> None:
    """Owners and managers are the owner's business: a manager could otherwise make himself one."""
    if touched & HEADS and Duty.OWNER not in await identity.duties(ctx, place_id):
        raise Forbidden()
