"""Starting, pausing, ending and changing a sitting: each moves the session and its line in one event."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from carewire.command import Ctx, command
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from carewire.jobs.job import consumer
from channels.directory import Subject
from channels.identity import Capacity
from channels.queue import access, metrics, moves
from channels.queue.errors import ConsultationRunning, DoctorBusy, NotApproved, SessionClosed
from channels.queue.jobs import FORGOTTEN_AFTER, ApprovalWithdrawn, LineDue, SessionForgotten
from channels.queue.line import Line
from channels.queue.moved import MOVES, moved, watch
from channels.session import Grace, Minutes, Quota, Seats, SessionView, Turns, check_times, planned, view
from channels.session import access as session_access
from channels.session.access import Session
from channels.session.lifecycle import OPEN, PauseReason, SessionState

RUNS = {Capacity.STAFF, Capacity.DOCTOR}


@command("session.start", allow=RUNS, emits=MOVES, errors={IllegalMove, DoctorBusy, NotApproved})
async def start(ctx: Ctx, session_id: UUID) -> SessionView:
    """The doctor sits; patients can be called. A doctor has one live session unless it was opened for several rooms."""
    line = await access.desk_line(ctx, session_id)
    return await _after(ctx, line, moves.start(line, ctx.now))


@command("session.delay", allow=RUNS, emits=MOVES, errors={IllegalMove})
async def delay(ctx: Ctx, session_id: UUID, until: datetime) -> SessionView:
    """Announce a late start; every expected time moves."""
    line = await access.desk_line(ctx, session_id)
    _check_ahead(ctx, "until", until)
    return await _after(ctx, line, moves.delay(line, until))


@command("session.pause", allow=RUNS, emits=MOVES, errors={IllegalMove})
async def pause(ctx: Ctx, session_id: UUID, reason: PauseReason, resumes_at: datetime | None = None) -> SessionView:
    """Nobody is called for a while; the waiting room reads the reason and, if known, until when."""
    line = await access.desk_line(ctx, session_id)
    if resumes_at is not None:
        _check_ahead(ctx, "resumes_at", resumes_at)
    return await _after(ctx, line, moves.pause(line, reason, resumes_at, ctx.now))


@command("session.resume", allow=RUNS, emits=MOVES, errors={IllegalMove, DoctorBusy, NotApproved})
async def resume(ctx: Ctx, session_id: UUID) -> SessionView:
    """The line goes on after a pause."""
    line = await access.desk_line(ctx, session_id)
    return await _after(ctx, line, moves.resume(line, ctx.now))


@command("session.end", allow=RUNS, emits=MOVES, errors={IllegalMove, ConsultationRunning})
async def end(ctx: Ctx, session_id: UUID) -> SessionView:
    """The sitting is over. Who still waits is cancelled without fault and offered the doctor's next session here."""
    line = await access.desk_line(ctx, session_id)
    after = moves.end(line, ctx.now, await _next_session(ctx, line.session))
    planned(ctx, line.session.place_id)  # one that ran past midnight leaves the boards now
    return await _after(ctx, line, after)


@command("session.cancel", allow=RUNS, emits=MOVES, errors={IllegalMove, ConsultationRunning})
async def cancel(ctx: Ctx, session_id: UUID) -> SessionView:
    """The sitting does not take place, or breaks off; everybody is offered the doctor's next session here."""
    line = await access.desk_line(ctx, session_id)
    after = moves.cancel(line, ctx.now, await _next_session(ctx, line.session))
    planned(ctx, line.session.place_id)
    return await _after(ctx, line, after)


