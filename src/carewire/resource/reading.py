"""The queries of a catalogue: `{noun}.list` and `{noun}.get`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from carewire.command import Ctx
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Cursor, Limit, Locale
from carewire.resource.catalogue import Resource, condition_of
from carewire.resource.parts import SOURCE_LOCALE, Match, Order, Values
from carewire.resource.signature import REQUIRED, signed
from carewire.store import paging
from carewire.store.paging import Page

RELEVANCE: Final = "relevance"

Search = Annotated[str, Meta(min_length=1, max_length=100, description="What somebody typed into a search box")]
Asked = Annotated[Locale, Meta(description="The language of the texts, e.g. `hi`; by default one's own")]


def lister(declared: Resource) -> Callable[..., Awaitable[Any]]:
    async def rows(ctx: Ctx, limit: int, cursor: str | None, count: bool, **given: Any) -> Any:
        values = Values()
        where, match = await _conditions(ctx, declared, values, given)
        counted = " AND ".join(where), list(values.given)  # before the order's values: a count has none
        name, order = _order(declared, given.get("order"), match, values)
        if cursor is not None:
            where = [*where, _after(declared, cursor, name, order, values)]
        # First which ones, in the narrow index; then what is shown of them.
        found = await ctx.tx.fetch(
            f"SELECT {declared.select(ctx, values)}, p.rank AS _rank FROM"
            f" (SELECT e.{declared.key} AS key, {order.sql} AS rank FROM {declared.index} WHERE {' AND '.join(where)}"
            f" ORDER BY {order.sql}, e.{declared.key} LIMIT {limit + 1}) p, {declared.source}"
            f" WHERE e.{declared.key} = p.key ORDER BY p.rank, p.key",
            *values.given,
        )
        page = found[:limit]
        total: int | None = None
        if count:
            total = await ctx.tx.fetchval(f"SELECT count(*) FROM {declared.index} WHERE {counted[0]}", *counted[1])
        return Page(
            rows=await declared.show(ctx, page, language_of(ctx, given.get("locale"))),
            cursor=paging.encode(name, page[-1]["_rank"], page[-1][declared.key]) if len(found) > limit else None,
            total=total,
        )

    parameters: dict[str, tuple[Any, Any]] = {n: (f.kind | None, None) for n, f in declared.filters.items()}
    names = list(declared.orders)
    if declared.finder is not None:
        parameters["search"] = (Search | None, None)
        names.append(RELEVANCE)
    if len(declared.orders) > 1:
        description = f"By default {names[0]}" + ("" if declared.finder is None else ", or relevance with `search`")
        choice: Any = Annotated[Literal.__getitem__(tuple(names)), Meta(description=description)]
        parameters["order"] = (choice | None, None)
    if declared.translatable:
        parameters["locale"] = (Asked | None, None)
    parameters |= {"limit": (Limit, 20), "cursor": (Cursor | None, None), "count": (bool, False)}
    doc = f"Entries by {names[0]}; `count` asks how many there are as well, whatever the page."
    page: Any = Page
    return signed(rows, doc, page[declared.view], parameters)


def getter(declared: Resource) -> Callable[..., Awaitable[Any]]:
    async def one(ctx: Ctx, **given: Any) -> Any:
        row = await declared.row(ctx, given[declared.parameter], await declared.seen_by(ctx))
        if row is None:
            raise NotFound()
        return (await declared.show(ctx, [row], language_of(ctx, given.get("locale"))))[0]

    parameters: dict[str, tuple[Any, Any]] = {declared.parameter: (declared.key_type, REQUIRED)}
    if declared.translatable:
        parameters["locale"] = (Asked | None, None)
    return signed(one, "One entry.", declared.view, parameters)


async def _conditions(
    ctx: Ctx, declared: Resource, values: Values, given: Mapping[str, Any]
) -> tuple[list[str], Match | None]:
    """What a row must be to be listed."""
    seen = await declared.seen_by(ctx)
    where = ["true"]
    if seen is not None:
        where.append(f"({condition_of(ctx, seen, values)})")
    for name, chosen in declared.filters.items():
        if given.get(name) is not None:
            now = values.add(ctx.now) if "{now}" in chosen.sql else ""
            where.append(chosen.condition(name, values.add(given[name]), now))
    match: Match | None = None
    if declared.finder is not None and given.get("search") is not None:
        match = await declared.finder.match(ctx, given["search"])
        where.append(_spelled(match.condition, match, values))
    return where, match


def _order(declared: Resource, asked: str | None, match: Match | None, values: Values) -> tuple[str, Order]:
    """The order asked for; without one, what fits best comes first."""
    if asked == RELEVANCE and match is None:
        raise InvalidParams(fields=(Field("$.order", "relevance to what? give `search`"),))
    first = next(iter(declared.orders))
    if match is not None and match.relevance is not None and asked in (None, RELEVANCE):
        return RELEVANCE, Order(f"-({_spelled(match.relevance, match, values)})", int, "::bigint")
    name = first if asked in (None, RELEVANCE) else asked
    return name, declared.orders[name]


def _spelled(sql: str, match: Match, values: Values) -> str:
    """A match's SQL with the placeholders of the values it names."""
    return sql.format(*[values.add(v) if f"{{{n}}}" in sql else "" for n, v in enumerate(match.values)])


def _after(declared: Resource, cursor: str, name: str, order: Order, values: Values) -> str:
    """The rows behind the one a cursor names. Raises `InvalidParams` for one of another order."""
    form: Any = tuple.__class_getitem__((str, order.kind, declared.key_type))
    of, rank, key = paging.decode(cursor, form)
    if of != name:
        raise InvalidParams(fields=(Field("$.cursor", "is of a list in another order"),))
    return f"({order.sql}, e.{declared.key}) > ({values.add(rank)}{order.cast}, {values.add(key)})"


def language_of(ctx: Ctx, asked: str | None) -> str:
    """The language of an answer: the one asked for, else the account's, else the client's, else that of the source."""
    return asked or (ctx.peer.language or SOURCE_LOCALE if ctx.anonymous else ctx.actor.locale)
