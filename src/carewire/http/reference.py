"""The contract over HTTP: the readable page at `/docs`, and the files it is made from.

Everything is generated from the running declarations, once per process, so the page is always that of this server: in
production it does not know the `dev.*` commands.
"""

import asyncio
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, get
from msgspec import Struct

from carewire.contract import asyncapi, page, typescript
from carewire.contract.declarations import discover_product
from carewire.http.security import PAGE

ASSETS: Final = Path(page.__file__).parent


class Served(Struct, frozen=True):
    """Bytes with their kind, and a tag by which a browser that has them needs them not again."""

    content: bytes
    kind: str
    tag: str


def _served(content: bytes, kind: str) -> Served:
    return Served(content, kind, f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"')


@cache
def _built(development: bool) -> dict[str, Served]:
    document = asyncapi.build(discover_product(development=development))
    return {
        "asyncapi.json": _served(asyncapi.encode(document), "application/json"),
        "carewire.ts": _served(typescript.render(document).encode(), "text/plain; charset=utf-8"),
        "reference.html": _served(page.render(document).encode(), "text/html; charset=utf-8"),
        "reference.css": _served((ASSETS / "reference.css").read_bytes(), "text/css; charset=utf-8"),
        "reference.js": _served((ASSETS / "reference.js").read_bytes(), "text/javascript; charset=utf-8"),
    }


async def _answer(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    # Building takes a moment: in a thread, so that the sockets of this node do not wait for the first reader.
    development = request.app.state.node.settings.mode == "development"
    served = (await asyncio.to_thread(_built, development))[name]
    headers = {"content-security-policy": PAGE, "cache-control": "no-cache", "etag": served.tag}
    if served.tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(served.content, media_type=served.kind, headers=headers)


@get("/docs", include_in_schema=False)
async def reference(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page."""
    return await _answer(request, "reference.html")


@get("/docs/reference.css", include_in_schema=False)
async def style(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Its style sheet."""
    return await _answer(request, "reference.css")


@get("/docs/reference.js", include_in_schema=False)
async def script(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Its script."""
    return await _answer(request, "reference.js")


@get(["/contract/asyncapi.json", "/asyncapi.json"], summary="The socket's contract as AsyncAPI 3")
async def contract(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Commands, events, topics, refusals and close codes of this server."""
    return await _answer(request, "asyncapi.json")


@get("/contract/carewire.ts", media_type="text/plain", summary="The socket's contract as TypeScript")
async def types(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The same as types."""
    return await _answer(request, "carewire.ts")


REFERENCE: Final = [reference, style, script, contract, types]
