"""The closed lists of this domain. A test holds each against the CHECK of its column."""

from enum import StrEnum
from typing import Final


class Payable(StrEnum):
    """What can be paid for."""

    APPOINTMENT = "appointment"
    ORDER = "order"
    REQUEST = "request"
    """The bill that answers it: the whole of it, online, before it becomes orders."""


AT_COUNTERS: Final = frozenset({Payable.APPOINTMENT, Payable.ORDER})
"""What is paid at a counter: whoever was asked for a price does not know whose bill it is."""


class Means(StrEnum):
    """How money is taken at a counter."""

    CASH = "cash"
    UPI = "upi"
    """Scanned from the counter's own code; the desk has seen that it came."""
    CARD = "card"
    """By a terminal that is not ours."""
