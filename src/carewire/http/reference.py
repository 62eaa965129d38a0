"""The contract over HTTP: the readable page at `/docs`, and the files it is made from.

Everything is generated from the running declarations, once per process, so the page is always that of this server.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, get
from msgspec import Struct

from carewire.contract import asyncapi, page, typescript
from carewire.contract.declarations import discover_product
from carewire.http.pages import SECURITY

ASSETS: Final = Path(page.__file__).parent


class Served(Struct, frozen=True):
    """Bytes with their kind, and a tag by which a browser that has them needs them not again."""

    content: bytes
    kind: str
    tag: str


def _served(content: bytes, kind: str) -> Served:
    return Served(content, kind, f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"')


@cache
def _built() -> dict[str, Served]:
    document = asyncapi.build(discover_product())
    return {
        "asyncapi.json": _served(asyncapi.encode(document), "application/json"),
        "carewire.ts": _served(typescript.render(document).encode(), "text/plain; charset=utf-8"),
        "reference.html": _served(page.render(document).encode(), "text/html; charset=utf-8"),
        "reference.css": _served((ASSETS / "reference.css").read_bytes(), "text/css; charset=utf-8"),
        "reference.js": _served((ASSETS / "reference.js").read_bytes(), "text/javascript; charset=utf-8"),
    }


def _answer(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    served = _built()[name]
    headers = {**SECURITY, "cache-control": "no-cache", "etag": served.tag}
    if served.tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(served.content, media_type=served.kind, headers=headers)


# Building takes a moment; in a thread, so that the sockets of this node do not wait for the first reader.
@get("/docs", sync_to_thread=True, include_in_schema=False)
def reference(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page."""
    return _answer(request, "reference.html")


@get("/docs/reference.css", sync_to_thread=True, include_in_schema=False)
def style(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Its style sheet."""
    return _answer(request, "reference.css")


@get("/docs/reference.js", sync_to_thread=True, include_in_schema=False)
def script(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Its script."""
    return _answer(request, "reference.js")


@get(["/contract/asyncapi.json", "/asyncapi.json"], sync_to_thread=True, summary="The socket's contract as AsyncAPI 3")
def contract(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Commands, events, topics, refusals and close codes of this server."""
    return _answer(request, "asyncapi.json")


@get(
    "/contract/carewire.ts", sync_to_thread=True, media_type="text/plain", summary="The socket's contract as TypeScript"
)
def types(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The same as types."""
    return _answer(request, "carewire.ts")


REFERENCE: Final = [reference, style, script, contract, types]
