"""The articles of pharmacies: a catalogue that their people keep, and everybody reads."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta, UnsetType

from carewire.actor import ANYONE
from carewire.command import Ctx
from carewire.errors import InvalidParams
from carewire.forms import Name
from carewire.ids import uuid7
from carewire.money import Minor, Money
from carewire.resource import Order, Verb, at_most, equal, resource
from carewire.resource.parts import Filter
from channels.care import Schedule
from channels.directory import Words
from channels.identity import Capacity
from channels.identity import access as identity
from channels.stock import doors
from channels.stock.errors import AlreadyStocked, TooManyArticles
from channels.stock.nouns import Availability, DosageForm
from channels.stock.tables import Medicine

ARTICLES_MAX: Final = 5_000
"""Of one pharmacy; its live stock is one snapshot, and this many fit."""

Strength = Annotated[str, Meta(min_length=1, max_length=64, description="E.g. `500 mg` or `125 mg/5 ml`")]
PackSize = Annotated[int, Meta(ge=1, le=10_000, description="Pieces in one pack, e.g. 10 tablets; 1 for a bottle")]
BasisPoints = Annotated[int, Meta(ge=0, le=10_000, description="Hundredths of a per cent")]
Barcode = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{4,32}\Z")]

WORDS: Final = Words("medicine", "medicine_vector(e.folded, e.folded_more)")
LISTED: Final = (
    "e.closed_at IS NULL AND EXISTS (SELECT FROM place p WHERE p.id = e.pharmacy_id AND p.approval = 'approved'"
    " AND p.closed_at IS NULL)"
)
PUBLISHED: Final = f"e.is_available AND {LISTED}"


class MedicineView(msgspec.Struct, frozen=True, kw_only=True):
    """An article of a pharmacy. `price` is of one pack, tax included; how many there are, only its people know."""

    id: UUID
    pharmacy_id: UUID
    name: str
    generic: str | None
    brand: str | None
    form: DosageForm
    strength: str | None
    pack_size: int
    price: Money
    tax_basis_points: int
    schedule: Schedule
    barcode: str | None
    is_available: bool
    availability: Availability


COLUMNS: Final = {
    "price": "json_build_object('amount', e.amount, 'currency', e.currency, 'exponent', currency_exponent(e.currency))",
    "availability": "stock_word(stock_left(e.id, {now}))",
}
CREATE: Final[Mapping[str, Any]] = {
    "name": Name,
    "form": DosageForm,
    "price": Money,
    "schedule": Schedule,
    "pharmacy_id": UUID | UnsetType,
    "generic": Name | UnsetType,
    "brand": Name | UnsetType,
    "strength": Strength | UnsetType,
    "pack_size": PackSize | UnsetType,
    "tax_basis_points": BasisPoints | UnsetType,
    "barcode": Barcode | UnsetType,
    "is_available": bool | UnsetType,
}


async def sees(ctx: Ctx) -> str:
    """What is for sale at an approved pharmacy; its own people and administrators see all of it."""
    if ctx.anonymous:
        return PUBLISHED
    if await identity.scopes(ctx):
        return "e.closed_at IS NULL"
    return (
        f"({PUBLISHED}) OR (e.closed_at IS NULL AND EXISTS (SELECT FROM membership m WHERE m.place_id = e.pharmacy_id"
        " AND m.account_id = {actor} AND m.until IS NULL))"
    )


def columns_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, with the price as the two columns it is."""
    columns = dict(given)
    if "price" in columns:
        price: Money = columns.pop("price")
        columns |= {"amount": price.amount, "currency": price.currency}
    return columns


async def door(ctx: Ctx, verb: Verb, key: UUID | None, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who keeps the stock of the pharmacy."""
    if key is not None:
        await doors.article(ctx, key)
        return columns_of(given)
    at = await doors.pharmacy(ctx, given.get("pharmacy_id"))
    await require_room(ctx, at.id, 1)
    return {**columns_of(given), "id": uuid7(), "pharmacy_id": at.id, "created_at": ctx.now}


async def require_room(ctx: Ctx, pharmacy_id: UUID, more: int) -> None:
    """Raises `TooManyArticles` where so many more do not fit. Who adds to the catalogue at once waits here."""
    await ctx.tx.execute("SELECT pg_advisory_xact_lock(hashtext('articles:' || $1::uuid::text))", pharmacy_id)
    known: int = await ctx.tx.fetchval(
        "SELECT count(*) FROM medicine WHERE pharmacy_id = $1 AND closed_at IS NULL", pharmacy_id
    )
    if known + more > ARTICLES_MAX:
        raise TooManyArticles()


MEDICINES: Final = resource(
    "medicine",
    table=Medicine,
    view=MedicineView,
    parameter="medicine_id",
    columns=COLUMNS,
    create=CREATE,
    update={
        "name": Name,
        "form": DosageForm,
        "price": Money,
        "schedule": Schedule,
        "generic": Name | None,
        "brand": Name | None,
        "strength": Strength | None,
        "pack_size": PackSize,
        "tax_basis_points": BasisPoints,
        "barcode": Barcode | None,
        "is_available": bool,
    },
    read={ANYONE},
    write={Capacity.STAFF},
    door=door,
    errors={InvalidParams, AlreadyStocked, TooManyArticles},
    orders={"name": Order("lower(e.name)", str), "price": Order("e.amount", int, "::bigint")},
    search=WORDS,
    filters={
        "pharmacy_id": equal(UUID),
        "generic": Filter(Name, "lower(e.generic) = lower({value})"),
        "form": equal(DosageForm),
        "schedule": equal(Schedule),
        "barcode": equal(Barcode),
        "is_available": equal(bool),
        "availability": Filter(Availability, "stock_word(stock_left(e.id, {now})) = {value}"),
        "price_max": at_most(Minor, "amount"),
    },
    published=PUBLISHED,
    visible=sees,
    counted=False,
    retire="closed_at",
)
