"""One job from its claim to its end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from carewire.command import Ctx
from carewire.jobs import rows
from carewire.jobs.execution import Executor, pause_after
from carewire.jobs.job import Job
from carewire.jobs.problems import Permanent, Temporary
from carewire.jobs.vault import Vault
from carewire.node import Node
from tests import toy
from tests.platform.conftest import MakeNode


@pytest_asyncio.fixture
async def node(make_node: MakeNode) -> AsyncIterator[Node]:
    """A gateway that leaves its jobs alone; the tests run them."""
    toy.OUTSIDE.clear()
    toy.REFUSALS.clear()
    yield await make_node(jobs="apart")
    assert not toy.REFUSALS


@pytest.fixture
def executor(node: Node) -> Executor:
    return node.runner.executor


async def leave(node: Node, job: Job, key: str | None = None) -> None:
    async with node.db.transaction() as tx:
        ctx = Ctx(tx=tx, now=node.clock.now(), real_now=node.clock.real_now(), settings=node.settings)
        ctx.enqueue(job, key=key)
        await rows.store(tx, ctx.now, ctx.jobs, Vault(node.settings.secret))


async def only(node: Node) -> Any:
    async with node.db.snapshot() as tx:
        (row,) = await tx.fetch("SELECT * FROM job")
    return row


async def try_now(node: Node) -> None:
    """Whatever pause it has earned, it is over."""
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE job SET retry_at = NULL")
    assert await node.runner.executor.run_one((await only(node))["id"])


async def test_a_clear_no_is_tried_again_and_again_and_then_a_dead_letter_that_keeps_what_it_was(
    node: Node, executor: Executor
) -> None:
    toy.REFUSALS.extend(Temporary("away") for _ in range(3))
    await leave(node, toy.Errand(to="+919900000001"))
    for expected in ("open", "open", "dead"):
        await try_now(node)
        row = await only(node)
        assert (row["state"], row["problem"], row["doubt"]) == (expected, "away", False)
    assert b"9900000001" not in row["payload"], "personal text is sealed in a dead letter too"
    assert [trip.doubtful for trip in toy.OUTSIDE] == [False, False, False]


async def test_a_lasting_no_is_a_dead_letter_at_once(node: Node) -> None:
    toy.REFUSALS.append(Permanent("bad_number"))
    await leave(node, toy.Errand(to="x"))
    await try_now(node)
    row = await only(node)
    assert (row["state"], row["problem"], row["attempts"]) == ("dead", "bad_number", 1)


async def test_a_silence_makes_the_next_try_look_first(node: Node) -> None:
    toy.REFUSALS.append(Temporary("timeout", unclear=True))
    await leave(node, toy.Errand(to="x"))
    await try_now(node)
    await try_now(node)
    assert [trip.doubtful for trip in toy.OUTSIDE] == [False, True]
    assert len({trip.ref for trip in toy.OUTSIDE}) == 1
    row = await only(node)
    assert (row["state"], row["proof"], row["payload"]) == ("done", "proof-2", None)


async def test_a_try_that_nobody_saw_the_end_of_makes_the_next_one_look_first(node: Node, executor: Executor) -> None:
    await leave(node, toy.Errand(to="x"))
    await executor.claim_due(1)  # and then this process is killed
    await try_now(node)
    assert [trip.doubtful for trip in toy.OUTSIDE] == [True]


async def test_what_an_errand_brings_back_is_a_job_that_stands_with_the_end_of_its_row(
    node: Node, executor: Executor
) -> None:
    await leave(node, toy.Errand(to="visitor"))
    ((row, claim),) = await executor.claim_due(1)
    await try_now(node)  # somebody else took it over
    await executor.run(row, claim)  # and this one comes back late
    assert [trip.doubtful for trip in toy.OUTSIDE] == [True, False]
    async with node.db.snapshot() as tx:
        found = await tx.fetch("SELECT id, name, state, secret, payload FROM job ORDER BY created_at, name")
    assert sorted((row["name"], row["state"]) for row in found) == [("toy.errand", "done"), ("toy.ping", "open")]
    (brought,) = [row for row in found if row["name"] == "toy.ping"]
    assert brought["secret"]
    assert b"brought" not in brought["payload"]
    assert await executor.run_one(brought["id"])
    async with node.db.snapshot() as tx:
        assert await tx.fetchval("SELECT text FROM pinged") == "brought"


async def test_the_same_job_for_many_at_once_is_run_by_one(node: Node, executor: Executor) -> None:
    await leave(node, toy.Errand(to="x"))
    job_id = (await only(node))["id"]
    assert sorted(await asyncio.gather(*(executor.run_one(job_id) for _ in range(6)))) == [False] * 5 + [True]
    assert len(toy.OUTSIDE) == 1


async def test_what_has_expired_is_wiped_and_not_done(node: Node) -> None:
    await leave(node, toy.Errand(to="x", expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    await try_now(node)
    row = await only(node)
    assert (row["state"], row["payload"], toy.OUTSIDE) == ("expired", None, [])


async def test_what_expires_while_nobody_works_is_wiped_by_the_house_keeping(node: Node) -> None:
    await leave(node, toy.Errand(to="x", expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    async with node.db.transaction() as tx:
        await rows.expire(tx)
    row = await only(node)
    assert (row["state"], row["payload"]) == ("expired", None)


async def test_a_job_replaced_while_it_runs_writes_nothing_and_the_new_one_runs(node: Node, executor: Executor) -> None:
    counter = uuid4()
    await leave(node, toy.Ping(counter_id=counter, text="old"), key="k")
    ((row, claim),) = await executor.claim_due(1)
    await leave(node, toy.Ping(counter_id=counter, text="new"), key="k")
    await executor.run(row, claim)
    await try_now(node)
    async with node.db.snapshot() as tx:
        assert [r["text"] for r in await tx.fetch("SELECT text FROM pinged")] == ["new"]
    assert (await only(node))["id"] != row.id


async def test_a_secret_that_failed_for_good_is_gone(node: Node) -> None:
    await leave(node, toy.Ping(counter_id=uuid4(), text="poison"))
    await try_now(node)
    await try_now(node)
    row = await only(node)
    assert (row["state"], row["problem"], row["payload"]) == ("dead", "ValueError", None)


async def test_a_job_of_a_newer_release_waits_for_it(node: Node) -> None:
    await leave(node, toy.Errand(to="x"))
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE job SET name = 'of.tomorrow'")
    await try_now(node)
    row = await only(node)
    assert (row["state"], row["problem"]) == ("open", "no_consumer")
    assert row["payload"] is not None


async def test_a_long_backlog_waits_in_the_table_and_not_in_the_stream(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "IN_STREAM_MAX", 5)
    for _ in range(8):
        await leave(node, toy.Errand(to="x"))
    relayed = []
    for _ in range(3):
        async with node.db.transaction() as tx:
            relayed.append(len(await rows.relay(tx, node.clock.now(), 3)))
    assert relayed == [3, 2, 0]


def test_each_pause_is_longer_and_no_two_are_alike() -> None:
    def of(attempt: int) -> list[float]:
        return [pause_after(attempt, ValueError()).total_seconds() for _ in range(200)]

    assert 1 <= min(of(1)) < max(of(1)) <= 3
    assert 64 <= min(of(7)) < max(of(7)) <= 192
    assert max(of(50)) <= 768
