"""The lanes of batched commands: who waits while a lane is busy is served together with the others who wait.

A lane is chosen by the key of its members (a session's id), so a line that everybody wants takes one database
connection and not all of them, and its members do not wait for each other's locks. Commands that are one statement
share the first lane as long as it is quick. A lane that is idle serves a single member at once; nothing waits for a
batch to fill.
"""

import asyncio
import contextvars
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from carewire import metrics
from carewire.actor import Actor
from carewire.batch import MEMBERS_MAX
from carewire.command import Command, Peer
from carewire.errors import Overloaded, Refusal
from carewire.gate import PATIENCE_S, Gate
from carewire.store.receipts import Claim

if TYPE_CHECKING:
    from carewire.at_once import Spoken

LANES_MAX: Final = 4
QUICK_S: Final = 0.05
"""A larger batch of single statements is worth more than another connection, unless it waits longer than this, which is
for somebody's lock: then who comes takes another lane."""
SPEAKING_MAX: Final = 2 * MEMBERS_MAX
"""Handlers speak early for the next batch, not for those who may never have their turn."""
BATCHES_WAITING_MAX: Final = 50
"""So many full batches may wait in a lane; who comes then is told to come back."""


class Outcome(msgspec.Struct, frozen=True):
    """A command that ran: its reply as JSON, and what it does to the socket it came from."""

    result: bytes
    binding: Actor | None = None
    unbinding: bool = False


class Ask:
    """One call that passed the gates before the transaction. `future` is its end: an `Outcome` or a `Refusal`."""

    __slots__ = ("actor", "claim", "command", "future", "params", "peer", "since", "spoken")

    def __init__(
        self, command: Command, params: msgspec.Struct, actor: Actor | None, peer: Peer, claim: Claim | None
    ) -> None:
        self.command = command
        self.params = params
        self.actor = actor
        self.peer = peer
        self.claim = claim
        self.since = time.perf_counter()
        self.spoken: Spoken | None = None
        self.future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    @property
    def slot(self) -> tuple[UUID, str, UUID] | None:
        """What two tries of the same call have in common."""
        return (self.claim.account, self.claim.command, self.claim.key) if self.claim else None

    @property
    def key(self) -> object:
        """What chooses its lane, and whom it waits with: who wants the same of a statement wants the same rows. Itself,
        when its command names nothing that others want, too."""
        command = self.command
        if command.lane is not None:
            return getattr(self.params, command.lane)
        if command.statement is not None and command.statement.takes:
            return tuple(getattr(self.params, name) for name in command.statement.takes)
        return self

    def end(self, how: Outcome | Refusal) -> None:
        """It is over."""
        if self.future.done():
            return
        if isinstance(how, Outcome):
            self.future.set_result(how)
        else:
            self.future.set_exception(how)


class Lane:
    """Who waits for one connection, by command: a batch is of one kind."""

    __slots__ = ("began", "busy", "silent", "timer", "waiting")

    def __init__(self) -> None:
        self.began = 0.0
        """When the batch that is under way set out (`time.perf_counter()`)."""
        self.waiting: dict[str, deque[Ask]] = {}
        self.silent: list[Ask] = []
        self.busy = False
        self.timer: asyncio.TimerHandle | None = None

    @property
    def oldest(self) -> Ask | None:
        """Who waits longest."""
        return min((line[0] for line in self.waiting.values() if line), key=lambda ask: ask.since, default=None)

    def __len__(self) -> int:
        return sum(map(len, self.waiting.values()))

    def take(self, most: int) -> list[Ask]:
        """The next batch: those of the command whose first has waited longest."""
        first = self.oldest
        if first is None:
            return []
        line = self.waiting[first.command.name]
        taken = [line.popleft() for _ in range(min(most, len(line)))]
        metrics.COMMANDS_WAITING.dec(len(taken))
        return taken


class Lanes:
    """All lanes of one node. `serve` commits a batch, raises nothing and answers what is left to do: its news and its
    members' ends, which go out while the next batch is in the database. `speak` does for those who wait what can be
    done before their turn."""

    def __init__(
        self,
        serve: Callable[[Sequence[Ask]], Awaitable[Coroutine[Any, Any, None] | None]],
        speak: Callable[[Sequence[Ask]], None],
        gate: Gate,
        *,
        members_max: int = MEMBERS_MAX,
    ) -> None:
        self.members_max = members_max
        self._serve = serve
        self._speak = speak
        self._gate = gate
        # Half of the slots at most: what is not batched must not wait for what is.
        self._lanes = [Lane() for _ in range(max(1, min(LANES_MAX, gate.slots // 2)))]
        self._working: set[asyncio.Task[None]] = set()

    def put(self, ask: Ask) -> None:
        """Have it served with the others who wait. Raises `Overloaded`."""
        lane = self._choose(ask)
        if len(lane) >= self.members_max * BATCHES_WAITING_MAX:
            raise self._overloaded(lane)
        lane.waiting.setdefault(ask.command.name, deque()).append(ask)
        metrics.COMMANDS_WAITING.inc()
        if not lane.busy:
            self._start(lane)  # it begins in the next tick: who came in this one is in the first batch
        elif ask.command.statement is not None and len(lane) <= SPEAKING_MAX:
            if not lane.silent:
                asyncio.get_running_loop().call_soon(self._listen, lane, context=contextvars.Context())
            lane.silent.append(ask)
        if lane.timer is None:
            self._watch(lane, ask)

    def _choose(self, ask: Ask) -> Lane:
        first, *others = lanes = self._lanes
        if ask.command.statement is None or not others:
            return lanes[hash(ask.key) % len(lanes)]
        slow = first.busy and ask.since - first.began > QUICK_S
        return others[hash(ask.key) % len(others)] if slow else first

    def _listen(self, lane: Lane) -> None:
        silent, lane.silent = lane.silent, []
        self._speak([ask for ask in silent if ask.spoken is None and not ask.future.done()])

    def _start(self, lane: Lane) -> None:
        lane.busy, lane.began = True, time.perf_counter()
        self._run(self._work(lane))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _work(self, lane: Lane) -> None:
        """One batch after the other, while anybody waits."""
        try:
            while lane.oldest is not None:
                async with self._gate:
                    lane.began = started = time.perf_counter()
                    if asks := lane.take(self.members_max):
                        metrics.BATCH_MEMBERS.observe(len(asks))
                        if (rest := await self._serve(asks)) is not None:
                            self._run(rest)
                        self._gate.took(started)
        except Overloaded as full:
            while asks := lane.take(self.members_max):
                for ask in asks:
                    ask.end(full)
        finally:
            lane.busy = False

    def _watch(self, lane: Lane, oldest: Ask) -> None:
        due = oldest.since + PATIENCE_S - time.perf_counter()
        lane.timer = asyncio.get_running_loop().call_later(max(due, 0.01), self._shed, lane)

    def _shed(self, lane: Lane) -> None:
        """Turn away who has waited too long."""
        lane.timer = None
        now = time.perf_counter()
        for line in lane.waiting.values():
            while line and now - line[0].since >= PATIENCE_S:
                metrics.COMMANDS_WAITING.dec()
                line.popleft().end(self._overloaded(lane))
        if (oldest := lane.oldest) is not None:
            self._watch(lane, oldest)

    def _overloaded(self, lane: Lane) -> Overloaded:
        return self._gate.overloaded(len(lane) / self.members_max)
