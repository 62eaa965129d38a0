"""Refusals in the words of a desk: which number is in the way, what the session is, and what to do next."""

from datetime import datetime

from channels.queue.errors import RoomBusy, SessionClosed
from channels.queue.lifecycle import TokenState
from channels.queue.line import Token
from channels.session.access import Session
from channels.session.lifecycle import OPEN, SessionState


def busy(other: Token) -> RoomBusy:
    """This token occupies the room."""
    where = other.room or "the room"
    if other.state is TokenState.CALLED:
        text = f"Number {other.number} is called to {where}: begin it, skip it or undo the call first"
    else:
        text = f"Number {other.number} is in consultation in {where}: complete it, or call with finish_current"
    room_id = None if other.room_id is None else str(other.room_id)
    return RoomBusy(text, room_id=room_id, state=other.state.value, number=other.number)


def closed(session: Session) -> SessionClosed:
    """The session is over, or nobody is called in it now."""
    state = session.state.value
    if session.state not in OPEN:
        return SessionClosed(f"The session is over: it was {state}", state=state)
    verb = "resume" if session.state is SessionState.PAUSED else "start"
    return SessionClosed(f"The session is {state}: `session.{verb}` first", state=state)


def shut(session: Session) -> SessionClosed:
    """The session's times do not allow this."""
    opens_at, ends_at = wire_time(session.opens_at), wire_time(session.ends_at)
    return SessionClosed(f"Open from {opens_at} until {ends_at}", opens_at=opens_at, ends_at=ends_at)


def wire_time(moment: datetime) -> str:
    """A moment as results spell it."""
    return moment.isoformat().replace("+00:00", "Z")
