"""The access matrix: who may call what, and what a stranger hears.

    cells("queue.call_next", lambda w: {"session_id": w.sitting}, opens=RUNS)
    hears("line:{session_id}", lambda w: w.sitting, opens=RUNS | FAMILY | {SCREEN}, names=False)

That is all a command or topic needs, in the file of its domain below `cells/`. Whom its `allow` keeps out is refused
by the coarse gate (`unauthenticated`, `forbidden`) and is never typed again; everybody else who is not named in `opens`
is refused by the fine gate (`says`, else `not_found`).
"""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Collection, Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from carewire import resource
from carewire.actor import ANYONE, KNOWN
from carewire.command import REGISTRY as COMMANDS
from carewire.contract.declarations import Declarations, discover_product
from tests.access.who import ANONYMOUS, EVERYBODY, Who, in_order

Params = Mapping[str, Any]
Ground = Any
"""The world the test stands on (`world.World`); here nobody looks into it."""


class Verdict(StrEnum):
    """What a cell says, and its sign in docs/access.md."""

    OPENS = "✓"
    UNAUTHENTICATED = "○"
    FORBIDDEN = "·"
    NOT_FOUND = "–"
    WITHOUT_SCOPE = "✗"


class Cells(Struct, frozen=True, kw_only=True):
    """The row of a command, query, socket method or topic."""

    name: str
    params: Any
    opens: frozenset[Who]
    says: Any
    answers: frozenset[str]
    spare: bool
    names: bool

    @property
    def is_topic(self) -> bool:
        return ":" in self.name

    def admits(self, who: Who) -> Verdict | None:
        """The coarse gate, read off the declaration: a refusal, or None when it lets her through."""
        if self.name not in COMMANDS:  # topics and socket methods have a fine gate only
            return None
        allow = COMMANDS[self.name].allow
        if ANYONE in allow:
            return None
        if who is ANONYMOUS:
            return Verdict.UNAUTHENTICATED
        if KNOWN in allow or not who.capacities.isdisjoint(allow):
            return None
        return Verdict.FORBIDDEN

    def verdict(self, who: Who) -> Verdict:
        """The cell."""
        coarse = self.admits(who)
        if coarse is not None:
            return coarse
        if who in self.opens:
            return Verdict.OPENS
        return Verdict.WITHOUT_SCOPE if self.refusal(who) == "forbidden" else Verdict.NOT_FOUND

    def refusal(self, who: Who) -> str:
        """The reason word of a cell that does not open."""
        coarse = self.admits(who)
        if coarse is not None:
            return coarse.name.lower()
        said: str = self.says if isinstance(self.says, str) else self.says.get(who, "not_found")
        return said

    @property
    def admitted(self) -> frozenset[Who]:
        """Whom the coarse gate lets through."""
        return frozenset(one for one in EVERYBODY if self.admits(one) is None)

    async def ask(self, world: Ground, who: Who) -> Any:
        """The params with which this actor asks: made for her where the row says so."""
        made = self.params
        if callable(made):
            made = made(*(world, who)[: len(inspect.signature(made).parameters)])
        if inspect.isawaitable(made):
            made = await made
        return made


CELLS: dict[str, Cells] = {}
GROUNDS: list[Callable[[Ground], Awaitable[None]]] = []

Make = Params | Callable[..., Params | Awaitable[Params]]


def cells(
    name: str,
    params: Make | None = None,
    *,
    opens: Collection[Who] | None = None,
    says: str | Mapping[Who, str] = "not_found",
    answers: Collection[str] = (),
    spare: bool = False,
) -> None:
    """The cells of a command, query or socket method.

    - `params`: with which everybody asks: a dict, or a function of the world (and of who asks), also an async one that
      makes something for each to use up. The same params prove that it opens and that it is refused.
    - `opens`: who passes the fine gate; None = everybody whom `allow` admits.
    - `says`: the reason the others hear, or a mapping for some of them (`{MANAGER: "forbidden"}`).
    - `answers`: reasons that also prove the gate open, besides the refusals the command itself declares.
    - `spare`: it ends the caller's login or socket, so each asks on a socket with a login of its own.
    """
    _add(Cells(name=name, params=params or {}, opens=_who(name, opens), says=says, answers=frozenset(answers),
               spare=spare, names=True))  # fmt: skip


def hears(pattern: str, key: Make | Callable[..., Any], *, opens: Collection[Who], names: bool = True) -> None:
    """The cells of a topic. `key`: its placeholder's value. `names=False`: no snapshot of it names a patient."""
    _add(Cells(name=pattern, params=key, opens=frozenset(opens), says="not_found", answers=frozenset(), spare=False,
               names=names))  # fmt: skip


def ground(make: Callable[[Ground], Awaitable[None]]) -> Callable[[Ground], Awaitable[None]]:
    """What the cells of a domain stand on: `async def (world)`, run once, in the order of the domains."""
    GROUNDS.append(make)
    return make


def _who(name: str, opens: Collection[Who] | None) -> frozenset[Who]:
    return EVERYBODY if opens is None else frozenset(opens)


def _add(row: Cells) -> None:
    assert row.name not in CELLS, f"{row.name} has two rows of cells"
    CELLS[row.name] = row


def load_cells() -> None:
    """Import every file below `cells/`, in the order the domains stand in."""
    from channels import ORDER
    from tests.access import cells as folder

    found = [module.name for module in pkgutil.iter_modules(folder.__path__)]
    for name in sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)):
        importlib.import_module(f"{folder.__name__}.{name}")


_product: Final[list[Declarations]] = []


def product() -> Declarations:
    """Everything the product declares."""
    if not _product:
        _product.append(discover_product())
    return _product[0]


def rows() -> dict[str, str]:
    """The name of everything that needs cells, and the domain it belongs to."""
    declared = product()
    named = {c.name: _domain(_home(c)) for c in declared.commands}
    named |= {m.name: "socket" for m in declared.methods}
    return named | {t.pattern.text: _domain(t.snapshot) for t in declared.topics}


def _home(command: Any) -> Any:
    catalogue = resource.REGISTRY.get(command.name.partition(".")[0])
    return command.handler if catalogue is None else catalogue.view


def _domain(thing: Any) -> str:
    parts = str(thing.__module__).split(".")
    return parts[1] if parts[0] == "channels" else "socket"


def problems() -> list[str]:
    """What is missing, left over or contradicts the declarations; a line for each, with its mend."""
    load_cells()
    wanted = rows()
    found = []
    for name, domain in wanted.items():
        if name not in CELLS:
            word = "hears" if ":" in name else "cells"
            found.append(f'{name} has no cells: add {word}("{name}", …) to tests/access/cells/{domain}.py')
    found += [f"{name} has cells and is not declared: remove them" for name in CELLS if name not in wanted]
    for row in CELLS.values():
        if row.name in wanted and row.opens != EVERYBODY and (barred := row.opens - row.admitted):
            found.append(f"{row.name} opens to {in_order(barred)}, whom its `allow` keeps out")
    return sorted(found)
