"""Two full nodes, and one is killed: its clients come back to the other, which has its own to serve."""

import asyncio
import random
import signal
import time
from typing import Final

from load.crowd.member import Member
from load.crowd.moving import Doer
from load.crowd.pulse import Pulse, percentile
from load.crowd.report import Result, Say, quiet
from load.crowd.truth import check_logs, heads, names_told
from load.crowd.world import Node, join_all, open_world

BOUND_S: Final = 20.0
"""Everybody is back by then: the pauses that the wire's guide prescribes come to 12.7 s by the seventh try."""
STATEMENTS_PER_RESUME: Final = 0.1
DOERS: Final = 20
"""Clients of the survivor that send commands all the time."""
WATCH_S: Final = 0.1


async def run(clients: int = 4_000, lines: int = 50, say: Say = quiet) -> Result:
    """See the module. The lines rest while the crowd comes back, so that nothing was missed; then they move."""
    async with open_world(2) as world:
        await world.make_lines(lines, 3)
        people = await world.people(clients)
        ports = world.ports
        dying, survivor = world.nodes
        half = clients // 2
        struck = [Member(person, ports) for person in people[:half]]
        calm = [Member(person, ports[::-1]) for person in people[half:]]
        await join_all(struck + calm)
        say(f"{half} clients on each of two nodes")
        doers = [Doer(member) for member in calm[:DOERS]]
        over = asyncio.Event()
        before_s = await _work(doers, 3.0)
        joins, logins = await survivor.metric(_of("join")), await survivor.metric(_of("login"))
        work = asyncio.gather(*(doer.run(over) for doer in doers))
        watch = asyncio.create_task(_watch(survivor, over), name="health")
        killed = time.perf_counter()
        dying.send(signal.SIGKILL)
        await dying.ended()
        async with asyncio.timeout(4 * BOUND_S):
            while not all(member.back_s for member in struck):  # noqa: ASYNC110 - thousands have no one event
                await asyncio.sleep(0.05)
        seconds = time.perf_counter() - killed
        say(f"everybody was back after {seconds:.1f} s")
        came = sum(member.tries - member.turned_away for member in struck)
        joins, logins = (
            (await survivor.metric(_of("join")) - joins) / came,
            (await survivor.metric(_of("login")) - logins) / came,
        )
        over.set()
        await work
        unwell = await watch
        pulse = Pulse(world.desk, world.lines, await heads(world.postgres.url), 20)
        pulse.start()
        await asyncio.sleep(3)
        await pulse.stop()
        members = struck + calm
        problems = await check_logs(world.postgres.url, members)
        told = await names_told(world.postgres.url, [doer.member for doer in doers])
        problems += [
            f"a command of {doer.member.person.account} was lost or doubled"
            for doer in doers
            if told[doer.member] != doer.names
        ]
        if any(member.closes for member in calm):
            problems.append("clients of the survivor lost their sockets")
        if resyncs := sum(member.resyncs for member in members):
            problems.append(f"{resyncs} start-overs where nothing was missed")
        late = []
        if seconds > BOUND_S:
            late.append(f"it took {seconds:.1f} s until everybody was back")
        if joins > STATEMENTS_PER_RESUME:
            late.append(f"a resume cost {joins:.2f} statements")
        if unwell > 1:
            late.append(f"health took {unwell:.1f} s to answer")
        for member in members:
            member.end()
        back = [member.back_s[0] for member in struck]
        return Result(
            name="storm",
            figures={
                "clients that lost their node": half,
                "clients of the survivor": half,
                "all back after (s)": seconds,
                "half were back after (s)": percentile(back, 0.5),
                "resumes per second": half / seconds,
                "tries per client": sum(member.tries for member in struck) / half,
                "statements per resume": joins,
                "statements per login": logins,
                "command p99 before (ms)": 1000 * percentile(before_s, 0.99),
                "command p99 meanwhile (ms)": 1000 * percentile([s for doer in doers for s in doer.seconds], 0.99),
                "slowest health answer (ms)": 1000 * unwell,
            },
            problems=problems,
            late=late,
        )


def _of(reader: str) -> str:
    return f'carewire_statements_total{{of="{reader}"}}'


async def _work(doers: list[Doer], seconds: float) -> list[float]:
    """What their commands take when nothing happens."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    await asyncio.gather(*(doer.run(over) for doer in doers))
    took = [s for doer in doers for s in doer.seconds]
    for doer in doers:
        doer.seconds.clear()
    return took


async def _watch(node: Node, over: asyncio.Event) -> float:
    """The longest that readiness took to answer; an answer that is not 200 counts as for ever."""
    worst = 0.0
    while not over.is_set():
        began = time.perf_counter()
        status, _ = await node.get("/api/v1/health/ready")
        worst = max(worst, time.perf_counter() - began if status == 200 else float("inf"))
        await asyncio.sleep(WATCH_S * random.uniform(0.5, 1.5))
    return worst
