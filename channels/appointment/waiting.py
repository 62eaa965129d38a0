"""Waiting for a seat: joining a waitlist, leaving it, and what one waits for."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from msgspec import Meta, Struct

from carewire.access import door
from carewire.command import Ctx, Rate, command, query
from carewire.errors import Busy, Field, IllegalMove, InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from channels.appointment import access, days, holds, seats, whom
from channels.appointment.errors import AlreadyWaiting, TooManyWaits
from channels.appointment.events import TELLS
from channels.appointment.lifecycle import WAITLIST, WaitState
from channels.appointment.nouns import Side
from channels.appointment.views import HELD, held_of
from channels.calendar import Mode
from channels.directory.access import VERIFIED
from channels.identity import Capacity

WAITERS: Final = frozenset({Capacity.PATIENT, Capacity.DOCTOR, Capacity.STAFF})
WAITS_MAX: Final = 10
"""Waitlists an account may stand on; a desk's patients wait by the desk's account, without a limit."""
Ahead = Annotated[date, Meta(description="A day on the slots' own calendar")]


class Wait(Struct, frozen=True, kw_only=True):
    """Somebody waits for a seat of this doctor, from `first` to `last`. `hold_id`: one is held for her now.

    `before`: how many have waited longer for some of these days.
    """

    id: UUID
    patient_id: UUID
    doctor_id: UUID
    place_id: UUID | None
    mode: Mode
    first: date
    last: date
    state: WaitState
    joined_at: datetime
    hold_id: UUID | None
    before: int


_WAIT: Final = """w.id, w.patient_id, w.doctor_id, w.place_id, w.mode, w.first, w.last, w.state, w.joined_at,
       (SELECT h.id FROM hold h WHERE h.waitlist_id = w.id AND h.state = 'standing') AS hold_id,
       CASE WHEN w.state = 'waiting' THEN (SELECT count(*) FROM waitlist o WHERE o.doctor_id = w.doctor_id
            AND o.place_id IS NOT DISTINCT FROM w.place_id AND o.mode = w.mode AND o.state = 'waiting'
            AND o.first <= w.last AND o.last >= w.first AND (o.joined_at, o.id) < (w.joined_at, w.id))
            ELSE 0 END AS before
  FROM waitlist w"""


def _wait(row: Any) -> Wait:
    values = dict(row)
    return Wait(**values | {"mode": Mode(values["mode"]), "state": WaitState(values["state"])})


@command(
    "waitlist.join",
    allow=WAITERS,
    emits=TELLS,
    errors={NotFound, InvalidParams, AlreadyWaiting, TooManyWaits},
    rate=Rate(burst=20, per_minute=30, shared=True),
)
async def join(
    ctx: Ctx,
    doctor_id: UUID,
    mode: Mode,
    first: Ahead,
    last: Ahead,
    place_id: UUID | None = None,
    patient_id: UUID | None = None,
) -> Wait:
    """Wait for a seat of this doctor on one of these days. What becomes free is held for who has waited longest, and
    told on `appointments:{patient_id}` at once; who lets it pass waits no more.
    """
    asked = await whom.find(ctx, doctor_id, place_id, patient_id)
    today = (ctx.now - timedelta(hours=12)).date()  # where the day ends last
    if not first <= last or (last - first).days > 92 or last < today:
        raise InvalidParams(fields=(Field("$.last", "want at most 92 days, and not in the past"),))
    if await ctx.tx.fetchval(f"SELECT d.id FROM {VERIFIED} WHERE d.id = $1", doctor_id) is None:
        raise NotFound()
    if asked.side is Side.PATIENT:
        await _require_fewer(ctx)
    wait_id = await ctx.tx.fetchval(
        "INSERT INTO waitlist (patient_id, account_id, doctor_id, place_id, mode, first, last, state, joined_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8) RETURNING id",
        asked.patient_id,
        ctx.actor.id,
        doctor_id,
        place_id,
        mode,
        first,
        last,
        ctx.now,
    )
    return _wait(await ctx.tx.fetchrow(f"SELECT {_WAIT} WHERE w.id = $1", wait_id))


async def _require_fewer(ctx: Ctx) -> None:
    await ctx.tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 96))", str(ctx.actor.id))
    waits = await ctx.tx.fetchval(
        "SELECT count(*) FROM waitlist WHERE account_id = $1 AND state IN ('waiting', 'offered')", ctx.actor.id
    )
    if waits >= WAITS_MAX:
        raise TooManyWaits(limit=WAITS_MAX)


@command("waitlist.leave", allow=WAITERS, emits=TELLS, errors={NotFound, IllegalMove})
async def leave(ctx: Ctx, wait_id: UUID) -> Wait:
    """Wait no more. A seat that is held for her goes to who waits next."""
    row = await own_wait(ctx, wait_id)
    hold_id = row["hold_id"]
    if hold_id is not None:  # the day stands before who waits for it
        held = held_of(await ctx.tx.fetchrow(f"SELECT {HELD} WHERE h.id = $1", hold_id))
        await days.lock(ctx.tx, held.doctor_id, [seats.local_day(held.starts_at, held.zone)])
    state = await ctx.tx.fetchval(f"SELECT state FROM waitlist WHERE id = $1{days.FOR_UPDATE}", wait_id)
    if hold_id is None and state == WaitState.OFFERED:  # a seat was offered to her at this very moment
        raise Busy(after_ms=50)
    after = WAITLIST.move(state, "leave")
    await ctx.tx.execute("UPDATE waitlist SET state = $2, ended_at = $3 WHERE id = $1", wait_id, after, ctx.now)
    if hold_id is not None:
        again = await ctx.tx.fetchrow(f"SELECT {HELD} WHERE h.id = $1 AND h.state = 'standing'", hold_id)
        if again is not None:
            await holds.end(ctx, held_of(again), "release")
            await holds.freed(ctx, await ctx.tx.fetchval("SELECT slot_id FROM hold WHERE id = $1", hold_id))
    return _wait(await ctx.tx.fetchrow(f"SELECT {_WAIT} WHERE w.id = $1", wait_id))


@door
async def own_wait(ctx: Ctx, wait_id: UUID) -> Any:
    """A place on a waitlist: of a patient the caller acts for, or of a patient of her desk or her own."""
    row = await ctx.tx.fetchrow(f"SELECT {_WAIT} WHERE w.id = $1", wait_id)
    if row is None:
        raise NotFound()
    await whom.find(ctx, row["doctor_id"], row["place_id"], row["patient_id"])
    return row


@query("waitlist.list", allow=WAITERS, errors={NotFound, InvalidParams})
async def list_(
    ctx: Ctx,
    doctor_id: UUID | None = None,
    place_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[Wait]:
    """Who waits: one's own patients; with `doctor_id` (and `place_id`) all who wait for her there, longest first, for
    her and the desk.
    """
    if doctor_id is not None:
        await access.doctor_here(ctx, doctor_id, place_id)
    after = paging.decode(cursor, tuple[datetime, UUID]) if cursor else (None, None)
    rows = await ctx.tx.fetch(
        f"""SELECT {_WAIT} WHERE w.state IN ('waiting', 'offered')
               AND CASE WHEN $1::uuid IS NULL THEN EXISTS (SELECT FROM guarding g
                        WHERE g.account_id = $3 AND g.patient_id = w.patient_id)
                   ELSE w.doctor_id = $1 AND w.place_id IS NOT DISTINCT FROM $2 END
               AND ($4::timestamptz IS NULL OR (w.joined_at, w.id) > ($4, $5::uuid))
             ORDER BY w.joined_at, w.id LIMIT $6""",
        doctor_id,
        place_id,
        ctx.actor.id,
        *after,
        limit + 1,
    )
    shown = [_wait(row) for row in rows[:limit]]
    return Page(rows=shown, cursor=paging.encode(shown[-1].joined_at, shown[-1].id) if len(rows) > limit else None)
