"""A server of one's own for a replay: real PostgreSQL, real Valkey, and the gateway as a child process."""

import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from carewire.embedded import Postgres, Valkey
from carewire.embedded.process import ended, send, spawn
from carewire.settings import Settings, variable_of
from carewire.store.migrate import migrate
from carewire.up import gateway_log, wait_until_ready
from channels.queue.demo import ZONE
from channels.seed import seed

DRAIN_S = 20.0

Say = Callable[[str], None]


@asynccontextmanager
async def own_server(rate: float, starts_at: datetime, say: Say) -> AsyncIterator[str]:
    """A fresh deployment whose product clock reads `starts_at` about now; answers its socket's address."""
    folder = _new_folder()
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = await stack.enter_async_context(Postgres(folder))
        valkey = await stack.enter_async_context(Valkey(folder))
        settings = Settings(
            port=_free_port(),
            data=folder,
            database_url=postgres.url,
            redis_url=valkey.url,
            secret=secrets.token_urlsafe(48),
            clock_rate=rate,
        )
        await migrate(postgres.url)
        await seed(postgres.url, settings)
        await _set_clock(postgres.url, rate, starts_at)
        say(f"PostgreSQL, Valkey and the demo clinic are in {folder}")
        names = ("port", "data", "database_url", "redis_url", "secret", "clock_rate")
        env = {name: value for name, value in os.environ.items() if not name.startswith("CAREWIRE_")}
        env |= {variable_of(name): str(getattr(settings, name)) for name in names}
        env["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))  # the child finds what we found
        child = spawn(
            (sys.executable, "-m", "carewire", "serve"),
            log=gateway_log(settings),
            env=env,
            when_orphaned=signal.SIGKILL,
        )
        try:
            await wait_until_ready(settings, child)
            say(f"the gateway listens at {settings.public_ws}, its clock runs {rate:g} times as fast as ours")
            yield settings.public_ws
        finally:
            send(child.pid, signal.SIGTERM)
            if not await ended(child, DRAIN_S):
                child.kill()
                child.wait()


async def _set_clock(database_url: str, rate: float, product: datetime) -> None:
    """The product's clock counts from the deployment's birth: a birth further back makes it later now.

    Only a deployment that nobody has used yet may be reborn, and only a running clock can be set so.
    """
    if rate == 1:
        return
    connection = await asyncpg.connect(database_url)
    try:
        real = datetime.now(UTC)
        await connection.execute("UPDATE deployment SET born_at = $1", real - (product - real) / (rate - 1))
    finally:
        await connection.close()


def _new_folder() -> Path:
    """The servers may run as another user and must reach it."""
    folder = Path(tempfile.mkdtemp(prefix="cw-replay-"))
    folder.chmod(0o755)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def next_morning(time_of_day: timedelta, now: datetime) -> datetime:
    """The demo clinic's next such time of day, as an instant."""
    start = datetime.combine(now.astimezone(ZONE), datetime.min.time(), ZONE) + time_of_day
    return (start if start > now else start + timedelta(days=1)).astimezone(UTC)
