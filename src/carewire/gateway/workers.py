"""`carewire serve --workers N`: N gateways on one port, and a parent that keeps them there and serves nobody itself.

Each place has a listening socket of its own (SO_REUSEPORT: the kernel spreads new connections evenly), made by the
parent and handed down. A socket takes connections only once its worker is ready, because the worker itself calls
`listen`. When a worker dies its socket goes with it, so that nobody waits at a closed door.

SIGTERM drains all, SIGINT stops all at once, SIGHUP replaces one after the other: the new worker takes over the same
socket before the old one asks its clients to move, so that no connection is turned away meanwhile.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from prometheus_client import multiprocess

from carewire.embedded.launch import die_with
from carewire.settings import Settings, variable_of

log = structlog.get_logger("carewire.workers")

READY_S: Final = 60.0
STOP_S: Final = 95.0
"""A worker that was told to end is over by then (`server.STOP_MAX_S`); one that is not is killed."""
BACKOFF_S: Final = (0.1, 10.0)
LASTING_S: Final = 10.0
"""Who lived this long was a good worker: after it the next one starts at once."""
METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
RETIRE: Final = signal.SIGHUP
"""What a worker gets whose successor is already there."""


class Duty(msgspec.Struct, frozen=True):
    """What a parent tells its worker: where to listen and where to say that it does (file descriptors), and its pid."""

    listening: int
    ready: int
    parent: int

    def take(self) -> socket.socket:
        """Called in the worker, first of all: it must not outlive its parent. Answers its listening socket."""
        die_with(self.parent, signal.SIGTERM)
        return socket.socket(fileno=self.listening)

    def done(self) -> None:
        """Tell the parent that this worker takes connections."""
        os.write(self.ready, b"1")
        os.close(self.ready)


class PortBusy(OSError):
    """Another program has the port."""


class Place:
    """One place among the workers: its node's name, its socket, and who fills it now."""

    def __init__(self, number: int, node: str) -> None:
        self.node = f"{node[:60]}-{number}"
        self.door: socket.socket | None = None
        self.process: Process | None = None
        self.pause = 0.0

    def close_door(self) -> None:
        """The worker's own copy stays open as long as it wants connections; a dead worker has none."""
        if self.door is not None:
            self.door.close()
            self.door = None


