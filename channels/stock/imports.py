"""A pharmacy's first day: two hundred articles with their batches in one call, all of them or none."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Count, Name
from carewire.ids import uuid7
from carewire.money import Minor, Money
from carewire.resource import CatalogueChanged
from channels.care import Schedule
from channels.identity import Capacity
from channels.stock import doors
from channels.stock.commands import BatchNumber
from channels.stock.errors import AlreadyStocked, ShelfFull, TooManyArticles
from channels.stock.events import StockCause, StockUpdated
from channels.stock.holds import Packs
from channels.stock.medicines import MEDICINES, Barcode, BasisPoints, PackSize, Strength, require_room
from channels.stock.nouns import DosageForm, MovementKind
from channels.stock.shelf import Movement, changing, move

ROWS_MAX: Final = 200
"""So many fit into one frame of 64 KiB with all their words."""
PROBLEMS_MAX: Final = 100
"""A refusal names so many problems; the rest shows when those are mended."""


class ImportRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An article as `medicine.create` takes it, and a batch of it that came: `number`, `expires_on` and `quantity`
    together, or none of them."""

    name: Name
    form: DosageForm
    price: Money
    schedule: Schedule
    generic: Name | None = None
    brand: Name | None = None
    strength: Strength | None = None
    pack_size: PackSize = 1
    tax_basis_points: BasisPoints = 0
    barcode: Barcode | None = None
    low_at: Count | None = None
    number: BatchNumber | None = None
    expires_on: date | None = None
    quantity: Packs | None = None
    cost: Minor | None = None


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """How many articles are new, how many were there already and are now as the rows say, how many batches came."""

    created: int
    updated: int
    received: int


class Key(NamedTuple):
    """By what an article is known again."""

    name: str
    form: str
    strength: str | None
    pack_size: int


Rows = Annotated[list[ImportRow], Meta(min_length=1, max_length=ROWS_MAX)]


@command(
    "stock.import",
    allow={Capacity.STAFF},
    emits={StockUpdated, CatalogueChanged},
    errors={NotFound, InvalidParams, AlreadyStocked, ShelfFull, TooManyArticles},
)
async def import_rows(ctx: Ctx, rows: Rows, pharmacy_id: UUID | None = None) -> Imported:
    """Enter up to 200 rows of articles and batches, all of them or none.

    An article of the same name, form, strength and pack is changed to what its row says; a batch adds to what is there.
    `fields` of a refusal name what is wrong, row by row (`$.rows[17].expires_on`), up to a hundred problems at once.
    """
    at = await doors.pharmacy(ctx, pharmacy_id)
    await MEDICINES.lock(ctx)
    known = await _known(ctx, at.id)
    today: date = await ctx.tx.fetchval("SELECT ($1::timestamptz AT TIME ZONE $2)::date", ctx.now, at.zone)
    problems = [*_within(rows, today), *await _against(ctx, at.id, rows, known)]
    if problems:
        raise InvalidParams(fields=tuple(problems[:PROBLEMS_MAX]))
    ids = [known.get(_key(row)) or uuid7() for row in rows]
    old = set(known.values()) & set(ids)
    await require_room(ctx, at.id, len(ids) - len(old))
    before = {one: await MEDICINES.public_entry(ctx, one) for one in ids if one in old}
    await _write(ctx, at.id, rows, ids)
    async with changing(ctx, at.id, ids, StockCause.RECEIVE):
        await _say_low(ctx, rows, ids)
        received = await _receive(ctx, at.id, rows, ids)
    for one in ids:
        await MEDICINES.tell(ctx, one, before.get(one))
    ctx.about("place", at.id)
    return Imported(created=len(ids) - len(old), updated=len(old), received=received)


def _key(row: ImportRow) -> Key:
    return Key(row.name.lower(), row.form, row.strength, row.pack_size)


async def _known(ctx: Ctx, pharmacy_id: UUID) -> dict[Key, UUID]:
    found = await ctx.tx.fetch(
        "SELECT id, lower(name) AS name, form, strength, pack_size FROM medicine"
        " WHERE pharmacy_id = $1 AND closed_at IS NULL",
        pharmacy_id,
    )
    return {Key(row["name"], row["form"], row["strength"], row["pack_size"]): row["id"] for row in found}


def _within(rows: Sequence[ImportRow], today: date) -> Iterable[Field]:
    """What is wrong with the rows by themselves."""
    keys: dict[Key, int] = {}
    barcodes: dict[str, int] = {}
    for n, row in enumerate(rows):
        if (other := keys.setdefault(_key(row), n)) != n:
            yield Field(f"$.rows[{n}].name", f"is the article of row {other} once more")
        if row.barcode is not None and (other := barcodes.setdefault(row.barcode, n)) != n:
            yield Field(f"$.rows[{n}].barcode", f"stands in row {other} already")
        batch = {"number": row.number, "expires_on": row.expires_on, "quantity": row.quantity}
        if missing := [name for name, value in batch.items() if value is None]:
            if len(missing) < len(batch):
                yield Field(f"$.rows[{n}].{missing[0]}", "is missing for the batch")
            elif row.cost is not None:
                yield Field(f"$.rows[{n}].cost", "is that of a batch, and there is none")
        elif row.expires_on is not None and row.expires_on < today:
            yield Field(f"$.rows[{n}].expires_on", "has passed")


