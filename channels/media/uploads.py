"""`POST /api/v1/upload/{image,document,medical-record}`: a body becomes a file, piece by piece.

`Idempotency-Key` (a UUIDv7) makes a retry safe: the same key and the same bytes give the same file, however often they
come. Without one the server makes a key, and a lost answer may leave a file nobody knows; it is cleaned up.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath, HeaderParameter

from carewire.actor import Actor
from carewire.errors import Field, InvalidParams, NotFound, Overloaded, Refusal
from carewire.http import routes
from carewire.http.intake import Intake
from carewire.ids import uuid7
from carewire.providers import storage
from carewire.providers.storage import StorageAway
from channels.media import content, pictures
from channels.media.access import MediaView
from channels.media.errors import StorageUnavailable
from channels.media.jobs import incoming_path, kept_path
from channels.media.naming import label
from channels.media.nouns import LIMITS, PICTURES, MediaKind
from channels.media.storing import Kept

UPLOADS_MAX: Final = 64
"""Uploads under way on one node."""
PICTURES_MAX: Final = 2
"""Pictures painted at once; each may need 160 MB."""
TELL_EVERY_S: Final = 0.5
KINDS: Final = {str(kind).replace("_", "-"): kind for kind in MediaKind}

_painting = asyncio.Semaphore(PICTURES_MAX)
_under_way: set[object] = set()


@routes.route
@post(
    "/api/v1/upload/{kind:str}",
    status_code=201,
    request_max_body_size=None,
    summary="Upload a file: image, document or medical-record",
)
async def upload(
    request: Request[Any, Any, Any],
    kind: FromPath[str],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
) -> Response[Any]:
    """The file as the body, named by Content-Disposition, or as the one file of a multipart form."""
    try:
        chosen = KINDS.get(kind)
        if chosen is None:
            raise NotFound()
        taken = await take(request, chosen, idempotency_key)
    except Refusal as refusal:
        return routes.refuse(refusal)
    return Response(taken.media, status_code=201, headers={"cache-control": "no-store"})


class Taken(msgspec.Struct, frozen=True):
    """A file that came with a form: whose it is, what else the form said, and the key that makes a retry safe."""

    actor: Actor
    media: MediaView
    fields: dict[str, str]
    key: UUID


async def take(request: Request[Any, Any, Any], kind: MediaKind, idempotency_key: str | None) -> Taken:
    """Take the file of a request in, for a route that does something with it then. Raises a `Refusal`.

    The same key and bytes give the same file. What the route does with it carries the key, too.
    """
    ticket = object()
    if len(_under_way) >= UPLOADS_MAX:
        raise Overloaded(after_ms=2000)
    _under_way.add(ticket)
    try:
        actor = await routes.authenticate(request)
        upload = Upload(request, actor, kind, _key(idempotency_key))
        media: MediaView = await upload.run()
    finally:
        _under_way.discard(ticket)
    return Taken(actor, media, upload.fields, upload.id)


class Upload:
    """One try of one upload."""

    def __init__(self, request: Request[Any, Any, Any], actor: Actor, kind: MediaKind, upload_id: UUID) -> None:
        self._request, self._actor, self._kind, self._id = request, actor, kind, upload_id
        self._intake = Intake(request, LIMITS[kind].max_bytes)
        self._files = storage.provider(routes.node_of(request).settings)
        self._hash = hashlib.sha256()
        self._size = 0
        self._mime = ""
        self._told_s = time.monotonic()

    @property
    def id(self) -> UUID:
        """The client's key, or the one made for it."""
        return self._id

    @property
    def fields(self) -> dict[str, str]:
        """What else the form said, once the file is in."""
        return self._intake.fields

    async def run(self) -> MediaView:
        """The media, stored. Raises a `Refusal`; then the uploader's sockets have heard of it, too."""
        self._intake.check_announced()
        await self._run("media.receive", total=self._intake.announced)
        try:
            path = await self._take_in()
            kept: Kept = await routes.run(
                self._request,
                "media.store",
                self._actor,
                {
                    "upload_id": self._id,
                    "kind": self._kind,
                    "name": label(self._intake.name, self._mime),
                    "mime": self._mime,
                    "size": self._size,
                    "sha256": self._hash.hexdigest(),
                    "path": path,
                    "idempotency_key": self._id,
                },
                Kept,
            )
        except Refusal as refusal:
            await self._run("media.progress", received=self._intake.received, reason=refusal.reason)
            raise
        except StorageAway as away:
            await self._run("media.progress", received=self._intake.received, reason=StorageUnavailable.reason)
            raise StorageUnavailable(after_ms=2000) from away
        return kept.media

    async def _take_in(self) -> str:
        """Bring the bytes into the storage, whole and checked; where they are."""
        pieces = self._watched()
        head = b""
        while len(head) < content.HEAD_BYTES and (piece := await anext(pieces, None)) is not None:
            head += piece
        self._mime = content.check_kind(self._kind, head)
        incoming = incoming_path(routes.node_of(self._request).clock.real_now(), secrets.token_hex(16))
        if self._mime in PICTURES:
            await self._put_picture(incoming, head, pieces)
        else:
            await self._files.put(incoming, self._inspected(head, pieces))
        kept = kept_path(self._actor.id, self._id, self._hash.hexdigest())
        await self._files.move(incoming, kept)
        return kept

    async def _inspected(self, head: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The file as it came, looked at while it passes; what is found at its end, too, leaves nothing behind."""
        inspection = content.Inspection(self._mime, head)
        inspection.look(head)
        yield self._counted(head)
        async for piece in pieces:
            inspection.look(piece)
            yield self._counted(piece)
        inspection.end()

    async def _put_picture(self, path: str, head: bytes, pieces: AsyncIterator[bytes]) -> None:
        with pictures.spool() as source:
            source.write(head)
            async for piece in pieces:
                source.write(piece)
            source.seek(0)
            async with _painting:
                painted = await asyncio.to_thread(pictures.repaint, source, self._mime)

        async def read() -> AsyncIterator[bytes]:
            while piece := painted.read(storage.PIECE_BYTES):
                yield self._counted(piece)

        with painted:
            await self._files.put(path, read())

    def _counted(self, piece: bytes) -> bytes:
        self._hash.update(piece)
        self._size += len(piece)
        return piece

    async def _watched(self) -> AsyncIterator[bytes]:
        """The file's pieces; now and then the uploader's sockets hear how far it is."""
        async for piece in self._intake.pieces():
            yield piece
            if time.monotonic() - self._told_s >= TELL_EVERY_S:
                self._told_s = time.monotonic()
                await self._run("media.progress", received=self._intake.received, total=self._intake.announced)

    async def _run(self, name: str, **params: Any) -> None:
        await routes.run(self._request, name, self._actor, {"upload_id": self._id, "kind": self._kind, **params})


def _key(header: str | None) -> UUID:
    """The client's key, or one of ours."""
    if header is None:
        return uuid7()
    try:
        return msgspec.convert(header.strip().strip('"'), UUID)
    except msgspec.ValidationError:
        raise InvalidParams(fields=(Field("Idempotency-Key", "want a UUIDv7"),)) from None
