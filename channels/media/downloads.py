"""`GET /api/v1/media/{token}`: the bytes behind a link, for whoever still has the right the link was made with."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Stream

from carewire.command import Ctx, query
from carewire.errors import NotFound, Refusal
from carewire.http import routes
from carewire.providers import storage
from carewire.providers.storage import StorageAway
from channels.media import access, links
from channels.media.access import Opened
from channels.media.errors import StorageUnavailable
from channels.media.storing import PEOPLE

# A file is somebody else's content: it is never a page of ours, whatever it holds.
HEADERS = {
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-site",
    "referrer-policy": "no-referrer",
}


@query("media.open", allow=PEOPLE, errors={NotFound}, http=True)
async def open_(ctx: Ctx, media_id: UUID) -> Opened:
    """May this person read it now?"""
    found = await access.readable(ctx, media_id)
    return Opened(media=found.view, path=found.path)


@routes.route
@get(links.PATH + "/{token:str}", opt={routes.AS_IT_IS: True}, summary="Read a file by its link")
async def download(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any] | Stream:
    """The file as an attachment. 404 for a link that is old, changed, or whose right has ended."""
    node = routes.node_of(request)
    try:
        media_id, named = links.read(node.settings, token, node.clock.real_now())
        async with node.db.snapshot() as tx:
            actor = (await node.identity.reload(tx, [named], node.clock.real_now())).get(named.login_id)
        if actor is None:
            raise NotFound()
        opened: Opened = await routes.run(request, "media.open", actor, {"media_id": media_id}, Opened)
        return await send(request, opened)
    except Refusal as refusal:
        return routes.refuse(refusal)


async def send(request: Request[Any, Any, Any], opened: Opened) -> Stream:
    """The bytes of a file that may be read now, as an attachment. Raises `StorageUnavailable`."""
    try:
        pieces = await storage.provider(routes.node_of(request).settings).read(opened.path)
    except (FileNotFoundError, StorageAway) as away:
        raise StorageUnavailable(after_ms=2000) from away
    name = opened.media.name
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in name)
    return Stream(
        pieces,
        media_type=opened.media.mime,
        headers={
            **HEADERS,
            "content-length": str(opened.media.size),
            "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        },
    )
