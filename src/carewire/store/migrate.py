"""Migrations: numbered SQL files, forward only, each once, in order, under one advisory lock.

Plain SQL because most of what matters here (exclusion and deferrable constraints, partitions, xid8, functions) is SQL;
a test holds every Piccolo table against the migrated database (see docs/decisions/0002-sql-migrations.md).
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import asyncpg

import migrations

Progress = Callable[[str], None]

LOCK: Final = 0x_CA4E_317E
"""The advisory lock that lets one migrator run at a time."""


class MigrationError(RuntimeError):
    """The database and the files disagree; the text says how to mend it."""


def files() -> list[Path]:
    """The migration files in order. Names are `NNNN_what.sql`."""
    folder = Path(next(iter(migrations.__path__)))
    return sorted(p for p in folder.iterdir() if p.suffix == ".sql")


async def migrate(url: str, *, progress: Progress | None = None, upto: str | None = None) -> list[str]:
    """Bring the database forward to the newest file (or to `upto`, a file's stem); answers the names that ran."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, digest text NOT NULL,"
            " ran_at timestamptz NOT NULL DEFAULT now())"
        )
        known = {r["name"]: r["digest"] for r in await connection.fetch("SELECT name, digest FROM migration")}
        ran = []
        for path in files():
            text = path.read_text("utf-8")
            digest = hashlib.sha256(text.encode()).hexdigest()
            if path.stem in known:
                if known[path.stem] != digest:
                    raise MigrationError(
                        f"migration {path.stem} was changed after it ran; restore the file and write a new one"
                    )
            else:
                async with connection.transaction():
                    await connection.execute(text)
                    await connection.execute("INSERT INTO migration (name, digest) VALUES ($1, $2)", path.stem, digest)
                ran.append(path.stem)
                if progress:
                    progress(path.stem)
            if path.stem == upto:
                break
        return ran
    finally:
        await connection.close()


async def pending(url: str) -> list[str]:
    """Names of files the database has not seen."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        if not await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL"):
            return [p.stem for p in files()]
        known = {r["name"] for r in await connection.fetch("SELECT name FROM migration")}
        return [p.stem for p in files() if p.stem not in known]
    finally:
        await connection.close()
