"""The states of a review and the only steps between them."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class ReviewState(StrEnum):
    """Whether others read it."""

    UNVERIFIED = "unverified"
    """It waits for an administrator."""
    VERIFIED = "verified"
    """Public, and counted."""
    REJECTED = "rejected"
    DELETED = "deleted"
    """Its words are gone, and its visit is not reviewed again."""


R = ReviewState

REVIEW: Final = Lifecycle(
    ReviewState,
    start={R.UNVERIFIED},
    moves={
        "update": Move({R.UNVERIFIED, R.VERIFIED, R.REJECTED}, R.UNVERIFIED),
        "verify": Move({R.UNVERIFIED, R.REJECTED}, R.VERIFIED),
        "reject": Move({R.UNVERIFIED, R.VERIFIED}, R.REJECTED),
        "delete": Move({R.UNVERIFIED, R.VERIFIED, R.REJECTED}, R.DELETED),
    },
)
