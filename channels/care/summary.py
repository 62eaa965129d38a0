"""The clinical summary: read by right, noted by the patient's side and by the doctors who may read it."""

from typing import Annotated, Any, Final
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from carewire.access import door
from carewire.command import Ctx, Rate, command, query
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Line, Name, Phone
from channels.care import access, events
from channels.care.errors import AllergyStands, AlreadyNoted, SummaryFull
from channels.care.events import Background, BackgroundChanged, Entry, Summary, SummaryChanged
from channels.care.nouns import BloodGroup, EntryKind, RecordType, RightKind, Severity
from channels.directory import access as directory
from channels.identity import Capacity, normalise_phone
from channels.identity import access as identity
from channels.identity.errors import FactDue

ENTRIES_MAX: Final = 100
READERS: Final = {Capacity.PATIENT, Capacity.DOCTOR, Capacity.STAFF}
NOTING: Final = Rate(burst=60, per_minute=60)
FAMILY: Final = {RightKind.OWN, RightKind.GUARDIAN}
Label = Annotated[Name, Meta(description="The substance, medicine or condition")]


@query("summary.get", allow=READERS, errors={NotFound, InvalidParams, FactDue})
async def get_summary(ctx: Ctx, patient_id: UUID | None = None) -> Summary:
    """Allergies and current medicines of a patient one acts for (the only one need not be named) or treats."""
    patient_id = await _whom(ctx, patient_id)
    await access.reading(ctx, patient_id, RecordType.SUMMARY)
    return await events.summary(ctx, patient_id)


@query("background.get", allow=READERS, errors={NotFound, InvalidParams, FactDue})
async def get_background(ctx: Ctx, patient_id: UUID | None = None) -> Background:
    """Conditions, blood group and whom to call: one's own side's, and by consent or break-glass."""
    patient_id = await _whom(ctx, patient_id)
    await access.reading(ctx, patient_id, RecordType.BACKGROUND)
    return await events.background(ctx, patient_id)


@command(
    "summary.note",
    allow={Capacity.PATIENT, Capacity.DOCTOR},
    rate=NOTING,
    emits={SummaryChanged, BackgroundChanged},
    errors={NotFound, InvalidParams, FactDue, AlreadyNoted, SummaryFull},
)
async def note(
    ctx: Ctx,
    patient_id: UUID,
    kind: EntryKind,
    label: Label,
    detail: Line | None = None,
    severity: Severity | None = None,
) -> Entry:
    """Note an allergy, a medicine that is taken now, or a condition: who acts for the patient, or a doctor who may
    read where it stands. `severity`: only of an allergy.
    """
    if severity is not None and kind is not EntryKind.ALLERGY:
        raise InvalidParams(fields=(Field("$.severity", "only an allergy has one"),))
    doctor_id = await writing(ctx, patient_id, kind, lock=True)
    standing = await ctx.tx.fetchval(
        "SELECT count(*) FROM summary_entry WHERE patient_id = $1 AND kind = $2 AND ended_at IS NULL", patient_id, kind
    )
    if standing >= ENTRIES_MAX:
        raise SummaryFull()
    entry_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO summary_entry (patient_id, kind, label, detail, severity, noted_by, doctor_id, noted_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        patient_id,
        kind,
        label.strip(),
        detail,
        severity,
        ctx.actor.id,
        doctor_id,
        ctx.now,
    )
    await tell(ctx, patient_id, kind)
    return Entry(
        id=entry_id,
        kind=kind,
        label=label.strip(),
        detail=detail,
        severity=severity,
        noted_by=ctx.actor.id,
        doctor_id=doctor_id,
        noted_at=ctx.now,
    )


@command(
    "summary.end",
    allow={Capacity.PATIENT, Capacity.DOCTOR},
    rate=NOTING,
    emits={SummaryChanged, BackgroundChanged},
    errors={NotFound, FactDue},
)
async def end(ctx: Ctx, entry_id: UUID) -> Entry:
    """It is over: a medicine is not taken any more, an allergy was none. It stays on record with its end."""
    row = await ctx.tx.fetchrow("SELECT patient_id, kind FROM summary_entry WHERE id = $1", entry_id)
    if row is None:
        raise NotFound()
    kind = EntryKind(row["kind"])
    await writing(ctx, row["patient_id"], kind, lock=True)
    ended = await ctx.tx.fetchrow(
        "UPDATE summary_entry SET ended_at = greatest(noted_at, $2), ended_by = $3 WHERE id = $1 AND ended_at IS NULL"
        " RETURNING id, label, detail, severity, noted_by, doctor_id, noted_at",
        entry_id,
        ctx.now,
        ctx.actor.id,
    )
    if ended is None:
        raise NotFound()
    await tell(ctx, row["patient_id"], kind)
    severity = None if ended["severity"] is None else Severity(ended["severity"])
    return Entry(**{**dict(ended), "kind": kind, "severity": severity})