async def _against(ctx: Ctx, pharmacy_id: UUID, rows: Sequence[ImportRow], known: dict[Key, UUID]) -> Iterable[Field]:
    """What is wrong with them beside what is there."""
    batches = await ctx.tx.fetch(
        "SELECT medicine_id, number, expires_on FROM stock_batch WHERE medicine_id = ANY($1)", list(known.values())
    )
    expires = {(one["medicine_id"], one["number"]): one["expires_on"] for one in batches}
    barcodes = await ctx.tx.fetch(
        "SELECT barcode, id FROM medicine WHERE pharmacy_id = $1 AND closed_at IS NULL AND barcode = ANY($2)",
        pharmacy_id,
        [row.barcode for row in rows if row.barcode is not None],
    )
    owners = {one["barcode"]: one["id"] for one in barcodes}
    problems: list[Field] = []
    for n, row in enumerate(rows):
        medicine_id = known.get(_key(row))
        if row.barcode in owners and owners[row.barcode] != medicine_id:
            problems.append(Field(f"$.rows[{n}].barcode", "is that of another article"))
        if medicine_id is not None and expires.get((medicine_id, str(row.number)), row.expires_on) != row.expires_on:
            problems.append(Field(f"$.rows[{n}].expires_on", "this batch stands there with another one"))
    return problems


async def _write(ctx: Ctx, pharmacy_id: UUID, rows: Sequence[ImportRow], ids: Sequence[UUID]) -> None:
    """The articles: new ones, and those that are there as their rows say."""
    values: list[tuple[Any, ...]] = [
        (one, pharmacy_id, row.name, row.generic, row.brand, row.form, row.strength, row.pack_size, row.price.amount,
         row.price.currency, row.tax_basis_points, row.schedule, row.barcode, ctx.now)
        for one, row in zip(ids, rows, strict=True)
    ]  # fmt: skip
    await ctx.tx.execute(
        "INSERT INTO medicine (id, pharmacy_id, name, generic, brand, form, strength, pack_size, amount, currency,"
        " tax_basis_points, schedule, barcode, created_at) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[],"
        " $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bigint[], $10::text[], $11::int[],"
        " $12::text[],"
        " $13::text[], $14::timestamptz[]) ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name,"
        " generic = EXCLUDED.generic, brand = EXCLUDED.brand, amount = EXCLUDED.amount, currency = EXCLUDED.currency,"
        " tax_basis_points = EXCLUDED.tax_basis_points, schedule = EXCLUDED.schedule, barcode = EXCLUDED.barcode",
        *(list(column) for column in zip(*values, strict=True)),
    )


async def _say_low(ctx: Ctx, rows: Sequence[ImportRow], ids: Sequence[UUID]) -> None:
    """At how many packs the articles are low, where a row says it."""
    await ctx.tx.execute(
        "UPDATE stock s SET low_at = given.low_at FROM unnest($1::uuid[], $2::int[]) AS given (id, low_at)"
        " WHERE s.medicine_id = given.id AND given.low_at IS NOT NULL",
        list(ids),
        [row.low_at for row in rows],
    )


async def _receive(ctx: Ctx, pharmacy_id: UUID, rows: Sequence[ImportRow], ids: Sequence[UUID]) -> int:
    """The batches that came, and their movements."""
    came = [(one, row) for one, row in zip(ids, rows, strict=True) if row.number is not None]
    batches = await ctx.tx.fetch(
        "INSERT INTO stock_batch AS b (pharmacy_id, medicine_id, number, expires_on, cost, received_at)"
        " SELECT $1, given.*, $2 FROM unnest($3::uuid[], $4::text[], $5::date[], $6::bigint[]) AS given"
        " ON CONFLICT (medicine_id, number) DO UPDATE SET cost = coalesce(EXCLUDED.cost, b.cost)"
        " RETURNING id, medicine_id",
        pharmacy_id,
        ctx.now,
        [one for one, _ in came],
        [row.number for _, row in came],
        [row.expires_on for _, row in came],
        [row.cost for _, row in came],
    )
    batch_of = {row["medicine_id"]: row["id"] for row in batches}
    movements = [
        Movement(medicine_id=one, batch_id=batch_of[one], kind=MovementKind.RECEIVE, quantity=row.quantity or 0)
        for one, row in came
    ]
    await move(ctx, pharmacy_id, movements, by=ctx.actor.id)
    return len(movements)
