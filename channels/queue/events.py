"""What others hear of a line. The same fact goes out as three projections, each on its own topic."""

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from msgspec import Struct

from carewire.event import Event
from channels.queue.estimate import Point
from channels.queue.lifecycle import DisplayState
from channels.queue.line import Line, Token
from channels.queue.projection import (
    BoardToken,
    DeskToken,
    LineChange,
    LineSnapshot,
    QueueChange,
    QueueSnapshot,
    Sitting,
    TokenFact,
    apply_line,
    apply_queue,
    fact,
    line_change,
    queue_change,
)


class QueueUpdated(Event, name="queue:updated", topic="queue:{session_id}"):
    """The line moved, for the desk: the tokens that changed, with names, and the expected times by position."""

    session_id: UUID
    sitting: Sitting
    tokens: list[DeskToken]
    curve: list[Point]

    @classmethod
    def between(cls, before: Line, after: Line) -> Self:
        """The event that leads from one line to the other."""
        change = queue_change(before, after)
        return cls(session_id=after.session.id, sitting=change.sitting, tokens=change.tokens, curve=change.curve)

    @staticmethod
    def apply(snapshot: QueueSnapshot, event: "QueueUpdated") -> QueueSnapshot:
        """The snapshot after this event."""
        return apply_queue(snapshot, QueueChange(sitting=event.sitting, tokens=event.tokens, curve=event.curve))


class LineUpdated(Event, name="queue:updated", topic="line:{session_id}"):
    """The line moved, for the waiting room: numbers, states, rooms and the expected times by position. No names."""

    session_id: UUID
    sitting: Sitting
    tokens: list[BoardToken]
    gone: list[int]
    curve: list[Point]

    @classmethod
    def between(cls, before: Line, after: Line) -> Self:
        """The event that leads from one line to the other."""
        change = line_change(before, after)
        return cls(
            session_id=after.session.id,
            sitting=change.sitting,
            tokens=change.tokens,
            gone=change.gone,
            curve=change.curve,
        )

    @staticmethod
    def apply(snapshot: LineSnapshot, event: "LineUpdated") -> LineSnapshot:
        """The snapshot after this event."""
        change = LineChange(sitting=event.sitting, tokens=event.tokens, gone=event.gone, curve=event.curve)
        return apply_line(snapshot, change)


class What(StrEnum):
    """What happened to a token, in one word."""

    JOINED = "joined"
    ARRIVED = "arrived"
    CALLED = "called"
    ANNOUNCED = "announced"
    BEGUN = "begun"
    AWAY = "away"
    SKIPPED = "skipped"
    NO_SHOW = "no_show"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    BACK = "back"
    NEAR = "near"
    CHANGED = "changed"


class TokenUpdated(Event, name="token:updated", topic="token:{token_id}"):
    """Something happened to this token: `what`, the token as it is now, and how many were before it at that moment."""

    token_id: UUID
    what: What
    token: TokenFact
    before: int | None

    @staticmethod
    def apply(snapshot: TokenFact, event: "TokenUpdated") -> TokenFact:
        """The snapshot after this event."""
        return event.token


def token_events(before: Line, after: Line) -> list[TokenUpdated]:
    """One event for each token to which something happened; that others moved is no fact of hers."""
    seen = {token.id: token for token in before.tokens}
    told = []
    for token in after.tokens:
        was = seen.get(token.id)
        if was is not token and (was is None or fact(before, was) != fact(after, token)):
            told.append(
                TokenUpdated(
                    token_id=token.id,
                    what=_what(was, token),
                    token=fact(after, token),
                    before=after.before(token),
                )
            )
    return told


def _what(was: Token | None, token: Token) -> What:
    if was is None:
        return What.JOINED if token.number is None else What.ARRIVED
    if was.state is not token.state:
        if token.state == "waiting":
            return What.ARRIVED if was.state == "expected" else What.BACK
        return {"in_consultation": What.BEGUN}.get(token.state) or What(token.state.value)
    if was.calls != token.calls:
        return What.ANNOUNCED
    if was.near_at is None and token.near_at is not None:
        return What.NEAR
    return What.CHANGED


class BoardSession(Struct, frozen=True, kw_only=True):
    """A session that a display shows; its line is the topic `line:{session_id}`."""

    session_id: UUID
    doctor: str
    specialty: str | None
    room_id: UUID | None
    room: str | None
    starts_at: datetime
    ends_at: datetime
    zone: str


class BoardSnapshot(Struct, frozen=True, kw_only=True):
    """What a display needs to know about itself: is it approved, and which lines does it show today and tomorrow."""

    display_id: UUID
    state: DisplayState
    label: str | None
    """What the staff call this screen."""
    place: str | None
    zone: str | None
    code_expires_at: datetime | None
    """Until when the pairing code of a pending display is good; the code itself only `display.pair` tells."""
    sessions: list[BoardSession]


class BoardUpdated(Event, name="board:updated", topic="board:{display_id}"):
    """This display was approved, renamed or revoked, or the sessions it shows changed: the whole board, again."""

    display_id: UUID
    board: BoardSnapshot

    @staticmethod
    def apply(snapshot: BoardSnapshot, event: "BoardUpdated") -> BoardSnapshot:
        """The snapshot after this event."""
        return event.board
