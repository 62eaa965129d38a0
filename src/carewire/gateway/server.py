"""The server process: uvicorn with our websocket class, tuned and quiet."""

import asyncio
import contextlib
import faulthandler
import gc
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final, cast

import structlog
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from carewire.gateway.connection import FRAME_BYTES_MAX, HEARTBEAT_S
from carewire.gateway.door import Door, Patience, with_true_addresses
from carewire.gateway.drain import drain
from carewire.gateway.wire_protocol import WireProtocol
from carewire.gateway.workers import RETIRE, Duty
from carewire.node import Node
from carewire.settings import Settings, read_networks

log = structlog.get_logger("carewire.gateway")

App = Callable[[Any, Any, Any], Awaitable[None]]

BACKLOG: Final = 4096
COLLECTOR: Final = (10_000, 5, 50)
"""New objects until the youngest are looked through (half a millisecond), and how many such rounds make an older one.
Looking through all of a node with thousands of sockets takes 0.2 s, in which nobody hears anything: next to never."""
KERNEL_BYTES: Final = 64 * 1024
"""Asked of the kernel for what was written and not acknowledged yet (it doubles that for its own book-keeping)."""
STOP_WAIT_S: Final = 15
"""How long a stopping node waits for started commands (each ends within seconds) and for peers that do not read."""
STOP_MAX_S: Final = 90.0
"""From the signal to the end of the process, whatever hangs: `drain` takes 31 s at most, then come `STOP_WAIT_S` and
`node.STOP_S`. Past it the process writes where it stands to stderr and ends with 1."""
TELL_S: Final = 1.0
"""So long before, it logs which tasks still run."""


class Server(uvicorn.Server):
    """uvicorn's server that tells when it is ready and, inside another program, leaves the signals alone."""

    def __init__(
        self, config: uvicorn.Config, *, own_signals: bool, node: Node | None = None, duty: Duty | None = None
    ) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self._duty = duty
        self._own_signals = own_signals
        self._node = node
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = self._ending = False
        self._draining: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        for door in self.servers:
            for listening in door.sockets:
                # Its sockets inherit this; by itself the kernel would take up to 4 MiB for each that does not read.
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        if self._own_signals:
            calm_collector()
        self.ready.set()
        if self._duty is not None:
            self._duty.done()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM drains first; SIGINT, or a second signal, stops at once."""
        self.be_over()
        if sig in (signal.SIGTERM, RETIRE) and self._node is not None and self._loop is not None:
            if not self._asked:
                self._asked = True
                self._loop.call_soon_threadsafe(self._start_draining, sig == RETIRE)
                return
            if sig == RETIRE:
                return  # it goes already
        super().handle_exit(sig, frame)

    def be_over(self) -> None:
        """End within `STOP_MAX_S`, even with a blocked loop: the interpreter's own watchdog sees to it."""
        if self._own_signals and not self._ending:
            self._ending = True
            faulthandler.dump_traceback_later(STOP_MAX_S, exit=True, file=sys.stderr)
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.call_later, STOP_MAX_S - TELL_S, tell_what_runs)

    def _start_draining(self, succeeded: bool) -> None:
        self._draining = asyncio.create_task(self._drain(succeeded), name="drain")

    async def _drain(self, succeeded: bool) -> None:
        """With a successor on the same socket nothing is announced: the port is as ready as before."""
        assert self._node is not None
        self._node.ready = succeeded
        hub = self._node.hub
        try:
            await drain(lambda: hub.listeners, close_door=self._close_door, **({"notice_s": 0.0} if succeeded else {}))
        finally:
            self.should_exit = True

    def _close_door(self) -> None:
        """No new sockets; those that are open stay."""
        for listening in self.servers:
            listening.close()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM stop a server that is the process."""
        if not self._own_signals:
            yield
            return
        with super().capture_signals():
            if self._duty is not None:
                signal.signal(RETIRE, self.handle_exit)
            yield


def calm_collector() -> None:
    """What stands now lives as long as the process: the cycle collector need not walk through it again and again.

    Sockets come and go by reference counts alone (`test_leftovers.py`). With Python's own thresholds a crowd that
    connects calls the collector every dozen sockets, a fourth of what a socket cost; each full round pauses everybody.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR)


def configure(app: App, settings: Settings) -> uvicorn.Config:
    """How uvicorn has to run; both websocket classes get the same limits."""
    logging.getLogger("uvicorn.error").addFilter(_is_ours)
    trusted = read_networks(settings.proxy_from)
    make_socket = partial(WireProtocol, reception=getattr(app, "reception", None)) if settings.ws == "raw" else None
    return uvicorn.Config(
        with_true_addresses(app) if trusted else app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=cast(
            "type[asyncio.Protocol]", partial(Door, patience=Patience(), trusted=trusted, make_socket=make_socket)
        ),
        ws=cast("type[asyncio.Protocol]", make_socket or WebSocketsSansIOProtocol),
        ws_max_size=FRAME_BYTES_MAX,
        # 35 KiB a socket and half the speed; the raw lane writes frames that no extension has touched.
        ws_per_message_deflate=False,
        ws_ping_interval=float(HEARTBEAT_S),
        ws_ping_timeout=float(HEARTBEAT_S),
        backlog=BACKLOG,
        timeout_graceful_shutdown=STOP_WAIT_S,
        lifespan="on",
        interface="asgi3",
        # Whoever connects through a balancer on this host could write any address into X-Forwarded-For.
        proxy_headers=False,
        access_log=False,
        log_level="warning",
        log_config=None,
        server_header=False,
    )


def _is_ours(record: logging.LogRecord) -> bool:
    """What a hostile peer sends is answered and counted, not logged with a traceback per frame."""
    return not str(record.msg).startswith("Invalid UTF-8 sequence")


def tell_what_runs() -> None:
    """What keeps this process from its end."""
    tasks = []
    for task in asyncio.all_tasks():
        stack = task.get_stack(limit=1)
        where = f"{Path(stack[0].f_code.co_filename).name}:{stack[0].f_lineno}" if stack else "?"
        tasks.append(f"{task.get_name()} {where}")
    log.error("end_overdue", tasks=sorted(tasks))


def run(settings: Settings, duty: Duty | None = None) -> None:
    """Serve until SIGINT or SIGTERM; on the socket of a parent, when there is one."""
    from carewire.app import create_app
    from carewire.logs import configure_logs

    listening = [duty.take()] if duty is not None else None
    configure_logs(settings)
    app = create_app(settings)
    Server(configure(app, settings), own_signals=True, node=app.state.node, duty=duty).run(listening)


class Running:
    """A server inside this program."""

    def __init__(self, server: Server, task: "asyncio.Task[None]", port: int, host: str) -> None:
        self._server = server
        self._task = task
        self.port = port
        self.http_url = f"http://{host}:{port}"
        self.url = f"ws://{host}:{port}/ws"

    async def stop(self) -> None:
        """Stop it: sockets are closed, started commands finish, the lifespan ends."""
        self._server.should_exit = True
        await self._task


async def start(app: App, settings: Settings, *, port: int = 0) -> Running:
    """Start a server in this loop on a free port (or this one)."""
    listening = socket.create_server((settings.host, port), backlog=BACKLOG)
    server = Server(configure(app, settings), own_signals=False)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listening]))
    ready = asyncio.get_running_loop().create_task(server.ready.wait())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        ready.cancel()
        listening.close()
        task.result()
        raise RuntimeError("the server ended before it was ready")
    return Running(server, task, listening.getsockname()[1], settings.host)
