"""What gateways tell us by HTTP: one door for all of them, and one transaction for each of their events.

    class StripeEvent(GatewayEvent, frozen=True, kw_only=True):
        intent: Annotated[str, Meta(max_length=255)]

    def read(settings: Settings, call: Call) -> StripeEvent | None: ...    # check the signature, take what we need

    @webhook("stripe", configured=lambda settings: bool(settings.stripe_secret), read=read,
             event=StripeEvent, content_type="application/json", emits={PaymentSettled})
    async def hear(ctx: Ctx, event: StripeEvent) -> bool: ...

That serves `POST /webhooks/stripe`, where the gateway's secret is configured, and nowhere else. The door reads the raw
body within its limits, has `read` say whose it is, and runs `hear` in a transaction that claims the event first: twice
at once, on two nodes or again next week, it runs once. Nothing of body or headers is logged or kept.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Protocol, TypeVar

import msgspec
from litestar import Request, Response, post
from litestar.exceptions import InternalServerException
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from carewire import metrics
from carewire.actor import ANYONE
from carewire.command import Ctx, Rate, command
from carewire.errors import Field, InvalidParams, Overloaded, Refusal
from carewire.event import Event
from carewire.http.brake import OWN_LIMIT
from carewire.http.routes import node_of, peer_of, refuse
from carewire.settings import Settings
from carewire.store import webhooks

BODY_BYTES_MAX: Final = 64 * 1024
BODY_S: Final = 10.0
"""How long a body may take to arrive; gateways send it at once."""
AT_ONCE_MAX: Final = 200
AT_ONCE_FROM_ONE_ADDRESS: Final = 50
"""Calls under way on one node, so that who sends slowly keeps neither its memory nor the others' places."""
PAUSE_MS: Final = 5_000
"""When to send again what we could not do, where nothing else says it."""
FROM_ONE_ADDRESS: Final = Rate(burst=6_000, per_minute=6_000, shared=True)
"""A gateway has few addresses, and says at once of thousands of reminders that they arrived."""


class Call(msgspec.Struct, frozen=True):
    """A request as it came. Nothing of it is true before its signature was checked.

    `url` is the address the gateway knows us by, with its query; names of headers are lower-case; `at` is real time.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime


class GatewayEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What we want to know of a gateway's event; `id` is the gateway's, the same however often it is sent."""

    id: Annotated[str, Meta(min_length=1, max_length=255)]


class Outcome(StrEnum):
    """How a call ended, for the metrics and the gateway."""

    DONE = "done"
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    IGNORED = "ignored"


class Heard(msgspec.Struct, frozen=True):
    """What became of an event: `done`, `repeated` (it had been), `unknown` (it is about nothing of ours)."""

    outcome: Outcome


class Forged(Refusal, code=400, reason="forged"):
    """The signature is not the gateway's, or too old."""


class SlowBody(Refusal, code=408, reason="slow_body", retry="same"):
    """The body did not arrive in time, or not whole."""


class BodyTooLarge(Refusal, code=413, reason="body_too_large"):
    """The body is larger than any event of this gateway; `max_bytes` says how large it may be."""


class WrongContentType(Refusal, code=415, reason="wrong_content_type"):
    """This gateway sends another type of content."""


E = TypeVar("E", bound=GatewayEvent, contravariant=True)


class Hear(Protocol[E]):
    """Does what follows from an event; False when it is about nothing of ours."""

    __module__: str

    def __call__(self, ctx: Ctx, event: E, /) -> Awaitable[bool]:
        """Run once for each event."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A declared gateway."""

    gateway: str
    paths: tuple[str, ...]
    configured: Callable[[Settings], bool]
    read: Callable[[Settings, Call], GatewayEvent | None]
    content_type: str
    max_bytes: int
    signature: str


REGISTRY: dict[str, Webhook] = {}
_under_way: Counter[str] = Counter()


