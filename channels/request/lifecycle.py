"""The states of a request and of a bill, and the only steps between them."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class RequestKind(StrEnum):
    """What is asked for: of pharmacies, or of laboratories."""

    MEDICINE = "medicine"
    TEST = "test"


class RequestState(StrEnum):
    """Where a request stands."""

    CREATED = "created"
    ACCEPTED = "accepted"
    """A coordinator has it in hand."""
    RESPONDED = "responded"
    """A bill waits for the patient's side."""
    CONFIRMED = "confirmed"
    """It is orders now."""
    PARTIALLY_FULFILLED = "partially_fulfilled"
    """All its orders ended, and something of it was not delivered."""
    CLOSED = "closed"
    """All its orders ended, and everything was delivered."""
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """The bill ran out before it was confirmed."""


class BillState(StrEnum):
    """What became of a bill."""

    OPEN = "open"
    SUPERSEDED = "superseded"
    """Another version replaced it."""
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DROPPED = "dropped"
    """Its request ended without it."""
    CONFIRMED = "confirmed"


class LineSource(StrEnum):
    """Who wrote a line down."""

    ASKED = "asked"
    READ = "read"
    """A pharmacist read it from her photo."""


S = RequestState

OPEN: Final = frozenset({S.CREATED, S.ACCEPTED, S.RESPONDED})
"""A coordinator or the patient still has something to do with it."""

REQUEST: Final = Lifecycle(
    RequestState,
    start={S.CREATED},
    moves={
        "accept": Move({S.CREATED}, S.ACCEPTED),
        "respond": Move({S.ACCEPTED, S.RESPONDED}, S.RESPONDED),
        "withdraw": Move({S.RESPONDED}, S.ACCEPTED),
        "confirm": Move({S.RESPONDED}, S.CONFIRMED),
        "reject": Move({S.CREATED, S.ACCEPTED}, S.REJECTED),
        "cancel": Move(OPEN, S.CANCELLED),
        "expire": Move({S.RESPONDED}, S.EXPIRED, by_hand=False),
        "close": Move({S.CONFIRMED}, S.CLOSED, by_hand=False),
        "close_partly": Move({S.CONFIRMED}, S.PARTIALLY_FULFILLED, by_hand=False),
        "fall_through": Move({S.CONFIRMED}, S.CANCELLED, by_hand=False),
    },
)

BILL: Final = Lifecycle(
    BillState,
    start={BillState.OPEN},
    moves={
        "supersede": Move({BillState.OPEN}, BillState.SUPERSEDED),
        "withdraw": Move({BillState.OPEN}, BillState.WITHDRAWN),
        "expire": Move({BillState.OPEN}, BillState.EXPIRED),
        "drop": Move({BillState.OPEN}, BillState.DROPPED),
        "confirm": Move({BillState.OPEN}, BillState.CONFIRMED),
    },
)
