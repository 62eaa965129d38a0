"""Which critical values wait, for those who were asked: when and where, never whose they are or what was found."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, query
from carewire.forms import Limit
from channels.directory import access as directory
from channels.identity import Capacity
from channels.identity import access as identity
from channels.lab.critical import ADMINISTRATORS, EVERYBODY, LAST, RESPONSIBLE, RUN_THE_PLACE

ASKED: Final = frozenset({Capacity.DOCTOR, Capacity.STAFF, Capacity.ADMIN})


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A critical value that waits. `step` says who was asked last: 0 the doctor or the laboratory, 1 the place, 2
    administrators, then everybody once more. `lab_report_id` is what `lab_report.acknowledge` takes; administrators
    have none."""

    id: UUID
    lab_report_id: UUID | None
    laboratory: str
    laboratory_phone: str | None
    place: str | None
    raised_at: datetime
    due_at: datetime
    step: int


@query("lab_report.waiting", allow=ASKED)
async def waiting(ctx: Ctx, limit: Limit = 50) -> list[Waiting]:
    """The critical values for which the caller was asked and nobody has answered, oldest first."""
    me = ctx.actor.id
    coordinates = await identity.has_scope(ctx, {ADMINISTRATORS})
    rows = await ctx.tx.fetch(
        """SELECT c.id, CASE WHEN mine THEN c.report_id END AS lab_report_id, l.name AS laboratory,
                  l.phone AS laboratory_phone, p.name AS place, c.raised_at, c.due_at, c.step
             FROM lab_critical c JOIN place l ON l.id = c.laboratory_id LEFT JOIN place p ON p.id = c.place_id
            CROSS JOIN LATERAL (SELECT c.doctor_id = $1 OR c.laboratory_id = ANY ($2)
                       OR (c.step > 0 AND (c.laboratory_id = ANY ($3) OR c.place_id = ANY ($4)
                           OR EXISTS (SELECT FROM affiliation f WHERE f.doctor_id = $1 AND f.place_id = c.place_id
                                         AND f.state = 'accepted'))) AS mine) whose
            WHERE c.acknowledged_at IS NULL AND c.superseded_at IS NULL AND (mine OR ($5 AND c.step >= $6))
            ORDER BY c.raised_at, c.id LIMIT $7""",
        await directory.doctor_of(ctx.tx, me),
        await identity.works_at(ctx.tx, me, RESPONSIBLE),
        await identity.works_at(ctx.tx, me, EVERYBODY),
        await identity.works_at(ctx.tx, me, RUN_THE_PLACE),
        coordinates,
        LAST,
        limit,
    )
    return [msgspec.convert(dict(row), Waiting) for row in rows]
