"""The states of a thread and the only steps between them."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class ThreadState(StrEnum):
    """Whether something can be said."""

    OPEN = "open"
    CLOSED = "closed"
    """No visit or order goes on, and the days after the last one are over; or its relationship was ended."""
    SHUT = "shut"
    """The doctor's or the place's side ended it; the next visit opens it again."""


S = ThreadState

THREAD: Final = Lifecycle(
    ThreadState,
    start={S.OPEN},
    moves={
        "prolong": Move({S.OPEN}, S.OPEN, by_hand=False),
        "lapse": Move({S.OPEN}, S.CLOSED, by_hand=False),
        "close": Move({S.OPEN}, S.SHUT),
        "reopen": Move({S.CLOSED, S.SHUT}, S.OPEN, by_hand=False),
    },
)
