"""The states of a prescription, and the closed lists beside them. A test holds each against its column's CHECK."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move
from channels.care import Schedule


class PrescriptionState(StrEnum):
    """Whether a prescription is in force."""

    DRAFT = "draft"
    """Its doctor's alone."""
    ISSUED = "issued"
    SUPERSEDED = "superseded"
    """Another took its place."""
    CANCELLED = "cancelled"


class MedicineForm(StrEnum):
    """In what a medicine comes."""

    TABLET = "tablet"
    CAPSULE = "capsule"
    LIQUID = "liquid"
    DROPS = "drops"
    INJECTION = "injection"
    OINTMENT = "ointment"
    INHALER = "inhaler"
    SPRAY = "spray"
    PATCH = "patch"
    POWDER = "powder"
    SUPPOSITORY = "suppository"
    DEVICE = "device"
    OTHER = "other"


class AllergyOutcome(StrEnum):
    """What the look at the patient's allergies found."""

    CLEAR = "clear"
    """Every medicine and every allergy is known, and none meets another; or she has no allergies."""
    UNKNOWN = "unknown"
    """Nothing meets, but some medicine or allergy is not known: it was compared by its name alone."""
    RELATED = "related"
    """Only classes meet of which some cross-react: the weaker warning."""
    MATCHED = "matched"
    NOT_RECORDED = "not_recorded"
    """Nobody has asked her yet: that is not the same as none."""
    UNREADABLE = "unreadable"
    """The doctor may not read the list."""


class MatchedBy(StrEnum):
    """How a medicine met an allergy."""

    NAME = "name"
    """The same substance, however it is spelled or sold."""
    CLASS = "class"
    RELATED = "related"
    """Of a class that is known to cross-react."""


PASSING: Final = frozenset({AllergyOutcome.CLEAR, AllergyOutcome.UNKNOWN})
"""With these a prescription is issued without a reason."""
NEVER_DISPENSED: Final = frozenset({Schedule.X, Schedule.NARCOTIC})

S = PrescriptionState

PRESCRIPTION: Final = Lifecycle(
    S,
    start={S.DRAFT},
    moves={
        "update": Move({S.DRAFT}, S.DRAFT),
        "issue": Move({S.DRAFT}, S.ISSUED),
        "dispense": Move({S.ISSUED}, S.ISSUED),
        "supersede": Move({S.ISSUED}, S.SUPERSEDED),
        "cancel": Move({S.ISSUED}, S.CANCELLED),
    },
)
