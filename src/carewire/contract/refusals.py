"""Which refusals a call can be answered with: those it declares and those the way to it can give."""

from typing import Any, Final

from msgspec import inspect as kinds

from carewire import errors
from carewire.actor import ANYONE, KNOWN
from carewire.command import Command
from carewire.contract.wording import field_words
from carewire.errors import Close, Refusal
from carewire.gateway.methods import Method

COMMON: Final[tuple[type[Refusal], ...]] = (
    errors.InvalidParams,
    errors.RateLimited,
    errors.Busy,
    errors.Overloaded,
    errors.Unavailable,
    errors.Internal,
)
"""Every command can be answered with these; the database alone can be busy, out of connections or away."""
_RECEIPT: Final[tuple[type[Refusal], ...]] = (errors.KeyConflict, errors.KeyExpired, errors.InFlight)

_JOINING: Final[tuple[type[Refusal], ...]] = (
    errors.InvalidParams,
    errors.TooManySubscriptions,
    errors.Overloaded,
    errors.Unavailable,
    errors.Internal,
)
OF_METHOD: Final[dict[str, tuple[type[Refusal], ...]]] = {
    "socket.ping": (errors.InvalidParams, errors.Overloaded),
    "socket.resume": _JOINING,
    "topic.subscribe": (*_JOINING, errors.NotFound, errors.TooLarge),
    "topic.unsubscribe": (errors.InvalidParams, errors.Overloaded),
}

OF_FRAME: Final[tuple[type[Refusal], ...]] = (errors.ParseError, errors.InvalidRequest, errors.MethodNotFound)
"""Given before a command is found; no command lists them."""


def of_command(command: Command) -> list[type[Refusal]]:
    """Everything this command can be refused with, the particular ones first."""
    found = set(COMMON)
    if ANYONE not in command.allow:
        found.add(errors.Unauthenticated)
        if KNOWN not in command.allow:
            found.add(errors.Forbidden)
    if command.kind == "command":
        found.add(errors.OutcomeUnknown)
    if command.receipt:
        found.update(_RECEIPT)
    if _takes_an_id(command):
        found.add(errors.NotFound)
    own = sorted(command.errors, key=lambda e: (e.code, e.reason))
    return own + sorted(found - command.errors, key=lambda e: (e.code, e.reason))


def of_method(method: Method) -> list[type[Refusal]]:
    """Everything a method of the socket can be refused with."""
    return sorted(OF_METHOD[method.name], key=lambda e: (e.code, e.reason))


def describe(refusal: type[Refusal]) -> dict[str, Any]:
    """One refusal for the reader of the contract."""
    return {
        "code": refusal.code,
        "reason": refusal.reason,
        "retry": refusal.retry,
        "message": refusal.message,
    }


def close_codes() -> list[dict[str, Any]]:
    """Every close code with its verdict, which its range says."""
    words = field_words(Close)
    return [
        {"code": int(code), "name": code.name.lower(), "verdict": _verdict(code), "description": words[code.name]}
        for code in sorted(Close)
    ]


def _verdict(code: int) -> str:
    if code < 4100:
        return "come back at once"
    return "come back after the remedy" if code < 4200 else "do not come back"


def _takes_an_id(command: Command) -> bool:
    info = kinds.type_info(command.params)
    assert isinstance(info, kinds.StructType)
    return any(
        isinstance(part, kinds.UUIDType)
        for field in info.fields
        if field.name != "idempotency_key"
        for part in (field.type.types if isinstance(field.type, kinds.UnionType) else (field.type,))
    )
