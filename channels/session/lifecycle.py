"""The states of a sitting and the only steps between them."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class SessionState(StrEnum):
    """Where a sitting stands."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class PauseReason(StrEnum):
    """Why a doctor paused. A closed list: the waiting room reads it, so nobody may type a patient's name into it."""

    BREAK = "break"
    ROUNDS = "rounds"
    EMERGENCY = "emergency"
    PRAYER = "prayer"
    TECHNICAL = "technical"
    OTHER = "other"


S = SessionState

OPEN: Final = frozenset({S.SCHEDULED, S.LIVE, S.PAUSED})
"""A line may still form or move."""

SESSION: Final = Lifecycle(
    SessionState,
    start={S.SCHEDULED},
    moves={
        "start": Move({S.SCHEDULED}, S.LIVE),
        "delay": Move({S.SCHEDULED}, S.SCHEDULED),
        "pause": Move({S.LIVE}, S.PAUSED),
        "resume": Move({S.PAUSED}, S.LIVE),
        "end": Move({S.LIVE, S.PAUSED}, S.COMPLETED),
        "cancel": Move({S.SCHEDULED, S.LIVE, S.PAUSED}, S.CANCELLED),
    },
)
