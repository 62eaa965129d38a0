"""The states of a hold and the only steps between them."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class HoldState(StrEnum):
    """Where a hold stands. One whose time is over is worth nothing, even while it still says `held`."""

    HELD = "held"
    SOLD = "sold"
    RELEASED = "released"
    EXPIRED = "expired"


H = HoldState

HOLD: Final = Lifecycle(
    HoldState,
    start={H.HELD},
    moves={
        "extend": Move({H.HELD}, H.HELD),
        "sell": Move({H.HELD}, H.SOLD),
        "release": Move({H.HELD}, H.RELEASED),
        "expire": Move({H.HELD}, H.EXPIRED, by_hand=False),
    },
)
