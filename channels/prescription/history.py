"""What doctors prescribed, in a patient's history."""

from carewire.command import Ctx
from channels.care import HistoryAsk, HistoryItem, HistoryKind, register_history


@register_history(HistoryKind.PRESCRIPTION)
async def prescriptions(ctx: Ctx, asked: HistoryAsk) -> list[HistoryItem]:
    """By when they were issued."""
    rows = await ctx.tx.fetch(
        """SELECT p.id, p.issued_at AS at, p.doctor_id, p.place_id, p.doctor, l.name AS place, p.state
             FROM prescription p LEFT JOIN place l ON l.id = p.place_id
            WHERE p.patient_id = ANY ($1) AND ($2 OR p.doctor_id = $3 OR p.place_id = ANY ($4)) AND p.state <> 'draft'
              AND ($5::timestamptz IS NULL OR p.issued_at >= $5)
              AND ($6::timestamptz IS NULL OR p.issued_at < $6 OR (p.issued_at = $6 AND p.id < $7::uuid))
            ORDER BY p.issued_at DESC, p.id DESC LIMIT $8""",
        list(asked.patient_ids),
        asked.whole,
        asked.doctor_id,
        list(asked.place_ids),
        asked.since,
        asked.until,
        asked.before_id,
        asked.limit,
    )
    return [HistoryItem(kind=HistoryKind.PRESCRIPTION, **dict(row)) for row in rows]
