"""The doors to prescriptions, and what pharmacies and their orders may do with one.

- Its doctor writes drafts and issues them, by the visit or her relationship with the patient.
- What was issued is read by the patient's side, by consent or break-glass, by its doctor while she may read what she
  wrote, and by the pharmacists of a place to which an order showed it (`share`).
- `spend` and `unspend` count what is dispensed, over all pharmacies (see `spending.py`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import NotFound
from channels.care import RecordType, register_readers
from channels.care import access as care
from channels.care.access import Ask
from channels.consultation import access as consultation
from channels.identity import Duty
from channels.identity import access as identity
from channels.prescription.lifecycle import PrescriptionState
from channels.prescription.papers import Prescription
from channels.prescription.rows import whole
from channels.prescription.spending import SPEND_EMITS, spend, unspend

__all__ = [
    "DISPENSERS",
    "SPEND_EMITS",
    "Shown",
    "dispensable_at",
    "readable",
    "share",
    "shared_until",
    "shown_at",
    "spend",
    "unspend",
    "written",
]

DISPENSERS: Final = frozenset({Duty.PHARMACIST})


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A prescription as its doctor's commands need it."""

    id: UUID
    consultation_id: UUID
    patient_id: UUID
    doctor_id: UUID
    state: PrescriptionState
    version: int
    supersedes_id: UUID | None


@door
async def written(ctx: Ctx, prescription_id: UUID, *, lock: bool = False) -> Written:
    """A prescription for its own doctor, who may work on it. Raises `NotFound`, `FactDue`."""
    found = await _row(ctx, prescription_id)
    await consultation.treating(ctx, found.consultation_id)
    if lock:
        await ctx.tx.execute("SELECT FROM prescription WHERE id = $1 FOR UPDATE", prescription_id)
        found = await _row(ctx, prescription_id)
        await consultation.treating(ctx, found.consultation_id)
    return found


@door
async def authored(ctx: Ctx, prescription_id: UUID, *, lock: bool = False) -> Written:
    """A prescription for the doctor who wrote it, whether she still reads it or not: she can always take it back."""
    await identity.require_fact(ctx)
    if lock:
        await ctx.tx.execute("SELECT FROM prescription WHERE id = $1 FOR UPDATE", prescription_id)
    found = await _row(ctx, prescription_id)
    await consultation.own_practice(ctx, found.doctor_id, None)
    return found


async def _row(ctx: Ctx, prescription_id: UUID) -> Written:
    row = await ctx.tx.fetchrow(
        "SELECT id, consultation_id, patient_id, doctor_id, state, version, supersedes_id FROM prescription"
        " WHERE id = $1",
        prescription_id,
    )
    if row is None:
        raise NotFound()
    return msgspec.convert(dict(row), Written)


@door
async def readable(ctx: Ctx, prescription_id: UUID) -> Prescription:
    """A prescription for whoever may read it. Raises `NotFound`, `FactDue`."""
    await identity.require_fact(ctx)
    found = await whole(ctx.tx, prescription_id)
    if found is None:
        raise NotFound()
    author = await ctx.tx.fetchval(
        "SELECT d.account_id = $2 FROM doctor d WHERE d.id = $1", found.doctor_id, ctx.actor.id
    )
    if found.state is PrescriptionState.DRAFT:
        await consultation.treating(ctx, found.consultation_id)
        return found
    asked = Ask(ctx.actor.id, found.patient_id, RecordType.PRESCRIPTION, found.doctor_id, found.place_id)
    (rights,) = await care.reasons(ctx, [asked])
    if rights:
        care.opened(ctx, found.patient_id, RecordType.PRESCRIPTION, rights)
    elif author:
        await consultation.treating(ctx, found.consultation_id)
    elif (share_id := await _shown_to(ctx, found.id)) is not None:
        ctx.read(RecordType.PRESCRIPTION, share_id, "order", patient=found.patient_id)
    else:
        raise NotFound()
    return found


async def _shown_to(ctx: Ctx, prescription_id: UUID) -> UUID | None:
    found: UUID | None = await ctx.tx.fetchval(
        "SELECT s.id FROM prescription_share s JOIN membership m ON m.place_id = s.place_id AND m.account_id = $2"
        " AND m.until IS NULL AND m.duty = ANY ($3)"
        " WHERE s.prescription_id = $1 AND (s.until IS NULL OR s.until > $4) ORDER BY s.since LIMIT 1",
        prescription_id,
        ctx.actor.id,
        sorted(DISPENSERS),
        ctx.now,
    )
    return found


