"""The states of a payment through a gateway, and the only steps between them."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class PaymentState(StrEnum):
    """Where an attempt to pay stands."""

    PENDING = "pending"
    """It waits for her to pay."""
    PROCESSING = "processing"
    """She has paid; her bank has not answered."""
    COMPLETED = "completed"
    """The money came, and counts or goes back."""
    FAILED = "failed"
    """Her bank said no, and she may try again."""
    CANCELLED = "cancelled"
    """It ran out, or another attempt took its place."""
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


P = PaymentState

OPEN: Final = frozenset({P.PENDING, P.PROCESSING})
"""Of one thing one attempt at a time is open."""
UNFINISHED: Final = OPEN | {P.FAILED}
"""It may still be paid."""
PAID: Final = frozenset({P.COMPLETED, P.PARTIALLY_REFUNDED, P.REFUNDED})

PAYMENT: Final = Lifecycle(
    PaymentState,
    start={P.PENDING},
    moves={
        "retry": Move({P.FAILED}, P.PENDING),
        "process": Move({P.PENDING, P.FAILED}, P.PROCESSING, by_hand=False),
        # Money that came is a fact, however late: the thing says whether it counts.
        "complete": Move({P.PENDING, P.PROCESSING, P.FAILED, P.CANCELLED}, P.COMPLETED, by_hand=False),
        "fail": Move({P.PENDING, P.PROCESSING}, P.FAILED, by_hand=False),
        "cancel": Move({P.PENDING, P.PROCESSING, P.FAILED}, P.CANCELLED, by_hand=False),
        "refund_part": Move({P.COMPLETED, P.PARTIALLY_REFUNDED, P.REFUNDED}, P.PARTIALLY_REFUNDED, by_hand=False),
        "refund": Move({P.COMPLETED, P.PARTIALLY_REFUNDED}, P.REFUNDED, by_hand=False),
        "bounce": Move({P.PARTIALLY_REFUNDED, P.REFUNDED}, P.COMPLETED, by_hand=False),
    },
)
"""`bounce`: her bank did not take what went back."""


class RefundState(StrEnum):
    """Where money stands that goes back through the gateway it came by."""

    DUE = "due"
    SENT = "sent"
    FAILED = "failed"
    """Her bank did not take it."""


R = RefundState

REFUND: Final = Lifecycle(
    RefundState,
    start={R.DUE},
    moves={"send": Move({R.DUE}, R.SENT, by_hand=False), "bounce": Move({R.DUE, R.SENT}, R.FAILED, by_hand=False)},
)
