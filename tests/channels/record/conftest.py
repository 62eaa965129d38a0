"""The people of the clinic and of the laboratory."""

from tests.channels.lab.laboratory import collector, entry, technician
from tests.channels.queue.conftest import desk, doctor, make_session, priya, session, stranger, time

__all__ = ["collector", "desk", "doctor", "entry", "make_session", "priya", "session", "stranger", "technician", "time"]
