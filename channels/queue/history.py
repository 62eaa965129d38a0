"""What the lines add to a patient's history: her tokens."""

from carewire.command import Ctx
from channels.care import HistoryAsk, HistoryItem, HistoryKind, register_history


@register_history(HistoryKind.VISIT)
async def visits(ctx: Ctx, asked: HistoryAsk) -> list[HistoryItem]:
    """Her tokens by the beginning of their sitting, also those that came to nothing."""
    rows = await ctx.tx.fetch(
        """SELECT t.id, s.starts_at AS at, s.doctor_id, s.place_id, d.name AS doctor, p.name AS place, t.state
             FROM token t JOIN session s ON s.id = t.session_id
             JOIN doctor d ON d.id = s.doctor_id JOIN place p ON p.id = s.place_id
            WHERE t.patient_id = ANY ($1) AND ($2 OR s.doctor_id = $3 OR s.place_id = ANY ($4))
              AND ($5::timestamptz IS NULL OR s.starts_at >= $5)
              AND ($6::timestamptz IS NULL OR s.starts_at < $6 OR (s.starts_at = $6 AND t.id < $7::uuid))
            ORDER BY s.starts_at DESC, t.id DESC LIMIT $8""",
        list(asked.patient_ids),
        asked.whole,
        asked.doctor_id,
        list(asked.place_ids),
        asked.since,
        asked.until,
        asked.before_id,
        asked.limit,
    )
    return [HistoryItem(kind=HistoryKind.VISIT, **dict(row)) for row in rows]
