"""A small Redis Cluster on this machine: masters of the embedded Valkey, each behind a line that can be bad."""

import asyncio
import random
import signal
import subprocess
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from carewire.embedded.process import ended, spawn
from carewire.embedded.valkey import ENVIRONMENT, find_program
from tests.faults.proxy import Proxy
from tests.patience import PATIENCE_S
from tests.ports import free_port

SLOTS = 16_384
SILENCE_MS = 1_000


class Master:
    """One server. Clients are told the address of its line, the other servers know its own."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder / f"master-{number}"
        self.port, self.bus_port = free_port(), free_port()
        self.line = Proxy(f"to master {number}", lambda: self.port, random.Random(number))
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where clients find it."""
        return "127.0.0.1", self.line.port

    def admin(self) -> Redis:
        """A client past the line."""
        return Redis(host="127.0.0.1", port=self.port, socket_timeout=5, decode_responses=True)

    async def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        if not self.line.port:
            await self.line.start()
        options = {
            "port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": self.folder,
            "cluster-enabled": "yes", "cluster-port": self.bus_port, "cluster-node-timeout": SILENCE_MS,
            "cluster-require-full-coverage": "no", "cluster-announce-ip": "127.0.0.1",
            "cluster-announce-port": self.line.port, "cluster-announce-bus-port": self.bus_port,
        }  # fmt: skip
        words = [find_program(), *(str(word) for name, value in options.items() for word in (f"--{name}", value))]
        self._child = spawn(words, log=self.folder / "log", env=ENVIRONMENT, when_orphaned=signal.SIGKILL)
        async with asyncio.timeout(PATIENCE_S), self.admin() as admin:
            while True:
                try:
                    await admin.ping()
                    return
                except RedisConnectionError:
                    assert self._child.poll() is None, (self.folder / "log").read_text()
                    await asyncio.sleep(0.01)

    async def kill(self) -> None:
        assert self._child is not None
        self._child.kill()
        await ended(self._child, 10)


class LocalCluster:
    """Masters that own the slots in equal parts."""

    def __init__(self, folder: Path, masters: int = 3) -> None:
        self.masters = [Master(folder, number) for number in range(1, masters + 1)]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"{host}:{port}" for host, port in (m.address for m in self.masters))

    async def __aenter__(self) -> "LocalCluster":
        for master in self.masters:
            await master.start()
        share = -(-SLOTS // len(self.masters))
        for number, master in enumerate(self.masters):
            first = number * share
            await self.ask(master, "CLUSTER", "ADDSLOTSRANGE", first, min(first + share, SLOTS) - 1)
            await self.ask(master, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for master in self.masters[1:]:
            await self.ask(self.masters[0], "CLUSTER", "MEET", "127.0.0.1", master.port, master.bus_port)
        await self.settled()
        return self

    async def settled(self) -> None:
        """Everybody knows everybody, and all slots have a master that is up."""
        async with asyncio.timeout(PATIENCE_S):
            for master in self.masters:
                while True:
                    told = await self.ask(master, "CLUSTER", "INFO")
                    known = dict(line.split(":", 1) for line in told.split("\r\n") if ":" in line)
                    if known["cluster_state"] == "ok" and int(known["cluster_slots_ok"]) == SLOTS:
                        break
                    await asyncio.sleep(0.02)

    async def __aexit__(self, *exc_info: object) -> None:
        for master in self.masters:
            await master.kill()
            await master.line.stop()

    async def ask(self, master: Master, *words: Any) -> Any:
        """A command, past the line."""
        async with master.admin() as admin:
            return await admin.execute_command(*words)

    async def owner(self, key: str) -> Master:
        """The master whose shard this key belongs to, as the first one that lives says."""
        slot = await self.ask(self.masters[0], "CLUSTER", "KEYSLOT", key)
        return await self.owner_of(slot)

    async def owner_of(self, slot: int) -> Master:
        for first, last, at, *_ in await self.ask(self.masters[0], "CLUSTER SLOTS"):
            if first <= slot <= last:
                return next(m for m in self.masters if m.address == tuple(at[:2]))
        raise LookupError(slot)

    async def move(self, slot: int, to: Master) -> None:
        """Give a slot (which holds no keys) to another master."""
        owner = await self.owner_of(slot)
        ids = {m: await self.ask(m, "CLUSTER", "MYID") for m in self.masters}
        await self.ask(to, "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[owner])
        await self.ask(owner, "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[to])
        for master in (to, owner, *self.masters):
            await self.ask(master, "CLUSTER", "SETSLOT", slot, "NODE", ids[to])
