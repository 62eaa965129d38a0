"""Which provider can take an order now (PRODUCT 26), and until when it has to accept one."""

from collections.abc import Collection
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


async def require_approved(ctx: Ctx, place_ids: Collection[UUID]) -> None:
    """Raises `NotServing` where one of these providers lost its approval, or is closed for good, since it was asked.

    It promises nothing new; what it has promised it may still deliver.
    """
    found = await directory.quoting(ctx.tx, place_ids, ctx.now)
    for place_id in sorted(place_ids):
        if place_id not in found or found[place_id].because is directory.Unquotable.NOT_APPROVED:
            raise NotServing(why=directory.Unquotable.NOT_APPROVED, place_id=str(place_id))


async def accept_by(ctx: Ctx, place_id: UUID) -> datetime:
    """Until when the provider has to accept what it is offered now."""
    return await directory.opening_deadline(ctx.tx, place_id, ctx.now, ACCEPT_MINUTES)
