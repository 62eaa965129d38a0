"""The benchmark's commands: absent unless asked for, and then on the ordinary path with all its guarantees."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from carewire.client import Client, Event, Refused, Snapshot
from carewire.settings import Settings
from channels.identity import demo
from channels.seed import seed
from tests.faults.world import answers
from tests.patience import PATIENCE_S
from tests.people import log_in
from tests.ports import free_port

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def serve(settings: Settings, **env: str) -> AsyncIterator[str]:
    """`carewire serve` as a process of its own: what is registered there is not registered here."""
    assert settings.database_url
    assert settings.redis_url
    await seed(settings.database_url, settings)
    port = free_port()
    given = {
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "CAREWIRE_DATABASE_URL": settings.database_url,
        "CAREWIRE_REDIS_URL": settings.redis_url,
        "CAREWIRE_SECRET": settings.secret,
        "CAREWIRE_DATA": str(settings.data),
        "CAREWIRE_PORT": str(port),
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "carewire", "serve", env={**os.environ, **given, **env}, cwd=ROOT
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await answers(port):
                assert child.returncode is None
        yield f"ws://127.0.0.1:{port}/ws"
    finally:
        child.terminate()
        await child.wait()


async def test_without_the_setting_there_is_no_such_command_and_no_such_topic(settings: Settings) -> None:
    async with serve(settings) as url, Client(url) as cw:
        await log_in(cw, demo.PRIYA.phone)
        with pytest.raises(Refused) as unknown:
            await cw.call("bench.emit", topic="bench:a")
        with pytest.raises(Refused) as hidden:
            await cw.subscribe("bench:a")
        assert (unknown.value.reason, hidden.value.reason) == ("method_not_found", "not_found")


async def test_events_are_numbered_recorded_sized_and_told_and_a_key_makes_them_once(settings: Settings) -> None:
    async with serve(settings, CAREWIRE_BENCH="1") as url, Client(url) as cw:
        with pytest.raises(Refused) as stranger:
            await cw.call("bench.emit", topic="bench:a")
        assert stranger.value.reason == "unauthenticated"
        await log_in(cw, demo.PRIYA.phone)
        topic = await cw.subscribe("bench:a")
        first = await anext(topic)
        assert isinstance(first, Snapshot)
        assert (first.offset, first.value) == (0, {"name": "a"})
        key = str(cw.new_key())
        for _ in range(2):
            told = await cw.call("bench.emit", topic="bench:a", n=3, bytes=400, sent_at=12.5, idempotency_key=key)
            assert told == {"events": 3}
        await cw.call("bench.emit", topic="bench:a")
        heard = [await anext(topic) for _ in range(4)]
        assert all(isinstance(event, Event) for event in heard)
        assert [(e.offset, e.data["number"], e.data["sent_at"]) for e in heard if isinstance(e, Event)] == [
            (1, 0, 12.5),
            (2, 1, 12.5),
            (3, 2, 12.5),
            (4, 0, None),
        ]
        for refused in ({"n": 101}, {"n": 0}, {"bytes": 16_385}, {"topic": "line:a"}, {"topic": "bench:a:b"}):
            with pytest.raises(Refused) as problem:
                await cw.call("bench.emit", **{"topic": "bench:a", **refused})
            assert problem.value.code == -32602
    assert settings.database_url
    database = await asyncpg.connect(settings.database_url)
    sizes = await database.fetch("""SELECT length(payload) FROM event WHERE topic = 'bench:a' ORDER BY "offset" """)
    await database.close()
    envelope = len('{"jsonrpc":"2.0","method":"bench:emitted","params":{"topic":"bench:a","offset":1,"at":')
    for (size,), wanted in zip(sizes, (400, 400, 400, 300), strict=True):
        assert abs(envelope + len('"2026-11-24T12:00:00.000000Z","data":}}') + size - wanted) < 10


@pytest.mark.parametrize("lanes", ["64", "0"])
async def test_numbers_are_taken_once_each_over_sockets_in_either_lane(settings: Settings, lanes: str) -> None:
    async with serve(settings, CAREWIRE_BENCH="1", CAREWIRE_BATCH=lanes) as url, Client(url) as cw, Client(url) as too:
        with pytest.raises(Refused) as stranger:
            await cw.call("bench.take", queue="q")
        assert stranger.value.reason == "unauthenticated"
        await log_in(cw, demo.PRIYA.phone)
        await log_in(too, demo.DESK.phone)
        topic = await cw.subscribe("bench_queue:q")
        assert isinstance(await anext(topic), Snapshot)
        taken = await asyncio.gather(
            *((cw if n % 2 else too).call("bench.take" if n % 5 else "bench.take_one", queue="q") for n in range(60))
        )
        assert sorted(one["number"] for one in taken) == list(range(1, 61))
        key = str(cw.new_key())
        again = await asyncio.gather(*(cw.call("bench.take", queue="q", idempotency_key=key) for _ in range(5)))
        assert again == [{"queue": "q", "number": 61}] * 5
        heard = [await anext(topic) for _ in range(61)]
        assert [e.data["number"] for e in heard if isinstance(e, Event)] == list(range(1, 62))
        with pytest.raises(Refused) as problem:
            await cw.call("bench.take", queue="no such name")
        assert problem.value.code == -32602
