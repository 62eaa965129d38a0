"""What a gateway says, told once to the thing that is paid: in one transaction with the payment's own move.

It says so by webhook or when it is asked, late, twice, and in another order than it happened. Nothing it says walks a
payment backwards; and money that came is a fact, whatever was thought of the payment before.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire import metrics
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.money import Money
from carewire.paid import Due, Paid, Refund, RefundDue, on_refund
from carewire.providers import payments
from carewire.providers.payments import GatewayName, GatewayRefund, Intent, IntentState
from carewire.store.db import Tx
from channels.identity import Scope
from channels.identity import access as identity
from channels.payment import attempts, facts
from channels.payment.access import KINDS
from channels.payment.attempts import Attempt
from channels.payment.jobs import RefundWanted, ask
from channels.payment.lifecycle import OPEN, PAID, REFUND, UNFINISHED, PaymentState, RefundState

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_RANK: Final = {
    PaymentState.PENDING: 0,
    PaymentState.PROCESSING: 1,
    PaymentState.FAILED: 2,
    PaymentState.CANCELLED: 2,
}
"""Of two words of the same moment, which is the later one: some gateways count seconds."""


async def hear(ctx: Ctx, gateway: GatewayName, intent: Intent, *, asked: bool = False) -> bool:
    """The gateway says this of an intent. False: nobody here knows it, or it is another one's.

    `asked`: we read it, and what is read of one that is tried again may still be how it failed before.
    """
    attempt = await _known(ctx.tx, gateway, intent)
    if attempt is None:
        return False
    paid = intent.state is IntentState.COMPLETED
    if paid and attempt.state not in PAID:  # what is paid is locked first
        await KINDS[attempt.about_noun].owed(ctx, attempt.about_id, lock=True)
    attempt = await attempts.find(ctx.tx, attempt.id, lock=True)
    assert attempt is not None
    if attempt.intent not in (None, intent.ref):
        return False
    if attempt.state in PAID:
        return True
    if paid:
        await _complete(ctx, attempt, intent)
    elif _later(attempt, intent) and not (asked and _failed_before(attempt, intent)):
        await _follow(ctx, attempt, intent)
    return True


async def fail(ctx: Ctx, attempt: Attempt, problem: str | None, **columns: Any) -> None:
    """A locked attempt has failed; its payer is told, and may try again."""
    await attempts.change(ctx, attempt, "fail", problem=problem, **columns)
    ctx.notify(attempt.payer_id, facts.FAILED, attempt.id, occasion=ctx.now.isoformat(), money=attempt.money.said())


async def _known(tx: Tx, gateway: GatewayName, intent: Intent) -> Attempt | None:
    """The payment it is for. One whose intent's name was not noted yet is known by its own."""
    payment_id = intent.payment_id or await tx.fetchval(
        "SELECT id FROM online_payment WHERE gateway = $1 AND intent = $2", gateway, intent.ref
    )
    attempt = None if payment_id is None else await attempts.find(tx, payment_id)
    return attempt if attempt is not None and attempt.gateway is gateway else None


def _later(attempt: Attempt, intent: Intent) -> bool:
    """Whether this is a later word than the last one."""
    known = attempt.heard_at or _EPOCH
    return (intent.at, _RANK[PaymentState(intent.state)]) > (known, _RANK[attempt.state])


def _failed_before(attempt: Attempt, intent: Intent) -> bool:
    """No word of a gateway makes a payment `pending`: one of which something was heard is tried again."""
    again = attempt.state is PaymentState.PENDING and attempt.heard_at is not None
    return again and intent.state is IntentState.FAILED


async def _follow(ctx: Ctx, attempt: Attempt, intent: Intent) -> None:
    heard: dict[str, Any] = {"intent": intent.ref, "heard_at": intent.at}
    state = attempt.state
    if intent.state is IntentState.PROCESSING and state in (PaymentState.PENDING, PaymentState.FAILED):
        await attempts.change(ctx, attempt, "process", problem=None, **heard)
    elif intent.state is IntentState.FAILED and state in OPEN:
        await fail(ctx, attempt, intent.problem, **heard)
    elif intent.state is IntentState.CANCELLED and state in UNFINISHED:
        problem = "expired" if attempt.expires_at <= ctx.now else intent.problem
        await attempts.change(ctx, attempt, "cancel", problem=problem, checkout=None, **heard)


