"""Declared catalogues: one table declaration gives list, get, create, update and delete, live.

    SPECIALTIES = resource(
        "specialty", table=Specialty, view=SpecialtyView, key="slug",
        create={"slug": Slug, "name": Name}, update={"name": Name},
        read={ANYONE}, write={Capacity.ADMIN}, order="name", search=("name",),
    )

The generated commands go through the same registry and dispatcher as hand-written ones. Whoever follows
`catalogue:{noun}` sees every change.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from piccolo.table import Table

from carewire.actor import ANYONE
from carewire.command import Ctx, command, query
from carewire.errors import Conflict, InvalidParams, NotFound
from carewire.event import Event
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from carewire.topic import Ask, topic

ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)

Search = Annotated[str, Meta(min_length=1, max_length=100, description="Any part, upper or lower case")]


class CatalogueChanged(Event, name="catalogue:changed", topic="catalogue:{noun}"):
    """An entry of a catalogue was created, updated or deleted; `total` is how many entries there are now."""

    noun: str
    change: Literal["created", "updated", "deleted"]
    """What happened to the entry; `entry` is null once it is deleted."""
    id: str
    entry: Any
    total: int


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """A catalogue as its followers first see it; the entries come page by page from `{noun}.list`."""

    noun: str
    total: int


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One declared catalogue."""

    noun: str
    table: type[Table]
    view: type[msgspec.Struct]
    key: str
    order: str
    search: tuple[str, ...]
    filters: Mapping[str, Any]
    public: bool

    def column(self, name: str) -> Any:
        """A Piccolo column by name."""
        return getattr(self.table, name)

    def show(self, row: Mapping[str, Any]) -> msgspec.Struct:
        """A row as the wire shows it: the fields of `view` and no others."""
        return self.view(**{field: row[field] for field in self.view.__struct_fields__})

    async def total(self) -> int:
        """How many entries there are."""
        return int(await self.table.count())

    async def find(self, key: Any) -> dict[str, Any]:
        """The row of an entry; raises `NotFound`."""
        row: dict[str, Any] | None = await self.table.select().where(self.column(self.key) == key).first()
        if row is None:
            raise NotFound()
        return row


REGISTRY: dict[str, Resource] = {}


def resource(
    noun: str,
    *,
    table: type[Table],
    view: type[msgspec.Struct],
    key: str = "id",
    create: Mapping[str, Any],
    update: Mapping[str, Any],
    read: Iterable[str],
    write: Iterable[str],
    order: str,
    search: Sequence[str] = (),
    filters: Mapping[str, Any] | None = None,
) -> Resource:
    """Declare a catalogue. `create` and `update` map columns to their forms, `filters` to the type compared with."""
    read, write = frozenset(read), frozenset(write)
    if noun in REGISTRY:
        raise TypeError(f"resource {noun!r} is declared twice")
    declared = Resource(
        noun=noun,
        table=table,
        view=view,
        key=key,
        order=order,
        search=tuple(search),
        filters=dict(filters or {}),
        public=ANYONE in read,
    )
    REGISTRY[noun] = declared
    types = {**view.__annotations__, **create}
    key_type = types[key]
    query(f"{noun}.list", allow=read, errors={InvalidParams})(_lister(declared))
    query(f"{noun}.get", allow=read, errors={NotFound})(_getter(declared, key_type))
    for verb, handler in (
        ("create", _creator(declared, create)),
        ("update", _updater(declared, key_type, update)),
        ("delete", _deleter(declared, key_type)),
    ):
        command(f"{noun}.{verb}", allow=write, emits={CatalogueChanged}, errors={NotFound, Conflict})(handler)
    return declared


def _signed(
    handler: Callable[..., Awaitable[Any]], doc: str, returns: Any, parameters: Mapping[str, tuple[Any, Any]]
) -> Callable[..., Awaitable[Any]]:
    """Give a handler the signature that `@command` reads."""
    signed = [inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Ctx)]
    for name, (kind, default) in parameters.items():
        signed.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default))
    handler.__doc__ = doc
    handler.__annotations__ = {"ctx": Ctx, **{n: k for n, (k, _) in parameters.items()}, "return": returns}
    handler.__signature__ = inspect.Signature(signed, return_annotation=returns)  # type: ignore[attr-defined]
    return handler


REQUIRED: Final = inspect.Parameter.empty