class Supervisor:
    """The parent. `command` starts a worker when its duty is appended."""

    def __init__(self, settings: Settings, count: int, command: Sequence[str]) -> None:
        self._settings = settings
        self._command = tuple(command)
        self._places = [Place(number, settings.node) for number in range(1, count + 1)]
        self._alive: set[Process] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked: signal.Signals | None = None
        self._stop = asyncio.Event()
        self._renew = asyncio.Event()
        self._proven = False
        """A worker was ready once: from then on a dead one is replaced, whatever it died of."""
        self._failed = False
        self._metrics = Path(tempfile.mkdtemp(prefix="carewire-metrics-"))

    async def run(self) -> int:
        """Until a signal: 0 after an orderly end, 1 when no worker could start or one had to be killed."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ask_to_stop, number)
        loop.add_signal_handler(signal.SIGHUP, self._renew.set)
        try:
            check_port(self._settings)
            for place in self._places:
                self._spawn(self._keep(place), place.node)
            self._spawn(self._renew_when_asked(), "renew")
            await self._stop.wait()
            await self._see_out(self._alive)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            shutil.rmtree(self._metrics, ignore_errors=True)
        return int(self._failed)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("supervisor_failed", task=task.get_name(), error=type(error).__name__)
            self._fail()

    def _ask_to_stop(self, number: signal.Signals) -> None:
        """The first signal goes to all; any further one means: at once."""
        self._asked = number if self._asked is None else signal.SIGINT
        for place in self._places:
            place.close_door()
        for process in self._alive:
            tell(process, self._asked)
        self._stop.set()

    def _fail(self) -> None:
        self._failed = True
        if self._asked is None:
            self._ask_to_stop(signal.SIGTERM)

    # --- one place ------------------------------------------------------------------------------------------------

    async def _keep(self, place: Place, process: Process | None = None) -> None:
        """Fill a place, now by this process, as long as the whole runs or until somebody else fills it."""
        loop = asyncio.get_running_loop()
        while self._asked is None:
            began = loop.time()
            place.process = process = process or await self._start(place)
            await process.wait()
            if place.process is not process or self._asked is not None:
                return
            place.process = None
            place.close_door()
            if not self._proven:
                log.error("worker_did_not_start", node=place.node, status=process.returncode)
                self._fail()
                return
            if loop.time() - began > LASTING_S:
                place.pause = 0.0
            log.error("worker_ended", node=place.node, status=process.returncode, again_after_s=round(place.pause, 1))
            await asyncio.sleep(place.pause)
            place.pause = min(max(2 * place.pause, BACKOFF_S[0]), BACKOFF_S[1])
            process = None

    async def _start(self, place: Place) -> Process:
        """A worker that is ready, or one that has ended."""
        if place.door is None:
            place.door = open_door(self._settings)
        ready, told = os.pipe()
        duty = Duty(place.door.fileno(), told, os.getpid())
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                msgspec.json.encode(duty).decode(),
                pass_fds=(duty.listening, duty.ready),
                env={**os.environ, variable_of("node"): place.node, METRICS_FOLDER: str(self._metrics)},
                start_new_session=True,  # a terminal's Ctrl-C comes to us, and we decide
            )
        except BaseException:
            os.close(ready)
            raise
        finally:
            os.close(told)
        self._alive.add(process)
        self._spawn(self._bury(process), "bury")
        if self._asked is not None:
            tell(process, self._asked)
        try:
            if await hear(ready):
                self._proven = True
                log.info("worker_ready", node=place.node, pid=process.pid)
                return process
        finally:
            os.close(ready)
        tell(process, signal.SIGKILL)  # unless it has ended
        await process.wait()
        return process

    async def _bury(self, process: Process) -> None:
        await process.wait()
        self._alive.discard(process)
        multiprocess.mark_process_dead(process.pid, str(self._metrics))  # type: ignore[no-untyped-call]

    async def _see_out(self, processes: Iterable[Process]) -> None:
        """Workers were told to go: they get time to say good-bye."""
        ends = {asyncio.create_task(process.wait()): process for process in processes}
        if not ends:
            return
        _, late = await asyncio.wait(ends, timeout=STOP_S)
        for end in late:
            log.error("worker_killed", pid=ends[end].pid)
            self._failed = True
            tell(ends[end], signal.SIGKILL)
        await asyncio.gather(*ends)

    # --- all places, one after the other ----------------------------------------------------------------------------

    async def _renew_when_asked(self) -> None:
        while True:
            await self._renew.wait()
            self._renew.clear()
            log.info("renewing", workers=len(self._places))
            done = 0
            for place in self._places:
                if not await self._replace(place):
                    log.error("renewing_given_up", node=place.node)
                    break
                done += 1
            log.info("renewed", workers=done)

    async def _replace(self, place: Place) -> bool:
        """The successor first, on the same socket; then the old worker goes. False: the successor did not start."""
        old = place.process
        if old is None:
            return True  # it died: a new one is on its way anyway
        new = await self._start(place)
        if new.returncode is not None:
            return False
        if place.process is not old:  # it died meanwhile, and somebody else fills the place
            tell(new, signal.SIGTERM)
            return True
        place.process = new
        self._spawn(self._keep(place, new), place.node)
        tell(old, RETIRE)
        await self._see_out({old})
        return True


def run(settings: Settings, count: int) -> int:
    """Serve with `count` workers until a signal; the exit status."""
    from carewire.logs import configure_logs

    configure_logs(settings)
    command = (sys.executable, "-m", "carewire", "serve", "--duty")
    try:
        return asyncio.run(Supervisor(settings, count, command).run())
    except PortBusy as exc:
        print(f"carewire: {exc}", file=sys.stderr)
        return 1


def serve_as_worker(settings: Settings, duty: str) -> None:
    """What a parent starts."""
    from carewire.gateway.server import run as serve

    serve(settings, msgspec.json.decode(duty, type=Duty))


def check_port(settings: Settings) -> None:
    """Sockets that share a port would share it with a stranger's of the same user too. Raises `PortBusy`."""
    with _socket(settings) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as exc:
            raise PortBusy(
                f"cannot listen on {settings.host}:{settings.port}: {exc.strerror}; mend: set CAREWIRE_PORT"
            ) from None


def open_door(settings: Settings) -> socket.socket:
    """A bound socket of the shared port that takes nobody yet."""
    door = _socket(settings)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    door.bind((settings.host, settings.port))
    return door


def _socket(settings: Settings) -> socket.socket:
    if ":" not in settings.host:
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return made


def tell(process: Process, number: signal.Signals) -> None:
    """A signal to a worker that may just have gone."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


async def hear(ready: int) -> bool:
    """Did the worker at the other end of this pipe say that it is ready? False: it ended, or took too long."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(ready, readable.set)
    try:
        async with asyncio.timeout(READY_S):
            await readable.wait()
        return bool(os.read(ready, 1))
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(ready)
