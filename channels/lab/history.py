"""What the laboratory adds to a patient's history: her tests, without what was asked or found."""

from carewire.command import Ctx
from channels.care import HistoryAsk, HistoryItem, HistoryKind, register_history


@register_history(HistoryKind.LAB_TEST)
async def tests(ctx: Ctx, asked: HistoryAsk) -> list[HistoryItem]:
    """Her tests by when they were asked for; of a place those it examines, and those its doctors asked for there."""
    rows = await ctx.tx.fetch(
        """SELECT t.id, t.asked_at AS at, t.doctor_id, coalesce(t.laboratory_id, t.place_id) AS place_id,
                  d.name AS doctor, p.name AS place, t.state
             FROM lab_test t LEFT JOIN doctor d ON d.id = t.doctor_id
             LEFT JOIN place p ON p.id = coalesce(t.laboratory_id, t.place_id)
            WHERE t.patient_id = ANY ($1)
              AND ($2 OR t.doctor_id = $3 OR t.laboratory_id = ANY ($4) OR t.place_id = ANY ($4))
              AND ($5::timestamptz IS NULL OR t.asked_at >= $5)
              AND ($6::timestamptz IS NULL OR t.asked_at < $6 OR (t.asked_at = $6 AND t.id < $7::uuid))
            ORDER BY t.asked_at DESC, t.id DESC LIMIT $8""",
        list(asked.patient_ids),
        asked.whole,
        asked.doctor_id,
        list(asked.place_ids),
        asked.since,
        asked.until,
        asked.before_id,
        asked.limit,
    )
    return [HistoryItem(kind=HistoryKind.LAB_TEST, **dict(row)) for row in rows]
