"""Money is taken for what the appointments' people book."""

from tests.channels.appointment.conftest import desk, doctor, make_session, priya, stranger, time_, vikram

__all__ = ["desk", "doctor", "make_session", "priya", "stranger", "time_", "vikram"]
