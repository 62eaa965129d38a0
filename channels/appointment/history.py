"""What appointments add to a patient's history, and that she is expected somewhere today."""

from collections.abc import Sequence
from uuid import UUID

from carewire.command import Ctx
from channels.care import HistoryAsk, HistoryItem, HistoryKind, register_history, register_presence


@register_history(HistoryKind.APPOINTMENT)
async def appointments(ctx: Ctx, asked: HistoryAsk) -> list[HistoryItem]:
    """Her appointments by their time, also those that came to nothing."""
    rows = await ctx.tx.fetch(
        """SELECT a.id, a.starts_at AS at, a.doctor_id, a.place_id, d.name AS doctor, p.name AS place, a.state
             FROM appointment a JOIN doctor d ON d.id = a.doctor_id LEFT JOIN place p ON p.id = a.place_id
            WHERE a.patient_id = ANY ($1) AND ($2 OR a.doctor_id = $3 OR a.place_id = ANY ($4))
              AND ($5::timestamptz IS NULL OR a.starts_at >= $5)
              AND ($6::timestamptz IS NULL OR a.starts_at < $6 OR (a.starts_at = $6 AND a.id < $7::uuid))
            ORDER BY a.starts_at DESC, a.id DESC LIMIT $8""",
        list(asked.patient_ids),
        asked.whole,
        asked.doctor_id,
        list(asked.place_ids),
        asked.since,
        asked.until,
        asked.before_id,
        asked.limit,
    )
    return [HistoryItem(kind=HistoryKind.APPOINTMENT, **dict(row)) for row in rows]


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
