"""Overload: the node sheds with `overloaded` and `after_ms` instead of letting lines grow."""

import asyncio
import time
from uuid import UUID, uuid4

import msgspec
import pytest

from carewire.actor import Actor
from carewire.command import Peer
from carewire.errors import Overloaded
from carewire.gate import Gate
from tests.platform.conftest import MakeNode


async def somebody_waits(gate: Gate) -> None:
    while not gate.waiting:  # noqa: ASYNC110 - one turn of the loop, not a wait by the clock
        await asyncio.sleep(0)


async def test_as_many_as_there_are_slots_enter_and_the_next_one_waits_for_the_first_to_leave() -> None:
    gate = Gate(4)
    assert gate.slots == 2
    for _ in range(2):
        await gate.__aenter__()
    third = asyncio.create_task(gate.__aenter__())
    await somebody_waits(gate)
    assert not third.done()
    await gate.__aexit__(None, None, None)
    await third
    assert gate.waiting == 0


async def test_who_is_cancelled_on_her_turn_passes_it_on_and_who_gave_up_is_passed_over() -> None:
    gate = Gate(3)
    await gate.__aenter__()
    waiting = [asyncio.create_task(gate.__aenter__()) for _ in range(3)]
    while gate.waiting < 3:  # noqa: ASYNC110 - one turn of the loop, not a wait by the clock
        await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.wait(waiting[:1])
    await gate.__aexit__(None, None, None)
    waiting[1].cancel()  # in the tick in which it was given the slot
    await waiting[2]
    gate._patience_s = 0.01
    late = asyncio.create_task(gate.__aenter__())
    with pytest.raises(Overloaded):
        await late
    await gate.__aexit__(None, None, None)
    await gate.__aenter__()
    assert gate.waiting == 0


async def test_whoever_waits_too_long_or_finds_the_line_full_is_told_when_to_come_back() -> None:
    gate = Gate(3, patience_s=0.01)
    gate.waiting_max = 1
    await gate.__aenter__()
    with pytest.raises(Overloaded) as late:
        await gate.__aenter__()
    waiting = asyncio.create_task(gate.__aenter__())
    await somebody_waits(gate)
    with pytest.raises(Overloaded) as full:
        await gate.__aenter__()
    for refused in (late, full):
        assert refused.value.to_wire()["data"]["retry"]["after_ms"] >= 75
    with pytest.raises(Overloaded):
        await waiting


async def test_under_twice_the_load_everybody_is_answered_and_health_is_not_starved(
    make_node: MakeNode, owner: Actor
) -> None:
    """A thousand commands at once on three connections: each counts or is refused, and others still read."""
    node = await make_node(pool=3)
    counter_id = uuid4()
    async with node.db.transaction() as tx:
        await tx.execute("INSERT INTO counter (id, owner) VALUES ($1, $2)", counter_id, owner.id)

    async def count(counter_id: UUID) -> bool:
        try:
            await node.dispatcher.run("toy.add", msgspec.json.encode({"counter_id": counter_id}), owner, Peer())
        except Overloaded as refused:
            return refused.after_ms is None
        return True

    async def health() -> None:
        async with asyncio.timeout(2), node.db.snapshot() as tx:
            await tx.fetchval("SELECT 1")

    answers = asyncio.gather(*(count(counter_id) for _ in range(1000)))
    while not answers.done():
        await health()
    done = sum(await answers)
    assert 0 < done < 1000
    async with node.db.snapshot() as tx:
        assert await tx.fetchval("SELECT value FROM counter WHERE id = $1", counter_id) == done


async def test_a_burst_may_wait_but_a_line_that_stands_takes_only_who_is_served_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate(3, patience_s=5)
    await gate.__aenter__()
    gate.took(time.perf_counter() - 4)  # work takes about 0.2 s: one slot serves five a second
    burst = [asyncio.create_task(gate.__aenter__()) for _ in range(10)]
    while gate.waiting < 10:  # noqa: ASYNC110 - one turn of the loop, not a wait by the clock
        await asyncio.sleep(0)
    gate.check()
    monkeypatch.setattr("carewire.gate.STANDING_S", 0.0)
    with pytest.raises(Overloaded):
        gate.check()
    for waiter in burst:  # who was in the line already is served
        await gate.__aexit__(None, None, None)
        await waiter
    gate.check()