@command("session.update", allow=RUNS, emits=MOVES, errors={SessionClosed})
async def update(
    ctx: Ctx,
    session_id: UUID,
    starts_at: datetime | UnsetType = UNSET,
    ends_at: datetime | UnsetType = UNSET,
    opens_at: datetime | UnsetType = UNSET,
    room_id: UUID | UnsetType | None = UNSET,
    capacity: Seats | UnsetType | None = UNSET,
    booked_quota: Quota | UnsetType | None = UNSET,
    walk_in_quota: Quota | UnsetType | None = UNSET,
    remote_join: bool | UnsetType = UNSET,
    average_minutes: Minutes | UnsetType = UNSET,
    grace_minutes: Grace | UnsetType = UNSET,
    back_after: Turns | UnsetType = UNSET,
) -> SessionView:
    """Change a sitting that is not over; what is absent stays. `starts_at` only until it starts."""
    line = await access.desk_line(ctx, session_id)
    session = line.session
    if session.state not in OPEN:
        raise SessionClosed(state=session.state.value)
    given = {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "opens_at": opens_at,
        "room_id": room_id,
        "capacity": capacity,
        "booked_quota": booked_quota,
        "walk_in_quota": walk_in_quota,
        "remote_join": remote_join,
        "average_minutes": average_minutes,
        "grace_minutes": grace_minutes,
        "back_after": back_after,
    }
    changed = replace(session, **{name: value for name, value in given.items() if value is not UNSET})
    if changed.starts_at != session.starts_at and session.state is not SessionState.SCHEDULED:
        raise InvalidParams(fields=(Field("$.starts_at", "the session has started"),))
    if changed.room_id is not None:
        if session.multi_room:
            raise InvalidParams(fields=(Field("$.room_id", "a multi-room session has no fixed room"),))
        if all(room.id != changed.room_id for room in line.rooms):
            raise NotFound("No such room at this place")
    if starts_at is not UNSET and opens_at is UNSET:
        changed = replace(changed, opens_at=changed.opens_at + (changed.starts_at - session.starts_at))
    check_times(changed.starts_at, changed.ends_at, changed.opens_at)
    planned(ctx, session.place_id)
    return await _after(ctx, line, replace(line, session=changed))


async def _after(ctx: Ctx, before: Line, after: Line) -> SessionView:
    after = await moved(ctx, before, after)
    session = after.session
    if session.state in (SessionState.LIVE, SessionState.PAUSED):
        watch(ctx, session)
    return view(session)


def _check_ahead(ctx: Ctx, name: str, moment: datetime) -> None:
    if moment.tzinfo is None or moment <= ctx.now:
        raise InvalidParams(fields=(Field(f"$.{name}", "must lie ahead, with a time zone offset"),))


async def _next_session(ctx: Ctx, session: Session) -> UUID | None:
    """The doctor's next session at the same place."""
    found: UUID | None = await ctx.tx.fetchval(
        """SELECT id FROM session WHERE doctor_id = $1 AND place_id = $2 AND state = 'scheduled' AND id <> $3
              AND ends_at > $4 ORDER BY starts_at, id LIMIT 1""",
        session.doctor_id,
        session.place_id,
        session.id,
        ctx.now,
    )
    return found


@consumer(LineDue, emits=MOVES)
async def follow_time(ctx: Ctx, job: LineDue) -> None:
    """Time alone changed the line: order, estimate and alert anew."""
    session = await session_access.locked(ctx.tx, job.session_id)
    if session is None or session.state not in OPEN:
        return
    line = await access.load(ctx.tx, session)
    if line.due_at is not None and line.due_at > ctx.now:  # it was put off since this job was left
        await moved(ctx, line, replace(line, timer_at=None), settled=True)
    else:
        await moved(ctx, line, line)


@consumer(ApprovalWithdrawn, emits=MOVES)
async def pause_unapproved(ctx: Ctx, job: ApprovalWithdrawn) -> None:
    """Nobody is called any more at the sittings of a doctor or place whose approval is gone (PRODUCT 7)."""
    column = "doctor_id" if job.subject is Subject.DOCTOR else "place_id"
    rows = await ctx.tx.fetch(
        f"SELECT id FROM session s WHERE {column} = $1 AND state = 'live'"
        " AND approval_withdrawn(s.doctor_id, s.place_id) ORDER BY id",
        job.subject_id,
    )
    for row in rows:
        session = await session_access.locked(ctx.tx, row["id"])
        if session is not None and session.state is SessionState.LIVE:
            line = await access.load(ctx.tx, session)
            await moved(ctx, line, moves.pause(line, PauseReason.OTHER, None, ctx.now))


@consumer(SessionForgotten, emits=MOVES)
async def close_forgotten(ctx: Ctx, job: SessionForgotten) -> None:
    """Nobody ended this session: four hours after its end it closes itself, with an alarm."""
    session = await session_access.locked(ctx.tx, job.session_id)
    if session is None or session.state not in OPEN:
        return
    if ctx.now < session.ends_at + FORGOTTEN_AFTER:  # the session was prolonged since
        watch(ctx, session)
        return
    line = await access.load(ctx.tx, session)
    offer = await _next_session(ctx, session)
    if session.state is SessionState.SCHEDULED:
        after = moves.cancel(line, ctx.now, offer)
    else:
        after = moves.end(line, ctx.now, offer, forgotten=True)
    await moved(ctx, line, after)
    planned(ctx, session.place_id)
    metrics.alarm_forgotten(session.id, session.place_id)
