"""Finding a medicine across the pharmacies that can be quoted now: who has it, for what price."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.actor import ANYONE
from carewire.command import Ctx, query
from carewire.errors import InvalidParams
from carewire.forms import Cursor, Limit, Name
from carewire.money import Money
from carewire.resource.parts import Values
from carewire.store import paging
from carewire.store.paging import Page
from channels.directory import NOT_QUOTABLE, PostalCode, quoting
from channels.stock.medicines import MEDICINES, WORDS, MedicineView

Typed = Annotated[str, Meta(min_length=1, max_length=100, description="Its name, brand or generic, in any script")]
Serves = Annotated[PostalCode, Meta(description="Only pharmacies that deliver there")]
InStock = Annotated[bool, Meta(description="Only where there is some")]

QUOTABLE: Final = f"({NOT_QUOTABLE}) IS NULL"


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A medicine and the pharmacy that has it. `delivery_fee` is null where it was never said."""

    medicine: MedicineView
    pharmacy_name: str
    city: str
    delivery_fee: Money | None


@query("medicine.search", allow={ANYONE}, errors={InvalidParams})
async def search(
    ctx: Ctx,
    search: Typed,
    serves: Serves | None = None,
    city: Name | None = None,
    in_stock: InStock = False,
    limit: Limit = 20,
    cursor: Cursor | None = None,
) -> Page[Offered]:
    """A medicine across the pharmacies that can be quoted now: approved, open, not pausing.

    What fits best comes first, then what costs least. Words are found as everywhere in the directory.
    """
    match = await WORDS.match(ctx, search)
    values = Values()
    count, now, there = values.add(limit + 1), values.add(ctx.now), values.add(serves)
    assert (now, there) == ("$2", "$3"), "as the directory's condition names them"

    def spelled(sql: str) -> str:
        return sql.format(*[values.add(v) if f"{{{n}}}" in sql else "" for n, v in enumerate(match.values)])

    rank = f"-({spelled(match.relevance)})" if match.relevance is not None else "0"
    where = f"e.closed_at IS NULL AND e.is_available AND {spelled(match.condition)}"
    if city is not None:
        where += " AND EXISTS (SELECT FROM place c WHERE c.id = e.pharmacy_id AND location_key(c.city) ="
        where += f" location_key({values.add(city)}))"
    after = "true"
    if cursor is not None:
        position = paging.decode(cursor, tuple[int, int, UUID])
        after = f"(f.rank, f.amount, f.id) > ({', '.join(values.add(one) for one in position)})"
    some = f"stock_left(f.id, {now}) > 0" if in_stock else "true"
    # First what fits, in order; whether a pharmacy can be quoted is asked of the first ones only.
    rows = await ctx.tx.fetch(
        f"SELECT {MEDICINES.select(ctx, values)}, f.rank AS _rank, f.amount AS _amount FROM"
        f" (SELECT f.rank, f.amount, f.id FROM"
        f"   (SELECT {rank}::bigint AS rank, e.amount, e.id, e.pharmacy_id FROM medicine e WHERE {where}"
        f"     ORDER BY 1, 2, 3 OFFSET 0) f JOIN place p ON p.id = f.pharmacy_id"
        f"  WHERE {after} AND {QUOTABLE} AND {some} ORDER BY f.rank, f.amount, f.id LIMIT {count}) f"
        f"  JOIN medicine e ON e.id = f.id ORDER BY f.rank, f.amount, f.id",
        *values.given,
    )
    shown = await MEDICINES.show(ctx, rows[:limit], "en")
    places = await quoting(ctx.tx, {one.pharmacy_id for one in shown}, ctx.now)
    found = [
        Offered(
            medicine=one,
            pharmacy_name=places[one.pharmacy_id].name,
            city=places[one.pharmacy_id].city,
            delivery_fee=places[one.pharmacy_id].delivery_fee,
        )
        for one in shown
    ]
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Page(rows=found, cursor=paging.encode(last["_rank"], last["_amount"], last["id"]) if last else None)
