"""What we rely on in uvicorn beyond its documentation. A release that changes it fails here, by name, and nowhere odd.

`gateway/uvicorn_parts.py` and `gateway/server.py` are the only places that know these.
"""

import asyncio
import inspect
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols import utils
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from carewire.gateway.wire_protocol import WireProtocol

ROOT = Path(__file__).parents[2]
PINNED = "0.54.0"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Never called here."""


def test_the_release_is_the_one_this_was_read_in() -> None:
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line)
    assert (pinned["uvicorn"], version("uvicorn")) == (PINNED, PINNED), (
        "another uvicorn: read handle_websocket_upgrade of its httptools_impl.py and shutdown of server.py, then pin it"
    )


def test_a_loaded_configuration_and_the_shared_state_have_what_we_read() -> None:
    config = uvicorn.Config(app, interface="asgi3", ws=WireProtocol, ws_ping_interval=20.0, log_config=None)
    config.load()
    assert callable(config.loaded_app)
    assert config.ws_protocol_class is WireProtocol
    assert isinstance(config.ws_max_size, int)
    assert (config.ws_ping_interval, config.root_path, config.asgi_version) == (20.0, "", "3.0")
    state = ServerState()
    assert (state.connections, state.tasks, state.default_headers) == (set(), set(), [])
    assert vars(state), "the site of our sockets is kept among its attributes"


def test_the_helpers_that_tell_addresses_take_a_transport() -> None:
    for helper in (utils.get_local_addr, utils.get_remote_addr, utils.is_ssl):
        assert list(inspect.signature(helper).parameters) == ["transport"]
    assert issubclass(utils.ClientDisconnected, OSError), "applications catch OSError (ASGI 2.4)"


class Transport(asyncio.Transport):
    """Takes the protocol that takes over."""

    taken: asyncio.BaseProtocol | None = None

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.taken = protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name.endswith("name") else default

    def is_closing(self) -> bool:
        return False


class Recorder(asyncio.Protocol):
    """Stands where our class stands and keeps what it is handed."""

    def __init__(self, config: Any, server_state: Any, app_state: Any) -> None:
        assert isinstance(config, uvicorn.Config)
        assert isinstance(server_state, ServerState)
        assert isinstance(app_state, dict)
        self.calls: list[Any] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.calls.append(transport)

    def data_received(self, data: bytes) -> None:
        self.calls.append(data)


@pytest.mark.parametrize("cut", [1, 40])
async def test_an_upgrade_hands_over_the_transport_and_then_the_whole_head_in_one_piece_with_small_names(
    cut: int,
) -> None:
    config = uvicorn.Config(app, interface="asgi3", ws=Recorder, http="httptools", log_config=None)
    state, transport = ServerState(), Transport()
    http = HttpToolsProtocol(config, state, {})
    http.connection_made(transport)
    head = (
        b"GET /ws?a=b%20c HTTP/1.1\r\nHost:   h\r\nX-Empty:\r\nUPGRADE: websocket\r\n"
        b"Connection: keep-alive, Upgrade\r\nX-Colon: a: b\r\n\r\n"
    )
    for at in range(0, len(head), cut):
        http.data_received(head[at : at + cut])
    assert isinstance(transport.taken, Recorder)
    assert transport.taken.calls == [
        transport,
        b"GET /ws?a=b%20c HTTP/1.1\r\nhost: h\r\nx-empty: \r\nupgrade: websocket\r\nconnection: keep-alive, Upgrade\r\n"
        b"x-colon: a: b\r\n\r\n",
    ]
    assert not state.connections, "from here on the websocket class keeps itself among the connections"


def test_a_stopping_server_calls_shutdown_and_waits_for_connections_and_then_for_tasks() -> None:
    source = inspect.getsource(uvicorn.Server.shutdown)
    assert source.index("connection.shutdown()") < source.index("_wait_tasks_to_complete")
    source = inspect.getsource(uvicorn.Server._wait_tasks_to_complete)
    assert source.index("server_state.connections") < source.index("server_state.tasks")
