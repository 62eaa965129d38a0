"""The moves that the line, the consultation and time make: each of an appointment whose day is locked."""

from uuid import UUID

from carewire.command import Ctx
from channels.appointment import rows
from channels.appointment.changes import changed
from channels.appointment.lifecycle import AppointmentState
from channels.appointment.nouns import EndReason, Side
from channels.appointment.policy import open_window
from channels.appointment.rows import Appointment
from channels.care import access as care
from channels.care.access import Seen

A = AppointmentState


async def begin(ctx: Ctx, row: Appointment, side: Side = Side.DOCTOR) -> Appointment:
    """The consultation begins."""
    return await _move(ctx, row, "begin", side)


async def prescribed(ctx: Ctx, row: Appointment) -> Appointment:
    """The doctor wrote a prescription. After a follow-up or the end it is an addendum, and nothing is opened again."""
    if row.state in (A.FOLLOW_UP_SCHEDULED, A.CONSULTATION_COMPLETED):
        return row
    return await _move(ctx, row, "prescribe", Side.DOCTOR)


async def follow_up(ctx: Ctx, row: Appointment, side: Side = Side.DOCTOR) -> Appointment:
    """Another appointment follows this one; of one that is over, nothing changes."""
    if row.state in (A.FOLLOW_UP_SCHEDULED, A.CONSULTATION_COMPLETED):
        return row
    return await _move(ctx, row, "follow_up", side)


async def complete(ctx: Ctx, row: Appointment, side: Side = Side.DOCTOR) -> Appointment:
    """The visit is done: her relationship counts from now on, and a paid one opens its free revisits."""
    if row.state is A.CONSULTATION_COMPLETED:
        return row
    after = await _move(ctx, row, "complete", side)
    await open_window(ctx.tx, after)
    place_id = await related_place(ctx, after)
    if place_id is not None:
        seen = Seen(
            patient_id=after.patient_id,
            doctor_id=after.doctor_id,
            place_id=place_id,
            planned_at=after.created_at,
            at=ctx.now,
        )
        await care.visited(ctx.tx, [seen])
    return after


async def no_show(ctx: Ctx, row: Appointment, side: Side) -> Appointment:
    """She did not come."""
    return await _move(ctx, row, "no_show", side)


async def call_off(ctx: Ctx, row: Appointment, reason: EndReason) -> Appointment:
    """It does not take place, and nobody's hand says so; where its time ran out before, that is why. Paid is paid
    back."""
    ran_out = rows.lapsed(row, ctx.now)
    move = "expire" if ran_out else "cancel"
    after = rows.moved(ctx, row, move, Side.SYSTEM, end_reason=ran_out or reason)
    return await changed(ctx, row, after, move, Side.SYSTEM)


async def _move(ctx: Ctx, row: Appointment, move: str, side: Side) -> Appointment:
    return await changed(ctx, row, rows.moved(ctx, row, move, side), move, side)


async def related_place(ctx: Ctx, row: Appointment) -> UUID | None:
    """Where a visit relates her to the doctor: its place; by video from anywhere, the doctor's first one."""
    if row.place_id is not None:
        return row.place_id
    place_id: UUID | None = await ctx.tx.fetchval(
        "SELECT place_id FROM affiliation WHERE doctor_id = $1 AND state = 'accepted' ORDER BY since, id LIMIT 1",
        row.doctor_id,
    )
    return place_id
