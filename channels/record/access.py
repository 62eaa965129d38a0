"""The doors to medical records, and how each of them is seen."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import NotFound
from channels.care import RecordType, RightKind
from channels.care import access as care
from channels.care.access import Ask, Right
from channels.directory import access as directory
from channels.identity import access as identity
from channels.media import access as media

NOUN: Final = "medical_record"
FAMILY: Final = frozenset({RightKind.OWN, RightKind.GUARDIAN})


class Kind(StrEnum):
    """What a record is."""

    XRAY = "xray"
    MRI = "mri"
    CT_SCAN = "ct_scan"
    LAB_REPORT = "lab_report"
    PRESCRIPTION = "prescription"
    DISCHARGE_SUMMARY = "discharge_summary"
    OTHER = "other"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A record as its row holds it."""

    id: UUID
    patient_id: UUID
    record_type: Kind
    title: str
    description: str | None
    record_date: date | None
    uploaded_by: UUID
    doctor_id: UUID | None
    place_id: UUID | None
    appointment_id: UUID | None
    is_shared_with_doctors: bool
    created_at: datetime
    hidden_at: datetime | None

    @property
    def is_hers(self) -> bool:
        """Uploaded by her side, not written by a provider."""
        return self.doctor_id is None and self.place_id is None


COLUMNS: Final = ", ".join(f"r.{name}" for name in Record.__struct_fields__)


def from_row(row: Any) -> Record:
    """The struct of a record that selected `COLUMNS`."""
    return msgspec.convert({name: row[name] for name in Record.__struct_fields__}, Record)


@door
async def record(ctx: Ctx, record_id: UUID, *, lock: bool = False) -> tuple[Record, list[Right]]:
    """A record the caller may read, and by which rights. With `lock` its patient and the row are locked before it is
    looked at: what is told is of her list.

    Raises `NotFound`, `FactDue` while the login owes a known fact.
    """
    await identity.require_fact(ctx)
    found = await _find(ctx, record_id)
    (held,) = await rights(ctx, ctx.actor.id, [found])
    if held and lock:
        await ctx.tx.execute("SELECT FROM patient WHERE id = $1 FOR NO KEY UPDATE", found.patient_id)
        await ctx.tx.execute("SELECT FROM medical_record WHERE id = $1 FOR UPDATE", record_id)
        found = await _find(ctx, record_id)
        (held,) = await rights(ctx, ctx.actor.id, [found])
    if not held:
        raise NotFound()
    care.opened(ctx, found.patient_id, RecordType.MEDICAL_RECORD, held)
    return found, held


async def _find(ctx: Ctx, record_id: UUID) -> Record:
    row = await ctx.tx.fetchrow(
        f"SELECT {COLUMNS} FROM medical_record r WHERE r.id = $1 AND r.deleted_at IS NULL", record_id
    )
    if row is None:
        raise NotFound()
    return from_row(row)


async def rights(ctx: Ctx, account_id: UUID, records: Sequence[Record]) -> list[list[Right]]:
    """By which rights this account reads each record: her side everything, others what is not hidden.

    By consent, by break-glass, who wrote it while the relationship lasts; and what she shares with the doctors she goes
    to, by the relationship of each.
    """
    asks = [Ask(account_id, one.patient_id, RecordType.MEDICAL_RECORD, one.doctor_id, one.place_id) for one in records]
    asks += [Ask(account_id, one.patient_id, RecordType.SUMMARY) for one in records]
    found = await care.reasons(ctx, asks)
    treats = await _as_doctor(ctx, account_id, [right for held in found[len(records) :] for right in held])
    held = []
    for n, one in enumerate(records):
        mine = list(found[n])
        if one.is_shared_with_doctors:
            mine += [right for right in found[n + len(records)] if right.ref in treats]
        if one.hidden_at is not None:
            mine = [right for right in mine if right.kind in FAMILY]
        held.append(mine)
    return held


async def _as_doctor(ctx: Ctx, account_id: UUID, held: Sequence[Right]) -> frozenset[UUID]:
    """The relationships with the doctor this account is: a nurse of the place is no doctor of hers."""
    refs = [right.ref for right in held if right.kind is RightKind.RELATIONSHIP]
    doctor_id = await directory.doctor_of(ctx.tx, account_id) if refs else None
    if doctor_id is None:
        return frozenset()
    rows = await ctx.tx.fetch("SELECT id FROM relationship WHERE id = ANY ($1) AND doctor_id = $2", refs, doctor_id)
    return frozenset(row["id"] for row in rows)


@media.readers(NOUN)
async def may_read_files(ctx: Ctx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]:
    """Who may read a record reads its files; each look is in the audit."""
    since: list[datetime | None] = [None] * len(asks)
    if await identity.owes_fact(ctx):
        return since
    rows = await ctx.tx.fetch(
        f"SELECT {COLUMNS} FROM medical_record r WHERE r.id = ANY ($1) AND r.deleted_at IS NULL",
        [record_id for _, record_id in asks],
    )
    known = {row["id"]: from_row(row) for row in rows}
    for account_id in {account for account, _ in asks}:
        mine = [(n, known[thing]) for n, (who, thing) in enumerate(asks) if who == account_id and thing in known]
        for (n, one), held in zip(mine, await rights(ctx, account_id, [one for _, one in mine]), strict=True):
            if held:
                care.opened(ctx, one.patient_id, RecordType.MEDICAL_RECORD, held)
                since[n] = held[0].since
    return since
