"""The few methods that own the connection itself; everything else is a command.

Declared like commands (params struct, reply, docstring), so that the contract lists them beside the commands.
"""

import functools
from collections.abc import Awaitable, Callable
from datetime import datetime
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from prometheus_client import Counter

from carewire import metrics
from carewire.bus.hub import SUBSCRIPTIONS_MAX
from carewire.errors import Field, InvalidParams, Refusal
from carewire.params import decode_params
from carewire.screen import Screen, is_screen

if TYPE_CHECKING:
    from carewire.bus.channel import Listener
    from carewire.gateway.connection import Socket
    from carewire.gateway.services import Services

TopicName = Annotated[str, Meta(min_length=1, max_length=200, description="e.g. queue:0199…")]
Epoch = Annotated[str, Meta(min_length=1, max_length=64, description="As an earlier answer or socket:welcome told it")]
Offset = Annotated[int, Meta(ge=0, le=2**63 - 1, description="The last offset the client has")]


class Answered(NamedTuple):
    """The reply as JSON, and what must follow it in the same tick (nothing may come between)."""

    result: bytes
    go_live: Callable[[], None] | None = None


Slow = Callable[["Listener", "Services", Any], Awaitable[Answered]]
Quick = Callable[["Listener", "Services", Any], bytes]
Handler = Slow | Quick


class Method(Struct, frozen=True):
    """A method of the socket. `returns` describes the reply; the hub builds it.

    One whose handler is no coroutine answers `at_once`: its reply waits for nothing and cannot be refused.
    """

    name: str
    params: type[Struct]
    returns: type[Struct]
    doc: str
    handler: Handler
    at_once: bool

    def answer(self, listener: "Listener", services: "Services", params: Struct) -> bytes:
        """The reply of a method that answers at once."""
        outcome = "internal"
        try:
            result = cast("Quick", self.handler)(listener, services, params)
            outcome = "ok"
            return result
        finally:
            _count(self.name, outcome)

    async def run(self, listener: "Listener", services: "Services", params: bytes | Struct) -> Answered:
        """Answer; params that are decoded were decoded for it. Raises refusals."""
        if isinstance(params, bytes):
            try:
                params = decode_params(self, params)
            except Refusal as refusal:
                _count(self.name, refusal.reason)
                raise
        if self.at_once:
            return Answered(self.answer(listener, services, params))
        outcome = "internal"
        try:
            answered = await cast("Slow", self.handler)(listener, services, params)
            outcome = "ok"
            return answered
        except Refusal as refusal:
            outcome = refusal.reason
            raise
        finally:
            _count(self.name, outcome)


@functools.cache
def _counter(name: str, outcome: str) -> Counter:
    """Looking a labelled metric up costs more than counting."""
    return metrics.COMMANDS.labels(name, outcome)


def _count(name: str, outcome: str) -> None:
    _counter(name, outcome).inc()


REGISTRY: dict[str, Method] = {}


def socket_method(name: str, params: type[Struct], returns: type[Struct]) -> Callable[[Handler], Handler]:
    """Declare a method of the socket."""

    def declare(handler: Handler) -> Handler:
        if name in REGISTRY or not handler.__doc__:
            raise TypeError(f"socket method {name!r} is declared twice, or has no docstring")
        REGISTRY[name] = Method(
            name, params, returns, handler.__doc__.strip(), handler, not iscoroutinefunction(handler)
        )
        return handler

    return declare


class SubscribeParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which topic, and where the client stands on it if it was there before."""

    topic: TopicName
    epoch: Epoch | None = None
    after: Offset | None = None


class UnsubscribeParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which topic."""

    topic: TopicName


class ResumeParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the client stands on each topic."""

    epoch: Epoch
    topics: Annotated[dict[TopicName, Offset], Meta(min_length=1, max_length=SUBSCRIPTIONS_MAX)]


class OpenParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A query that answers topics (a `Screen`), and its params."""

    query: Annotated[str, Meta(min_length=1, max_length=64, description="e.g. home.topics")]
    params: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class PingParams(Struct, frozen=True, forbid_unknown_fields=True):
    """None."""


