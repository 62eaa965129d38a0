"""A deployment on the shared server, and the operator's shell."""

import asyncio
import itertools
import os
import resource
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from msgspec import Struct

from carewire.embedded import Postgres
from tests.conftest import SECRET

ROOT = Path(__file__).parents[2]
_numbers = itertools.count(1)


class Said(Struct, frozen=True):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """Its one line, when it failed with one."""
        assert self.status != 0, self
        lines = [line for line in self.err.splitlines() if line.startswith("carewire: ")]
        assert len(lines) == 1, self
        assert self.err.rstrip().endswith(lines[0]), self
        assert "Traceback" not in self.err
        return lines[0]


class Deployment:
    """A database and the commands on it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder

    @property
    def name(self) -> str:
        return urlsplit(self.url).path.strip("/")

    async def start(self, *words: str | Path, file_size: int | None = None, **env: str) -> Process:
        """Begin `carewire …`; `file_size`: the most bytes a file of it may have."""
        limit: Callable[[], None] | None = None
        if file_size is not None:
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
        clean = {k: v for k, v in os.environ.items() if not k.startswith("CAREWIRE_")}
        known = {
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "CAREWIRE_DATABASE_URL": self.url,
            "CAREWIRE_DATA": str(self.folder),
            "CAREWIRE_SECRET": SECRET,
        }
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "carewire", *map(str, words), env=clean | known | env, cwd=ROOT, stdout=PIPE,
            stderr=PIPE, preexec_fn=limit,
        )  # fmt: skip

    async def run(self, *words: str | Path, file_size: int | None = None, **env: str) -> Said:
        """Run `carewire …` to its end."""
        child = await self.start(*words, file_size=file_size, **env)
        out, err = await child.communicate()
        return Said(child.returncode or 0, out.decode(), err.decode())

    async def back_up(self, name: str = "one") -> Path:
        """A good backup."""
        path = self.folder / f"{name}.backup"
        said = await self.run("backup", path)
        assert said.status == 0, said
        return path

    async def sql(self, query: str, *values: Any) -> Any:
        """The first value of a query."""
        async with self.connected() as connection:
            return await connection.fetchval(query, *values)

    @asynccontextmanager
    async def connected(self, program: str = "psql") -> AsyncIterator[Any]:
        connection = await asyncpg.connect(self.url, server_settings={"application_name": program})
        try:
            yield connection
        finally:
            connection.terminate()

    async def mark(self) -> str:
        """Something that only this state of the database holds."""
        word = uuid4().hex
        await self.sql("INSERT INTO gadget (name, colour) VALUES ($1, 'red')", word)
        return word

    async def has(self, word: str) -> bool:
        found: bool = await self.sql("SELECT EXISTS (SELECT FROM gadget WHERE name = $1)", word)
        return found


@pytest.fixture
def deployment(database_url: str, tmp_path: Path) -> Deployment:
    """A migrated database with the toy's tables."""
    return Deployment(database_url, tmp_path)


@pytest_asyncio.fixture
async def elsewhere(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Deployment]:
    """A database that does not exist yet."""
    name = f"elsewhere_{next(_numbers)}"
    yield Deployment(postgres.url_of(name), tmp_path)
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        await connection.close()


@pytest_asyncio.fixture
async def databases(postgres: Postgres) -> AsyncIterator[Callable[[], Any]]:
    """Names of the server's databases; those that a restore kept are dropped in the end."""

    async def names() -> set[str]:
        connection = await asyncpg.connect(postgres.url)
        try:
            return {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        finally:
            await connection.close()

    before = await names()
    yield names
    connection = await asyncpg.connect(postgres.url)
    try:
        for name in await names() - before:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()