register_readers(
    """SELECT 'order', NULL, NULL, s.place_id, l.name, '{prescription}'::text[], s.since, s.until, s.id
         FROM prescription_share s JOIN prescription p ON p.id = s.prescription_id JOIN place l ON l.id = s.place_id
        WHERE p.patient_id = $1 AND (s.until IS NULL OR s.until > $2)"""
)


async def dispensable_at(ctx: Ctx, prescription: Prescription, place_id: UUID) -> bool:
    """Whether this very place may dispense it: an order showed it there, or her side consented to the place."""
    found: bool = await ctx.tx.fetchval(
        "SELECT EXISTS (SELECT FROM prescription_share s WHERE s.prescription_id = $1 AND s.place_id = $3"
        "                  AND (s.until IS NULL OR s.until > $4))"
        " OR EXISTS (SELECT FROM consent c WHERE c.place_id = $3 AND c.revoked_at IS NULL AND c.since <= $4"
        "               AND c.until > $4 AND 'prescription' = ANY (c.records) AND (c.patient_id = $2 OR c.patient_id ="
        "                   (SELECT k.into_id FROM patient_claim k WHERE k.patient_id = $2 AND k.into_id IS NOT NULL"
        "                       AND k.undone_at IS NULL)))",
        prescription.id,
        prescription.patient_id,
        place_id,
        ctx.now,
    )
    return found


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the head of a prescription says that a pharmacy was shown: who wrote it for whom, and when."""

    id: UUID
    doctor: str
    patient: str
    issued_at: datetime
    line_ids: Sequence[UUID]


async def shown_at(ctx: Ctx, place_id: UUID, since: datetime, until: datetime) -> list[Shown]:
    """What was issued in this time and may be dispensed at this place, or might have been before it was taken back or
    ran out: for comparing, not for telling."""
    rows = await ctx.tx.fetch(
        """SELECT p.id, p.doctor, k.name AS patient, p.issued_at, ARRAY(
                      SELECT l.id FROM prescription_line l WHERE l.prescription_id = p.id ORDER BY l.number) AS line_ids
             FROM prescription p JOIN patient k ON k.id = p.patient_id
            WHERE p.state <> 'draft' AND p.issued_at >= $2 AND p.issued_at < $3
              AND (p.id = ANY (ARRAY(SELECT s.prescription_id FROM prescription_share s WHERE s.place_id = $1
                                        AND (s.until IS NULL OR s.until > $4)))
                   OR p.patient_id = ANY (ARRAY(
                       SELECT unnest(c.patient_id || ARRAY(SELECT k.patient_id FROM patient_claim k
                                                            WHERE k.into_id = c.patient_id AND k.undone_at IS NULL))
                         FROM consent c WHERE c.place_id = $1 AND c.revoked_at IS NULL AND c.since <= $4
                          AND c.until > $4 AND 'prescription' = ANY (c.records))))
            ORDER BY p.id""",
        place_id,
        since,
        until,
        ctx.now,
    )
    return [msgspec.convert(dict(row), Shown) for row in rows]


# --- what an order does with it --------------------------------------------------------------------------------------
async def share(ctx: Ctx, prescription_id: UUID, place_id: UUID, ref: UUID) -> None:
    """An order (`ref`) of the patient's side shows it to the pharmacists of a place, until `shared_until` ends that.

    Raises `NotFound` for a draft. That the prescription is the patient's own is the order's care.
    """
    tag = await ctx.tx.execute(
        "INSERT INTO prescription_share (prescription_id, place_id, ref, since)"
        " SELECT p.id, $2, $3, $4 FROM prescription p WHERE p.id = $1 AND p.state <> 'draft'"
        " ON CONFLICT ON CONSTRAINT prescription_share_once DO UPDATE SET until = NULL",
        prescription_id,
        place_id,
        ref,
        ctx.now,
    )
    if tag.endswith(" 0"):
        raise NotFound()
    await _readers_changed(ctx, place_id)


async def shared_until(ctx: Ctx, ref: UUID, until: datetime) -> None:
    """The order is done: its places read what it showed them until then."""
    rows = await ctx.tx.fetch(
        "UPDATE prescription_share SET until = greatest(since, $2) WHERE ref = $1 RETURNING place_id", ref, until
    )
    for place_id in sorted({row["place_id"] for row in rows}):
        await _readers_changed(ctx, place_id)


async def _readers_changed(ctx: Ctx, place_id: UUID) -> None:
    await care.readers_changed(ctx, [(None, place_id)])
