"""The composition root: discovers the product, builds the node and the HTTP around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, asgi
from litestar.config.compression import CompressionConfig
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.response.base import ASGIResponse

from carewire.bus.broker import Broker
from carewire.discovery import discover
from carewire.gateway.reception import PATH, Front
from carewire.gateway.socket import serve_socket
from carewire.http.brake import slow_down
from carewire.http.health import HEALTH
from carewire.http.pages import page_handlers
from carewire.http.reference import REFERENCE
from carewire.http.routes import AS_IT_IS, ROUTES
from carewire.http.security import Origins, fence
from carewire.http.webhook import webhook_handlers
from carewire.node import Node
from carewire.settings import Settings

PRODUCT = "channels"
BENCH = "carewire.bench"


class App(Litestar):
    """The HTTP around a node, and its sockets before it: what a framework does for each request (routing, state,
    exception handlers) would be a third of what it costs to open one."""

    reception: Front
    """Where our own websocket class asks; any other calls the application."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket" and scope["path"] == PATH:
            await serve_socket(scope, receive, send, self.state.node)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings, *, broker: Broker | None = None) -> Litestar:
    """The ASGI application of one node. `app.state.node` is the node."""
    discover(PRODUCT)
    if settings.bench:
        discover(BENCH)
    node = Node(settings, broker=broker)

    @asynccontextmanager
    async def run_node(app: Litestar) -> AsyncIterator[None]:
        await node.start()
        if settings.bench:
            from carewire.bench import take

            await take.prepare(node.db)
        try:
            yield
        finally:
            await node.stop()

    @asgi(PATH, copy_scope=False)
    async def socket(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            answer = ASGIResponse(
                body=b"here are websockets only\n",
                status_code=426,
                headers={"upgrade": "websocket"},
                media_type="text/plain",
            )
            await answer(scope, receive, send)
            return
        await serve_socket(scope, receive, send, node)

    app = App(
        route_handlers=[socket, *HEALTH, *REFERENCE, *ROUTES, *webhook_handlers(settings), *page_handlers()],
        lifespan=[run_node],
        openapi_config=OpenAPIConfig(
            title="Carewire HTTP",
            version="1",
            description="The few HTTP routes: uploads, downloads, webhooks, health, metrics and pages. "
            "Everything else is on the socket, see /docs.",
            path="/",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
        compression_config=CompressionConfig(backend="gzip", minimum_size=1000, exclude_opt_key=AS_IT_IS),
        before_send=[fence(settings)],
        before_request=slow_down,
        cors_config=Origins(settings).cors(),
        debug=False,
        logging_config=None,
    )
    app.state.node = node
    app.reception = Front(node)
    return app
