"""A live sitting of the demo clinic with its people."""

from tests.channels.queue.conftest import desk, doctor, make_session, priya, session, stranger, time

__all__ = ["desk", "doctor", "make_session", "priya", "session", "stranger", "time"]
