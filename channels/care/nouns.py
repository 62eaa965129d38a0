"""The closed lists of this domain. A test holds each against the CHECK of its column."""

from enum import StrEnum


class RelationState(StrEnum):
    """Where a relationship stands. Only a standing one opens anything."""

    ASKED = "asked"
    STANDING = "standing"
    LAPSED = "lapsed"
    """The time after the last visit is over."""
    ENDED = "ended"
    """The patient's side ended it, or said no."""


class RecordType(StrEnum):
    """What can be read of a patient: the unit of every right, and of a consent."""

    SUMMARY = "summary"
    """Allergies and current medicines."""
    BACKGROUND = "background"
    """Conditions, blood group and whom to call in an emergency."""
    CONSULTATION = "consultation"
    PRESCRIPTION = "prescription"
    LAB_REPORT = "lab_report"
    MEDICAL_RECORD = "medical_record"
    CHAT = "chat"


class RightKind(StrEnum):
    """By which right somebody reads."""

    OWN = "own"
    GUARDIAN = "guardian"
    RELATIONSHIP = "relationship"
    CONSENT = "consent"
    BREAK_GLASS = "break_glass"
