"""Money online behind one small protocol. Everything but `hear` is called by errands only, never by a command.

    CAREWIRE_STRIPE_SECRET_KEY=sk_… CAREWIRE_STRIPE_PUBLIC_KEY=pk_… CAREWIRE_STRIPE_WEBHOOK_SECRET=whsec_…

An *intent* is one try to get an amount. We name it by the payment it is for: asked for again, also years later, the
gateway answers with the one it has. What becomes of it the gateway tells by a signed webhook, or when it is asked.
"""

from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from carewire.jobs.job import Trip
from carewire.money import Money
from carewire.settings import Settings


class GatewayName(StrEnum):
    """The gateways there are a driver for."""

    HOUSE = "house"
    """Development's own; no money moves."""
    STRIPE = "stripe"


class IntentState(StrEnum):
    """Where an intent stands at the gateway."""

    PENDING = "pending"
    """It waits for her to pay."""
    PROCESSING = "processing"
    """She did what she has to; her bank has not said yes or no."""
    COMPLETED = "completed"
    FAILED = "failed"
    """This try was refused; she may try again with the same intent."""
    CANCELLED = "cancelled"


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway says of an intent. It may say so late, and in another order than it happened."""

    ref: str
    """What the gateway calls it."""
    payment_id: UUID | None
    """The payment it is for; None: it was not made by us."""
    state: IntentState
    money: Money
    """What came where it is completed, else what is asked for."""
    problem: str | None = None
    """Why it failed or was cancelled: a word of the gateway."""
    at: datetime
    """When it was so, by the gateway's clock."""


class RefundState(StrEnum):
    """Where a refund stands at the gateway."""

    SENT = "sent"
    """On its way, or there."""
    FAILED = "failed"
    """The money is back with us: her bank did not take it."""


class GatewayRefund(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway says of a refund; `refund_id` is the one we named it by, None: it was not made by us."""

    ref: str
    refund_id: UUID | None
    state: RefundState


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """An intent that was made, and what her app pays it with. `secret` is for the payer alone."""

    intent: Intent
    secret: str


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook that is really the gateway's, once for each `id`. Neither intent nor refund: nothing that we follow."""

    id: str
    kind: str
    intent: Intent | None = None
    refund: GatewayRefund | None = None


class BadSignature(Exception):
    """It is not the gateway's, or too old to be told now."""


class Unreadable(Exception):
    """It is the gateway's, and not what it ought to look like."""


class PaymentGateway(Protocol):
    """One account at a gateway. What goes wrong is `Temporary` or `Permanent`."""

    name: GatewayName
    header: str
    """Where a webhook's signature stands."""
    public_key: str
    """What her app needs beside the secret."""

    async def create(self, trip: Trip, payment_id: UUID, money: Money) -> Made:
        """The intent for this payment: made now, or before."""

    async def read(self, trip: Trip, ref: str) -> Intent:
        """What it says of it now."""

    async def cancel(self, trip: Trip, ref: str) -> Intent:
        """Nobody pays it any more; what it says of it now, which may be that it is paid."""

    async def refund(self, trip: Trip, ref: str, refund_id: UUID, money: Money) -> GatewayRefund:
        """So much of it goes back, of one `refund_id` once."""

    def hear(self, body: bytes, signature: str) -> Heard:
        """What a webhook says. `body` is as it came, byte for byte. Raises `BadSignature`, `Unreadable`."""


def provider(settings: Settings) -> PaymentGateway | None:
    """The gateway with which new payments are made, or None: this deployment takes no money online."""
    if settings.stripe_secret_key:
        return named(settings, GatewayName.STRIPE)
    return None if settings.mode == "production" else named(settings, GatewayName.HOUSE)


def named(settings: Settings, name: GatewayName) -> PaymentGateway | None:
    """The gateway a payment was made with, as long as this deployment still has it."""
    # A client that nobody has configured is not imported: it takes a fifth of a second and its memory at every start.
    if name is GatewayName.STRIPE:
        if not settings.stripe_secret_key:
            return None
        from carewire.providers.stripe import Stripe

        return Stripe(settings)
    if settings.mode == "production":
        return None
    from carewire.providers.house import House

    return House(settings)
