"""Topics: who may listen to what, and the snapshot a listener starts from.

    @topic("line:{session_id}", may=access.may_hear_line)
    async def line(ctx: Ctx, session_id: UUID) -> LineSnapshot: ...

`may` answers for many (actor, key) pairs in one query: None = no, or since when the right holds. The snapshot function
runs in one repeatable-read transaction together with reading the topic's position, and is the same for every
listener: another view is another topic.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from carewire.actor import Actor
    from carewire.command import Ctx

Ask = tuple["Actor", tuple[Any, ...]]
"""One question to `may`: this actor, these placeholder values in order of the pattern."""
May = Callable[["Ctx", Sequence[Ask]], Awaitable[list[datetime | None]]]
"""One answer per question, in order."""

Snapshot = TypeVar("Snapshot", bound=Callable[..., Awaitable[Any]])

REGISTRY: dict[str, "Topic"] = {}


class Pattern:
    """`line:{session_id}`: a prefix word, then placeholders between colons. Values are UUIDs, or short words."""

    __slots__ = ("_regex", "parameters", "prefix", "text")

    def __init__(self, text: str) -> None:
        if not re.fullmatch(r"[a-z_]+(:(\{[a-z_]+\}|[a-z_]+))*", text):
            raise TypeError(f"topic pattern {text!r}: want prefix:{{name}}, e.g. line:{{session_id}}")
        self.text = text
        self.prefix = text.split(":", 1)[0]
        self.parameters: tuple[str, ...] = tuple(re.findall(r"\{([a-z_]+)\}", text))
        self._regex = re.compile(re.sub(r"\{([a-z_]+)\}", r"(?P<\1>[0-9A-Za-z_.-]{1,64})", text))

    def format(self, **values: Any) -> str:
        """The topic's name with these placeholder values."""
        return self.text.format(**values)

    def match(self, name: str) -> dict[str, str] | None:
        """The raw placeholder values of a topic name, or None when it is not of this pattern."""
        found = self._regex.fullmatch(name)
        return found.groupdict() if found else None


class Topic(msgspec.Struct, frozen=True):
    """A declared topic."""

    pattern: Pattern
    may: May
    snapshot: Callable[..., Awaitable[Any]]
    types: tuple[type, ...]
    returns: Any
    doc: str

    def parse(self, name: str) -> tuple[Any, ...] | None:
        """Typed placeholder values of a canonical topic name; None when it is not one (so no topic has two names)."""
        raw = self.pattern.match(name)
        if raw is None:
            return None
        values: list[Any] = []
        for text, kind in zip(raw.values(), self.types, strict=True):
            if kind is UUID:
                try:
                    value = UUID(text)
                except ValueError:
                    return None
                if str(value) != text:
                    return None
                values.append(value)
            else:
                values.append(text)
        return tuple(values)


def topic(pattern: str, *, may: May) -> Callable[[Snapshot], Snapshot]:
    """Declare a topic by its snapshot function `async (ctx, *placeholders) -> Struct`.

    One topic per prefix word, so that a name finds its topic by one look-up.
    """

    def declare(snapshot: Snapshot) -> Snapshot:
        where = f"topic {pattern!r}"
        parsed = Pattern(pattern)
        doc = inspect.getdoc(snapshot)
        if not doc:
            raise TypeError(f"{where}: the snapshot function needs a docstring; clients read it")
        hints = get_type_hints(snapshot, include_extras=True)
        parameters = list(inspect.signature(snapshot).parameters)[1:]
        if tuple(parameters) != parsed.parameters:
            raise TypeError(f"{where}: the snapshot takes (ctx, {', '.join(parsed.parameters)}), not {parameters}")
        if "return" not in hints:
            raise TypeError(f"{where}: annotate what the snapshot returns")
        if parsed.prefix in REGISTRY:
            raise TypeError(f"{where}: the prefix {parsed.prefix!r} is declared already")
        REGISTRY[parsed.prefix] = Topic(
            pattern=parsed,
            may=may,
            snapshot=snapshot,
            types=tuple(hints[p] for p in parameters),
            returns=hints["return"],
            doc=doc,
        )
        return snapshot

    return declare


def find(name: str) -> tuple[Topic, tuple[Any, ...]] | None:
    """The declared topic a name belongs to, with its typed placeholder values."""
    declared = REGISTRY.get(name.split(":", 1)[0])
    if declared is None:
        return None
    values = declared.parse(name)
    return None if values is None else (declared, values)
