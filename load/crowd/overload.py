"""Twice the work a node can do: what it takes on it finishes soon, the rest it turns away with a time to come back."""

import asyncio
import itertools
import time
from typing import Any, Final

from carewire.ids import uuid7
from load.crowd.member import Member
from load.crowd.pulse import percentile
from load.crowd.report import Result, Say, quiet
from load.crowd.storm import _watch
from load.crowd.wire import Refused
from load.crowd.world import Node, join_all, open_world

CLOSED_LOOPS: Final = 32
"""Clients that each send the next command when the last is answered: enough to keep every connection busy."""
TIMES: Final = 2.0
ACCEPTED_MAX_S: Final = 2.0
"""The patience of admission and the work itself, of whoever is not turned away."""
KEPT: Final = 0.8
"""The share of the sustainable rate that is still done."""
TICK_S: Final = 0.005
MEMORY_MAX: Final = 64 * 1024 * 1024


class Offered:
    """What became of commands that nobody waits for."""

    def __init__(self) -> None:
        self.sent = 0
        self.done: list[float] = []
        self.shed: list[float] = []
        self.advice: list[int] = []
        self.others: list[str] = []

    def send(self, member: Member) -> None:
        """One more."""
        assert member.wire is not None
        self.sent += 1
        params = {"name": f"Name {self.sent}", "idempotency_key": str(uuid7())}
        began = time.perf_counter()
        answer = member.wire.post("profile.update", params)
        answer.add_done_callback(lambda future: self._note(future, time.perf_counter() - began))

    def _note(self, answer: "asyncio.Future[Any]", seconds: float) -> None:
        error = answer.exception()
        if error is None:
            self.done.append(seconds)
        elif isinstance(error, Refused) and error.reason == "overloaded" and isinstance(error.retry, dict):
            self.shed.append(seconds)
            self.advice.append(error.retry["after_ms"])
        else:
            self.others.append(str(error))

    @property
    def open(self) -> int:
        """Not answered yet."""
        return self.sent - len(self.done) - len(self.shed) - len(self.others)


async def run(
    clients: int = 400,
    closed_s: float = 5.0,
    open_s: float = 5.0,
    phases: int = 4,
    times: float = TIMES,
    say: Say = quiet,
) -> Result:
    """What can be sustained and what is done of `times` as much are measured in turn: machines change their speed."""
    async with open_world(1) as world:
        await world.make_lines(4, 2)
        node = world.nodes[0]
        members = [Member(person, world.ports) for person in await world.people(clients)]
        await join_all(members)
        over = asyncio.Event()
        health = [
            asyncio.create_task(_watch(node, over), name="ready"),
            asyncio.create_task(_most(node, over), name="memory"),
        ]
        offered = Offered()
        rates: list[float] = []
        done = sent_s = 0.0
        before = 0
        for _ in range(phases):
            rates.append(await _measure(members[:CLOSED_LOOPS], closed_s))
            before = before or node.rss
            had, began = len(offered.done), time.perf_counter()
            await _offer(members, offered, times * rates[-1], open_s)
            sent_s += time.perf_counter() - began
            done += len(offered.done) - had
            async with asyncio.timeout(30):
                while offered.open:  # noqa: ASYNC110 - thousands of answers have no one event
                    await asyncio.sleep(0.02)
            say(f"of {times:g} times {rates[-1]:.0f} a second, {(len(offered.done) - had) / open_s:.0f} were done")
        over.set()
        unwell, most = await asyncio.gather(*health)
        sustainable = sum(rates) / phases
        accepted, p99 = done / sent_s, percentile(offered.done, 0.99)
        problems = [problem for member in members for problem in member.problems]
        problems += sorted(set(offered.others))
        if closes := [code for member in members for code in member.closes]:
            problems.append(f"sockets were closed: {sorted(set(closes))}")
        if not offered.shed:
            problems.append("nothing was turned away")
        late = []
        if p99 > ACCEPTED_MAX_S:
            late.append(f"what was taken on took {p99:.2f} s")
        if accepted < KEPT * sustainable:
            late.append(f"only {accepted:.0f} of {sustainable:.0f} a second were done")
        if unwell > 1:
            late.append(f"readiness took {unwell:.1f} s to answer")
        if most - before > MEMORY_MAX:
            problems.append(f"memory grew by {(most - before) >> 20} MiB")
        for member in members:
            member.end()
        return Result(
            name="overload",
            figures={
                "sustainable (commands/s)": sustainable,
                "offered (commands/s)": offered.sent / sent_s,
                "done (commands/s)": accepted,
                "turned away": len(offered.shed) / offered.sent,
                "p50 of what was done (ms)": 1000 * percentile(offered.done, 0.5),
                "p99 of what was done (ms)": 1000 * p99,
                "p99 until turned away (ms)": 1000 * percentile(offered.shed, 0.99),
                "advised pause, median (ms)": percentile(list(map(float, offered.advice)), 0.5),
                "slowest readiness (ms)": 1000 * unwell,
                "memory grew by (MiB)": max(0, most - before) >> 20,
            },
            problems=problems,
            late=late,
        )


async def _measure(members: list[Member], seconds: float) -> float:
    """Commands per second of clients who wait for each answer."""
    done = 0
    ends = time.perf_counter() + seconds

    async def one(member: Member) -> None:
        nonlocal done
        for number in itertools.count():
            if time.perf_counter() > ends:
                return
            await member.command("profile.update", {"name": f"First {number}"})
            done += 1

    await asyncio.gather(*(one(member) for member in members))
    return done / seconds


async def _offer(members: list[Member], offered: Offered, per_s: float, seconds: float) -> None:
    """Send at this rate whatever is answered, over all sockets in turn."""
    began, before = time.perf_counter(), offered.sent
    turn = itertools.cycle(members)
    while (passed := time.perf_counter() - began) < seconds:
        while offered.sent - before < passed * per_s:
            offered.send(next(turn))
        await asyncio.sleep(TICK_S)


async def _most(node: Node, over: asyncio.Event) -> int:
    most = 0
    while not over.is_set():
        most = max(most, node.rss)
        await asyncio.sleep(0.1)
    return most
