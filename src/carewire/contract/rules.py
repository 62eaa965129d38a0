"""The rules of declaring that no single declaration can check alone."""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final, get_args, get_origin

import msgspec
from msgspec import inspect as kinds

from carewire import event
from carewire.contract.declarations import Declarations
from carewire.contract.schemas import Schemas, walk
from carewire.contract.wording import field_words, parameter_words
from carewire.event import Event

INTERNAL: Final = frozenset({"rights"})
"""Topics of the platform that no socket can subscribe to."""


def violations(declared: Declarations) -> list[str]:
    """Every broken rule as one line that names the declaration to mend."""
    return sorted({line for rule in RULES for line in rule(declared)})


def every_event_is_declared_and_said(declared: Declarations) -> Iterator[str]:
    """What is emitted is registered, and what is registered is emitted by somebody."""
    known = set(event.REGISTRY.values())
    for told, by in declared.emits.items():
        if told not in known:
            yield f"{', '.join(by)}: emits {told.__qualname__}, which is not a registered event"
    for told in declared.events:
        if told not in declared.emits and told.spec.pattern.prefix not in INTERNAL:
            yield f"{_name(told)}: nothing emits it"


def every_event_has_its_topic(declared: Declarations) -> Iterator[str]:
    """An event goes to a declared topic, spelled with the same placeholders."""
    patterns = {t.pattern.prefix: t.pattern.text for t in declared.topics}
    for told in {*declared.events, *declared.emits}:
        pattern = told.spec.pattern
        if pattern.prefix in INTERNAL:
            continue
        if pattern.prefix not in patterns:
            yield f"{_name(told)}: nobody declared the topic {pattern.prefix}:"
        elif patterns[pattern.prefix] != pattern.text:
            yield f"{_name(told)}: the topic is spelled {patterns[pattern.prefix]}"


def every_topic_has_events(declared: Declarations) -> Iterator[str]:
    """A topic on which nothing is ever said is a query."""
    for topic in declared.topics:
        if not declared.events_of(topic):
            yield f"topic {topic.pattern.text}: no event goes to it"


def no_topic_mixes_lanes(declared: Declarations) -> Iterator[str]:
    """Numbered and conflated events never share a topic."""
    for topic in declared.topics:
        if len({told.spec.durable for told in declared.events_of(topic)}) > 1:
            yield f"topic {topic.pattern.text}: durable and conflated events on one topic"


def every_choice_is_explained(declared: Declarations) -> Iterator[str]:
    """A closed list says what it is a list of: an enum by its docstring, a Literal by the words of its field."""
    for cls, info in _classes(declared).items():
        if isinstance(info, kinds.EnumType):
            if not (cls.__dict__.get("__doc__") or "").strip():
                yield f"enum {cls.__module__}.{cls.__qualname__}: no docstring"
        elif isinstance(info, kinds.StructType):
            words = _words_of_params(declared, cls) or field_words(getattr(cls, "__origin__", cls))
            for field in info.fields:
                if _is_bare_literal(field.type) and field.name not in words:
                    yield f"{info.cls.__qualname__}.{field.name}: a Literal without words; say what its values mean"


def no_fixed_tuples(declared: Declarations) -> Iterator[str]:
    """A list whose places mean different things is an object; AsyncAPI and most clients cannot say it."""
    for where, kind in _wire_types(declared):
        schemas = Schemas([], [kind])
        inside = {"": schemas.of(kind), **schemas.components}
        for name, schema in inside.items():
            if any("prefixItems" in part for _, part in walk(schema)):
                yield f"{where}: a tuple of fixed length on the wire{f' ({name})' if name else ''}"


def every_reply_is_typed(declared: Declarations) -> Iterator[str]:
    """A reply is a Struct, a list of something, or nothing: what grows a member later without breaking anybody."""
    for command in declared.commands:
        if not _is_reply(command.returns):
            yield f"{command.name}: the reply is {command.returns!r}; want a Struct, a list or None"
    for topic in declared.topics:
        if not _is_reply(topic.returns):
            yield f"topic {topic.pattern.text}: the snapshot is {topic.returns!r}; want a Struct, a list or None"


def everything_is_documented(declared: Declarations) -> Iterator[str]:
    """Docstrings are the public documentation, so structs of the wire have their own, not an inherited one."""
    for cls, info in _classes(declared).items():
        generated = any(command.params is cls for command in declared.commands)
        own = getattr(cls, "__origin__", cls).__dict__.get("__doc__") or ""
        if isinstance(info, kinds.StructType) and not generated and not own.strip():
            yield f"{cls.__module__}.{cls.__qualname__}: no docstring"


RULES: Final[tuple[Callable[[Declarations], Iterator[str]], ...]] = (
    every_event_is_declared_and_said,
    every_event_has_its_topic,
    every_topic_has_events,
    no_topic_mixes_lanes,
    every_choice_is_explained,
    no_fixed_tuples,
    every_reply_is_typed,
    everything_is_documented,
)


def _name(told: type[Event]) -> str:
    return f"event {told.spec.name} on {told.spec.pattern.text}"


def _wire_types(declared: Declarations) -> Iterator[tuple[str, Any]]:
    for command in declared.commands:
        yield command.name, command.params
        yield command.name, command.returns
    for told in declared.events:
        yield _name(told), told
    for topic in declared.topics:
        yield f"topic {topic.pattern.text}", topic.returns


def _classes(declared: Declarations) -> dict[Any, kinds.Type]:
    return Schemas.classes([kind for _, kind in _wire_types(declared)])


def _words_of_params(declared: Declarations, cls: Any) -> dict[str, str]:
    for command in declared.commands:
        if command.params is cls:
            info = kinds.type_info(cls)
            assert isinstance(info, kinds.StructType)
            described = {f.name: "" for f in info.fields if _description(f.type)}
            return {**described, **parameter_words(command.doc, list(cls.__struct_fields__)), "": ""}
    return {}


def _description(kind: kinds.Type) -> str:
    return (kind.extra_json_schema or {}).get("description", "") if isinstance(kind, kinds.Metadata) else ""


def _is_bare_literal(kind: kinds.Type) -> bool:
    if isinstance(kind, kinds.Metadata):
        return not _description(kind) and _is_bare_literal(kind.type)
    if isinstance(kind, kinds.UnionType):
        return any(_is_bare_literal(part) for part in kind.types)
    return isinstance(kind, kinds.LiteralType) and len(kind.values) > 1


def _is_reply(kind: Any) -> bool:
    if kind is None or kind is type(None):
        return True
    origin = get_origin(kind) or kind
    if origin is list:
        return Any not in get_args(kind) and bool(get_args(kind))
    return isinstance(origin, type) and issubclass(origin, msgspec.Struct) and not issubclass(origin, Enum)
