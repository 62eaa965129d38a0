"""What a laboratory finishes, whatever became of the relationship: the test whose sample it has, or that an order paid.

She may end the relationship at any moment, and no more is made known of her from then on. But a sample is examined and
a paid test is done: of those the laboratory sees the test itself, and of her what stands in it.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from channels.care import RightKind, register_readers
from channels.care.access import Right

FINISHES: Final = (
    "(t.state IN ('sample_collected', 'in_progress')"
    " OR (t.order_id IS NOT NULL AND t.state NOT IN ('completed', 'cancelled')))"
)
"""A test `t` that is to be finished where it is."""


async def finishes(ctx: Ctx, lab_test_ids: Sequence[UUID]) -> dict[UUID, Right]:
    """By what the laboratory of each of these tests still sees it: the relationship that was, in whichever state."""
    rows = await ctx.tx.fetch(
        "SELECT t.id, r.id AS ref, greatest(t.asked_at, r.made_at) AS since FROM lab_test t"
        " JOIN patient p ON p.id = t.patient_id AND p.deleted_at IS NULL"
        " JOIN relationship r ON r.patient_id = t.patient_id AND r.doctor_id IS NULL AND r.place_id = t.laboratory_id"
        f" WHERE t.id = ANY ($1) AND {FINISHES}",
        list(lab_test_ids),
    )
    return {row["id"]: Right(kind=RightKind.RELATIONSHIP, since=row["since"], ref=row["ref"]) for row in rows}


register_readers(
    f"""SELECT 'order', NULL, NULL, t.laboratory_id, l.name, '{{lab_report}}'::text[], t.asked_at, NULL, t.id
          FROM lab_test t JOIN place l ON l.id = t.laboratory_id
         WHERE t.patient_id = $1 AND {FINISHES}
           AND NOT EXISTS (SELECT FROM relationship r WHERE r.patient_id = t.patient_id AND r.doctor_id IS NULL
                 AND r.place_id = t.laboratory_id AND r.state = 'standing'
                 AND relationship_until(r.last_visit_at, r.expected_until) > $2)"""
)
