"""When to serve those who wait for the same kind of answer: who comes alone at once, a crowd when it pauses.

A batch costs the database the same few statements whoever is in it. After a batch of several, the next is served when
nobody new has come for `quiet_s`: in a closed loop that is when all are back, and on a node that is busy taking a crowd
in it is never, so that batches grow until `GATHER_MAX_S` or `enough`.
"""

import asyncio
from collections.abc import Callable
from typing import Final

GATHER_MAX_S: Final = 0.3
"""The longest that the first of a batch waits for others."""


class Gather:
    """Calls `serve` when a batch should be taken. `waiting` tells how many wait; `enough` of them wait no longer."""

    __slots__ = ("_enough", "_last", "_last_at", "_quiet_s", "_seen", "_serve", "_timer", "_until", "_waiting")

    def __init__(
        self, serve: Callable[[], None], waiting: Callable[[], int], *, enough: int, quiet_s: Callable[[], float]
    ) -> None:
        self._serve, self._waiting, self._enough, self._quiet_s = serve, waiting, enough, quiet_s
        self._timer: asyncio.TimerHandle | None = None
        self._last = self._seen = 0
        self._last_at = self._until = 0.0

    def ask(self) -> None:
        """Somebody waits, and there is a hand free to serve."""
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._last <= 1 or now > self._last_at + GATHER_MAX_S or self._waiting() >= self._enough:
            self._serve()
            return
        self._until = now + GATHER_MAX_S
        self._seen = self._waiting()
        self._timer = loop.call_later(self._quiet_s(), self._look)

    def served(self, number: int) -> None:
        """So many were taken into one batch."""
        self._last, self._last_at = number, asyncio.get_running_loop().time()

    def stop(self) -> None:
        """Nobody is served any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        loop, number = asyncio.get_running_loop(), self._waiting()
        if number in (self._seen, 0) or number >= self._enough or loop.time() >= self._until:
            self._timer = None
            if number:
                self._serve()
        else:
            self._seen = number
            self._timer = loop.call_later(self._quiet_s(), self._look)
