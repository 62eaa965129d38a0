"""Paying online: her side begins a payment, her app finishes it with the gateway, and the gateway tells us."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, command, query
from carewire.errors import IllegalMove, InvalidParams, NotFound
from carewire.ids import uuid7
from carewire.money import Money
from carewire.paid import Owed
from carewire.providers import payments
from channels.identity import Capacity
from channels.payment import access, attempts, settling
from channels.payment.attempts import Attempt, Checkout, OnlinePayment, PaymentUpdated, view
from channels.payment.commands import AboutId
from channels.payment.errors import NoGateway, NothingOwed, OtherAmount, PaymentOpen
from channels.payment.jobs import begun
from channels.payment.lifecycle import PAYMENT, PaymentState
from channels.payment.nouns import Payable

OPEN_FOR: Final = timedelta(minutes=30)
"""How long an attempt stays open where nothing ends before."""


class PaymentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A payment, and what the app pays it with: null before it is `ready`, and when it is over."""

    payment: OnlinePayment
    checkout: Checkout | None


@command(
    "payment.create",
    allow={Capacity.PATIENT},
    emits={PaymentUpdated},
    errors={NotFound, InvalidParams, NoGateway, NothingOwed, OtherAmount, PaymentOpen},
)
async def create(ctx: Ctx, about: Payable, about_id: AboutId, money: Money) -> OnlinePayment:
    """Begin to pay the whole of what is owed for a thing of a patient one acts for.

    `payments:{account_id}` tells when it is `ready`; then `payment.status` has what the app pays with. Of one thing one
    payment is open at a time: the caller's own of the same amount is answered again, another takes its place, unless
    her bank has it already (`payment_open`).
    """
    gateway = payments.provider(ctx.settings)
    if gateway is None:
        raise NoGateway()
    due, patient_id = await access.owed_by_her(ctx, about, about_id, lock=True)
    until = _payable(ctx, due, money)
    for other in await attempts.unfinished(ctx.tx, about, about_id):
        if other.state is PaymentState.PROCESSING:
            raise PaymentOpen(payment_id=str(other.id))
        if _goes_on(ctx, other, money) and other.gateway is gateway.name:
            return view(other)
        await settling.give_up(ctx, other, "replaced")
    attempt = Attempt(
        id=uuid7(ctx.real_now.timestamp()),
        about_noun=about,
        about_id=about_id,
        patient_id=patient_id,
        payer_id=ctx.actor.id,
        amount=money.amount,
        currency=money.currency,
        gateway=gateway.name,
        state=PaymentState.PENDING,
        created_at=ctx.now,
        expires_at=until,
        intent=None,
        checkout=None,
        heard_at=None,
        problem=None,
        received=None,
        received_currency=None,
        completed_at=None,
        refund_reason=None,
        refunded=0,
    )
    ctx.about("payment", attempt.id, patient=patient_id)
    await attempts.begin(ctx, attempt)
    begun(ctx, attempt.id)
    return view(attempt)


@command(
    "payment.retry",
    allow={Capacity.PATIENT},
    emits={PaymentUpdated},
    errors={NotFound, IllegalMove, NothingOwed, OtherAmount, PaymentOpen},
)
async def retry(ctx: Ctx, payment_id: UUID) -> OnlinePayment:
    """Try again a payment of one's own that failed, as long as it is still owed and has not run out."""
    known = await attempts.own(ctx, payment_id)
    ctx.about("payment", known.id, patient=known.patient_id)
    due, _ = await access.owed_by_her(ctx, known.about_noun, known.about_id, lock=True)
    attempt = await attempts.own(ctx, payment_id, lock=True)
    PAYMENT.move(attempt.state, "retry")
    _payable(ctx, due, attempt.money)
    if attempt.expires_at <= ctx.now:
        raise NothingOwed("It has run out: begin another payment")
    for other in await attempts.unfinished(ctx.tx, attempt.about_noun, attempt.about_id):
        if other.id != attempt.id and other.state is not PaymentState.FAILED:
            raise PaymentOpen(payment_id=str(other.id))
    attempt = await attempts.change(ctx, attempt, "retry", problem=None)
    begun(ctx, attempt.id)
    return view(attempt)


@query("payment.status", allow={Capacity.PATIENT}, errors={NotFound})
async def status(ctx: Ctx, payment_id: UUID) -> PaymentStatus:
    """Where a payment of one's own stands, and what the app pays it with.

    The gateway is asked by itself, every two minutes, as long as a payment is open.
    """
    attempt = await attempts.own(ctx, payment_id)
    gateway = payments.named(ctx.settings, attempt.gateway)
    return PaymentStatus(payment=view(attempt), checkout=attempts.checkout(ctx, attempt, gateway))


def _payable(ctx: Ctx, due: Owed, money: Money) -> datetime:
    """Until when an attempt to pay this may stay open."""
    if due.money is None or (due.until is not None and due.until <= ctx.now):
        raise NothingOwed()
    if (money.amount, money.currency) != (due.money.amount, due.money.currency):
        raise OtherAmount(owed=msgspec.to_builtins(due.money))
    return min(due.until or ctx.now + OPEN_FOR, ctx.now + OPEN_FOR)


def _goes_on(ctx: Ctx, attempt: Attempt, money: Money) -> bool:
    """Whether the caller may go on with an attempt that is open."""
    same = (attempt.payer_id, attempt.amount, attempt.currency) == (ctx.actor.id, money.amount, money.currency)
    return same and attempt.state is PaymentState.PENDING and attempt.expires_at > ctx.now
