"""How a line says no."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse
from channels.session import DoctorBusy, NotApproved, SessionClosed

__all__ = ["AlreadyJoined", "CodeWrong", "ConsultationRunning", "DoctorBusy", "NoRemoteJoin", "NotApproved",
           "NothingToCall",
           "NumberTaken", "QueueFull", "RoomBusy", "SessionClosed", "TooEarly", "TooLate", "TooManyTokens"]  # fmt: skip


class QueueFull(Refusal, code=409, reason="queue_full"):
    """The session takes no more tokens of this kind; `quota` says which limit is reached."""


class AlreadyJoined(Refusal, code=409, reason="already_joined"):
    """This patient has an active token in this session."""


class TooManyTokens(Refusal, code=409, reason="too_many_tokens"):
    """This account holds as many active tokens today as it may."""


class NoRemoteJoin(Refusal, code=409, reason="no_remote_join"):
    """Joining from afar is off: for this session, or for this account after repeated no-shows."""


class RoomBusy(Refusal, code=409, reason="room_busy"):
    """Somebody is called to this room or in it; begin, skip or finish that token first."""


class NothingToCall(Refusal, code=409, reason="nothing_to_call"):
    """Nobody is waiting."""


class ConsultationRunning(Refusal, code=409, reason="consultation_running"):
    """Somebody is in consultation; finish that first."""


class TooEarly(Refusal, code=409, reason="too_early"):
    """A no-show needs two announcements and the grace time; `calls` and `not_before` tell what is missing."""


class TooLate(Refusal, code=409, reason="too_late"):
    """The time in which this could be taken back has passed."""


class NumberTaken(Refusal, code=409, reason="number_taken"):
    """These paper numbers lie at or below the last number given."""


class CodeWrong(Refusal, code=409, reason="code_wrong"):
    """The code is wrong, used or expired."""


refuse("token_one_active", AlreadyJoined)
refuse("token_one_in_room", RoomBusy)
refuse("token_number_once", NumberTaken)
