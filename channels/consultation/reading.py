"""Consultations as they are read: one, and lists."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from channels.care import RecordType
from channels.care import access as care
from channels.consultation import access
from channels.consultation.access import TREATED, Treated
from channels.consultation.lifecycle import ConsultationState
from channels.consultation.notes import Consultation, ConsultationCard
from channels.directory import access as directory
from channels.identity import Capacity
from channels.identity import access as identity
from channels.identity.errors import FactDue

READERS: Final = {Capacity.PATIENT, Capacity.DOCTOR, Capacity.STAFF}


class ConsultationsOf(StrEnum):
    """Whose consultations are asked for."""

    PATIENT = "patient"
    """The completed ones of a patient one acts for, or may read by consent or break-glass."""
    DOCTOR = "doctor"
    """Those the caller wrote, as far as she still reads them."""


_CARD: Final = """SELECT {treated}, p.name AS patient, d.name AS doctor, l.name AS place
  FROM consultation c JOIN patient p ON p.id = c.patient_id JOIN doctor d ON d.id = c.doctor_id
  LEFT JOIN place l ON l.id = c.place_id"""


@query("consultation.get", allow=READERS, errors={NotFound, FactDue})
async def get(ctx: Ctx, consultation_id: UUID) -> Consultation:
    """One visit as its doctor wrote it: for her; once completed for the patient's side, by consent, by break-glass."""
    return await access.readable(ctx, consultation_id)


@query("consultation.list", allow=READERS, errors={NotFound, InvalidParams, FactDue})
async def list_consultations(
    ctx: Ctx,
    whose: ConsultationsOf = ConsultationsOf.PATIENT,
    patient_id: UUID | None = None,
    state: ConsultationState | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[ConsultationCard]:
    """Visits, the latest first, without what was found. A patient's (the only one need not be named), or one's own.

    A doctor's page may be shorter than `limit` although more follow: visits she reads no longer are left out of it.
    """
    await identity.require_fact(ctx)
    doctor_id: UUID | None = None
    patients: list[UUID] | None = None
    if whose is ConsultationsOf.PATIENT:
        if patient_id is None:
            patient_id = (await identity.patient(ctx)).id
        await care.reading(ctx, patient_id, RecordType.CONSULTATION)
        patients = await care.records_of(ctx, patient_id)
        if state not in (None, ConsultationState.COMPLETED):
            return Page(rows=[], cursor=None)
        state = ConsultationState.COMPLETED
    else:
        doctor_id = (await directory.own_doctor(ctx)).id
        patients = [patient_id] if patient_id is not None else None
    before, before_id = paging.decode(cursor, tuple[datetime, UUID]) if cursor else (until, None)
    rows = await ctx.tx.fetch(
        f"""{_CARD.format(treated=TREATED)}
             WHERE ($1::uuid[] IS NULL OR c.patient_id = ANY ($1)) AND ($2::uuid IS NULL OR c.doctor_id = $2)
               AND ($3::text IS NULL OR c.state = $3) AND ($4::timestamptz IS NULL OR c.started_at >= $4)
               AND ($5::timestamptz IS NULL OR c.started_at < $5 OR (c.started_at = $5 AND c.id < $6::uuid))
             ORDER BY c.started_at DESC, c.id DESC LIMIT $7""",
        patients,
        doctor_id,
        state,
        since,
        before,
        before_id,
        limit + 1,
    )
    more = paging.encode(rows[limit - 1]["started_at"], rows[limit - 1]["id"]) if len(rows) > limit else None
    shown = rows[:limit] if doctor_id is None else await _still_read(ctx, rows[:limit])
    return Page(rows=[_card(row) for row in shown], cursor=more)


async def _still_read(ctx: Ctx, rows: list[Any]) -> list[Any]:
    """Those of her own visits that she still reads; the audit has whose."""
    seen = [msgspec.convert({name: row[name] for name in Treated.__struct_fields__}, Treated) for row in rows]
    shown = []
    for row, one, why in zip(rows, seen, await access.reasons(ctx, seen, RecordType.CONSULTATION), strict=True):
        if why is not None:
            ctx.read(RecordType.CONSULTATION, one.id, why, patient=one.patient_id)
            shown.append(row)
    return shown


def _card(row: Any) -> ConsultationCard:
    return msgspec.convert({name: row[name] for name in ConsultationCard.__struct_fields__}, ConsultationCard)
