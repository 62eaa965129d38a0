"""A patient is gone, erased or her record deleted: nobody waits for her in a line any more."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import consumer
from channels.identity import on_patients_gone
from channels.queue import access, moves
from channels.queue.jobs import PatientGone
from channels.queue.lifecycle import ACTIVE
from channels.queue.moved import MOVES, Change, moved_all
from channels.session import access as session_access

ONCE_MORE: Final = timedelta(minutes=1)
"""No command takes so long."""


@on_patients_gone
async def note(ctx: Ctx, patient_ids: Sequence[UUID]) -> None:
    """Lines move in a job, which tells of it. Once more a little later: somebody may be entering her at this moment,
    who does not see yet that she is gone."""
    for patient_id in patient_ids:
        for at in (ctx.now, ctx.now + ONCE_MORE):
            ctx.enqueue(PatientGone(patient_id=patient_id), not_before=at)


@consumer(PatientGone, emits=MOVES)
async def take_out(ctx: Ctx, job: PatientGone) -> None:
    """Her tokens leave their lines, and the next are called sooner; who is in consultation is finished there."""
    lines = await ctx.tx.fetch(
        "SELECT DISTINCT session_id FROM token WHERE patient_id = $1 AND state = ANY ($2)",
        job.patient_id,
        sorted(ACTIVE),
    )
    # All of them at once, and in order: what follows the tokens locks the days of her appointments.
    found = await session_access.sessions(ctx.tx, sorted(row["session_id"] for row in lines))
    before = await access.load_all(ctx.tx, [session for session in found if session is not None])
    await moved_all([Change(ctx, line, moves.gone(line, job.patient_id, ctx.now)) for line in before.values()])
