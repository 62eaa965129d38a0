"""Asking the gateway, outside of every transaction; and hearing what it answered, in one."""

from carewire.command import Ctx
from carewire.jobs.job import Job, Trip, consumer, errand
from carewire.jobs.problems import Permanent, Temporary
from carewire.providers import payments
from carewire.providers.payments import GatewayName, PaymentGateway
from channels.payment import attempts, jobs, settling
from channels.payment.access import PAID_EMITS
from channels.payment.attempts import PaymentUpdated
from channels.payment.jobs import (
    IntentAsked,
    IntentMade,
    IntentRefused,
    IntentSaid,
    IntentWanted,
    PaymentLook,
    RefundSaid,
    RefundWanted,
)
from channels.payment.lifecycle import UNFINISHED, PaymentState


@errand(IntentWanted)
async def make_intent(trip: Trip, job: IntentWanted) -> Job | None:
    """Ask for it; of one payment there is one, however often it is asked for."""
    async with trip.db.snapshot() as tx:
        attempt = await attempts.find(tx, job.payment_id)
    if attempt is None or attempt.intent is not None or attempt.state is not PaymentState.PENDING:
        return None
    if attempt.expires_at <= trip.now:
        return None  # `PaymentLook` ends it
    try:
        made = await _gateway(trip, attempt.gateway).create(trip, attempt.id, attempt.money)
    except Permanent as refused:
        return IntentRefused(payment_id=attempt.id, problem=refused.reason)
    return IntentMade(gateway=attempt.gateway, intent=made.intent, secret=made.secret)


@consumer(IntentMade, emits={PaymentUpdated})
async def intent_made(ctx: Ctx, job: IntentMade) -> None:
    """Its app can pay now; what was given up meanwhile is given up at the gateway, too."""
    assert job.intent.payment_id is not None
    attempt = await attempts.find(ctx.tx, job.intent.payment_id, lock=True)
    if attempt is None or attempt.checkout is not None or attempt.intent not in (None, job.intent.ref):
        return
    if attempt.state is PaymentState.CANCELLED:
        await attempts.change(ctx, attempt, intent=job.intent.ref)
        jobs.ask(ctx, attempt.id, cancel=True)
    elif attempt.completed_at is None:
        await attempts.change(ctx, attempt, intent=job.intent.ref, checkout=attempts.sealed(ctx, job.secret))


@consumer(IntentRefused, emits={PaymentUpdated})
async def intent_refused(ctx: Ctx, job: IntentRefused) -> None:
    """The gateway does not take this payment: she is told, and may try another way."""
    attempt = await attempts.find(ctx.tx, job.payment_id, lock=True)
    if attempt is not None and attempt.intent is None and attempt.state is PaymentState.PENDING:
        await settling.fail(ctx, attempt, problem=job.problem)


@consumer(PaymentLook, emits={PaymentUpdated})
async def look(ctx: Ctx, job: PaymentLook) -> None:
    """A webhook may be lost: ask. What has run out is given up, at the gateway first: there it may be paid."""
    attempt = await attempts.find(ctx.tx, job.payment_id, lock=True)
    if attempt is None or attempt.state not in UNFINISHED:
        return
    over = attempt.expires_at <= ctx.now
    if attempt.intent is not None:
        jobs.ask(ctx, attempt.id, cancel=over and attempt.state is not PaymentState.PROCESSING)
    elif over:
        await attempts.change(ctx, attempt, "cancel", problem="expired")
        return
    jobs.look_later(ctx, attempt.id)


@errand(IntentAsked)
async def ask_gateway(trip: Trip, job: IntentAsked) -> Job | None:
    """What it says of the intent now."""
    async with trip.db.snapshot() as tx:
        attempt = await attempts.find(tx, job.payment_id)
    if attempt is None or attempt.intent is None or attempt.completed_at is not None:
        return None
    gateway = _gateway(trip, attempt.gateway)
    said = await (gateway.cancel if job.cancel else gateway.read)(trip, attempt.intent)
    return IntentSaid(gateway=attempt.gateway, intent=said)


@consumer(IntentSaid, emits=PAID_EMITS | {PaymentUpdated})
async def intent_said(ctx: Ctx, job: IntentSaid) -> None:
    """As if a webhook had told it."""
    await settling.hear(ctx, job.gateway, job.intent, asked=True)


@errand(RefundWanted)
async def send_back(trip: Trip, job: RefundWanted) -> Job | None:
    """Of one refund once: the gateway knows it by its id."""
    async with trip.db.snapshot() as tx:
        refund = await settling.find_refund(tx, job.refund_id)
    if refund is None or refund.ref is not None:
        return None
    gateway = _gateway(trip, refund.gateway)
    return RefundSaid(refund=await gateway.refund(trip, refund.intent, job.refund_id, refund.money))


@consumer(RefundSaid, emits={PaymentUpdated})
async def refund_said(ctx: Ctx, job: RefundSaid) -> None:
    """It is on its way."""
    await settling.hear_refund(ctx, job.refund)


def _gateway(trip: Trip, name: GatewayName) -> PaymentGateway:
    gateway = payments.named(trip.settings, name)
    if gateway is None:
        raise Temporary("no_gateway")  # its keys are gone; the row waits until somebody brings them back
    return gateway
