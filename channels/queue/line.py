"""The line of one session as one frozen value, and the order in which its tokens are called. No I/O.

Commands turn a line into another by the moves of `moves.py`; `settle` then orders, estimates and finds who is near.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from carewire.errors import NotFound
from channels.queue import estimate
from channels.queue.estimate import Expected, Pace, Point, Score
from channels.queue.forecast import Coming, Waiting
from channels.queue.lifecycle import IN_ROOM, EndReason, Priority, TokenKind, TokenState
from channels.queue.places import place
from channels.session.access import Session
from channels.session.lifecycle import OPEN, SessionState

MINUTE: Final = timedelta(minutes=1)
DUE_AHEAD: Final = timedelta(minutes=10)
"""A booked patient who is present goes before arrivals from this long before her time."""
LATE_AFTER: Final = timedelta(minutes=15)
"""A booked patient who arrives later than this after her time counts by arrival."""
PATIENCE: Final = timedelta(minutes=75)
"""Who counts by arrival and waits longer than this goes before booked."""
STALE_AFTER: Final = timedelta(minutes=2)
"""An estimate that time has overtaken is made anew, but no more often than this."""


class Token(Struct, frozen=True, kw_only=True):
    """One patient's place in the line."""

    id: UUID
    patient_id: UUID
    name: str
    kind: TokenKind
    state: TokenState
    joined_at: datetime
    account_id: UUID | None = None
    due_at: datetime | None = None
    number: int | None = None
    place: int | None = None
    """The stored position: tokens wait in ascending `place`. Only its order means anything."""
    arrived_at: datetime | None = None
    returned_at: datetime | None = None
    """Came back from a test: waits ahead of new arrivals."""
    called_at: datetime | None = None
    announced_at: datetime | None = None
    calls: int = 0
    """Announcements of the present call."""
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    room_id: UUID | None = None
    room: str | None = None
    """The room's label as it was announced."""
    priority: Priority | None = None
    hold: int | None = None
    """Placed by hand, or back from being skipped: next when the line has made this many calls."""
    hold_rank: float = 0.0
    reason: EndReason | None = None
    offer_id: UUID | None = None
    """The next session, offered because this one ended without her fault."""
    finished_id: UUID | None = None
    """The token that this one's call finished; undoing the call reopens it."""
    alert_before: int | None = None
    alert_minutes: int | None = None
    near_at: datetime | None = None
    near_before: int | None = None
    told_low: datetime | None = None
    told_mid: datetime | None = None
    told_high: datetime | None = None
    """The expected time told at arrival; the call puts it to the test."""

    @property
    def by_arrival(self) -> bool:
        """No booking, or a booking that lost its time by coming late."""
        if self.due_at is None:
            return True
        return self.arrived_at is not None and self.arrived_at > self.due_at + LATE_AFTER


class Room(Struct, frozen=True):
    """A room as it is announced."""

    id: UUID
    label: str


class Line(Struct, frozen=True, kw_only=True, dict=True):
    """All tokens of one session, what the line has learnt, and what it last told.

    What many ask of the same line (a batch of members, each her place) is found out once.
    """

    session: Session
    tokens: tuple[Token, ...] = ()
    calls: int = 0
    """Calls made so far, less those undone."""
    last_number: int = 0
    curve: tuple[Point, ...] = ()
    pace: Pace = Pace()
    score: Score = Score()
    due_at: datetime | None = None
    """When time alone changes it next."""
    timer_at: datetime | None = None
    """When the pending timed job looks at it; it may find that it came too early."""
    rooms: tuple[Room, ...] = ()
    """The rooms of the place."""

    def get(self, token_id: UUID) -> Token:
        """A token of this line, or `NotFound`."""
        if (token := self._by_id.get(token_id)) is None:
            raise NotFound()
        return token

    @cached_property
    def _by_id(self) -> dict[UUID, Token]:
        return {token.id: token for token in self.tokens}

    def put(self, *tokens: Token) -> "Line":
        """The line with these tokens replaced or added."""
        new = {token.id: token for token in tokens}
        kept = tuple(new.pop(token.id, token) for token in self.tokens)
        return replace(self, tokens=kept + tuple(new.values()))

    @cached_property
    def waiting(self) -> tuple[Token, ...]:
        """Who can be called, in order."""
        return tuple(sorted((t for t in self.tokens if t.state is TokenState.WAITING), key=lambda t: t.place or 0))

    def before(self, token: Token) -> int | None:
        """How many are called before her: those ahead in line, or all when she has not arrived yet."""
        if token.state is TokenState.EXPECTED:
            return len(self.waiting)
        if token.state is not TokenState.WAITING or token.place is None:
            return None
        return bisect_left(self._places, token.place)

    @cached_property
    def _places(self) -> list[int]:
        return [token.place or 0 for token in self.waiting]

    def expected(self, token: Token) -> Expected | None:
        """When she is expected to be called; a booked token not before it is due."""
        before = self.before(token)
        told = None if before is None else estimate.at(self.curve, before)
        if told is None or token.state is not TokenState.EXPECTED or token.due_at is None:
            return told
        earliest = token.due_at - DUE_AHEAD
        return Expected(max(told.low, earliest), max(told.mid, token.due_at), max(told.high, token.due_at))


