"""The doors of the directory: one's own doctor row, a place by duty, and what everybody may look up."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import InvalidParams, NotFound
from carewire.store.db import Tx
from carewire.wall_clock import days, moments
from channels.directory.nouns import PlaceKind
from channels.identity import Duty, Scope
from channels.identity import access as identity


class PlaceRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: PlaceKind
    name: str
    zone: str
    city: str
    phone: str | None


class DoctorRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    account_id: UUID
    name: str
    specialty: str
    languages: list[str]


class RoomRow(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    place_id: UUID
    name: str


_PLACE = "SELECT p.id, p.kind, p.name, p.zone, p.city, p.phone FROM place p"
VERIFIED: Final = """doctor d JOIN account_capacity v ON v.account_id = d.account_id AND v.capacity = 'doctor'
       AND v.state = 'active' AND d.closed_at IS NULL"""
"""A doctor `d` whose capacity is pending or withdrawn is nobody's doctor: neither seen nor let in."""
_DOCTOR = f"""SELECT d.id, d.account_id, d.name, d.specialty, d.languages
  FROM {VERIFIED} JOIN account a ON a.id = d.account_id AND a.state = 'active'"""


@door
async def place(ctx: Ctx, place_id: UUID | None = None, *, duties: frozenset[Duty], lock: bool = False) -> PlaceRow:
    """A place where the caller has one of these duties. Without an id: the only such place.

    With `lock` the place is locked and then the duty is looked at once more: a statement that waits for a lock has
    read the memberships before it waited, and they may have ended meanwhile.
    """
    found = await _worked_at(ctx, place_id, duties)
    if lock:
        await ctx.tx.execute("SELECT FROM place WHERE id = $1 FOR UPDATE", found.id)
        found = await _worked_at(ctx, found.id, duties)
    return found


async def _worked_at(ctx: Ctx, place_id: UUID | None, duties: frozenset[Duty]) -> PlaceRow:
    rows = await ctx.tx.fetch(
        f"{_PLACE} WHERE EXISTS (SELECT FROM membership m WHERE m.place_id = p.id AND m.account_id = $1"
        " AND m.until IS NULL AND m.duty = ANY($2)) AND ($3::uuid IS NULL OR p.id = $3) ORDER BY p.id LIMIT 2",
        ctx.actor.id,
        [str(duty) for duty in duties],  # from a receipt they come back as plain words
        place_id,
    )
    if len(rows) > 1:
        raise InvalidParams("You work at several places: say which with place_id")
    if not rows:
        raise NotFound()
    return msgspec.convert(dict(rows[0]), PlaceRow)


async def any_place(ctx: Ctx, place_id: UUID) -> PlaceRow:
    """A place as the public sees it, once it is approved; before that, those who work there."""
    row = await ctx.tx.fetchrow(
        f"{_PLACE} WHERE p.id = $1 AND p.closed_at IS NULL AND (p.approval = 'approved' OR EXISTS ("
        "SELECT FROM membership m WHERE m.place_id = p.id AND m.account_id = $2 AND m.until IS NULL))",
        place_id,
        None if ctx.anonymous else ctx.actor.id,
    )
    if row is None:
        raise NotFound()
    return msgspec.convert(dict(row), PlaceRow)


@door
async def own_doctor(ctx: Ctx) -> DoctorRow:
    """The caller's own doctor row, while verified."""
    row = await ctx.tx.fetchrow(f"{_DOCTOR} WHERE d.account_id = $1", ctx.actor.id)
    if row is None:
        raise NotFound()
    return msgspec.convert(dict(row), DoctorRow)


async def doctor(ctx: Ctx, doctor_id: UUID) -> DoctorRow:
    """A verified doctor as the public sees him."""
    row = await ctx.tx.fetchrow(f"{_DOCTOR} WHERE d.id = $1", doctor_id)
    if row is None:
        raise NotFound()
    return msgspec.convert(dict(row), DoctorRow)


