"""A sitting of the demo clinic with its people, and what they may read."""

from tests.channels.care.people import reads
from tests.channels.queue.conftest import desk, doctor, make_session, morning, priya, session, stranger, time

__all__ = ["desk", "doctor", "make_session", "morning", "priya", "reads", "session", "stranger", "time"]
