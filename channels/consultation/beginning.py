"""A visit begins, out of the line or an appointment, and ends there, too."""

from typing import Any, Final
from uuid import UUID

from carewire.command import Ctx, command
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from carewire.event import Event
from channels.appointment import access as appointments
from channels.appointment.access import APPOINTMENT_EMITS, Appointment
from channels.appointment.lifecycle import APPOINTMENT, IN_THE_ROOM
from channels.calendar import Mode
from channels.care import RecordType
from channels.consultation import access
from channels.consultation.errors import AlreadyStarted, NotConfirmed, Unregistered
from channels.consultation.events import ConsultationUpdated, tell
from channels.consultation.lifecycle import ConsultationState
from channels.consultation.notes import Consultation, VideoConfirmation
from channels.identity import Capacity
from channels.identity import access as identity
from channels.identity.errors import FactDue
from channels.queue import MOVES, begin_visit, end_visit

EMITS: Final[frozenset[type[Event]]] = MOVES | APPOINTMENT_EMITS | {ConsultationUpdated}
"""What a command that begins or ends a visit emits."""


@command(
    "consultation.start",
    allow={Capacity.DOCTOR},
    emits=EMITS,
    errors={NotFound, FactDue, InvalidParams, IllegalMove, AlreadyStarted, NotConfirmed, Unregistered},
)
async def start(
    ctx: Ctx,
    token_id: UUID | None = None,
    appointment_id: UUID | None = None,
    teleconsult: VideoConfirmation | None = None,
) -> Consultation:
    """Begin the visit of a token of your own line, or of an appointment of yours; who has both is named by either.

    Who is called is in consultation from now on. A visit has one consultation, unless that was cancelled. One by video
    begins with `teleconsult`: how she agreed to it, and how you know who she is.
    """
    await identity.require_fact(ctx)
    row: Appointment | None = None
    if appointment_id is not None:
        row = await appointments.visit(ctx, appointment_id)
        if token_id not in (None, row.token_id):
            raise NotFound()
        token_id = row.token_id
    elif token_id is None:
        raise InvalidParams(fields=(Field("$.token_id", "give token_id or appointment_id"),))
    if token_id is not None:
        return await _out_of_the_line(ctx, token_id)
    assert row is not None
    return await _out_of_the_diary(ctx, row, teleconsult)


async def _out_of_the_line(ctx: Ctx, token_id: UUID) -> Consultation:
    """The line is locked, then moves; an appointment follows its token by itself."""
    visit = await begin_visit(ctx, token_id)
    await access.own_practice(ctx, visit.doctor_id, visit.place_id)
    return await _write(
        ctx,
        token_id=token_id,
        appointment_id=await ctx.tx.fetchval("SELECT id FROM appointment WHERE token_id = $1", token_id),
        patient_id=visit.patient_id,
        doctor_id=visit.doctor_id,
        place_id=visit.place_id,
        mode=Mode.IN_PERSON,
    )


async def _out_of_the_diary(ctx: Ctx, row: Appointment, confirmed: VideoConfirmation | None) -> Consultation:
    """Without a line: by video."""
    if row.mode is not Mode.TELECONSULT:
        APPOINTMENT.move(row.state, "begin")
        raise NotFound()
    if confirmed is None:
        raise NotConfirmed()
    row = await appointments.visit(ctx, row.id, lock=True)
    if row.state not in IN_THE_ROOM:  # begun before, when its first consultation was cancelled
        row = await appointments.begin(ctx, row)
    registration = await ctx.tx.fetchval("SELECT registration FROM doctor WHERE id = $1", row.doctor_id)
    if registration is None:
        raise Unregistered()
    return await _write(
        ctx,
        token_id=None,
        appointment_id=row.id,
        patient_id=row.patient_id,
        doctor_id=row.doctor_id,
        place_id=row.place_id,
        mode=Mode.TELECONSULT,
        consent=confirmed.consent,
        identity_by=confirmed.identity_by,
        registration=registration,
    )


async def _write(ctx: Ctx, **values: Any) -> Consultation:
    """A consultation of a visit whose line or appointment is locked, so that who comes second finds the first one."""
    stands = await ctx.tx.fetchval(
        "SELECT id FROM consultation WHERE (token_id = $1 OR appointment_id = $2) AND state <> 'cancelled'",
        values["token_id"],
        values["appointment_id"],
    )
    if stands is not None:
        raise AlreadyStarted(consultation_id=str(stands))
    values |= {"state": ConsultationState.IN_PROGRESS, "started_at": ctx.now}
    marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    consultation_id: UUID = await ctx.tx.fetchval(
        f"INSERT INTO consultation ({', '.join(values)}) VALUES ({marks}) RETURNING id",
        *values.values(),
    )
    ctx.about(RecordType.CONSULTATION, consultation_id, patient=values["patient_id"])
    return await tell(ctx, consultation_id)


async def end(ctx: Ctx, seen: access.Treated) -> None:
    """The visit is over: its token in the line, which its appointment follows; by video the appointment itself."""
    if seen.token_id is not None:
        await end_visit(ctx, seen.token_id)
    elif seen.appointment_id is not None:
        row = await appointments.visit(ctx, seen.appointment_id, lock=True)
        if row.state in IN_THE_ROOM:
            await appointments.complete(ctx, row)
