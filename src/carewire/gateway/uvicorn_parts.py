"""What our websocket class knows of uvicorn's inside, in one place; `tests/gateway/test_uvicorn.py` watches it."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from carewire.gateway.heartbeat import Wheel
from carewire.gateway.lane import Reception

CLIENT: Final = "carewire.client"
"""Where a connection's state holds (address, port) that its balancer named."""

if TYPE_CHECKING:
    from carewire.gateway.exchange import Application


class Site:
    """What all sockets of one server share."""

    __slots__ = ("_asgi", "_root_path", "_state", "app", "connections", "limit", "loop", "reception", "tasks", "wheel")

    def __init__(self, config: Config, state: ServerState, reception: Reception | None) -> None:
        if not config.loaded:
            config.load()
        self.loop = asyncio.get_running_loop()
        self.app: Application = config.loaded_app
        self.reception = reception
        self.limit = config.ws_max_size
        self.connections: set[Any] = state.connections
        self.tasks = state.tasks
        # One interval is both: how often a ping is sent and how long its answer may take.
        interval_s = config.ws_ping_interval
        self.wheel = Wheel(self.loop, interval_s) if interval_s else None
        self._state = state
        self._root_path = config.root_path
        self._asgi = {"version": config.asgi_version, "spec_version": "2.4"}

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """Date and server; uvicorn makes them anew each second."""
        return self._state.default_headers

    def describe(self, transport: asyncio.Transport) -> dict[str, Any]:
        """The members of a scope that the server and the transport tell."""
        return {
            "asgi": self._asgi.copy(),
            "root_path": self._root_path,
            "scheme": "wss" if is_ssl(transport) else "ws",
            "server": get_local_addr(transport),
            "client": get_remote_addr(transport),
        }


def client_of(transport: asyncio.Transport, app_state: dict[str, Any]) -> str:
    """The address of the client, as its balancer named it or as it is; empty where it has none."""
    client = app_state.get(CLIENT) or get_remote_addr(transport)
    return client[0] if client else ""


def site_of(config: Config, state: ServerState, reception: Reception | None = None) -> Site:
    """The site of this server; kept where uvicorn keeps what its connections share, and gone with it."""
    shared = vars(state)
    site: Site | None = shared.get("carewire_site")
    if site is None:
        site = shared["carewire_site"] = Site(config, state, reception)
    return site
