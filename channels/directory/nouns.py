"""The closed lists of this domain. A test holds each against the CHECK of its column."""

from enum import StrEnum


class PlaceKind(StrEnum):
    """What stands at an address."""

    CLINIC = "clinic"
    HOSPITAL = "hospital"
    PHARMACY = "pharmacy"
    LABORATORY = "laboratory"


class AffiliationState(StrEnum):
    """An offer counts only once the doctor has accepted it."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ENDED = "ended"
