"""The servers under measurement, as child processes that end with the block."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import msgspec
import redis.asyncio
from websockets.asyncio.client import connect

from carewire.embedded.process import ended, last_lines, send, spawn
from carewire.settings import variable_of
from carewire.up import status_of
from load.bench.contenders import STAMP, Contender, event_json
from load.bench.ground import Ground
from load.bench.install import installed
from load.bench.machine import Unfit, compile_c, cpu_s, free_port, pinned

READY_S = 40.0
STOP_S = 10.0
CAPTURE_S = 5.0
LISTENED, CAPTURED = "listened", "captured"  # of one length: a name may stand behind its length
FLOOR_TOPIC = f"bench.{LISTENED}"


class Server:
    """A running server."""

    def __init__(self, contender: Contender, child: Popen[bytes], port: int, log: Path) -> None:
        self.contender = contender
        self.port = port
        self.pid = child.pid
        self._child = child
        self._log = log
        self._mark = (time.monotonic(), 0.0)

    def check(self) -> None:
        """Raises `Unfit` when it ended by itself."""
        if self._child.poll() is not None:
            raise Unfit(f"the server ended (status {self._child.returncode}): {last_lines(self._log)}")

    def mark_cpu(self) -> None:
        """Begin to count its processor time."""
        self._mark = (time.monotonic(), cpu_s(self.pid))

    def cpu(self) -> float:
        """Its share of one core since the mark."""
        since, used = self._mark
        return (cpu_s(self.pid) - used) / max(time.monotonic() - since, 1e-6)


@asynccontextmanager
async def running(contender: Contender, ground: Ground, home: Path, core: int | None) -> AsyncIterator[Server]:
    """The contender's server on a free port, ready for sockets."""
    port = free_port()
    log = ground.folder / f"{contender.name}.log"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CAREWIRE_", "PYTHON"))}
    cwd: Path | None = None
    if contender.kind == "ours":
        command: list[str | Path] = [sys.executable, "-m", "carewire", "serve"]
        env |= own_env(ground, port)
    elif contender.kind == "floor":
        command = [compile_c("floor", home), str(port), ground.redis_socket, FLOOR_TOPIC]
    else:
        command, cwd = await installed(contender, home)
        env |= {**ground.peer_env(), "PORT": str(port), "NODE_ENV": "production"}
    child = spawn(pinned(absolute(command), core), log=log, env=env, cwd=cwd, when_orphaned=signal.SIGKILL)
    try:
        server = Server(contender, child, port, log)
        await wait_until_ready(server, ground)
        yield server
        server.check()
    finally:
        send(child.pid, signal.SIGINT)
        if not await ended(child, STOP_S):
            child.kill()
            child.wait()


def absolute(command: list[str | Path]) -> list[str]:
    words = [str(word) for word in command]
    return [str(Path(words[0]).absolute()), *words[1:]]


def own_env(ground: Ground, port: int) -> dict[str, str]:
    """The same settings as an operator gives; only the bench commands are added."""
    names = ("data", "database_url", "redis_url", "secret", "access_ttl_s")
    env = {variable_of(name): str(getattr(ground.settings, name)) for name in names}
    paths = os.pathsep.join(filter(None, (str(Path(path).absolute()) for path in sys.path)))
    return {**env, variable_of("port"): str(port), variable_of("bench"): "1", "PYTHONPATH": paths}


async def wait_until_ready(server: Server, ground: Ground) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        server.check()
        if server.contender.kind == "ours":
            settings = msgspec.structs.replace(ground.settings, port=server.port)
            if await asyncio.to_thread(status_of, settings, "/api/v1/health/ready") == 200:
                return
        else:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                    return
        await asyncio.sleep(0.05)
    raise Unfit(f"not ready within {READY_S:.0f} s")


async def capture(server: Server, ground: Ground) -> bytes:
    """What goes over Redis when this server publishes by its own idiom, as a RESP command with a place for the time.

    The load client repeats it: no publisher of the peer can hold the measurement up. The topic is another one than
    is measured, so that the captured event itself reaches no listener, however late.
    """
    topic = server.contender.topic(CAPTURED)
    wire = server.contender.wire
    if wire.emit is None:
        return resp(b"PUBLISH", FLOOR_TOPIC.encode(), event_json().encode())
    request = wire.emit.replace("{topic}", topic).replace("{event}", event_json())
    bus = redis.asyncio.Redis.from_url(ground.valkey.url)
    async with bus, bus.pubsub() as ear:
        await ear.psubscribe("*")
        await ear.get_message(timeout=CAPTURE_S)
        async with connect(f"ws://127.0.0.1:{server.port}{wire.path}", compression=None, proxy=None) as socket_:
            for kind, text in [*wire.hello, *wire.subscriptions([topic])]:
                await (socket_.send(text) if kind == "send" else until(socket_, text))
            await socket_.send(request)
            deadline = time.monotonic() + CAPTURE_S
            while time.monotonic() < deadline:
                message: Any = await ear.get_message(ignore_subscribe_messages=True, timeout=0.2)
                if message and STAMP.encode() in message["data"]:
                    return resp(b"PUBLISH", readdressed(message["channel"]), readdressed(message["data"]))
    raise Unfit("publishes nothing over Redis")


def readdressed(raw: bytes) -> bytes:
    """The same for the topic that is listened to; Litestar writes names in capitals."""
    for before, after in ((CAPTURED, LISTENED), (CAPTURED.upper(), LISTENED.upper())):
        raw = raw.replace(before.encode(), after.encode())
    return raw


async def until(socket_: Any, text: str) -> None:
    """Read frames up to one with this text."""
    while text not in await asyncio.wait_for(socket_.recv(), CAPTURE_S):
        continue


def resp(*words: bytes) -> bytes:
    """A command as RESP2 (Redis serialization protocol)."""
    return b"".join([b"*%d\r\n" % len(words), *(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)])
