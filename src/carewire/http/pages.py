"""Served pages: a domain declares a file beside its code; it is served as it is, with no build step.

    page("/display", folder=Path(__file__).parent / "pages", file="display.html")

Other files of the folder are served below the page's path. The content security policy allows only this origin and its
own websocket, so a page can load nothing from elsewhere.
"""

import mimetypes
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from carewire.http.security import PAGE


class Page(msgspec.Struct, frozen=True):
    """A declared page."""

    path: str
    folder: Path
    file: str


PAGES: dict[str, Page] = {}


def page(path: str, *, folder: Path, file: str) -> None:
    """Declare a page. The file must exist: a missing one fails at import, not at the first visitor."""
    if path in PAGES:
        raise TypeError(f"page {path!r} is declared twice")
    if not (folder / file).is_file():
        raise TypeError(f"page {path!r}: there is no {file} in its folder")
    PAGES[path] = Page(path, folder, file)


def _send(path: Path) -> Response[bytes]:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith(("text/", "application/javascript")) else ""
    return Response(
        path.read_bytes(),
        media_type=kind + charset,
        headers={"content-security-policy": PAGE, "cache-control": "no-cache"},
    )


def _handlers(declared: Page) -> list[Any]:
    files = {p.name: p for p in declared.folder.iterdir() if p.is_file() and p.suffix != ".py"}

    @get(declared.path, include_in_schema=False, name=f"page:{declared.path}")
    async def whole(request: Request[Any, Any, Any]) -> Response[bytes]:
        return _send(files[declared.file])

    @get(f"{declared.path}/{{name:str}}", include_in_schema=False, name=f"page-file:{declared.path}")
    async def part(name: FromPath[str]) -> Response[bytes]:
        if name not in files:
            raise NotFoundException()
        return _send(files[name])

    return [whole, part]


def page_handlers() -> list[Any]:
    """Route handlers of all declared pages."""
    return [handler for declared in PAGES.values() for handler in _handlers(declared)]
