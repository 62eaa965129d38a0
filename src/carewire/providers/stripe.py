"""Stripe by its own client: payment intents, refunds, and its signed webhooks.

An intent is made under an idempotency key of ours, which Stripe keeps for a day or longer; afterwards, and whenever a
try may have come through (`trip.doubtful`), refunds are looked for by the id in their metadata before one is made.
"""

import logging
import ssl
from collections.abc import Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import httpx
import msgspec
import stripe

from carewire.jobs.job import Trip
from carewire.jobs.problems import Permanent, Problem, Temporary
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

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TIMEOUT: Final = httpx.Timeout(8.0, connect=3.0)
TOLERANCE_S: Final = 300
"""How old a signature may be: who has seen a webhook cannot send it again later."""
REFUNDS_MAX: Final = 100
"""Of one payment; also the most that Stripe lists at once."""
HUNDREDFOLD: Final = frozenset(("ISK", "UGX"))
"""Currencies without a smaller unit of which Stripe wants amounts with two digits all the same."""

stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)  # it logs what it is told, at every request

_STATES: Final = {
    "processing": IntentState.PROCESSING,
    "succeeded": IntentState.COMPLETED,
    "canceled": IntentState.CANCELLED,
}


class _Refused(msgspec.Struct):
    code: str | None = None
    decline_code: str | None = None


class _Intent(msgspec.Struct):
    id: str
    amount: int
    currency: str
    status: str
    created: int
    amount_received: int = 0
    metadata: dict[str, str] = {}
    last_payment_error: _Refused | None = None
    cancellation_reason: str | None = None
    client_secret: str | None = None


class _Refund(msgspec.Struct):
    id: str
    status: str | None
    metadata: dict[str, str] | None = None


class _Data(msgspec.Struct):
    object: msgspec.Raw


class _Event(msgspec.Struct):
    id: str
    type: str
    created: int
    data: _Data


class _Http(stripe.HTTPClient):
    """The requests of one errand. The client's own would make a TLS context for each, and follow proxy variables."""

    name = "carewire"

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__()
        self._httpx = client

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            answer = await self._httpx.request(method, url, headers=dict(headers), content=post_data or None)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise Temporary("unreachable") from None
        except httpx.HTTPError:
            raise Temporary("no_answer", unclear=True) from None
        return answer.content, answer.status_code, answer.headers


