"""Putting a prescription into force, after a look at the patient's allergies; and taking it back."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from carewire.command import Ctx, command, query
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from carewire.forms import Line
from channels.appointment.access import APPOINTMENT_EMITS
from channels.care import RecordType
from channels.consultation import access as consultation
from channels.directory import access as directory
from channels.identity import Capacity
from channels.identity import access as identity
from channels.identity.errors import FactDue
from channels.prescription import access
from channels.prescription.allergies import check
from channels.prescription.errors import AllergyCheck, DispensedSince, NothingPrescribed, VisitCancelled
from channels.prescription.events import PrescriptionCreated, PrescriptionUpdated, tell
from channels.prescription.facts import CANCELLED, ISSUED
from channels.prescription.lifecycle import PASSING, PRESCRIPTION, AllergyOutcome, PrescriptionState
from channels.prescription.papers import AllergyLook, Prescription
from channels.prescription.rows import lines_of, whole

DOCTORS: Final = {Capacity.DOCTOR}
VALID: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=366)
Entries = Annotated[list[UUID], Meta(max_length=200, description="Entries of the patient's summary")]


class AllergyOverride(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is issued all the same. It names what it overrides: what was found since is not overridden by it."""

    outcome: AllergyOutcome
    reason: Annotated[str, Meta(min_length=10, max_length=300)]
    entries: Entries = []


class PrescriptionCancelled(Struct, frozen=True, kw_only=True):
    """It is out of force."""

    id: UUID
    state: PrescriptionState


@query("prescription.check", allow=DOCTORS, errors={NotFound, FactDue})
async def look(ctx: Ctx, prescription_id: UUID) -> AllergyLook:
    """Hold a draft of your own against the patient's allergies, as `prescription.issue` will once more."""
    found = await access.written(ctx, prescription_id)
    return await check(ctx, found.patient_id, await lines_of(ctx.tx, found.id))


@command(
    "prescription.issue",
    allow=DOCTORS,
    emits=APPOINTMENT_EMITS | {PrescriptionCreated, PrescriptionUpdated},
    errors={
        NotFound,
        FactDue,
        InvalidParams,
        IllegalMove,
        AllergyCheck,
        NothingPrescribed,
        VisitCancelled,
        DispensedSince,
    },
)
async def issue(ctx: Ctx, prescription_id: UUID, override: AllergyOverride | None = None) -> Prescription:
    """Put a draft into force: from now on it is never changed. What it takes the place of is superseded.

    Refused (`allergy_check`) when a line meets one of the patient's allergies, when nobody has asked her for any
    (`summary.no_allergies` says that there are none), or when the list cannot be read; an `override` with a reason
    issues it all the same, and both are kept. What is not known is issued as `unknown`, never as `clear`. A
    prescription without medicines is not held against anything.
    """
    found = await access.written(ctx, prescription_id, lock=True)
    ctx.about(RecordType.PRESCRIPTION, found.id, patient=found.patient_id)
    state = PRESCRIPTION.move(found.state, "issue")
    draft = await _whole(ctx, found.id)
    if not draft.lines and not draft.investigations:
        raise NothingPrescribed()
    if draft.valid_until is not None and not ctx.now < draft.valid_until <= ctx.now + LONGEST:
        raise InvalidParams(fields=(Field("$.valid_until", "lies in the past, or more than a year ahead"),))
    checked = await _check(ctx, draft, override)
    if draft.supersedes_id is not None:
        await _supersede(ctx, draft, draft.supersedes_id)
    doctor = await directory.own_doctor(ctx)
    if checked.name_only:
        await ctx.tx.execute(
            "UPDATE prescription_line SET class_known = NOT id = ANY ($2) WHERE prescription_id = $1",
            found.id,
            checked.name_only,
        )
    else:
        await ctx.tx.execute(
            "UPDATE prescription_line SET class_known = $2 WHERE prescription_id = $1",
            found.id,
            None if checked.outcome is AllergyOutcome.UNREADABLE else True,
        )
    await ctx.tx.execute(
        "UPDATE prescription SET state = $2, issued_at = greatest($3, created_at), allergy_check = $7,"
        " valid_until = coalesce(valid_until, $4), doctor = $5, override_reason = $8,"
        " registration = (SELECT registration FROM doctor WHERE id = $6) WHERE id = $1",
        found.id,
        state,
        ctx.now,
        ctx.now + VALID,
        doctor.name,
        doctor.id,
        checked.outcome,
        None if checked.outcome in PASSING or override is None else override.reason,
    )
    await consultation.prescribed(ctx, await consultation.treating(ctx, found.consultation_id))
    await tell(ctx, found.id, PrescriptionCreated)
    for _, account_id in await identity.acting_for(ctx.tx, [found.patient_id]):
        ctx.notify(account_id, ISSUED, found.id, doctor=doctor.name)
    return await _whole(ctx, found.id)


