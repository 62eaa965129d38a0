"""What a provider offers, whatever kind it is: the name, price and schedule that a bill or an order snapshots."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.money import Money
from channels.care import Schedule
from channels.order.lifecycle import ProviderKind
from channels.stock import access as stock

NEVER: Final = frozenset({Schedule.X, Schedule.NARCOTIC})
"""Never sold over this platform (PRODUCT 28; counsel)."""
ON_PRESCRIPTION: Final = frozenset({Schedule.H, Schedule.H1})


class CatalogueItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a provider's catalogue, as it is now."""

    id: UUID
    place_id: UUID
    name: str
    schedule: Schedule | None
    price: Money
    offered: bool


async def catalogue(ctx: Ctx, kind: ProviderKind, item_ids: Sequence[UUID]) -> dict[UUID, CatalogueItem]:
    """These items of providers of this kind; one that is not there is not among the answers."""
    if kind is not ProviderKind.PHARMACY:
        return {}
    found = await stock.articles(ctx, item_ids)
    return {
        article.id: CatalogueItem(
            id=article.id,
            place_id=article.pharmacy_id,
            name=article.name,
            schedule=article.schedule,
            price=article.price,
            offered=article.offered,
        )
        for article in found.values()
    }
