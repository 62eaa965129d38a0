"""Alarms of the line that an operator must see."""

from uuid import UUID

import structlog
from prometheus_client import Counter

log = structlog.get_logger("channels.queue")

FORGOTTEN = Counter("carewire_queue_sessions_forgotten", "Sessions that nobody ended and that closed themselves")


def alarm_forgotten(session_id: UUID, place_id: UUID) -> None:
    """A session closed itself."""
    FORGOTTEN.inc()
    log.warning("session.forgotten", session_id=str(session_id), place_id=str(place_id))
