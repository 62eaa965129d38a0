"""What is left to do for a payment through a gateway: asked outside of every transaction, heard in one."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import Job
from carewire.providers.payments import GatewayName, GatewayRefund, Intent

LOOK_EVERY: Final = timedelta(minutes=2)
"""How long a payment waits for a webhook before the gateway is asked."""


class IntentWanted(Job, name="payment.intent_wanted"):
    """A payment has begun: its gateway is to make an intent for it."""

    payment_id: UUID


class IntentMade(Job, name="payment.intent_made", secret=True):
    """There is one."""

    gateway: GatewayName
    intent: Intent
    secret: str


class IntentRefused(Job, name="payment.intent_refused"):
    """There will be none."""

    payment_id: UUID
    problem: str


class PaymentLook(Job, name="payment.look"):
    """A payment is still open: it has run out, or its gateway is asked."""

    payment_id: UUID


class IntentAsked(Job, name="payment.intent_asked"):
    """The gateway is asked what became of an intent, or told that nobody pays it any more."""

    payment_id: UUID
    cancel: bool


class IntentSaid(Job, name="payment.intent_said"):
    """It has answered."""

    gateway: GatewayName
    intent: Intent


class RefundWanted(Job, name="payment.refund_wanted", attempts=100):
    """Money is to go back through the gateway. Tried for most of a day: it is hers."""

    refund_id: UUID


class RefundSaid(Job, name="payment.refund_said"):
    """The gateway has sent it, or has it back."""

    refund: GatewayRefund


def begun(ctx: Ctx, payment_id: UUID) -> None:
    """See that there will be an intent, and that somebody looks after it."""
    ctx.enqueue(IntentWanted(payment_id=payment_id))
    look_later(ctx, payment_id)


def ask(ctx: Ctx, payment_id: UUID, *, cancel: bool = False) -> None:
    """See that the gateway is asked, or told that nobody pays it any more; in the place of an earlier asking."""
    ctx.enqueue(IntentAsked(payment_id=payment_id, cancel=cancel), key=f"payment.ask:{payment_id}")


def look_later(ctx: Ctx, payment_id: UUID) -> None:
    """Look at it when a webhook could have come."""
    ctx.enqueue(PaymentLook(payment_id=payment_id), not_before=ctx.now + LOOK_EVERY, key=f"payment.look:{payment_id}")
