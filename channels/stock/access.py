"""What the stock offers other domains: its doors, what an article is, and holds.

kept = await stock.hold(ctx, pharmacy_id, [Line(medicine_id=…, quantity=2)], until, about=order_id)
await stock.sell(ctx, kept.id)          # or release, extend, returned; declare `stock.EMITS` in `emits`
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.money import Money, exponent
from channels.care import Schedule
from channels.stock.doors import KEEPERS, Pharmacy, article, batch, keepers, pharmacy
from channels.stock.holds import (
    EMITS,
    LINES_MAX,
    Hold,
    Line,
    Packs,
    Part,
    extend,
    find,
    hold,
    release,
    returned,
    sell,
)
from channels.stock.nouns import ON_PRESCRIPTION, Availability, DosageForm
from channels.stock.prescribed import answers, prescribed
from channels.stock.shelf import lock

__all__ = [
    "EMITS",
    "KEEPERS",
    "LINES_MAX",
    "ON_PRESCRIPTION",
    "Article",
    "Hold",
    "Line",
    "Packs",
    "Part",
    "Pharmacy",
    "answers",
    "article",
    "articles",
    "batch",
    "equivalents",
    "extend",
    "find",
    "hold",
    "keepers",
    "lock",
    "pharmacy",
    "prescribed",
    "release",
    "returned",
    "sell",
]


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """A medicine as a bill shows it. `price` is of one pack of `pack_size` pieces, its tax included."""

    id: UUID
    pharmacy_id: UUID
    name: str
    generic: str | None
    form: DosageForm
    strength: str | None
    pack_size: int
    price: Money
    tax_basis_points: int
    schedule: Schedule
    offered: bool
    """It is for sale at present, if there is any."""
    availability: Availability


_ARTICLE = """SELECT m.id, m.pharmacy_id, m.name, m.generic, m.form, m.strength, m.pack_size, m.amount, m.currency,
       m.tax_basis_points, m.schedule, m.is_available AND m.closed_at IS NULL AS offered,
       stock_word(stock_left(m.id, $2)) AS availability FROM medicine m"""


async def articles(ctx: Ctx, medicine_ids: Sequence[UUID]) -> dict[UUID, Article]:
    """These articles, whosever they are, closed ones among them: what is on a bill stays readable."""
    rows = await ctx.tx.fetch(f"{_ARTICLE} WHERE m.id = ANY($1)", list(medicine_ids), ctx.now)
    return {row["id"]: _article(row) for row in rows}


async def equivalents(ctx: Ctx, medicine_id: UUID) -> list[Article]:
    """What the same pharmacy may give instead: same generic, strength and form, for sale, best stocked first.

    The patient's consent is the order's to ask for. None for an article whose generic is not known.
    """
    rows = await ctx.tx.fetch(
        f"{_ARTICLE} JOIN medicine o ON o.id = $1 AND o.id <> m.id AND m.pharmacy_id = o.pharmacy_id"
        " AND m.form = o.form AND lower(m.generic) = lower(o.generic)"
        " AND lower(replace(m.strength, ' ', '')) IS NOT DISTINCT FROM lower(replace(o.strength, ' ', ''))"
        " WHERE m.is_available AND m.closed_at IS NULL"
        " ORDER BY stock_left(m.id, $2) DESC, m.amount, m.id LIMIT 20",
        medicine_id,
        ctx.now,
    )
    return [_article(row) for row in rows]


def _article(row: "dict[str, object]") -> Article:
    values = dict(row)
    currency = str(values.pop("currency"))
    amount = values.pop("amount")
    return msgspec.convert(
        {**values, "price": {"amount": amount, "currency": currency, "exponent": exponent(currency)}}, Article
    )
