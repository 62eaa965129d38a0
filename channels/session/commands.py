"""Creating a sitting and finding one. What moves its line as well lives in `channels.queue.sitting`."""

from datetime import datetime
from uuid import UUID

from carewire.command import Ctx, command, query
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from channels.directory.access import VERIFIED
from channels.identity import Capacity
from channels.session import access
from channels.session.errors import NotApproved
from channels.session.lifecycle import SessionState
from channels.session.views import (
    OPENS_BEFORE,
    Grace,
    Minutes,
    Quota,
    Seats,
    SessionView,
    Turns,
    check_times,
    planned,
    view,
)

PEOPLE = frozenset(Capacity) - {Capacity.DISPLAY}
"""Everybody with a login; a screen is told its sessions by its board and looks nothing up."""


@command("session.create", allow={Capacity.STAFF, Capacity.DOCTOR}, errors={NotApproved})
async def create(
    ctx: Ctx,
    starts_at: datetime,
    ends_at: datetime,
    place_id: UUID | None = None,
    doctor_id: UUID | None = None,
    room_id: UUID | None = None,
    opens_at: datetime | None = None,
    capacity: Seats | None = None,
    booked_quota: Quota | None = None,
    walk_in_quota: Quota | None = None,
    remote_join: bool = False,
    multi_room: bool = False,
    average_minutes: Minutes = 10.0,
    grace_minutes: Grace = 5,
    back_after: Turns = 3,
) -> SessionView:
    """Plan a doctor's sitting. The desk names the doctor; a doctor plans her own. The caller's only place need not be
    named.

    `opens_at`: joining and arriving is possible from then (default: 12 h before the start). `multi_room`: one
    line called into several rooms, and no fixed `room_id`. Quotas that are absent do not limit.
    """
    opens_at = opens_at or starts_at - OPENS_BEFORE
    check_times(starts_at, ends_at, opens_at)
    if multi_room and room_id is not None:
        raise InvalidParams(fields=(Field("$.room_id", "a multi-room session has no fixed room"),))
    place_id = place_id or await access.only_place(ctx)
    row = await ctx.tx.fetchrow(
        f"""INSERT INTO session AS s (doctor_id, place_id, room_id, zone, starts_at, ends_at, opens_at, capacity,
                booked_quota, walk_in_quota, remote_join, multi_room, average_minutes, grace_minutes, back_after)
            SELECT d.id, p.id, $5, p.zone, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
              FROM place p
              JOIN affiliation a ON a.place_id = p.id AND a.state = 'accepted'
              JOIN {VERIFIED} ON d.id = a.doctor_id
             WHERE p.id = $1 AND d.id = coalesce($4, (SELECT id FROM doctor WHERE account_id = $2))
               AND ($5::uuid IS NULL OR EXISTS (SELECT FROM room r WHERE r.id = $5 AND r.place_id = p.id))
               AND (d.account_id = $2 OR EXISTS (
                    SELECT FROM membership m WHERE m.account_id = $2 AND m.place_id = p.id AND m.duty = ANY ($3)
                       AND m.until IS NULL))
            RETURNING {access.COLUMNS}""",
        place_id,
        ctx.actor.id,
        list(access.DESK),
        doctor_id,
        room_id,
        starts_at,
        ends_at,
        opens_at,
        capacity,
        booked_quota,
        walk_in_quota,
        remote_join,
        multi_room,
        average_minutes,
        grace_minutes,
        back_after,
    )
    if row is None:
        raise NotFound()
    planned(ctx, place_id)
    return view(access.from_row(row))


@query("session.get", allow=PEOPLE)
async def get(ctx: Ctx, session_id: UUID) -> SessionView:
    """One sitting."""
    return view(await access.session(ctx, session_id))


@query("session.list", allow=PEOPLE)
async def list_(
    ctx: Ctx,
    doctor_id: UUID | None = None,
    place_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    state: SessionState | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[SessionView]:
    """Sittings of a doctor or a place, earliest first; without either, those the caller runs: at the desks where she
    works and as a doctor. `since`/`until` bound `starts_at`.
    """
    own = doctor_id is None and place_id is None
    after_start, after_id = paging.decode(cursor, tuple[datetime, UUID]) if cursor else (None, None)
    rows = await ctx.tx.fetch(
        f"""SELECT {access.COLUMNS} FROM session s
             WHERE ($1::uuid IS NULL OR s.doctor_id = $1) AND ($2::uuid IS NULL OR s.place_id = $2)
               AND ($3::timestamptz IS NULL OR s.starts_at >= $3) AND ($4::timestamptz IS NULL OR s.starts_at < $4)
               AND ($5::text IS NULL OR s.state = $5)
               AND ($6::timestamptz IS NULL OR (s.starts_at, s.id) > ($6, $7::uuid))
               AND (NOT $9 OR s.doctor_id = (SELECT id FROM doctor WHERE account_id = $10) OR s.place_id IN (
                    SELECT place_id FROM membership WHERE account_id = $10 AND duty = ANY ($11) AND until IS NULL))
             ORDER BY s.starts_at, s.id LIMIT $8""",
        doctor_id,
        place_id,
        since,
        until,
        state,
        after_start,
        after_id,
        limit + 1,
        own,
        ctx.actor.id,
        list(access.DESK),
    )
    more = paging.encode(rows[limit - 1]["starts_at"], rows[limit - 1]["id"]) if len(rows) > limit else None
    return Page(rows=[view(access.from_row(row)) for row in rows[:limit]], cursor=more)
