"""How far a letter comes. Reports arrive in any order: one that would lead back is late, and no mistake."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class LetterState(StrEnum):
    """In this order a letter goes on. `failed`: the gateway kept it; `undelivered`: the network did."""

    LEAVING = "leaving"
    ACCEPTED = "accepted"
    SENT = "sent"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"
    READ = "read"


def _onward(to: LetterState) -> Move[LetterState]:
    """From every state before it: what lies between was reported to nobody, or is late."""
    steps = list(LetterState)
    return Move(frozenset(steps[: steps.index(to)]), to, by_hand=False)


LETTER: Final = Lifecycle(
    LetterState,
    start={LetterState.LEAVING},
    moves={
        "accept": _onward(LetterState.ACCEPTED),
        "send": _onward(LetterState.SENT),
        "fail": _onward(LetterState.FAILED),
        "give_up": _onward(LetterState.UNDELIVERED),
        "deliver": _onward(LetterState.DELIVERED),
        "read": _onward(LetterState.READ),
    },
)

REPORTED: Final = {
    "accepted": "accept",
    "scheduled": "accept",
    "queued": "accept",
    "sending": "accept",
    "sent": "send",
    "failed": "fail",
    "canceled": "fail",
    "undelivered": "give_up",
    "delivered": "deliver",
    "read": "read",
}
"""Twilio's words for a message's status as moves of ours; others say nothing of its way."""
