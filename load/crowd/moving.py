"""A deploy with a full house: everybody on one node, which is told to stop while the lines move and commands run."""

import asyncio
import random
import signal
import time
from typing import Final

from load.crowd.member import Member
from load.crowd.pulse import Pulse, percentile
from load.crowd.report import Result, Say, quiet
from load.crowd.truth import check_logs, heads, names_told
from load.crowd.world import join_all, open_world

DOERS: Final = 0.05
"""The share of the clients that send commands all the time."""
PAUSE_S: Final = (0.5, 1.5)
"""Between the reply to one command of a client and its next."""
BOUND_S: Final = 30.0
"""From SIGTERM until everybody is elsewhere."""


class Doer:
    """One client renaming itself over and over."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.names: list[str] = []
        self.sent = 0
        self.seconds: list[float] = []

    async def run(self, over: asyncio.Event) -> None:
        """Until it is over; the last command is seen through."""
        while not over.is_set():
            name = f"Name {self.sent}"
            self.sent += 1
            began = time.perf_counter()
            await self.member.command("profile.update", {"name": name})
            self.seconds.append(time.perf_counter() - began)
            self.names.append(name)
            try:
                async with asyncio.timeout(random.uniform(*PAUSE_S)):
                    await over.wait()
            except TimeoutError:
                pass


async def run(clients: int = 5_000, lines: int = 50, per_s: float = 20.0, say: Say = quiet) -> Result:
    """See the module."""
    async with open_world(2) as world:
        await world.make_lines(lines, 3)
        people = await world.people(clients)
        members = [Member(person, world.ports) for person in people]
        say(f"{clients} accounts are logged in, {lines} lines are open")
        await join_all(members)
        say("everybody listens on the first node")
        pulse = Pulse(world.desk, world.lines, await heads(world.postgres.url), per_s)
        for member in members:
            member.heard = pulse.hear
        over = asyncio.Event()
        doers = [Doer(member) for member in members[:: int(1 / DOERS)]]
        work = asyncio.gather(*(doer.run(over) for doer in doers))
        pulse.start()
        leaving = world.nodes[0]
        began = time.perf_counter()
        leaving.send(signal.SIGTERM)
        status = await leaving.ended()
        seconds = time.perf_counter() - began
        say(f"the first node ended after {seconds:.1f} s")
        over.set()
        await work
        await pulse.stop()
        problems = await check_logs(world.postgres.url, members)
        problems += _done_once(doers, await names_told(world.postgres.url, [doer.member for doer in doers]))
        late = []
        moved = sum(member.moves == 1 and not member.closes for member in members)
        if moved != clients:
            late.append(f"{clients - moved} clients did not move before their socket was closed")
        if seconds > BOUND_S:
            late.append(f"the move took {seconds:.1f} s")
        if status:
            problems.append(f"the node ended with {status}")
        for member in members:
            member.end()
        return Result(
            name="moving",
            figures={
                "clients": clients,
                "seconds from SIGTERM to the node's end": seconds,
                "moved make-before-break": moved,
                "events heard": sum(member.events for member in members),
                "start-overs": sum(member.resyncs for member in members),
                "commands meanwhile": sum(len(doer.names) for doer in doers),
                "command p99 (ms)": 1000 * percentile([s for doer in doers for s in doer.seconds], 0.99),
                "event p99 (ms)": 1000 * percentile(pulse.latencies, 0.99),
            },
            problems=problems,
            late=late,
        )


def _done_once(doers: list[Doer], told: dict[Member, list[str]]) -> list[str]:
    """Every acknowledged command has its one event, in the order of the replies, and there is no other."""
    return [
        f"{doer.member.person.account}: acknowledged {len(doer.names)}, in the record {len(told[doer.member])}"
        for doer in doers
        if told[doer.member] != doer.names
    ]
