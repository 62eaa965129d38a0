"""JSON Schemas of the wire's types, by msgspec, with what it leaves out: formats of times, words under fields,
short names, and which members a reply always has.
"""

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Final

import msgspec
from msgspec import inspect as kinds

from carewire.contract.wording import enum_words, field_words

REF: Final = "#/components/schemas/"


class Schemas:
    """The schemas of a set of types. `of(kind)` is a kind's schema, `components` the named ones it refers to."""

    def __init__(self, inputs: Iterable[Any], outputs: Iterable[Any]) -> None:
        inputs, outputs = list(inputs), list(outputs)
        taken = self.classes(inputs)
        classes = {**taken, **self.classes(outputs)}
        types = [*inputs, *outputs]
        schemas, components = msgspec.json.schema_components([*types, *classes], ref_template=REF + "{name}")
        long = {cls: s["$ref"].removeprefix(REF) for cls, s in zip(classes, schemas[len(types) :], strict=True)}
        short = _short_names(classes, long)
        self._names = {cls: short[name] for cls, name in long.items()}
        self._schemas: list[tuple[Any, dict[str, Any]]] = []
        for kind, schema in zip(types, schemas[: len(types)], strict=True):
            _refine(schema, kinds.type_info(kind))
            self._schemas.append((kind, _tidy(schema, short)))
        self.components: dict[str, dict[str, Any]] = {}
        for cls, info in classes.items():
            schema = components[long[cls]]
            _complete(schema, cls, info, name=short[long[cls]], told=cls not in taken)
            self.components[short[long[cls]]] = _tidy(schema, short)
        self.components = dict(sorted(self.components.items()))

    @staticmethod
    def classes(types: list[Any]) -> dict[Any, kinds.Type]:
        """Structs and enums these types are made of."""
        found: dict[Any, kinds.Type] = {}

        def visit(kind: kinds.Type) -> None:
            if isinstance(kind, kinds.Metadata):
                visit(kind.type)
            elif isinstance(kind, kinds.EnumType):
                found[kind.cls] = kind
            elif isinstance(kind, kinds.StructType | kinds.NamedTupleType | kinds.TypedDictType | kinds.DataclassType):
                if kind.cls not in found:
                    found[kind.cls] = kind
                    for field in kind.fields:
                        visit(field.type)
            elif isinstance(kind, kinds.CollectionType):
                visit(kind.item_type)
            elif isinstance(kind, kinds.TupleType):
                for item in kind.item_types:
                    visit(item)
            elif isinstance(kind, kinds.DictType):
                visit(kind.key_type)
                visit(kind.value_type)
            elif isinstance(kind, kinds.UnionType):
                for option in kind.types:
                    visit(option)

        for kind in kinds.multi_type_info(types):
            visit(kind)
        return found

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of one of the types given."""
        return next(schema for known, schema in self._schemas if known is kind or known == kind)

    def name_of(self, cls: type) -> str:
        """The component's name of a struct or enum."""
        return self._names[cls]


def walk(schema: Any, path: str = "$") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in a schema with its path, outermost first."""
    if isinstance(schema, dict):
        yield path, schema
        for key, value in schema.items():
            yield from walk(value, f"{path}.{key}")
    elif isinstance(schema, list):
        for number, value in enumerate(schema):
            yield from walk(value, f"{path}[{number}]")


def _short_names(classes: Iterable[Any], long: dict[Any, str]) -> dict[str, str]:
    """Where two domains use one class name msgspec gives the import path; here it is the domain and the name."""
    short: dict[str, str] = {}
    for cls in classes:
        name = long[cls]
        parts = cls.__module__.split(".")
        if arguments := getattr(cls, "__args__", ()):
            name = f"{cls.__origin__.__name__}Of{''.join(getattr(a, '__name__', 'Any') for a in arguments)}"
        elif name.startswith(f"{cls.__module__}."):
            name = "".join(w.capitalize() for w in parts[min(1, len(parts) - 1)].split("_")) + cls.__name__
            if name in short.values() or name in long.values():
                name = long[cls].replace(".", "_")
        short[long[cls]] = name
    return short


def _complete(schema: dict[str, Any], cls: Any, info: kinds.Type, *, name: str, told: bool) -> None:
    """Add to a component what only its class knows. `told`: the server sends it and never takes it."""
    schema["title"] = name
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].split())
    if isinstance(info, kinds.EnumType):
        assert issubclass(cls, Enum)
        schema["enum"] = [member.value for member in cls]
        if all(isinstance(value, str) for value in schema["enum"]):
            schema["type"] = "string"
        if words := enum_words(cls):
            schema["x-enum-descriptions"] = words
        return
    if not isinstance(info, kinds.StructType) or info.array_like:
        return
    origin = getattr(cls, "__origin__", cls)
    words = field_words(origin)
    for field in info.fields:
        part = schema["properties"][field.encode_name]
        _refine(part, field.type)
        if field.name in words:
            part.setdefault("description", words[field.name])
        if told:
            part.pop("default", None)
    if told and not origin.__struct_config__.omit_defaults:
        schema["required"] = [field.encode_name for field in info.fields if _is_always_there(field)]


def _is_always_there(field: kinds.Field) -> bool:
    """msgspec writes defaults out; only what may be UNSET can be missing from a reply."""
    absent = (msgspec.UNSET, msgspec.NODEFAULT)
    return field.required or field.default not in absent or field.default_factory is not msgspec.NODEFAULT


def _refine(schema: dict[str, Any], kind: kinds.Type) -> None:
    """Say that times are RFC 3339, which msgspec only does for types that spell a zone."""
    while isinstance(kind, kinds.Metadata):
        kind = kind.type
    if "$ref" in schema:
        return
    if isinstance(kind, kinds.DateTimeType):
        schema.setdefault("format", "date-time")
    elif isinstance(kind, kinds.CollectionType) and "items" in schema:
        _refine(schema["items"], kind.item_type)
    elif isinstance(kind, kinds.DictType) and "additionalProperties" in schema:
        _refine(schema["additionalProperties"], kind.value_type)
    elif isinstance(kind, kinds.UnionType):
        # msgspec allows one text-like, one list and one mapping in a union, so the option's form tells which it is.
        form = {"string": kinds.DateTimeType, "array": kinds.CollectionType, "object": kinds.DictType}
        for option in schema.get("anyOf", ()):
            wanted = form.get(option.get("type", ""))
            for part in kind.types:
                while isinstance(part, kinds.Metadata):
                    part = part.type
                if wanted is not None and isinstance(part, wanted):
                    _refine(option, part)


def _tidy(schema: Any, names: dict[str, str]) -> Any:
    """Rename references, and wrap those with siblings: JSON Schema draft 7 ignores what stands beside a `$ref`."""
    if isinstance(schema, list):
        return [_tidy(part, names) for part in schema]
    if not isinstance(schema, dict):
        return schema
    tidied = {key: _tidy(value, names) for key, value in schema.items()}
    if isinstance(pattern := tidied.get("pattern"), str):
        # JSON Schema speaks JavaScript's patterns, where `$` alone is the very end and `\Z` is a letter.
        tidied["pattern"] = re.sub(r"\\Z$", "$", pattern)
    if isinstance(mark := tidied.get("discriminator"), dict) and "propertyName" in mark:
        tidied["discriminator"] = mark["propertyName"]
    if isinstance(reference := tidied.get("$ref"), str):
        tidied["$ref"] = REF + names.get(reference.removeprefix(REF), reference.removeprefix(REF))
        if len(tidied) > 1:
            tidied = {"allOf": [{"$ref": tidied.pop("$ref")}], **tidied}
    return tidied
