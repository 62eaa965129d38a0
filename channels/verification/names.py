"""`doctor.verify` and its like: other names of the same moves, by the id of who is verified."""

from typing import Final
from uuid import UUID

from carewire.command import Ctx, command
from carewire.errors import Forbidden, IllegalMove, NotFound
from carewire.forms import Line
from channels.directory import Subject, verified
from channels.identity import Capacity
from channels.identity import access as identity
from channels.verification import access
from channels.verification.access import CaseView
from channels.verification.commands import FactsHash, decide
from channels.verification.errors import FactsChanged, OwnVerification
from channels.verification.lifecycle import Kind, Step
from channels.verification.steps import EMITS, adopt

ADMIN: Final = frozenset({Capacity.ADMIN})
REFUSES: Final = frozenset({NotFound, Forbidden, IllegalMove, OwnVerification})


async def _case(ctx: Ctx, subject: Subject, subject_id: UUID, *kinds: Kind) -> CaseView:
    """The case of an entry, locked, for who verifies; one that has none yet gets it as things stand."""
    await identity.administrator(ctx, scopes=access.VERIFIERS)
    found = await verified(ctx, subject, subject_id, lock=True)
    if found.kind not in kinds:
        raise NotFound()
    return await adopt(ctx, subject, subject_id, found)


@command("doctor.verify", allow=ADMIN, emits=EMITS, errors=REFUSES | {FactsChanged})
async def verify_doctor(ctx: Ctx, doctor_id: UUID, facts_hash: FactsHash) -> CaseView:
    """Approve a doctor: `verification.approve` by its id."""
    return await decide(
        ctx, await _case(ctx, Subject.DOCTOR, doctor_id, Kind.DOCTOR), Step.APPROVE, facts_hash=facts_hash
    )


@command("doctor.reject", allow=ADMIN, emits=EMITS, errors=REFUSES)
async def reject_doctor(ctx: Ctx, doctor_id: UUID, reason: Line) -> CaseView:
    """Reject a doctor, and why: `verification.reject` by its id."""
    return await decide(ctx, await _case(ctx, Subject.DOCTOR, doctor_id, Kind.DOCTOR), Step.REJECT, reason=reason)


@command("hospital.verify", allow=ADMIN, emits=EMITS, errors=REFUSES | {FactsChanged})
async def verify_hospital(ctx: Ctx, hospital_id: UUID, facts_hash: FactsHash) -> CaseView:
    """Approve a hospital or clinic: `verification.approve` by its id."""
    return await decide(
        ctx,
        await _case(ctx, Subject.PLACE, hospital_id, Kind.HOSPITAL, Kind.CLINIC),
        Step.APPROVE,
        facts_hash=facts_hash,
    )


@command("hospital.reject", allow=ADMIN, emits=EMITS, errors=REFUSES)
async def reject_hospital(ctx: Ctx, hospital_id: UUID, reason: Line) -> CaseView:
    """Reject a hospital or clinic, and why: `verification.reject` by its id."""
    return await decide(
        ctx, await _case(ctx, Subject.PLACE, hospital_id, Kind.HOSPITAL, Kind.CLINIC), Step.REJECT, reason=reason
    )


@command("pharmacy.verify", allow=ADMIN, emits=EMITS, errors=REFUSES | {FactsChanged})
async def verify_pharmacy(ctx: Ctx, pharmacy_id: UUID, facts_hash: FactsHash) -> CaseView:
    """Approve a pharmacy: `verification.approve` by its id."""
    return await decide(
        ctx, await _case(ctx, Subject.PLACE, pharmacy_id, Kind.PHARMACY), Step.APPROVE, facts_hash=facts_hash
    )


@command("pharmacy.reject", allow=ADMIN, emits=EMITS, errors=REFUSES)
async def reject_pharmacy(ctx: Ctx, pharmacy_id: UUID, reason: Line) -> CaseView:
    """Reject a pharmacy, and why: `verification.reject` by its id."""
    return await decide(ctx, await _case(ctx, Subject.PLACE, pharmacy_id, Kind.PHARMACY), Step.REJECT, reason=reason)


@command("laboratory.verify", allow=ADMIN, emits=EMITS, errors=REFUSES | {FactsChanged})
async def verify_laboratory(ctx: Ctx, laboratory_id: UUID, facts_hash: FactsHash) -> CaseView:
    """Approve a laboratory: `verification.approve` by its id."""
    return await decide(
        ctx, await _case(ctx, Subject.PLACE, laboratory_id, Kind.LABORATORY), Step.APPROVE, facts_hash=facts_hash
    )


@command("laboratory.reject", allow=ADMIN, emits=EMITS, errors=REFUSES)
async def reject_laboratory(ctx: Ctx, laboratory_id: UUID, reason: Line) -> CaseView:
    """Reject a laboratory, and why: `verification.reject` by its id."""
    return await decide(
        ctx, await _case(ctx, Subject.PLACE, laboratory_id, Kind.LABORATORY), Step.REJECT, reason=reason
    )