async def affiliated(tx: Tx, doctor_id: UUID, place_id: UUID) -> datetime | None:
    """Since when the doctor's affiliation with this place holds, or None."""
    since: datetime | None = await tx.fetchval(
        "SELECT since FROM affiliation WHERE doctor_id = $1 AND place_id = $2 AND state = 'accepted'",
        doctor_id,
        place_id,
    )
    return since


async def room(tx: Tx, place_id: UUID, room_id: UUID) -> RoomRow:
    """A room of this place; a room of another place is not found."""
    row = await tx.fetchrow("SELECT id, place_id, name FROM room WHERE id = $2 AND place_id = $1", place_id, room_id)
    if row is None:
        raise NotFound()
    return msgspec.convert(dict(row), RoomRow)


async def openings(tx: Tx, place_id: UUID, first: date, count: int) -> list[tuple[datetime, datetime]]:
    """From when until when a place is open on so many days of its own calendar, as instants, in their order."""
    rows = await tx.fetch(
        """SELECT d.day, o.opens, o.closes, p.zone FROM place p
             CROSS JOIN LATERAL unnest($2::date[]) AS d (day)
             CROSS JOIN LATERAL (
                SELECT o.opens, o.closes FROM place_opening o
                 WHERE o.place_id = p.id AND o.weekday = extract(isodow FROM d.day)
                   AND NOT EXISTS (SELECT FROM place_holiday h WHERE h.place_id = p.id AND h.day = d.day)
                UNION ALL
                SELECT o.opens, o.closes FROM place_holiday_opening o WHERE o.place_id = p.id AND o.day = d.day) o
            WHERE p.id = $1 ORDER BY d.day, o.opens""",
        place_id,
        list(days(first, count)),
    )
    found = [moments(ZoneInfo(row["zone"]), row["day"], row["opens"], row["closes"]) for row in rows]
    return sorted(one for one in found if one is not None)


async def rooms(tx: Tx, place_id: UUID) -> list[RoomRow]:
    """All rooms of a place, by name."""
    rows = await tx.fetch("SELECT id, place_id, name FROM room WHERE place_id = $1 ORDER BY name", place_id)
    return [msgspec.convert(dict(row), RoomRow) for row in rows]


@door
async def doctor_to_edit(ctx: Ctx, doctor_id: UUID, *, scopes: frozenset[Scope]) -> dict[str, Any]:
    """A doctor's facts, locked, for herself or an administrator with one of these scopes. Closed: not found."""
    row = await ctx.tx.fetchrow(
        "SELECT account_id, name, registration, council FROM doctor WHERE id = $1 AND closed_at IS NULL FOR UPDATE",
        doctor_id,
    )
    if row is None or not (row["account_id"] == ctx.actor.id or await identity.has_scope(ctx, scopes)):
        raise NotFound()
    return dict(row)


@door
async def place_to_edit(
    ctx: Ctx, place_id: UUID, *, duties: frozenset[Duty], scopes: frozenset[Scope]
) -> dict[str, Any]:
    """A place's facts, locked, for who has one of these duties there or an administrator with one of these scopes.

    Closed: not found.
    """
    row = await ctx.tx.fetchrow(
        "SELECT kind, name, licence, address, city, state, postal_code, country, approval FROM place"
        " WHERE id = $1 AND closed_at IS NULL FOR UPDATE",
        place_id,
    )
    if row is None:
        raise NotFound()
    held = await identity.duties(ctx, place_id)
    if not held & {str(duty) for duty in duties} and not await identity.has_scope(ctx, scopes):
        raise NotFound()
    return dict(row)


async def content_only(ctx: Ctx, verb: str, key: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The door of catalogues that administrators with the scope `content` keep."""
    await identity.administrator(ctx, scopes=frozenset({Scope.CONTENT}))
    return dict(given)


async def doctor_of(tx: Tx, account_id: UUID) -> UUID | None:
    """The doctor that this account is, while verified."""
    row = await tx.fetchrow(f"{_DOCTOR} AND d.account_id = $1", account_id)
    return None if row is None else row["id"]
