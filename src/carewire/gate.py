"""Admission: a node takes on what it can finish soon and says so to the rest, instead of letting a line grow.

At most `slots` commands hold a database connection; the pool keeps a few more for the hub, the jobs and health. At
most `waiting_max` wait for a slot, none longer than `patience_s`: that is for bursts. A line that has not been empty
for `STANDING_S` is no burst but more work than the node can do, and to wait in it helps nobody: then only as many may
wait as are served within `STANDING_WAIT_S`. Whoever is turned away is told when to come back, spread out so that all
do not come back at once.
"""

import asyncio
import random
import time
from collections import deque
from types import TracebackType
from typing import Final

from carewire import metrics
from carewire.errors import Overloaded

RESERVED: Final = 2
WAITING_PER_SLOT: Final = 50
PATIENCE_S: Final = 3.0
SMOOTHING: Final = 0.05
STANDING_S: Final = 1.0
STANDING_WAIT_S: Final = 0.75


class Gate:
    """Enter it around the work: `async with gate: …`. Raises `Overloaded` with `after_ms`."""

    def __init__(self, pool_max: int, *, patience_s: float = PATIENCE_S) -> None:
        self.slots = max(1, pool_max - RESERVED)
        self.waiting_max = self.slots * WAITING_PER_SLOT
        self.waiting = 0
        self._patience_s = patience_s
        self._used = 0
        self._line: deque[asyncio.Future[None]] = deque()
        self._work_s = 0.005
        self._since = 0.0
        """When the first of those came who have been waiting without a break."""

    def check(self) -> None:
        """Raises `Overloaded` when there is no point in going on to the gate: a no should cost next to nothing.

        A batch of a lane is not asked here: it stands for many.
        """
        if self.waiting and self._is_full():
            raise self.overloaded(self.waiting / self.slots)

    def _is_full(self) -> bool:
        if self.waiting >= self.waiting_max:
            return True
        if time.perf_counter() - self._since < STANDING_S:
            return False
        return self.waiting > self.slots and self.waiting * self._work_s / self.slots > STANDING_WAIT_S

    async def __aenter__(self) -> None:
        await self.enter()

    async def enter(self) -> None:
        """Take a slot, until `leave`."""
        if self._used < self.slots:
            self._used += 1
            return
        if self.waiting >= self.waiting_max:
            raise self.overloaded(self.waiting / self.slots)
        if not self.waiting:
            self._since = time.perf_counter()
        self.waiting += 1
        metrics.COMMANDS_WAITING.inc()
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(self._patience_s, _give_up, turn)
        self._line.append(turn)
        try:
            await turn
        except TimeoutError:
            raise self.overloaded(self.waiting / self.slots) from None
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.leave()  # it was her turn already
            raise
        finally:
            timer.cancel()
            self.waiting -= 1
            metrics.COMMANDS_WAITING.dec()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """The slot goes to who has waited longest, or is free."""
        while self._line:
            if not (turn := self._line.popleft()).done():
                turn.set_result(None)
                return
        self._used -= 1

    def took(self, started: float) -> None:
        """Work that began at this `time.perf_counter()` is done: what the advice to come back is made of."""
        self._work_s += SMOOTHING * (time.perf_counter() - started - self._work_s)

    def overloaded(self, ahead: float) -> Overloaded:
        """Come back when what waits now will have been served (`ahead` of it per slot), give or take half of that."""
        metrics.COMMANDS_SHED.inc()
        wait_s = max(0.1, ahead * self._work_s)
        return Overloaded(after_ms=int(1000 * wait_s * random.uniform(0.75, 1.5)))


def _give_up(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError())
