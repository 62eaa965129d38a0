"""`/ws`: the handshake, then frames from the server to the socket until the connection is over."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import structlog

from carewire import metrics
from carewire.actor import Actor
from carewire.bus.tick import Tick
from carewire.command import Peer
from carewire.errors import Close, Internal, Refusal, Unauthenticated
from carewire.gateway.connection import SUBPROTOCOL, Socket
from carewire.gateway.outgoing import RawOutgoing, Send, StockOutgoing
from carewire.gateway.services import Rules, Services
from carewire.gateway.wire_protocol import EXTENSION, TURN, RawLane
from carewire.http.security import Origins
from carewire.settings import Settings

log = structlog.get_logger("carewire.gateway")

Receive = Callable[[], Awaitable[dict[str, Any]]]

UNSUPPORTED_DATA: Final = 1003
AGENT_CHARS_MAX: Final = 200
ORDINARY: Final = Rules()


class UnknownSubprotocol(Refusal, code=400, reason="unknown_subprotocol"):
    """None of the subprotocols offered is spoken here; `legal` names those that are."""


class ForeignOrigin(Refusal, code=403, reason="foreign_origin"):
    """A page of this origin may not talk to this server; the operator lists those that may (CAREWIRE_ORIGINS)."""


async def serve_socket(
    scope: dict[str, Any], receive: Receive, send: Send, services: Services, rules: Rules = ORDINARY
) -> None:
    """Serve one websocket from handshake to end (an ASGI application but for the last argument)."""
    await receive()  # websocket.connect
    offered = list(scope.get("subprotocols") or ())
    if offered and SUBPROTOCOL not in offered:
        await _reject(send, UnknownSubprotocol(legal=[SUBPROTOCOL]))
        return
    if not _may_come(scope, services):
        await _reject(send, ForeignOrigin())
        return
    peer = _peer(scope)
    try:
        actor = await _login(scope, services)
    except Refusal as refusal:
        await _reject(send, refusal)
        return
    except Exception as error:
        log.error("handshake_failed", error=type(error).__name__)
        await _reject(send, Internal())
        return
    await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL if offered else None})
    socket = Socket(services, rules, peer, actor)
    lane: RawLane | None = (scope.get("extensions") or {}).get(EXTENSION)
    if lane is not None:
        _detach(lane, socket, rules, services.hub.tick)
    else:
        # The raw lane exists on our websocket class only; any other server gets the ordinary way.
        await _converse(receive, send, socket, rules)


def _detach(lane: RawLane, socket: Socket, rules: Rules, tick: Tick) -> None:
    """Go on by callbacks: the task that did the handshake ends here."""

    def on_lost(code: int) -> None:
        socket.lose(code)
        if socket.is_working:
            lane.keep(asyncio.get_running_loop().create_task(socket.settle()))

    lane.detach(socket.receive, on_lost)
    socket.open(RawOutgoing(lane, rules, socket.closing, tick, socket.turned))


async def _converse(receive: Receive, send: Send, socket: Socket, rules: Rules) -> None:
    reader = asyncio.current_task()
    assert reader is not None
    stuck = False

    def give_up() -> None:
        nonlocal stuck
        stuck = True
        reader.cancel()

    code = Close.PROTOCOL.value
    socket.open(StockOutgoing(send, rules, socket.closing, give_up))
    try:
        code = await _read(receive, socket)
    except asyncio.CancelledError:
        if not stuck:
            raise
        reader.uncancel()
    finally:
        socket.lose(code)
    await socket.settle()


async def _read(receive: Receive, socket: Socket) -> int:
    """Pass frames to the socket; returns the close code of the end."""
    turn = 0
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return int(message.get("code") or 1005)
        if message["type"] != "websocket.receive" or socket.closed_with is not None:
            continue
        text = message.get("text")
        if text is None:
            socket.close(UNSUPPORTED_DATA, "text frames only")
            continue
        socket.receive(text)
        turn += 1
        if turn % TURN == 0:
            await asyncio.sleep(0)


def _may_come(scope: dict[str, Any], services: Services) -> bool:
    """Browsers name the page that opens the socket; whoever names none is none."""
    origins = [value for name, value in scope["headers"] if name.lower() == b"origin"]
    if not origins:
        return True
    host = next((value for name, value in scope["headers"] if name.lower() == b"host"), b"")
    allowed = _origins(services.settings)
    return all(allowed.allow(origin.decode("latin-1").lower(), host.decode("latin-1").lower()) for origin in origins)


@functools.lru_cache(maxsize=16)
def _origins(settings: Settings) -> Origins:
    return Origins(settings)


async def _login(scope: dict[str, Any], services: Services) -> Actor | None:
    """The actor of the `Authorization` header; never of the query string, which ends up in logs."""
    given = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
    if not given:
        return None
    scheme, _, token = given[0].decode("latin-1").strip().partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("want one Authorization header: Bearer and an access token")
    return await services.dispatcher.authenticate(token.strip())


def _peer(scope: dict[str, Any]) -> Peer:
    client = scope.get("client")
    agent = next((value for name, value in scope["headers"] if name.lower() == b"user-agent"), b"")
    return Peer(address=str(client[0]) if client else "", agent=agent.decode("latin-1")[:AGENT_CHARS_MAX])


async def _reject(send: Send, refusal: Refusal) -> None:
    """Answer the handshake with plain HTTP and the same error object as on the wire."""
    metrics.HANDSHAKES_REFUSED.labels(refusal.reason).inc()
    status = refusal.code if 400 <= refusal.code < 600 else 500
    headers = [(b"content-type", b"application/json")]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    body = msgspec.json.encode({"error": refusal.to_wire()})
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
