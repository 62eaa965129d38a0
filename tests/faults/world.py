"""Everything that runs in one trial: PostgreSQL, Valkey, two gateways, six proxies, and the way to break each."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from carewire.embedded import Postgres, Valkey
from carewire.settings import Settings
from carewire.store.migrate import migrate
from tests.faults import ledger
from tests.faults.proxy import Address, Proxy

SECRET: Final = "a secret for the delivery checker, long enough to be taken"
SWITCHES: Final = ("gap_healing", "receipt_claim", "ordering", "sweep", "root_lock", "epoch_check", "rights_watch")
"""Parts of a gateway that `tests.faults.gateway` can switch off."""
READY_S: Final = 60.0
ROOT: Final = Path(__file__).resolve().parents[2]


class Gateway:
    """A process of `tests.faults.gateway`, always on the same port, behind its three proxies."""

    def __init__(self, world: "World", number: int, rng: random.Random, *, ws: str) -> None:
        self.name = f"g{number}"
        self.ws = ws
        self.world = world
        self.port = free_port()
        self.log = world.folder / f"{self.name}.log"
        self.to_postgres = Proxy(f"{self.name}-postgres", world.postgres_socket, rng)
        self.to_valkey = Proxy(f"{self.name}-valkey", world.valkey_socket, rng, hints=True)
        self.front = Proxy(f"{self.name}-clients", self._address, rng)
        self.lock = asyncio.Lock()
        self.starts = 0
        self._child: asyncio.subprocess.Process | None = None

    def _address(self) -> Address:
        return self.port

    @property
    def proxies(self) -> tuple[Proxy, Proxy, Proxy]:
        return (self.front, self.to_postgres, self.to_valkey)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"ws://127.0.0.1:{self.front.port}/ws"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.returncode is None

    async def start(self) -> None:
        """Spawn and wait until it is ready for traffic."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("CAREWIRE_")} | {
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "CAREWIRE_DATABASE_URL": f"postgresql://carewire@127.0.0.1:{self.to_postgres.port}/carewire?sslmode=disable",
            "CAREWIRE_REDIS_URL": f"redis://127.0.0.1:{self.to_valkey.port}",
            "CAREWIRE_SECRET": SECRET,
            "CAREWIRE_DATA": str(self.world.folder),
            "CAREWIRE_PORT": str(self.port),
            "CAREWIRE_NODE": f"{self.name}-{self.starts}",
            "CAREWIRE_POOL": "6",
            "CAREWIRE_WS": self.ws,
            "CAREWIRE_ACCESS_TTL_S": "3600",
            "FAULTS_WITHOUT": " ".join(self.world.without),
        }
        self.starts += 1
        with self.log.open("ab") as out:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.faults.gateway", stdin=asyncio.subprocess.PIPE, stdout=out, stderr=out,
                env=env, cwd=ROOT,
            )  # fmt: skip
        await self._wait_until_ready()

    async def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if not self.running:
                break
            if await answers(self.port):
                return
            await asyncio.sleep(0.05)
        raise RuntimeError(f"{self.name} did not become ready: {self.log.read_text()[-2000:]}")

    async def start_for_sure(self) -> None:
        """Start again until it stands: PostgreSQL may be away at that very moment."""
        deadline = time.monotonic() + READY_S
        while True:
            try:
                await self.start()
                return
            except RuntimeError:
                await self.kill()
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    def send(self, number: signal.Signals) -> None:
        if self._child is not None and self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(number)

    async def kill(self) -> None:
        self.send(signal.SIGKILL)
        await self.ended()

    async def ended(self) -> None:
        if self._child is not None:
            await self._child.wait()

    def arm(self, what: str, point: str) -> None:
        """Have it `kill` or `stop` itself `before` or `after` its next COMMIT that tells something."""
        if self._child is not None and self._child.stdin is not None:
            with contextlib.suppress(OSError):
                self._child.stdin.write(f"{what} {point}\n".encode())

    def errors(self) -> list[str]:
        """What it logged as an error, whatever the clients noticed of it."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            with contextlib.suppress(msgspec.DecodeError):
                entry = msgspec.json.decode(line)
                if isinstance(entry, dict) and entry.get("level") == "error":
                    found.append(f"{self.name} logged {line}")
        return found

    @property
    def frozen(self) -> bool:
        """Is it stopped by SIGSTOP?"""
        if self._child is None:
            return False
        with contextlib.suppress(OSError):
            return Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        return False


class World:
    """See the module. `without` names parts of the gateways that are switched off."""

    def __init__(self, seed: int, *, without: Iterable[str] = ()) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cw-faults-"))
        self.folder.chmod(0o755)
        self.without = tuple(without)
        # A crash must keep what was committed: the usual haste of test servers would lose the last 200 ms.
        self.postgres = Postgres(self.folder, fsync=False, settings={"synchronous_commit": "on"})
        self.valkey = Valkey(self.folder)
        self.postgres_lock, self.valkey_lock = asyncio.Lock(), asyncio.Lock()
        # In every second seed one of them writes by the ordinary ASGI way.
        self.gateways = [
            Gateway(self, n, random.Random(f"{seed}/proxy/{n}"), ws="stock" if (n, seed % 2) == (2, 0) else "raw")
            for n in (1, 2)
        ]

    def postgres_socket(self) -> Address:
        return str(self.postgres.sockets / ".s.PGSQL.5432")

    def valkey_socket(self) -> Address:
        return self.valkey.url.removeprefix("unix://")

    @property
    def settings(self) -> Settings:
        """As a gateway's, for signing tokens and for reading the database directly."""
        return Settings(secret=SECRET, database_url=self.postgres.url, data=self.folder, access_ttl_s=3600)

    async def prepare(self) -> None:
        """Servers and schema; no gateway yet."""
        await asyncio.gather(self.postgres.start(), self.valkey.start())
        await migrate(self.postgres.url)
        connection = await asyncpg.connect(self.postgres.url)
        try:
            await connection.execute(ledger.TABLES)
        finally:
            await connection.close()

    async def open(self) -> None:
        """The gateways and their links."""
        for gateway in self.gateways:
            for proxy in gateway.proxies:
                await proxy.start()
        await asyncio.gather(*(gateway.start() for gateway in self.gateways))

    async def heal(self) -> None:
        """Nothing is broken any more."""
        for gateway in self.gateways:
            gateway.send(signal.SIGCONT)
            for proxy in gateway.proxies:
                proxy.mischief = None
                proxy.refuse(False)
                proxy.thaw()
        async with self.postgres_lock:
            await self.postgres.start()
        async with self.valkey_lock:
            await self.valkey.start()
        for gateway in self.gateways:
            async with gateway.lock:
                if not gateway.running:
                    await gateway.start_for_sure()

    async def back_up(self) -> None:
        """A copy of the database's files as they are at this moment (it takes a crash to hold them still)."""
        async with self.postgres_lock:
            await self.postgres.kill()
            await copy(self.postgres.cluster, self.folder / "backup")
            await self.postgres.start()

    async def restore(self) -> None:
        """The database is the one of the backup, and says so by its epoch before anybody can reach it."""
        async with self.postgres_lock:
            for gateway in self.gateways:
                gateway.to_postgres.refuse(True)
            await self.postgres.kill()
            shutil.rmtree(self.postgres.cluster)
            await copy(self.folder / "backup", self.postgres.cluster)
            await self.postgres.start()
            connection = await asyncpg.connect(self.postgres.url)
            try:
                await connection.execute("UPDATE deployment SET restores = restores + 1")
            finally:
                await connection.close()
            for gateway in self.gateways:
                gateway.to_postgres.refuse(False)

    async def close(self, *, keep: bool = False) -> None:
        """End everything that was started here."""
        for gateway in self.gateways:
            await gateway.kill()
            for proxy in gateway.proxies:
                await proxy.stop()
        await self.valkey.stop()
        await self.postgres.kill()
        await self.postgres.stop()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


async def copy(source: Path, target: Path) -> None:
    """A folder with owners and rights: the server runs as another user."""
    child = await asyncio.create_subprocess_exec("cp", "-a", source, target)
    if await child.wait() != 0:
        raise RuntimeError(f"cannot copy {source}")


async def answers(port: int) -> bool:
    """Does a gateway on this port say it is ready?"""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"GET /api/v1/health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
