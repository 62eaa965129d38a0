"""One reader in ten stops reading while a busy line goes on: what that costs the others, and what becomes of them."""

import asyncio
import time
from statistics import median
from typing import Final

import asyncpg

from carewire.gateway.socket import ORDINARY
from load.crowd.member import Member
from load.crowd.pulse import Pulse, percentile
from load.crowd.report import Result, Say, quiet
from load.crowd.truth import check_logs, heads
from load.crowd.world import join_all, open_world

STOPPED: Final = 0.1
RECEIVE_BYTES: Final = 8 * 1024
"""A thin line's buffer: the server has to keep soon what the reader does not take."""
HIGH_WATER: Final = 64 * 1024
"""What a transport holds before it says that the line is blocked."""
SLACK: Final = 16 * 1024 * 1024
"""What a busy node's memory moves by anyway."""
WORSE_MAX: Final = 1.10
STOPPED_MAX_S: Final = 45.0
"""By then each is closed: for what waits for it, or after the 20 s that a line may be blocked."""


async def run(
    clients: int = 1_000, per_s: float = 10.0, tokens: int = 60, calm_s: float = 8.0, phases: int = 2, say: Say = quiet
) -> Result:
    """Phases with and without stopped readers take turns, so that what else the machine does hits both alike."""
    async with open_world(1) as world:
        await world.make_lines(1, tokens)
        node = world.nodes[0]
        people = await world.people(clients, own_topic=False)
        many = int(clients * STOPPED)
        thin = [Member(person, world.ports, receive_bytes=RECEIVE_BYTES) for person in people[:many]]
        others = [Member(person, world.ports) for person in people[many:]]
        await join_all(thin + others)
        say(f"{clients} clients listen to a line of {tokens}")
        pulse = Pulse(world.desk, world.lines, await heads(world.postgres.url), per_s)
        for member in others:
            member.heard = pulse.hear
        pulse.start()
        await asyncio.sleep(2)
        pulse.take()
        calm: list[float] = []
        slow: list[float] = []
        before = most = 0
        closed = 0.0
        for phase in range(1, phases + 1):
            for _ in range(int(calm_s)):
                await asyncio.sleep(1)
                calm.append(percentile(pulse.take(), 0.99))
            before = max(before, node.rss)
            for member in thin:
                if member.wire is not None:
                    member.wire.freeze()
            ends = time.perf_counter() + STOPPED_MAX_S
            while closed < phase * many and time.perf_counter() < ends:
                await asyncio.sleep(1)
                slow.append(percentile(pulse.take(), 0.99))
                most = max(most, node.rss)
                closed = await node.metric('carewire_sockets_closed_total{code="4102"}')
            say(f"after {pulse.moves} events {closed:.0f} of {phase * many} were closed as too slow")
            for member in thin:
                if member.wire is not None:
                    member.wire.thaw()
            await asyncio.gather(*(member.back(phase) for member in thin))
            await asyncio.sleep(1)
            pulse.take()
        await pulse.stop()
        members = thin + others
        problems = await check_logs(world.postgres.url, members)
        cap = many * (ORDINARY.queue_bytes + HIGH_WATER) + SLACK
        calm_p99, slow_p99 = median(calm), median(slow)
        if most - before > cap:
            problems.append(f"memory grew by {(most - before) >> 20} MiB, more than {cap >> 20}")
        if closed != phases * many:
            problems.append(f"{closed:.0f} of {phases * many} stopped readers were closed")
        if any(member.closes for member in others):
            problems.append("a client that read was closed")
        late = []
        if slow_p99 > WORSE_MAX * calm_p99:
            late.append(f"p99 of the others went from {1000 * calm_p99:.1f} to {1000 * slow_p99:.1f} ms")
        for member in members:
            member.end()
        return Result(
            name="slow",
            figures={
                "clients": clients,
                "of them stopped": many,
                "events per second to each": per_s,
                "bytes per event": await _mean_bytes(world.postgres.url),
                "times a reader stopped": phases * many,
                "closed with 4102": int(closed),
                "brought by resumes": sum(member.missed for member in thin),
                "start-overs": sum(member.resyncs for member in thin),
                "p99 without, median second (ms)": 1000 * calm_p99,
                "p99 of the others with (ms)": 1000 * slow_p99,
                "memory grew by (MiB)": max(0, most - before) / (1 << 20),
                "declared cap (MiB)": cap / (1 << 20),
            },
            problems=problems,
            late=late,
        )


async def _mean_bytes(database_url: str) -> int:
    connection = await asyncpg.connect(database_url)
    try:
        return int(await connection.fetchval("SELECT avg(octet_length(payload)) FROM event WHERE topic LIKE 'line:%'"))
    finally:
        await connection.close()
