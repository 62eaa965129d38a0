"""Who has a token at a place today is there, or expected there."""

from collections.abc import Sequence
from uuid import UUID

from carewire.command import Ctx
from channels.care import register_presence
from channels.queue.lifecycle import TokenState


@register_presence
async def has_token_today(ctx: Ctx, patient_ids: Sequence[UUID], place_id: UUID, *, unseen_by: UUID) -> bool:
    """A token of a sitting of today, or of one that sits over midnight, that was not given up and that this account did
    not enter."""
    found: bool = await ctx.tx.fetchval(
        """SELECT EXISTS (SELECT FROM token t JOIN session s ON s.id = t.session_id
             WHERE t.patient_id = ANY ($1) AND s.place_id = $2 AND t.state <> $3
               AND ((s.starts_at AT TIME ZONE s.zone)::date = ($4 AT TIME ZONE s.zone)::date
                    OR s.state IN ('live', 'paused') AND $4 < s.ends_at)
               AND NOT EXISTS (SELECT FROM token_move m
                                WHERE m.token_id = t.id AND m.from_state IS NULL AND m.actor_id = $5))""",
        list(patient_ids),
        place_id,
        TokenState.CANCELLED,
        ctx.now,
        unseen_by,
    )
    return found
