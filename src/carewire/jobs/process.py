"""The worker process: a node without sockets that shares the jobs of the stream. Health and metrics over HTTP.

SIGTERM: the reader takes nothing new, what runs is finished, then the process ends with 0.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import msgspec
from litestar import Litestar

from carewire.app import PRODUCT
from carewire.discovery import discover
from carewire.gateway.server import Server, configure
from carewire.http.health import HEALTH
from carewire.logs import configure_logs
from carewire.node import Node
from carewire.settings import Settings


def create_app(settings: Settings) -> Litestar:
    """The ASGI application of one worker. `app.state.node` is the node."""
    discover(PRODUCT)
    node = Node(settings, work="stream")

    @asynccontextmanager
    async def run_node(app: Litestar) -> AsyncIterator[None]:
        await node.start()
        try:
            yield
        finally:
            await node.stop()

    app = Litestar(route_handlers=HEALTH, lifespan=[run_node], openapi_config=None, debug=False, logging_config=None)
    app.state.node = node
    return app


class _Server(Server):
    """An orderly end is a success: uvicorn would raise the signal again when all is done."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal asks, a second one does not wait for connections."""
        self.be_over()
        self.force_exit = self.should_exit
        self.should_exit = True


def run(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM."""
    configure_logs(settings)
    settings = msgspec.structs.replace(settings, port=settings.worker_port)
    _Server(configure(create_app(settings), settings), own_signals=True).run()
