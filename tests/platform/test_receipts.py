"""Receipts are found by their key, whatever the planner believed when a connection's plans were made; and what is
answered from them is put on record, or kept from who asked."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from carewire.access import remember
from carewire.actor import Actor
from carewire.batch import Batch
from carewire.command import REGISTRY
from carewire.errors import Unavailable
from carewire.node import Node
from tests import toy
from tests.platform.conftest import MakeNode
from tests.platform.test_batch import AT_ONCE, attempt, make_counter, reasons, together
from tests.toy.parts import uuid7


async def flush_statistics(node: Node) -> None:
    """Have this node's connections put down what they have counted. They are borrowed for it: another may want one."""
    pool = node.db._pool
    assert pool is not None
    async with AsyncExitStack() as borrowed:
        for _ in range(pool.get_size()):
            tx = await borrowed.enter_async_context(node.db.alone())
            await tx.execute("SELECT pg_stat_force_next_flush()")


async def rows_read_in_order(node: Node, connection: Any) -> int:
    """Receipts that were read without their index, by the connections of this node."""
    await flush_statistics(node)
    read: int = await connection.fetchval("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'receipt'")
    return read


async def ask_in_all_ways(node: Node, owner: Actor, way: str, counter_id: UUID) -> None:
    """Two new calls, one that is refused and one that ran before."""
    asks = [{"counter_id": str(counter_id), "by": by, "idempotency_key": str(uuid7())} for by in (1, 1, 0)]
    ends = await asyncio.gather(*(attempt(node, owner, way, **ask) for ask in asks))
    assert reasons(ends) == ["ok", "ok", "conflict"]
    assert await attempt(node, owner, way, **asks[0]) == ends[0]


@AT_ONCE
async def test_plans_kept_from_a_table_that_was_small_read_by_the_key_when_it_has_grown(
    make_node: MakeNode, owner: Actor, way: str
) -> None:
    node = await make_node(pool=3)
    counter_id = await make_counter(node, owner)
    for loop in (node.runner, node.sealer, node.hub.sweep):
        await loop.stop()
    other = await asyncpg.connect(node.settings.database_url)
    await other.execute("ANALYZE receipt")  # nobody's are there: to read all of it costs nothing
    for _ in range(8):  # a plan is kept after five uses
        await ask_in_all_ways(node, owner, way, counter_id)
    await other.execute(
        """INSERT INTO receipt (account, command, key, input, result, doors)
           SELECT $1, $2, uuidv7(), '\\x00', '{}', '[]' FROM generate_series(1, 1000)""",
        owner.id,
        way,
    )
    before = await rows_read_in_order(node, other)
    for _ in range(3):
        await ask_in_all_ways(node, owner, way, counter_id)
    assert await rows_read_in_order(node, other) == before
    await other.close()


@pytest.mark.parametrize("way", ["toy.count", "toy.tally"])
async def test_a_reply_that_cannot_be_put_on_record_is_kept_from_her_and_nobody_else(
    node: Node, owner: Actor, counter: UUID, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Others of her batch have their effect already, and must not hear that it could not be."""
    was = REGISTRY[way]

    async def in_private(batch: Batch[toy.Count, toy.Counter]) -> None:
        await was.handler(batch)
        for member in batch:
            remember(member, toy.private_counter, counter_id=member.params.counter_id)

    monkeypatch.setitem(REGISTRY, way, msgspec.structs.replace(was, handler=in_private))
    ask = {"counter_id": str(counter), "idempotency_key": str(uuid7())}
    first = await attempt(node, owner, way, **ask)
    other = await asyncpg.connect(node.settings.database_url)
    await other.execute(
        """CREATE FUNCTION no_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$;
           CREATE TRIGGER no_more BEFORE INSERT ON audit FOR EACH ROW WHEN (NEW.kind = 'read')
           EXECUTE FUNCTION no_more()"""
    )
    again, new = await together(node, (owner, ask), (owner, {"counter_id": str(counter)}), way=way)
    assert (type(again), new) == (Unavailable, {"counter_id": str(counter), "value": 2})
    await other.execute("DROP TRIGGER no_more ON audit")
    assert await attempt(node, owner, way, **ask) == first
    await other.close()
