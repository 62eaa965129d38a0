"""Reading one file out of a request, piece by piece: never more of it in memory than a piece.

Either the body is the file (its name in Content-Disposition, RFC 6266), or it is `multipart/form-data` (RFC 7578) with
one part that has a file name. A client that sends nothing for a while is given up.
"""

import asyncio
from collections.abc import AsyncIterator
from email.message import Message
from typing import Any, Final

from litestar import Request
from litestar.exceptions import InternalServerException
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from carewire.errors import Field, InvalidParams, Refusal

SILENCE_S: Final = 20.0
"""How long a client may send nothing in the middle of a file."""
PARTS_MAX: Final = 8
FORM_BYTES_MAX: Final = 16 * 1024
"""What a multipart body may hold beside the file."""


class FileTooLarge(Refusal, code=413, reason="file_too_large"):
    """The file is larger than this kind may be; `max_bytes` says how large that is."""


class Interrupted(Refusal, code=400, reason="upload_interrupted", retry="same"):
    """The file did not arrive whole; send it again with the same key."""


class Intake:
    """One file of a request. `pieces` yields it once; `name`, what the client calls it, is known from then on, and at
    its end `fields`, what else the form says."""

    def __init__(self, request: Request[Any, Any, Any], max_bytes: int) -> None:
        self.name = ""
        self.fields: dict[str, str] = {}
        self.received = 0
        self._request = request
        self._max_bytes = max_bytes
        header = Message()
        header["content-type"] = request.headers.get("content-type", "")
        self._boundary = header.get_param("boundary") if header.get_content_type() == "multipart/form-data" else None
        self.multipart = header.get_content_type() == "multipart/form-data"
        if self.multipart and not isinstance(self._boundary, str):
            raise InvalidParams(fields=(Field("$.file", "multipart without a boundary"),))
        if not self.multipart:
            self.name = _name_of(request.headers.get("content-disposition", ""))

    @property
    def announced(self) -> int | None:
        """How many bytes the client says will come, form included; None where it does not say."""
        length = self._request.headers.get("content-length", "")
        return int(length) if length.isascii() and length.isdigit() else None

    def check_announced(self) -> None:
        """Refuse what is too large before any of it is read. Raises `FileTooLarge`."""
        beside = FORM_BYTES_MAX if self.multipart else 0
        if (self.announced or 0) > self._max_bytes + beside:
            raise FileTooLarge(max_bytes=self._max_bytes)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file. Raises `FileTooLarge`, `Interrupted`, `InvalidParams`."""
        async for piece in self._parts() if self.multipart else self._body():
            self.received += len(piece)
            if self.received > self._max_bytes:
                raise FileTooLarge(max_bytes=self._max_bytes)
            yield piece
        if not self.received:
            raise InvalidParams(fields=(Field("$.file", "is empty"),))

    async def _body(self) -> AsyncIterator[bytes]:
        stream = self._request.stream()
        try:
            while True:
                try:
                    async with asyncio.timeout(SILENCE_S):
                        piece = await anext(stream)
                except StopAsyncIteration:
                    break
                if piece:
                    yield piece
        except (TimeoutError, InternalServerException) as gone:  # the latter is Litestar's word for a client that left
            raise Interrupted() from gone

    async def _parts(self) -> AsyncIterator[bytes]:
        """The bytes of the first part that has a file name; parts without one are kept as `fields`."""
        assert isinstance(self._boundary, str)
        inside = seen = False
        field: str | None = None
        said: dict[str, bytearray] = {}
        total = 0
        try:
            with PushMultipartParser(self._boundary, max_segment_count=PARTS_MAX, strict=False) as parser:
                async for body in self._body():
                    total += len(body)
                    if total > self._max_bytes + FORM_BYTES_MAX:
                        raise FileTooLarge(max_bytes=self._max_bytes)
                    for part in parser.parse(body):
                        if isinstance(part, MultipartSegment):
                            inside = part.filename is not None and not seen
                            field = part.name if part.filename is None else None
                            if inside:
                                seen, self.name = True, part.filename or ""
                        elif part is None:
                            inside, field = False, None
                        elif inside and part:
                            yield bytes(part)
                        elif field is not None:
                            said.setdefault(field, bytearray()).extend(part)
                            if sum(map(len, said.values())) > FORM_BYTES_MAX:
                                raise InvalidParams(fields=(Field("$", "the form says too much"),))
        except MultipartError as broken:
            raise InvalidParams(fields=(Field("$.file", "broken multipart body"),)) from broken
        if not seen:
            raise InvalidParams(fields=(Field("$.file", "the form holds no file"),))
        try:
            self.fields = {name: text.decode() for name, text in said.items()}
        except UnicodeDecodeError:
            raise InvalidParams(fields=(Field("$", "the form is no UTF-8"),)) from None


def _name_of(disposition: str) -> str:
    header = Message()
    header["content-disposition"] = disposition
    return header.get_filename() or ""
