"""Prescriptions as they are read: one, and lists."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from channels.care import RecordType
from channels.care import access as care
from channels.care.access import Ask
from channels.consultation import access as consultation
from channels.directory import access as directory
from channels.identity import Capacity
from channels.identity import access as identity
from channels.identity.errors import FactDue
from channels.prescription import access
from channels.prescription.lifecycle import PrescriptionState
from channels.prescription.papers import Prescription, PrescriptionCard
from channels.prescription.rows import CARDS, card

READERS: Final = {Capacity.PATIENT, Capacity.DOCTOR, Capacity.STAFF}


class PrescriptionsOf(StrEnum):
    """Whose prescriptions are asked for."""

    PATIENT = "patient"
    """Those of a patient one acts for, or may read by consent or break-glass."""
    DOCTOR = "doctor"
    """Those the caller wrote, drafts among them, as far as she still reads them."""
    PHARMACY = "pharmacy"
    """Those that orders showed to the pharmacy where the caller dispenses."""


@query("prescription.get", allow=READERS, errors={NotFound, FactDue})
async def get(ctx: Ctx, prescription_id: UUID) -> Prescription:
    """All of a prescription: for the patient's side, its doctor, by consent, and for pharmacists it was shown to."""
    return await access.readable(ctx, prescription_id)


@query("prescription.list", allow=READERS, errors={NotFound, InvalidParams, FactDue})
async def list_prescriptions(
    ctx: Ctx,
    whose: PrescriptionsOf = PrescriptionsOf.PATIENT,
    patient_id: UUID | None = None,
    doctor_id: UUID | None = None,
    place_id: UUID | None = None,
    consultation_id: UUID | None = None,
    appointment_id: UUID | None = None,
    state: PrescriptionState | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[PrescriptionCard]:
    """Prescriptions, the latest first. A patient's (the only one need not be named), one's own, or a pharmacy's.

    A doctor's page may be shorter than `limit` although more follow: what she reads no longer is left out of it.
    """
    await identity.require_fact(ctx)
    patients = [patient_id] if patient_id is not None else None
    pharmacy: UUID | None = None
    match whose:
        case PrescriptionsOf.PATIENT:
            if patient_id is None:
                patient_id = (await identity.patient(ctx)).id
            await care.reading(ctx, patient_id, RecordType.PRESCRIPTION)
            patients = await care.records_of(ctx, patient_id)
        case PrescriptionsOf.DOCTOR:
            doctor_id = (await directory.own_doctor(ctx)).id
        case PrescriptionsOf.PHARMACY:
            pharmacy = (await directory.place(ctx, place_id, duties=access.DISPENSERS)).id
    before, before_id = paging.decode(cursor, tuple[datetime, UUID]) if cursor else (until, None)
    rows = await ctx.tx.fetch(
        f"""{CARDS} WHERE ($1::uuid[] IS NULL OR p.patient_id = ANY ($1)) AND ($2::uuid IS NULL OR p.doctor_id = $2)
               AND ($3::uuid IS NULL OR EXISTS (SELECT FROM prescription_share s WHERE s.prescription_id = p.id
                       AND s.place_id = $3 AND (s.until IS NULL OR s.until > $4)))
               AND (p.state <> 'draft' OR $5) AND ($6::text IS NULL OR p.state = $6)
               AND ($7::timestamptz IS NULL OR p.created_at >= $7)
               AND ($8::timestamptz IS NULL OR p.created_at < $8 OR (p.created_at = $8 AND p.id < $9::uuid))
               AND ($10::uuid IS NULL OR p.consultation_id = $10)
               AND ($11::uuid IS NULL OR EXISTS (SELECT FROM consultation c WHERE c.id = p.consultation_id
                       AND c.appointment_id = $11))
             ORDER BY p.created_at DESC, p.id DESC LIMIT $12""",
        patients,
        doctor_id,
        pharmacy,
        ctx.now,
        whose is PrescriptionsOf.DOCTOR,
        state,
        since,
        before,
        before_id,
        consultation_id,
        appointment_id,
        limit + 1,
    )
    more = paging.encode(rows[limit - 1]["created_at"], rows[limit - 1]["id"]) if len(rows) > limit else None
    shown = rows[:limit]
    if whose is PrescriptionsOf.DOCTOR:
        shown = await _still_read(ctx, shown)
    elif pharmacy is not None:
        for row in shown:
            ctx.read(RecordType.PRESCRIPTION, row["id"], "order", patient=row["patient_id"])
    return Page(rows=[card(row) for row in shown], cursor=more)


async def _still_read(ctx: Ctx, rows: list[Any]) -> list[Any]:
    """Those of her own that she still reads: by the visit, or by a right of hers; the audit has whose."""
    visits = await consultation.seen(ctx.tx, [row["consultation_id"] for row in rows])
    asks = [
        Ask(ctx.actor.id, row["patient_id"], RecordType.PRESCRIPTION, row["doctor_id"], row["place_id"]) for row in rows
    ]
    shown = []
    for row, held in zip(rows, await care.reasons(ctx, asks), strict=True):
        visit = visits[row["consultation_id"]]
        why = held[0].kind.value if held else None
        if why is None and consultation.lasts(visit.state, visit.ended_at, ctx.now):
            why = "visit"
        if why is not None:
            ctx.read(RecordType.PRESCRIPTION, row["id"], why, patient=row["patient_id"])
            shown.append(row)
    return shown
