"""What time alone does: holds run out, unpaid and unanswered bookings end, and a day that is over is over."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import consumer
from channels.appointment import days, facts, holds, moves, rows, seats, topics
from channels.appointment.booking import VISIT_ENDS
from channels.appointment.changes import tell_doctor, watch
from channels.appointment.events import TELLS, SlotsReset
from channels.appointment.jobs import LATER_KEY, SLOTS_KEY, AppointmentDue, DaysOver, HoldDue, SeatFreed, SlotsChanged
from channels.appointment.lifecycle import IN_THE_ROOM, TO_COME, WAITLIST, AppointmentState, HoldState, WaitState
from channels.appointment.nouns import EndReason, Side
from channels.appointment.policy import nobody_there
from channels.appointment.rows import Appointment
from channels.appointment.views import HELD, held_of
from channels.calendar import HORIZON_MAX, on_slots_changed
from channels.queue.lifecycle import ACTIVE
from channels.session import access as session

A = AppointmentState
BATCH: Final = 100
TOLD_DAYS: Final = 62
"""So many days are told at once: their roots are locked meanwhile."""
AHEAD: Final = timedelta(days=HORIZON_MAX + 2)
"""So far ahead who follows a doctor's free slots hears that she offers others: nobody books later days."""


@consumer(HoldDue, emits=TELLS)
async def end_hold(ctx: Ctx, job: HoldDue) -> None:
    """A hold that was not booked in time ends, and its seat is offered to who waits."""
    row = await ctx.tx.fetchrow(f"SELECT {HELD} WHERE h.id = $1", job.hold_id)
    if row is None:
        return
    held = held_of(row)
    await days.lock(ctx.tx, held.doctor_id, [seats.local_day(held.starts_at, held.zone)])
    held = held_of(await ctx.tx.fetchrow(f"SELECT {HELD} WHERE h.id = $1{days.FOR_UPDATE_OF_HOLD}", job.hold_id))
    if held.state is HoldState.STANDING and held.expires_at <= ctx.now:
        await holds.end(ctx, held, "expire")
        await holds.freed(ctx, await ctx.tx.fetchval("SELECT slot_id FROM hold WHERE id = $1", job.hold_id))


@consumer(SeatFreed, emits=TELLS)
async def look_again(ctx: Ctx, job: SeatFreed) -> None:
    """Who joined the waitlist while a seat was being freed was in no look at who waits."""
    row = await ctx.tx.fetchrow("SELECT doctor_id, day FROM slot WHERE id = $1", job.slot_id)
    if row is not None:
        await days.lock(ctx.tx, row["doctor_id"], [row["day"]])
        await holds.freed(ctx, job.slot_id, at=job.at)


@consumer(AppointmentDue, emits=TELLS)
async def end_unanswered(ctx: Ctx, job: AppointmentDue) -> None:
    """What was to be paid or confirmed by now and was not ends; all that was paid goes back."""
    row = await days.locked(ctx.tx, job.appointment_id)
    if row is None or row.state not in TO_COME:
        return
    if reason := rows.lapsed(row, ctx.now):
        await moves.call_off(ctx, row, reason)
    else:  # it was moved or paid meanwhile; another moment counts, if any
        watch(ctx, row)


# Visits whose time and day are over; of who is there, once the doctor has had time to finish and no line has her.
_OVER: Final = """
SELECT a.id, a.session_id FROM appointment a
 WHERE a.ended_at IS NULL AND a.starts_at < $1
   AND greatest((a.day + 1)::timestamp AT TIME ZONE a.zone, a.ends_at) <= $1
   AND (a.state = ANY ($2) OR (a.ends_at <= $3
        AND NOT EXISTS (SELECT FROM token t WHERE t.id = a.token_id AND t.state = ANY ($4))))
 ORDER BY a.doctor_id, a.day, a.id LIMIT $5"""


@consumer(DaysOver, emits=TELLS)
async def end_days(ctx: Ctx, job: DaysOver) -> None:
    """What is still open when its day is over ends; who waits for days that are over waits no more."""
    asked = (sorted(TO_COME), ctx.now - VISIT_ENDS, sorted(ACTIVE), BATCH)
    over = await ctx.tx.fetch(_OVER, ctx.now, *asked)
    lines = {found["session_id"] for found in over if found["session_id"] is not None}
    await session.sessions(ctx.tx, sorted(lines))  # the lines stand before the days
    stands = {found["id"] for found in await ctx.tx.fetch(_OVER, ctx.now, *asked)}
    for found in over:
        row = await days.locked(ctx.tx, found["id"])
        if row is not None and found["id"] in stands and row.ends_at <= ctx.now:  # and it was not moved meanwhile
            await _end_of_day(ctx, row)
    await ctx.tx.execute(
        "UPDATE waitlist SET state = $2, ended_at = $1 WHERE state = $3 AND last < ($1 AT TIME ZONE 'UTC')::date - 1",
        ctx.now,
        WAITLIST.move(WaitState.WAITING, "lapse"),
        WaitState.WAITING,
    )
    if len(over) == BATCH:
        ctx.enqueue(DaysOver())


async def _end_of_day(ctx: Ctx, row: Appointment) -> None:
    """Who did not come did not come, if anybody was there. Who came and was not seen is not at fault. Whom the doctor
    saw, he saw."""
    if row.state in TO_COME and (reason := rows.lapsed(row, ctx.now) or await nobody_there(ctx.tx, row)):
        await moves.call_off(ctx, row, reason)
    elif row.state in TO_COME:
        await moves.no_show(ctx, row, Side.SYSTEM)
    elif row.state is A.AWAITING_CONSULTATION:
        after = await moves.call_off(ctx, row, EndReason.SESSION_ENDED)
        await tell_doctor(ctx, after, facts.NOT_SEEN, row.id)
    elif row.state in IN_THE_ROOM:
        await tell_doctor(ctx, await moves.complete(ctx, row, Side.SYSTEM), facts.LEFT_OPEN, row.id)


@consumer(SlotsChanged, emits={SlotsReset, *TELLS})
async def tell_other_slots(ctx: Ctx, job: SlotsChanged) -> None:
    """A doctor's hours are others: what she offers on each day, again. What is booked stays booked; what is free now is
    offered to who waits.
    """
    today = ctx.now.date()
    first = job.first or today - timedelta(days=1)
    changed_days = [first + timedelta(days=n) for n in range(TOLD_DAYS)]
    await days.lock(ctx.tx, job.doctor_id, changed_days)
    offered = await topics.free_on_days(ctx, job.doctor_id, changed_days[0], changed_days[-1])
    for day in changed_days:
        ctx.emit(SlotsReset(doctor_id=job.doctor_id, day=day, slots=offered.get(day, [])))
    await holds.offer_free(ctx, job.doctor_id, offered)
    later = first + timedelta(days=TOLD_DAYS)
    if later <= today + AHEAD:
        key = LATER_KEY.format(doctor_id=job.doctor_id, first=later)
        ctx.enqueue(SlotsChanged(doctor_id=job.doctor_id, first=later), key=key)


@on_slots_changed
async def note_other_slots(ctx: Ctx, doctor_id: UUID) -> None:
    """Ten changes of a doctor's hours are one look."""
    ctx.enqueue(SlotsChanged(doctor_id=doctor_id), key=SLOTS_KEY.format(doctor_id=doctor_id))
