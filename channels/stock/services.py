"""What a pharmacy does besides selling: deliveries, measuring blood pressure, an injection."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UnsetType

from carewire.actor import ANYONE
from carewire.command import Ctx
from carewire.errors import InvalidParams
from carewire.forms import Name, Text
from carewire.ids import uuid7
from carewire.money import Money
from carewire.resource import Order, Part, Verb, equal, resource
from channels.identity import Capacity
from channels.identity import access as identity
from channels.stock import doors
from channels.stock.medicines import columns_of
from channels.stock.tables import PharmacyService


class PharmacyServiceView(msgspec.Struct, frozen=True, kw_only=True):
    """A service of a pharmacy; without a price it is asked for there. Everybody sees the active ones."""

    id: UUID
    pharmacy_id: UUID
    name: str
    description: str | None
    price: Money | None
    is_active: bool


PUBLISHED: Final = (
    "e.is_active AND EXISTS (SELECT FROM place p WHERE p.id = e.pharmacy_id AND p.approval = 'approved'"
    " AND p.closed_at IS NULL)"
)


async def sees(ctx: Ctx) -> str | None:
    """The active ones of approved pharmacies; their own people and administrators see all of them."""
    if ctx.anonymous:
        return PUBLISHED
    if await identity.scopes(ctx):
        return None
    return (
        f"({PUBLISHED}) OR EXISTS (SELECT FROM membership m WHERE m.place_id = e.pharmacy_id"
        " AND m.account_id = {actor} AND m.until IS NULL)"
    )


async def door(ctx: Ctx, verb: Verb, key: UUID | None, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who keeps the stock of the pharmacy."""
    columns = dict(given)
    if "price" in columns and columns["price"] is None:
        columns |= {"amount": None, "currency": None}
        del columns["price"]
    if key is None:
        at = await doors.pharmacy(ctx, columns.get("pharmacy_id"))
        return {**columns_of(columns), "id": uuid7(), "pharmacy_id": at.id, "created_at": ctx.now}
    await doors.service(ctx, key)
    return columns_of(columns)


SERVICES: Final = resource(
    "pharmacy_service",
    table=PharmacyService,
    view=PharmacyServiceView,
    parameter="pharmacy_service_id",
    columns={
        "price": "CASE WHEN e.amount IS NOT NULL THEN json_build_object('amount', e.amount, 'currency', e.currency,"
        " 'exponent', currency_exponent(e.currency)) END",
    },
    create={
        "name": Name,
        "pharmacy_id": UUID | UnsetType,
        "description": Text | UnsetType,
        "price": Money | UnsetType,
        "is_active": bool | UnsetType,
    },
    update={"name": Name, "description": Text | None, "price": Money | None, "is_active": bool},
    read={ANYONE},
    write={Capacity.STAFF},
    door=door,
    errors={InvalidParams},
    orders={"name": Order("lower(e.name)", str)},
    search=Part(("name", "description")),
    filters={"pharmacy_id": equal(UUID), "is_active": equal(bool)},
    published=PUBLISHED,
    visible=sees,
)