def webhook(
    gateway: str,
    *,
    configured: Callable[[Settings], bool],
    read: Callable[[Settings, Call], GatewayEvent | None],
    event: type[GatewayEvent],
    content_type: str,
    emits: Iterable[type[Event]] = (),
    errors: Iterable[type[Refusal]] = (),
    max_bytes: int = BODY_BYTES_MAX,
    paths: Iterable[str] = (),
    signature: str = "",
) -> Callable[[Hear[Any]], Hear[Any]]:
    """Declare what is done with the events of a gateway; `paths` are others that it may know besides its own.

    Several gateways may share one of those: the header named `signature` (in lower case) says whose call it is.

    `read` raises `Forged`, or msgspec's error for a signed body that makes no sense; None is an event that does not
    concern us. The handler raises a refusal with `after_ms` for what it cannot do yet: the gateway sends it again. What
    comes out of order is no refusal: nobody would do anything about it.
    """
    if gateway in REGISTRY:
        raise TypeError(f"webhook {gateway!r} is declared twice")

    def declare(hear: Hear[Any]) -> Hear[Any]:
        async def once(ctx: Ctx, event: Any) -> Heard:
            if not await webhooks.claim(ctx.tx, gateway, event.id, ctx.real_now):
                return Heard(Outcome.REPEATED)
            return Heard(Outcome.DONE if await hear(ctx, event) else Outcome.UNKNOWN)

        once.__annotations__["event"] = event
        once.__doc__, once.__module__ = hear.__doc__, hear.__module__
        command(f"webhook.{gateway}", allow={ANYONE}, receipt=False, http=True, emits=emits, errors=errors)(once)
        REGISTRY[gateway] = Webhook(
            gateway=gateway,
            paths=(f"/webhooks/{gateway}", *paths),
            configured=configured,
            read=read,
            content_type=content_type,
            max_bytes=max_bytes,
            signature=signature,
        )
        return hear

    return declare


def webhook_handlers(settings: Settings) -> list[HTTPRouteHandler]:
    """Routes of the gateways that this deployment knows; of the others nothing is there."""
    served: dict[str, list[Webhook]] = {}
    for declared in REGISTRY.values():
        for path in declared.paths if declared.configured(settings) else ():
            served.setdefault(path, []).append(declared)
    paths: dict[tuple[str, ...], list[str]] = {}
    for path, gateways in served.items():
        paths.setdefault(tuple(one.gateway for one in gateways), []).append(path)
    return [_handler([REGISTRY[name] for name in names], there) for names, there in paths.items()]


def _handler(gateways: list[Webhook], paths: list[str]) -> HTTPRouteHandler:
    @post(
        paths,
        status_code=200,
        request_max_body_size=None,
        opt={OWN_LIMIT: True},
        name=f"webhook:{'+'.join(one.gateway for one in gateways)}",
        summary=f"For {' or '.join(one.gateway.capitalize() for one in gateways)}: what happened to what we gave it",
    )
    async def serve(request: Request[Any, Any, Any]) -> Response[Any]:
        """Answers 200 for what was done or need not be done; 503 with `Retry-After`: send it again."""
        declared = next((one for one in gateways if one.signature in request.headers), gateways[0])
        try:
            outcome: str = await _serve(declared, request)
        except Refusal as refusal:
            metrics.WEBHOOKS.labels(declared.gateway, refusal.reason).inc()
            if refusal.code >= 500 and refusal.after_ms is None:
                refusal.after_ms = PAUSE_MS
            return refuse(refusal)
        metrics.WEBHOOKS.labels(declared.gateway, outcome).inc()
        return Response({}, status_code=200, headers={"cache-control": "no-store"})

    return serve


async def _serve(declared: Webhook, request: Request[Any, Any, Any]) -> Outcome:
    node, peer = node_of(request), peer_of(request)
    if _under_way.total() >= AT_ONCE_MAX or _under_way[peer.address] >= AT_ONCE_FROM_ONE_ADDRESS:
        raise Overloaded(after_ms=PAUSE_MS)
    _under_way[peer.address] += 1
    try:
        await node.limits.take(f"webhook:{declared.gateway}", FROM_ONE_ADDRESS, peer.address)
        body = await _body(declared, request)
        query = request.scope["query_string"].decode("latin-1")
        call = Call(
            url=node.settings.public_http + request.scope["path"] + (f"?{query}" if query else ""),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            at=node.clock.real_now(),
        )
        try:
            event = declared.read(node.settings, call)
        except msgspec.MsgspecError:  # its text may hold values
            raise InvalidParams(fields=(Field("$", "this gateway's events look otherwise"),)) from None
        if event is None:
            return Outcome.IGNORED
        params = msgspec.json.encode({"event": event})
        ran = await node.dispatcher.run(f"webhook.{declared.gateway}", params, None, peer, http=True)
        return msgspec.json.decode(ran.result, type=Heard).outcome
    finally:
        _under_way[peer.address] -= 1
        if not _under_way[peer.address]:
            del _under_way[peer.address]


async def _body(declared: Webhook, request: Request[Any, Any, Any]) -> bytes:
    """All of it, and never more than may be. Raises `WrongContentType`, `BodyTooLarge`, `SlowBody`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != declared.content_type:
        raise WrongContentType()
    announced = request.headers.get("content-length", "0")
    body = bytearray()
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > declared.max_bytes:
        raise BodyTooLarge(max_bytes=declared.max_bytes)
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                body += piece
                if len(body) > declared.max_bytes:
                    raise BodyTooLarge(max_bytes=declared.max_bytes)
    except (TimeoutError, InternalServerException) as gone:  # the latter is Litestar's word for a client that left
        raise SlowBody() from gone
    return bytes(body)
