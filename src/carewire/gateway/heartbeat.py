"""One timer for the heartbeats of all sockets of a server: a wheel that visits a slice of them at each turn.

A timer of its own would cost each socket 400 bytes and the loop a heap of them; and all who are visited in one turn
get the very same ping frame. New sockets are spread over the wheel, so that who came together is not pinged together.
"""

import asyncio
import secrets
from typing import Final, Protocol

from carewire.gateway.frames import PING, make_frame

SLOTS: Final = 40
"""Turns in which the wheel comes round; a ping may be late by one of them."""


class Beating(Protocol):
    """A socket as the wheel sees it. Nothing here blocks or raises."""

    def beat(self, frame: bytes, payload: bytes) -> None:
        """Visited: fail when the ping of the last visit was not answered, else send this ping."""


class Wheel:
    """Visits each socket every `interval_s` seconds; no more than one socket's answer is awaited for as long."""

    def __init__(self, loop: asyncio.AbstractEventLoop, interval_s: float) -> None:
        self._loop = loop
        self._turn_s = interval_s / SLOTS
        self._slots: list[set[Beating]] = [set() for _ in range(SLOTS)]
        self._at = 0
        self._next = 0
        self._number = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, socket: Beating) -> int:
        """Visit this one from now on; answers its slot, to be told to `remove`."""
        # Not the slot whose turn is next: a socket just opened has a moment of peace.
        self._next = (self._next + 1) % SLOTS
        slot = self._next if self._next != (self._at + 1) % SLOTS else self._at
        self._slots[slot].add(socket)
        self._number += 1
        if self._timer is None:
            self._timer = self._loop.call_later(self._turn_s, self._turn)
        return slot

    def remove(self, socket: Beating, slot: int) -> None:
        """Visit it no longer."""
        self._slots[slot].discard(socket)
        self._number -= 1
        if not self._number and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def is_still(self) -> bool:
        """Nobody is on it, and no timer runs."""
        return self._timer is None

    def _turn(self) -> None:
        self._at = (self._at + 1) % SLOTS
        self._timer = self._loop.call_later(self._turn_s, self._turn)
        payload = secrets.token_bytes(4)
        frame = make_frame(PING, payload)
        for socket in tuple(self._slots[self._at]):
            socket.beat(frame, payload)
