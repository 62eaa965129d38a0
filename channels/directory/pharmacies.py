"""Pharmacies: who delivers where, for what fee."""

from typing import Final

from msgspec import UnsetType

from carewire.actor import ANYONE, KNOWN
from carewire.money import Money
from carewire.resource import holds, resource
from channels.directory import sites
from channels.directory.deliveries import DELIVERY, Deliverer, door_with_fee
from channels.directory.forms import PostalCode, PostalCodes
from channels.directory.nouns import PlaceKind
from channels.directory.tables import Place
from channels.identity import Capacity


class PharmacyView(Deliverer, frozen=True, kw_only=True):
    """A pharmacy as everybody may see it, once it is approved."""


PHARMACIES: Final = resource(
    "pharmacy",
    table=Place,
    view=PharmacyView,
    parameter="pharmacy_id",
    source=sites.source_of(PlaceKind.PHARMACY),
    columns=DELIVERY,
    create={**sites.CREATE, "served_postal_codes": PostalCodes | UnsetType, "delivery_fee": Money | UnsetType},
    update={**sites.UPDATE, "served_postal_codes": PostalCodes, "delivery_fee": Money | None},
    read={ANYONE},
    write={KNOWN},
    door=door_with_fee(sites.door_of(PlaceKind.PHARMACY, Capacity.PHARMACY)),
    made=sites.own,
    errors=sites.REFUSES,
    emits=sites.TELLS,
    orders=sites.ORDERS,
    search=sites.SEARCH,
    filters={**sites.FILTERS, "serves": holds(PostalCode, "served_postal_codes")},
    published=sites.PUBLISHED,
    visible=sites.sees,
    translatable=("name", "description"),
    retire="closed_at",
)
