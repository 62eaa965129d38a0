"""What administrators see of pharmacies' stock and laboratories' catalogues: counts and value, nobody's health."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, query
from carewire.errors import Forbidden, InvalidParams, NotFound
from carewire.forms import Cursor, Limit, Name
from carewire.money import Money, Total, exponent
from carewire.store import paging
from carewire.store.paging import Page
from channels.directory import Approval
from channels.identity import Capacity, Scope
from channels.identity import access as identity
from channels.stock.nouns import DosageForm

READS: Final = frozenset({Scope.COORDINATE, Scope.SUPPORT})
SOON_DAYS: Final = 30
"""What expires within so many days is counted as expiring."""


class PharmacyStock(msgspec.Struct, frozen=True, kw_only=True):
    """A pharmacy's stock in numbers. `value` is what is there at its selling prices, by currency; `expiring` are
    batches that expire within 30 days, or have and were not written off yet."""

    pharmacy_id: UUID
    name: str
    city: str
    approval: Approval
    articles: int
    out_of_stock: int
    low: int
    expiring: int
    value: list[Total]


class ArticleStock(msgspec.Struct, frozen=True, kw_only=True):
    """An article's stock in packs, and the day on which the first of it expires."""

    medicine_id: UUID
    name: str
    form: DosageForm
    strength: str | None
    price: Money
    physical: int
    held: int
    low: bool
    expires_first: date | None


class PharmacyInventory(msgspec.Struct, frozen=True, kw_only=True):
    """A pharmacy's stock, and its articles page by page."""

    summary: PharmacyStock
    rows: list[ArticleStock]
    cursor: str | None


class LaboratoryCatalogue(msgspec.Struct, frozen=True, kw_only=True):
    """A laboratory's catalogue in numbers."""

    laboratory_id: UUID
    name: str
    city: str
    approval: Approval
    tests: int
    unavailable: int
    home_collection: int


class CatalogueTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test that a laboratory offers."""

    lab_catalog_id: UUID
    code: str
    name: str
    category: str | None
    price: Money
    turnaround_hours: int
    home_collection: bool
    is_available: bool


class LaboratoryInventory(msgspec.Struct, frozen=True, kw_only=True):
    """A laboratory's catalogue, and its tests page by page."""

    summary: LaboratoryCatalogue
    rows: list[CatalogueTest]
    cursor: str | None


class Only(StrEnum):
    """Which articles."""

    LOW = "low"
    OUT = "out"
    EXPIRING = "expiring"


City = Annotated[Name, Meta(description="Only those in this town")]

_PLACES: Final = """SELECT p.id, p.name, p.city, p.approval, lower(p.name) AS key FROM place p
 WHERE p.kind = '{kind}' AND p.closed_at IS NULL AND ($1::text IS NULL OR location_key(p.city) = location_key($1))
   AND ($2::text IS NULL OR (lower(p.name), p.id) > ($2, $3::uuid)) AND ($4::uuid IS NULL OR p.id = $4)
 ORDER BY lower(p.name), p.id LIMIT $5"""
_STOCK: Final = f"""SELECT p.id AS pharmacy_id, p.name, p.city, p.approval, p.key, a.*,
       (SELECT count(*) FROM stock_batch b
         WHERE b.pharmacy_id = p.id AND b.physical > 0 AND b.expires_on <= $6) AS expiring,
       (SELECT coalesce(json_agg(json_build_array(v.amount, v.currency) ORDER BY v.currency), '[]') FROM (
          SELECT sum(s.physical * m.amount) AS amount, m.currency
            FROM stock s JOIN medicine m ON m.id = s.medicine_id
           WHERE s.pharmacy_id = p.id AND s.physical > 0 GROUP BY m.currency) v) AS value
  FROM ({_PLACES.format(kind="pharmacy")}) p CROSS JOIN LATERAL (
       SELECT count(*) AS articles, count(*) FILTER (WHERE s.physical = 0) AS out_of_stock,
              count(*) FILTER (WHERE s.low) AS low
         FROM medicine m JOIN stock s ON s.medicine_id = m.id WHERE m.pharmacy_id = p.id AND m.closed_at IS NULL) a
 ORDER BY p.key, p.id"""
_TESTS: Final = f"""SELECT p.id AS laboratory_id, p.name, p.city, p.approval, p.key, a.*
  FROM ({_PLACES.format(kind="laboratory")}) p CROSS JOIN LATERAL (
       SELECT count(*) AS tests, count(*) FILTER (WHERE NOT c.is_available) AS unavailable,
              count(*) FILTER (WHERE c.home_collection) AS home_collection
         FROM lab_catalog c WHERE c.laboratory_id = p.id AND c.closed_at IS NULL) a
 ORDER BY p.key, p.id"""


@query("inventory.pharmacies", allow={Capacity.ADMIN}, errors={Forbidden, InvalidParams})
async def pharmacies(
    ctx: Ctx, city: City | None = None, limit: Limit = 20, cursor: Cursor | None = None
) -> Page[PharmacyStock]:
    """Pharmacies with their stock in numbers, by name; for administrators (coordinate, support)."""
    await identity.administrator(ctx, scopes=READS)
    rows = await _summaries(ctx, _STOCK, city, cursor, limit, _soon(ctx))
    return Page(rows=[_pharmacy(row) for row in rows[:limit]], cursor=_more(rows, limit, "pharmacy_id"))


