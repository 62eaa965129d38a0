"""The laboratory's people beside those of the clinic."""

from tests.channels.lab.laboratory import collector, entry, technician
from tests.channels.queue.conftest import desk, doctor, make_session, morning, priya, session, stranger, time

__all__ = [
    "collector",
    "desk",
    "doctor",
    "entry",
    "make_session",
    "morning",
    "priya",
    "session",
    "stranger",
    "technician",
    "time",
]
