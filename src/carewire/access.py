"""Doors: the only way to a row. A door fetches and checks in one call, and refuses with `NotFound`.

    @door
    async def session(ctx: Ctx, session_id: UUID, *, lock: bool = False) -> SessionRow: ...

Each door a handler passed is remembered in its receipt. When the same key comes again, the stored reply is returned
only after the same doors opened once more: who lost the right since then learns nothing.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from carewire.command import Ctx

P = ParamSpec("P")
R = TypeVar("R")

REGISTRY: dict[str, Callable[..., Awaitable[Any]]] = {}


def door(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Declare a door. Arguments after `ctx` must be JSON-able or UUIDs; `lock` is not remembered."""
    name = f"{function.__module__}.{function.__qualname__}"
    signature = inspect.signature(function)

    @functools.wraps(function)
    async def opened(*args: P.args, **kwargs: P.kwargs) -> R:
        row = await function(*args, **kwargs)
        bound = dict(signature.bind(*args, **kwargs).arguments)
        ctx: Ctx = bound.pop("ctx")
        bound.pop("lock", None)
        ctx.doors.append((name, bound))
        return row

    REGISTRY[name] = function
    return opened


def remember(ctx: Ctx, opened: Callable[..., Awaitable[Any]], **arguments: Any) -> None:
    """She passed this door: a batch opened it for many at once, with the same check in one statement."""
    name = f"{opened.__module__}.{opened.__qualname__}"
    if name not in REGISTRY:
        raise LookupError(f"{name} is no door")
    ctx.doors.append((name, arguments))
