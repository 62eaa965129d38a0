"""Drafts: written, changed, thrown away, or begun as what takes another's place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from carewire.command import Ctx, command
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from carewire.forms import Line, Text
from channels.care import RecordType
from channels.consultation import access as consultation
from channels.consultation.errors import StaleVersion
from channels.consultation.lifecycle import ConsultationState
from channels.identity import Capacity
from channels.identity.errors import FactDue
from channels.prescription import access
from channels.prescription.errors import VisitCancelled
from channels.prescription.lifecycle import PRESCRIPTION, PrescriptionState
from channels.prescription.papers import MedicineOrder, Prescription
from channels.prescription.rows import whole

DOCTORS: Final = {Capacity.DOCTOR}
Lines = Annotated[list[MedicineOrder], Meta(max_length=30)]
Investigations = Annotated[list[Line], Meta(max_length=20, description="Tests asked for, one a line")]
Spent = Annotated[int, Meta(ge=0, le=300_000, description="Units of all its lines together")]
_LINE: Final = MedicineOrder.__struct_fields__


class PrescriptionDeleted(Struct, frozen=True, kw_only=True):
    """The draft is gone."""

    id: UUID


@command(
    "prescription.create",
    allow=DOCTORS,
    errors={NotFound, FactDue, InvalidParams, VisitCancelled},
)
async def create(
    ctx: Ctx,
    consultation_id: UUID | None = None,
    appointment_id: UUID | None = None,
    lines: Lines = [],  # noqa: B006 - msgspec copies it
    investigations: Investigations = [],  # noqa: B006
    instructions: Text | None = None,
    valid_until: datetime | None = None,
) -> Prescription:
    """Begin a prescription on a visit of your own, named by its consultation or its appointment: a draft, yours alone.

    A visit may have several. `prescription.issue` puts it into force; without `valid_until` it is valid for 30 days.
    """
    if (consultation_id is None) == (appointment_id is None):
        raise InvalidParams(fields=(Field("$.consultation_id", "give either consultation_id or appointment_id"),))
    if appointment_id is not None:
        consultation_id = await consultation.of_appointment(ctx.tx, appointment_id)
    if consultation_id is None:
        raise NotFound()
    seen = await consultation.treating(ctx, consultation_id)
    if seen.state is ConsultationState.CANCELLED:
        raise VisitCancelled()
    return await _draft(ctx, seen, lines, investigations, instructions, valid_until, None)


async def _draft(
    ctx: Ctx,
    seen: consultation.Treated,
    lines: Sequence[MedicineOrder],
    investigations: Sequence[str],
    instructions: str | None,
    valid_until: datetime | None,
    old: Prescription | None,
) -> Prescription:
    prescription_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO prescription (consultation_id, patient_id, doctor_id, place_id, state, investigations,"
        " instructions, valid_until, supersedes_id, supersedes_spent, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        seen.id,
        seen.patient_id,
        seen.doctor_id,
        seen.place_id,
        PrescriptionState.DRAFT,
        list(investigations),
        instructions,
        valid_until,
        None if old is None else old.id,
        None if old is None else sum(line.spent for line in old.lines),
        ctx.now,
    )
    await _write_lines(ctx, prescription_id, lines)
    ctx.about(RecordType.PRESCRIPTION, prescription_id, patient=seen.patient_id)
    return await _now(ctx, prescription_id)


@command(
    "prescription.update",
    allow=DOCTORS,
    errors={NotFound, FactDue, InvalidParams, IllegalMove, StaleVersion},
)
async def update(
    ctx: Ctx,
    prescription_id: UUID,
    version: int,
    lines: Lines | UnsetType = UNSET,
    investigations: Investigations | UnsetType = UNSET,
    instructions: Text | UnsetType | None = UNSET,
    valid_until: datetime | UnsetType | None = UNSET,
    supersedes_spent: Spent | UnsetType = UNSET,
) -> Prescription:
    """Change a draft; what is left out stays, `lines` and `investigations` are replaced whole.

    `version` is the one that was read: when another device wrote since, this is refused (`stale_version`).
    `supersedes_spent`: you have seen that so much was given out of what it takes the place of (`dispensed_since`).
    """
    found = await access.written(ctx, prescription_id, lock=True)
    ctx.about(RecordType.PRESCRIPTION, found.id, patient=found.patient_id)
    PRESCRIPTION.move(found.state, "update")
    if found.version != version:
        raise StaleVersion(f"It is at version {found.version} by now", version=found.version)
    given = {
        "investigations": investigations,
        "instructions": instructions,
        "valid_until": valid_until,
        "supersedes_spent": supersedes_spent,
    }
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not UNSET}
    if "supersedes_spent" in changed and found.supersedes_id is None:
        raise InvalidParams(fields=(Field("$.supersedes_spent", "it takes the place of none"),))
    settings = "".join(f", {name} = ${n}" for n, name in enumerate(changed, 2))
    await ctx.tx.execute(
        f"UPDATE prescription SET version = version + 1{settings} WHERE id = $1", found.id, *changed.values()
    )
    if lines is not UNSET:
        await ctx.tx.execute("DELETE FROM prescription_line WHERE prescription_id = $1", found.id)
        await _write_lines(ctx, found.id, lines)
    return await _now(ctx, found.id)


@command("prescription.delete", allow=DOCTORS, errors={NotFound, FactDue, IllegalMove}, shuts=True)
async def delete(ctx: Ctx, prescription_id: UUID) -> PrescriptionDeleted:
    """Throw a draft away. What was issued is cancelled instead."""
    found = await access.written(ctx, prescription_id, lock=True)
    ctx.about(RecordType.PRESCRIPTION, found.id, patient=found.patient_id)
    PRESCRIPTION.move(found.state, "update")
    await ctx.tx.execute("DELETE FROM prescription_line WHERE prescription_id = $1", found.id)
    await ctx.tx.execute("DELETE FROM prescription WHERE id = $1", found.id)
    return PrescriptionDeleted(id=found.id)


@command("prescription.supersede", allow=DOCTORS, errors={NotFound, FactDue, IllegalMove, VisitCancelled})
async def supersede(ctx: Ctx, prescription_id: UUID) -> Prescription:
    """Begin a draft that takes the place of an issued one, with what is left of its lines; that one stays in force
    until then.
    """
    found = await access.written(ctx, prescription_id, lock=True)
    PRESCRIPTION.move(found.state, "supersede")
    old = await _now(ctx, found.id)
    seen = await consultation.treating(ctx, found.consultation_id)
    lines = [
        MedicineOrder(**{name: getattr(line, name) for name in _LINE} | {"quantity": line.quantity - line.spent})
        for line in old.lines
        if line.spent < line.quantity
    ]
    return await _draft(ctx, seen, lines, old.investigations, old.instructions, None, old)


async def _write_lines(ctx: Ctx, prescription_id: UUID, lines: Sequence[MedicineOrder]) -> None:
    if lines:
        marks = ", ".join(f"${n}" for n in range(3, 3 + len(_LINE)))
        await ctx.tx.executemany(
            f"INSERT INTO prescription_line (prescription_id, number, {', '.join(_LINE)}) VALUES ($1, $2, {marks})",
            [
                (prescription_id, number, *(getattr(line, name) for name in _LINE))
                for number, line in enumerate(lines, 1)
            ],
        )


async def _now(ctx: Ctx, prescription_id: UUID) -> Prescription:
    found = await whole(ctx.tx, prescription_id)
    assert found is not None
    return found