def order(tokens: Iterable[Token], now: datetime, calls: int) -> list[Token]:
    """The waiting tokens in the order in which they are called.

    Emergency; back from a test; the other priorities; who counts by arrival and has lost patience; booked, present and
    due; then arrival. Held tokens (moved by hand, or back after being skipped) stand where they were put, counted in
    calls, but never before an emergency or who comes back from a test.
    """
    waiting = [t for t in tokens if t.state is TokenState.WAITING]
    free = sorted((t for t in waiting if t.hold is None or rank(t, now) < 2), key=lambda t: _key(t, now))
    held = sorted((t for t in waiting if t.hold is not None and rank(t, now) >= 2), key=lambda t: _held_key(t, calls))
    first = sum(rank(t, now) < 2 for t in free)
    line = free
    last = -1
    for token in held:
        last = min(max((token.hold or 0) - calls, first, last + 1), len(line))
        line.insert(last, token)
    return line


def rank(token: Token, now: datetime) -> int:
    """Which class of the order a waiting token is in now."""
    if token.priority is Priority.EMERGENCY:
        return 0
    if token.returned_at is not None:
        return 1
    if token.priority is not None:
        return 2
    if token.by_arrival:
        return 3 if token.arrived_at is not None and now - token.arrived_at >= PATIENCE else 5
    return 4 if token.due_at is not None and token.due_at - now <= DUE_AHEAD else 5


def _key(token: Token, now: datetime) -> tuple[int, datetime, int]:
    """Within a class: who came back first, who is due first, else who came first. Numbers settle what is left."""
    kind = rank(token, now)
    moment = {1: token.returned_at, 4: token.due_at}.get(kind) or token.arrived_at or token.joined_at
    return kind, moment, token.number or 0


def _held_key(token: Token, calls: int) -> tuple[int, float, int]:
    return max((token.hold or 0) - calls, 0), token.hold_rank, token.number or 0


def next_change_at(line: Line, now: datetime) -> datetime | None:
    """When time alone will change the order, an estimate or an alert; None when only a command can."""
    if line.session.state not in OPEN:
        return None
    times: list[datetime | None] = []
    for token in line.tokens:
        if token.state is TokenState.WAITING:
            times.append(_changes_class_at(token))
        if token.alert_minutes is not None and token.near_at is None:
            expected = line.expected(token)
            times.append(None if expected is None else expected.mid - timedelta(minutes=token.alert_minutes))
    if line.curve and (len(line.curve) > 1 or any(t.state in IN_ROOM for t in line.tokens)):
        times.append(max(line.curve[0].mid, now + STALE_AFTER))
    return min((t for t in times if t is not None and t > now), default=None)


def _changes_class_at(token: Token) -> datetime | None:
    if token.by_arrival:
        return None if token.arrived_at is None else token.arrived_at + PATIENCE
    return None if token.due_at is None else token.due_at - DUE_AHEAD


