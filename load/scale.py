"""What a ping, a command, a delivery and a hint cost, on one worker, two workers and two nodes: `python -m load.scale`.

Processor time is read from the kernel for each process of the server, so that the figures hold on a machine that has
other things to do; rates are told beside them for what they are worth. docs/guide/scale.md has the figures.
"""

import asyncio
import itertools
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import uvloop

from carewire.actor import Actor
from carewire.bus.frame import Frame, Stored
from carewire.client import Client
from carewire.discovery import discover
from carewire.embedded import Postgres, Valkey
from carewire.embedded.process import children_of, spawn, stat_fields
from carewire.node import Node
from carewire.settings import Settings, variable_of
from carewire.store.migrate import migrate
from carewire.store.outbox import Left
from carewire.up import gateway_log, wait_until_ready
from channels.identity import demo
from channels.seed import seed
from load.server import _free_port, _new_folder

SECONDS: Final = 5.0
PEOPLE: Final = 12
LISTENERS: Final = 200
HINTS: Final = 20_000
TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
SECRET: Final = secrets.token_urlsafe(48)
NOW: Final = datetime.now(UTC)
FAR: Final = NOW + timedelta(days=1)
TOPIC: Final = f"account:{demo.PRIYA.account_id}"


class Setup(NamedTuple):
    """A way to serve: how many processes of how many nodes."""

    name: str
    nodes: int
    workers: int


SETUPS: Final = (Setup("1 worker", 1, 1), Setup("2 workers", 1, 2), Setup("2 nodes", 2, 1))


class Served(NamedTuple):
    """Running gateways: where to connect, and the processes by what they are."""

    urls: list[str]
    processes: dict[str, list[int]]


def cpu_s(pids: list[int]) -> float:
    """Processor time of these processes so far, with that of their children that ended."""
    told = [fields for pid in pids if (fields := stat_fields(pid)) is not None]
    return sum(sum(int(ticks) for ticks in fields[11:15]) for fields in told) * TICK_S


