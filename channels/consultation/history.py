"""What visits add to a patient's history: the completed consultations."""

from carewire.command import Ctx
from channels.care import HistoryAsk, HistoryItem, HistoryKind, register_history


@register_history(HistoryKind.CONSULTATION)
async def consultations(ctx: Ctx, asked: HistoryAsk) -> list[HistoryItem]:
    """By when they began."""
    rows = await ctx.tx.fetch(
        """SELECT c.id, c.started_at AS at, c.doctor_id, c.place_id, d.name AS doctor, p.name AS place, c.state
             FROM consultation c JOIN doctor d ON d.id = c.doctor_id LEFT JOIN place p ON p.id = c.place_id
            WHERE c.patient_id = ANY ($1) AND ($2 OR c.doctor_id = $3 OR c.place_id = ANY ($4))
              AND c.state = 'completed'
              AND ($5::timestamptz IS NULL OR c.started_at >= $5)
              AND ($6::timestamptz IS NULL OR c.started_at < $6 OR (c.started_at = $6 AND c.id < $7::uuid))
            ORDER BY c.started_at DESC, c.id DESC LIMIT $8""",
        list(asked.patient_ids),
        asked.whole,
        asked.doctor_id,
        list(asked.place_ids),
        asked.since,
        asked.until,
        asked.before_id,
        asked.limit,
    )
    return [HistoryItem(kind=HistoryKind.CONSULTATION, **dict(row)) for row in rows]