def settle(before: Line, after: Line, now: datetime) -> Line:
    """`after`, ordered and estimated anew; tells each arrival its expected time and finds whose turn is near."""
    line = replace(after, tokens=_placed(after, now))
    line = replace(line, curve=_curve(line, now))
    was = {token.id: token for token in before.tokens}
    line = line.put(*(_told(line, t) for t in line.tokens if t.told_mid is None and t.state is TokenState.WAITING))
    line = line.put(*(_near(line, t, now) for t in line.tokens if t.near_at is None and _is_near(line, t, now)))
    score = line.score
    for token in line.tokens:
        begins = token.id in was and was[token.id].begun_at is None and token.begun_at is not None
        if begins and token.called_at and (told := told_at_arrival(token)) is not None:
            score = score.add(told, token.called_at)
    line = replace(line, score=score)
    return replace(line, due_at=next_change_at(line, now))


def _placed(line: Line, now: datetime) -> tuple[Token, ...]:
    """Store the order: only tokens whose place has to change get another."""
    ordered = order(line.tokens, now, line.calls)
    places = dict(zip((t.id for t in ordered), place([t.place for t in ordered]), strict=True))
    return tuple(t if t.place == places.get(t.id) else replace(t, place=places.get(t.id)) for t in line.tokens)


def _curve(line: Line, now: datetime) -> tuple[Point, ...]:
    session = line.session
    if session.state not in OPEN:
        return ()
    begins = now
    if session.state is SessionState.SCHEDULED:
        begins = session.delayed_until or session.starts_at
    elif session.state is SessionState.PAUSED:
        begins = session.resumes_at or now + estimate.PAUSE_UNKNOWN
    return estimate.curve(
        estimate.Situation(
            now=now,
            begins=begins,
            running=session.state is SessionState.LIVE,
            average=session.average_minutes,
            pace=line.pace,
            line=(*reckoned(line, now), Waiting(since=0.0, moves_up=PATIENCE / MINUTE)),
            in_room=tuple((now - t.called_at) / MINUTE for t in line.tokens if t.state in IN_ROOM and t.called_at),
            coming=tuple(
                Coming(
                    due=(t.due_at - now) / MINUTE,
                    moves_up=(t.due_at - DUE_AHEAD - now) / MINUTE,
                    share=estimate.shows((now - t.due_at) / MINUTE),
                )
                for t in line.tokens
                # Who comes later than this counts by arrival: behind everybody who is here.
                if t.state is TokenState.EXPECTED and t.due_at and now <= t.due_at + LATE_AFTER
            ),
        )
    )


def reckoned(line: Line, now: datetime) -> Iterator[Waiting]:
    """What the forecast needs of each who waits, in the order of the line."""
    for turn, token in enumerate(line.waiting):
        held = token.hold is not None and rank(token, now) >= 2
        moves_up = _changes_class_at(token)
        yield Waiting(
            since=((token.arrived_at or token.joined_at) - now) / MINUTE,
            due=None if token.by_arrival or token.due_at is None else (token.due_at - now) / MINUTE,
            moves_up=None if moves_up is None else (moves_up - now) / MINUTE,
            first=rank(token, now) < 3 and not held,
            turn=turn if held else None,
        )


def _told(line: Line, token: Token) -> Token:
    told = line.expected(token)
    if told is None:
        return token
    return replace(token, told_low=told.low, told_mid=told.mid, told_high=told.high)


def told_at_arrival(token: Token) -> Expected | None:
    """The expected time this token was told when it arrived."""
    if token.told_low is None or token.told_mid is None or token.told_high is None:
        return None
    return Expected(token.told_low, token.told_mid, token.told_high)


def _is_near(line: Line, token: Token, now: datetime) -> bool:
    if token.alert_before is None and token.alert_minutes is None:
        return False
    before = line.before(token)
    if before is None:
        return False
    if token.alert_before is not None and line.session.state is SessionState.LIVE and before <= token.alert_before:
        return True
    expected = line.expected(token)
    return (
        token.alert_minutes is not None
        and expected is not None
        and _has_times(line)
        and expected.mid - now <= timedelta(minutes=token.alert_minutes)
    )


def _has_times(line: Line) -> bool:
    """Does the curve stand on a known hour? A pause without an announced end promises nothing to be near to."""
    session = line.session
    return session.state in OPEN and (session.state is not SessionState.PAUSED or session.resumes_at is not None)


def _near(line: Line, token: Token, now: datetime) -> Token:
    return replace(token, near_at=now, near_before=line.before(token))
