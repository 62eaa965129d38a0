"""Taking a backup: everything of one moment, while writers write."""

import importlib.metadata
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from carewire.settings import Settings

from .archive import Manifest, Progress, digest_of, fingerprint_of, seal, size_of, size_text
from .errors import BackupError
from .folder import advice, aside, choose, flush_folder
from .reach import connected, database
from .tools import find_tools

Outlives = Callable[[Any], Awaitable[list[Any]]]
"""What of a database must hold also after an older one took its place, as JSON can say it."""

HOLD_HOUSE: Final = "SELECT pg_advisory_xact_lock_shared(hashtext('carewire_partitions'))"
"""Until the end no partition comes or goes: their locks would wait for the dump, and every writer behind them."""
FACTS: Final = """
SELECT d.id AS deployment, carewire_epoch() AS epoch, now() AS taken_at, pg_export_snapshot() AS snapshot,
       current_setting('server_version_num')::int AS server, pg_database_size(current_database()) AS size,
       ARRAY(SELECT name FROM migration ORDER BY name) AS migrations
  FROM deployment d
"""


async def take(settings: Settings, target: str | None, progress: Progress, outlives: Outlives | None = None) -> Path:
    """Write a backup to `target` (a file that is not there yet, or a folder); answers the file.

    It gets its name when it is whole and on the disk. Raises `BackupError`; then nothing is left behind.
    """
    moment = datetime.now(UTC)
    path = choose(settings, target, moment)
    async with database(settings, progress) as url:
        with aside(path) as part:
            try:
                async with connected(url) as connection:
                    manifest = await dump(connection, settings, url, part, progress, outlives)
            except asyncpg.InvalidCatalogNameError as exc:
                raise BackupError("the database does not exist", "correct CAREWIRE_DATABASE_URL") from exc
            seal(part, manifest)
            part.rename(path)
            flush_folder(path.parent)
    progress(f"wrote {path} ({size_text(path.stat().st_size)}), of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    for line in advice(path, settings):
        progress(line)
    return path


async def dump(
    connection: Any, settings: Settings, url: str, part: Path, progress: Progress, outlives: Outlives | None
) -> Manifest:
    """The database as one snapshot shows it, into `part`; answers what stands in the manifest."""
    try:
        transaction = connection.transaction(isolation="repeatable_read", readonly=True)
        await transaction.start()
        await connection.execute(HOLD_HOUSE)
        facts = await connection.fetchrow(FACTS)
        kept = await outlives(connection) if outlives is not None else []
    except asyncpg.UndefinedTableError as exc:
        raise BackupError("the database is not one of Carewire", "carewire migrate") from exc
    except asyncpg.PostgresError as exc:
        raise BackupError(f"the database does not tell its state: {exc}", "back up the primary, as its owner") from exc
    tools = find_tools(settings, facts["server"] // 10_000)
    progress(f"pg_dump {tools.major} reads {size_text(facts['size'])} of tables and indexes")
    began = time.monotonic()

    def watch() -> None:
        progress(f"  {size_text(size_of(part))} written after {time.monotonic() - began:.0f} s")

    words = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={facts['snapshot']}", "--file", str(part)]
    await tools.run("pg_dump", words, url, watch)
    await transaction.rollback()
    tools.check(part)
    size = size_of(part)
    return Manifest(
        deployment=facts["deployment"],
        epoch=facts["epoch"],
        migrations=list(facts["migrations"]),
        taken_at=facts["taken_at"],
        server=facts["server"],
        carewire=importlib.metadata.version("carewire"),
        secret=fingerprint_of(settings.secret),
        outlives=kept,
        bytes=size,
        sha256=digest_of(part, size),
    )
