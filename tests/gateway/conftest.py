"""A real server on a real port with a small in-memory clinic behind it, on both websocket classes.

`Behind` stands where dispatcher and hub stand: these tests are about the wire, whatever is behind it.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from carewire.actor import Actor
from carewire.bus.channel import Listener
from carewire.bus.frame import Frame, Stored, event_text
from carewire.bus.tick import Tick
from carewire.clock import Clock
from carewire.command import Peer
from carewire.errors import Conflict, MethodNotFound, NotFound, Unauthenticated
from carewire.gateway import server
from carewire.gateway.reception import Front
from carewire.gateway.services import Rules, Services
from carewire.gateway.socket import serve_socket
from carewire.lanes import Outcome
from carewire.settings import Settings
from tests.patience import PATIENCE_S

RAW_AND_STOCK = ("raw", "stock")


def actor(number: int = 1, *, expires_in_s: float = 900, login: int | None = None) -> Actor:
    """A made-up login."""
    return Actor(
        id=UUID(int=number),
        login_id=UUID(int=login or number),
        capacities=frozenset({"patient"}),
        expires_at=datetime.now(UTC) + timedelta(seconds=expires_in_s),
    )


class Position:
    """The answer to a subscribe: everything so far, then live."""

    def __init__(self, behind: "Behind", listener: Listener, topic: str) -> None:
        self._behind, self._listener, self._topic = behind, listener, topic
        self.result = msgspec.json.encode({"epoch": behind.epoch, "offset": behind.offsets.get(topic, 0)})

    def go_live(self) -> None:
        """Deliver what comes from now on; a marker event shows that nothing came between reply and first event."""
        self._behind.live.setdefault(self._topic, set()).add(self._listener)
        self._behind.publish(self._topic, {"live": True})


class Behind:
    """Commands and topics of these tests."""

    epoch = "e1"

    def reroute(self, listener: Listener) -> None:
        """Every event goes through `deliver` here."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tick = Tick()
        self.listeners: set[Listener] = set()
        self.live: dict[str, set[Listener]] = {}
        self.offsets: dict[str, int] = {}
        self.gate = asyncio.Event()
        self.started: list[str] = []
        self.finished: list[str] = []
        self.peers: list[Peer] = []
        self.login_expires_in_s = 900.0
        self.dispatcher = self.hub = self
        self.clock = Clock()

    async def authenticate(self, token: str) -> Actor:
        if token != "good":
            raise Unauthenticated()
        return actor(expires_in_s=self.login_expires_in_s)

    def decode(self, name: str, params: bytes) -> None:
        """Here nothing is decoded ahead."""

    def enter(self, name: str, params: msgspec.Struct, who: Actor | None, peer: Peer) -> None:
        raise AssertionError("nothing was decoded ahead")

    async def run(self, name: str, params: Any, who: Actor | None, peer: Peer) -> Outcome:
        self.started.append(name)
        self.peers.append(peer)
        match name:
            case "test.echo":
                return Outcome(params)
            case "test.gated":
                await self.gate.wait()
                self.finished.append(name)
                return Outcome(b"true")
            case "test.refused":
                raise Conflict("not now", state="closed")
            case "test.crash":
                raise ValueError("secret payload")
            case "test.login":
                return Outcome(b"{}", binding=actor(json.loads(params).get("who", 1)))
            case "test.logout":
                return Outcome(b"{}", unbinding=True)
            case "test.whoami":
                return Outcome(msgspec.json.encode(str(who.id) if who else None))
            case "test.large":
                return Outcome(msgspec.json.encode("x" * json.loads(params)["size"]))
        raise MethodNotFound()

    def register(self, listener: Listener) -> None:
        self.listeners.add(listener)

    def rebind(self, listener: Listener) -> None:
        if listener.actor is None:
            for heard in self.live.values():
                heard.discard(listener)

    def drop(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        for heard in self.live.values():
            heard.discard(listener)

    async def subscribe(self, listener: Listener, topic: str, epoch: str | None, after: int | None) -> Position:
        if not topic.startswith("line:"):
            raise NotFound()
        return Position(self, listener, topic)

    async def resume(self, listener: Listener, epoch: str | None, topics: Mapping[str, int | None]) -> Position:
        return Position(self, listener, next(iter(topics)))

    def unsubscribe(self, listener: Listener, topic: str) -> bool:
        heard = self.live.get(topic, set())
        was = listener in heard
        heard.discard(listener)
        return was

    def publish(self, topic: str, data: Any) -> None:
        self.offsets[topic] = self.offsets.get(topic, 0) + 1
        stored = Stored(topic, self.offsets[topic], "line:moved", datetime.now(UTC), msgspec.json.encode(data))
        frame = Frame(event_text(stored))
        for listener in list(self.live.get(topic, ())):
            listener.deliver(frame)


@asynccontextmanager
async def connect(url: str, **options: Any) -> AsyncIterator["Client"]:
    """A client that has been welcomed."""
    async with websockets.connect(url, compression=None, **options) as socket:
        yield Client(socket, json.loads(await socket.recv()))


class Site:
    """A running server, what is behind it, and clients of it."""

    def __init__(self, running: server.Running, behind: Behind) -> None:
        self.running, self.behind = running, behind

    def connect(self, **options: Any) -> AbstractAsyncContextManager["Client"]:
        return connect(self.running.url + options.pop("query", ""), **options)


class Client:
    """A client that knows nothing but JSON and websockets."""

    def __init__(self, socket: ClientConnection, welcome: Any) -> None:
        self.socket, self.welcome = socket, welcome
        self._id = 0

    async def send(self, frame: str | bytes) -> None:
        await self.socket.send(frame)

    async def get(self) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            return json.loads(await self.socket.recv())

    async def ask(self, frame: str) -> Any:
        await self.send(frame)
        return await self.get()

    async def call(self, method: str, **params: Any) -> Any:
        """The answer to a call; frames that come before it are an error of the test."""
        self._id += 1
        answer = await self.ask(json.dumps({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}))
        assert answer.get("id") == self._id, answer
        return answer

    async def barrier(self) -> None:
        """Everything sent before has been read by the server."""
        assert "result" in await self.call("socket.ping")

    async def closed(self) -> tuple[int, str]:
        """Read until the end; how it ended."""
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await self.socket.recv()
        assert self.socket.close_code is not None
        return self.socket.close_code, self.socket.close_reason or ""


class App:
    """An application of nothing but `/ws`; our websocket class is received, unless it shall do without."""

    def __init__(self, services: Services, rules: Rules, received: bool) -> None:
        self._services, self._rules = services, rules
        self.reception = Front(services, rules) if received else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await serve_socket(scope, receive, send, self._services, self._rules)


@asynccontextmanager
async def host(
    services: Services, settings: Settings, rules: Rules | None = None, *, received: bool = True
) -> AsyncIterator[server.Running]:
    """A server of nothing but `/ws`."""
    running = await server.start(App(services, rules or Rules(), received), settings)
    try:
        yield running
    finally:
        await running.stop()


@asynccontextmanager
async def serve(ws: str, rules: Rules | None = None) -> AsyncIterator[Site]:
    """A server in front of `Behind`."""
    settings = Settings(secret="s" * 40, node="n1", ws="stock" if ws == "stock" else "raw")
    behind = Behind(settings)
    async with host(behind, settings, rules, received=ws != "asgi") as running:
        try:
            yield Site(running, behind)
        finally:
            behind.gate.set()


@pytest.fixture(params=("raw", "stock", "asgi"))
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """The same suite over both websocket classes, and over ours behind an application that receives nobody."""
    async with serve(request.param) as running:
        yield running


@pytest.fixture(params=RAW_AND_STOCK)
def ws(request: pytest.FixtureRequest) -> str:
    """The websocket class, for tests that need their own rules."""
    return str(request.param)
