"""What a crowd meets: PostgreSQL, Valkey and gateways, each a process of its own."""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from carewire.embedded import Postgres, Valkey
from carewire.embedded.process import ended, last_lines, send, spawn
from carewire.settings import Settings, variable_of
from carewire.store.migrate import migrate
from channels.seed import seed
from load.crowd.member import Member
from load.crowd.people import Line, Person, make_desk, make_people, make_sittings

READY_S: Final = 60.0
STOP_S: Final = 60.0
JOIN_AT_ONCE: Final = 40
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
PASSED: Final = ("database_url", "redis_url", "secret", "port", "node", "data", "log")


class Node:
    """One gateway."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.port = settings.port
        self.log = settings.data / f"{settings.node}.log"
        self._child: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Spawn and wait until it says that it is ready."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("CAREWIRE_")}
        env |= {variable_of(name): str(getattr(self.settings, name)) for name in PASSED}
        env["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        command = (sys.executable, "-m", "carewire", "serve")
        self._child = spawn(command, log=self.log, env=env, when_orphaned=signal.SIGKILL)
        deadline = time.monotonic() + READY_S
        while (await self.get("/api/v1/health/ready", timeout_s=2))[0] != 200:
            if time.monotonic() > deadline or self._child.poll() is not None:
                raise RuntimeError(f"{self.settings.node} did not become ready: {last_lines(self.log)}")
            await asyncio.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """A signal, if it runs."""
        assert self._child is not None
        if self._child.poll() is None:
            send(self._child.pid, number)

    async def ended(self, within_s: float = STOP_S) -> int:
        """Its exit status. Raises `TimeoutError`."""
        assert self._child is not None
        if not await ended(self._child, within_s):
            raise TimeoutError(f"{self.settings.node} runs on")
        return int(self._child.returncode)

    async def stop(self) -> None:
        """By force."""
        if self._child is not None:
            self.send(signal.SIGKILL)
            await self.ended()

    @property
    def rss(self) -> int:
        """Bytes of memory it holds."""
        assert self._child is not None
        return int(Path(f"/proc/{self._child.pid}/statm").read_text().split()[1]) * PAGE_BYTES

    async def get(self, path: str, *, timeout_s: float = 10) -> tuple[int, str]:
        """Status and body of a page; 0 when it does not answer in time."""
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                    head = await reader.readline()
                    return int(head.split()[1]), (await reader.read()).decode(errors="replace")
                finally:
                    writer.close()
        except (OSError, TimeoutError, IndexError):
            return 0, ""

    async def metric(self, name: str) -> float:
        """The sum of a metric's samples that begin so (name, or name and labels)."""
        lines = (await self.get("/metrics"))[1].splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


class World:
    """Everything that runs. `nodes` are started by `open_world`."""

    def __init__(self, base: Settings, postgres: Postgres, nodes: list[Node]) -> None:
        self.base, self.postgres, self.nodes = base, postgres, nodes
        self.lines: list[Line] = []
        self.desk: Member

    @property
    def ports(self) -> list[int]:
        """Where clients connect."""
        return [node.port for node in self.nodes]

    async def make_lines(self, number: int, tokens: int, *, desk_on: int = -1) -> None:
        """Open that many lines with so many people waiting in each, entered by a desk that stays at its node."""
        person = await make_desk(self.postgres.url, self.base)
        self.desk = Member(person, [self.nodes[desk_on].port])
        await self.desk.join()
        for session in await make_sittings(self.postgres.url, number):
            entered = [
                await self.desk.command("queue.walk_in", {"session_id": str(session), "name": f"Waiting {n}"})
                for n in range(tokens)
            ]
            self.lines.append(Line(session, [UUID(view["id"]) for view in entered]))

    async def people(self, number: int, *, own_topic: bool = True) -> list[Person]:
        """So many accounts over all lines."""
        return await make_people(self.postgres.url, self.base, self.lines, number, own_topic=own_topic)


async def join_all(members: list[Member]) -> None:
    """Everybody's first socket, some at a time."""
    gate = asyncio.Semaphore(JOIN_AT_ONCE)

    async def one(member: Member) -> None:
        async with gate:
            await member.join()

    await asyncio.gather(*(one(member) for member in members))


@asynccontextmanager
async def open_world(nodes: int) -> AsyncIterator[World]:
    """Servers, schema, the demo clinic, and gateways that are ready. All ends and goes with the block."""
    folder = _new_folder()
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = await stack.enter_async_context(Postgres(folder))
        valkey = await stack.enter_async_context(Valkey(folder))
        base = Settings(
            data=folder, database_url=postgres.url, redis_url=valkey.url, secret=secrets.token_urlsafe(48), log="info"
        )
        await migrate(postgres.url)
        await seed(postgres.url, base)
        world = World(base, postgres, [])
        for number in range(nodes):
            node = Node(_at(base, number))
            stack.push_async_callback(node.stop)
            world.nodes.append(node)
        await asyncio.gather(*(node.start() for node in world.nodes))
        yield world


def _new_folder() -> Path:
    """The servers may run as another user and must reach it."""
    folder = Path(tempfile.mkdtemp(prefix="cw-crowd-"))
    folder.chmod(0o755)
    return folder


def _at(base: Settings, number: int) -> Settings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return replace(base, port=probe.getsockname()[1], node=f"crowd-{'ab'[number]}")
