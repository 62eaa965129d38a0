"""Money is taken for what the appointments' people book."""

from tests.channels.appointment.conftest import (
    clock_time,
    desk,
    doctor,
    make_session,
    patients,
    priya,
    stranger,
    time_,
    vikram,
)

__all__ = ["clock_time", "desk", "doctor", "make_session", "patients", "priya", "stranger", "time_", "vikram"]
