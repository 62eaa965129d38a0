"""Medical records: uploaded by the patient's side, written by who treats or tests her, shared as she says."""

from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from carewire.command import Ctx, Rate, command, query
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Cursor, Limit, Text
from carewire.ids import uuid7
from carewire.store import paging
from carewire.store.paging import Page
from channels.care import RecordType
from channels.care import access as care
from channels.directory import access as directory
from channels.identity import Capacity, Duty
from channels.identity import access as identity
from channels.identity.errors import FactDue
from channels.media import MediaKind
from channels.media import access as media
from channels.media.access import Opened
from channels.record import access
from channels.record.access import COLUMNS, FAMILY, NOUN, Kind, Record, from_row
from channels.record.errors import RecordKept, TooManyRecords
from channels.record.events import (
    EMITS,
    MedicalRecordCreated,
    MedicalRecordDeleted,
    MedicalRecordUpdated,
    MedicalRecordView,
    tell_gone,
    views,
)

PEOPLE: Final = frozenset({Capacity.PATIENT, Capacity.DOCTOR, Capacity.STAFF})
CLINICAL: Final = frozenset({Duty.NURSE, Duty.TECHNICIAN})
"""The duties that write records for the patients of their place."""
KINDS: Final = frozenset({MediaKind.MEDICAL_RECORD, MediaKind.DOCUMENT, MediaKind.IMAGE})
RECORDS_MAX: Final = 5_000
OLDEST: Final = date(1900, 1, 1)
WRITING: Final = Rate(burst=60, per_minute=60)

Title = Annotated[str, Meta(min_length=1, max_length=255)]
Files = Annotated[list[UUID], Meta(min_length=1, max_length=10, description="Uploaded by the caller, loose")]
REFUSES: Final = frozenset({NotFound, InvalidParams, FactDue})


@command(
    "medical_record.create",
    allow=PEOPLE,
    rate=WRITING,
    emits={MedicalRecordCreated},
    errors=REFUSES | {TooManyRecords},
)
async def create(
    ctx: Ctx,
    patient_id: UUID,
    record_type: Kind,
    title: Title,
    media_ids: Files,
    description: Text | None = None,
    record_date: date | None = None,
    is_shared_with_doctors: bool = False,
    place_id: UUID | None = None,
) -> MedicalRecordView:
    """Keep files as a record of a patient.

    Her side says whether the doctors she goes to may see it. A doctor who treats her writes as herself, a nurse or
    technician for the `place_id` that she came to: what they wrote is theirs to read, and shared by her alone.
    """
    await identity.require_fact(ctx)
    doctor_id = await _writes_as(ctx, patient_id, place_id)
    _check_date(ctx, record_date)
    if (doctor_id or place_id) and is_shared_with_doctors:
        raise InvalidParams(fields=(Field("$.is_shared_with_doctors", "that is hers to say"),))
    await ctx.tx.execute("SELECT FROM patient WHERE id = $1 FOR NO KEY UPDATE", patient_id)
    count: int = await ctx.tx.fetchval(
        "SELECT count(*) FROM medical_record WHERE patient_id = $1 AND deleted_at IS NULL", patient_id
    )
    if count >= RECORDS_MAX:
        raise TooManyRecords()
    record = Record(
        id=uuid7(),
        patient_id=patient_id,
        record_type=record_type,
        title=title,
        description=description,
        record_date=record_date,
        uploaded_by=ctx.actor.id,
        doctor_id=doctor_id,
        place_id=place_id,
        appointment_id=None,
        is_shared_with_doctors=is_shared_with_doctors,
        created_at=ctx.now,
        hidden_at=None,
    )
    columns = msgspec.structs.asdict(record)
    marks = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await ctx.tx.execute(f"INSERT INTO medical_record ({', '.join(columns)}) VALUES ({marks})", *columns.values())
    await media.attach(ctx, media_ids, NOUN, record.id, KINDS)
    (view,) = await views(ctx, [record])
    ctx.emit(MedicalRecordCreated(patient_id=patient_id, record=view))
    return view


@command(
    "medical_record.keep",
    allow=PEOPLE,
    rate=WRITING,
    emits={MedicalRecordCreated},
    errors=REFUSES | {TooManyRecords},
    http=True,
)
async def keep(
    ctx: Ctx,
    patient_id: UUID,
    record_type: Kind,
    title: Title,
    media_ids: Files,
    description: Text | None = None,
    record_date: date | None = None,
    is_shared_with_doctors: bool = False,
    place_id: UUID | None = None,
) -> MedicalRecordView:
    """`medical_record.create`, of a file that came with the form."""
    return await create(
        ctx,
        patient_id=patient_id,
        record_type=record_type,
        title=title,
        media_ids=media_ids,
        description=description,
        record_date=record_date,
        is_shared_with_doctors=is_shared_with_doctors,
        place_id=place_id,
    )


@query("medical_record.open", allow=PEOPLE, errors={NotFound, FactDue}, http=True)
async def open_(ctx: Ctx, record_id: UUID, media_id: UUID | None = None) -> Opened:
    """A file of a record the caller may read now; the look is in the audit."""
    record, _ = await access.record(ctx, record_id)
    return await media.of_thing(ctx, NOUN, record.id, media_id)


def _check_date(ctx: Ctx, day: date | None) -> None:
    """No paper is of a day that has begun nowhere yet."""
    if day is not None and not OLDEST <= day <= ctx.now.date() + timedelta(days=1):
        raise InvalidParams(fields=(Field("$.record_date", "lies in the future, or before anybody's time"),))