class Stripe:
    """One account."""

    name = GatewayName.STRIPE
    header = "stripe-signature"

    def __init__(self, settings: Settings) -> None:
        self._key = settings.stripe_secret_key or ""
        self._webhook_secret = settings.stripe_webhook_secret or ""
        self._url = settings.stripe_url
        self.public_key = settings.stripe_public_key or ""

    async def create(self, trip: Trip, payment_id: UUID, money: Money) -> Made:
        async with self._client() as client:
            made = await client.v1.payment_intents.create_async(
                {
                    "amount": _to_stripe(money),
                    "currency": money.currency.lower(),
                    "automatic_payment_methods": {"enabled": True},
                    "metadata": {"payment_id": str(payment_id)},
                },
                {"idempotency_key": f"payment-{payment_id}"},
            )
        read = _read(made.to_dict())
        return Made(intent=_said(read, _second(trip)), secret=read.client_secret or "")

    async def read(self, trip: Trip, ref: str) -> Intent:
        async with self._client() as client:
            found = await client.v1.payment_intents.retrieve_async(ref)
        return _said(_read(found.to_dict()), _second(trip))

    async def cancel(self, trip: Trip, ref: str) -> Intent:
        try:
            async with self._client() as client:
                left = await client.v1.payment_intents.cancel_async(ref, {"cancellation_reason": "abandoned"})
        except Permanent:  # it is paid, on its way, or cancelled already
            return await self.read(trip, ref)
        return _said(_read(left.to_dict()), _second(trip))

    async def refund(self, trip: Trip, ref: str, refund_id: UUID, money: Money) -> GatewayRefund:
        async with self._client() as client:
            if trip.doubtful:
                known = await client.v1.refunds.list_async({"payment_intent": ref, "limit": REFUNDS_MAX})
                for one in known.data:
                    found = msgspec.convert(one.to_dict(), _Refund)
                    if (found.metadata or {}).get("refund_id") == str(refund_id):
                        return _refund(found)
            made = await client.v1.refunds.create_async(
                {"payment_intent": ref, "amount": _to_stripe(money), "metadata": {"refund_id": str(refund_id)}},
                {"idempotency_key": f"refund-{refund_id}"},
            )
        return _refund(msgspec.convert(made.to_dict(), _Refund))

    def hear(self, body: bytes, signature: str) -> Heard:
        try:
            stripe.WebhookSignature.verify_header(body, signature, self._webhook_secret, TOLERANCE_S)
        except (stripe.SignatureVerificationError, UnicodeError):
            raise BadSignature from None
        try:
            event = msgspec.json.decode(body, type=_Event)
            at = datetime.fromtimestamp(event.created, UTC)
            if event.type.startswith("payment_intent."):
                intent = _said(msgspec.json.decode(event.data.object, type=_Intent), at, kind=event.type)
                return Heard(id=event.id, kind=event.type, intent=intent)
            if event.type.startswith("refund."):
                refund = _refund(msgspec.json.decode(event.data.object, type=_Refund))
                return Heard(id=event.id, kind=event.type, refund=refund)
        except (msgspec.MsgspecError, ValueError, OverflowError, OSError):
            raise Unreadable from None
        return Heard(id=event.id, kind=event.type)

    @asynccontextmanager
    async def _client(self) -> "AsyncIterator[stripe.StripeClient]":
        """Tells what goes wrong as a problem of ours, without a word of theirs."""
        async with httpx.AsyncClient(timeout=TIMEOUT, verify=_trust(), trust_env=False) as connection:
            try:
                yield stripe.StripeClient(
                    self._key,
                    http_client=_Http(connection),
                    max_network_retries=0,  # the job tries again
                    base_addresses={"api": self._url.rstrip("/")} if self._url else {},
                )
            except stripe.StripeError as error:
                raise _problem(error) from None
            except msgspec.ValidationError:
                raise Temporary("no_answer", unclear=True) from None


def _problem(error: stripe.StripeError) -> Problem:
    status = error.http_status or 0
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return Temporary("credentials")
    if isinstance(error, stripe.RateLimitError):
        return Temporary("too_many")
    if status == 409:  # another try of this key is on its way
        return Temporary("busy", unclear=True)
    if status >= 500 or not status:
        return Temporary("gateway_failed", unclear=True)
    return Permanent(_word(error.code) or f"http_{status}")


def _read(values: Any) -> _Intent:
    return msgspec.convert(values, _Intent)


def _said(intent: _Intent, at: datetime, kind: str = "") -> Intent:
    state = _STATES.get(intent.status, IntentState.PENDING)
    refused = intent.last_payment_error
    if state is IntentState.PENDING and (kind == "payment_intent.payment_failed" or (refused and not kind)):
        state = IntentState.FAILED
    amount = intent.amount_received if state is IntentState.COMPLETED else intent.amount
    problem = None if refused is None else _word(refused.decline_code or refused.code)
    return Intent(
        ref=intent.id,
        payment_id=_uuid(intent.metadata.get("payment_id")),
        state=state,
        money=_from_stripe(amount, intent.currency.upper()),
        problem=problem if state is IntentState.FAILED else _word(intent.cancellation_reason),
        at=at,
    )


def _second(trip: Trip) -> datetime:
    """Now, as Stripe counts: what is read is of no earlier moment than an event of the same second."""
    return trip.real_now.replace(microsecond=0)


def _refund(refund: _Refund) -> GatewayRefund:
    failed = refund.status in ("failed", "canceled")
    return GatewayRefund(
        ref=refund.id,
        refund_id=_uuid((refund.metadata or {}).get("refund_id")),
        state=RefundState.FAILED if failed else RefundState.SENT,
    )


def _to_stripe(money: Money) -> int:
    return money.amount * 100 if money.currency in HUNDREDFOLD else money.amount


def _from_stripe(amount: int, currency: str) -> Money:
    return Money.of(amount // 100 if currency in HUNDREDFOLD else amount, currency)


def _word(text: str | None) -> str | None:
    """A code of theirs, as a word that may stand in a row and on the wire."""
    return "".join(c for c in text.lower() if c.isascii() and (c.isalnum() or c == "_"))[:40] or None if text else None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
