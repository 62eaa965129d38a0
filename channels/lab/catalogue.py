"""The priced tests of laboratories: kept by who works there, read by everybody who finds the laboratory."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta, UnsetType

from carewire.actor import ANYONE
from carewire.command import Ctx
from carewire.errors import Conflict, InvalidParams, NotFound
from carewire.forms import Name
from carewire.money import Minor, Money
from carewire.resource import Order, Part, Verb, at_most, equal, resource
from channels.directory import PlaceKind
from channels.directory import access as directory
from channels.identity import Capacity, Duty
from channels.lab import ranges
from channels.lab.errors import CodeTaken
from channels.lab.ranges import Analyte, Analytes, Code
from channels.lab.tables import LabCatalog

KEEPERS: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.TECHNICIAN})
ENTRIES_MAX: Final = 5_000
"""Tests of one laboratory."""


class Sample(StrEnum):
    """What is taken of the patient."""

    BLOOD = "blood"
    URINE = "urine"
    STOOL = "stool"
    SPUTUM = "sputum"
    SWAB = "swab"
    SALIVA = "saliva"
    TISSUE = "tissue"
    FLUID = "fluid"
    """Of the spine, a joint, the lungs or the belly."""
    NONE = "none"
    """She comes herself, e.g. for an image."""


Category = Annotated[str, Meta(min_length=1, max_length=64)]
Hours = Annotated[int, Meta(ge=1, le=2160, description="From the sample to the report")]
Preparation = Annotated[str, Meta(min_length=1, max_length=4000, description="What she has to do before, e.g. fast")]
IsAvailable = Annotated[bool, Meta(description="Only who works there sees those that are not")]


class LabCatalogView(msgspec.Struct, frozen=True, kw_only=True):
    """A test as one laboratory offers it, with what is measured and what is normal for whom."""

    id: UUID
    laboratory_id: UUID
    code: str
    name: str
    category: str | None
    sample: Sample
    price: Money
    turnaround_hours: int
    preparation: str | None
    home_collection: bool
    is_available: bool
    analytes: list[Analyte]
    locale: str
    fallback: list[str]


_FOUND: Final = (
    "e.closed_at IS NULL AND EXISTS (SELECT FROM place l WHERE l.id = e.laboratory_id AND l.closed_at IS NULL"
    " AND l.approval = 'approved')"
)
PUBLISHED: Final = f"e.is_available AND {_FOUND}"


async def sees(ctx: Ctx) -> str:
    """What a laboratory that everybody finds has available; of one's own place everything."""
    if ctx.anonymous:
        return PUBLISHED
    return (
        f"({PUBLISHED}) OR (e.closed_at IS NULL AND EXISTS (SELECT FROM membership m WHERE m.place_id ="
        " e.laboratory_id AND m.account_id = {actor} AND m.until IS NULL))"
    )


async def may_write(ctx: Ctx, verb: Verb, key: UUID | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """The laboratory's owners, managers and technicians. Nobody could judge by ranges that contradict each other."""
    columns = dict(given)
    if "analytes" in columns:
        ranges.require_sound(columns["analytes"])
        columns["analytes"] = ranges.encode(columns["analytes"])
    if "price" in columns:
        price: Money = columns.pop("price")
        columns |= {"amount": price.amount, "currency": price.currency}
    if key is not None:
        laboratory_id = await ctx.tx.fetchval("SELECT laboratory_id FROM lab_catalog WHERE id = $1 FOR UPDATE", key)
        await directory.place(ctx, laboratory_id, duties=KEEPERS)
        return columns
    place = await directory.place(ctx, columns["laboratory_id"], duties=KEEPERS, lock=True)
    if place.kind is not PlaceKind.LABORATORY:
        raise NotFound()
    count: int = await ctx.tx.fetchval(
        "SELECT count(*) FROM lab_catalog WHERE laboratory_id = $1 AND closed_at IS NULL", place.id
    )
    if count >= ENTRIES_MAX:
        raise Conflict(f"A laboratory offers at most {ENTRIES_MAX} tests")
    return {"created_at": ctx.now, **columns}


CATALOGUE: Final = resource(
    "lab_catalog",
    table=LabCatalog,
    view=LabCatalogView,
    parameter="catalogue_id",
    columns={
        "price": "jsonb_build_object('amount', e.amount, 'currency', e.currency,"
        " 'exponent', currency_exponent(e.currency))",
        "analytes": "e.analytes",
    },
    create={
        "laboratory_id": UUID,
        "code": Code,
        "name": Name,
        "sample": Sample,
        "price": Money,
        "turnaround_hours": Hours,
        "analytes": Analytes,
        "category": Category | UnsetType,
        "preparation": Preparation | UnsetType,
        "home_collection": bool | UnsetType,
        "is_available": bool | UnsetType,
    },
    update={
        "code": Code,
        "name": Name,
        "sample": Sample,
        "price": Money,
        "turnaround_hours": Hours,
        "analytes": Analytes,
        "category": Category | None,
        "preparation": Preparation | None,
        "home_collection": bool,
        "is_available": bool,
    },
    read={ANYONE},
    write={Capacity.STAFF},
    door=may_write,
    errors={InvalidParams, CodeTaken},
    orders={"name": Order("lower(e.name)", str), "price": Order("e.amount", int, "::bigint")},
    search=Part(("name", "code", "category")),
    filters={
        "laboratory_id": equal(UUID),
        "category": equal(Category),
        "code": equal(Code),
        "sample": equal(Sample),
        "home_collection": equal(bool),
        "is_available": equal(IsAvailable),
        "price_max": at_most(Minor, "amount"),
    },
    published=PUBLISHED,
    visible=sees,
    translatable=("name", "preparation"),
    counted=False,
    retire="closed_at",
)
