"""HTTP that a domain serves, where bytes come or go: uploads, downloads, webhooks.

    @route
    @post("/api/v1/upload/{kind:str}", …)
    async def upload(request: Request, state: State) -> Response: ...

A route authenticates as a socket does, runs `http` commands through the dispatcher and says no in the wire's words.
"""

from typing import Any, Final, TypeVar

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from carewire.actor import Actor
from carewire.command import Peer
from carewire.errors import Refusal, Unauthenticated
from carewire.languages import accepted
from carewire.node import Node

ROUTES: list[HTTPRouteHandler] = []
AS_IT_IS: Final = "as_it_is"
"""A handler with this `opt` is sent uncompressed, with its length: files are compressed already."""

Handler = TypeVar("Handler", bound=HTTPRouteHandler)

# JSON-RPC's own numbers as HTTP knows them.
_STATUS = {-32700: 400, -32600: 400, -32601: 404, -32602: 422, -32603: 500}


def route(handler: Handler) -> Handler:
    """Serve this handler; the composition root mounts it."""
    ROUTES.append(handler)
    return handler


def node_of(request: Request[Any, Any, Any]) -> Node:
    """The node that serves this request."""
    node: Node = request.app.state.node
    return node


async def authenticate(request: Request[Any, Any, Any]) -> Actor:
    """Who asks, by `Authorization: Bearer <access token>`. Raises `Unauthenticated`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated()
    return await node_of(request).dispatcher.authenticate(token.strip())


def peer_of(request: Request[Any, Any, Any]) -> Peer:
    """The other end, as the socket's commands see theirs."""
    address = request.client.host if request.client else ""
    return Peer(address=address, agent=request.headers.get("user-agent", "")[:200])


def languages_of(request: Request[Any, Any, Any]) -> list[str]:
    """The languages the client reads, those it likes best first."""
    return accepted(request.headers.get("accept-language", "")[:500])


async def run(
    request: Request[Any, Any, Any], name: str, actor: Actor | None, params: dict[str, Any], returns: Any = Any
) -> Any:
    """Run an `http` command with these params; its reply, decoded. Raises a `Refusal`."""
    outcome = await node_of(request).dispatcher.run(
        name, msgspec.json.encode(params), actor, peer_of(request), http=True
    )
    return msgspec.json.decode(outcome.result, type=returns)


def refuse(refusal: Refusal) -> Response[Any]:
    """A refusal as HTTP: number as status, words as body, wait as `Retry-After` (RFC 9110, 10.2.3)."""
    headers = {"cache-control": "no-store"}
    if refusal.after_ms is not None:
        headers["retry-after"] = str(-(-refusal.after_ms // 1000))
    if refusal.code == 401:
        headers["www-authenticate"] = "Bearer"
    status = _STATUS.get(refusal.code, refusal.code)
    return Response(refusal.to_wire(), status_code=status, headers=headers, media_type="application/json")
