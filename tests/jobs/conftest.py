"""Servers that may be killed, worker processes that may be killed, and a gateway that leaves jobs for them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from carewire.actor import Actor
from carewire.embedded import Postgres, Valkey
from carewire.node import Node
from carewire.settings import Settings
from carewire.store.migrate import migrate
from tests import toy
from tests.conftest import SECRET, be_another_deployment
from tests.patience import PATIENCE_S
from tests.platform.conftest import call
from tests.toy.parts import ToyIdentity, somebody

ROOT = Path(__file__).parents[2]


@pytest_asyncio.fixture(scope="module")
async def own_postgres(tmp_path_factory: pytest.TempPathFactory, server_folder: Path) -> AsyncIterator[Postgres]:
    folder = server_folder / "jobs"
    folder.mkdir(mode=0o755)
    async with Postgres(folder) as server:  # with fsync: it is killed
        await migrate(server.url)
        connection = await asyncpg.connect(server.url)
        await connection.execute(toy.TABLES)
        await connection.close()
        yield server


@pytest_asyncio.fixture(scope="module")
async def own_valkey(server_folder: Path, own_postgres: Postgres) -> AsyncIterator[Valkey]:
    async with Valkey(server_folder / "jobs") as server:
        yield server


class Worker:
    """A worker process. `caught` waits until it stands still at its point."""

    def __init__(self, child: subprocess.Popen[bytes], folder: Path) -> None:
        self.child, self.folder = child, folder

    async def caught(self, point: str) -> None:
        await until(lambda: (self.folder / point).exists(), f"the worker to come to {point}")

    def let_go(self) -> None:
        (self.folder / "go").touch()

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()

    def tell_to_end(self) -> None:
        self.child.send_signal(signal.SIGTERM)

    async def ended(self) -> int:
        """Its exit status."""
        return await asyncio.to_thread(self.child.wait, PATIENCE_S)


class Place:
    """One deployment: what waits in the table, what was done, and a gateway without jobs of its own."""

    def __init__(self, settings: Settings, postgres: Postgres, valkey: Valkey, node: Node, owner: Actor) -> None:
        self.settings, self.postgres, self.valkey, self.node, self.owner = settings, postgres, valkey, node, owner
        self.counter = uuid4()

    async def ask(self, *texts: str) -> None:
        """Leave one job per text."""
        await asyncio.gather(*(self.ask_one(text) for text in texts))

    async def ask_one(self, text: str) -> None:
        await call(self.node, self.owner, "toy.ping", counter_id=self.counter, text=text)

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        async with self.node.db.snapshot() as tx:
            return await tx.fetch(sql, *values)

    async def done(self) -> list[str]:
        """What was done, each as often as it was done."""
        found = await self.rows("SELECT text FROM pinged WHERE counter = $1 ORDER BY text", self.counter)
        return [row["text"] for row in found]

    async def open(self) -> int:
        (row,) = await self.rows("SELECT count(*) AS n FROM job WHERE state = 'open' AND name = 'toy.ping'")
        return int(row["n"])

    async def all_done(self) -> None:
        await until_so(self._none_open, "every job to be done")

    async def _none_open(self) -> bool:
        return await self.open() == 0


async def until(so: Callable[[], bool], what: str) -> None:
    async def now() -> bool:
        return so()

    await until_so(now, what)


async def until_so(so: Callable[[], Any], what: str) -> None:
    """Ask until it is so; servers that are away are asked again."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    if await so():
                        return
                except Exception:  # a server that is away is asked again
                    pass
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited in vain for {what}") from None


@pytest_asyncio.fixture
async def place(own_postgres: Postgres, own_valkey: Valkey, tmp_path: Path) -> AsyncIterator[Place]:
    await be_another_deployment(own_postgres.url)
    connection = await asyncpg.connect(own_postgres.url)
    await connection.execute("TRUNCATE job, pinged, counter, schedule")
    await connection.close()
    settings = Settings(
        secret=SECRET,
        database_url=own_postgres.url,
        redis_url=own_valkey.url,
        data=tmp_path,
        pool=6,
        node="gateway",
        jobs="apart",
    )
    node = Node(settings, identity=ToyIdentity())
    await node.start()
    place = Place(settings, own_postgres, own_valkey, node, somebody())
    async with node.db.transaction() as tx:
        await tx.execute("INSERT INTO counter (id, owner) VALUES ($1, $2)", place.counter, place.owner.id)
    yield place
    await node.stop()


Hire = Callable[..., Worker]


@pytest.fixture
def hire(place: Place, tmp_path: Path) -> Any:
    """Start worker processes; whatever still runs at the end is killed."""
    workers: list[Worker] = []

    def start(point: str | None = None) -> Worker:
        folder = tmp_path / f"worker-{len(workers)}"
        folder.mkdir()
        env = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "CAREWIRE_DATABASE_URL": place.settings.database_url or "",
            "CAREWIRE_REDIS_URL": place.settings.redis_url or "",
            "CAREWIRE_SECRET": SECRET,
            "CAREWIRE_WORKER_PORT": "0",
            "CAREWIRE_NODE": folder.name,
        }
        words = [sys.executable, "-m", "tests.jobs.worker", str(folder), *([point] if point else [])]
        with (folder / "log").open("wb") as log:
            workers.append(Worker(subprocess.Popen(words, env=env, stdout=log, stderr=log, cwd=ROOT), folder))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
        told = (worker.folder / "log").read_text()
        assert "never retrieved" not in told, told[-3000:]
