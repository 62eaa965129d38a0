"""The states of a consultation, and the closed lists beside them. A test holds each against its column's CHECK."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class ConsultationState(StrEnum):
    """How far a consultation is."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    """It was begun by mistake."""


class CallConsent(StrEnum):
    """How the patient agreed to a consultation by video (Telemedicine Practice Guidelines 2020, 3.4; counsel)."""

    IMPLIED = "implied"
    """She, or who acts for her, asked for it."""
    EXPLICIT = "explicit"
    """Somebody else began it, and she said yes."""


class IdentityBy(StrEnum):
    """How the doctor made sure of whom he sees (as above, 3.2)."""

    KNOWN = "known"
    DOCUMENT = "document"
    ASKED = "asked"
    """Name, age and address were asked."""


S = ConsultationState

CONSULTATION: Final = Lifecycle(
    S,
    start={S.IN_PROGRESS},
    moves={
        "update": Move({S.IN_PROGRESS}, S.IN_PROGRESS),
        "complete": Move({S.IN_PROGRESS}, S.COMPLETED),
        "cancel": Move({S.IN_PROGRESS}, S.CANCELLED),
        "add": Move({S.COMPLETED}, S.COMPLETED),
    },
)
