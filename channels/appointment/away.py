"""Her doctor went on leave: what was booked into it is called off, unless the leave is taken back in time."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import consumer
from channels.appointment import days, moves
from channels.appointment.events import TELLS
from channels.appointment.jobs import AWAY_KEY, DoctorAway
from channels.appointment.lifecycle import TO_COME
from channels.appointment.nouns import EndReason
from channels.appointment.policy import takes_place
from channels.calendar import on_leave
from channels.calendar.access import IN_LEAVE

TAKEN_BACK: Final = timedelta(minutes=15)
"""So long after it was said leave can be taken back, and nobody was told."""
BATCH: Final = 100
_BOOKED: Final = f"FROM appointment a WHERE a.doctor_id = $1 AND a.state = ANY ($2) AND {IN_LEAVE}"


@on_leave
async def note(ctx: Ctx, doctor_id: UUID) -> int:
    """Also where nothing is booked: who books at this very moment does not see the leave yet."""
    ctx.enqueue(
        DoctorAway(doctor_id=doctor_id), not_before=ctx.now + TAKEN_BACK, key=AWAY_KEY.format(doctor_id=doctor_id)
    )
    found: int = await ctx.tx.fetchval(f"SELECT count(*) {_BOOKED}", doctor_id, sorted(TO_COME))
    return found


@consumer(DoctorAway, emits=TELLS)
async def call_off(ctx: Ctx, job: DoctorAway) -> None:
    """Nobody comes for nothing: told at once, all that was paid goes back."""
    asked = (job.doctor_id, sorted(TO_COME), BATCH)
    away = await ctx.tx.fetch(f"SELECT a.id, a.day {_BOOKED} ORDER BY a.day, a.id LIMIT $3", *asked)
    await days.lock(ctx.tx, job.doctor_id, {one["day"] for one in away})
    for one in away:
        visit = await days.locked(ctx.tx, one["id"])
        if visit is None or visit.state not in TO_COME or await takes_place(ctx.tx, visit):
            continue  # the leave was taken back at this moment, or she moved it
        await moves.call_off(ctx, visit, EndReason.DOCTOR_UNAVAILABLE)
    if len(away) == BATCH:
        ctx.enqueue(DoctorAway(doctor_id=job.doctor_id), key=AWAY_KEY.format(doctor_id=job.doctor_id))
