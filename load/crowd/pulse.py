"""What the crowd hears: a desk that moves lines at a steady rate, and how long each move took to reach everybody."""

import asyncio
import time
from array import array
from typing import Any

from load.crowd.member import Member
from load.crowd.people import Line


class Pulse:
    """Moves the lines in turn, `per_s` in all; one move of a line at a time, so that offsets tell which it was."""

    def __init__(self, desk: Member, lines: list[Line], heads: dict[str, int], per_s: float) -> None:
        self.moves = 0
        self.behind = 0
        """Moves that were due while the line's last one was not answered yet."""
        self.latencies = array("d")
        """Seconds from asking for a move to hearing of it, each listener's, since `listen`."""
        self.answers = array("d")
        """Seconds from asking for a move to its reply."""
        self._desk, self._lines, self._per_s = desk, lines, per_s
        self._heads = {name.encode(): head for name, head in heads.items()}
        self._asked: dict[tuple[bytes, int], float] = {}
        self._urgent: set[int] = set()
        self._busy: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._runner = asyncio.get_running_loop().create_task(self._run(), name="pulse")

    async def stop(self) -> dict[str, int]:
        """End with the last reply; answers where each line stands."""
        assert self._runner is not None
        self._runner.cancel()
        await asyncio.gather(self._runner, return_exceptions=True)
        await asyncio.gather(*self._tasks)
        return {name.decode(): head for name, head in self._heads.items()}

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due, turn = loop.time(), 0
        while True:
            due += 1 / self._per_s
            await asyncio.sleep(due - loop.time())
            turn += 1
            number = turn % len(self._lines)
            if number in self._busy:
                self.behind += 1
                continue
            task = loop.create_task(self._move(number))
            self._tasks.add(task)
            task.add_done_callback(self._moved)

    def _moved(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._tasks.discard(task)  # a failed one stays, and `stop` raises what it raised

    async def _move(self, number: int) -> None:
        line = self._lines[number]
        topic = line.topic.encode()
        self._busy.add(number)
        offset = self._heads[topic] + 1
        asked = self._asked[topic, offset] = time.perf_counter()
        params: dict[str, Any] = {"token_id": str(line.tokens[-1]), "reason": "elderly"}
        if number in self._urgent:
            params["reason"] = None
        self._urgent ^= {number}
        await self._desk.command("queue.prioritise", params)
        self._heads[topic] = offset
        self.answers.append(time.perf_counter() - asked)
        self.moves += 1
        self._busy.discard(number)

    def hear(self, topic: bytes, offset: int) -> None:
        """A listener heard this."""
        asked = self._asked.get((topic, offset))
        if asked is not None:
            self.latencies.append(time.perf_counter() - asked)

    def take(self) -> "array[float]":
        """The latencies since the last time."""
        taken, self.latencies = self.latencies, array("d")
        return taken


def percentile(values: "array[float] | list[float]", share: float) -> float:
    """The value that this share does not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
