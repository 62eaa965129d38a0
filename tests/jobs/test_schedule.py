"""Each occurrence of a periodic job is enqueued once, however many look and whoever dies."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from carewire.clock import Clock
from carewire.jobs import job
from carewire.jobs.schedule import LOCK, Scheduler
from carewire.settings import Settings
from carewire.store.db import Database
from tests import toy


class Still(Clock):
    """Time stands until it is moved."""

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Still:
    return Still()


@pytest.fixture(autouse=True)
def only_the_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carewire.jobs.schedule.PERIODIC", {"toy.hourly": toy.Hourly})


async def enqueued(db: Database) -> list[Any]:
    async with db.snapshot() as tx:
        rows = await tx.fetch("SELECT due_at FROM job WHERE name = 'toy.hourly' ORDER BY due_at")
    return [row["due_at"] for row in rows]


async def test_many_schedulers_at_once_enqueue_each_occurrence_once(
    db: Database, settings: Settings, clock: Still
) -> None:
    many = [Scheduler(db=db, clock=clock, settings=settings) for _ in range(8)]
    for _ in range(5):
        await asyncio.gather(*(scheduler.tick() for scheduler in many))
        await asyncio.gather(*(scheduler.tick() for scheduler in many))
        clock.at += timedelta(hours=1)
    assert await enqueued(db) == [datetime(2026, 3, 1, 12 + n, tzinfo=UTC) for n in range(5)]


async def test_hours_that_nobody_was_there_for_are_made_up_for_once(
    db: Database, settings: Settings, clock: Still
) -> None:
    scheduler = Scheduler(db=db, clock=clock, settings=settings)
    await scheduler.tick()
    await scheduler.tick()
    clock.at += timedelta(hours=7, minutes=30)
    assert [await scheduler.tick() for _ in range(3)] == [["toy.hourly"], [], []]
    clock.at += timedelta(minutes=30)
    assert await scheduler.tick() == ["toy.hourly"]


async def test_a_leader_that_dies_in_its_tick_leaves_the_occurrence_to_the_next(
    db: Database, settings: Settings, clock: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying, other = (Scheduler(db=db, clock=clock, settings=settings) for _ in range(2))
    await other.tick()

    async def die(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("carewire.jobs.rows.store", die)
        with pytest.raises(ZeroDivisionError):
            await dying.tick()
    assert await enqueued(db) == []
    assert await other.tick() == ["toy.hourly"]
    assert len(await enqueued(db)) == 1


async def test_while_one_leads_the_others_do_nothing(db: Database, settings: Settings, clock: Still) -> None:
    scheduler = Scheduler(db=db, clock=clock, settings=settings)
    await scheduler.tick()
    leader = await asyncpg.connect(settings.database_url)
    try:
        await leader.execute("SELECT pg_advisory_lock($1)", LOCK)
        assert await scheduler.tick() == []
    finally:
        await leader.close()  # dies: its lock is free at once
    assert await scheduler.tick() == ["toy.hourly"]


async def test_who_knows_that_nothing_is_due_does_not_ask_again_until_it_is(
    db: Database, settings: Settings, clock: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler, other = (Scheduler(db=db, clock=clock, settings=settings) for _ in range(2))
    await scheduler.look()
    assert await scheduler.look() == ["toy.hourly"]
    with monkeypatch.context() as patched:
        patched.setattr(db, "transaction", None)  # whoever asks now, fails
        assert await scheduler.look() == []
        clock.at += timedelta(minutes=59, seconds=59)
        assert await scheduler.look() == []
    clock.at += timedelta(seconds=1)
    assert await other.tick() == ["toy.hourly"]
    assert await scheduler.look() == []  # it was somebody else's; now it knows of the next
    clock.at += timedelta(hours=1)
    assert await scheduler.look() == ["toy.hourly"]


async def test_what_changed_behind_its_back_is_known_after_a_while(
    db: Database, settings: Settings, clock: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = Scheduler(db=db, clock=clock, settings=settings)
    await scheduler.look()
    await scheduler.look()
    async with db.transaction() as tx:
        await tx.execute("UPDATE schedule SET next_at = $1", clock.at)
    assert await scheduler.look() == []
    monkeypatch.setattr("carewire.jobs.schedule.ANEW_S", 0.0)
    assert await scheduler.look() == ["toy.hourly"]


async def test_while_another_leads_it_asks_again_at_once(db: Database, settings: Settings, clock: Still) -> None:
    scheduler = Scheduler(db=db, clock=clock, settings=settings)
    await scheduler.tick()
    leader = await asyncpg.connect(settings.database_url)
    try:
        await leader.execute("SELECT pg_advisory_lock($1)", LOCK)
        assert await scheduler.look() == []
    finally:
        await leader.close()
    assert await scheduler.look() == ["toy.hourly"]


def test_what_is_periodic_has_a_consumer() -> None:
    assert job.PERIODIC.keys() <= job.REGISTRY.keys()
