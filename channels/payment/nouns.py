"""The closed lists of this domain. A test holds each against the CHECK of its column."""

from enum import StrEnum


class Payable(StrEnum):
    """What can be paid for."""

    APPOINTMENT = "appointment"
    ORDER = "order"


class Means(StrEnum):
    """How money is taken at a counter."""

    CASH = "cash"
    UPI = "upi"
    """Scanned from the counter's own code; the desk has seen that it came."""
    CARD = "card"
    """By a terminal that is not ours."""
