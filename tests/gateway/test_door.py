"""The short way of a handshake past the HTTP class: it answers only for what the HTTP class would have handed over.

Ledger: ws.gateway H-007 H-063.
"""

import asyncio
import random
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from carewire.gateway.door import Door, Patience
from carewire.gateway.handshake import BadHandshake, Request, read_plainly, read_request
from tests.gateway.conftest import serve
from tests.gateway.peer import HEADERS, KEY, Peer
from tests.gateway.test_uvicorn import Recorder, Transport, app

CONFIG = uvicorn.Config(app, interface="asgi3", ws=Recorder, http="httptools", log_config=None)
BROWSER = {
    "Host": "127.0.0.1:8000",
    "Connection": "keep-alive, Upgrade",
    "Pragma": "no-cache",
    "Cache-Control": "no-cache",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Upgrade": "websocket",
    "Origin": "http://127.0.0.1:8000",
    "Sec-WebSocket-Version": "13",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-US,en;q=0.5",
    "Cookie": "a=b; c=d",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    "Sec-WebSocket-Protocol": "carewire.v1, soap",
    "Authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x-_",
}
ODD_NAMES = ("Connection", "Upgrade", "Content-Length", "Transfer-Encoding", "Expect", "Host", "X-Y", "X Y", "", "X-é",
             "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Proxy-Connection")  # fmt: skip
ODD_VALUES = ("", " ", "close", "upgrade", "Upgrade, close", "websocket", "h2c, websocket", "0", "5", "chunked", "\t13",
              "13 ", "a\0b", "a\x7fb", "a\r\n b", "100-continue", "é", KEY, "13", "x" * 9000)  # fmt: skip
ODD_LINES = ("GET /ws HTTP/1.0", "GET /ws HTTP/1.1 ", "get /ws HTTP/1.1", "POST /ws HTTP/1.1", "GET  /ws HTTP/1.1",
             "GET ws HTTP/1.1", "GET /w%73?a=%20&b#c HTTP/1.1", "GET /ws?x=1?y HTTP/1.1", "GET http://h/ws HTTP/1.1",
             "GET /é HTTP/1.1", "GET //ws/../ws HTTP/1.1", "GET /ws HTTP/2", "GET /ws",
             "CONNECT /ws HTTP/1.1")  # fmt: skip


def write(first: str, headers: list[tuple[str, str]], end: str = "\r\n") -> bytes:
    return "".join((first, "\r\n", *(f"{name}: {value}\r\n" for name, value in headers), end)).encode("latin-1")


class Line(Transport):
    """Takes answers too."""

    def write(self, data: Any) -> None:
        """An answer that is no websocket."""

    def close(self) -> None:
        """Nor is its end."""


def handed_over(head: bytes) -> Request | None:
    """What comes of it by uvicorn's HTTP class; None where that opens no websocket."""
    transport = Line()
    http = HttpToolsProtocol(CONFIG, ServerState(), {})
    http.connection_made(transport)
    http.data_received(head)
    try:
        return read_request(transport.taken.calls[1]) if isinstance(transport.taken, Recorder) else None
    except BadHandshake:
        return None


def odd(luck: random.Random) -> bytes:
    """A handshake with one to three things changed, or bytes of it."""
    first, headers = "GET /ws HTTP/1.1", list(luck.choice((HEADERS, BROWSER)).items())
    for _ in range(luck.randint(1, 3)):
        match luck.randrange(6):
            case 0:
                first = luck.choice(ODD_LINES)
            case 1:
                headers.insert(luck.randrange(len(headers) + 1), (luck.choice(ODD_NAMES), luck.choice(ODD_VALUES)))
            case 2:
                at = luck.randrange(len(headers))
                headers[at] = (headers[at][0], luck.choice(ODD_VALUES))
            case 3 if len(headers) > 1:
                headers.pop(luck.randrange(len(headers)))
            case 4:
                at = luck.randrange(len(headers))
                headers[at] = (luck.choice((str.upper, str.lower))(headers[at][0]), headers[at][1])
            case _:
                luck.shuffle(headers)
    head = write(first, headers, luck.choice(("\r\n", "\r\n", "\r\n", "\n", "", "\r\nrest", "\r\n\r\n")))
    if luck.random() < 0.3:
        at = luck.randrange(len(head))
        head = head[:at] + bytes((luck.choice(b"\r\n\0 \t:;,#?%\x7f\xe9"),)) + head[at + luck.randint(0, 1) :]
    return head


async def test_what_is_read_plainly_is_what_the_http_class_hands_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HttpToolsProtocol, "_start_asgi_task", lambda self, cycle, app: None)
    luck, plain, whole = random.Random(11), 0, 0
    for _ in range(6000):
        head = odd(luck)
        ours, theirs = read_plainly(head), handed_over(head)
        whole += theirs is not None
        plain += ours is not None
        if ours is not None:
            assert ours == theirs, head
    assert plain > whole / 3 > 100, "most of what is sound takes the short way, and much of it is sound"


@pytest.mark.parametrize("headers", [HEADERS, BROWSER], ids=["a program", "a browser"])
@pytest.mark.parametrize("path", ["/ws", "/ws?v=1&w=a%20b", "/"])
def test_what_clients_send_takes_the_short_way(headers: dict[str, str], path: str) -> None:
    request = read_plainly(write(f"GET {path} HTTP/1.1", list(headers.items())))
    assert request is not None
    assert request.path == path.partition("?")[0]
    assert request.key == KEY.encode()


async def test_a_handshake_in_two_pieces_and_one_behind_blanks_open_all_the_same() -> None:
    head = write("GET /ws HTTP/1.1", list(HEADERS.items()))
    async with serve("raw") as site:
        for pieces in ((head,), (head[:20], head[20:]), (b"\r\n" + head,)):
            reader, writer = await asyncio.open_connection("127.0.0.1", site.running.port)
            peer = Peer(reader, writer)
            for piece in pieces:
                peer.send(piece)
                await writer.drain()
                await asyncio.sleep(0)
            assert (await peer.read_head())[0] == 101
            assert b"socket:welcome" in (await peer.read_frame())[1]
            writer.transport.abort()


async def test_a_connection_that_asks_nothing_is_closed_by_a_stopping_server_and_forgotten() -> None:
    state: Any = ServerState()
    closed: list[bool] = []
    transport = Line()
    transport.close = lambda: closed.append(True)  # type: ignore[method-assign]
    door = Door(CONFIG, state, {}, patience=Patience())
    door.connection_made(transport)
    assert state.connections == {door}
    door.shutdown()
    door.connection_lost(None)
    assert (closed, state.connections) == ([True], set())