@command(
    "summary.no_allergies",
    allow={Capacity.PATIENT, Capacity.DOCTOR},
    rate=NOTING,
    emits={SummaryChanged},
    errors={NotFound, FactDue, AllergyStands},
)
async def no_allergies(ctx: Ctx, patient_id: UUID) -> Summary:
    """She was asked and knows of no allergies: who acts for her says so, or a doctor who may read the summary."""
    doctor_id = await writing(ctx, patient_id, EntryKind.ALLERGY, lock=True)
    if (await events.summary(ctx, patient_id)).allergies:
        raise AllergyStands()
    await ctx.tx.execute(
        "INSERT INTO no_allergies AS n (patient_id, told_by, doctor_id, told_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (patient_id) DO UPDATE SET told_by = EXCLUDED.told_by, doctor_id = EXCLUDED.doctor_id,"
        " told_at = greatest(n.told_at, EXCLUDED.told_at)",
        patient_id,
        ctx.actor.id,
        doctor_id,
        ctx.now,
    )
    await tell(ctx, patient_id, EntryKind.ALLERGY)
    return await events.summary(ctx, patient_id)


@command(
    "background.update",
    allow={Capacity.PATIENT},
    rate=NOTING,
    emits={BackgroundChanged},
    errors={NotFound, InvalidParams, FactDue},
)
async def update_background(
    ctx: Ctx,
    patient_id: UUID | None = None,
    blood_group: BloodGroup | UnsetType | None = UNSET,
    emergency_name: Name | UnsetType | None = UNSET,
    emergency_phone: Phone | UnsetType | None = UNSET,
) -> Background:
    """Tell the blood group and whom to call, for a patient one acts for; what is left out stays, null takes it away."""
    await identity.require_fact(ctx)
    patient = await identity.patient(ctx, patient_id, lock=True)
    now = await events.background(ctx, patient.id)
    phone = now.emergency_phone if emergency_phone is UNSET else emergency_phone
    if phone is not None and phone != now.emergency_phone:
        phone = normalise_phone(ctx.settings, phone)
    await ctx.tx.execute(
        "INSERT INTO background (patient_id, blood_group, emergency_name, emergency_phone, changed_by, changed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (patient_id) DO UPDATE SET blood_group = EXCLUDED.blood_group,"
        " emergency_name = EXCLUDED.emergency_name, emergency_phone = EXCLUDED.emergency_phone,"
        " changed_by = EXCLUDED.changed_by, changed_at = EXCLUDED.changed_at",
        patient.id,
        now.blood_group if blood_group is UNSET else blood_group,
        now.emergency_name if emergency_name is UNSET else emergency_name,
        phone,
        ctx.actor.id,
        ctx.now,
    )
    await tell(ctx, patient.id, EntryKind.CONDITION)
    return await events.background(ctx, patient.id)


@door
async def writing(ctx: Ctx, patient_id: UUID, kind: EntryKind, *, lock: bool = False) -> UUID | None:
    """The caller may note this kind of thing: None as the patient's side, else as which doctor.

    With `lock` the records of the person are locked, and the right is looked at once more.
    """
    record = RecordType.BACKGROUND if kind == EntryKind.CONDITION else RecordType.SUMMARY
    found = await access.reading(ctx, patient_id, record)
    if lock:
        await _lock(ctx, patient_id)
        found = await access.reading(ctx, patient_id, record)
    if any(right.kind in FAMILY for right in found):
        return None
    return (await directory.own_doctor(ctx)).id


async def tell(ctx: Ctx, patient_id: UUID, kind: EntryKind, *, follow: bool = True) -> None:
    """Tell who follows the record and, to `follow` it, the one it was merged into. They are locked."""
    records = [row["id"] for row in await _lock(ctx, patient_id)] if follow else [patient_id]
    for record in records:
        if kind is EntryKind.CONDITION:
            ctx.emit(BackgroundChanged(patient_id=record, background=await events.background(ctx, record)))
        else:
            ctx.emit(SummaryChanged(patient_id=record, summary=await events.summary(ctx, record)))


async def _lock(ctx: Ctx, patient_id: UUID) -> list[Any]:
    """The record and the one it was merged into, locked in one order."""
    return await ctx.tx.fetch(
        "SELECT p.id FROM patient p WHERE p.id = $1 OR p.id = (SELECT c.into_id FROM patient_claim c"
        " WHERE c.patient_id = $1 AND c.into_id IS NOT NULL AND c.undone_at IS NULL) ORDER BY p.id FOR NO KEY UPDATE",
        patient_id,
    )


async def _whom(ctx: Ctx, patient_id: UUID | None) -> UUID:
    return (await identity.patient(ctx)).id if patient_id is None else patient_id
