"""Her doctor went on leave, or the place on holiday: what was booked into it is called off, unless it is taken back in
time."""

from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import consumer
from channels.appointment import days, moves
from channels.appointment.events import TELLS
from channels.appointment.jobs import AWAY_KEY, CLOSED_KEY, DoctorAway, PlaceClosed
from channels.appointment.lifecycle import TO_COME
from channels.appointment.policy import nobody_there
from channels.calendar import Booked, on_hours_said
from channels.calendar.access import IN_LEAVE, ON_HOLIDAY, OUTSIDE
from channels.directory import on_holidays

TAKEN_BACK: Final = timedelta(minutes=15)
"""So long after it was said leave, or a holiday, can be taken back, and nobody was told."""
BATCH: Final = 100
_TO_COME: Final = "FROM appointment a WHERE a.state = ANY ($2)"
_IN_LEAVE: Final = f"{_TO_COME} AND a.doctor_id = $1 AND {IN_LEAVE}"
_ON_HOLIDAY: Final = f"{_TO_COME} AND a.place_id = $1 AND {ON_HOLIDAY}"


@on_hours_said
async def note_leave(ctx: Ctx, doctor_id: UUID) -> Booked:
    """Also where nothing is booked: who books at this very moment does not see the leave yet."""
    ctx.enqueue(
        DoctorAway(doctor_id=doctor_id), not_before=ctx.now + TAKEN_BACK, key=AWAY_KEY.format(doctor_id=doctor_id)
    )
    found = await ctx.tx.fetchrow(
        f"SELECT count(*) FILTER (WHERE {IN_LEAVE}) AS in_leave, count(*) FILTER (WHERE {OUTSIDE}) AS outside"
        f" {_TO_COME} AND a.doctor_id = $1",
        doctor_id,
        sorted(TO_COME),
    )
    assert found is not None
    return Booked(found["in_leave"], found["outside"])


@on_holidays
async def note_holidays(ctx: Ctx, place_id: UUID) -> int:
    """As for leave; many doctors' visits."""
    ctx.enqueue(
        PlaceClosed(place_id=place_id), not_before=ctx.now + TAKEN_BACK, key=CLOSED_KEY.format(place_id=place_id)
    )
    found: int = await ctx.tx.fetchval(f"SELECT count(*) {_ON_HOLIDAY}", place_id, sorted(TO_COME))
    return found


@consumer(DoctorAway, emits=TELLS)
async def end_leave(ctx: Ctx, job: DoctorAway) -> None:
    """Nobody comes for nothing: told at once, all that was paid goes back."""
    if await _call_off(ctx, _IN_LEAVE, job.doctor_id):
        ctx.enqueue(job, key=AWAY_KEY.format(doctor_id=job.doctor_id))


@consumer(PlaceClosed, emits=TELLS)
async def end_holidays(ctx: Ctx, job: PlaceClosed) -> None:
    """Nobody stands before a closed door."""
    if await _call_off(ctx, _ON_HOLIDAY, job.place_id):
        ctx.enqueue(job, key=CLOSED_KEY.format(place_id=job.place_id))


async def _call_off(ctx: Ctx, which: str, of: UUID) -> bool:
    """So many of these visits; whether there may be more."""
    sql = f"SELECT a.id, a.doctor_id, a.day {which} ORDER BY a.doctor_id, a.day, a.id LIMIT $3"
    found = await ctx.tx.fetch(sql, of, sorted(TO_COME), BATCH)
    for doctor_id, hers in groupby(found, key=itemgetter("doctor_id")):
        await days.lock(ctx.tx, doctor_id, {one["day"] for one in hers})
    for one in found:
        visit = await days.locked(ctx.tx, one["id"])
        if visit is None or visit.state not in TO_COME:
            continue  # she called it off herself at this moment
        if reason := await nobody_there(ctx.tx, visit):  # else it was taken back, or she moved it
            await moves.call_off(ctx, visit, reason)
    return len(found) == BATCH
