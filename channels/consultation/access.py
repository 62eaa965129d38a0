"""The doors to a consultation: its own doctor writes, who may read what she wrote reads once it is completed.

A doctor reads and adds to what she wrote by her relationship with the patient, like everything (PRODUCT 5). The visit
itself gives her the right while it lasts and for a day after, so that she can finish her notes also of a walk-in who
confirmed nothing. A cancelled one is her own.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.store.db import Tx
from channels.appointment import access as appointments
from channels.appointment.lifecycle import IN_THE_ROOM
from channels.calendar import Mode
from channels.care import RecordType, register_readers
from channels.care import access as care
from channels.care.access import Ask
from channels.consultation.lifecycle import CallConsent, ConsultationState, IdentityBy
from channels.consultation.notes import Addendum, Consultation, VideoVisit, Vitals
from channels.directory import access as directory
from channels.directory.access import VERIFIED, DoctorRow
from channels.identity import access as identity

VISIT: Final = timedelta(hours=24)
"""So long after its end a visit gives its doctor the right to what she wrote at it."""
_DAY: Final = f"interval '{VISIT.total_seconds():.0f} seconds'"
VITALS: Final = Vitals.__struct_fields__
PLAIN: Final = tuple(
    name for name in Consultation.__struct_fields__ if name not in ("vitals", "teleconsult", "addenda")
)
COLUMNS: Final = ", ".join(f"c.{name}" for name in (*PLAIN, *VITALS, "consent", "identity_by", "registration"))


class Treated(msgspec.Struct, frozen=True, kw_only=True):
    """A consultation as other domains need it."""

    id: UUID
    patient_id: UUID
    doctor_id: UUID
    place_id: UUID | None
    appointment_id: UUID | None
    token_id: UUID | None
    mode: Mode
    state: ConsultationState
    started_at: datetime
    ended_at: datetime | None
    follow_up_date: date | None


TREATED: Final = ", ".join(f"c.{name}" for name in Treated.__struct_fields__)


@door
async def treating(ctx: Ctx, consultation_id: UUID, *, lock: bool = False) -> Treated:
    """A consultation for its own doctor, who may write on it or on what follows from it. Raises `NotFound`, `FactDue`.

    With `lock` it is locked, and the right is looked at once more.
    """
    await identity.require_fact(ctx)
    found = await _treating(ctx, consultation_id)
    if lock:
        await ctx.tx.execute("SELECT FROM consultation WHERE id = $1 FOR UPDATE", consultation_id)
        found = await _treating(ctx, consultation_id)
    return found


async def _treating(ctx: Ctx, consultation_id: UUID) -> Treated:
    row = await ctx.tx.fetchrow(
        f"SELECT {TREATED} FROM consultation c JOIN {VERIFIED} ON d.id = c.doctor_id"
        " WHERE c.id = $1 AND d.account_id = $2 AND (c.place_id IS NULL OR EXISTS (SELECT FROM affiliation f"
        "  WHERE f.doctor_id = d.id AND f.place_id = c.place_id AND f.state = 'accepted'))",
        consultation_id,
        ctx.actor.id,
    )
    if row is None:
        raise NotFound()
    found = msgspec.convert(dict(row), Treated)
    (why,) = await reasons(ctx, [found], RecordType.CONSULTATION)
    if why is None:
        raise NotFound()
    ctx.read(RecordType.CONSULTATION, found.id, why, patient=found.patient_id)
    return found


async def reasons(ctx: Ctx, seen: Sequence[Treated], record: RecordType) -> list[str | None]:
    """By which right the caller, their own doctor, reads what she wrote at these visits; None: not any more."""
    found = await care.reasons(
        ctx, [Ask(ctx.actor.id, one.patient_id, record, one.doctor_id, one.place_id) for one in seen]
    )
    return [
        "visit" if lasts(one.state, one.ended_at, ctx.now) else rights[0].kind.value if rights else None
        for one, rights in zip(seen, found, strict=True)
    ]


register_readers(
    f"""SELECT 'visit', NULL, c.doctor_id, c.place_id, d.name, '{{consultation,prescription}}'::text[], c.started_at,
               c.ended_at + {_DAY}, c.id
          FROM consultation c JOIN doctor d ON d.id = c.doctor_id
         WHERE c.patient_id = $1 AND (c.state = 'in_progress' OR c.ended_at > $2 - {_DAY})"""
)


def lasts(state: str, ended_at: datetime | None, now: datetime) -> bool:
    """Whether the visit itself still opens what was written at it to its doctor."""
    return state == ConsultationState.IN_PROGRESS or (ended_at is not None and now < ended_at + VISIT)


@door
async def readable(ctx: Ctx, consultation_id: UUID) -> Consultation:
    """A consultation for whoever may read it: its doctor; once completed also the patient's side, and by consent."""
    await identity.require_fact(ctx)
    found = await whole(ctx.tx, consultation_id)
    if found is None:
        raise NotFound()
    own = await directory.doctor_of(ctx.tx, ctx.actor.id)
    if own == found.doctor_id and (found.state != ConsultationState.COMPLETED
                                   or lasts(found.state, found.ended_at, ctx.now)):  # fmt: skip
        await treating(ctx, consultation_id)
    elif found.state != ConsultationState.COMPLETED:
        raise NotFound()
    else:
        await care.reading(ctx, found.patient_id, RecordType.CONSULTATION, found.doctor_id, found.place_id)
    return found


