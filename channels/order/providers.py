"""Which provider can take an order now (PRODUCT 26), and until when it has to accept one."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.money import Money
from channels import directory
from channels.order.errors import NotServing
from channels.order.lifecycle import Fulfilment, ProviderKind

ACCEPT_MINUTES: Final = 10
"""Minutes in which the provider is open; while it is closed the clock stands."""


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """A pharmacy or laboratory that takes orders now. `fee`: what it takes for coming; null where it never said."""

    id: UUID
    kind: ProviderKind
    fee: Money | None


async def taking(ctx: Ctx, place_id: UUID, fulfilment: Fulfilment, postal_code: str) -> Provider:
    """A provider that can be quoted and ordered from: approved, open, not paused, and for `home` serving there.

    Raises `NotFound` for what is no provider, `NotServing` with why.
    """
    there = postal_code if fulfilment is Fulfilment.HOME else None
    found = (await directory.quoting(ctx.tx, [place_id], ctx.now, postal_code=there)).get(place_id)
    if found is None:
        raise NotFound()
    if found.because is not None:
        raise NotServing(why=found.because, place_id=str(place_id))
    return Provider(id=place_id, kind=ProviderKind(found.kind), fee=found.delivery_fee)


async def accept_by(ctx: Ctx, place_id: UUID) -> datetime:
    """Until when the provider has to accept what it is offered now."""
    return await directory.opening_deadline(ctx.tx, place_id, ctx.now, ACCEPT_MINUTES)
