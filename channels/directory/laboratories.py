"""Laboratories: what they examine, where they collect, and the hospital they belong to."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from msgspec import Meta, UnsetType

from carewire.actor import ANYONE, KNOWN
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.forms import Name
from carewire.money import Money
from carewire.resource import Verb, equal, holds, resource
from channels.directory import access, sites
from channels.directory.deliveries import DELIVERY, Deliverer, door_with_fee
from channels.directory.forms import Labels, PostalCode, PostalCodes
from channels.directory.members import HEADS
from channels.directory.nouns import PlaceKind
from channels.directory.tables import Place
from channels.identity import Capacity

HospitalId = Annotated[UUID, Meta(description="The hospital it belongs to")]
_door = door_with_fee(sites.door_of(PlaceKind.LABORATORY, Capacity.LABORATORY))


class LaboratoryView(Deliverer, frozen=True, kw_only=True):
    """A laboratory as everybody may see it, once it is approved."""

    services: list[str]
    hospital_id: UUID | None


async def may_write(ctx: Ctx, verb: Verb, key: UUID | None, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """As for every place; nobody says that a hospital is hers which is not."""
    columns = await _door(ctx, verb, key, given)
    hospital_id: UUID | None = given.get("hospital_id")
    if hospital_id is not None:
        hospital = await access.place_to_edit(ctx, hospital_id, duties=HEADS, scopes=sites.EDITORS)
        if hospital["kind"] not in (PlaceKind.HOSPITAL, PlaceKind.CLINIC):
            raise NotFound()
    return columns


LABORATORIES: Final = resource(
    "laboratory",
    table=Place,
    view=LaboratoryView,
    parameter="laboratory_id",
    source=sites.source_of(PlaceKind.LABORATORY),
    columns=DELIVERY,
    create={
        **sites.CREATE,
        "services": Labels | UnsetType,
        "hospital_id": HospitalId | UnsetType,
        "served_postal_codes": PostalCodes | UnsetType,
        "delivery_fee": Money | UnsetType,
    },
    update={
        **sites.UPDATE,
        "services": Labels,
        "hospital_id": HospitalId | None,
        "served_postal_codes": PostalCodes,
        "delivery_fee": Money | None,
    },
    read={ANYONE},
    write={KNOWN},
    door=may_write,
    made=sites.own,
    errors=sites.REFUSES,
    emits=sites.TELLS,
    orders=sites.ORDERS,
    search=sites.SEARCH,
    filters={
        **sites.FILTERS,
        "serves": holds(PostalCode, "served_postal_codes"),
        "service": holds(Name, "services"),
        "hospital_id": equal(UUID),
    },
    published=sites.PUBLISHED,
    visible=sites.sees,
    translatable=("name", "description"),
    retire="closed_at",
)
