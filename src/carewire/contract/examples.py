"""Example values made from schemas: always the same for the same declaration, and only kept if they really decode."""

import hashlib
from typing import Any, Final

import msgspec

from carewire.contract.schemas import REF

_DEEPEST: Final = 8
_MOMENT: Final = "2026-03-02T04:30:00Z"
_WORDS: Final[dict[str, str]] = {
    "city": "Pune",
    "code": "482913",
    "cursor": "eyJhZnRlciI6MTJ9",
    "email": "asha@example.org",
    "epoch": "b7c1f0a94e2d",
    "locale": "en",
    "message": "Something to read",
    "name": "Asha Verma",
    "node": "node-1",
    "password": "correct horse battery",
    "phone": "+919876543210",
    "secret": "s3cr3t-u8Vq2m",
    "token": "eyJhbGciOiJIUzI1NiJ9.e30.Zq0",
    "topic": "queue:0199a3c2-7c41-7b1e-9d52-0c8a4be21f07",
    "version": "0.1.0",
    "zone": "Asia/Kolkata",
}
"""Texts for members whose name contains the word."""
_FIGURES: Final[dict[str, float]] = {
    "after_ms": 500,
    "batch": 50,
    "birth_year": 1984,
    "clock_rate": 1,
    "depth": 32,
    "frame_bytes": 65_536,
    "grace_ms": 10_000,
    "heartbeat_s": 20,
    "id_bytes": 128,
    "in_flight": 64,
    "limit": 20,
    "number": 8,
    "offset": 41,
    "queue_bytes": 262_144,
    "resend_after_s": 30,
    "subscriptions": 200,
}
"""Numbers for members of this name."""


def sample(schema: dict[str, Any], components: dict[str, dict[str, Any]], name: str = "", depth: int = 0) -> Any:
    """A value that fits the schema as far as its form goes; only required members of what a client sends."""
    if depth > _DEEPEST:
        return None
    if reference := schema.get("$ref"):
        return sample(components[reference.removeprefix(REF)], components, name, depth + 1)
    if "allOf" in schema:
        return sample(schema["allOf"][0], components, name, depth + 1)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option.get("type") != "null"]
        return sample(options[0], components, name, depth + 1) if options else None
    match schema.get("type"):
        case "object":
            return _object(schema, components, name, depth)
        case "array":
            return [sample(schema["items"], components, name, depth + 1)] if "items" in schema else []
        case "string":
            return _text(schema, name)
        case "integer":
            return int(_figure(schema, name, 1))
        case "number":
            return float(_figure(schema, name, 1.5))
        case "boolean":
            return True
        case "null":
            return None
    return {}


def example_of(kind: Any, schema: dict[str, Any], components: dict[str, dict[str, Any]]) -> tuple[bool, Any]:
    """An example of this type, and whether there is one: what does not decode as the type is never shown."""
    value = sample(schema, components)
    try:
        msgspec.json.decode(msgspec.json.encode(value), type=kind)
    except (msgspec.ValidationError, TypeError):
        return False, None
    return True, value


def sample_id(name: str) -> str:
    """The UUIDv7 that stands for this member in every example."""
    tail = hashlib.blake2b(name.encode(), digest_size=9).hexdigest()
    return f"0199a3c2-7c41-7{tail[:3]}-9{tail[3:6]}-{tail[6:18]}"


def _object(schema: dict[str, Any], components: dict[str, dict[str, Any]], name: str, depth: int) -> Any:
    if "properties" in schema:
        wanted = [key for key in schema["properties"] if key in schema.get("required", ())]
        return {key: sample(schema["properties"][key], components, key, depth + 1) for key in wanted}
    values = schema.get("additionalProperties")
    if not isinstance(values, dict):
        return {}
    key = _WORDS["topic"] if name == "topics" else "word"
    return {key: sample(values, components, name, depth + 1)}


def _figure(schema: dict[str, Any], name: str, otherwise: float) -> float:
    wanted = _FIGURES.get(name, otherwise)
    return max(float(schema.get("minimum", wanted)), min(wanted, float(schema.get("maximum", wanted))))


def _text(schema: dict[str, Any], name: str) -> str:
    match schema.get("format"):
        case "uuid":
            return sample_id(name)
        case "date-time":
            return _MOMENT
        case "date":
            return _MOMENT[:10]
    text = _WORDS.get(name) or next((text for word, text in _WORDS.items() if word in name), "text")
    return (text + "x" * max(0, int(schema.get("minLength", 0)) - len(text)))[: int(schema.get("maxLength", 400))]
