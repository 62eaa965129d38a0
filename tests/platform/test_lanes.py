"""What one batch has to tell and what the next has to say are done while the database works."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
import pytest

from carewire import lanes
from carewire.actor import Actor
from carewire.batch import Batch
from carewire.command import REGISTRY, Peer
from carewire.errors import Internal
from carewire.gate import Gate
from carewire.lanes import Ask, Lanes
from carewire.node import Node
from carewire.params import decode_params
from tests import toy
from tests.platform.conftest import MakeNode
from tests.platform.test_batch import attempt, make_counter, told
from tests.platform.test_statement import until

WANTED: Final = b'{"counter_id": "00000000-0000-0000-0000-000000000007"}'


def ask() -> Ask:
    return Ask(REGISTRY["toy.count"], toy.Count(counter_id=UUID(int=7)), None, Peer(), None)


async def test_the_next_batch_is_on_its_way_before_the_news_of_the_one_that_has_committed() -> None:
    seen: list[str] = []
    commit = asyncio.Event()
    numbers = iter("123")

    async def serve(asks: Sequence[Ask]) -> Coroutine[Any, Any, None]:
        number = next(numbers)
        seen.append(f"sent {number}")
        await commit.wait()
        for _ in range(3):  # an answer of the database takes some turns of the loop
            await asyncio.sleep(0)
        seen.append(f"committed {number}")

        async def tell() -> None:
            seen.append(f"told {number}")
            for served in asks:
                served.end(Internal())

        return tell()

    gate = Gate(4)
    row = Lanes(serve, lambda asks: None, gate, members_max=1)
    asks = [ask() for _ in range(3)]
    for one in asks:
        row.put(one)
    while not seen:  # noqa: ASYNC110 - one turn of the loop, not a wait by the clock
        await asyncio.sleep(0)
    commit.set()
    await asyncio.wait([one.future for one in asks])
    assert seen == [
        *("sent 1", "committed 1", "sent 2", "told 1"),
        *("committed 2", "sent 3", "told 2"),
        *("committed 3", "told 3"),
    ]
    for one in asks:
        one.future.exception()
    await gate.enter()  # both slots are free again
    await gate.enter()


async def test_a_batch_that_never_commits_leaves_the_lane_to_the_next() -> None:
    async def serve(asks: Sequence[Ask]) -> None:
        for served in asks:
            served.end(Internal())

    row = Lanes(serve, lambda asks: None, Gate(4), members_max=1)
    asks = [ask() for _ in range(3)]
    for one in asks:
        row.put(one)
    assert [type(one.future.exception()) for one in asks if await asyncio.wait([one.future])] == [Internal] * 3


async def test_who_wants_the_same_of_a_statement_waits_in_one_lane_when_the_first_is_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Should it be a held row, then all of them wait in one other lane and leave the rest to strangers."""
    monkeypatch.setattr(lanes, "QUICK_S", -1.0)
    served: list[list[Ask]] = []
    over = asyncio.Event()

    async def serve(asks: Sequence[Ask]) -> None:
        served.append(list(asks))
        await over.wait()
        for one in asks:
            one.end(Internal())

    row = Lanes(serve, lambda asks: None, Gate(12))
    command, wanted = REGISTRY["toy.tally_alone"], decode_params(REGISTRY["toy.tally_alone"], WANTED)
    asks = [Ask(command, wanted, None, Peer(), None) for _ in range(31)]
    for one in asks:
        row.put(one)
    while sum(map(len, served)) < len(asks):  # noqa: ASYNC110 - one turn of the loop, not a wait by the clock
        await asyncio.sleep(0)
    over.set()
    await asyncio.wait([one.future for one in asks])
    assert [len(batch) for batch in served] == [1, 30]
    other = Ask(command, msgspec.structs.replace(wanted, counter_id=UUID(int=8)), None, Peer(), None)
    assert len({one.key for one in (*asks, other)}) == 2
    for one in asks:
        one.future.exception()


async def test_who_waits_for_a_batch_has_spoken_when_her_turn_comes(
    node: Node, owner: Actor, counter: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[int] = []
    was = REGISTRY["toy.tally"]

    async def listen(batch: Batch[toy.Count, toy.Counter]) -> None:
        spoken.extend(member.params.by for member in batch)
        await was.handler(batch)

    monkeypatch.setitem(REGISTRY, "toy.tally", msgspec.structs.replace(was, handler=listen))
    holder = await asyncpg.connect(node.settings.database_url)
    async with holder.transaction():
        await holder.execute("SELECT FROM counter WHERE id = $1 FOR UPDATE", counter)
        first = asyncio.create_task(attempt(node, owner, "toy.tally", counter_id=str(counter), by=1))
        await until(holder, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
        others = [
            asyncio.create_task(attempt(node, owner, "toy.tally", counter_id=str(counter), by=by)) for by in (2, 3, 0)
        ]
        while len(spoken) < 4:  # noqa: ASYNC110 - one turn of the loop, not a wait by the clock
            await asyncio.sleep(0)
        assert not first.done()
    await holder.close()
    ends = [await first, *await asyncio.gather(*others)]
    assert [end["value"] for end in ends[:3]] == [1, 3, 6]
    assert isinstance(ends[3], toy.Conflict)
    assert spoken == [1, 2, 3, 0], "each once"
    assert [event.offset for event in await told(node, counter)] == [1, 2, 3]


async def test_who_comes_while_a_single_statement_waits_for_a_lock_goes_past_it(
    make_node: MakeNode, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await make_node(pool=8)
    held, free = [await make_counter(node, owner) for _ in range(2)]
    monkeypatch.setattr(lanes, "QUICK_S", 0.0)
    holder = await asyncpg.connect(node.settings.database_url)
    async with holder.transaction():
        await holder.execute("SELECT FROM counter WHERE id = $1 FOR UPDATE", held)
        stuck = asyncio.create_task(attempt(node, owner, "toy.tally_alone", counter_id=str(held)))
        await until(holder, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
        assert (await attempt(node, owner, "toy.tally_alone", counter_id=str(free)))["value"] == 1
        assert not stuck.done()
    await holder.close()
    assert (await stuck)["value"] == 1
