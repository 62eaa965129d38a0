"""What a provider offers, whatever kind it is: the name, price and schedule that a bill or an order snapshots."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.money import Money
from channels.care import Schedule
from channels.lab import access as lab
from channels.order.lifecycle import Fulfilment, ProviderKind
from channels.stock import access as stock


class CatalogueItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a provider's catalogue, as it is now."""

    id: UUID
    place_id: UUID
    name: str
    schedule: Schedule | None
    price: Money
    offered: bool
    generic: str | None = None
    form: str | None = None
    strength: str | None = None
    pack_size: int = 1
    """Units (tablets, bottles, …) in one, by which a prescription is counted."""


async def catalogue(
    ctx: Ctx, kind: ProviderKind, item_ids: Sequence[UUID], fulfilment: Fulfilment
) -> dict[UUID, CatalogueItem]:
    """These items of providers of this kind; one that is not there is not among the answers. A test for which nobody
    comes is not offered `home`."""
    if kind is ProviderKind.LABORATORY:
        tests = await lab.offers(ctx, item_ids)
        return {
            test.id: CatalogueItem(
                id=test.id,
                place_id=test.laboratory_id,
                name=test.offer.name,
                schedule=None,
                price=test.offer.price,
                offered=test.offer.home_collection or fulfilment is not Fulfilment.HOME,
            )
            for test in tests.values()
        }
    found = await stock.articles(ctx, item_ids)
    return {
        article.id: CatalogueItem(
            id=article.id,
            place_id=article.pharmacy_id,
            name=article.name,
            schedule=article.schedule,
            price=article.price,
            offered=article.offered,
            generic=article.generic,
            form=article.form,
            strength=article.strength,
            pack_size=article.pack_size,
        )
        for article in found.values()
    }
