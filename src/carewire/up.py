"""`carewire up`: everything a live clinic needs, started in order, told line by line, stopped in reverse."""

import asyncio
import errno
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import msgspec

from carewire.embedded import EmbeddedError, Postgres, Valkey
from carewire.embedded.places import Lock
from carewire.embedded.process import ended, last_lines, send, spawn
from carewire.settings import Settings, variable_of
from carewire.store.migrate import MigrationError, migrate

READY_PATH = "/api/v1/health/ready"
READY_S = 60.0
DRAIN_S = 20.0
LEFTOVER_S = 1.0  # the gateway of a run that was just killed may need a moment to end
POLL_S = 0.05
WATCH_S = 0.25
PAGES = (("/display", "waiting-room display"), ("/console", "console"), ("/docs", "reference of the wire"))

Seed = Callable[[str, Settings], Awaitable[str | None]]
Child = Popen[bytes]


class UpError(RuntimeError):
    """A step that failed, in one line with its mend."""


class Progress:
    """Lines with the time since the start, on stderr; what a person needs afterwards goes to stdout."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def step(self, text: str) -> None:
        self.tell(f"[{time.monotonic() - self._began:5.1f} s] {text}")

    def tell(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


def run(settings: Settings, seed: Seed, gateway: Sequence[str]) -> int:
    """Serve until a signal: 0 after an orderly end, 1 with one line when something failed.

    `gateway` is the command of the server; it finds its databases in its environment.
    """
    progress = Progress()
    try:
        asyncio.run(until_signal(bring_up(settings, seed, gateway, progress), progress))
    except (EmbeddedError, MigrationError, UpError) as exc:
        progress.tell(f"carewire: {exc}")
        return 1
    return 0


async def until_signal(work: Coroutine[Any, Any, None], progress: Progress) -> None:
    """The work, cancelled by the first signal; its clean-up then runs to the end, whatever else is pressed."""
    task = asyncio.create_task(work)
    asked = False

    def stop() -> None:
        nonlocal asked
        if not asked:
            asked = True
            progress.step("stopping")
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not asked:
            raise
        progress.step("stopped")


async def bring_up(settings: Settings, seed: Seed, gateway: Sequence[str], progress: Progress) -> None:
    async with AsyncExitStack() as stack:
        if settings.database_url is None or settings.redis_url is None:
            # Before the port: "already running" says more than "port busy".
            stack.enter_context(held(settings.data))
        await check_port(settings)
        settings, servers = await start_servers(settings, stack, progress)
        database_url = settings.database_url or ""
        try:
            ran = await migrate(database_url)
            progress.step(f"schema up to date ({len(ran)} migrations ran)" if ran else "schema up to date")
            hint = await seed(database_url, settings)
        except OSError as exc:
            raise UpError(f"the database cannot be reached: {exc}; mend: check CAREWIRE_DATABASE_URL") from exc
        progress.step("demo clinic in place")
        child = await stack.enter_async_context(running_gateway(settings, gateway))
        await wait_until_ready(settings, child)
        progress.step(f"gateway runs (pid {child.pid}, log: {gateway_log(settings)})")
        await show(settings, hint)
        await watch(settings, child, servers)


@contextmanager
def held(data: Path) -> Any:
    """The data folder, for us alone."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = Lock(data.absolute() / "up.lock")
        lock.take()
    except OSError as exc:
        raise UpError(f"{data} cannot hold data: {exc.strerror}; mend: CAREWIRE_DATA=another-folder") from exc
    try:
        yield
    finally:
        lock.drop()


async def check_port(settings: Settings) -> None:
    """Fail early and clearly, rather than after all servers are up."""
    deadline = time.monotonic() + LEFTOVER_S
    while (problem := bind_problem(settings.host, settings.port)) is not None:
        if problem.errno != errno.EADDRINUSE:
            raise UpError(
                f"cannot listen on {settings.host}:{settings.port}: {problem.strerror or problem}; "
                "mend: set CAREWIRE_HOST to an address of this machine and CAREWIRE_PORT above 1023"
            )
        if time.monotonic() > deadline:
            above = range(settings.port + 1, min(settings.port + 50, 65_536))
            free = next((port for port in above if bind_problem(settings.host, port) is None), 18_000)
            raise UpError(
                f"port {settings.port} is busy; mend: CAREWIRE_PORT={free} make up, or stop the program that holds it"
            )
        await asyncio.sleep(POLL_S)


