"""What those who may see a patient's summary hear, and what they see first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.event import Event
from carewire.jobs.job import Job
from carewire.topic import Ask, topic
from channels.care import access
from channels.care.nouns import BloodGroup, EntryKind, RecordType, Severity


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An allergy, a medicine that is taken now, or a condition. `doctor_id` null: her own side noted it."""

    id: UUID
    kind: EntryKind
    label: str
    detail: str | None
    severity: Severity | None
    noted_by: UUID
    doctor_id: UUID | None
    noted_at: datetime


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody who treats her must know; records that were merged into hers count."""

    patient_id: UUID
    allergies: list[Entry]
    no_allergies_at: datetime | None
    """When somebody was asked and there were none. Null with an empty list: nobody has been asked."""
    medicines: list[Entry]


class Background(msgspec.Struct, frozen=True, kw_only=True):
    """What is opened by consent only: conditions, blood group, and whom to call."""

    patient_id: UUID
    conditions: list[Entry]
    blood_group: BloodGroup | None
    emergency_name: str | None
    emergency_phone: str | None


class SummaryChanged(Event, name="summary:changed", topic="summary:{patient_id}"):
    """Somebody noted or ended something; this is the whole summary as it is now."""

    patient_id: UUID
    summary: Summary


class BackgroundChanged(Event, name="background:changed", topic="background:{patient_id}"):
    """Something of the background changed; this is all of it as it is now."""

    patient_id: UUID
    background: Background


class PatientGone(Job, name="patient.gone"):
    """A patient was deleted: what is open with her closes. Its consumer is the domain of chats."""

    patient_id: UUID


async def may_hear_summary(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Who may read the summary: her own side, whom she goes to, by consent, by break-glass."""
    return await access.may_hear(ctx, asks, RecordType.SUMMARY)


async def may_hear_background(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Who may read the background: her own side, by consent, by break-glass."""
    return await access.may_hear(ctx, asks, RecordType.BACKGROUND)


@topic("summary:{patient_id}", may=may_hear_summary)
async def summary(ctx: Ctx, patient_id: UUID) -> Summary:
    """Allergies and current medicines, who noted them and when."""
    entries = await _entries(ctx, patient_id)
    allergies = [entry for entry in entries if entry.kind is EntryKind.ALLERGY]
    asked = await ctx.tx.fetchval(
        f"SELECT max(n.told_at) FROM no_allergies n WHERE n.patient_id IN ({_PERSON})", patient_id
    )
    return Summary(
        patient_id=patient_id,
        allergies=allergies,
        no_allergies_at=None if allergies else asked,
        medicines=[entry for entry in entries if entry.kind is EntryKind.MEDICINE],
    )


@topic("background:{patient_id}", may=may_hear_background)
async def background(ctx: Ctx, patient_id: UUID) -> Background:
    """Conditions, blood group and whom to call in an emergency."""
    row = await ctx.tx.fetchrow(
        f"SELECT b.blood_group, b.emergency_name, b.emergency_phone FROM background b WHERE b.patient_id IN ({_PERSON})"
        " ORDER BY (b.patient_id = $1) DESC, b.changed_at DESC LIMIT 1",
        patient_id,
    )
    return Background(
        patient_id=patient_id,
        conditions=[entry for entry in await _entries(ctx, patient_id) if entry.kind is EntryKind.CONDITION],
        blood_group=BloodGroup(row["blood_group"]) if row and row["blood_group"] else None,
        emergency_name=row["emergency_name"] if row else None,
        emergency_phone=row["emergency_phone"] if row else None,
    )


# An allergy that was noted at a desk must not be lost when the record turns out to be hers.
_PERSON: Final = """SELECT $1::uuid UNION ALL SELECT c.patient_id FROM patient_claim c
    WHERE c.into_id = $1 AND c.undone_at IS NULL"""


async def _entries(ctx: Ctx, patient_id: UUID) -> list[Entry]:
    rows: list[Any] = await ctx.tx.fetch(
        "SELECT id, kind, label, detail, severity, noted_by, doctor_id, noted_at FROM summary_entry e"
        f" WHERE e.ended_at IS NULL AND e.patient_id IN ({_PERSON}) ORDER BY e.noted_at, e.id",
        patient_id,
    )
    return [msgspec.convert(dict(row), Entry) for row in rows]
