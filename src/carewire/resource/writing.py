"""The commands of a catalogue: `{noun}.create`, `.update` and `.delete`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol

from msgspec import UNSET, UnsetType

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.resource.catalogue import Resource
from carewire.resource.reading import language_of
from carewire.resource.signature import REQUIRED, signed

Verb = Literal["create", "update", "delete"]


class Write(Protocol):
    """The fine gate of a catalogue's commands, and what hangs on them."""

    async def __call__(self, ctx: Ctx, verb: Verb, key: Any, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Let the caller through a door, or raise. `key` is None for a creation; `given` is what she gave.

        Answers the columns to be written: those, and e.g. who made it. It runs before anything is written.
        """


Made = Callable[[Ctx, Any, Mapping[str, Any]], Awaitable[None]]
"""Told the key of a new entry and what its creator gave, after it was written and before its followers hear of it."""


def creator(
    declared: Resource, forms: Mapping[str, Any], write: Write | None, made: Made | None
) -> Callable[..., Awaitable[Any]]:
    async def create(ctx: Ctx, **given: Any) -> Any:
        await declared.lock(ctx)
        filled = {name: value for name, value in given.items() if value is not UNSET}
        columns = filled if write is None else await write(ctx, "create", None, filled)
        names = ", ".join(columns)
        places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
        key = await ctx.tx.fetchval(
            f"INSERT INTO {declared.table._meta.tablename} ({names}) VALUES ({places}) RETURNING {declared.key}",
            *columns.values(),
        )
        if made is not None:
            await made(ctx, key, filled)
        await declared.tell(ctx, key, None)
        return await _entry(ctx, declared, key)

    parameters: dict[str, tuple[Any, Any]] = {
        name: (kind, REQUIRED) for name, kind in forms.items() if not _is_optional(kind)
    }
    parameters |= {name: (kind, UNSET) for name, kind in forms.items() if _is_optional(kind)}
    return signed(create, "Add an entry.", declared.view, parameters)


def updater(declared: Resource, forms: Mapping[str, Any], write: Write | None) -> Callable[..., Awaitable[Any]]:
    async def update(ctx: Ctx, **given: Any) -> Any:
        key = given.pop(declared.parameter)
        changed = {name: value for name, value in given.items() if value is not UNSET}
        async with declared.changing(ctx, key):
            await _must_be(ctx, declared, key)
            columns = changed if write is None else await write(ctx, "update", key, changed)
            if columns:
                sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 2))
                await ctx.tx.execute(
                    f"UPDATE {declared.table._meta.tablename} SET {sets} WHERE {declared.key} = $1",
                    key,
                    *columns.values(),
                )
        return await _entry(ctx, declared, key)

    parameters: dict[str, tuple[Any, Any]] = {declared.parameter: (declared.key_type, REQUIRED)}
    parameters |= {n: (k if _is_optional(k) else k | UnsetType, UNSET) for n, k in forms.items()}
    return signed(update, "Change an entry; what is not given stays.", declared.view, parameters)


def deleter(declared: Resource, write: Write | None) -> Callable[..., Awaitable[Any]]:
    async def delete(ctx: Ctx, **given: Any) -> None:
        key = given[declared.parameter]
        table = declared.table._meta.tablename
        async with declared.changing(ctx, key):
            await _must_be(ctx, declared, key)
            if write is not None:
                await write(ctx, "delete", key, {})
            if declared.retire is None:
                await ctx.tx.execute(f"DELETE FROM {table} WHERE {declared.key} = $1", key)
            else:
                await ctx.tx.execute(
                    f"UPDATE {table} SET {declared.retire} = $2 WHERE {declared.key} = $1", key, ctx.now
                )

    doc = "Remove an entry; `conflict` while something refers to it."
    if declared.retire is not None:
        doc = "Close an entry: nobody finds it any more; what hangs on it stays."
    return signed(delete, doc, None, {declared.parameter: (declared.key_type, REQUIRED)})


def _is_optional(kind: Any) -> bool:
    return UnsetType in getattr(kind, "__args__", ())


async def _must_be(ctx: Ctx, declared: Resource, key: Any) -> None:
    """There is such an entry, be it unpublished, and it is not closed. Raises `NotFound`."""
    if await declared.row(ctx, key, None, live=True) is None:
        raise NotFound()


async def _entry(ctx: Ctx, declared: Resource, key: Any) -> Any:
    """The entry as it is now, also while the public does not see it: the caller has just written it."""
    row = await declared.row(ctx, key, None)
    if row is None:
        raise NotFound()
    return (await declared.show(ctx, [row], language_of(ctx, None)))[0]
