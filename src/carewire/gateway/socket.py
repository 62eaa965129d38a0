"""`/ws` on any ASGI server: the handshake, then frames from the server to the socket until the connection is over."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from carewire.errors import Close
from carewire.gateway.connection import Socket
from carewire.gateway.lane import EXTENSION, TURN, RawLane
from carewire.gateway.outgoing import Send, StockOutgoing
from carewire.gateway.reception import ORDINARY, detach, read_visit, reject
from carewire.gateway.services import Rules, Services

Receive = Callable[[], Awaitable[dict[str, Any]]]

UNSUPPORTED_DATA: Final = 1003


async def serve_socket(
    scope: dict[str, Any], receive: Receive, send: Send, services: Services, rules: Rules = ORDINARY
) -> None:
    """Serve one websocket from handshake to end (an ASGI application but for the last argument)."""
    await receive()  # websocket.connect
    client = scope.get("client")
    headers = [(name.lower(), value) for name, value in scope["headers"]]
    try:
        offered = list(scope.get("subprotocols") or ())
        visit = read_visit(headers, offered, str(client[0]) if client else "", services.settings)
        actor = None if visit.token is None else await services.dispatcher.authenticate(visit.token)
    except Exception as error:
        await _reject(send, error)
        return
    await send({"type": "websocket.accept", "subprotocol": visit.subprotocol})
    socket = Socket(services, rules, visit.peer, actor)
    lane: RawLane | None = (scope.get("extensions") or {}).get(EXTENSION)
    if lane is not None:
        detach(lane, socket, services, rules).put(socket.welcome())
    else:
        # The raw lane exists on our websocket class only; any other server gets the ordinary way.
        await _converse(receive, send, socket, rules)


async def _converse(receive: Receive, send: Send, socket: Socket, rules: Rules) -> None:
    reader = asyncio.current_task()
    assert reader is not None
    stuck = False

    def give_up() -> None:
        nonlocal stuck
        stuck = True
        reader.cancel()

    code = Close.PROTOCOL.value
    out = StockOutgoing(send, rules, socket.closing, give_up)
    out.put(socket.welcome())
    socket.open(out)
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


async def _reject(send: Send, error: Exception) -> None:
    answer = reject(error)
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})
