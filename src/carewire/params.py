"""What a caller gave, strictly decoded: the params struct of a command, or a refusal that names the field.

Times are checked here for all commands at once: one without an offset is no moment, and one beyond the calendar of
people alive overflows as soon as somebody adds a minute to it or moves it to another zone.
"""

import re
from datetime import datetime
from functools import cache
from typing import Any, Final, Protocol

import msgspec
from msgspec import inspect as kinds

from carewire.errors import Field, InvalidParams

YEARS: Final = range(1900, 2200)
SHOWN_CHARS: Final = 200


class Declared(Protocol):
    """A command, or a method of the socket itself."""

    @property
    def params(self) -> type[msgspec.Struct]:
        """What the params must be."""


def decode_params(command: Declared, raw: bytes) -> msgspec.Struct:
    """Strictly decode a command's params. Raises `InvalidParams` naming the field."""
    decoder, holds_times = _decoder(command.params)
    try:
        decoded: msgspec.Struct = decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidParams(fields=(_field(str(error)),)) from None
    except (msgspec.DecodeError, RecursionError):
        raise InvalidParams(fields=(Field("$", "is not decodable JSON"),)) from None
    if holds_times and (field := _find_bad_time("$", decoded)):
        raise InvalidParams(fields=(field,))
    return decoded


def decode_soundly(command: Declared, raw: bytes) -> msgspec.Struct | None:
    """The params, if they are what they must be and decoding them has looked at every byte; None: look more closely.

    For JSON without `\\u` escapes, which the types alone do not judge.
    """
    decoder, holds_times = _decoder(command.params)
    integers = _integers(command.params)
    if integers is None:
        return None
    try:
        decoded: msgspec.Struct = decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    if integers and not all(-(2**63) <= (getattr(decoded, name) or 0) < 2**63 for name in integers):
        return None
    return None if holds_times and _find_bad_time("$", decoded) else decoded


@cache
def _integers(params: type[msgspec.Struct]) -> tuple[str, ...] | None:
    """The fields that may be integers; None when the types do not read every value that they are given.

    Floats hide numbers beyond 64 bits, nested values hide members that nobody reads.
    """
    info = kinds.type_info(params)
    assert isinstance(info, kinds.StructType)
    if not info.forbid_unknown_fields:
        return None
    integers: list[str] = []
    for field in info.fields:
        for part in _parts(field.type):
            if isinstance(part, kinds.IntType):
                integers.append(field.encode_name)
            elif not isinstance(part, _PLAIN):
                return None
    return tuple(integers)


def _parts(kind: kinds.Type) -> list[kinds.Type]:
    if isinstance(kind, kinds.Metadata):
        return _parts(kind.type)
    return [part for inner in kind.types for part in _parts(inner)] if isinstance(kind, kinds.UnionType) else [kind]


_PLAIN: Final = (
    kinds.BoolType,
    kinds.DateTimeType,
    kinds.EnumType,
    kinds.NoneType,
    kinds.StrType,
    kinds.UUIDType,
)


@cache
def _decoder(params: type[msgspec.Struct]) -> "tuple[msgspec.json.Decoder[Any], bool]":
    return msgspec.json.Decoder(params), _holds_times(kinds.type_info(params), set())


def _holds_times(kind: Any, seen: set[type]) -> bool:
    """May a value of this type hold a datetime somewhere?"""
    if isinstance(kind, kinds.DateTimeType | kinds.AnyType):
        return True
    if isinstance(kind, kinds.StructType):
        if kind.cls in seen:
            return False
        seen.add(kind.cls)
        return any(_holds_times(field.type, seen) for field in kind.fields)
    parts: list[Any] = []
    if isinstance(kind, kinds.Metadata):
        parts = [kind.type]
    elif isinstance(kind, kinds.UnionType):
        parts = list(kind.types)
    elif isinstance(kind, kinds.CollectionType):
        parts = [kind.item_type]
    elif isinstance(kind, kinds.DictType):
        parts = [kind.value_type]
    return any(_holds_times(part, seen) for part in parts)


def _find_bad_time(path: str, value: Any) -> Field | None:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return Field(path, "a time needs its offset, e.g. Z or +05:30")
        # Its own year may still be in range where that of UTC is not: two days of the margin do not matter.
        return None if value.year in YEARS else Field(path, f"want a year from {YEARS[0]} to {YEARS[-1]}")
    found: Any = ()
    if isinstance(value, msgspec.Struct):
        found = ((f"{path}.{name}", getattr(value, name)) for name in value.__struct_fields__)
    elif isinstance(value, list | tuple):
        found = ((f"{path}[{index}]", item) for index, item in enumerate(value))
    elif isinstance(value, dict):
        found = ((f"{path}[...]", item) for item in value.values())
    return next((field for inner, item in found if (field := _find_bad_time(inner, item))), None)


def _field(problem: str) -> Field:
    """msgspec's text as path and problem: "Expected `int`, got `str` - at `$.limit`"."""
    text, _, path = problem.partition(" - at `")
    if " matching regex " in text:  # an expression tells a person nothing; the reference shows it with its meaning
        text = "has a form or characters that are not allowed here"
    path = path.removeprefix("key` in `").rstrip("`") or "$"
    if named := re.match(r"Object (?:missing required|contains unknown) field `([^`]*)`", text):
        path = f"{path}.{named[1]}"
    return Field(path[:SHOWN_CHARS], text[:SHOWN_CHARS])
