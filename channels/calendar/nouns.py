"""The closed lists of this domain. A test holds each against the CHECK of its column."""

from enum import StrEnum
from typing import Final

HORIZON_MAX: Final = 365
"""So many days ahead a visit can be booked at most, whatever the terms say."""


class Mode(StrEnum):
    """How a doctor and her patient meet."""

    IN_PERSON = "in_person"
    TELECONSULT = "teleconsult"
    """By video; at a place it is the place that offers it, without one the doctor herself."""


class PaymentMode(StrEnum):
    """How a visit is paid (PRODUCT 23)."""

    ONLINE = "online"
    COUNTER = "counter"
    FREE = "free"
