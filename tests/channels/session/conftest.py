"""Sittings need the people of a line."""

from tests.channels.queue.conftest import desk, doctor, make_session, priya, session, stranger, time

__all__ = ["desk", "doctor", "make_session", "priya", "session", "stranger", "time"]
