"""What JSON may hold here, beyond its grammar: depth, half surrogate pairs, U+0000, integers PostgreSQL cannot keep.

The fast path is msgspec. It mixes up "not JSON" with "JSON I cannot represent" (half a surrogate pair, 1e999, a number
of 5,000 digits), so what it refuses is read again slowly, to answer -32700 or -32602 rightly.
"""

import json
import re
from itertools import accumulate
from typing import Any, Final

import msgspec

from carewire.errors import Field

INT64: Final = 2**63
KEY_CHARS_SHOWN: Final = 64

_decode = msgspec.json.Decoder().decode
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_OPEN_CLOSE = bytes(1 if c in b"[{" else 255 if c in b"]}" else 0 for c in range(256))
_NEITHER = bytes(c for c in range(256) if c not in b"[]{}")
# An escape sequence; group 1 holds it when it is half a surrogate pair.
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
# Worth an exact look; `decode` leaves fffd where half a surrogate pair stood.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F]|fffd)|[0-9]{19}|[0-9][eE]\+?[0-9]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotJson(ValueError):
    """The bytes are not JSON (RFC 8259)."""


def is_deeper(raw: bytes, limit: int) -> bool:
    """Is JSON nested deeper than this? Counts all brackets first; only many of them are worth an exact look."""
    if raw.count(b"[") + raw.count(b"{") <= limit:
        return False
    brackets = _STRINGS.sub(b"", raw).translate(_OPEN_CLOSE, delete=_NEITHER)
    return max(accumulate(memoryview(brackets).cast("b")), default=0) > limit


def decode(raw: bytes) -> tuple[Any, bytes]:
    """The decoded value, and the bytes with any half surrogate pair replaced (same length), fit to be cut up.

    Raises `NotJson`. Duplicate members: the last one wins.
    """
    try:
        return _decode(raw), raw
    except msgspec.DecodeError:  # also its ValidationError: a number out of range
        pass
    try:
        value = json.loads(raw.decode(), parse_int=_int, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise NotJson from None
    return value, _ESCAPES.sub(lambda found: rb"\ufffd" if found[1] else found[0], raw)


def _int(digits: str) -> int:
    # Python refuses to read more than 4,300 digits; beyond int64 the exact value is of no interest.
    return int(digits) if len(digits) < 24 else INT64


def _refuse_constant(word: str) -> Any:
    raise NotJson(word)


def has_surrogate(value: str) -> bool:
    """Does the text hold half a surrogate pair (so that it is not Unicode text)?"""
    return not value.isascii() and _SURROGATE.search(value) is not None


def find_fault(params: dict[str, Any], raw: bytes) -> Field | None:
    """The first value in decoded params that no command can take; `raw` (they or what holds them) is scanned first."""
    if _SUSPECT.search(raw) is None:
        return None
    return _fault("$", params)


def _fault(path: str, value: Any) -> Field | None:
    if isinstance(value, str):
        problem = _text_problem(value)
        return Field(path, problem) if problem else None
    if isinstance(value, dict):
        for key, inner in value.items():
            if problem := _text_problem(key):
                return Field(path, f"member name: {problem}")
            if found := _fault(f"{path}.{key[:KEY_CHARS_SHOWN]}", inner):
                return found
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if found := _fault(f"{path}[{index}]", inner):
                return found
    elif isinstance(value, int | float) and not -INT64 <= value < INT64:
        return Field(path, "number beyond 64 bits")
    return None


def _text_problem(value: str) -> str | None:
    if "\0" in value:
        return "text with U+0000"
    if has_surrogate(value):
        return "text with half a surrogate pair"
    return None