async def _check(ctx: Ctx, draft: Prescription, override: AllergyOverride | None) -> AllergyLook:
    """Look, under a lock that lets nobody note an allergy or merge her record meanwhile; refuse what the override does
    not name.
    """
    await ctx.tx.execute(
        "SELECT FROM patient p WHERE p.id = $1 OR p.id = (SELECT c.into_id FROM patient_claim c WHERE c.patient_id = $1"
        " AND c.into_id IS NOT NULL AND c.undone_at IS NULL) ORDER BY p.id FOR NO KEY UPDATE",
        draft.patient_id,
    )
    if not draft.lines:
        return AllergyLook(outcome=AllergyOutcome.CLEAR, matches=[], name_only=[], entries_by_name=[])
    checked = await check(ctx, draft.patient_id, draft.lines)
    met = {match.entry_id for match in checked.matches}
    if checked.outcome not in PASSING and (
        override is None or override.outcome is not checked.outcome or not met <= set(override.entries)
    ):
        raise AllergyCheck(
            _SAID[checked.outcome],
            outcome=checked.outcome.value,
            matches=[
                {"line_id": str(match.line_id), "entry_id": str(match.entry_id), "by": match.by.value}
                for match in checked.matches
            ],
        )
    await ctx.tx.executemany(
        "INSERT INTO allergy_match (line_id, entry_id, by) VALUES ($1, $2, $3)",
        [(match.line_id, match.entry_id, match.by) for match in checked.matches],
    )
    return checked


_SAID: Final = {
    AllergyOutcome.MATCHED: "It meets an allergy of hers: change it, or say why all the same",
    AllergyOutcome.RELATED: "It is related to an allergy of hers: change it, or say why all the same",
    AllergyOutcome.NOT_RECORDED: "Nobody asked for her allergies: note them, or that there are none, or say why",
    AllergyOutcome.UNREADABLE: "You may not read her allergies: ask her for it, or say why all the same",
}


async def _supersede(ctx: Ctx, draft: Prescription, prescription_id: UUID) -> None:
    """Of both together no more is given out than the doctor knew: the old one stands still from here on."""
    old = await access.written(ctx, prescription_id, lock=True)
    state = PRESCRIPTION.move(old.state, "supersede")
    spent = sum(line.spent for line in await lines_of(ctx.tx, old.id))
    if draft.supersedes_spent not in (None, spent):
        raise DispensedSince(spent=spent)
    await ctx.tx.execute(
        "UPDATE prescription SET state = $2, ended_at = greatest($3, issued_at) WHERE id = $1", old.id, state, ctx.now
    )
    await tell(ctx, old.id, PrescriptionUpdated)


@command(
    "prescription.cancel",
    allow=DOCTORS,
    emits={PrescriptionUpdated},
    errors={NotFound, FactDue, IllegalMove},
)
async def cancel(ctx: Ctx, prescription_id: UUID, reason: Line) -> PrescriptionCancelled:
    """Take an issued prescription of your own back, at any time: nothing more is dispensed on it."""
    found = await access.authored(ctx, prescription_id, lock=True)
    ctx.about(RecordType.PRESCRIPTION, found.id, patient=found.patient_id)
    state = PRESCRIPTION.move(found.state, "cancel")
    row = await ctx.tx.fetchrow(
        "UPDATE prescription SET state = $2, ended_at = greatest($3, issued_at), cancel_reason = $4 WHERE id = $1"
        " RETURNING doctor",
        found.id,
        state,
        ctx.now,
        reason,
    )
    assert row is not None
    await tell(ctx, found.id, PrescriptionUpdated)
    for _, account_id in await identity.acting_for(ctx.tx, [found.patient_id]):
        ctx.notify(account_id, CANCELLED, found.id, doctor=row["doctor"])
    return PrescriptionCancelled(id=found.id, state=state)


async def _whole(ctx: Ctx, prescription_id: UUID) -> Prescription:
    found = await whole(ctx.tx, prescription_id)
    assert found is not None
    return found
