"""What a catalogue is declared from: filters, orders, and where its words are.

    filters={"city": equal(Name, "lower({column}) = lower({value})"), "fee_max": at_most(Minor, "fee_minor"),
             "language": holds(Locale, "languages")}
    orders={"name": Order("lower(e.name)", str), "rating": Order("-e.rating", int)}

SQL here is the declaration's own; what a caller gave is always a parameter. The entry is called `e`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from carewire.command import Ctx


class Filter(msgspec.Struct, frozen=True):
    """A parameter of `{noun}.list`: its form, and the condition in SQL, where `{value}` is what was given, `{now}` the
    product's time and `{column}` the parameter's own name as a column."""

    kind: Any
    sql: str

    def condition(self, name: str, value: str, now: str) -> str:
        """The condition with its placeholders, e.g. `e.fee_minor <= $3`."""
        return self.sql.format(column=f"e.{name}", value=value, now=now)


def equal(kind: Any, sql: str = "{column} = {value}") -> Filter:
    """The column is what was given."""
    return Filter(kind, sql)


def at_least(kind: Any, column: str) -> Filter:
    """The column is what was given, or more; an entry that has none does not pass."""
    return Filter(kind, f"e.{column} >= {{value}}")


def at_most(kind: Any, column: str) -> Filter:
    """The column is what was given, or less; an entry that has none does not pass."""
    return Filter(kind, f"e.{column} <= {{value}}")


def holds(kind: Any, column: str) -> Filter:
    """The array column has this among its values."""
    return Filter(kind, f"e.{column} @> ARRAY[{{value}}{'::uuid' if kind is UUID else ''}]")


class Order(msgspec.Struct, frozen=True):
    """An order of `{noun}.list`: ascending by an expression that is never null, then by key. Negate for descending."""

    sql: str
    kind: type
    cast: str = ""
    """How a value from a cursor is spelled in SQL, where its type alone does not say it, e.g. `::bigint`."""


class Match(msgspec.Struct, frozen=True):
    """What searching came to: a condition and, where the catalogue can say it, an integer that is higher for what fits
    better. Both spell their own values as `{0}`, `{1}`, … of `values`."""

    condition: str
    values: Sequence[Any] = ()
    relevance: str | None = None


class Finder(Protocol):
    """How a catalogue is searched."""

    async def match(self, ctx: "Ctx", text: str) -> Match:
        """What the typed text comes to."""


class Part(msgspec.Struct, frozen=True):
    """Entries that have the typed text in one of these columns, upper or lower case alike. For small catalogues."""

    columns: tuple[str, ...]

    async def match(self, ctx: "Ctx", text: str) -> Match:
        """The text as it is: `%` and `_` are nothing special."""
        condition = " OR ".join(f"strpos(lower(e.{column}), lower({{0}})) > 0" for column in self.columns)
        return Match(f"({condition})", [text])


class Translate(Protocol):
    """How texts of entries are had in another language; the domain that keeps translations plugs it in."""

    async def __call__(
        self, ctx: "Ctx", noun: str, ids: Sequence[str], fields: Sequence[str], locale: str
    ) -> Mapping[tuple[str, str], str]:
        """The approved texts there are, by (id, field)."""


SOURCE_LOCALE = "en"
"""The language in which catalogues are kept; `locale` of a text that has no translation."""

_TRANSLATE: list[Translate] = []


def plug_translations(translate: Translate) -> None:
    """A domain keeps translations of catalogues; of whose nouns it knows nothing it answers nothing."""
    if translate not in _TRANSLATE:
        _TRANSLATE.append(translate)


async def translations(
    ctx: "Ctx", noun: str, ids: Sequence[str], fields: Sequence[str], locale: str
) -> Mapping[tuple[str, str], str]:
    """The approved texts of these entries in this language, by (id, field)."""
    known: dict[tuple[str, str], str] = {}
    if ids and fields and locale.split("-", 1)[0] != SOURCE_LOCALE:
        for translate in _TRANSLATE:
            known |= await translate(ctx, noun, ids, fields, locale)
    return known


class Values:
    """The parameters of one statement, numbered as they come."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def add(self, value: Any) -> str:
        """Its placeholder."""
        self.given.append(value)
        return f"${len(self.given)}"
