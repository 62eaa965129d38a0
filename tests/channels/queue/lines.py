"""Lines and tokens made up for pure tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from channels.queue.lifecycle import TokenKind, TokenState
from channels.queue.line import Line, Room, Token, settle
from channels.session.access import Session
from channels.session.lifecycle import SessionState

NOW = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
ROOM = Room(UUID(int=900), "Room 1")
OTHER_ROOM = Room(UUID(int=901), "Room 2")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def session(**more: Any) -> Session:
    """A live sitting that began an hour ago."""
    values: dict[str, Any] = {
        "id": UUID(int=1),
        "doctor_id": UUID(int=2),
        "place_id": UUID(int=3),
        "zone": "Asia/Kolkata",
        "starts_at": NOW - minutes(60),
        "ends_at": NOW + minutes(180),
        "opens_at": NOW - minutes(600),
        "state": SessionState.LIVE,
        "started_at": NOW - minutes(60),
    }
    return Session(**values | more)


def token(number: int, *, waited: float | None = None, **more: Any) -> Token:
    """A waiting walk-in; the lower the number, the longer it waits."""
    values: dict[str, Any] = {
        "id": UUID(int=10_000 + number),
        "patient_id": UUID(int=20_000 + number),
        "name": f"Patient {number}",
        "kind": TokenKind.BOOKED if "due_at" in more else TokenKind.WALK_IN,
        "state": TokenState.WAITING,
        "joined_at": NOW - minutes(60),
        "number": number,
        "arrived_at": NOW - minutes(30 - number if waited is None else waited),
    }
    return Token(**values | more)


def arriving(number: int, **more: Any) -> Token:
    """Somebody who is not here yet."""
    return replace(token(number, **more), number=None, arrived_at=None, state=TokenState.EXPECTED)


def line(*tokens: Token, rooms: tuple[Room, ...] = (ROOM,), **more: Any) -> Line:
    """A settled line of these tokens."""
    made = Line(
        session=session(**more),
        tokens=tokens,
        last_number=max((t.number or 0 for t in tokens), default=0),
        rooms=rooms,
    )
    return settle(made, made, NOW)
