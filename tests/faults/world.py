"""Everything that runs in one trial: PostgreSQL, Valkey, two gateways, six proxies, and the way to break each."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from carewire.batch import MEMBERS_MAX
from carewire.embedded import Postgres, Valkey
from carewire.gateway.server import STOP_MAX_S
from carewire.settings import Settings
from carewire.store.migrate import migrate
from tests.faults import ledger
from tests.faults.proxy import Address, Proxy
from tests.patience import PATIENCE_S
from tests.ports import free_port

SECRET: Final = "a secret for the delivery checker, long enough to be taken"
SWITCHES: Final = ("gap_healing", "receipt_claim", "ordering", "sweep", "root_lock", "epoch_check", "rights_watch")
"""Parts of a gateway that `tests.faults.gateway` can switch off."""
ALARMS: Final = {"audit_unsealed", "audit_unwritten"}
"""What a healthy node logs as an error while the database is away or held: an audit sealed late, which is checked at
the end, and one that could not be written, whose caller was refused."""
READY_S: Final = 60.0
ROOT: Final = Path(__file__).resolve().parents[2]


class Gateway:
    """A process of `tests.faults.gateway`, always on the same port, behind its three proxies."""

    def __init__(self, world: "World", number: int, rng: random.Random, *, ws: str, batch: int) -> None:
        self.name = f"g{number}"
        self.ws = ws
        self.batch = batch
        self.world = world
        self.port = free_port()
        self.log = world.folder / f"{self.name}.log"
        self.to_postgres = Proxy(f"{self.name}-postgres", world.postgres_socket, rng)
        self.to_valkey = Proxy(f"{self.name}-valkey", world.valkey_socket, rng, hints=True)
        self.front = Proxy(f"{self.name}-clients", self._address, rng, thin=True)
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
            "CAREWIRE_BATCH": str(self.batch),
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

    async def ended(self) -> int | None:
        """Its exit status."""
        return None if self._child is None else await self._child.wait()

    async def retire(self) -> None:
        """SIGTERM, and it must be gone within what is promised, and well."""
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_MAX_S):
                status = await self.ended()
        except TimeoutError:
            self.world.problems.append(f"{self.name} was told to end and runs on after {STOP_MAX_S:.0f} s")
            await self.kill()
        else:
            if status:
                self.world.problems.append(f"{self.name} was told to end and ended with {status}")

    def arm(self, what: str, point: str, for_s: float) -> None:
        """Have it `kill` or `stop` itself `before` or `after` its next COMMIT that tells something, if one comes in
        time: an order left over would freeze it when nobody is there any more to let it go on."""
        if self._child is not None and self._child.stdin is not None:
            with contextlib.suppress(OSError):
                self._child.stdin.write(f"{what} {point} {time.monotonic() + for_s}\n".encode())

    def errors(self) -> list[str]:
        """What it logged as an error, whatever the clients noticed of it."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            with contextlib.suppress(msgspec.DecodeError):
                entry = msgspec.json.decode(line)
                if isinstance(entry, dict) and entry.get("level") == "error" and entry.get("event") not in ALARMS:
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

    def __init__(self, seed: int, *, without: Iterable[str] = (), batch: int | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cw-faults-"))
        self.folder.chmod(0o755)
        self.without = tuple(without)
        # A crash must keep what was committed: the usual haste of test servers would lose the last 200 ms.
        self.postgres = Postgres(self.folder, fsync=False, settings={"synchronous_commit": "on"})
        self.standby = Postgres(self.folder / "standby", fsync=False, settings={"synchronous_commit": "on"})
        self.replication = Proxy("replication", self.postgres_socket, random.Random(seed))
        self.problems: list[str] = []
        """What gateways did that they must never do."""
        self.lost = 0
        """Events that were committed, and told, and are in no database since a restore or a failover."""
        self.valkey = Valkey(self.folder)
        self.postgres_lock, self.valkey_lock = asyncio.Lock(), asyncio.Lock()
        # In every third seed no commands share a transaction, in every second one writes by the ordinary ASGI way.
        batch = (0 if seed % 3 == 0 else MEMBERS_MAX) if batch is None else batch
        self.gateways = [
            Gateway(
                self,
                n,
                random.Random(f"{seed}/proxy/{n}"),
                ws="stock" if (n, seed % 2) == (2, 0) else "raw",
                batch=batch,
            )
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
        """`carewire backup`, while everybody works."""
        async with self.postgres_lock:
            await self._carewire("backup", str(self.folder / "world.backup"))

    async def restore(self) -> None:
        """`carewire restore` with everybody connected; they keep their logins."""
        async with self.postgres_lock:
            told = await self.heads()
            options = ("--force", "--replace", "--drop-old", "--keep-logins")
            await self._carewire("restore", str(self.folder / "world.backup"), *options)
            self.lost += await self._missing(told)

    async def stand_by(self) -> None:
        """A second server that follows the first over a link of its own."""
        async with self.postgres_lock:
            await self.replication.start()
            owner = self.postgres.cluster.stat()
            self.standby.data_dir.mkdir(mode=0o755)
            link = f"host=127.0.0.1 port={self.replication.port} user=carewire sslmode=disable gssencmode=disable"
            await run(
                self.postgres.programs() / "pg_basebackup", "-d", link, "-D", self.standby.cluster, "-R", "-c", "fast"
            )
            await run("chown", "-R", f"{owner.st_uid}:{owner.st_gid}", self.standby.cluster)
            await self.standby.start()
            await self._followed()

    async def _followed(self) -> None:
        """Wait until the standby has what the first server has now."""
        async with asyncio.timeout(PATIENCE_S):
            first, second = await asyncpg.connect(self.postgres.url), await asyncpg.connect(self.standby.url)
            try:
                here = await first.fetchval("SELECT pg_current_wal_lsn()")
                while not await second.fetchval("SELECT pg_last_wal_replay_lsn() >= $1", here):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)  # PostgreSQL 18 tells nobody; 19 has WAIT FOR LSN
            finally:
                await first.close()
                await second.close()

    def cut_standby(self) -> None:
        """What is committed from now on the standby never hears of."""
        self.replication.refuse(True)
        self.replication.cut()

    async def fail_over(self) -> None:
        """The first server is gone; the second takes over with what it has, and gateways find it at the old address."""
        async with self.postgres_lock:
            told = await self.heads()
            await self.postgres.kill()
            connection = await asyncpg.connect(self.standby.url)
            try:
                assert await connection.fetchval("SELECT pg_promote(true, 30)")
            finally:
                await connection.close()
            self.postgres, self.standby = self.standby, self.postgres
            self.lost += await self._missing(told)

    async def _missing(self, told: dict[str, int]) -> int:
        """How many events of before the database does not know; those made since count as known."""
        now = await self.heads()
        return sum(max(0, offset - now.get(topic, 0)) for topic, offset in told.items())

    async def _carewire(self, *words: str) -> None:
        env = os.environ | {
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "CAREWIRE_DATABASE_URL": self.postgres.url,
            "CAREWIRE_SECRET": SECRET,
            "CAREWIRE_DATA": str(self.folder),
        }
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "carewire", *words, env=env, cwd=ROOT, stdout=DEVNULL, stderr=PIPE
        )
        _, said = await child.communicate()
        if child.returncode != 0:
            raise RuntimeError(f"carewire {words[0]}: {said.decode()}")

    async def heads(self) -> dict[str, int]:
        """Where every topic stands now."""
        connection = await asyncpg.connect(self.postgres.url)
        try:
            return {row["topic"]: row["offset"] for row in await connection.fetch("SELECT * FROM topic_head")}
        finally:
            await connection.close()

    async def close(self, *, keep: bool = False) -> None:
        """End everything that was started here."""
        for gateway in self.gateways:
            await gateway.kill()
            for proxy in gateway.proxies:
                await proxy.stop()
        await self.replication.stop()
        await self.valkey.stop()
        for server in (self.postgres, self.standby):
            await server.kill()
            await server.stop()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


async def run(*words: str | Path) -> None:
    """A program of somebody else, to its good end."""
    child = await asyncio.create_subprocess_exec(*words, stdout=DEVNULL, stderr=PIPE)
    _, said = await child.communicate()
    if child.returncode != 0:
        raise RuntimeError(f"{words[0]}: {said.decode()}")


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
