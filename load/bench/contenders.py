"""Who is measured, and how each is spoken to. A new peer is one entry here and one folder in `peers/`."""

import json
from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct

EVENT_BYTES: Final = 300
STAMP: Final = "@" * 16
"""Stands in a captured message where the load client writes the time."""

Step = tuple[Literal["send", "expect"], str]


class Wire(Struct, frozen=True, kw_only=True):
    """How a client speaks to a server. Templates may hold {i} {n} {id} {key} {queue} {stamp} {token}, see client.h."""

    path: str = "/"
    headers: str = ""
    hello: Sequence[Step] = ()
    """From the open socket to one that is ready for use."""
    subscribe: str
    """One request with {topics} (a JSON list), or one per {topic}; those travel as one JSON-RPC batch."""
    subscribed: str
    """A part of the answer to it."""
    ask: str
    """The request of work B."""
    answered: str
    failure: str
    event: str
    """A part of every event."""
    stamp: str | None
    """What stands in an event before the time of its publication."""
    emit: str | None = None
    """A request that publishes an event by the server's own idiom, with {topic} and {event} (JSON)."""

    def subscriptions(self, topics: Sequence[str]) -> list[Step]:
        """The steps that subscribe a socket to these topics."""
        if "{topics}" in self.subscribe:
            return [
                ("send", self.subscribe.replace("{topics}", json.dumps(list(topics)))),
                ("expect", self.subscribed),
            ]
        each = [self.subscribe.replace("{topic}", topic) for topic in topics]
        return [("send", f"[{','.join(each)}]"), ("expect", self.subscribed)]


class Contender(Struct, frozen=True, kw_only=True):
    """A server under measurement."""

    name: str
    title: str
    kind: Literal["ours", "floor", "node", "python"]
    folder: str = ""
    wire: Wire
    works: str = "ABCDE"

    def topic(self, name: str) -> str:
        """A topic's name as this server takes it."""
        return f"bench:{name}" if self.kind == "ours" else f"bench.{name}"


PLAIN: Final = Wire(
    subscribe='{"op":"sub","topics":{topics}}',
    subscribed="subscribed",
    ask='{"op":"take","queue":"{queue}","sent_at":"{stamp}"}',
    answered="taken",
    failure='"failed"',
    event="sent_at",
    stamp='"sent_at":',
    emit='{"op":"emit","topic":"{topic}","event":{event}}',
)
SOCKET_IO: Final = Wire(
    path="/socket.io/?EIO=4&transport=websocket",
    hello=(("expect", '0{"'), ("send", "40"), ("expect", '40{"')),
    subscribe='421["sub",{topics}]',
    subscribed='431["subscribed"',
    ask='42{id}["take","{queue}","{stamp}"]',
    answered='["taken"',
    failure='["failed"',
    event="sent_at",
    stamp='"sent_at":',
    emit='429["emit","{topic}",{event}]',
)
CAREWIRE: Final = Wire(
    path="/ws",
    headers="Authorization: Bearer {token}\r\n",
    hello=(("expect", "socket:welcome"),),
    subscribe='{"jsonrpc":"2.0","id":"{topic}","method":"topic.subscribe","params":{"topic":"{topic}"}}',
    subscribed='"result":',
    ask='{"jsonrpc":"2.0","id":{id},"method":"bench.take","params":{"queue":"{queue}","idempotency_key":"{key}"}}',
    answered='"result":',
    failure='"error":',
    event="bench:emitted",
    stamp='"sent_at":',
)
EMIT_OURS: Final = (
    '{"jsonrpc":"2.0","id":{id},"method":"bench.emit","params":{"topic":"{topic}","n":{n},'
    f'"bytes":{EVENT_BYTES},'
    '"sent_at":{stamp},"idempotency_key":"{key}"}}'
)
FLOOR_WIRE: Final = Wire(
    subscribe='{"topics":{topics}}',
    subscribed="ok",
    ask='{"take":1}',
    answered="ok",
    failure="failed",
    event="sent_at",
    stamp='"sent_at":',
)

OURS: Final = Contender(name="carewire", title="Carewire", kind="ours", wire=CAREWIRE, works="ABCDEF")
FLOOR: Final = Contender(name="floor", title="C send() loop", kind="floor", wire=FLOOR_WIRE, works="AD")
PEERS: Final = (
    Contender(name="ws", title="Node ws", kind="node", folder="ws", wire=PLAIN),
    Contender(name="socket.io", title="Socket.IO", kind="node", folder="socketio", wire=SOCKET_IO),
    Contender(name="uws", title="uWebSockets.js", kind="node", folder="uws", wire=PLAIN),
    Contender(name="fastapi", title="FastAPI + redis", kind="python", folder="fastapi", wire=PLAIN),
    Contender(name="litestar", title="Litestar channels", kind="python", folder="litestar", wire=PLAIN),
    Contender(name="python-socketio", title="python-socketio", kind="python", folder="python_socketio", wire=SOCKET_IO),
    Contender(name="channels", title="Django Channels", kind="python", folder="channels", wire=PLAIN),
)
BY_NAME: Final = {contender.name: contender for contender in (OURS, FLOOR, *PEERS)}


def event_json(stamp: str = STAMP) -> str:
    """A peer's event, as long as ours."""
    empty = {"name": "bench:emitted", "sent_at": stamp, "pad": ""}
    pad = "x" * (EVENT_BYTES - len(json.dumps(empty, separators=(",", ":"))))
    return json.dumps({**empty, "pad": pad}, separators=(",", ":"))
