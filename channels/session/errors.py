"""How a sitting says no."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class DoctorBusy(Refusal, code=409, reason="doctor_busy"):
    """The doctor has a live session already; end it, or open this one for several rooms."""


class SessionClosed(Refusal, code=409, reason="session_closed"):
    """The session is not open for this: not yet, not any more, or cancelled."""


class NotApproved(Refusal, code=409, reason="not_approved"):
    """The approval of this doctor or place was withdrawn: nothing new is planned, begun or joined there."""


refuse("session_one_live", DoctorBusy)
refuse("approval_stands", NotApproved)
