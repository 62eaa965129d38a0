"""Three views of one line: for the desk (with names), for the waiting room (numbers only), for one token's holder.

Each view is a pure function of the line, each change of it a pure function of two lines, and `apply` puts the two
together again: applying what was told to what was seen gives exactly what is.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from channels.queue.estimate import Point
from channels.queue.lifecycle import ON_BOARD, EndReason, Priority, TokenKind, TokenState
from channels.queue.line import Line, Token
from channels.session.lifecycle import PauseReason, SessionState


class Sitting(Struct, frozen=True, kw_only=True):
    """How the session stands, in every view."""

    session_id: UUID
    state: SessionState
    starts_at: datetime
    ends_at: datetime
    delayed_until: datetime | None
    paused_reason: PauseReason | None
    resumes_at: datetime | None
    calls: int
    expected: int
    """Tokens that have not arrived yet."""


class DeskToken(Struct, frozen=True, kw_only=True):
    """A token as the desk sees it."""

    id: UUID
    patient_id: UUID
    name: str
    kind: TokenKind
    state: TokenState
    number: int | None
    place: int | None
    due_at: datetime | None
    arrived_at: datetime | None
    called_at: datetime | None
    announced_at: datetime | None
    begun_at: datetime | None
    ended_at: datetime | None
    calls: int
    room_id: UUID | None
    room: str | None
    priority: Priority | None
    reason: EndReason | None


class BoardToken(Struct, frozen=True, kw_only=True):
    """A token as the waiting room sees it: a number, never a name."""

    number: int
    state: TokenState
    place: int | None
    called_at: datetime | None
    announced_at: datetime | None
    calls: int
    room_id: UUID | None
    room: str | None


class TokenFact(Struct, frozen=True, kw_only=True):
    """What has happened to one token. Its place and expected time come from `line:`, which moves with everybody."""

    id: UUID
    session_id: UUID
    patient_id: UUID
    kind: TokenKind
    state: TokenState
    number: int | None
    due_at: datetime | None
    arrived_at: datetime | None
    called_at: datetime | None
    announced_at: datetime | None
    begun_at: datetime | None
    ended_at: datetime | None
    calls: int
    room_id: UUID | None
    room: str | None
    priority: Priority | None
    reason: EndReason | None
    offer_id: UUID | None
    """The doctor's next session, offered when this one ended without the patient's fault."""
    alert_before: int | None
    alert_minutes: int | None
    near_at: datetime | None
    """Since when her turn is near, by her own alert. Told once."""
    near_before: int | None


class QueueSnapshot(Struct, frozen=True, kw_only=True):
    """The whole line for the desk. Who waits is called in ascending `place`."""

    sitting: Sitting
    tokens: list[DeskToken]
    curve: list[Point]
    """Expected times by how many are before one; in between: linear."""


class LineSnapshot(Struct, frozen=True, kw_only=True):
    """The line for the waiting room: waiting in calling order first, then who is called, in a room, away or skipped."""

    sitting: Sitting
    tokens: list[BoardToken]
    curve: list[Point]


class QueueChange(Struct, frozen=True, kw_only=True):
    """What moved, for the desk."""

    sitting: Sitting
    tokens: list[DeskToken]
    """The tokens that changed or came."""
    curve: list[Point]


class LineChange(Struct, frozen=True, kw_only=True):
    """What moved, for the waiting room."""

    sitting: Sitting
    tokens: list[BoardToken]
    gone: list[int]
    """Numbers that left the board."""
    curve: list[Point]


def sitting(line: Line) -> Sitting:
    """The session's part of every view."""
    session = line.session
    return Sitting(
        session_id=session.id,
        state=session.state,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        delayed_until=session.delayed_until,
        paused_reason=session.paused_reason,
        resumes_at=session.resumes_at,
        calls=line.calls,
        expected=sum(t.state is TokenState.EXPECTED for t in line.tokens),
    )


def desk_token(token: Token) -> DeskToken:
    """With the name."""
    return DeskToken(**{name: getattr(token, name) for name in DeskToken.__struct_fields__})


def board_token(token: Token) -> BoardToken:
    """Without the name. Only tokens with a number are on the board."""
    return BoardToken(**{name: getattr(token, name) for name in BoardToken.__struct_fields__})


def fact(line: Line, token: Token) -> TokenFact:
    """For the token's holder."""
    values = {name: getattr(token, name) for name in TokenFact.__struct_fields__ if name != "session_id"}
    return TokenFact(session_id=line.session.id, **values)


def _desk_order(token: DeskToken) -> tuple[int, int, str]:
    """Waiting in order, then the others by number; who has none yet comes last."""
    if token.place is not None:
        return 0, token.place, ""
    return (1, token.number, "") if token.number is not None else (2, 0, str(token.id))


def _board_order(token: BoardToken) -> tuple[int, int]:
    return (0, token.place) if token.place is not None else (1, token.number)


def queue_snapshot(line: Line) -> QueueSnapshot:
    """The desk's view."""
    tokens = sorted(map(desk_token, line.tokens), key=_desk_order)
    return QueueSnapshot(sitting=sitting(line), tokens=tokens, curve=list(line.curve))


def line_snapshot(line: Line) -> LineSnapshot:
    """The waiting room's view."""
    tokens = sorted((board_token(t) for t in line.tokens if t.state in ON_BOARD), key=_board_order)
    return LineSnapshot(sitting=sitting(line), tokens=tokens, curve=list(line.curve))


def queue_change(before: Line, after: Line) -> QueueChange:
    """What the desk is told."""
    # A token that nothing happened to is the same object in both lines: most are, and they cost nothing.
    seen = {t.id: t for t in before.tokens}
    moved = [t for t in after.tokens if seen.get(t.id) is not t]
    changed = [desk_token(t) for t in moved if t.id not in seen or desk_token(seen[t.id]) != desk_token(t)]
    return QueueChange(sitting=sitting(after), tokens=changed, curve=list(after.curve))


def line_change(before: Line, after: Line) -> LineChange:
    """What the waiting room is told."""
    seen = {t.number: t for t in before.tokens if t.state in ON_BOARD}
    stand = {t.number: t for t in after.tokens if t.state in ON_BOARD}
    moved = [t for t in stand.values() if seen.get(t.number) is not t]
    return LineChange(
        sitting=sitting(after),
        tokens=[board_token(t) for t in moved if not _stood(seen.get(t.number), t)],
        gone=sorted(number for number in seen if number is not None and number not in stand),
        curve=list(after.curve),
    )


def _stood(was: Token | None, now: Token) -> bool:
    return was is not None and board_token(was) == board_token(now)


def apply_queue(snapshot: QueueSnapshot, change: QueueChange) -> QueueSnapshot:
    """The desk's view after a change: replace by id, sort again."""
    tokens = {t.id: t for t in snapshot.tokens} | {t.id: t for t in change.tokens}
    return QueueSnapshot(sitting=change.sitting, tokens=sorted(tokens.values(), key=_desk_order), curve=change.curve)


def apply_line(snapshot: LineSnapshot, change: LineChange) -> LineSnapshot:
    """The waiting room's view after a change: drop who is gone, replace by number, sort again."""
    tokens = {t.number: t for t in snapshot.tokens} | {t.number: t for t in change.tokens}
    for number in change.gone:
        tokens.pop(number, None)
    return LineSnapshot(sitting=change.sitting, tokens=sorted(tokens.values(), key=_board_order), curve=change.curve)


def is_same(before: Line, after: Line) -> bool:
    """Nothing that anybody hears changed."""
    return replace(before, due_at=None, timer_at=None) == replace(after, due_at=None, timer_at=None)
