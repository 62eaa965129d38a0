"""What is told to a thing when money came for it, and what it answers.

    async def mark_paid(ctx: Ctx, fact: Paid) -> Outcome: ...       # every payable thing has one, in its `access`
    async def owed(ctx: Ctx, thing_id: UUID, *, lock: bool = False) -> Owed: ...

Who goes without what was paid for tells `refunded`; whoever took the money (`on_refund`) sees that it goes back.

Money comes late, twice, or for what is over meanwhile: then the thing does not refuse, it says that the money is due
back. Nobody else knows whether a thing is still payable.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from carewire.money import Money

if TYPE_CHECKING:
    from carewire.command import Ctx


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """One payment that succeeded. Telling the same payment again changes nothing and answers as before."""

    payment_id: UUID
    about_id: UUID
    money: Money
    at: datetime
    place_id: UUID | None = None
    """At whose counter it was taken, where it was: it is in that till."""


class Due(StrEnum):
    """Why money goes back to who paid."""

    EXPIRED = "expired"
    """The hold, quote or offer ran out before the money came."""
    CANCELLED = "cancelled"
    OVER = "over"
    """It went another way and is not payable: rejected, completed, closed."""
    PAID_ALREADY = "paid_already"
    WRONG_AMOUNT = "wrong_amount"
    """Not the amount, or not the currency, that is owed."""


class Applied(msgspec.Struct, frozen=True, tag="applied", tag_field="outcome"):
    """The money counts for the thing."""


class RefundDue(msgspec.Struct, frozen=True, tag="refund_due", tag_field="outcome"):
    """The money does not count, and goes back whole."""

    reason: Due


Outcome = Applied | RefundDue


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be paid for a thing. `money` None: nothing (any more). `place_id`: at whose counter it can be paid;
    `until`: as long as this is kept for the money, if it is."""

    money: Money | None
    place_id: UUID | None
    patient_id: UUID | None
    until: datetime | None = None


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """So much of a payment goes back. `refund_id` names it, once and for all; `number` is what people call the thing
    by, `reason` a word of the code."""

    refund_id: UUID
    payment_id: UUID
    number: str
    money: Money
    reason: str


Follower = Callable[["Ctx", Refund], Awaitable[None]]
_FOLLOWERS: Final[list[Follower]] = []


def on_refund(follower: Follower) -> Follower:
    """Be told, in the same transaction, of each refund; of which payments, the follower knows. What it tells it
    declares with `tells_too`."""
    _FOLLOWERS.append(follower)
    return follower


async def refunded(ctx: "Ctx", refund: Refund) -> None:
    """The thing, which is locked, gives back of what was paid for it."""
    for follower in _FOLLOWERS:
        await follower(ctx, refund)
