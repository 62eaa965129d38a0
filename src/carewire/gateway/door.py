"""The first bytes of every connection: whose it is, and which class serves it from then on.

A request that plainly opens a websocket goes straight to our websocket class; uvicorn's HTTP class would read it, write
it anew and hand it over all the same (`handshake.read_plainly`). Everything else is that class's, as ever.
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import get_remote_addr
from uvicorn.server import ServerState

from carewire import metrics
from carewire.gateway.handshake import http_answer, read_plainly
from carewire.gateway.proxy_protocol import BadHeader, begins_header, read_header
from carewire.gateway.uvicorn_parts import CLIENT
from carewire.gateway.wire_protocol import WireProtocol
from carewire.settings import Network

App = Callable[[Any, Any, Any], Awaitable[None]]
MakeSocket = Callable[[Config, ServerState, dict[str, Any]], WireProtocol]

FIRST_S: Final = 10.0
"""Whoever connects has this long to begin: a balancer to say whose connection it is, all others to ask something."""


class Http(HttpToolsProtocol):
    """uvicorn's HTTP class."""

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP at all is answered like everything else."""
        self.transport.write(http_answer(400, [], msg.encode("ascii")))
        self.transport.close()


class Patience:
    """Who connected and has not begun, in the order of their coming: one timer for all of a server."""

    def __init__(self) -> None:
        self._until: dict[Door, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, door: "Door") -> None:
        """Wait for this one from now on."""
        loop = asyncio.get_running_loop()
        self._until[door] = loop.time() + FIRST_S
        if self._timer is None:
            self._timer = loop.call_later(FIRST_S, self._look)

    def end(self, door: "Door") -> None:
        """It has begun, or is gone."""
        self._until.pop(door, None)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._until:
            door, until = next(iter(self._until.items()))
            if until > loop.time():
                self._timer = loop.call_at(until, self._look)
                return
            self.end(door)
            door.give_up()


class Door(asyncio.Protocol):
    """`trusted` are the balancers that have to say whose connection they pass on; `make_socket` makes our websocket,
    None where another class serves them."""

    __slots__ = ("_app_state", "_begun", "_config", "_is_known", "_make_socket", "_must", "_patience", "_state",
                 "_transport", "_trusted")  # fmt: skip

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: Any = None,
        *,
        patience: Patience,
        trusted: tuple[Network, ...] = (),
        make_socket: MakeSocket | None = None,
    ) -> None:
        self._config = config
        self._state = server_state
        self._app_state = app_state
        self._patience = patience
        self._trusted = trusted
        self._make_socket = make_socket
        self._transport: asyncio.Transport
        self._begun = b""
        """What came and was handed to nobody yet."""
        self._must = self._is_known = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection; from a balancer it is nobody's until the header came."""
        self._transport = cast("asyncio.Transport", transport)
        self._state.connections.add(cast("Any", self))
        self._patience.begin(self)
        if self._trusted:
            peer = get_remote_addr(self._transport)
            self._must = peer is not None and self._is_trusted(peer[0])

    def _is_trusted(self, host: str) -> bool:
        address = ipaddress.ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._trusted)

    def data_received(self, data: bytes) -> None:
        """The first bytes decide; the rest is for who takes over."""
        self._begun = self._begun + data if self._begun else data
        if (self._is_known or self._learn()) and self._begun:
            self._hand_over(self._begun)

    def _learn(self) -> bool:
        """Is it known now whose connection it is? Cuts off who breaks the rule."""
        if self._must:
            try:
                header = read_header(self._begun)
            except BadHeader as bad:
                self._refuse(str(bad))
                return False
            if header is None:
                return False
            if header.source is not None:
                self._app_state = {**self._app_state, CLIENT: header.source}
            self._begun = self._begun[header.size :]
        elif (begins := begins_header(self._begun)) is not False:
            if begins:
                self._refuse("proxy_header_untrusted")
            return False
        self._is_known = True
        return True

    def _hand_over(self, begun: bytes) -> None:
        self._leave()
        request = read_plainly(begun) if self._make_socket is not None else None
        if request is not None and self._make_socket is not None:
            socket = self._make_socket(self._config, self._state, self._app_state)
            socket.connection_made(self._transport)
            self._transport.set_protocol(socket)
            socket.begin(request)
            return
        http = Http(self._config, self._state, self._app_state)
        http.connection_made(self._transport)
        http.client = self._app_state.get(CLIENT, http.client)
        self._transport.set_protocol(http)
        if begun:
            http.data_received(begun)

    def eof_received(self) -> None:
        """The transport closes itself."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing waits any more."""
        self._leave()

    def shutdown(self) -> None:
        """uvicorn stops, and nothing was asked here yet."""
        self._transport.close()

    def _leave(self) -> None:
        self._state.connections.discard(cast("Any", self))
        self._patience.end(self)

    def give_up(self) -> None:
        """Its time is over."""
        self._refuse("proxy_header_late" if self._must and not self._is_known else "said_nothing")

    def _refuse(self, reason: str) -> None:
        metrics.CONNECTIONS_REFUSED.labels(reason).inc()
        self._transport.abort()


def with_true_addresses(app: App) -> App:
    """The application, told the address that the balancer named."""

    async def tell(scope: Any, receive: Any, send: Any) -> None:
        client = (scope.get("state") or {}).pop(CLIENT, None)
        if client is not None:
            scope["client"] = client
        await app(scope, receive, send)

    return tell