async def _complete(ctx: Ctx, attempt: Attempt, intent: Intent) -> None:
    """The money came. The (locked) thing says whether it counts; what does not goes back whole, at once."""
    fact = Paid(payment_id=attempt.id, about_id=attempt.about_id, money=intent.money, at=ctx.now)
    try:
        answer = await KINDS[attempt.about_noun].mark_paid(ctx, fact)
    except NotFound:
        answer = RefundDue(reason=Due.OVER)
    reason = answer.reason if isinstance(answer, RefundDue) else None
    attempt = await attempts.change(
        ctx,
        attempt,
        "complete",
        intent=intent.ref,
        heard_at=intent.at,
        checkout=None,
        problem=None,
        received=intent.money.amount,
        received_currency=intent.money.currency,
        completed_at=ctx.now,
        refund_reason=reason,
    )
    metrics.PAYMENTS.labels(attempt.gateway, reason or "applied").inc()
    if reason is not None:
        await _owe_back(ctx, attempt.id, attempt.id, intent.money.amount, reason)
        ctx.notify(attempt.payer_id, facts.NOT_NEEDED, attempt.id, money=intent.money.said())
        return
    ctx.notify(attempt.payer_id, facts.RECEIVED, attempt.id, money=intent.money.said())
    for other in await attempts.unfinished(ctx.tx, attempt.about_noun, attempt.about_id):
        await give_up(ctx, other, "paid_already")


async def give_up(ctx: Ctx, attempt: Attempt, problem: str) -> None:
    """A locked attempt is not to be paid any more; her bank may be quicker."""
    if attempt.state is PaymentState.PROCESSING:
        return  # it will say yes or no by itself
    await attempts.change(ctx, attempt, "cancel", problem=problem, checkout=None)
    if attempt.intent is not None:  # else `IntentMade` sees that it was given up
        ask(ctx, attempt.id, cancel=True)


# --- what goes back ---------------------------------------------------------------------------------------------------
class RefundRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `gateway_refund`, and where it goes."""

    id: UUID
    payment_id: UUID
    amount: int
    currency: str
    state: RefundState
    ref: str | None
    gateway: GatewayName
    intent: str

    @property
    def money(self) -> Money:
        """How much of it."""
        return Money.of(self.amount, self.currency)


async def find_refund(tx: Tx, refund_id: UUID) -> RefundRow | None:
    """The row."""
    row = await tx.fetchrow(
        "SELECT r.id, r.payment_id, r.amount, p.received_currency AS currency, r.state, r.ref, p.gateway, p.intent"
        " FROM gateway_refund r JOIN online_payment p ON p.id = r.payment_id WHERE r.id = $1",
        refund_id,
    )
    return None if row is None else msgspec.convert(dict(row), RefundRow)


@on_refund
async def due(ctx: Ctx, refund: Refund) -> None:
    """A thing gives back of what was paid for it: if it came by a gateway, it goes back there."""
    attempt = await attempts.find(ctx.tx, refund.payment_id)
    if attempt is not None:
        await _owe_back(ctx, attempt.id, refund.refund_id, refund.money.amount, refund.reason)
        ctx.notify(attempt.payer_id, facts.GOES_BACK, refund.refund_id, number=refund.number, money=refund.money.said())


async def _owe_back(ctx: Ctx, payment_id: UUID, refund_id: UUID, amount: int, reason: str) -> None:
    await ctx.tx.execute(
        "INSERT INTO gateway_refund (id, payment_id, amount, reason, due_at, state) VALUES ($1, $2, $3, $4, $5, $6)",
        refund_id,
        payment_id,
        amount,
        reason,
        ctx.now,
        RefundState.DUE,
    )
    ctx.enqueue(RefundWanted(refund_id=refund_id))


async def hear_refund(ctx: Ctx, said: GatewayRefund) -> bool:
    """The gateway says this of a refund. False: it is none of ours."""
    refund = None if said.refund_id is None else await find_refund(ctx.tx, said.refund_id)
    if refund is None:
        return False
    attempt = await attempts.find(ctx.tx, refund.payment_id, lock=True)
    refund = await find_refund(ctx.tx, refund.id)  # as it is now that nobody else can move it
    assert attempt is not None
    assert refund is not None
    if refund.ref not in (None, said.ref):
        return False
    bounced = said.state is payments.RefundState.FAILED
    move = "bounce" if bounced else "send"
    if move not in REFUND.legal(refund.state):
        return True  # it is known, or was so before
    await ctx.tx.execute(
        "UPDATE gateway_refund SET state = $2, ref = $3, sent_at = coalesce(sent_at, $4) WHERE id = $1",
        refund.id,
        REFUND.move(refund.state, move),
        said.ref,
        ctx.now,
    )
    await _reckon(ctx, attempt)
    if bounced:
        metrics.PAYMENTS.labels(attempt.gateway, "refund_failed").inc()
        for admin_id in await identity.with_scope(ctx.tx, Scope.MONEY):
            ctx.notify(admin_id, facts.BOUNCED, refund.id, money=refund.money.said())
    return True


async def _reckon(ctx: Ctx, attempt: Attempt) -> None:
    """How much has gone back by now, and what that makes of the payment."""
    refunded: int = await ctx.tx.fetchval(
        "SELECT coalesce(sum(amount), 0)::bigint FROM gateway_refund WHERE payment_id = $1 AND state = 'sent'",
        attempt.id,
    )
    if refunded == attempt.refunded:
        return
    move = "refund" if refunded == attempt.received else "refund_part" if refunded else "bounce"
    await attempts.change(ctx, attempt, move, refunded=refunded)
