"""What travels: an event's text, built once, and its ready websocket frame, built once for all sockets."""

from datetime import datetime
from typing import NamedTuple

import msgspec

_encode = msgspec.json.encode


class Frame:
    """One server message: `text` is the JSON, `ready` the same as an unmasked RFC 6455 text frame (section 5.2)."""

    __slots__ = ("_ready", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._ready: bytes | None = None

    @property
    def ready(self) -> bytes:
        """The frame as it goes onto the transport."""
        if self._ready is None:
            size = len(self.text)
            if size < 126:
                head = bytes((0x81, size))
            elif size < 65536:
                head = b"\x81\x7e" + size.to_bytes(2, "big")
            else:
                head = b"\x81\x7f" + size.to_bytes(8, "big")
            self._ready = head + self.text
        return self._ready


class Stored(NamedTuple):
    """A durable event as the record holds it."""

    topic: str
    offset: int
    name: str
    at: datetime
    payload: bytes


def event_text(event: Stored) -> bytes:
    """The notification of a durable event. Deterministic: a healed frame is byte for byte the hinted one."""
    return b'{"jsonrpc":"2.0","method":%b,"params":{"topic":%b,"offset":%d,"at":%b,"data":%b}}' % (
        _encode(event.name),
        _encode(event.topic),
        event.offset,
        _encode(event.at),
        event.payload,
    )


def conflated_text(name: str, topic: str, version: int, at: datetime, payload: bytes) -> bytes:
    """The notification of a conflated event: no offset, a version instead."""
    return b'{"jsonrpc":"2.0","method":%b,"params":{"topic":%b,"version":%d,"at":%b,"data":%b}}' % (
        _encode(name),
        _encode(topic),
        version,
        _encode(at),
        payload,
    )


def replay_text(event: Stored) -> bytes:
    """An element of `events` in the answer to a subscribe or resume."""
    return b'{"name":%b,"offset":%d,"at":%b,"data":%b}' % (
        _encode(event.name),
        event.offset,
        _encode(event.at),
        event.payload,
    )


def count_frames(data: bytes) -> int:
    """How many ready frames these are."""
    number = at = 0
    while at < len(data):
        size, head = data[at + 1], 2
        if size >= 126:
            head = 4 if size == 126 else 10
            size = int.from_bytes(data[at + 2 : at + head], "big")
        at += head + size
        number += 1
    return number