def _lister(declared: Resource) -> Callable[..., Awaitable[Any]]:
    async def rows(ctx: Ctx, limit: int, cursor: str | None, count: bool, **given: Any) -> Any:
        order, key = declared.column(declared.order), declared.column(declared.key)
        chosen = declared.table.select().order_by(order).order_by(key).limit(limit + 1)
        for name in declared.filters:
            if given.get(name) is not None:
                chosen = chosen.where(declared.column(name) == given[name])
        if (text := given.get("search")) is not None:
            pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            hit: Any = None
            for name in declared.search:
                found = declared.column(name).ilike(pattern)
                hit = found if hit is None else hit | found
            chosen = chosen.where(hit)
        if cursor is not None:
            kinds = declared.view.__annotations__
            position: Any = tuple.__class_getitem__((kinds[declared.order], kinds[declared.key]))
            after, last = paging.decode(cursor, position)
            chosen = chosen.where((order > after) | ((order == after) & (key > last)))
        found_rows = await chosen
        page = found_rows[:limit]
        more = len(found_rows) > limit
        return Page(
            rows=[declared.show(row) for row in page],
            cursor=paging.encode(page[-1][declared.order], page[-1][declared.key]) if more else None,
            total=await declared.total() if count else None,
        )

    parameters: dict[str, tuple[Any, Any]] = {n: (k | None, None) for n, k in declared.filters.items()}
    if declared.search:
        parameters["search"] = (Search | None, None)
    parameters |= {"limit": (Limit, 20), "cursor": (Cursor | None, None), "count": (bool, False)}
    doc = f"Entries by {declared.order}; `count` asks for the total of the catalogue as well."
    page: Any = Page
    return _signed(rows, doc, page[declared.view], parameters)


def _getter(declared: Resource, key_type: Any) -> Callable[..., Awaitable[Any]]:
    async def one(ctx: Ctx, **given: Any) -> Any:
        return declared.show(await declared.find(given[declared.key]))

    return _signed(one, "One entry.", declared.view, {declared.key: (key_type, REQUIRED)})


def _creator(declared: Resource, forms: Mapping[str, Any]) -> Callable[..., Awaitable[Any]]:
    async def create(ctx: Ctx, **given: Any) -> Any:
        await _lock(ctx, declared)
        inserted = await declared.table.insert(declared.table(**given)).returning(declared.column(declared.key))
        entry = declared.show(await declared.find(inserted[0][declared.key]))
        await _tell(ctx, declared, "created", entry)
        return entry

    return _signed(create, "Add an entry.", declared.view, {n: (k, REQUIRED) for n, k in forms.items()})


def _updater(declared: Resource, key_type: Any, forms: Mapping[str, Any]) -> Callable[..., Awaitable[Any]]:
    async def update(ctx: Ctx, **given: Any) -> Any:
        await _lock(ctx, declared)
        key = given.pop(declared.key)
        await declared.find(key)
        changed = {name: value for name, value in given.items() if value is not UNSET}
        if changed:
            values = {declared.column(name): value for name, value in changed.items()}
            await declared.table.update(values).where(declared.column(declared.key) == key)
        entry = declared.show(await declared.find(key))
        if changed:
            await _tell(ctx, declared, "updated", entry)
        return entry

    parameters = {declared.key: (key_type, REQUIRED)} | {n: (k | UnsetType, UNSET) for n, k in forms.items()}
    return _signed(update, "Change an entry; what is not given stays.", declared.view, parameters)


def _deleter(declared: Resource, key_type: Any) -> Callable[..., Awaitable[Any]]:
    async def delete(ctx: Ctx, **given: Any) -> None:
        await _lock(ctx, declared)
        entry = declared.show(await declared.find(given[declared.key]))
        await declared.table.delete().where(declared.column(declared.key) == given[declared.key])
        await _tell(ctx, declared, "deleted", entry)

    doc = "Remove an entry; `conflict` while something refers to it."
    return _signed(delete, doc, None, {declared.key: (key_type, REQUIRED)})


async def _lock(ctx: Ctx, declared: Resource) -> None:
    """The root of a catalogue's topic: without it two creations would both announce the same total."""
    await ctx.tx.execute("SELECT pg_advisory_xact_lock(hashtext('catalogue:' || $1))", declared.noun)


async def _tell(
    ctx: Ctx, declared: Resource, change: Literal["created", "updated", "deleted"], entry: msgspec.Struct
) -> None:
    key = str(getattr(entry, declared.key))
    total = await declared.total()
    shown = None if change == "deleted" else entry
    ctx.emit(CatalogueChanged(noun=declared.noun, change=change, id=key, entry=shown, total=total))


async def may_follow(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Public catalogues are everybody's."""
    return [ALWAYS if (found := REGISTRY.get(key[0])) is not None and found.public else None for _, key in asks]


@topic("catalogue:{noun}", may=may_follow)
async def catalogue(ctx: Ctx, noun: str) -> Catalogue:
    """A public catalogue: how many entries it has, then every change."""
    return Catalogue(noun=noun, total=await REGISTRY[noun].total())
