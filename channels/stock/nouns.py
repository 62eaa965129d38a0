"""The closed lists of this domain. A test holds each against the CHECK of its column."""

from enum import StrEnum
from typing import Final

from channels.care import Schedule

ON_PRESCRIPTION: Final = frozenset({Schedule.H, Schedule.H1})
"""What is sold on a prescription only."""


class DosageForm(StrEnum):
    """What an article is when one takes it out of its box."""

    TABLET = "tablet"
    CAPSULE = "capsule"
    SYRUP = "syrup"
    SUSPENSION = "suspension"
    DROPS = "drops"
    INJECTION = "injection"
    CREAM = "cream"
    OINTMENT = "ointment"
    GEL = "gel"
    INHALER = "inhaler"
    PATCH = "patch"
    POWDER = "powder"
    SUPPOSITORY = "suppository"
    SPRAY = "spray"
    DEVICE = "device"
    """A strip, a needle, a thermometer."""
    OTHER = "other"


class Availability(StrEnum):
    """What everybody may know of a pharmacy's stock: never how many."""

    AVAILABLE = "available"
    FEW = "few"
    NONE = "none"


class MovementKind(StrEnum):
    """The only ways in which stock changes."""

    RECEIVE = "receive"
    SELL = "sell"
    RETURN = "return"
    EXPIRE = "expire"
    ADJUST = "adjust"


class AdjustReason(StrEnum):
    """Why stock was adjusted. Only a count may find more than the books say."""

    COUNTED = "counted"
    DAMAGED = "damaged"
    LOST = "lost"
    RECALLED = "recalled"
    SENT_BACK = "sent_back"
    """To who had delivered it."""
    UNFIT = "unfit"
    """It came back and is not sold again."""


class PartState(StrEnum):
    """What became of a part of a hold."""

    HELD = "held"
    SOLD = "sold"
    FREED = "freed"
