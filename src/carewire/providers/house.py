"""The embedded default of a payment gateway: two tables, and webhooks signed as Stripe signs its own. No money moves.

`play` is what a payer and her bank do elsewhere; what comes of it is posted to this deployment like anybody's webhook.
"""

import hmac
import secrets
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import msgspec
import stripe

from carewire.command import Ctx
from carewire.jobs.job import Job, Trip, errand
from carewire.jobs.problems import Permanent, Temporary
from carewire.money import Money
from carewire.providers.payments import (
    BadSignature,
    GatewayName,
    GatewayRefund,
    Heard,
    Intent,
    IntentState,
    Made,
    RefundState,
    Unreadable,
)
from carewire.settings import Settings
from carewire.store.db import Tx

PATH: Final = "/webhooks/house"
HEADER: Final = "carewire-signature"
TOLERANCE_S: Final = 300
TIMEOUT_S: Final = 8.0
NEXT: Final = {
    IntentState.PROCESSING: ("pending", "failed"),
    IntentState.COMPLETED: ("pending", "failed", "processing"),
    IntentState.FAILED: ("pending", "failed", "processing"),
}
"""What her bank may come to, and from where."""

_COLUMNS: Final = "ref, payment_id, secret, amount, currency, state, problem, moved_at"


class HouseTells(Job, name="house.tells"):
    """A webhook of the house gateway is to be delivered."""

    body: str


class House:
    """The gateway of this deployment's own."""

    name = GatewayName.HOUSE
    header = HEADER
    public_key = "pk_house"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def create(self, trip: Trip, payment_id: UUID, money: Money) -> Made:
        ref = f"hi_{secrets.token_hex(16)}"
        async with trip.db.transaction() as tx:
            await tx.execute(
                "INSERT INTO house_intent (ref, payment_id, secret, amount, currency, state, moved_at)"
                " VALUES ($1, $2, $3, $4, $5, 'pending', $6) ON CONFLICT (payment_id) DO NOTHING",
                ref,
                payment_id,
                f"{ref}_secret_{secrets.token_hex(16)}",
                money.amount,
                money.currency,
                trip.real_now,
            )
            row = await tx.fetchrow(f"SELECT {_COLUMNS} FROM house_intent WHERE payment_id = $1", payment_id)
        assert row is not None
        if (row["amount"], row["currency"]) != (money.amount, money.currency):
            raise Permanent("other_amount")
        return Made(intent=_said(row), secret=row["secret"])

    async def read(self, trip: Trip, ref: str) -> Intent:
        async with trip.db.snapshot() as tx:
            return _said(await _found(tx, ref))

    async def cancel(self, trip: Trip, ref: str) -> Intent:
        async with trip.db.transaction() as tx:
            await tx.execute(
                "UPDATE house_intent SET state = 'cancelled', problem = 'abandoned', moved_at = $2"
                " WHERE ref = $1 AND state IN ('pending', 'failed')",
                ref,
                trip.real_now,
            )
            return _said(await _found(tx, ref))

    async def refund(self, trip: Trip, ref: str, refund_id: UUID, money: Money) -> GatewayRefund:
        async with trip.db.transaction() as tx:
            intent = await _found(tx, ref, lock=True)
            back = await tx.fetchrow("SELECT ref, amount FROM house_refund WHERE id = $1", refund_id)
            if back is None:
                gone = await tx.fetchval("SELECT coalesce(sum(amount), 0) FROM house_refund WHERE ref = $1", ref)
                if intent["state"] != "completed" or money.currency != intent["currency"]:
                    raise Permanent("not_paid")
                if gone + money.amount > intent["amount"]:
                    raise Permanent("more_than_paid")
                await tx.execute(
                    "INSERT INTO house_refund (id, ref, amount) VALUES ($1, $2, $3)", refund_id, ref, money.amount
                )
            elif (back["ref"], back["amount"]) != (ref, money.amount):
                raise Permanent("other_refund")
        return GatewayRefund(ref=f"hr_{refund_id.hex}", refund_id=refund_id, state=RefundState.SENT)

    def hear(self, body: bytes, signature: str) -> Heard:
        try:
            stripe.WebhookSignature.verify_header(body, signature, _secret(self._settings), TOLERANCE_S)
        except (stripe.SignatureVerificationError, UnicodeError):
            raise BadSignature from None
        try:
            return msgspec.json.decode(body, type=Heard)
        except msgspec.MsgspecError:
            raise Unreadable from None


async def play(
    ctx: Ctx, secret: str, state: IntentState, *, problem: str | None = None, came: Money | None = None
) -> Intent | None:
    """What the holder of this secret, and her bank, come to; the gateway tells it. None: there is nothing to pay (now).

    `came`: another amount than was asked for.
    """
    row = await ctx.tx.fetchrow(
        "UPDATE house_intent SET state = $2, problem = $3, moved_at = $4, amount = coalesce($5, amount),"
        f" currency = coalesce($6, currency) WHERE secret = $1 AND state = ANY ($7) RETURNING {_COLUMNS}",
        secret,
        state,
        problem,
        ctx.real_now,
        came and came.amount,
        came and came.currency,
        NEXT[state],
    )
    if row is None:
        return None
    intent = _said(row)
    heard = Heard(id=f"he_{uuid4().hex}", kind=f"intent.{state}", intent=intent)
    ctx.enqueue(HouseTells(body=msgspec.json.encode(heard).decode()))
    return intent


@errand(HouseTells)
async def tell(trip: Trip, job: HouseTells) -> None:
    """Post it to ourselves, signed now: until somebody answers that it was heard."""
    headers = {"content-type": "application/json", HEADER: signed(trip.settings, job.body, trip.real_now)}
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            answer = await client.post(trip.settings.public_http + PATH, content=job.body.encode(), headers=headers)
    except httpx.HTTPError:
        raise Temporary("unreachable") from None
    if answer.status_code != 200:
        raise Temporary("not_heard")


def signed(settings: Settings, body: str, at: datetime) -> str:
    """The signature of a webhook of the house gateway."""
    header: str = stripe.WebhookSignature.generate_signature_header(body, _secret(settings), int(at.timestamp()))
    return header


def _secret(settings: Settings) -> str:
    return hmac.digest(settings.secret.encode(), b"webhooks of the house gateway", "sha256").hex()


async def _found(tx: Tx, ref: str, *, lock: bool = False) -> Any:
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM house_intent WHERE ref = $1{' FOR UPDATE' if lock else ''}",
        ref,
    )
    if row is None:
        raise Permanent("no_such_intent")
    return row


def _said(row: Any) -> Intent:
    return Intent(
        ref=row["ref"],
        payment_id=row["payment_id"],
        state=IntentState(row["state"]),
        money=Money.of(row["amount"], row["currency"]),
        problem=row["problem"],
        at=row["moved_at"],
    )
