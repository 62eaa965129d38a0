"""What payment gateways tell by webhook: signed over the raw body, each event once."""

from collections.abc import Callable
from typing import Final

from carewire.command import Ctx
from carewire.errors import Field, InvalidParams
from carewire.http.webhook import Call, Forged, GatewayEvent, webhook
from carewire.providers import payments
from carewire.providers.payments import BadSignature, GatewayName, GatewayRefund, Intent, Unreadable
from carewire.settings import Settings
from channels.payment import settling
from channels.payment.access import PAID_EMITS
from channels.payment.attempts import PaymentUpdated

ALIAS: Final = ("/api/v1/payments/webhook",)
"""One address for whatever gateway; its signature says which."""
EMITS: Final = PAID_EMITS | {PaymentUpdated}


class PaymentHeard(GatewayEvent, frozen=True, kw_only=True):
    """An intent or a refund has moved; nothing of a card or a person is read."""

    intent: Intent | None
    refund: GatewayRefund | None


def reader(name: GatewayName) -> Callable[[Settings, Call], PaymentHeard | None]:
    """What reads the events of this gateway."""

    def read(settings: Settings, call: Call) -> PaymentHeard | None:
        gateway = payments.named(settings, name)
        assert gateway is not None
        try:
            heard = gateway.hear(call.body, call.headers.get(gateway.header, ""))
        except BadSignature:
            raise Forged() from None
        except Unreadable:
            raise InvalidParams(fields=(Field("$", "this gateway's events look otherwise"),)) from None
        if heard.intent is None and heard.refund is None:
            return None
        return PaymentHeard(id=heard.id, intent=heard.intent, refund=heard.refund)

    return read


async def _hear(ctx: Ctx, name: GatewayName, event: PaymentHeard) -> bool:
    if event.intent is not None:
        return await settling.hear(ctx, name, event.intent)
    assert event.refund is not None
    return await settling.hear_refund(ctx, event.refund)


@webhook(
    "stripe",
    configured=lambda settings: payments.named(settings, GatewayName.STRIPE) is not None,
    read=reader(GatewayName.STRIPE),
    event=PaymentHeard,
    content_type="application/json",
    emits=EMITS,
    paths=ALIAS,
    signature="stripe-signature",
)
async def hear_stripe(ctx: Ctx, event: PaymentHeard) -> bool:
    """Stripe says what became of a payment or a refund."""
    return await _hear(ctx, GatewayName.STRIPE, event)


@webhook(
    "house",
    configured=lambda settings: payments.named(settings, GatewayName.HOUSE) is not None,
    read=reader(GatewayName.HOUSE),
    event=PaymentHeard,
    content_type="application/json",
    emits=EMITS,
    paths=ALIAS,
    signature="carewire-signature",
)
async def hear_house(ctx: Ctx, event: PaymentHeard) -> bool:
    """The gateway that development plays says what became of a payment."""
    return await _hear(ctx, GatewayName.HOUSE, event)
