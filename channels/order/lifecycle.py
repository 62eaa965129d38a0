"""The states of an order and the only steps between them: one table for pharmacies, one for laboratories."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class ProviderKind(StrEnum):
    """Who fulfils an order."""

    PHARMACY = "pharmacy"
    LABORATORY = "laboratory"


class OrderSource(StrEnum):
    """Where an order comes from."""

    DIRECT = "direct"
    REQUEST = "request"


class Fulfilment(StrEnum):
    """How it comes to the patient, or she to it."""

    HOME = "home"
    PICKUP = "pickup"
    """She fetches what she ordered."""
    VISIT = "visit"
    """She comes to the laboratory."""


class PaymentMode(StrEnum):
    """When it is paid."""

    ONLINE = "online"
    """Before the provider begins."""
    COUNTER = "counter"
    """When it is handed over, at the counter or at the door."""
    FREE = "free"
    """There is nothing to pay."""


class OrderState(StrEnum):
    """Where an order stands."""

    CREATED = "created"
    CONFIRMED = "confirmed"
    PREPARING = "preparing"
    READY = "ready"
    OUT_FOR_DELIVERY = "out_for_delivery"
    FAILED = "failed"
    """Nobody took it at the door."""
    DELIVERED = "delivered"
    COLLECTED = "collected"
    RETURNED = "returned"
    """It came back undelivered."""
    EXPIRED = "expired"
    """Nobody fetched it."""
    SAMPLE_SCHEDULED = "sample_scheduled"
    MISSED = "missed"
    SAMPLE_COLLECTED = "sample_collected"
    SAMPLE_REJECTED = "sample_rejected"
    PROCESSING = "processing"
    REPORT_READY = "report_ready"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


S = OrderState

FULFILLED: Final = frozenset({S.DELIVERED, S.COLLECTED, S.REPORT_READY, S.COMPLETED})
"""The patient has what she ordered."""
CANCELLABLE: Final = frozenset({S.CREATED, S.CONFIRMED, S.PREPARING, S.READY})
SAMPLES: Final = frozenset({S.SAMPLE_SCHEDULED, S.MISSED, S.SAMPLE_COLLECTED, S.SAMPLE_REJECTED, S.PROCESSING,
                            S.REPORT_READY})  # fmt: skip
PARCELS: Final = frozenset({S.PREPARING, S.READY, S.OUT_FOR_DELIVERY, S.FAILED, S.DELIVERED, S.COLLECTED, S.RETURNED,
                            S.EXPIRED})  # fmt: skip

_OFFER: Final = {
    "confirm": Move({S.CREATED}, S.CONFIRMED),
    "reject": Move({S.CREATED}, S.REJECTED),
    "reoffer": Move({S.CREATED, S.REJECTED}, S.CREATED),
    "cancel": Move(CANCELLABLE, S.CANCELLED),
    "complete": Move({S.DELIVERED, S.COLLECTED, S.REPORT_READY}, S.COMPLETED, by_hand=False),
}

PHARMACY: Final = Lifecycle(
    OrderState,
    start={S.CREATED},
    without=SAMPLES,
    moves={
        **_OFFER,
        "prepare": Move({S.CONFIRMED}, S.PREPARING),
        "make_ready": Move({S.PREPARING}, S.READY),
        "send_out": Move({S.READY, S.FAILED}, S.OUT_FOR_DELIVERY),
        "deliver": Move({S.OUT_FOR_DELIVERY}, S.DELIVERED),
        "collect": Move({S.READY}, S.COLLECTED),
        "fail": Move({S.OUT_FOR_DELIVERY}, S.FAILED),
        "bring_back": Move({S.FAILED}, S.RETURNED),
        "expire": Move({S.READY}, S.EXPIRED, by_hand=False),
    },
)

# What becomes of the samples is said by the laboratory's tests alone (PRODUCT 29). Of several tests one may be missed
# while another is examined, so the sum of them moves from any of these to any other.
_UNDER_WAY: Final = frozenset({S.CONFIRMED, S.SAMPLE_SCHEDULED, S.MISSED, S.SAMPLE_COLLECTED, S.SAMPLE_REJECTED,
                               S.PROCESSING})  # fmt: skip


def _derived(target: OrderState) -> Move[OrderState]:
    return Move(_UNDER_WAY - {target}, target, by_hand=False)


LABORATORY: Final = Lifecycle(
    OrderState,
    start={S.CREATED},
    without=PARCELS,
    moves={
        **_OFFER,
        "cancel": Move({S.CREATED, S.CONFIRMED, S.SAMPLE_SCHEDULED, S.MISSED}, S.CANCELLED),
        "unplan": _derived(S.CONFIRMED),
        "schedule": _derived(S.SAMPLE_SCHEDULED),
        "miss": _derived(S.MISSED),
        "take_sample": _derived(S.SAMPLE_COLLECTED),
        "process": _derived(S.PROCESSING),
        "reject_sample": _derived(S.SAMPLE_REJECTED),
        "report": _derived(S.REPORT_READY),
    },
)

MACHINES: Final = {ProviderKind.PHARMACY: PHARMACY, ProviderKind.LABORATORY: LABORATORY}