async def whole(tx: Tx, consultation_id: UUID) -> Consultation | None:
    """All of it, for whoever has passed a door."""
    row = await tx.fetchrow(f"SELECT {COLUMNS} FROM consultation c WHERE c.id = $1", consultation_id)
    if row is None:
        return None
    added = await tx.fetch(
        "SELECT id, text, written_at FROM addendum WHERE consultation_id = $1 ORDER BY written_at, id", consultation_id
    )
    return _consultation(row, [msgspec.convert(dict(one), Addendum) for one in added])


def _consultation(row: Any, addenda: list[Addendum]) -> Consultation:
    values = {name: row[name] for name in PLAIN}
    values["mode"], values["state"] = Mode(row["mode"]), ConsultationState(row["state"])
    measured = {name: row[name] for name in VITALS}
    call = None
    if row["consent"] is not None:
        call = VideoVisit(
            consent=CallConsent(row["consent"]),
            identity_by=IdentityBy(row["identity_by"]),
            registration=row["registration"],
        )
    return Consultation(
        **values,
        vitals=Vitals(**measured) if any(value is not None for value in measured.values()) else None,
        teleconsult=call,
        addenda=addenda,
    )


async def own_practice(ctx: Ctx, doctor_id: UUID, place_id: UUID | None) -> DoctorRow:
    """The caller's own doctor row, if she is this one, verified, and works at this place. Raises `NotFound`."""
    doctor = await directory.own_doctor(ctx)
    if doctor.id != doctor_id:
        raise NotFound()
    if place_id is not None and await directory.affiliated(ctx.tx, doctor.id, place_id) is None:
        raise NotFound()
    return doctor


async def of_appointment(tx: Tx, appointment_id: UUID) -> UUID | None:
    """The consultation of an appointment, one that was begun by mistake aside."""
    found: UUID | None = await tx.fetchval(
        "SELECT id FROM consultation WHERE appointment_id = $1 AND state <> 'cancelled'", appointment_id
    )
    return found


async def prescribed(ctx: Ctx, visit: Treated) -> None:
    """A prescription was issued here: its appointment says so, unless it is over. Emits `APPOINTMENT_EMITS`."""
    if visit.appointment_id is not None:
        row = await appointments.locked(ctx.tx, visit.appointment_id)
        if row is not None and row.state in IN_THE_ROOM:
            await appointments.prescribed(ctx, row)


async def seen(tx: Tx, consultation_ids: Sequence[UUID]) -> dict[UUID, Treated]:
    """These consultations, for whoever has passed a door."""
    rows = await tx.fetch(f"SELECT {TREATED} FROM consultation c WHERE c.id = ANY ($1)", list(consultation_ids))
    return {row["id"]: msgspec.convert(dict(row), Treated) for row in rows}
