"""A declared catalogue as the rest of the house sees it: its rows, its view, and who is told when an entry changes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from piccolo.table import Table

from carewire.command import Ctx
from carewire.event import Event
from carewire.resource.parts import SOURCE_LOCALE, Filter, Finder, Order, Values, translations
from carewire.topic import Ask, topic

ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
MARKS: Final = ("locale", "fallback")
"""The fields by which a view says in which language its texts are."""

Change = Literal["created", "updated", "deleted"]
Visible = Callable[[Ctx], Awaitable[str | None]]
"""The condition under which a caller sees an entry, in SQL; `{actor}` is the caller's id. None: she sees all."""
Row = Mapping[str, Any]


class CatalogueChanged(Event, name="catalogue:changed", topic="catalogue:{noun}"):
    """An entry of a catalogue was created, updated or deleted for the public; `total` is how many there are now (null
    where the catalogue does not count). Texts are in the catalogue's own language; ask `{noun}.get` for another."""

    noun: str
    change: Change
    """What happened to the entry; `entry` is null once it is deleted."""
    id: str
    entry: Any
    total: int | None


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """A catalogue as its followers first see it; the entries come page by page from `{noun}.list`. `total` is null
    where the catalogue does not count."""

    noun: str
    total: int | None


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One declared catalogue; see `carewire.resource.resource` for what each part is."""

    noun: str
    table: type[Table]
    view: type[msgspec.Struct]
    key: str
    key_type: Any
    parameter: str
    source: str
    index: str
    nested: tuple[str, ...]
    columns: Mapping[str, str]
    orders: Mapping[str, Order]
    finder: Finder | None
    filters: Mapping[str, Filter]
    published: str
    visible: Visible | None
    translatable: tuple[str, ...]
    counted: bool
    public: bool
    retire: str | None

    @property
    def fields(self) -> list[str]:
        """The fields of the view that are read from the entry."""
        return [name for name in self.view.__struct_fields__ if name not in MARKS]

    def select(self, ctx: Ctx, values: Values) -> str:
        """What is read of an entry."""
        shown = ", ".join(f"{self.columns.get(name, f'e.{name}')} AS {name}" for name in self.fields)
        return shown.replace("{now}", values.add(ctx.now)) if "{now}" in shown else shown

    async def show(self, ctx: Ctx, rows: Sequence[Row], locale: str) -> list[Any]:
        """Rows as the wire shows them, in this language where there is one."""
        ids = [str(row[self.key]) for row in rows]
        known = await translations(ctx, self.noun, ids, self.translatable, locale)
        return [self._entry(row, known, locale) for row in rows]

    def _entry(self, row: Row, known: Mapping[tuple[str, str], str], locale: str) -> Any:
        values = {name: row[name] for name in self.fields}
        for name in self.nested:
            if values[name] is not None:
                values[name] = msgspec.json.decode(values[name])
        if self.translatable:
            texts = {name: known.get((str(row[self.key]), name)) for name in self.translatable}
            values |= {name: text for name, text in texts.items() if text is not None}
            language = locale.split("-", 1)[0]
            missing = [n for n, text in texts.items() if text is None and values[n] is not None]
            values |= {"locale": locale, "fallback": [] if language == SOURCE_LOCALE else missing}
        return msgspec.convert(values, self.view, strict=False)

    async def row(self, ctx: Ctx, key: Any, condition: str | None, *, live: bool = False) -> Row | None:
        """The entry's columns, when it is there and the condition holds; with `live`, only while it is not closed."""
        values = Values()
        name = values.add(key)
        where = f"e.{self.key} = {name}"
        if live and self.retire is not None:
            where += f" AND e.{self.retire} IS NULL"
        if condition is not None:
            holds = condition_of(ctx, condition, values)
            where += f" AND EXISTS (SELECT FROM {self.index} WHERE e.{self.key} = {name} AND ({holds}))"
        found: Row | None = await ctx.tx.fetchrow(
            f"SELECT {self.select(ctx, values)} FROM {self.source} WHERE {where}", *values.given
        )
        return found

    async def rows(self, ctx: Ctx, keys: Sequence[Any]) -> list[Row]:
        """The columns of these entries, whoever sees them, in any order."""
        values = Values()
        names = values.add(list(keys))
        return list(
            await ctx.tx.fetch(
                f"SELECT {self.select(ctx, values)} FROM {self.source} WHERE e.{self.key} = ANY({names})", *values.given
            )
        )

    async def seen_by(self, ctx: Ctx) -> str | None:
        """Under which condition the caller sees an entry; None: always."""
        return self.published if self.visible is None else await self.visible(ctx)

    async def public_entry(self, ctx: Ctx, key: Any) -> Any:
        """The entry as everybody sees it; None while it is not published."""
        row = await self.row(ctx, key, self.published)
        return None if row is None else (await self.show(ctx, [row], SOURCE_LOCALE))[0]

    async def total(self, ctx: Ctx) -> int | None:
        """How many entries are published."""
        if not self.counted:
            return None
        return int(await ctx.tx.fetchval(f"SELECT count(*) FROM {self.index} WHERE {self.published}"))

    async def lock(self, ctx: Ctx) -> None:
        """The root of the catalogue's topic: without it two creations would both announce the same total."""
        await ctx.tx.execute("SELECT pg_advisory_xact_lock(hashtext('catalogue:' || $1))", self.noun)

    @asynccontextmanager
    async def changing(self, ctx: Ctx, key: Any) -> AsyncIterator[None]:
        """Around whatever changes what the public sees of an entry: its followers hear the difference, if there is one.

        The command must declare `CatalogueChanged`.
        """
        await self.lock(ctx)
        before = await self.public_entry(ctx, key)
        yield
        await self.tell(ctx, key, before)

    async def tell(self, ctx: Ctx, key: Any, before: Any) -> None:
        """Tell what became of an entry that the public saw like this before (None: not at all)."""
        after = await self.public_entry(ctx, key)
        if after == before:
            return
        change: Change = "created" if before is None else "deleted" if after is None else "updated"
        total = await self.total(ctx)
        ctx.emit(CatalogueChanged(noun=self.noun, change=change, id=str(key), entry=after, total=total))


REGISTRY: dict[str, Resource] = {}


def condition_of(ctx: Ctx, condition: str, values: Values) -> str:
    """A declared condition for this caller: `{actor}` becomes her id, or null without a login."""
    if "{actor}" not in condition:
        return condition
    return condition.replace("{actor}", f"{values.add(None if ctx.anonymous else ctx.actor.id)}::uuid")


async def may_follow(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Public catalogues are everybody's."""
    return [ALWAYS if (found := REGISTRY.get(key[0])) is not None and found.public else None for _, key in asks]


@topic("catalogue:{noun}", may=may_follow)
async def catalogue(ctx: Ctx, noun: str) -> Catalogue:
    """A public catalogue: how many entries it has, then every change."""
    return Catalogue(noun=noun, total=await REGISTRY[noun].total(ctx))
