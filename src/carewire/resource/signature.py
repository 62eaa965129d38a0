"""Giving a handler that is made of a declaration the signature that `@command` reads."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from carewire.command import Ctx

REQUIRED: Final = inspect.Parameter.empty


def signed(
    handler: Callable[..., Awaitable[Any]], doc: str, returns: Any, parameters: Mapping[str, tuple[Any, Any]]
) -> Callable[..., Awaitable[Any]]:
    """The handler, with these parameters (form and default), this reply and this documentation."""
    made = [inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Ctx)]
    for name, (kind, default) in parameters.items():
        made.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default))
    handler.__doc__ = doc
    handler.__annotations__ = {"ctx": Ctx, **{n: k for n, (k, _) in parameters.items()}, "return": returns}
    handler.__signature__ = inspect.Signature(made, return_annotation=returns)  # type: ignore[attr-defined]
    return handler
