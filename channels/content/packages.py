"""Packages: a journey with treatments, at hospitals of one country; the price may change with the season."""

import itertools
from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta, UnsetType

from carewire.actor import ANYONE
from carewire.command import Ctx, command
from carewire.errors import Field, Forbidden, InvalidParams, NotFound
from carewire.forms import Name
from carewire.money import Currency, Minor, Money
from carewire.resource import CatalogueChanged, Order, Part, at_least, at_most, equal, resource
from carewire.resource.parts import Filter
from channels.content.forms import Body, DurationDays, Lines
from channels.content.sight import unless_editor
from channels.content.tables import Package
from channels.content.treatments import IsActive
from channels.directory.access import content_only
from channels.identity import Capacity

Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z", description="ISO 3166, e.g. IN")]
Ids = Annotated[list[UUID], Meta(max_length=50)]

_SEASON_NOW: Final = (
    "(SELECT s.amount FROM package_season s WHERE s.package_id = e.id AND s.days @> ({now}::timestamptz AT TIME ZONE"
    " 'UTC')::date)"
)


class Season(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a package costs from a day until another, both included, in its currency's minor units."""

    first: date
    last: date
    amount: Minor


class PackageView(msgspec.Struct, frozen=True, kw_only=True):
    """A package. `price` is its own, `price_now` that of the season today (UTC)."""

    id: UUID
    name: str
    country: str
    description: str | None
    duration_days: int
    inclusions: list[str]
    hospital_ids: list[UUID]
    treatment_ids: list[UUID]
    flights_included: bool
    accommodation_included: bool
    transfers_included: bool
    price: Money
    price_now: Money
    seasons: list[Season]
    is_active: bool
    locale: str
    fallback: list[str]


PACKAGES: Final = resource(
    "package",
    table=Package,
    view=PackageView,
    parameter="package_id",
    columns={
        "price": "json_build_object('amount', e.amount, 'currency', e.currency,"
        " 'exponent', currency_exponent(e.currency))",
        "price_now": f"json_build_object('amount', coalesce({_SEASON_NOW}, e.amount), 'currency', e.currency,"
        " 'exponent', currency_exponent(e.currency))",
        "seasons": "(SELECT coalesce(json_agg(json_build_object('first', lower(s.days), 'last', upper(s.days) - 1,"
        " 'amount', s.amount) ORDER BY s.days), '[]') FROM package_season s WHERE s.package_id = e.id)",
    },
    create={
        "name": Name,
        "country": Country,
        "duration_days": DurationDays,
        "currency": Currency,
        "amount": Minor,
        "description": Body | UnsetType,
        "inclusions": Lines | UnsetType,
        "hospital_ids": Ids | UnsetType,
        "treatment_ids": Ids | UnsetType,
        "flights_included": bool | UnsetType,
        "accommodation_included": bool | UnsetType,
        "transfers_included": bool | UnsetType,
        "is_active": bool | UnsetType,
    },
    update={
        "name": Name,
        "country": Country,
        "duration_days": DurationDays,
        "amount": Minor,
        "description": Body | None,
        "inclusions": Lines,
        "hospital_ids": Ids,
        "treatment_ids": Ids,
        "flights_included": bool,
        "accommodation_included": bool,
        "transfers_included": bool,
        "is_active": bool,
    },
    read={ANYONE},
    write={Capacity.ADMIN},
    door=content_only,
    errors={Forbidden},
    orders={
        "name": Order("lower(e.name)", str),
        "price": Order("e.amount", int, "::bigint"),
        "duration": Order("e.duration_days", int),
    },
    search=Part(("name", "description")),
    filters={
        "country": equal(Country),
        "currency": equal(Currency),
        "duration_max": at_most(DurationDays, "duration_days"),
        "price_min": at_least(Minor, "amount"),
        "price_max": at_most(Minor, "amount"),
        "hospital_id": Filter(UUID, "e.hospital_ids @> ARRAY[{value}]"),
        "treatment_id": Filter(UUID, "e.treatment_ids @> ARRAY[{value}]"),
        "is_active": equal(IsActive),
    },
    published="e.is_active",
    visible=unless_editor("e.is_active"),
    translatable=("name", "description"),
)


@command(
    "package.set_seasons",
    allow={Capacity.ADMIN},
    emits={CatalogueChanged},
    errors={NotFound, Forbidden, InvalidParams},
)
async def set_seasons(ctx: Ctx, package_id: UUID, seasons: Annotated[list[Season], Meta(max_length=50)]) -> PackageView:
    """Say all seasons of a package anew; outside of them it costs its own price. Two of them cannot overlap."""
    ordered = sorted(range(len(seasons)), key=lambda n: seasons[n].first)
    for index, season in enumerate(seasons):
        if season.last < season.first:
            raise InvalidParams(fields=(Field(f"$.seasons[{index}].last", "is before the first day"),))
    for one, next_one in itertools.pairwise(ordered):
        if seasons[next_one].first <= seasons[one].last:
            raise InvalidParams(fields=(Field(f"$.seasons[{next_one}].first", "lies in another season"),))
    async with PACKAGES.changing(ctx, package_id):
        await content_only(ctx, "update", package_id, {})
        if await ctx.tx.fetchval("SELECT true FROM package WHERE id = $1 FOR UPDATE", package_id) is None:
            raise NotFound()
        await ctx.tx.execute("DELETE FROM package_season WHERE package_id = $1", package_id)
        await ctx.tx.execute(
            "INSERT INTO package_season (package_id, days, amount) SELECT $1, daterange(first, last, '[]'), amount"
            " FROM unnest($2::date[], $3::date[], $4::bigint[]) AS given (first, last, amount)",
            package_id,
            [season.first for season in seasons],
            [season.last for season in seasons],
            [season.amount for season in seasons],
        )
    return await _package(ctx, package_id)


async def _package(ctx: Ctx, package_id: UUID) -> PackageView:
    row = await PACKAGES.row(ctx, package_id, None)
    assert row is not None
    view: PackageView = (await PACKAGES.show(ctx, [row], ctx.actor.locale))[0]
    return view
