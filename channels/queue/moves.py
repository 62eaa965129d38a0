"""Everything that can happen to a line, as pure functions from one line to the next. Refusals are raised."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from channels.queue.errors import (
    AlreadyJoined,
    ConsultationRunning,
    NothingToCall,
    NumberTaken,
    TooEarly,
    TooLate,
)
from channels.queue.lifecycle import ACTIVE, IN_ROOM, TOKEN, EndReason, Priority, TokenState
from channels.queue.line import Line, Room, Token, order
from channels.queue.refusals import busy, closed, shut, wire_time
from channels.session.lifecycle import OPEN, SESSION, PauseReason, SessionState

UNDO: Final = timedelta(seconds=60)
ANNOUNCEMENTS: Final = 2

T = TokenState


# --- coming and going ------------------------------------------------------------------------------------------------
def add(line: Line, token: Token, now: datetime, *, present: bool) -> Line:
    """A new token: expected, or at once present with the next number."""
    check_joins(line, token.patient_id)
    line = line.put(replace(token, state=T.EXPECTED))
    return arrive(line, token.id, now) if present else line


def check_joins(line: Line, patient_id: UUID) -> None:
    """The session still takes somebody, and she is not in its line already."""
    _open(line)
    if any(t.patient_id == patient_id and t.state in ACTIVE for t in line.tokens):
        raise AlreadyJoined()


def arrive(line: Line, token_id: UUID, now: datetime) -> Line:
    """Arrival gives the number."""
    token = line.get(token_id)
    state = TOKEN.move(token.state, "arrive")
    session = line.session
    _open(line)
    if now < session.opens_at:
        raise shut(session)
    number = line.last_number + 1
    return replace(line.put(replace(token, state=state, number=number, arrived_at=now)), last_number=number)


def leave(line: Line, token_id: UUID, now: datetime) -> Line:
    """The patient gives the token up."""
    token = line.get(token_id)
    state = TOKEN.move(token.state, "leave")
    return line.put(_ended(token, state, now, EndReason.LEFT))


def gone(line: Line, patient_id: UUID, now: datetime) -> Line:
    """The patient is no more, so she waits here no more. One in consultation is seen to its end."""
    hers = [t for t in line.tokens if t.patient_id == patient_id and t.state in ACTIVE - {T.IN_CONSULTATION}]
    return line.put(*[_ended(t, TOKEN.move(t.state, "close"), now, EndReason.PATIENT_GONE) for t in hers])


# --- rooms -----------------------------------------------------------------------------------------------------------
def room_of(line: Line, room_id: UUID | None) -> Room | None:
    """The room a call goes to: the one named, else the session's, else the place's only one; None: it has no rooms."""
    wanted = room_id or line.session.room_id
    if wanted is None and len(line.rooms) > 1:
        raise InvalidParams(fields=(Field("$.room_id", "the place has several rooms: say which"),))
    for room in line.rooms:
        if wanted is None or room.id == wanted:
            return room
    if wanted is not None:
        raise NotFound("No such room at this place")
    return None


# --- calling ---------------------------------------------------------------------------------------------------------
def call_next(line: Line, room: Room | None, now: datetime, *, finish_current: bool = False) -> Line:
    """Call whoever is next into the room."""
    _running(line)
    if not any(t.state is T.WAITING for t in line.tokens):
        raise NothingToCall()
    return call(line, order(line.tokens, now, line.calls)[0].id, room, now, finish_current=finish_current)


def call(line: Line, token_id: UUID, room: Room | None, now: datetime, *, finish_current: bool = False) -> Line:
    """Call this token into the room. Only a waiting token can be called, so each is called once."""
    _running(line)
    token = line.get(token_id)
    state = TOKEN.move(token.state, "call")
    finished: UUID | None = None
    room_id = room.id if room else None
    for other in line.tokens:
        if other.state in IN_ROOM and other.room_id == room_id:
            if other.state is T.CALLED or not finish_current:
                raise busy(other)
            line = complete(line, other.id, now)
            finished = other.id
    called = replace(
        token,
        state=state,
        called_at=now,
        announced_at=now,
        calls=1,
        room_id=room_id,
        room=room.label if room else None,
        finished_id=finished,
    )
    return replace(line.put(called), calls=line.calls + 1)


def undo(line: Line, token_id: UUID, now: datetime) -> Line:
    """Take a mistaken call back within 60 seconds, together with the finish it caused."""
    token = line.get(token_id)
    state = TOKEN.move(token.state, "undo")
    if token.called_at is None or now - token.called_at > UNDO:
        seconds = int(UNDO.total_seconds())
        raise TooLate(f"A call can be taken back for {seconds} seconds; skip it or begin it now", seconds=seconds)
    back = replace(
        token, state=state, called_at=None, announced_at=None, calls=0, room_id=None, room=None, finished_id=None
    )
    line = replace(line.put(back), calls=line.calls - 1)
    if token.finished_id is not None:
        other = line.get(token.finished_id)
        line = replace(line, pace=line.pace.forget(_minutes(other, other.ended_at)))
        line = line.put(replace(other, state=TOKEN.move(other.state, "reopen"), ended_at=None))
    return line


def recall(line: Line, token_id: UUID, now: datetime) -> Line:
    """Announce a called token again."""
    token = line.get(token_id)
    return line.put(replace(token, state=TOKEN.move(token.state, "recall"), calls=token.calls + 1, announced_at=now))


def begin(line: Line, token_id: UUID, now: datetime) -> Line:
    """The called patient is in the room."""
    token = line.get(token_id)
    return line.put(replace(token, state=TOKEN.move(token.state, "begin"), begun_at=now, finished_id=None))


def complete(line: Line, token_id: UUID, now: datetime) -> Line:
    """The visit is done."""
    token = line.get(token_id)
    state = TOKEN.move(token.state, "complete")
    return _paced(line, token, now).put(replace(token, state=state, ended_at=now))


def away(line: Line, token_id: UUID, now: datetime) -> Line:
    """The patient is sent for a test and will come back."""
    token = line.get(token_id)
    state = TOKEN.move(token.state, "away")
    return _paced(line, token, now).put(replace(token, state=state, room_id=None, room=None, returned_at=None))


def skip(line: Line, token_id: UUID, now: datetime) -> Line:
    """The called patient did not come; the room is free again."""
    token = line.get(token_id)
    return line.put(replace(token, state=TOKEN.move(token.state, "skip"), finished_id=None))


def no_show(line: Line, token_id: UUID, now: datetime) -> Line:
    """Called, announced twice, the grace time over, and nobody came."""
    token = line.get(token_id)
    state = TOKEN.move(token.state, "no_show")
    if not _may_be_no_show(line, token, now):
        grace = timedelta(minutes=line.session.grace_minutes)
        raise TooEarly(
            f"Announced {token.calls} of {ANNOUNCEMENTS} times, and {line.session.grace_minutes} minutes must have"
            " passed since the call: `queue.recall` announces again, `queue.skip` frees the room at once",
            calls=token.calls,
            not_before=wire_time((token.called_at or now) + grace),
        )
    return line.put(replace(token, state=state, ended_at=now, finished_id=None))


def back(line: Line, token_id: UUID, now: datetime) -> Line:
    """From a test: ahead of new arrivals. Skipped or no-show: the same day or night, after the next few."""
    _open(line)
    token = line.get(token_id)
    state = TOKEN.move(token.state, "back")
    fresh = replace(
        token, state=state, ended_at=None, room_id=None, room=None, calls=0, hold=None, hold_rank=0.0, finished_id=None
    )
    if token.state is T.AWAY:
        return line.put(replace(fresh, returned_at=now))
    over = now > line.session.ends_at  # a night's sitting goes on past midnight
    if token.called_at is not None and over and not _same_day(token.called_at, now, line.session.zone):
        raise TooLate("The day is over; join again")
    if any(t.patient_id == token.patient_id and t.state in ACTIVE and t.id != token.id for t in line.tokens):
        raise AlreadyJoined()
    hold = line.calls + line.session.back_after
    missed = replace(fresh, returned_at=None, told_low=None, told_mid=None, told_high=None)
    return line.put(replace(missed, hold=hold, hold_rank=now.timestamp()))


# --- the order -------------------------------------------------------------------------------------------------------
def move(line: Line, token_id: UUID, before: int, now: datetime) -> Line:
    """Put a token where `before` others are called before it; the last hand wins a contested place."""
    token = line.get(token_id)
    state = TOKEN.move(token.state, "move")
    return line.put(replace(token, state=state, hold=line.calls + before, hold_rank=-now.timestamp()))


def prioritise(line: Line, token_id: UUID, reason: Priority | None, now: datetime) -> Line:
    """Give a token a priority of the closed list, or take it away; a place given by hand ends."""
    token = line.get(token_id)
    state = TOKEN.move(token.state, "prioritise")
    return line.put(replace(token, state=state, priority=reason, hold=None, hold_rank=0.0))


def alert(line: Line, token_id: UUID, before: int | None, minutes: int | None) -> Line:
    """Set when the holder wants to hear that her turn is near; it is told once per token."""
    token = line.get(token_id)
    if token.state not in ACTIVE:
        possible = TOKEN.possible(token.state)
        text = f"This token is over ({token.state.value}): nothing to be told of"
        raise IllegalMove(text, state=token.state.value, move="alert", legal=possible)
    return line.put(replace(token, alert_before=before, alert_minutes=minutes))


# --- paper -----------------------------------------------------------------------------------------------------------
class Paper(Struct, frozen=True, kw_only=True):
    """A number that was given on paper while there was no connection."""

    token: Token
    number: int
    arrived_at: datetime
    called_at: datetime | None = None
    ended_at: datetime | None = None


def backfill(line: Line, papers: list[Paper]) -> tuple[Line, list[tuple[int, int]]]:
    """Enter paper numbers; live numbers go on after them. Answers the line and the jumps (first, last) to record."""
    _open(line)
    jumps: list[tuple[int, int]] = []
    for paper in sorted(papers, key=lambda p: p.number):
        if paper.number <= line.last_number:
            text = f"Number {paper.number} is not free: the last number given is {line.last_number}"
            raise NumberTaken(text, number=paper.number, last_number=line.last_number)
        if paper.number > line.last_number + 1:
            jumps.append((line.last_number + 1, paper.number - 1))
        seen = paper.called_at is not None
        if not seen and any(t.patient_id == paper.token.patient_id and t.state in ACTIVE for t in line.tokens):
            raise AlreadyJoined()
        done = paper.ended_at or paper.called_at
        token = replace(
            paper.token,
            state=T.COMPLETED if seen else T.WAITING,
            number=paper.number,
            arrived_at=paper.arrived_at,
            called_at=paper.called_at,
            announced_at=paper.called_at,
            begun_at=paper.called_at,
            ended_at=done,
            calls=1 if seen else 0,
        )
        line = replace(line.put(token), last_number=paper.number)
    return line, jumps


# --- the sitting -----------------------------------------------------------------------------------------------------
def start(line: Line, now: datetime) -> Line:
    """The doctor sits."""
    state = SESSION.move(line.session.state, "start")
    return replace(line, session=replace(line.session, state=state, started_at=now, delayed_until=None))


def delay(line: Line, until: datetime) -> Line:
    """The doctor will start late: every expected time moves by one event."""
    state = SESSION.move(line.session.state, "delay")
    return replace(line, session=replace(line.session, state=state, delayed_until=until))


def pause(line: Line, reason: PauseReason, resumes_at: datetime | None, now: datetime) -> Line:
    """Nobody is called for a while."""
    state = SESSION.move(line.session.state, "pause")
    session = replace(line.session, state=state, paused_reason=reason, paused_at=now, resumes_at=resumes_at)
    return replace(line, session=session)


def resume(line: Line, now: datetime) -> Line:
    """The line goes on."""
    state = SESSION.move(line.session.state, "resume")
    session = replace(line.session, state=state, paused_reason=None, paused_at=None, resumes_at=None)
    return replace(line, session=session)


def end(line: Line, now: datetime, offer_id: UUID | None, *, forgotten: bool = False) -> Line:
    """The sitting is over: who was called and did not come is a no-show, who still waits is not at fault.

    Refused while somebody is in consultation, unless the sitting was forgotten: then the visit counts as done.
    """
    state = SESSION.move(line.session.state, "end")
    return _close(line, state, now, EndReason.SESSION_ENDED, offer_id, forgotten)


def cancel(line: Line, now: datetime, offer_id: UUID | None) -> Line:
    """The sitting does not take place, or not any longer."""
    state = SESSION.move(line.session.state, "cancel")
    return _close(line, state, now, EndReason.SESSION_CANCELLED, offer_id, False)


def _close(
    line: Line, state: SessionState, now: datetime, reason: EndReason, offer_id: UUID | None, forgotten: bool
) -> Line:
    ended: list[Token] = []
    for token in line.tokens:
        if token.state is T.IN_CONSULTATION:
            if not forgotten:
                where = f" in {token.room}" if token.room else ""
                raise ConsultationRunning(f"Number {token.number} is in consultation{where}; finish that first")
            ended.append(replace(token, state=TOKEN.move(token.state, "complete"), ended_at=now))
        elif token.state in (T.CALLED, T.SKIPPED) and _may_be_no_show(line, token, now):
            ended.append(replace(token, state=TOKEN.move(token.state, "no_show"), ended_at=now, finished_id=None))
        elif token.state is T.EXPECTED and reason is EndReason.SESSION_ENDED and _missed(line, token, now):
            ended.append(_ended(token, TOKEN.move(token.state, "close"), now, EndReason.NOT_ARRIVED))
        elif token.state in ACTIVE:
            gone = _ended(token, TOKEN.move(token.state, "close"), now, reason)
            ended.append(replace(gone, offer_id=offer_id))
    session = replace(
        line.session,
        state=state,
        ended_at=now,
        paused_reason=None,
        paused_at=None,
        resumes_at=None,
        delayed_until=None,
    )
    return replace(line.put(*ended), session=session)


# --- shared ----------------------------------------------------------------------------------------------------------
def _ended(token: Token, state: TokenState, now: datetime, reason: EndReason) -> Token:
    return replace(token, state=state, ended_at=now, reason=reason, room_id=None, room=None, finished_id=None)


def _paced(line: Line, token: Token, now: datetime) -> Line:
    """Learn from a visit that ended: it took from the call (or the return to the room) until now."""
    return replace(line, pace=line.pace.add(_minutes(token, now)))


def _minutes(token: Token, ended_at: datetime | None) -> float:
    if token.called_at is None or ended_at is None:
        return 0.0
    return (ended_at - token.called_at).total_seconds() / 60


def _may_be_no_show(line: Line, token: Token, now: datetime) -> bool:
    grace = timedelta(minutes=line.session.grace_minutes)
    return token.called_at is not None and token.calls >= ANNOUNCEMENTS and now >= token.called_at + grace


def _missed(line: Line, token: Token, now: datetime) -> bool:
    """Her time is over and she did not come. Whom an early end robs of the rest of her time is not at fault."""
    return now >= (line.session.ends_at if token.due_at is None else token.due_at)


def _running(line: Line) -> None:
    if line.session.state is not SessionState.LIVE:
        raise closed(line.session)


def _open(line: Line) -> None:
    if line.session.state not in OPEN:
        raise closed(line.session)


def _same_day(one: datetime, other: datetime, zone: str) -> bool:
    here = ZoneInfo(zone)
    return one.astimezone(here).date() == other.astimezone(here).date()
