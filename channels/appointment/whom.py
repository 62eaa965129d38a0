"""For whom somebody books: the patient's side for one of its own, the doctor's for a patient of the place."""

from typing import Final
from uuid import UUID

from msgspec import Struct

from carewire.command import Ctx
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Name, Phone
from channels.appointment import access
from channels.appointment.nouns import Side
from channels.identity import Capacity, Sex
from channels.identity import access as identity
from channels.queue import BirthYear, asked, at_desk, check_birth_year


class Stranger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who stands at the desk without a record. By exact phone and name the place's own patients are found again."""

    name: Name
    phone: Phone | None = None
    birth_year: BirthYear | None = None
    sex: Sex | None = None


class Whom(Struct, frozen=True, kw_only=True):
    """The patient, and as whom the caller acts for her."""

    patient_id: UUID
    side: Side


async def find(
    ctx: Ctx, doctor_id: UUID, place_id: UUID | None, patient_id: UUID | None, stranger: Stranger | None = None
) -> Whom:
    """Whom the caller means. Raises `NotFound` for a patient who is neither hers nor the place's."""
    if patient_id is not None and stranger is not None:
        raise InvalidParams(fields=(Field("$.patient_id", "give either patient_id or patient"),))
    if stranger is None and await _is_hers(ctx, patient_id):
        return Whom(patient_id=(await identity.patient(ctx, patient_id)).id, side=Side.PATIENT)
    side = await access.doctor_here(ctx, doctor_id, place_id)
    if stranger is not None:
        return Whom(patient_id=await _at_desk(ctx, place_id, stranger), side=side)
    if patient_id is None or not await ctx.tx.fetchval(_KNOWN, patient_id, doctor_id, place_id):
        raise NotFound()
    return Whom(patient_id=patient_id, side=side)


async def _is_hers(ctx: Ctx, patient_id: UUID | None) -> bool:
    if patient_id is None:
        return Capacity.PATIENT in ctx.actor.capacities
    return await identity.guards(ctx.tx, ctx.actor.id, patient_id) is not None


async def _at_desk(ctx: Ctx, place_id: UUID | None, stranger: Stranger) -> UUID:
    if place_id is None:
        raise InvalidParams(fields=(Field("$.patient", "only a place takes patients who have no record"),))
    check_birth_year(stranger.birth_year, ctx.now)
    typed = asked(ctx, place_id, stranger.name, stranger.phone, stranger.birth_year, stranger.sex)
    return (await at_desk(ctx, typed)).id


# Made at the desk of the place, in one of its lines before, or with an appointment there; without a place the doctor's.
_KNOWN: Final = """SELECT EXISTS (SELECT FROM patient p WHERE p.id = $1 AND p.deleted_at IS NULL AND (
    p.place_id = $3
    OR EXISTS (SELECT FROM token t JOIN session s ON s.id = t.session_id
                WHERE t.patient_id = p.id AND (s.place_id = $3 OR ($3 IS NULL AND s.doctor_id = $2)))
    OR EXISTS (SELECT FROM appointment a WHERE a.patient_id = p.id
                AND (a.place_id = $3 OR ($3 IS NULL AND a.doctor_id = $2)))))"""
