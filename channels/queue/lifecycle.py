"""The states of a token and the only steps between them."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class TokenState(StrEnum):
    """Where a token stands."""

    EXPECTED = "expected"
    WAITING = "waiting"
    CALLED = "called"
    IN_CONSULTATION = "in_consultation"
    AWAY = "away"
    SKIPPED = "skipped"
    NO_SHOW = "no_show"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class TokenKind(StrEnum):
    """How the patient came into the line."""

    BOOKED = "booked"
    WALK_IN = "walk_in"
    REMOTE = "remote"


class Priority(StrEnum):
    """Why a token goes before others. A closed list, and every use is recorded."""

    EMERGENCY = "emergency"
    ELDERLY = "elderly"
    PREGNANT = "pregnant"
    DISABLED = "disabled"
    INFANT = "infant"


class EndReason(StrEnum):
    """Why a token was cancelled."""

    LEFT = "left"
    SESSION_ENDED = "session_ended"
    SESSION_CANCELLED = "session_cancelled"
    NOT_ARRIVED = "not_arrived"
    PATIENT_GONE = "patient_gone"
    """She was erased, or her record deleted."""


class DisplayState(StrEnum):
    """Where a display stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REVOKED = "revoked"


T = TokenState

ACTIVE: Final = frozenset({T.EXPECTED, T.WAITING, T.CALLED, T.IN_CONSULTATION, T.AWAY, T.SKIPPED})
"""The patient may still be seen. One such token per patient and session."""
IN_ROOM: Final = frozenset({T.CALLED, T.IN_CONSULTATION})
"""The token occupies a room. One such token per room."""
ON_BOARD: Final = frozenset({T.WAITING, T.CALLED, T.IN_CONSULTATION, T.AWAY, T.SKIPPED})
"""The token has a number that the waiting room reads."""
ENDED: Final = frozenset({T.NO_SHOW, T.COMPLETED, T.CANCELLED})

TOKEN: Final = Lifecycle(
    TokenState,
    start={T.EXPECTED, T.WAITING, T.COMPLETED},  # completed: a paper number entered after an outage
    moves={
        "arrive": Move({T.EXPECTED}, T.WAITING),
        "call": Move({T.WAITING}, T.CALLED),
        "undo": Move({T.CALLED}, T.WAITING),
        "recall": Move({T.CALLED}, T.CALLED),
        "begin": Move({T.CALLED}, T.IN_CONSULTATION),
        "skip": Move({T.CALLED}, T.SKIPPED),
        "no_show": Move({T.CALLED, T.SKIPPED}, T.NO_SHOW),
        "away": Move({T.IN_CONSULTATION}, T.AWAY),
        "back": Move({T.AWAY, T.SKIPPED, T.NO_SHOW}, T.WAITING),
        "complete": Move({T.IN_CONSULTATION}, T.COMPLETED),
        "reopen": Move({T.COMPLETED}, T.IN_CONSULTATION, by_hand=False),  # only by undoing the call that finished it
        "move": Move({T.WAITING}, T.WAITING),
        "prioritise": Move({T.WAITING}, T.WAITING),
        "leave": Move({T.EXPECTED, T.WAITING, T.AWAY, T.SKIPPED}, T.CANCELLED),
        "close": Move({T.EXPECTED, T.WAITING, T.CALLED, T.AWAY, T.SKIPPED}, T.CANCELLED, by_hand=False),
    },
)

DISPLAY: Final = Lifecycle(
    DisplayState,
    start={DisplayState.PENDING},
    moves={
        "approve": Move({DisplayState.PENDING}, DisplayState.APPROVED),
        "rename": Move({DisplayState.APPROVED}, DisplayState.APPROVED),
        "revoke": Move({DisplayState.PENDING, DisplayState.APPROVED}, DisplayState.REVOKED),
    },
)
