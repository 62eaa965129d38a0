"""Taking a backup: everything of one moment, while writers write."""

import contextlib
import importlib.metadata
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg

from carewire.embedded.process import is_running
from carewire.settings import Settings

from .archive import SUFFIX, Manifest, Progress, digest_of, fingerprint_of, seal, size_text
from .errors import BackupError
from .reach import connected, database
from .tools import find_tools

HOLD_HOUSE: Final = "SELECT pg_advisory_xact_lock_shared(hashtext('carewire_partitions'))"
"""Until the end no partition comes or goes: their locks would wait for the dump, and every writer behind them."""
FACTS: Final = """
SELECT d.id AS deployment, carewire_epoch() AS epoch, now() AS taken_at, pg_export_snapshot() AS snapshot,
       current_setting('server_version_num')::int AS server, pg_database_size(current_database()) AS size,
       ARRAY(SELECT name FROM migration ORDER BY name) AS migrations
  FROM deployment d
"""


async def take(settings: Settings, target: Path | None, progress: Progress) -> Path:
    """Write a backup to `target` (a file that is not there yet, or a folder); answers the file.

    It gets its name when it is whole and on the disk. Raises `BackupError`; then nothing is left behind.
    """
    moment = datetime.now(UTC)
    path = choose(settings, target, moment)
    async with database(settings, progress) as url:
        with aside(path) as part:
            try:
                async with connected(url) as connection:
                    manifest = await dump(connection, settings, url, part, progress)
            except asyncpg.InvalidCatalogNameError as exc:
                raise BackupError("the database does not exist", "correct CAREWIRE_DATABASE_URL") from exc
            seal(part, manifest)
            part.rename(path)
            flush_folder(path.parent)
    progress(f"wrote {path} ({size_text(path.stat().st_size)}), of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    for line in advice(path, settings):
        progress(line)
    return path


async def dump(connection: Any, settings: Settings, url: str, part: Path, progress: Progress) -> Manifest:
    """The database as one snapshot shows it, into `part`; answers what stands in the manifest."""
    try:
        transaction = connection.transaction(isolation="repeatable_read", readonly=True)
        await transaction.start()
        await connection.execute(HOLD_HOUSE)
        facts = await connection.fetchrow(FACTS)
    except asyncpg.UndefinedTableError as exc:
        raise BackupError("the database is not one of Carewire", "carewire migrate") from exc
    except asyncpg.PostgresError as exc:
        raise BackupError(f"the database does not tell its state: {exc}", "back up the primary, as its owner") from exc
    tools = find_tools(settings, facts["server"] // 10_000)
    progress(f"pg_dump {tools.major} reads {size_text(facts['size'])} of tables and indexes")
    began = time.monotonic()

    def watch() -> None:
        progress(f"  {size_text(part.stat().st_size)} written after {time.monotonic() - began:.0f} s")

    words = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={facts['snapshot']}", "--file", str(part)]
    await tools.run("pg_dump", words, url, watch)
    await transaction.rollback()
    tools.check(part)
    size = part.stat().st_size
    return Manifest(
        deployment=facts["deployment"],
        epoch=facts["epoch"],
        migrations=list(facts["migrations"]),
        taken_at=facts["taken_at"],
        server=facts["server"],
        carewire=importlib.metadata.version("carewire"),
        secret=fingerprint_of(settings.secret),
        bytes=size,
        sha256=digest_of(part, size),
    )


def choose(settings: Settings, target: Path | None, moment: datetime) -> Path:
    """The file to be; its folder is made, and writable."""
    name = f"carewire-{moment:%Y%m%dT%H%M%SZ}{SUFFIX}"
    target = settings.backup_folder if target is None else target
    is_folder = target.is_dir() or target == settings.backup_folder or str(target).endswith(os.sep)
    path = (target / name if is_folder else target).absolute()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise BackupError(f"{path.parent} cannot be made: {exc.strerror}", "name another folder") from exc
    if path.exists():
        raise BackupError(f"{path} exists already", "name another file, or a folder")
    return path


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """An empty private file beside `path`, gone afterwards unless it was renamed. Files of killed runs go too."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        for left in path.parent.glob(f".*{SUFFIX}.*.part"):
            if (owner := re.search(r"\.(\d+)\.part$", left.name)) and not is_running(int(owner[1])):
                left.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as exc:
        raise BackupError(
            f"{path.parent} cannot be written: {exc.strerror}", "name another folder, or change its rights"
        ) from exc
    try:
        yield part
    except OSError as exc:
        raise BackupError(f"{path} cannot be written: {exc.strerror}", "free some disk, or name another folder") from exc
    finally:
        part.unlink(missing_ok=True)


def flush_folder(folder: Path) -> None:
    """The new name is on the disk, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def kept(folder: Path) -> list[Path]:
    """Backups in a folder, newest first; empty when it cannot be read."""
    with contextlib.suppress(OSError):
        return sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    return []


def age_of(path: Path) -> timedelta:
    """How long ago a backup was written."""
    return datetime.now(UTC) - datetime.fromtimestamp(path.stat().st_mtime, UTC)


def advice(path: Path, settings: Settings) -> list[str]:
    """What the operator should know now."""
    there = kept(path.parent)
    total = size_text(sum(one.stat().st_size for one in there))
    lines = [
        f"{len(there)} backups in {path.parent}, {total} in all; nothing is removed by itself. Keep 7 daily and 4 weekly,"
        " one of them on another machine"
    ]
    if settings.mode == "development":
        lines.append(f"it opens fully only under the same secret: keep a copy of {settings.data / 'secret'}, elsewhere")
    else:
        lines.append("it opens fully only under the same CAREWIRE_SECRET: keep that, elsewhere")
    return lines

