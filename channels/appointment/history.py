"""What appointments add to a patient's history, and that she is expected somewhere today."""

from collections.abc import Sequence
from uuid import UUID

from carewire.command import Ctx
from channels.care import HistoryKind, register_history, register_presence

register_history(  # by their time, also those that came to nothing
    HistoryKind.APPOINTMENT,
    """SELECT a.id, a.starts_at AS at, a.patient_id, a.doctor_id, a.place_id, NULL::uuid AS asked_at_id,
              d.name AS doctor, p.name AS place, a.state
         FROM appointment a JOIN doctor d ON d.id = a.doctor_id LEFT JOIN place p ON p.id = a.place_id""",
)


@register_presence
async def has_appointment_today(ctx: Ctx, patient_ids: Sequence[UUID], place_id: UUID, *, unseen_by: UUID) -> bool:
    """An appointment of today that was not called off, and that this account did not make."""
    found: bool = await ctx.tx.fetchval(
        """SELECT EXISTS (SELECT FROM appointment a WHERE a.patient_id = ANY ($1) AND a.place_id = $2
             AND a.state <> 'cancelled' AND a.day = ($3 AT TIME ZONE a.zone)::date AND a.booked_by <> $4)""",
        list(patient_ids),
        place_id,
        ctx.now,
        unseen_by,
    )
    return found
