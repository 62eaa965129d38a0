"""Paying at the gateway that development plays for itself."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from carewire.actor import ANYONE
from carewire.command import Ctx, Rate, command
from carewire.errors import NotFound
from carewire.providers import house
from carewire.providers.payments import IntentState

OFTEN = Rate(burst=5000, per_minute=60_000)
"""A load test pays for all its people from one address."""


class Becomes(StrEnum):
    """What becomes of it."""

    COMPLETED = "completed"
    """The money came."""
    PROCESSING = "processing"
    """Her bank thinks about it."""
    FAILED = "failed"
    """Her bank says no; she may try again."""


@command("dev.pay", allow={ANYONE}, receipt=False, development=True, rate=OFTEN, errors={NotFound})
async def pay(
    ctx: Ctx,
    secret: Annotated[str, Meta(min_length=1, max_length=120)],
    becomes: Becomes = Becomes.COMPLETED,
) -> None:
    """Be the payer and her bank at the house's own gateway, which then tells this deployment by a signed webhook.

    `secret` is that of `payment.status`. Exists in development only.
    """
    state = IntentState(becomes)
    problem = "card_declined" if state is IntentState.FAILED else None
    if await house.play(ctx, secret, state, problem=problem) is None:
        raise NotFound()
