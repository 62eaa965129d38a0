"""Real workers on real servers, killed at the worst moments: nothing is lost, nothing is done twice.

Ledger: broker M-041 (FastStream on Redis Streams).
"""

import httpx
import pytest
import redis.asyncio
from redis.asyncio import Redis

from carewire.app import create_app
from carewire.gateway import server
from carewire.jobs.hints import stream_name
from tests.jobs.conftest import Hire, Place, until_so

TEXTS = [f"job {number:02}" for number in range(40)]


def redis_of(place: Place) -> Redis:
    return redis.asyncio.Redis.from_url(place.valkey.url)


async def groups(place: Place) -> list[dict[str, int]]:
    async with redis_of(place) as client:
        found: list[dict[str, int]] = await client.xinfo_groups(stream_name(place.node.limits.deployment))
        return found


async def read(place: Place) -> None:
    """Until a worker reads the group."""

    async def reads() -> bool:
        return bool(await groups(place))

    await until_so(reads, "a worker to read the stream")


async def settled(place: Place) -> None:
    """Until no entry of the stream is in anybody's hands."""

    async def nothing_pending() -> bool:
        return [group["pending"] for group in await groups(place)] == [0]

    await until_so(nothing_pending, "every entry to be acknowledged")


async def test_two_workers_share_the_work_and_each_job_is_done_once(place: Place, hire: Hire) -> None:
    hire(), hire()
    await read(place)
    await place.ask(*TEXTS)
    await place.all_done()
    assert await place.done() == TEXTS
    kept = await place.rows("SELECT payload FROM job WHERE name = 'toy.ping'")
    assert [row["payload"] for row in kept] == [None] * len(TEXTS), "a secret is wiped when its row closes"


@pytest.mark.parametrize("point", ["in_handler", "after_commit", "marked"])
async def test_a_worker_killed_at_the_worst_moment_neither_loses_a_job_nor_does_it_twice(
    place: Place, hire: Hire, point: str
) -> None:
    unlucky = hire(point)
    await read(place)
    await place.ask(*TEXTS[:10])
    await unlucky.caught(point)
    hire()
    unlucky.kill()
    await place.all_done()
    await settled(place)
    assert await place.done() == TEXTS[:10]


async def test_forgetting_the_whole_stream_loses_no_job(place: Place, hire: Hire) -> None:
    worker = hire("after_commit")
    await read(place)
    await place.ask(*TEXTS)
    await worker.caught("after_commit")  # six are done; the others wait in the stream
    async with redis_of(place) as client:
        await client.flushall()
    worker.let_go()
    await place.all_done()
    assert await place.done() == TEXTS
    await read(place)  # the group is there again
    await place.ask("afterwards")
    await place.all_done()
    assert "afterwards" in await place.done()


async def test_jobs_are_done_while_valkey_is_away_and_shared_again_when_it_is_back(place: Place, hire: Hire) -> None:
    hire()
    await read(place)
    await place.valkey.kill()
    await place.ask(*TEXTS)
    await place.all_done()
    await place.valkey.start()
    await read(place)
    await place.ask("afterwards")
    await place.all_done()
    assert await place.done() == ["afterwards", *TEXTS]


async def test_a_database_killed_under_running_jobs_loses_none(place: Place, hire: Hire) -> None:
    worker = hire("in_handler")
    await read(place)
    await place.ask(*TEXTS)
    await worker.caught("in_handler")
    await place.postgres.kill()
    worker.let_go()
    await place.postgres.start()
    await place.all_done()
    assert await place.done() == TEXTS


async def test_a_worker_told_to_end_finishes_what_it_has_and_takes_nothing_new(place: Place, hire: Hire) -> None:
    worker = hire("in_handler")
    await read(place)
    await place.ask(*TEXTS[:12])
    await worker.caught("in_handler")
    assert await place.done() == []
    worker.tell_to_end()
    worker.let_go()
    assert await worker.ended() == 0
    done = await place.done()
    assert done, "what it had in hand when it was told"
    assert sorted({*done}) == done
    await place.ask("too late")
    assert await place.done() == done
    hire()
    await place.all_done()
    assert await place.done() == [*TEXTS[:12], "too late"]


async def test_without_a_worker_jobs_wait_the_gateway_stays_ready_and_a_metric_shows(place: Place, hire: Hire) -> None:
    gateway = await server.start(create_app(place.settings), place.settings)
    try:
        await place.ask("waits")
        async with httpx.AsyncClient(base_url=gateway.http_url) as client:
            assert (await client.get("/api/v1/health/ready")).status_code == 200
            assert figure(await client.get("/metrics"), "carewire_jobs_open") == 1.0
            assert await place.done() == []
            hire()
            await place.all_done()
            assert figure(await client.get("/metrics"), "carewire_jobs_open") == 0.0
    finally:
        await gateway.stop()


def figure(answer: httpx.Response, name: str) -> float:
    (line,) = [line for line in answer.text.splitlines() if line.startswith(f"{name} ")]
    return float(line.split(" ")[1])
