"""Consents: what a patient's side lets a doctor or a place read, for what, from when, until when."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.access import door
from carewire.command import Ctx, Rate, command, query
from carewire.errors import Conflict, Field, InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.jobs.job import Job, consumer
from carewire.store import paging
from carewire.store.paging import Page
from channels.care import access
from channels.care.errors import NotHerHand, TooManyConsents
from channels.care.nouns import Purpose, RecordType, SeenBy
from channels.care.readers import readers_of_all
from channels.directory import access as directory
from channels.identity import Capacity
from channels.identity import access as identity

STANDING_MAX: Final = 100
GRANTING: Final = Rate(burst=100, per_minute=60)
Records = Annotated[list[RecordType], Meta(min_length=1, max_length=len(RecordType), description="What may be read")]


class ConsentView(msgspec.Struct, frozen=True, kw_only=True):
    """What a doctor, or the clinical staff of a place, may read of a patient, and until when unless revoked before."""

    id: UUID
    patient_id: UUID
    doctor_id: UUID | None
    place_id: UUID | None
    purpose: Purpose
    records: list[RecordType]
    since: datetime
    until: datetime
    granted_at: datetime
    revoked_at: datetime | None


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can see something of a patient now, by one right. `records` empty: everything that she can.

    A relationship opens `summary` and what its doctor or place wrote. `ref`: what the right is and can be ended by; a
    visit and an order end by themselves.
    """

    kind: SeenBy
    account_id: UUID | None
    doctor_id: UUID | None
    place_id: UUID | None
    name: str
    records: list[RecordType]
    since: datetime
    until: datetime | None
    ref: UUID


class ConsentOver(Job, name="consent.over"):
    """A consent's time is over: every door is shut already, whoever still listens is cut off now."""

    consent_id: UUID


_COLUMNS: Final = "id, patient_id, doctor_id, place_id, purpose, records, since, until, granted_at, revoked_at"


@command(
    "consent.grant",
    allow={Capacity.PATIENT},
    rate=GRANTING,
    errors={NotFound, InvalidParams, NotHerHand, TooManyConsents},
)
async def grant(
    ctx: Ctx,
    records: Records,
    purpose: Purpose,
    until: datetime,
    patient_id: UUID | None = None,
    doctor_id: UUID | None = None,
    place_id: UUID | None = None,
    since: datetime | None = None,
) -> ConsentView:
    """Let one doctor, or the clinical staff of one place, read these records of a patient you act for.

    From `since` (now) until `until`, a year at most, and for a minor until she is of age; revocable at any time.
    """
    patient = await identity.patient(ctx, patient_id, lock=True)
    if (doctor_id is None) == (place_id is None):
        raise InvalidParams(fields=(Field("$.doctor_id", "give either doctor_id or place_id"),))
    if doctor_id is not None:
        await directory.doctor(ctx, doctor_id)
    if place_id is not None:
        await directory.any_place(ctx, place_id)
    since = _check_span(ctx, since, until)
    standing = await ctx.tx.fetchval(
        "SELECT count(*) FROM consent WHERE patient_id = $1 AND revoked_at IS NULL AND until > $2", patient.id, ctx.now
    )
    if standing >= STANDING_MAX:
        raise TooManyConsents()
    row = await ctx.tx.fetchrow(
        "INSERT INTO consent (patient_id, doctor_id, place_id, purpose, records, granted_by, granted_at, since, until)"
        f" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {_COLUMNS}",
        patient.id,
        doctor_id,
        place_id,
        purpose,
        sorted(set(records)),
        ctx.actor.id,
        ctx.now,
        since,
        until,
    )
    assert row is not None
    ctx.enqueue(ConsentOver(consent_id=row["id"]), not_before=row["until"], key=f"consent:{row['id']}")
    return _view(row)


def _check_span(ctx: Ctx, since: datetime | None, until: datetime) -> datetime:
    """From when it counts. Raises `InvalidParams`."""
    for name, at in (("since", since), ("until", until)):
        if at is not None and at.tzinfo is None:
            raise InvalidParams(fields=(Field(f"$.{name}", "has no time zone"),))
    begins = ctx.now if since is None else max(since, ctx.now)
    if until <= begins:
        raise InvalidParams(fields=(Field("$.until", "is over before it begins"),))
    if (until - begins).days >= 366:
        raise InvalidParams(fields=(Field("$.until", "is more than a year ahead"),))
    return begins


@command("consent.revoke", allow={Capacity.PATIENT}, errors={NotFound, Conflict})
async def revoke(ctx: Ctx, consent_id: UUID) -> ConsentView:
    """Take a consent back: the patient, or whoever acts for her. Who read by it reads no more, at once."""
    row = await own(ctx, consent_id, lock=True)
    if row["revoked_at"] is not None:
        raise Conflict("It was revoked already")
    row = await ctx.tx.fetchrow(
        f"UPDATE consent SET revoked_at = greatest(granted_at, $2), revoked_by = $3 WHERE id = $1 RETURNING {_COLUMNS}",
        consent_id,
        ctx.now,
        ctx.actor.id,
    )
    assert row is not None
    await access.readers_changed(ctx, [(row["doctor_id"], row["place_id"])])
    return _view(row)


@query("consent.list", allow={Capacity.PATIENT}, errors={NotFound, InvalidParams})
async def list_consents(
    ctx: Ctx, patient_id: UUID | None = None, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[ConsentView]:
    """The consents of a patient one acts for, also what is over or revoked; the latest first."""
    patient = await identity.patient(ctx, patient_id)
    before = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await ctx.tx.fetch(
        f"SELECT {_COLUMNS} FROM consent WHERE patient_id = $1 AND ($2::uuid IS NULL OR id < $2)"
        " ORDER BY id DESC LIMIT $3",
        patient.id,
        before,
        limit + 1,
    )
    more = paging.encode(rows[limit - 1]["id"]) if len(rows) > limit else None
    return Page(rows=[_view(row) for row in rows[:limit]], cursor=more)


@query("consent.seen_by", allow={Capacity.PATIENT}, errors={NotFound, InvalidParams})
async def seen_by(ctx: Ctx, patient_id: UUID | None = None) -> list[Reader]:
    """Who can see something of a patient one acts for, and by which right; longest first, at most 300."""
    patient = await identity.patient(ctx, patient_id)
    rows = await ctx.tx.fetch(readers_of_all(), patient.id, ctx.now)
    return [msgspec.convert(dict(row), Reader) for row in rows]


@door
async def own(ctx: Ctx, consent_id: UUID, *, lock: bool = False) -> Any:
    """A consent of a patient the caller acts for."""
    row = await ctx.tx.fetchrow(
        f"SELECT {_COLUMNS} FROM consent WHERE id = $1{' FOR UPDATE' if lock else ''}", consent_id
    )
    if row is None or await identity.guards(ctx.tx, ctx.actor.id, row["patient_id"]) is None:
        raise NotFound()
    return row


@consumer(ConsentOver)
async def over(ctx: Ctx, job: ConsentOver) -> None:
    """Tell those who lose it."""
    row = await ctx.tx.fetchrow("SELECT doctor_id, place_id FROM consent WHERE id = $1", job.consent_id)
    if row is not None:
        await access.readers_changed(ctx, [(row["doctor_id"], row["place_id"])])


def _view(row: Any) -> ConsentView:
    return msgspec.convert(dict(row), ConsentView)