@asynccontextmanager
async def serve(setup: Setup, postgres: Postgres, valkey: Valkey, folder: Path) -> AsyncIterator[Served]:
    """Gateways as an operator starts them."""
    urls, gateways, children = [], [], []
    try:
        for number in range(1, setup.nodes + 1):
            settings = Settings(port=_free_port(), data=folder, secret=SECRET, node=f"node-{number}")
            env = {name: value for name, value in os.environ.items() if not name.startswith("CAREWIRE_")}
            env |= {variable_of(name): str(getattr(settings, name)) for name in ("port", "data", "secret", "node")}
            env |= {"CAREWIRE_DATABASE_URL": postgres.url, "CAREWIRE_REDIS_URL": valkey.url, "CAREWIRE_LOG": "warning"}
            env["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
            words = (sys.executable, "-m", "carewire", "serve", "--workers", str(setup.workers))
            child = spawn(words, log=gateway_log(settings), env=env)
            children.append(child)
            await wait_until_ready(settings, child)
            await asyncio.sleep(3 * (setup.workers - 1))  # the others listen when they are ready
            urls.append(settings.public_ws)
            gateways += children_of(child.pid) if setup.workers > 1 else [child.pid]
        yield Served(urls, {"gateway": gateways, "valkey": [valkey.pid], "postgres": [postgres.pid]})
    finally:
        for child in children:
            child.terminate()
        for child in children:
            await asyncio.to_thread(child.wait, 60)


async def log_in(url: str, phone: str, name: str) -> Client:
    cw = Client(url)
    await cw.open()
    await cw.call("auth.otp_send", phone=phone)
    while not (letters := await cw.call("dev.mailbox", to=phone, limit=1)):
        pass  # the letter follows the commit; each look is a round trip
    code = re.search(r"\b\d{6}\b", letters[0]["body"])
    assert code is not None
    await cw.login_with_code(phone, code[0], name=name)
    return cw


class Count:
    """How many frames came on a socket."""

    def __init__(self) -> None:
        self.frames = 0


async def listen(url: str, token: str, count: Count) -> Client:
    """A client that follows the topic and only counts."""

    class Counting(Client):
        def _hear(self, wire: Any, name: str, params: dict[str, Any]) -> None:
            count.frames += 1

    cw = Counting(url, access_token=token)
    await cw.open()
    await cw.subscribe(TOPIC)
    return cw


async def measure(setup: Setup, served: Served) -> None:
    """Pings, commands, deliveries: each for a few seconds, closed loop."""
    spread = itertools.cycle(served.urls)
    run = secrets.randbelow(10_000)
    people = [await log_in(next(spread), f"+9197{run:04d}{n:04d}", f"P {n}") for n in range(PEOPLE)]
    priya = await log_in(served.urls[0], demo.PRIYA.phone, "Priya")

    async def phase(name: str, work: Any, units: Any) -> None:
        database = served.processes["postgres"][:1]
        served.processes["postgres"] = [*database, *children_of(database[0])]  # a connection is a process
        before = {what: cpu_s(pids) for what, pids in served.processes.items()}
        began, first = time.monotonic(), units()
        await asyncio.gather(*work)
        took, done = time.monotonic() - began, units() - first
        spent = {what: (cpu_s(pids) - before[what]) / max(done, 1) * 1e6 for what, pids in served.processes.items()}
        costs = ", ".join(f"{what} {us:7.1f} µs" for what, us in spent.items())
        print(f"{setup.name:10} {name:10} {done / took:9.0f}/s   {costs}", flush=True)

    done = Count()

    async def repeat(cw: Client, method: str, make: Any) -> None:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            await make(cw, method)
            done.frames += 1

    async def ping(cw: Client, method: str) -> None:
        await cw.query(method)

    async def update(cw: Client, method: str) -> None:
        await cw.command(method, name=secrets.token_hex(6))

    await phase("ping", [repeat(cw, "socket.ping", ping) for cw in people], lambda: done.frames)
    await phase("command", [repeat(cw, "profile.update", update) for cw in people], lambda: done.frames)
    count = Count()
    token = str(priya.access_token)
    ears = [await listen(next(spread), token, count) for _ in range(LISTENERS)]
    await phase("delivery", [repeat(priya, "profile.update", update)], lambda: count.frames)
    await asyncio.gather(*(cw.close() for cw in (*people, *ears, priya)))


class Sink:
    """A listener of a hub that only counts."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.frames = 0
        self.enough = asyncio.Event()

    direct = None

    def deliver(self, frame: Frame) -> None:
        """An event."""
        self.frames += 1
        if self.frames >= HINTS:
            self.enough.set()

    def notify(self, method: str, params: bytes) -> None:
        """Nothing is expected."""
        raise AssertionError(method)


async def hear_hints(database_url: str, redis_url: str) -> None:
    """The second node: hears all hints and says what that took. Run as a process of its own."""
    node = await hub_alone(database_url, redis_url)
    actor = Actor(
        id=demo.PRIYA.account_id, login_id=demo.PRIYA.account_id, capacities=frozenset({"patient"}), expires_at=FAR
    )
    sink: Any = Sink(actor)
    (await node.hub.subscribe(sink, TOPIC, None, None)).go_live()
    print("ready", flush=True)
    began = time.process_time()
    await asyncio.wait_for(sink.enough.wait(), 60)
    print((time.process_time() - began) / HINTS * 1e6, flush=True)
    os._exit(0)


async def hub_alone(database_url: str, redis_url: str | None) -> Node:
    discover("channels")
    node = Node(Settings(secret=SECRET, database_url=database_url, redis_url=redis_url))
    await node.start()
    return node


async def tell_hints(database_url: str, redis_url: str | None) -> float:
    """Microseconds of this process per published event: everything after COMMIT."""
    node = await hub_alone(database_url, redis_url)
    async with node.db.snapshot() as tx:
        last = await tx.fetchval('SELECT coalesce(max("offset"), 0) FROM topic_head WHERE topic = $1', TOPIC)
    payload = msgspec.json.encode({"profile": {"name": "x" * 200}})
    began = time.process_time()
    for n in range(HINTS):
        node.publish(
            Left(events=[Stored(TOPIC, last + 1 + n, "profile:updated", NOW, payload)], conflated=[], jobs=False)
        )
        if n % 4 == 3:  # a busy node commits a few transactions in each turn of its loop
            await asyncio.sleep(0)
    await asyncio.sleep(0.2)
    spent = time.process_time() - began
    await node.stop()
    return spent / HINTS * 1e6


async def second_node(postgres: Postgres, valkey: Valkey) -> None:
    """What another node costs: the one that publishes, and the one that forwards."""
    alone = await tell_hints(postgres.url, None)
    unheard = await tell_hints(postgres.url, valkey.url)
    ear = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "load.scale", "hear", postgres.url, valkey.url),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert ear.stdout is not None
    while (await ear.stdout.readline()).strip() != b"ready":
        pass  # its log comes first
    before = cpu_s([valkey.pid])
    heard = await tell_hints(postgres.url, valkey.url)
    forwarded = float(await ear.stdout.readline())
    at_valkey = (cpu_s([valkey.pid]) - before) / HINTS * 1e6
    print(f"per event: published without a bus {alone:.1f} µs, with one {unheard:.1f} to {heard:.1f} µs")
    print(f"           forwarded by the other node {forwarded:.1f} µs, Valkey in between {at_valkey:.1f} µs")


async def main() -> None:
    """All of it, about a minute and a half."""
    folder = _new_folder()
    print(f"{os.cpu_count()} cores shared by everything, {socket.gethostname()}: load {os.getloadavg()[0]:.1f}")
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(Postgres(folder))
        valkey = await stack.enter_async_context(Valkey(folder))
        await migrate(postgres.url)
        await seed(postgres.url, Settings(secret=SECRET, database_url=postgres.url))
        await second_node(postgres, valkey)
        for setup in SETUPS:
            async with serve(setup, postgres, valkey, folder) as served:
                await measure(setup, served)


if __name__ == "__main__":
    if sys.argv[1:2] == ["hear"]:
        uvloop.run(hear_hints(*sys.argv[2:]))
    else:
        uvloop.run(main())
