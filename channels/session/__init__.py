"""A doctor's OPD sitting: who sits where, from when to when, how many may come.

A *session* belongs to one doctor at one place, in one room or (multi-room) in several. It is scheduled, then live,
perhaps paused, then completed; or cancelled. Starting, pausing and ending it moves its line too, so those commands
live in `channels.queue.sitting`. It has nothing to do with a login.
"""

from channels.session.errors import DoctorBusy, NotApproved, SessionClosed
from channels.session.jobs import KEY, SessionPlanned
from channels.session.views import (
    Grace,
    Minutes,
    Quota,
    Seats,
    SessionView,
    Turns,
    check_times,
    planned,
    view,
)

__all__ = ["KEY", "DoctorBusy", "Grace", "Minutes", "NotApproved", "Quota", "Seats", "SessionClosed",
           "SessionPlanned", "SessionView", "Turns", "check_times", "planned", "view"]  # fmt: skip
