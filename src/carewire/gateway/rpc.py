"""JSON-RPC 2.0 as pure functions: one frame in, calls and ready-made error answers out; answers built from raw bytes.

Order of precedence for one member: not an object, dropped response, id, version, method's form, params' form (-32600),
`rpc.*` (-32601); then the receiver decides whether the method exists (-32601) before it heeds `Call.fault` (-32602).
"""

import re
from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from carewire.errors import InvalidParams, InvalidRequest, MethodNotFound, ParseError, Refusal
from carewire.gateway import text

ID_BYTES_MAX: Final = 256
METHOD_CHARS_MAX: Final = 128
BATCH_MAX: Final = 50
DEPTH_MAX: Final = 32

NULL: Final = b"null"

_encode = msgspec.json.encode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
# First bytes of the values an id may be: text, a number, null.
_ID_STARTS: Final = frozenset(b'"-0123456789n')


class Call(msgspec.Struct, frozen=True):
    """One request. `id` is raw JSON as the client spelled it; None makes it a notification, which is never answered.

    `fault` is what is wrong with the params whatever the method: it is the answer unless the method does not exist.
    `params` are JSON, or decoded already for this very method.
    """

    id: bytes | None
    method: str
    params: bytes | msgspec.Struct
    fault: Refusal | None = None


class Parsed(msgspec.Struct):
    """What one frame held.

    `answers` are ready-made errors. `dropped` counts responses (nobody asked this client anything), `refused` the
    notifications that were refused and, being notifications, are not answered.
    """

    calls: list[Call] = []
    answers: list[bytes] = []
    batch: bool = False
    dropped: int = 0
    refused: int = 0


class _Request(msgspec.Struct, forbid_unknown_fields=True):
    """What nearly every frame is. Whatever is not exactly this is read the long way."""

    jsonrpc: Literal["2.0"]
    method: str
    id: msgspec.Raw = msgspec.Raw()
    params: msgspec.Raw = msgspec.Raw()


_request = msgspec.json.Decoder(_Request).decode
# Ids that need no closer look: short numbers, plain text.
_PLAIN_ID = re.compile(rb'-?(?:0|[1-9][0-9]{0,17})|"[ !#-\[\]-~]{0,200}"')

Decode = Callable[[str, bytes], msgspec.Struct | None]
"""The params of this method, decoded and beyond doubt; or None."""


def _parse_plain(raw: bytes, decode: Decode) -> Call | None:
    """One sound request to a known method, read once, straight into its params; None when it may be anything else."""
    # U+0000 and half surrogate pairs come escaped; nearly nothing else does.
    if b"\\u" in raw or raw.count(b"[") + raw.count(b"{") > DEPTH_MAX:
        return None
    try:
        request = _request(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    identity: bytes | None = bytes(request.id) or None
    if identity is not None and _PLAIN_ID.fullmatch(identity) is None:
        return None
    params = decode(request.method, bytes(request.params) or b"{}")
    return None if params is None else Call(identity, request.method, params)


def parse(frame: str | bytes, decode: Decode | None = None) -> Parsed:
    """Read one text frame. Never raises, except `UnicodeDecodeError` when given bytes that are not UTF-8.

    With `decode`, the params of what it knows are decoded in the same pass.
    """
    if decode is not None:
        plain = _parse_plain(frame if isinstance(frame, bytes) else frame.encode(), decode)
        if plain is not None:
            return Parsed(calls=[plain])
    if isinstance(frame, bytes):
        # msgspec passes bad UTF-8 inside Raw, so the whole frame is checked, also where a value is only carried on.
        frame.decode()
        raw = frame
    else:
        raw = frame.encode()
    if text.is_deeper(raw, DEPTH_MAX):
        return Parsed(answers=[error(NULL, InvalidRequest(f"nested deeper than {DEPTH_MAX}"))])
    try:
        value, exact = text.decode(raw)
    except text.NotJson:
        return Parsed(answers=[error(NULL, ParseError())])
    if not isinstance(value, list):
        parsed = Parsed()
        _member(parsed, value, exact)
        return parsed
    if not value:
        return Parsed(answers=[error(NULL, InvalidRequest("an empty batch"))])
    if len(value) > BATCH_MAX:
        return Parsed(answers=[error(NULL, InvalidRequest(f"a batch of more than {BATCH_MAX}"))])
    parsed = Parsed(batch=True)
    for member, span in zip(value, _elements(exact), strict=True):
        _member(parsed, member, bytes(span))
    return parsed


def _member(parsed: Parsed, value: Any, raw: bytes) -> None:
    """Judge one request object: `value` decoded, `raw` its own bytes."""
    if not isinstance(value, dict):
        parsed.answers.append(error(NULL, InvalidRequest("a request is an object")))
        return
    if "method" not in value and ("result" in value or "error" in value):
        parsed.dropped += 1
        return
    spans = _members(raw)
    identity = bytes(spans["id"]) if "id" in value else None
    if identity is not None and (problem := _id_problem(value["id"], identity)):
        parsed.answers.append(error(NULL, InvalidRequest(problem)))
        return
    if problem := _envelope_problem(value):
        # Without a sound envelope nothing says that this was meant as a notification: it is answered.
        parsed.answers.append(error(identity or NULL, InvalidRequest(problem)))
        return
    method: str = value["method"]
    if method.startswith("rpc."):
        _refuse(parsed, identity, MethodNotFound("names that begin with rpc. are reserved"))
        return
    params = value.get("params")
    fault: Refusal | None = None
    if isinstance(params, list):
        fault = InvalidParams("params go by name, not by position")
    elif params and (field := text.find_fault(params, raw)):
        fault = InvalidParams(fields=(field,))
    carried = bytes(spans["params"]) if "params" in spans and fault is None else b"{}"
    parsed.calls.append(Call(identity, method, carried, fault))


def _refuse(parsed: Parsed, identity: bytes | None, refusal: Refusal) -> None:
    if identity is None:
        parsed.refused += 1
    else:
        parsed.answers.append(error(identity, refusal))


def _id_problem(value: Any, raw: bytes) -> str | None:
    if raw[0] not in _ID_STARTS:
        return "an id is text, a number or null"
    if len(raw) > ID_BYTES_MAX:
        return f"an id of more than {ID_BYTES_MAX} bytes"
    if isinstance(value, str) and text.has_surrogate(value):
        return "an id with half a surrogate pair"
    return None


def _envelope_problem(value: dict[str, Any]) -> str | None:
    if value.get("jsonrpc") != "2.0":
        return 'jsonrpc must be exactly "2.0"'
    method = value.get("method")
    if not isinstance(method, str):
        return "method is missing or not text"
    if len(method) > METHOD_CHARS_MAX or text.has_surrogate(method):
        return "method is no name"
    if "params" in value and not isinstance(value["params"], dict | list):
        return "params must be an object"
    return None


def result(identity: bytes, value: bytes) -> bytes:
    """The answer to a request that went well; both arguments are raw JSON."""
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (identity, value)


def error(identity: bytes, refusal: Refusal) -> bytes:
    """The answer to a request that was refused."""
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (identity, _encode(refusal.to_wire()))


def notification(name: str, params: bytes) -> bytes:
    """A server's message about the connection itself (`socket:welcome`, `auth:expiring`)."""
    return b'{"jsonrpc":"2.0","method":%b,"params":%b}' % (_encode(name), params)


def batch(answers: list[bytes]) -> bytes:
    """All answers of one batch as one array."""
    return b"[%b]" % b",".join(answers)
