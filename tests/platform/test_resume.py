"""Many who come back at once: everybody gets exactly what he missed, and the database hardly notices."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
import pytest

from carewire.actor import Actor
from carewire.bus.sweep import HEADS_NOW, RECENT_NOW
from carewire.node import Node
from carewire.store.db import Database
from tests.platform.conftest import call
from tests.platform.test_hub import new_counter
from tests.toy.parts import Ear


async def come_back(node: Node, actor: Actor, topics: dict[str, int]) -> dict[str, Any]:
    answer = await node.hub.resume(Ear(actor), node.hub.epoch, topics)
    answer.go_live()
    told: dict[str, Any] = msgspec.json.decode(answer.result)["topics"]
    return told


@contextmanager
def statements(db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Everything that is sent to the database meanwhile, BEGIN and COMMIT too."""
    sent: list[str] = []
    acquire = db._acquire

    def log(query: Any) -> None:
        sent.append(query.query)

    async def acquire_and_log() -> Any:
        connection = await acquire()
        connection.add_query_logger(log)
        return connection

    monkeypatch.setattr(db, "_acquire", acquire_and_log)
    yield sent


async def test_a_thousand_who_missed_nothing_cost_less_than_a_tenth_of_a_statement_each(
    node: Node, owner: Actor, counter: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"toy:{await new_counter(node, owner)}" for _ in range(3)]
    await call(node, owner, "toy.add", counter_id=UUID(names[0].removeprefix("toy:")), times=5)
    standing = {names[0]: 5, names[1]: 0, names[2]: 0}
    backs = []
    with statements(node.db, monkeypatch) as sent:
        for _ in range(100):
            backs += [asyncio.ensure_future(come_back(node, owner, standing)) for _ in range(10)]
            await asyncio.sleep(0)  # they do not all come in one turn of the loop
        for told in await asyncio.gather(*backs):
            assert all(place["events"] == [] for place in told.values())
    batches = sum("LEFT JOIN topic_head" in statement for statement in sent)
    assert batches > 1
    theirs = [statement for statement in sent if statement not in (HEADS_NOW, RECENT_NOW)]  # a sweep is not theirs
    assert len(theirs) < 100


async def test_everybody_of_a_batch_gets_exactly_his_own_part(node: Node, owner: Actor) -> None:
    counters = [await new_counter(node, owner) for _ in range(3)]
    for number, counter_id in enumerate(counters):
        await call(node, owner, "toy.add", counter_id=counter_id, times=100 * (number + 1))
    names = [f"toy:{counter_id}" for counter_id in counters]
    afters = [0, 1, 50, 99, 100]
    told = await asyncio.gather(*(come_back(node, owner, dict.fromkeys(names, n)) for n in afters))
    for after, places in zip(afters, told, strict=True):
        for number, name in enumerate(names):
            head = 100 * (number + 1)
            assert [e["offset"] for e in places[name]["events"]] == list(range(after + 1, head + 1))
            assert [e["data"]["value"] for e in places[name]["events"]] == list(range(after + 1, head + 1))


@pytest.mark.parametrize("missing", [[1], [3], [5], [1, 2, 3, 4, 5]])
async def test_events_that_are_no_longer_there_are_a_resync_for_those_who_need_them_only(
    node: Node, owner: Actor, missing: list[int]
) -> None:
    counter_id = await new_counter(node, owner)
    name = f"toy:{counter_id}"
    await call(node, owner, "toy.add", counter_id=counter_id, times=5)
    async with node.db.transaction() as tx:
        await tx.execute("""DELETE FROM event WHERE topic = $1 AND "offset" = ANY($2)""", name, missing)
    told = await asyncio.gather(*(come_back(node, owner, {name: after}) for after in range(6)))
    for after, places in enumerate(told):
        if after < max(missing):
            assert places[name]["resync"] is True
        else:
            assert [e["offset"] for e in places[name]["events"]] == list(range(after + 1, 6))


async def test_who_comes_alone_does_not_wait_for_others(node: Node, owner: Actor, counter: UUID) -> None:
    loop = asyncio.get_running_loop()
    await come_back(node, owner, {f"toy:{counter}": 0})
    took = []
    for _ in range(10):
        started = loop.time()
        await come_back(node, owner, {f"toy:{counter}": 0})
        took.append(loop.time() - started)
    assert min(took) < 0.05
