"""Declared catalogues: one table declaration gives list, get, create, update and delete, live.

    SPECIALTIES = resource(
        "specialty", table=Specialty, view=SpecialtyView, key="slug",
        create={"slug": Slug, "name": Name}, update={"name": Name},
        read={ANYONE}, write={Capacity.ADMIN}, door=by_scope(Scope.CONTENT),
        orders={"name": Order("lower(e.name)", str)}, search=Part(("name",)),
    )

The generated commands go through the same registry and dispatcher as hand-written ones. Whoever follows
`catalogue:{noun}` sees every change; a hand-written command that changes what the public sees of an entry does it
inside `async with SPECIALTIES.changing(ctx, key)`.
"""

from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from piccolo.table import Table

from carewire.actor import ANYONE
from carewire.command import command, query
from carewire.errors import Conflict, InvalidParams, NotFound, Refusal
from carewire.event import Event
from carewire.resource.catalogue import MARKS, REGISTRY, Catalogue, CatalogueChanged, Resource, Visible
from carewire.resource.parts import (
    Filter,
    Finder,
    Match,
    Order,
    Part,
    at_least,
    at_most,
    equal,
    holds,
    plug_translations,
)
from carewire.resource.reading import getter, lister
from carewire.resource.writing import Made, Verb, Write, creator, deleter, updater

__all__ = [
    "REGISTRY",
    "Catalogue",
    "CatalogueChanged",
    "Filter",
    "Finder",
    "Match",
    "Order",
    "Part",
    "Resource",
    "Verb",
    "at_least",
    "at_most",
    "equal",
    "holds",
    "plug_translations",
    "resource",
]


def resource(
    noun: str,
    *,
    table: type[Table],
    view: type[msgspec.Struct],
    key: str = "id",
    parameter: str | None = None,
    create: Mapping[str, Any] | None = None,
    update: Mapping[str, Any] | None = None,
    read: Iterable[str],
    write: Iterable[str],
    orders: Mapping[str, Order],
    door: Write | None = None,
    made: Made | None = None,
    errors: Iterable[type[Refusal]] = (),
    emits: Iterable[type[Event]] = (),
    search: Finder | None = None,
    filters: Mapping[str, Filter] | None = None,
    source: str | None = None,
    index: str | None = None,
    columns: Mapping[str, str] | None = None,
    published: str = "true",
    visible: Visible | None = None,
    translatable: Iterable[str] = (),
    counted: bool = True,
    delete: bool = True,
    retire: str | None = None,
) -> Resource:
    """Declare a catalogue.

    `create` and `update` map columns to their forms; without them there is no such command (one that may be left out
    has a form with `| UnsetType`). `read` and `write` are capacities, the coarse gate; `door` is the fine one, and
    `made` sees to what hangs on a new entry; both may raise `errors` and tell `emits` besides. `parameter` is what the
    key is called among parameters.

    `source` is what entries are read from, by default the table; the entry is `e`, and `columns` says how a field of
    `view` is read where it is not the column of its name: with `{now}` for the product's time, and as JSON what is a
    struct or a list of them. `index` is another row per entry, also called `e`, in which entries are found: conditions,
    filters, orders and search are about it. `published` is the condition, in SQL, under which everybody sees an entry;
    `visible` answers it for this caller where some see more.

    Texts named in `translatable` are shown in the language asked for; the view says in `locale` which that was and in
    `fallback` which fields have no text in it. `counted=False`: the topic does not tell how many entries there are.
    `retire` names the column that a deletion sets to the time, where history hangs on the row.
    """
    read, write = frozenset(read), frozenset(write)
    translated = tuple(translatable)
    types = get_type_hints(view, include_extras=True)
    if noun in REGISTRY:
        raise TypeError(f"resource {noun!r} is declared twice")
    if translated and not set(MARKS) <= set(view.__struct_fields__):
        raise TypeError(f"resource {noun!r}: a view with translated texts has the fields {' and '.join(MARKS)}")
    declared = Resource(
        noun=noun,
        table=table,
        view=view,
        key=key,
        key_type=(create or {}).get(key, types[key]),
        parameter=parameter or key,
        source=source or f"{table._meta.tablename} e",
        index=index or source or f"{table._meta.tablename} e",
        nested=tuple(name for name in columns or () if _is_nested(types[name])),
        columns=dict(columns or {}),
        orders=dict(orders),
        finder=search,
        filters=dict(filters or {}),
        published=published,
        visible=visible,
        translatable=translated,
        counted=counted,
        public=ANYONE in read,
        retire=retire,
    )
    REGISTRY[noun] = declared
    query(f"{noun}.list", allow=read, errors={InvalidParams})(lister(declared))
    query(f"{noun}.get", allow=read, errors={NotFound})(getter(declared))
    told: set[type[Event]] = {CatalogueChanged, *emits}
    refused: set[type[Refusal]] = {NotFound, Conflict, *errors}
    if create is not None:
        command(f"{noun}.create", allow=write, emits=told, errors=refused)(creator(declared, create, door, made))
    if update is not None:
        command(f"{noun}.update", allow=write, emits=told, errors=refused)(updater(declared, update, door))
    if delete:
        command(f"{noun}.delete", allow=write, emits=told, errors=refused, shuts=True)(deleter(declared, door))
    return declared


def _is_nested(kind: Any) -> bool:
    """A struct, or a list of structs."""
    if get_origin(kind) in (list, Union, UnionType):
        return any(_is_nested(part) for part in get_args(kind))
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
