"""One seed from beginning to end: prepare, work under faults, heal, be quiet, judge."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable

from msgspec import Struct

from tests.faults import check, people, truth
from tests.faults.client import Op
from tests.faults.nemesis import Nemesis
from tests.faults.proxy import Mischief
from tests.faults.schedule import RUN_S, Fault, lasts_s, schedule
from tests.faults.work import Crew
from tests.faults.world import World

FINISH_S = 40.0
JOBS_S = 40.0
HEAD_S = 20.0
"""Twice and more of what is promised, for a machine that others use too; the figures themselves are reported."""


class Verdict(Struct, kw_only=True):
    """What a trial came to."""

    seed: int
    faults: dict[str, int]
    ops: dict[str, int]
    tries: int
    events: int
    sockets: int
    closes: dict[int, int]
    resyncs: int
    hints: dict[str, int]
    finish_s: float
    """How long after the last fault the last answer came."""
    heads_s: float
    """How long after the last hint was lost everybody had everything."""
    seconds: float
    lost: int
    """Events that a restore or a failover took back."""
    violations: list[str]


def quiet(text: str) -> None:
    """Say nothing."""


async def run(
    seed: int,
    *,
    run_s: float = RUN_S,
    faults: list[Fault] | None = None,
    without: Iterable[str] = (),
    batch: int | None = None,
    finish_s: float = FINISH_S,
    jobs_s: float = JOBS_S,
    head_s: float = HEAD_S,
    say: Callable[[str], None] = quiet,
    keep: bool = False,
) -> Verdict:
    """Run one seed. `faults` instead of the seed's own, `without` parts of the gateways, `batch` sets their lanes,
    `finish_s`, `jobs_s` and `head_s`: how long to wait for the last answer and job, and until everybody has everything.
    """
    started = time.monotonic()
    faults = schedule(seed, run_s=run_s) if faults is None else faults
    world = World(seed, without=without, batch=batch)
    crew: Crew | None = None
    try:
        await world.prepare()
        cast = await people.gather(world)
        await world.open()
        base = await truth.base_of(world, [f"queue:{cast.session}", f"line:{cast.session}"])
        base |= {f"ledger:{one}": (0, _empty(str(one))) for one in cast.ledgers}
        crew = Crew(world, cast, seed)
        await crew.connect()
        say(f"{time.monotonic() - started:.1f} s to prepare; {len(faults)} faults")
        crew.begin()
        nemesis = Nemesis(world, crew.clients, say)
        async with asyncio.TaskGroup() as group:
            group.create_task(nemesis.run(faults))
            group.create_task(asyncio.sleep(lasts_s(faults, run_s)))
        await world.heal()
        healed = time.monotonic()
        await crew.finish(finish_s)
        finished_s = time.monotonic() - healed
        await _settle_jobs(world, jobs_s)
        heads_s = await _lose_last_hints(world, crew, head_s)
        overstaying = await _see_guests_out(world, crew, head_s)
        # What stands in the logs now counts; that everybody goes is no fault of the gateways.
        crew.close_books()
        await crew.leave()
        audit = await truth.audit_faults(world, head_s)
        topics = {topic for client in crew.clients for topic in client.log}
        told = await truth.read(world, base, topics)
        told.restored_at = nemesis.restored_at
        verdict = _verdict(seed, crew, nemesis, world, told, finished_s, heads_s, time.monotonic() - started)
        verdict.violations.extend([*overstaying, *audit, *world.problems])
        for gateway in world.gateways:
            verdict.violations.extend(gateway.errors())
        return verdict
    finally:
        if crew is not None:
            await crew.leave()
        await world.close(keep=keep)


def _empty(ledger: str) -> truth.State:
    return {"ledger_id": ledger, "value": 0, "count": 0, "last": None}


async def _settle_jobs(world: World, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while await truth.open_jobs(world) and time.monotonic() < deadline:  # noqa: ASYNC110 - the database tells nobody
        await asyncio.sleep(0.2)


async def _lose_last_hints(world: World, crew: Crew, within_s: float) -> float:
    """One more command per ledger, all hints of it lost: everybody must still hear of it. Answers after how long."""
    await crew.settle()
    for gateway in world.gateways:
        gateway.to_valkey.mischief = Mischief(drop=1)
    client = crew.clients[0]
    for ledger in crew.cast.ledgers:
        await client.perform(Op(client.account, "ledger.add", {"ledger_id": str(ledger), "by": 1}, marked=True))
    began = time.monotonic()
    while time.monotonic() < began + within_s:
        heads = await truth.heads(world)
        behind = [
            (client.name, topic)
            for client in crew.clients
            for topic in client.wanted
            if (at := client.position(topic)) is None or at[1] != heads.get(topic, 0)
        ]
        if not behind:
            break
        await asyncio.sleep(0.05)
    for gateway in world.gateways:
        gateway.to_valkey.mischief = None
    return time.monotonic() - began


async def _see_guests_out(world: World, crew: Crew, within_s: float) -> list[str]:
    """Rights follow reality: in the end nobody hears what he may not. Answers who still does."""
    deadline = time.monotonic() + within_s
    while True:
        hearing = [(c.account, topic) for c in crew.clients for topic in c.log if c.position(topic) is not None]
        found = await truth.overstaying(world, hearing)
        if not found or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.1)


def _verdict(
    seed: int,
    crew: Crew,
    nemesis: Nemesis,
    world: World,
    told: truth.Truth,
    finish_s: float,
    heads_s: float,
    seconds: float,
) -> Verdict:
    fates = Counter("ok" if op.ok else "refused" if op.final else "unknown" for op in crew.ops)
    said = [line for client in crew.clients for log in client.log.values() for line in log]
    closes = sum((Counter(client.closes) for client in crew.clients), Counter[int]())
    hints = sum((Counter(g.to_valkey.counted) for g in world.gateways), Counter[str]())
    return Verdict(
        seed=seed,
        faults=dict(nemesis.done),
        ops=dict(fates),
        tries=sum(len(op.tries) for op in crew.ops),
        events=sum(line.kind == "event" for line in said),
        sockets=sum(client.sockets for client in crew.clients),
        closes=dict(closes),
        resyncs=sum(line.kind == "resync" or line.resync for line in said),
        hints=dict(hints),
        finish_s=round(finish_s, 2),
        heads_s=round(heads_s, 2),
        seconds=round(seconds, 1),
        lost=world.lost,
        violations=check.violations(told, crew.clients),
    )
