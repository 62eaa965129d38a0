"""Who is told to end does: a task that swallows it, a node whose database is silent, a process that hangs."""

import asyncio
import contextlib
import random
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec.structs import replace

from carewire.embedded import Postgres
from carewire.jobs import runner
from carewire.node import Node
from carewire.settings import Settings
from carewire.store import db
from carewire.tasks import end
from tests.faults.proxy import Proxy
from tests.patience import PATIENCE_S
from tests.toy.parts import ToyIdentity

ROOT = Path(__file__).parents[2]


async def test_a_task_that_swallows_the_first_cancellation_is_ended_all_the_same() -> None:
    """Python 3.11: `wait_for` cancelled in the turn in which its future is done answers, and the loop goes on."""
    came: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    swallowed = asyncio.Event()

    async def follow() -> None:
        try:
            await came
        except asyncio.CancelledError:
            swallowed.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(follow())
    await asyncio.sleep(0)
    await end(task)
    assert swallowed.is_set()
    assert task.cancelled()


async def test_a_task_that_never_ends_is_told_by_its_name_and_waited_for_no_longer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    enough = asyncio.Event()

    async def stay() -> None:
        while not enough.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await enough.wait()

    task = asyncio.create_task(stay(), name="stubborn")
    await asyncio.sleep(0)
    await end(task, None, within_s=0.1)
    running = not task.done()
    enough.set()
    await task
    assert running
    assert "stubborn" in "".join(capsys.readouterr())


@pytest_asyncio.fixture
async def link(postgres: Postgres) -> AsyncIterator[Proxy]:
    """The way to the database, which can go silent."""
    link = Proxy("postgres", lambda: str(postgres.sockets / ".s.PGSQL.5432"), random.Random(1))
    await link.start()
    yield link
    link.thaw()
    await link.stop()


def over(link: Proxy, settings: Settings) -> str:
    """The test's database, over this link."""
    assert settings.database_url is not None
    name = settings.database_url.partition("?")[0].rsplit("/", 1)[1]
    return f"postgresql://carewire@127.0.0.1:{link.port}/{name}?sslmode=disable"


async def test_a_transaction_that_is_cancelled_on_a_silent_line_is_over_soon(
    settings: Settings, link: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver itself waits for ever until the server has heard of the cancellation."""
    monkeypatch.setattr(db, "ROLLBACK_S", 0.1)
    database = db.Database(over(link, settings), pool_max=2)
    await database.open()
    begun = asyncio.Event()

    async def work() -> None:
        async with database.transaction() as tx:
            begun.set()
            await tx.execute("SELECT pg_sleep(60)")

    task = asyncio.create_task(work())
    await begun.wait()
    link.freeze()
    task.cancel()
    ended, _ = await asyncio.wait({task}, timeout=5)
    link.thaw()
    await asyncio.gather(task, return_exceptions=True)
    await database.close()
    assert ended
    assert task.cancelled()


async def test_a_node_ends_although_its_database_has_gone_silent(
    settings: Settings, link: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "DRAIN_S", 0.1)
    monkeypatch.setattr(runner, "POLL_S", 0.01)
    node = Node(replace(settings, database_url=over(link, settings)), identity=ToyIdentity())
    await node.start()
    link.freeze()
    async with asyncio.timeout(PATIENCE_S):
        while node.db.idle:  # noqa: ASYNC110 - until somebody waits for an answer on each connection
            await asyncio.sleep(0.01)
    async with asyncio.timeout(PATIENCE_S):
        await node.stop()


PROGRAM = """
import asyncio, sys, time
from carewire.gateway import server
from carewire.settings import Settings

server.STOP_MAX_S, server.TELL_S = 1.0, 0.5

async def app(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    print("ready", flush=True)
    await receive()
    while True:
        time.sleep(60) if sys.argv[1] == "blocked" else await asyncio.sleep(60)

settings = Settings(secret="s" * 40, port=0)
server.Server(server.configure(app, settings), own_signals=True).run()
"""


@pytest.mark.parametrize("how", ["waiting", "blocked"])
async def test_a_process_that_hangs_on_its_way_out_says_where_and_is_over(how: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, how), stdout=PIPE, stderr=PIPE, cwd=ROOT, env={"PYTHONPATH": str(ROOT / "src")}
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert await process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        out, told = await process.communicate()
    assert process.returncode == 1
    assert b"Timeout" in told
    assert b"in app" in told if how == "blocked" else b"end_overdue" in out + told