def bind_problem(host: str, port: int) -> OSError | None:
    """Why a server could not listen there now, None when it could."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            return exc
    return None


async def start_servers(
    settings: Settings, stack: AsyncExitStack, progress: Progress
) -> tuple[Settings, list[Postgres | Valkey]]:
    """Embedded servers for what the environment does not name."""
    servers: list[Postgres | Valkey] = []
    if settings.database_url is None:
        postgres = Postgres(settings.data, say=progress.step)
        progress.step(f"PostgreSQL {'starts' if postgres.cluster.exists() else 'is made'} in {postgres.cluster}")
        servers.append(await stack.enter_async_context(postgres))
        settings = msgspec.structs.replace(settings, database_url=postgres.url)
    if settings.redis_url is None:
        valkey = Valkey(settings.data, say=progress.step)
        servers.append(await stack.enter_async_context(valkey))
        settings = msgspec.structs.replace(settings, redis_url=valkey.url)
    for server in servers:
        progress.step(f"{server.title} runs (pid {server.pid}, log: {server.log})")
    return settings, servers


def gateway_log(settings: Settings) -> Path:
    return settings.data.absolute() / "gateway.log"


@asynccontextmanager
async def running_gateway(settings: Settings, command: Sequence[str]) -> AsyncIterator[Child]:
    """The gateway as a child; on the way out it gets time to say good-bye to its sockets."""
    log = gateway_log(settings)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        os.replace(log, log.with_suffix(".log.1"))
    urls = {variable_of(name): getattr(settings, name) for name in ("database_url", "redis_url")}
    # When we are killed its databases die too: a polite end would only keep the port from the next run.
    child = spawn(command, log=log, env={**os.environ, **urls}, when_orphaned=signal.SIGKILL)
    try:
        yield child
    finally:
        send(child.pid, signal.SIGINT)  # at once: nobody could take the sockets over
        if not await ended(child, DRAIN_S):
            child.kill()
            child.wait()


async def wait_until_ready(settings: Settings, child: Child) -> None:
    deadline = time.monotonic() + READY_S
    while child.poll() is None and time.monotonic() < deadline:
        if await asyncio.to_thread(status_of, settings, READY_PATH) == 200:
            return
        await asyncio.sleep(POLL_S)
    log = gateway_log(settings)
    what = "is not ready" if child.poll() is None else f"ended (status {child.returncode})"
    raise UpError(f"the gateway {what}: {last_lines(log)}; mend: read {log}")


def status_of(settings: Settings, path: str) -> int:
    """The status of one GET on our own gateway, 0 when nobody answers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


async def show(settings: Settings, hint: str | None) -> None:
    """What to open, what to type next and, last, the line that programs wait for."""
    print(f"\nCarewire runs. Ctrl-C stops it; the data stays in {settings.data}.\n")
    for path, what in PAGES:
        if await asyncio.to_thread(status_of, settings, path) == 200:
            print(f"  open  {settings.public_http + path:<40} {what}")
    print(hint or default_hint(settings))
    print(f"\nready {settings.public_ws}", flush=True)


def default_hint(settings: Settings) -> str:
    return f'  type  {client_command(settings)}\n  then  {{"jsonrpc":"2.0","id":1,"method":"socket.ping"}}'


def client_command(settings: Settings) -> str:
    """What to type for a client that is installed already, with its path: the environment need not be active."""
    tool = Path(sys.executable).with_name("websockets")
    shown = os.path.relpath(tool) if tool.is_relative_to(Path.cwd()) else str(tool)
    return f"{shown} {settings.public_ws}"


async def watch(settings: Settings, child: Child, servers: Sequence[Postgres | Valkey]) -> None:
    """Until one of the children ends by itself, which is an error that a person must see."""
    while True:
        await asyncio.sleep(WATCH_S)
        if child.poll() is not None:
            log = gateway_log(settings)
            raise UpError(f"the gateway ended (status {child.returncode}): {last_lines(log)}; mend: read {log}")
        for server in servers:
            if not server.running:
                raise UpError(f"{server.title} ended: {last_lines(server.log)}; mend: make up starts it again")
