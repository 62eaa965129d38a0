"""The closed lists of this domain. A test holds each against the CHECK of its column."""

from enum import StrEnum


class PlaceKind(StrEnum):
    """What stands at an address."""

    CLINIC = "clinic"
    HOSPITAL = "hospital"
    PHARMACY = "pharmacy"
    LABORATORY = "laboratory"


class Approval(StrEnum):
    """Whether a place's papers were looked at; only an approved one is found by everybody."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Subject(StrEnum):
    """What is verified."""

    DOCTOR = "doctor"
    PLACE = "place"


class AffiliationState(StrEnum):
    """An offer counts only once the doctor has accepted it."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    """The place took its offer back before she answered."""
    ENDED = "ended"
