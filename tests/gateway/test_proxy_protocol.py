"""The PROXY protocol on a real port: who may say whose connection it is, and what becomes of everybody else."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from carewire import metrics
from carewire.app import create_app
from carewire.client import Client as Person
from carewire.client import Refused
from carewire.gateway import door, server
from carewire.gateway.proxy_protocol import V2, BadHeader, Header, read_header
from carewire.settings import Settings, SettingsError
from tests.conftest import SECRET
from tests.gateway.conftest import Behind, connect, host
from tests.patience import PATIENCE_S

GET = b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n"


def v1(source: str, port: int = 40_000) -> bytes:
    family = "TCP6" if ":" in source else "TCP4"
    return f"PROXY {family} {source} {source} {port} 8000\r\n".encode()


def v2(source: str, port: int = 40_000, extensions: bytes = b"") -> bytes:
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    packed = socket.inet_pton(family, source)
    body = packed + packed + struct.pack("!HH", port, 8000) + extensions
    return V2 + struct.pack("!BBH", 0x21, 0x21 if ":" in source else 0x11, len(body)) + body


LOCAL = V2 + b"\x20\x00\x00\x00"


class Balancer:
    """A small TCP proxy that puts a header before what it passes on, one byte at a time if need be."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.header = b""
        self.crumbs = False
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Its websocket address."""
        listening = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        try:
            yield f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}/ws"
        finally:
            listening.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far = await asyncio.open_connection("127.0.0.1", self._target)
        far.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (self.header[i : i + 1] for i in range(len(self.header))) if self.crumbs else (self.header,):
            far.write(piece)
            await far.drain()
            await asyncio.sleep(0)
        pumps = [asyncio.create_task(self._pass(*ends)) for ends in ((reader, far), (far_reader, writer))]
        self._tasks.update(pumps)
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in (far, writer):
            end.transport.abort()

    @staticmethod
    async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(1 << 16):
                sink.write(data)
                await sink.drain()


@asynccontextmanager
async def behind(ws: str, proxy_from: str | None) -> AsyncIterator[tuple[Behind, int]]:
    settings = Settings(secret=SECRET, ws=ws, proxy_from=proxy_from)  # type: ignore[arg-type]
    clinic = Behind(settings)
    async with host(clinic, settings) as running:
        yield clinic, running.port


async def say(port: int, data: bytes) -> bytes:
    """What a gateway answers to these bytes before it closes; nothing when it cuts the line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.fixture
def refused() -> Any:
    """How many connections this test had refused, by reason."""

    def count() -> dict[str, float]:
        samples = metrics.CONNECTIONS_REFUSED.collect()[0].samples
        return {s.labels["reason"]: s.value for s in samples if s.name.endswith("_total")}

    before = count()
    return lambda: {reason: n - before.get(reason, 0) for reason, n in count().items() if n > before.get(reason, 0)}


@pytest.mark.parametrize("trusted", [None, "10.0.0.0/8"], ids=["nobody is declared", "another peer is declared"])
@pytest.mark.parametrize("header", [v1("203.0.113.9"), v2("203.0.113.9"), LOCAL])
async def test_a_header_from_a_peer_that_is_no_balancer_is_cut_off_and_counted(
    ws: str, header: bytes, trusted: str | None, refused: Any
) -> None:
    async with behind(ws, trusted) as (clinic, port):
        assert await say(port, header + GET) == b""
        assert clinic.peers == []
    assert refused() == {"proxy_header_untrusted": 1}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (GET, "proxy_header_missing"),
        (b"PROXY TCP4 one two 1 2\r\n" + GET, "proxy_header_broken"),
        (b"PROXY TCP4 ::1 ::1 1 2\r\n" + GET, "proxy_header_broken"),
        (b"PROXY TCP4 10.0.0.1 10.0.0.2 1 70000\r\n" + GET, "proxy_header_broken"),
        (b"PROXY TCP4 10.0.0.1 10.0.0.2 -1 2\r\n" + GET, "proxy_header_broken"),
        (b"PROXY " + b"x" * 200, "proxy_header_broken"),
        (V2 + b"\x31\x11\x00\x0c" + bytes(12) + GET, "proxy_header_broken"),
        (V2 + b"\x22\x11\x00\x0c" + bytes(12) + GET, "proxy_header_broken"),
        (V2 + b"\x21\x11\x00\x04" + bytes(4) + GET, "proxy_header_broken"),
        (V2 + b"\x21\x11\xff\xff", "proxy_header_broken"),
    ],
)
async def test_a_balancer_without_a_header_or_with_a_broken_one_is_cut_off_and_counted(
    said: bytes, reason: str, refused: Any
) -> None:
    async with behind("raw", "127.0.0.1") as (_, port):
        assert await say(port, said) == b""
    assert refused() == {reason: 1}


