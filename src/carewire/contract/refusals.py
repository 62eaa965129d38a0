"""Refusals for the reader of the contract, and those of the methods that own the connection."""

from typing import Any, Final

from carewire import errors
from carewire.contract.wording import field_words
from carewire.errors import Close, Refusal
from carewire.gateway.methods import Method

_JOINING: Final[tuple[type[Refusal], ...]] = (
    errors.InvalidParams,
    errors.TooManySubscriptions,
    errors.Busy,
    errors.Overloaded,
    errors.Unavailable,
    errors.Internal,
)
OF_METHOD: Final[dict[str, tuple[type[Refusal], ...]]] = {
    "socket.ping": (errors.InvalidParams, errors.Overloaded),
    "socket.resume": _JOINING,
    "topic.open": (
        *_JOINING,
        errors.Unauthenticated,
        errors.Forbidden,
        errors.TermsDue,
        errors.NotFound,
        errors.RateLimited,
        errors.TooLarge,
    ),
    "topic.subscribe": (*_JOINING, errors.NotFound, errors.TooLarge),
    "topic.unsubscribe": (errors.InvalidParams, errors.Overloaded),
}

OF_FRAME: Final[tuple[type[Refusal], ...]] = (errors.ParseError, errors.InvalidRequest, errors.MethodNotFound)
"""Given before a command is found; no command lists them."""


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
