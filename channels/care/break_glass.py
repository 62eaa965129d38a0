"""Break-glass: a doctor reads a patient who cannot be asked, for an hour, with a reason, in everybody's sight."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, Rate, command, query
from carewire.errors import Conflict, NotFound
from carewire.forms import Cursor, Limit, Line
from carewire.jobs.job import Job, consumer
from carewire.store import paging
from carewire.store.paging import Page
from channels.care.errors import AlreadyReviewed, GlassSpent
from channels.care.facts import GLASS_BROKEN, GLASS_TO_REVIEW
from channels.care.presence import is_there
from channels.directory import access as directory
from channels.identity import Capacity, Scope
from channels.identity import access as identity

LASTS: Final = timedelta(minutes=60)
BREAKING: Final = Rate(burst=5, per_minute=5, shared=True)
A_DAY: Final = 3
PRIVACY: Final = (Scope.PRIVACY,)
Why = Annotated[str, Meta(min_length=10, max_length=300, description="Why the patient cannot be asked")]


class GlassView(msgspec.Struct, frozen=True, kw_only=True):
    """Who read whom without asking, why and how long; `justified` once a privacy administrator has said so or not."""

    id: UUID
    doctor_id: UUID
    place_id: UUID
    patient_id: UUID
    reason: str
    opened_at: datetime
    until: datetime
    ended_at: datetime | None
    justified: bool | None
    note: str | None
    reviewed_at: datetime | None


class GlassOver(Job, name="break_glass.over"):
    """The hour is over: every door is shut already, the doctor who still listens is cut off now."""

    account_id: UUID


_COLUMNS: Final = """b.id, b.doctor_id, b.place_id, b.patient_id, b.reason, b.opened_at, b.until, b.ended_at,
       b.justified, b.note, b.reviewed_at"""


@command("break_glass.open", allow={Capacity.DOCTOR}, rate=BREAKING, errors={NotFound, GlassSpent})
async def open_(ctx: Ctx, patient_id: UUID, place_id: UUID, reason: Why) -> GlassView:
    """Read everything of a patient for an hour: she is at a place where you work today, and cannot be asked.

    Three a day, on the place's clock. She, those who act for her and the privacy administrators are told at once, and
    it is reviewed. While one is open, the same is answered again and counts once.
    """
    doctor = await directory.own_doctor(ctx)
    # The root of a doctor's break-glasses: of several sockets at once the last sees what the others have spent.
    await ctx.tx.execute("SELECT FROM doctor WHERE id = $1 FOR NO KEY UPDATE", doctor.id)
    records = await _records(ctx, patient_id)
    if (
        await directory.affiliated(ctx.tx, doctor.id, place_id) is None
        or not records
        or not await is_there(ctx, records, place_id, unseen_by=ctx.actor.id)
    ):
        raise NotFound()
    person_id = records[0]
    open_now = await ctx.tx.fetchrow(
        f"SELECT {_COLUMNS} FROM break_glass b WHERE b.doctor_id = $1 AND b.patient_id = $2 AND b.place_id = $3"
        " AND b.ended_at IS NULL AND b.until > $4",
        doctor.id,
        person_id,
        place_id,
        ctx.now,
    )
    if open_now is not None:
        return _view(open_now)
    row = await ctx.tx.fetchrow(
        "INSERT INTO break_glass AS b (doctor_id, place_id, patient_id, reason, opened_at, until, zone, slot)"
        " SELECT $1, p.id, $3, $4, $5, $6, p.zone, 1 + spent.count FROM place p CROSS JOIN LATERAL (SELECT count(*)"
        "   FROM break_glass o WHERE o.doctor_id = $1 AND o.day = ($5 AT TIME ZONE p.zone)::date) AS spent"
        f"  WHERE p.id = $2 AND spent.count < $7 RETURNING {_COLUMNS}",
        doctor.id,
        place_id,
        person_id,
        reason,
        ctx.now,
        ctx.now + LASTS,
        A_DAY,
    )
    if row is None:
        raise GlassSpent()
    for account_id in dict.fromkeys(account for _, account in await identity.acting_for(ctx.tx, records)):
        ctx.notify(account_id, GLASS_BROKEN, row["id"], doctor=doctor.name)
    for account_id in await identity.with_scope(ctx.tx, Scope.PRIVACY):
        ctx.notify(account_id, GLASS_TO_REVIEW, row["id"])
    ctx.enqueue(GlassOver(account_id=ctx.actor.id), not_before=row["until"], key=f"break_glass:{row['id']}")
    return _view(row)


@command("break_glass.end", allow={Capacity.DOCTOR}, errors={NotFound, Conflict})
async def end(ctx: Ctx, break_glass_id: UUID) -> GlassView:
    """Close it before the hour is over."""
    doctor = await directory.own_doctor(ctx)
    row = await ctx.tx.fetchrow(
        f"SELECT {_COLUMNS} FROM break_glass b WHERE b.id = $1 AND b.doctor_id = $2 FOR UPDATE",
        break_glass_id,
        doctor.id,
    )
    if row is None:
        raise NotFound()
    if row["ended_at"] is not None or row["until"] <= ctx.now:
        raise Conflict("It is over")
    row = await ctx.tx.fetchrow(
        f"UPDATE break_glass b SET ended_at = $2 WHERE b.id = $1 RETURNING {_COLUMNS}", break_glass_id, ctx.now
    )
    ctx.rights_changed(ctx.actor.id)
    return _view(row)


@query("break_glass.list", allow={Capacity.ADMIN})
async def list_glasses(
    ctx: Ctx, reviewed: bool | None = None, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[GlassView]:
    """Every break-glass, the oldest first; `reviewed` false: those that wait. For those with `privacy`."""
    await identity.administrator(ctx, scopes=PRIVACY)
    after = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await ctx.tx.fetch(
        f"SELECT {_COLUMNS} FROM break_glass b WHERE ($1::uuid IS NULL OR b.id > $1)"
        " AND ($2::boolean IS NULL OR (b.reviewed_at IS NOT NULL) = $2) ORDER BY b.id LIMIT $3",
        after,
        reviewed,
        limit + 1,
    )
    more = paging.encode(rows[limit - 1]["id"]) if len(rows) > limit else None
    return Page(rows=[_view(row) for row in rows[:limit]], cursor=more)


@command("break_glass.review", allow={Capacity.ADMIN}, errors={NotFound, AlreadyReviewed})
async def review(ctx: Ctx, break_glass_id: UUID, justified: bool, note: Line) -> GlassView:
    """Say whether it was justified, and why. Once, and not by the doctor himself. For those with `privacy`."""
    await identity.administrator(ctx, scopes=PRIVACY)
    row = await ctx.tx.fetchrow("SELECT reviewed_at FROM break_glass WHERE id = $1 FOR UPDATE", break_glass_id)
    if row is None:
        raise NotFound()
    if row["reviewed_at"] is not None:
        raise AlreadyReviewed()
    row = await ctx.tx.fetchrow(
        "UPDATE break_glass b SET reviewed_by = $2, reviewed_at = $3, justified = $4, note = $5 WHERE b.id = $1"
        f" RETURNING {_COLUMNS}",
        break_glass_id,
        ctx.actor.id,
        ctx.now,
        justified,
        note,
    )
    return _view(row)


@consumer(GlassOver)
async def over(ctx: Ctx, job: GlassOver) -> None:
    """Cut the doctor off."""
    ctx.rights_changed(job.account_id)


async def _records(ctx: Ctx, patient_id: UUID) -> list[UUID]:
    """The person's own record, then all that were merged into it; none when there is no such patient."""
    rows = await ctx.tx.fetch(
        "WITH person AS (SELECT coalesce((SELECT c.into_id FROM patient_claim c WHERE c.patient_id = p.id"
        "   AND c.into_id IS NOT NULL AND c.undone_at IS NULL), p.id) AS id FROM patient p"
        "   WHERE p.id = $1 AND p.deleted_at IS NULL)"
        " SELECT id, 0 AS rank FROM person UNION ALL SELECT c.patient_id, 1 FROM person"
        "   JOIN patient_claim c ON c.into_id = person.id AND c.undone_at IS NULL ORDER BY rank, id",
        patient_id,
    )
    return [row["id"] for row in rows]


def _view(row: Any) -> GlassView:
    return msgspec.convert(dict(row), GlassView)