async def test_a_balancer_that_says_nothing_does_not_hold_a_connection_for_ever(
    monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    monkeypatch.setattr(door, "FIRST_S", 0.05)
    async with behind("raw", "127.0.0.1") as (_, port):
        assert await say(port, b"PROXY TCP4 10.0") == b""
    assert refused() == {"proxy_header_late": 1}


async def test_who_connects_and_asks_nothing_does_not_hold_a_connection_for_ever(
    ws: str, monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    monkeypatch.setattr(door, "FIRST_S", 0.05)
    async with behind(ws, None) as (_, port):
        assert await asyncio.gather(say(port, b""), say(port, b"\r"), say(port, b"")) == [b""] * 3
    assert refused() == {"said_nothing": 3}


@pytest.mark.parametrize("crumbs", [False, True], ids=["in one piece", "byte by byte"])
@pytest.mark.parametrize(
    ("header", "address"),
    [
        (v1("203.0.113.9"), "203.0.113.9"),
        (v1("2001:db8::7"), "2001:db8::7"),
        (v2("203.0.113.9"), "203.0.113.9"),
        (v2("2001:db8::7", extensions=b"\x05\x00\x02ab"), "2001:db8::7"),
        (LOCAL, "127.0.0.1"),
        (b"PROXY UNKNOWN whatever\r\n", "127.0.0.1"),
    ],
)
async def test_behind_a_balancer_the_gateway_sees_the_client_that_the_header_names(
    ws: str, header: bytes, address: str, crumbs: bool, refused: Any
) -> None:
    async with behind(ws, "192.0.2.0/24, 127.0.0.1") as (clinic, port):
        balancer = Balancer(port)
        balancer.header, balancer.crumbs = header, crumbs
        async with balancer.running() as url, connect(url, additional_headers={"X-Forwarded-For": "1.2.3.4"}) as client:
            await client.call("test.echo")
        assert [peer.address for peer in clinic.peers] == [address]
    assert refused() == {}


async def test_two_clients_of_one_balancer_have_a_cap_each_and_pages_pass_too(settings: Settings) -> None:
    """`queue.look` may be called twenty times at once from one address without a login."""
    settings = Settings(**{f: getattr(settings, f) for f in settings.__struct_fields__} | {"proxy_from": "127.0.0.0/8"})
    running = await server.start(create_app(settings), settings)
    balancer = Balancer(running.port)
    try:
        async with balancer.running() as url:

            async def look(address: str, times: int) -> list[str]:
                balancer.header = v2(address)
                reasons = []
                async with Person(url) as person:
                    for _ in range(times):
                        with pytest.raises(Refused) as caught:
                            await person.call("queue.look", key="nonsense")
                        reasons.append(caught.value.reason)
                return reasons

            first = await look("203.0.113.1", 22)
            assert "rate_limited" in first
            assert "rate_limited" not in await look("198.51.100.1", 20)
            balancer.header = LOCAL
            async with httpx.AsyncClient() as http:
                page = await http.get(url.replace("ws://", "http://").replace("/ws", "/api/v1/health"))
                assert page.status_code == 200
    finally:
        await running.stop()


def test_every_prefix_of_a_header_is_waited_for_and_what_follows_is_left_alone() -> None:
    for header in (v1("203.0.113.9"), v1("2001:db8::7"), v2("203.0.113.9"), v2("2001:db8::7", extensions=b"\x04\0\0")):
        assert [read_header(header[:size]) for size in range(len(header))] == [None] * len(header)
        read = read_header(header + GET)
        assert isinstance(read, Header)
        assert read.size == len(header)
        assert read.source is not None
        assert read.source[1] == 40_000


def test_no_bytes_make_the_reader_fail_otherwise_than_by_its_own_error() -> None:
    whole = [v1("203.0.113.9"), v2("203.0.113.9"), LOCAL]
    for header in whole:
        for place in range(len(header)):
            for value in (0, 10, 13, 32, 65, 255):
                with contextlib.suppress(BadHeader):
                    read_header(header[:place] + bytes((value,)) + header[place + 1 :])


@pytest.mark.parametrize("value", ["balancer", "10.0.0.1/8", "10.0.0.0/33", "127.0.0.1;10.0.0.1"])
def test_a_network_that_is_none_names_the_variable(value: str) -> None:
    with pytest.raises(SettingsError, match="CAREWIRE_PROXY_FROM"):
        Settings.from_env({"CAREWIRE_SECRET": SECRET, "CAREWIRE_PROXY_FROM": value})
