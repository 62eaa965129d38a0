"""Every way the wire says no.

Two failures only. A *refusal* answers one command: number, stable `reason` word, and a verdict on trying again.
A *close code* ends the socket and its range says what to do: 4000-4099 come back at once, 4100-4199 come back after
the remedy, 4200 and above do not come back.

The platform's refusals stand here. A domain declares its own in its `errors.py` by subclassing `Refusal`; a second
class with the same `reason` fails at import, so a reason means one thing in the whole product.
"""

from enum import IntEnum
from typing import Any, ClassVar, Literal

import msgspec

Retry = Literal["never", "same"]


class Field(msgspec.Struct, frozen=True):
    """One problem of one parameter: a JSON path (`$.scheduled_at`) and what is wrong with it."""

    path: str
    problem: str


REGISTRY: dict[str, type["Refusal"]] = {}


class Refusal(Exception):
    """A typed no. Subclasses fix `code` (JSON-RPC or HTTP-like), `reason` (stable word) and `retry`.

    `retry`: "never" = the same request will be refused again; "same" = send it again unchanged, with its key;
    `after_ms` at raise time = send it again after that many milliseconds.
    """

    code: ClassVar[int] = -32603
    reason: ClassVar[str] = "internal"
    retry: ClassVar[Retry] = "never"
    message: ClassVar[str] = ""

    def __init_subclass__(cls, *, code: int, reason: str, retry: Retry = "never", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.code, cls.reason, cls.retry = code, reason, retry
        cls.message = (cls.__doc__ or reason).strip().splitlines()[0].rstrip(".")
        if reason in REGISTRY:
            raise TypeError(f"reason {reason!r} is declared twice: {REGISTRY[reason].__qualname__}, {cls.__qualname__}")
        REGISTRY[reason] = cls

    def __init__(
        self,
        message: str | None = None,
        *,
        after_ms: int | None = None,
        fields: tuple[Field, ...] = (),
        **data: Any,
    ):
        """`data` are extra, documented, non-personal facts for the caller (e.g. `legal=["called"]`)."""
        self.text = message or self.message
        self.after_ms = after_ms
        self.fields = fields
        self.data = data
        self.keep = False
        """Set it to commit what the handler wrote (a counted OTP try) although the command is refused."""
        super().__init__(self.text)

    def to_wire(self) -> dict[str, Any]:
        """The JSON-RPC error object."""
        verdict: Any = {"after_ms": self.after_ms} if self.after_ms is not None else self.retry
        data: dict[str, Any] = {"reason": self.reason, "retry": verdict, **self.data}
        if self.fields:
            data["fields"] = [{"path": f.path, "problem": f.problem} for f in self.fields]
        return {"code": self.code, "message": self.text, "data": data}


# --- JSON-RPC 2.0, section 5.1 ---------------------------------------------------------------------------------------
class ParseError(Refusal, code=-32700, reason="parse_error"):
    """The frame is not JSON."""


class InvalidRequest(Refusal, code=-32600, reason="invalid_request"):
    """The frame is JSON but not a JSON-RPC 2.0 request."""


class MethodNotFound(Refusal, code=-32601, reason="method_not_found"):
    """No such command."""


class InvalidParams(Refusal, code=-32602, reason="invalid_params"):
    """A parameter is missing, unknown or of the wrong form."""


class Internal(Refusal, code=-32603, reason="internal", retry="same"):
    """Something broke on our side; quote the trace id."""


# --- who is asking ---------------------------------------------------------------------------------------------------
class Unauthenticated(Refusal, code=401, reason="unauthenticated"):
    """Log in first, or again: the credential is missing, wrong, expired or revoked."""


class AlreadyAuthenticated(Refusal, code=409, reason="already_authenticated"):
    """One identity per socket: log out first or open another socket."""


class Forbidden(Refusal, code=403, reason="forbidden"):
    """Your capacities do not include this command."""


class TermsDue(Refusal, code=403, reason="terms_due"):
    """Accept the terms or the privacy notice first (`terms.current`, `terms.accept`): they bind since `since`."""


class NotFound(Refusal, code=404, reason="not_found"):
    """No such thing, or it is not yours to see."""


class Overtaken(Refusal, code=409, reason="overtaken"):
    """A later call on this socket took this topic over; its answer is the one that counts."""


# --- the state says no -----------------------------------------------------------------------------------------------
class Conflict(Refusal, code=409, reason="conflict"):
    """The present state of things does not allow this."""


class IllegalMove(Refusal, code=409, reason="illegal_move"):
    """The thing is in a state from which this move is not legal; `state` and `legal` name what is."""


# --- exactly once ----------------------------------------------------------------------------------------------------
class KeyConflict(Refusal, code=409, reason="key_conflict"):
    """This idempotency key was used with other input."""


class KeyExpired(Refusal, code=409, reason="key_expired"):
    """This idempotency key is older than receipts are kept; nothing was run."""


class InFlight(Refusal, code=409, reason="in_flight", retry="same"):
    """The same command with the same key is running; ask again."""


class OutcomeUnknown(Refusal, code=503, reason="outcome_unknown", retry="same"):
    """The database was lost while committing; send it again with the same key."""


# --- limits and load -------------------------------------------------------------------------------------------------
class RateLimited(Refusal, code=429, reason="rate_limited", retry="same"):
    """Too many of these; wait."""


class TooLarge(Refusal, code=413, reason="too_large"):
    """The answer would be larger than a snapshot may be; ask for less."""


class TooManySubscriptions(Refusal, code=429, reason="too_many_subscriptions"):
    """This socket holds as many subscriptions as it may."""


class Busy(Refusal, code=503, reason="busy", retry="same"):
    """Somebody else holds what this command needs; try again."""


class Overloaded(Refusal, code=503, reason="overloaded", retry="same"):
    """The server sheds load; wait."""


class Unavailable(Refusal, code=503, reason="unavailable", retry="same"):
    """A part this command needs is away; try again."""


class Close(IntEnum):
    """Close codes of the socket; the range is the verdict (see the module docstring)."""

    GOING_AWAY = 4000
    """The node stops: open a new socket at once and resume."""
    PROTOCOL = 4002
    """The node could not go on with this socket: come back and resume."""
    TOKEN_EXPIRED = 4101
    """The login's access token ran out unrenewed: refresh or log in, then come back."""
    SLOW = 4102
    """The socket read too slowly for too long: come back and resume from your own offsets."""
    LOGIN_TIMEOUT = 4103
    """Heartbeats stopped or the handshake idled: come back."""
    LOGIN_ENDED = 4104
    """This login was ended (logout, revocation, deactivation): log in again."""
    FLOOD = 4200
    """The socket kept sending far beyond its limits: do not come back with this client."""