@query("inventory.pharmacy", allow={Capacity.ADMIN}, errors={NotFound, Forbidden, InvalidParams})
async def pharmacy(
    ctx: Ctx, pharmacy_id: UUID, only: Only | None = None, limit: Limit = 50, cursor: Cursor | None = None
) -> PharmacyInventory:
    """A pharmacy's stock in numbers and article by article; for administrators (coordinate, support)."""
    await identity.administrator(ctx, scopes=READS)
    found = await ctx.tx.fetchrow(_STOCK, None, None, None, pharmacy_id, 1, _soon(ctx))
    if found is None:
        raise NotFound()
    key, last = paging.decode(cursor, tuple[str, UUID]) if cursor is not None else (None, None)
    rows = await ctx.tx.fetch(
        "SELECT m.id AS medicine_id, m.name, m.form, m.strength, m.amount, m.currency, s.physical, s.held, s.low,"
        " b.expires_first, lower(m.name) AS key FROM medicine m JOIN stock s ON s.medicine_id = m.id CROSS JOIN LATERAL"
        " (SELECT min(b.expires_on) AS expires_first FROM stock_batch b WHERE b.medicine_id = m.id AND"
        " b.physical > 0) b"
        " WHERE m.pharmacy_id = $1 AND m.closed_at IS NULL AND ($2::text IS NULL OR (lower(m.name), m.id) >"
        " ($2, $3::uuid))"
        " AND CASE $4::text WHEN 'low' THEN s.low WHEN 'out' THEN s.physical = 0 WHEN 'expiring' THEN"
        " b.expires_first <= $5"
        " ELSE true END ORDER BY lower(m.name), m.id LIMIT $6",
        pharmacy_id,
        key,
        last,
        only,
        _soon(ctx),
        limit + 1,
    )
    return PharmacyInventory(
        summary=_pharmacy(found),
        rows=[msgspec.convert(_priced(row), ArticleStock) for row in rows[:limit]],
        cursor=_more(rows, limit, "medicine_id"),
    )


@query("inventory.laboratories", allow={Capacity.ADMIN}, errors={Forbidden, InvalidParams})
async def laboratories(
    ctx: Ctx, city: City | None = None, limit: Limit = 20, cursor: Cursor | None = None
) -> Page[LaboratoryCatalogue]:
    """Laboratories with their catalogues in numbers, by name; for administrators (coordinate, support)."""
    await identity.administrator(ctx, scopes=READS)
    rows = await _summaries(ctx, _TESTS, city, cursor, limit)
    found = [msgspec.convert(dict(row), LaboratoryCatalogue) for row in rows[:limit]]
    return Page(rows=found, cursor=_more(rows, limit, "laboratory_id"))


@query("inventory.laboratory", allow={Capacity.ADMIN}, errors={NotFound, Forbidden, InvalidParams})
async def laboratory(
    ctx: Ctx, laboratory_id: UUID, limit: Limit = 50, cursor: Cursor | None = None
) -> LaboratoryInventory:
    """A laboratory's catalogue in numbers and test by test; for administrators (coordinate, support)."""
    await identity.administrator(ctx, scopes=READS)
    found = await ctx.tx.fetchrow(_TESTS, None, None, None, laboratory_id, 1)
    if found is None:
        raise NotFound()
    key, last = paging.decode(cursor, tuple[str, UUID]) if cursor is not None else (None, None)
    rows = await ctx.tx.fetch(
        "SELECT c.id AS lab_catalog_id, c.code, c.name, c.category, c.amount, c.currency, c.turnaround_hours,"
        " c.home_collection, c.is_available, lower(c.name) AS key FROM lab_catalog c WHERE c.laboratory_id = $1"
        " AND c.closed_at IS NULL AND ($2::text IS NULL OR (lower(c.name), c.id) > ($2, $3::uuid))"
        " ORDER BY lower(c.name), c.id LIMIT $4",
        laboratory_id,
        key,
        last,
        limit + 1,
    )
    return LaboratoryInventory(
        summary=msgspec.convert(dict(found), LaboratoryCatalogue),
        rows=[msgspec.convert(_priced(row), CatalogueTest) for row in rows[:limit]],
        cursor=_more(rows, limit, "lab_catalog_id"),
    )


async def _summaries(ctx: Ctx, sql: str, city: str | None, cursor: str | None, limit: int, *more: Any) -> list[Any]:
    key, last = paging.decode(cursor, tuple[str, UUID]) if cursor is not None else (None, None)
    return await ctx.tx.fetch(sql, city, key, last, None, limit + 1, *more)


def _soon(ctx: Ctx) -> date:
    return date.fromordinal(ctx.now.date().toordinal() + SOON_DAYS)


def _more(rows: list[Any], limit: int, key: str) -> str | None:
    return paging.encode(rows[limit - 1]["key"], rows[limit - 1][key]) if len(rows) > limit else None


def _pharmacy(row: Any) -> PharmacyStock:
    value = [
        Total.of(amount, currency) for amount, currency in msgspec.json.decode(row["value"], type=list[tuple[int, str]])
    ]
    return msgspec.convert({**dict(row), "value": value}, PharmacyStock)


def _priced(row: Any) -> dict[str, Any]:
    currency = row["currency"]
    return {**dict(row), "price": {"amount": row["amount"], "currency": currency, "exponent": exponent(currency)}}
