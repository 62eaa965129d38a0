"""The four digits against which an order is handed over: made from its id and the house's secret, kept nowhere."""

from typing import Annotated, Final

from msgspec import Meta

from carewire.command import Ctx
from channels.identity import access as identity
from channels.order.doors import OrderRow
from channels.order.errors import HandoverCode, HandoverLocked
from channels.order.lifecycle import OrderState, ProviderKind

TRIES_MAX: Final = 5
ROUNDS_MAX: Final = 20
"""So often her side makes new digits: a hundred and five guesses of ten thousand, whoever asks her for them."""
SHOWN: Final = frozenset({OrderState.CONFIRMED, OrderState.PREPARING, OrderState.READY, OrderState.OUT_FOR_DELIVERY,
                          OrderState.FAILED})  # fmt: skip
"""While it has one of these states her side reads the digits."""

Code = Annotated[str, Meta(pattern=r"^[0-9]{4}\Z", description="The four digits the patient's side shows")]


def digits(ctx: Ctx, order: OrderRow) -> str:
    """The digits of this order now; `order.renew_code` makes others."""
    sealed = identity.seal_code(ctx.settings, "handover", str(order.id), str(order.code_round))
    return f"{int.from_bytes(sealed[:8]) % 10_000:04d}"


def shown(ctx: Ctx, order: OrderRow) -> str | None:
    """The digits, while there is something to hand over against them."""
    return digits(ctx, order) if order.kind is ProviderKind.PHARMACY and order.state in SHOWN else None


async def require_code(ctx: Ctx, order: OrderRow, told: str | None) -> None:
    """Raises `HandoverCode` (each wrong one is counted, also when nothing else happens), `HandoverLocked`."""
    if order.code_tries >= TRIES_MAX:
        raise HandoverLocked()
    if told != digits(ctx, order):
        await ctx.tx.execute("UPDATE orders SET code_tries = code_tries + 1 WHERE id = $1", order.id)
        refusal = HandoverCode(left=TRIES_MAX - order.code_tries - 1)
        refusal.keep = True
        raise refusal