class Missed(Struct, frozen=True, kw_only=True):
    """An event the client missed."""

    name: str
    offset: int
    at: datetime
    data: Any


class Standing(Struct, frozen=True, kw_only=True):
    """Where a listener starts: the missed `events`, or a `snapshot` (with `resync` when the missed ones are gone)."""

    offset: int
    snapshot: Any | UnsetType = UNSET
    events: list[Missed] | UnsetType = UNSET
    resync: bool | UnsetType = UNSET


class Subscribed(Standing, frozen=True, kw_only=True):
    """Where a listener starts."""

    epoch: str


class Place(Struct, frozen=True, kw_only=True):
    """Where a listener starts on one topic of a resume, as in a subscribe; or the `error` that keeps it out."""

    offset: int | UnsetType = UNSET
    snapshot: Any | UnsetType = UNSET
    events: list[Missed] | UnsetType = UNSET
    resync: bool | UnsetType = UNSET
    error: dict[str, Any] | UnsetType = UNSET
    """The error object a subscribe would have been answered with (`not_found`: the right is gone)."""


class Resumed(Struct, frozen=True, kw_only=True):
    """The same as a subscribe for each topic."""

    epoch: str
    topics: dict[str, Place]


class Unsubscribed(Struct, frozen=True, kw_only=True):
    """Whether the socket was listening."""

    unsubscribed: bool


class Pong(Struct, frozen=True, kw_only=True):
    """`server_time` dates idempotency keys; `product_time` is the clinic's clock (differs only in demonstrations)."""

    server_time: datetime
    product_time: datetime


@socket_method("topic.subscribe", SubscribeParams, Subscribed)
async def subscribe(listener: "Listener", services: "Services", params: SubscribeParams) -> Answered:
    """Listen to a topic, from a snapshot or from behind `after` of the same epoch."""
    answer = await services.hub.subscribe(listener, params.topic, params.epoch, params.after)
    return Answered(answer.result, answer.go_live)


@socket_method("topic.unsubscribe", UnsubscribeParams, Unsubscribed)
def unsubscribe(listener: "Listener", services: "Services", params: UnsubscribeParams) -> bytes:
    """Stop listening to a topic; nothing of it comes after the reply."""
    return msgspec.json.encode(Unsubscribed(unsubscribed=services.hub.unsubscribe(listener, params.topic)))


@socket_method("socket.resume", ResumeParams, Resumed)
async def resume(listener: "Listener", services: "Services", params: ResumeParams) -> Answered:
    """Listen again to many topics at once after a reconnect, each from its own offset."""
    answer = await services.hub.resume(listener, params.epoch, params.topics)
    return Answered(answer.result, answer.go_live)


@socket_method("topic.open", OpenParams, Resumed)
async def open_(listener: "Listener", services: "Services", params: OpenParams) -> Answered:
    """Ask a query for the topics of a screen and listen to all of them, each from its snapshot, in one round trip.

    A topic is refused on its own (`error`), the query as it always is.
    """
    if not is_screen(params.query):
        raise InvalidParams(fields=(Field("$.query", "is no query that answers topics"),))
    peer = cast("Socket", listener).peer
    outcome = await services.dispatcher.run(params.query, bytes(params.params), listener.actor, peer)
    topics = msgspec.json.decode(outcome.result, type=Screen).topics
    answer = await services.hub.resume(listener, None, dict.fromkeys(topics))
    return Answered(answer.result, answer.go_live)


@socket_method("socket.ping", PingParams, Pong)
def ping(listener: "Listener", services: "Services", params: PingParams) -> bytes:
    """Answer the server's time."""
    clock = services.clock
    return msgspec.json.encode(Pong(server_time=clock.real_now(), product_time=clock.now()))