async def _writes_as(ctx: Ctx, patient_id: UUID, place_id: UUID | None) -> UUID | None:
    """As which doctor the caller writes; None for her side, and for a place."""
    if place_id is not None:
        await directory.place(ctx, place_id, duties=CLINICAL)
        await care.reading(ctx, patient_id, RecordType.MEDICAL_RECORD, place_id=place_id)
        return None
    mine = await directory.doctor_of(ctx.tx, ctx.actor.id)
    found = await care.reading(ctx, patient_id, RecordType.MEDICAL_RECORD, doctor_id=mine)
    if any(right.kind in FAMILY for right in found):
        return None
    if mine is None:
        raise NotFound()
    return mine


@command("medical_record.update", allow={Capacity.PATIENT}, rate=WRITING, emits=EMITS, errors=REFUSES | {RecordKept})
async def update(
    ctx: Ctx,
    record_id: UUID,
    record_type: Kind | UnsetType = UNSET,
    title: Title | UnsetType = UNSET,
    description: Text | UnsetType | None = UNSET,
    record_date: date | UnsetType | None = UNSET,
    is_shared_with_doctors: bool | UnsetType = UNSET,
    is_hidden: bool | UnsetType = UNSET,
) -> MedicalRecordView:
    """Say otherwise what one's side uploaded, hide it or show it again; of what a provider wrote only the sharing."""
    record, held = await access.record(ctx, record_id, lock=True)
    if not any(right.kind in FAMILY for right in held):
        raise NotFound()
    _check_date(ctx, None if record_date is UNSET else record_date)
    given = {
        "record_type": record_type,
        "title": title,
        "description": description,
        "record_date": record_date,
        "is_shared_with_doctors": is_shared_with_doctors,
    }
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not UNSET}
    if is_hidden is not UNSET and is_hidden != (record.hidden_at is not None):
        changed["hidden_at"] = ctx.now if is_hidden else None
    if not record.is_hers and changed.keys() - {"is_shared_with_doctors"}:
        raise RecordKept()
    after = msgspec.structs.replace(record, **changed)
    if after == record:
        return (await views(ctx, [record]))[0]
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(changed, 2))
    await ctx.tx.execute(f"UPDATE medical_record SET {sets} WHERE id = $1", record.id, *changed.values())
    (view,) = await views(ctx, [after])
    if after.hidden_at is None:
        kind = MedicalRecordUpdated if record.hidden_at is None else MedicalRecordCreated
        ctx.emit(kind(patient_id=after.patient_id, record=view))
    elif record.hidden_at is None:
        await tell_gone(ctx, after)
    return view


@command(
    "medical_record.delete",
    allow={Capacity.PATIENT},
    rate=WRITING,
    emits={MedicalRecordDeleted},
    errors=REFUSES | {RecordKept},
    shuts=True,
)
async def delete(ctx: Ctx, record_id: UUID) -> None:
    """Delete what one's side uploaded, with its files. What a provider wrote is kept."""
    record, held = await access.record(ctx, record_id, lock=True)
    if not any(right.kind in FAMILY for right in held):
        raise NotFound()
    if not record.is_hers:
        raise RecordKept()
    await ctx.tx.execute("UPDATE medical_record SET deleted_at = $2 WHERE id = $1", record.id, ctx.now)
    await media.discard(ctx, NOUN, record.id)
    if record.hidden_at is None:
        await tell_gone(ctx, record)


@query("medical_record.get", allow=PEOPLE, errors={NotFound, FactDue})
async def get(ctx: Ctx, record_id: UUID) -> MedicalRecordView:
    """One record with its files: for her side, who wrote it, by consent, and for her doctors what she shares."""
    record, _ = await access.record(ctx, record_id)
    return (await views(ctx, [record]))[0]


@query("medical_record.list", allow=PEOPLE, errors={NotFound, InvalidParams, FactDue})
async def list_(
    ctx: Ctx,
    patient_id: UUID | None = None,
    record_type: Kind | None = None,
    since: date | None = None,
    until: date | None = None,
    hidden: bool = False,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[MedicalRecordView]:
    """Records of a patient, newest first; the only one for whom one acts need not be named. `since`/`until` bound
    `record_date`; `hidden` asks for those her side hides.

    What the caller may not read is left out, so a page may be shorter than `limit` and not be the last.
    """
    await identity.require_fact(ctx)
    if patient_id is None:
        patient_id = (await identity.patient(ctx)).id
    before: UUID | None = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await ctx.tx.fetch(
        f"""SELECT {COLUMNS} FROM medical_record r
             WHERE r.patient_id = ANY ($1) AND r.deleted_at IS NULL AND (r.hidden_at IS NOT NULL) = $2
               AND ($3::text IS NULL OR r.record_type = $3) AND ($4::date IS NULL OR r.record_date >= $4)
               AND ($5::date IS NULL OR r.record_date < $5) AND ($6::uuid IS NULL OR r.id < $6)
             ORDER BY r.id DESC LIMIT $7""",
        await care.records_of(ctx, patient_id),
        hidden,
        record_type,
        since,
        until,
        before,
        limit + 1,
    )
    page = [from_row(row) for row in rows[:limit]]
    held = await access.rights(ctx, ctx.actor.id, page)
    seen = [one for one, mine in zip(page, held, strict=True) if mine]
    for one, mine in zip(page, held, strict=True):
        if mine:
            care.opened(ctx, one.patient_id, RecordType.MEDICAL_RECORD, mine)
    return Page(rows=await views(ctx, seen), cursor=paging.encode(page[-1].id) if len(rows) > limit else None)
