"""What those hear who may read all of a patient's records."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.event import Event
from carewire.topic import Ask, topic
from channels.care import RecordType
from channels.care import access as care
from channels.media import access as media
from channels.media.access import MediaView
from channels.record.access import COLUMNS, NOUN, Kind, Record, from_row

SHOWN: Final = 200
"""Records in a snapshot, newest first; older ones are listed."""


class MedicalRecordView(msgspec.Struct, frozen=True, kw_only=True):
    """A record and its files. `doctor_id` or `place_id` wrote it; neither: her own side uploaded it."""

    id: UUID
    patient_id: UUID
    record_type: Kind
    title: str
    description: str | None
    record_date: date | None
    doctor_id: UUID | None
    place_id: UUID | None
    appointment_id: UUID | None
    is_shared_with_doctors: bool
    is_hidden: bool
    created_at: datetime
    files: list[MediaView]


class MedicalRecords(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's records that are not hidden, newest first."""

    patient_id: UUID
    records: list[MedicalRecordView]


class MedicalRecordCreated(Event, name="medical_record:created", topic="medical_records:{patient_id}"):
    """There is one record more, or one is shown again."""

    patient_id: UUID
    record: MedicalRecordView

    @staticmethod
    def apply(snapshot: MedicalRecords, event: "MedicalRecordCreated") -> MedicalRecords:
        """The snapshot after this event."""
        return _put(snapshot, event.record)


class MedicalRecordUpdated(Event, name="medical_record:updated", topic="medical_records:{patient_id}"):
    """What is said of a record, or with whom it is shared, has changed."""

    patient_id: UUID
    record: MedicalRecordView

    @staticmethod
    def apply(snapshot: MedicalRecords, event: "MedicalRecordUpdated") -> MedicalRecords:
        """The snapshot after this event."""
        return _put(snapshot, event.record)


class MedicalRecordDeleted(Event, name="medical_record:deleted", topic="medical_records:{patient_id}"):
    """Her side has deleted a record of its own, or hidden it. `last` is the record that closes a full list now."""

    patient_id: UUID
    record_id: UUID
    last: MedicalRecordView | None

    @staticmethod
    def apply(snapshot: MedicalRecords, event: "MedicalRecordDeleted") -> MedicalRecords:
        """The snapshot after this event."""
        left = [one for one in snapshot.records if one.id != event.record_id]
        after = msgspec.structs.replace(snapshot, records=left)
        return after if event.last is None else _put(after, event.last)


EMITS: Final[frozenset[type[Event]]] = frozenset({MedicalRecordCreated, MedicalRecordUpdated, MedicalRecordDeleted})


def _put(snapshot: MedicalRecords, one: MedicalRecordView) -> MedicalRecords:
    rest = [other for other in snapshot.records if other.id != one.id]
    records = sorted([*rest, one], key=lambda each: each.id, reverse=True)[:SHOWN]
    return msgspec.structs.replace(snapshot, records=records)


async def may_hear_records(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Who may read all records of a patient: her own side, by consent, by break-glass."""
    return await care.may_hear(ctx, asks, RecordType.MEDICAL_RECORD)


@topic("medical_records:{patient_id}", may=may_hear_records)
async def medical_records(ctx: Ctx, patient_id: UUID) -> MedicalRecords:
    """A patient's records; what her side hides it finds with `medical_record.list {hidden: true}`."""
    return MedicalRecords(patient_id=patient_id, records=await _newest(ctx, patient_id, SHOWN))


async def _newest(ctx: Ctx, patient_id: UUID, limit: int, skip: int = 0) -> list[MedicalRecordView]:
    rows = await ctx.tx.fetch(
        f"SELECT {COLUMNS} FROM medical_record r WHERE r.patient_id = $1 AND r.deleted_at IS NULL"
        " AND r.hidden_at IS NULL ORDER BY r.id DESC LIMIT $2 OFFSET $3",
        patient_id,
        limit,
        skip,
    )
    return await views(ctx, [from_row(row) for row in rows])


async def tell_gone(ctx: Ctx, record: Record) -> None:
    """A record of a locked patient is not shown any more."""
    last = await _newest(ctx, record.patient_id, 1, SHOWN - 1)
    ctx.emit(MedicalRecordDeleted(patient_id=record.patient_id, record_id=record.id, last=last[0] if last else None))


async def views(ctx: Ctx, records: Sequence[Record]) -> list[MedicalRecordView]:
    """Records with their files."""
    files = await media.attached(ctx.tx, NOUN, [one.id for one in records])
    found = []
    for one in records:
        told: dict[str, Any] = {
            name: getattr(one, name) for name in MedicalRecordView.__struct_fields__ if hasattr(one, name)
        }
        found.append(MedicalRecordView(**told, is_hidden=one.hidden_at is not None, files=files[one.id]))
    return found
