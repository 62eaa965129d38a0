"""One client of the crowd: follows its topics over whatever sockets it takes, and judges each event as it comes.

It behaves as `carewire.client` does: a topic has one source at a time, the socket whose answer was applied last; asked
to move it opens the new socket beside the old one and lets that go when its replies have come.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from carewire.client.refused import Backoff
from carewire.ids import uuid7
from load.crowd.people import Person
from load.crowd.wire import Refused, Wire, dial

TAKE_UP_S: Final = 15.0
"""Opening and resuming together; then it is tried again, as `carewire.client` does."""

Heard = Callable[[bytes, int], None]


def _nothing(topic: bytes, offset: int) -> None:
    pass


class Member:
    """See the module. `ports`: where it may connect, the preferred first."""

    def __init__(self, person: Person, ports: Sequence[int], *, receive_bytes: int | None = None) -> None:
        self.person = person
        self.ports = ports
        self.wire: Wire | None = None
        self.offsets: dict[bytes, int] = dict.fromkeys((topic.encode() for topic in person.topics), -1)
        self.epoch = ""
        self.events = 0
        self.resyncs = 0
        self.resumes = 0
        self.tries = 0
        """Sockets it tried to open after losing one."""
        self.turned_away = 0
        """Tries that nobody took: no process listened there."""
        self.missed = 0
        """Events that a resume brought."""
        self.twice = 0
        """Events that two sockets brought, and that were taken once."""
        self.closes: list[int] = []
        self.problems: list[str] = []
        self.lost_at = 0.0
        self.back_s: list[float] = []
        """How long it was without a socket, each time."""
        self.online = asyncio.Event()
        self.moves = 0
        self.heard: Heard = _nothing
        self._receive_bytes = receive_bytes
        self._source: dict[bytes, Wire] = {}
        self._told: dict[bytes, int] = {}
        """The last offset of the source itself: each socket has to be gapless and free of repeats on its own."""
        self._backoff = Backoff()
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = False
        self._connecting = asyncio.Lock()

    # --- sockets -----------------------------------------------------------------------------------------------------
    async def join(self) -> None:
        """The first socket, on the preferred node."""
        await self._take_up(self.ports[0])

    async def back(self, times: int) -> None:
        """Wait until it has lost so many sockets and has another."""
        while len(self.back_s) < times or not self.online.is_set():  # noqa: ASYNC110 - of two facts
            await asyncio.sleep(0.05)

    def end(self) -> None:
        """Go for good."""
        self._over = True
        for task in list(self._tasks):
            task.cancel()
        if self.wire is not None:
            self.wire.abort()

    async def _take_up(self, port: int) -> None:
        wire = None
        try:
            async with asyncio.timeout(TAKE_UP_S):
                wire = await dial(port, self.person.token, self, receive_bytes=self._receive_bytes)
                known = {topic.decode(): offset for topic, offset in self.offsets.items() if offset >= 0}
                for topic in self.offsets:
                    if self.offsets[topic] < 0:
                        await self._until_taken(wire, "topic.subscribe", {"topic": topic.decode()}, self._started(wire))
                if known:
                    self.resumes += 1
                    params = {"epoch": self.epoch, "topics": known}
                    await self._until_taken(wire, "socket.resume", params, self._resumed(wire, known))
        except BaseException:
            if wire is not None:
                wire.abort()
            raise
        self.wire = wire
        self.online.set()
        if self.lost_at:
            self.back_s.append(time.perf_counter() - self.lost_at)
            self.lost_at = 0.0
        self._backoff.reset()
        if wire.closed.done():
            self.lost(wire)

    @staticmethod
    async def _until_taken(wire: Wire, method: str, params: Any, then: Callable[[dict[str, Any]], None]) -> None:
        while True:
            try:
                await wire.ask(method, params, then)
                return
            except Refused as refused:
                if refused.after_s is None:
                    raise
                await asyncio.sleep(refused.after_s * random.uniform(1.0, 1.2))

    def lost(self, wire: Wire) -> None:
        """Come back as the wire's guide says: a pause by chance up to a bound that doubles."""
        if wire is not self.wire:
            return
        self.wire = None
        self.closes.append(wire.code)
        self.online.clear()
        self.lost_at = time.perf_counter()
        if not self._over:
            self._spawn(self._come_back())

    async def _come_back(self) -> None:
        turn = 0
        while self.wire is None:
            await asyncio.sleep(self._backoff.next())
            async with self._connecting:
                if self.wire is not None:
                    return  # a move that was under way has brought one
                self.tries += 1
                try:
                    await self._take_up(self.ports[turn % len(self.ports)])
                except (OSError, TimeoutError, Refused) as error:
                    turn += 1
                    self.turned_away += isinstance(error, ConnectionRefusedError)

    async def _move(self, old: Wire, after_s: float, grace_s: float) -> None:
        await asyncio.sleep(after_s)
        backoff = Backoff()
        while True:
            async with self._connecting:
                if self.wire is not old:
                    return
                try:
                    await self._take_up(self.ports[-1])
                    break
                except (OSError, TimeoutError, Refused):
                    pass  # there is time until the old one closes
            await asyncio.sleep(backoff.next())
        self.moves += 1
        if waiting := old.asked:
            await asyncio.wait(waiting, timeout=grace_s)
        old.leave()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- hearing -----------------------------------------------------------------------------------------------------
    def _started(self, wire: Wire) -> Callable[[dict[str, Any]], None]:
        topic = next(topic for topic, offset in self.offsets.items() if offset < 0)

        def apply(answer: dict[str, Any]) -> None:
            self.epoch = answer["epoch"]
            self._source[topic] = wire
            self.offsets[topic] = self._told[topic] = answer["offset"]

        return apply

    def _resumed(self, wire: Wire, known: dict[str, int]) -> Callable[[dict[str, Any]], None]:
        def apply(answer: dict[str, Any]) -> None:
            for name, place in answer["topics"].items():
                topic = name.encode()
                if "error" in place:
                    self.problems.append(f"{name} was refused: {place['error']['data']['reason']}")
                    continue
                self._source[topic] = wire
                if place.get("resync"):
                    self.resyncs += 1
                    self.offsets[topic] = self._told[topic] = place["offset"]
                    continue
                asked = known[name]
                run = [event["offset"] for event in place["events"]]
                if run != list(range(asked + 1, place["offset"] + 1)):
                    self.problems.append(f"{name}: resumed from {asked} to {place['offset']} by {run[:3]}…")
                for offset in run:
                    self.missed += 1
                    self._next(topic, offset)
                self._told[topic] = place["offset"]
            self.epoch = answer["epoch"]

        return apply

    def hear(self, wire: Wire, topic: bytes, offset: int) -> None:
        """An event; what another socket than the topic's source says is not believed."""
        if self._source.get(topic) is not wire:
            return
        last = self._told[topic]
        if offset != last + 1 and len(self.problems) < 10:
            self.problems.append(f"{topic.decode()}: {offset} after {last} on one socket")
        self._told[topic] = offset
        if self._next(topic, offset):
            self.heard(topic, offset)

    def _next(self, topic: bytes, offset: int) -> bool:
        """Take an event, unless the former socket was ahead of this one and has brought it already."""
        last = self.offsets[topic]
        if offset <= last:
            self.twice += 1
            return False
        if offset != last + 1 and len(self.problems) < 10:
            self.problems.append(f"{topic.decode()}: {offset} after {last}")
        self.offsets[topic] = offset
        self.events += 1
        return True

    def told(self, wire: Wire, method: str, params: dict[str, Any]) -> None:
        """Move when asked; start a topic over when told."""
        if method == "socket:moving" and wire is self.wire:
            self._spawn(self._move(wire, params["after_ms"] / 1000, params["grace_ms"] / 1000))
        elif method == "topic:resync":
            self._spawn(self._start_over(wire, params["topic"]))
        elif method == "topic:ended":
            self.problems.append(f"{params['topic']} was ended")

    async def _start_over(self, wire: Wire, name: str) -> None:
        def apply(answer: dict[str, Any]) -> None:
            self._resumed(wire, {name: after})({"epoch": answer["epoch"], "topics": {name: answer}})

        after = self.offsets[name.encode()]
        try:
            place = {"topic": name, "epoch": self.epoch, "after": after}
            await self._until_taken(wire, "topic.subscribe", place, apply)
        except ConnectionError:
            pass  # the next socket resumes

    # --- doing -------------------------------------------------------------------------------------------------------
    async def command(self, method: str, params: dict[str, Any]) -> Any:
        """Have the effect exactly once: one key, sent again until there is a final answer, on whatever socket."""
        keyed = params | {"idempotency_key": str(uuid7())}
        while True:
            await self.online.wait()
            wire = self.wire
            if wire is None:
                continue
            try:
                return await wire.ask(method, keyed)
            except Refused as refused:
                if refused.after_s is None:
                    raise
                await asyncio.sleep(refused.after_s * random.uniform(1.0, 1.2))
            except ConnectionError:
                continue
