"""A patient is gone: what was to come of her is called off, and whoever waits is offered her seats."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import consumer
from channels.appointment import days, holds, moves
from channels.appointment.events import TELLS
from channels.appointment.jobs import PatientGone
from channels.appointment.lifecycle import TO_COME, WAITLIST, WaitState
from channels.appointment.nouns import EndReason
from channels.appointment.views import HELD, held_of
from channels.identity import on_patients_gone

ONCE_MORE: Final = timedelta(minutes=1)
"""No command takes so long."""
_DAYS: Final = """
SELECT doctor_id, array_agg(DISTINCT day) AS days FROM (
    SELECT doctor_id, day FROM appointment WHERE patient_id = $1 AND state = ANY ($2)
     UNION ALL
    SELECT l.doctor_id, l.day FROM hold h JOIN slot l ON l.id = h.slot_id
     WHERE h.patient_id = $1 AND h.state = 'standing'
) AS hers GROUP BY doctor_id ORDER BY doctor_id"""


@on_patients_gone
async def note(ctx: Ctx, patient_ids: Sequence[UUID]) -> None:
    """Seats are freed by a job, which tells of it. Once more a little later: somebody may be booking for her at this
    moment, who does not see yet that she is gone."""
    for patient_id in patient_ids:
        for at in (ctx.now, ctx.now + ONCE_MORE):
            ctx.enqueue(PatientGone(patient_id=patient_id), not_before=at)


@consumer(PatientGone, emits=TELLS)
async def call_off(ctx: Ctx, job: PatientGone) -> None:
    """Her appointments that are to come, the seats that are held for her, and what she waits for.

    All that she paid goes back; a visit under way is finished by who is at it.
    """
    await ctx.tx.execute(
        "UPDATE waitlist SET state = $2, ended_at = $3 WHERE patient_id = $1 AND state = ANY ($4)",
        job.patient_id,
        WAITLIST.move(WaitState.WAITING, "leave"),
        ctx.now,
        [WaitState.WAITING, WaitState.OFFERED],
    )
    for found in await ctx.tx.fetch(_DAYS, job.patient_id, sorted(TO_COME)):
        await days.lock(ctx.tx, found["doctor_id"], found["days"])
    held = await ctx.tx.fetch(
        f"SELECT {HELD} WHERE h.patient_id = $1 AND h.state = 'standing' ORDER BY h.id", job.patient_id
    )
    for row in held:
        await holds.end(ctx, held_of(row), "release")
        await holds.freed(ctx, await ctx.tx.fetchval("SELECT slot_id FROM hold WHERE id = $1", row["id"]))
    hers = await ctx.tx.fetch(
        "SELECT id FROM appointment WHERE patient_id = $1 AND state = ANY ($2) ORDER BY doctor_id, day, id",
        job.patient_id,
        sorted(TO_COME),
    )
    for one in hers:
        visit = await days.locked(ctx.tx, one["id"])
        if visit is not None and visit.state in TO_COME:
            await moves.call_off(ctx, visit, EndReason.OTHER)
