"""Files behind one small protocol, kept by obstore: a local folder, S3, Google Cloud Storage or Azure by URL.

A path is ours and never holds what a client wrote. A file exists whole or not at all: what breaks off while it is
written leaves nothing that can be read.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Protocol

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from carewire.settings import Settings

PIECE_BYTES: Final = 256 * 1024
REQUEST_LIMIT: Final = "10s"
"""The longest that one request to a service may take, before it is tried again."""
RETRIES_MAX: Final = 3


class StorageAway(Exception):
    """The service does not answer, or refuses us; nothing was written."""


class Storage(Protocol):
    """Keeps bytes under a path. Raises `FileNotFoundError` for a path that is not there, and `StorageAway`."""

    async def put(self, path: str, pieces: AsyncIterator[bytes]) -> None:
        """Write a file. Whatever `pieces` raises is raised, and nothing is there."""

    async def read(self, path: str) -> AsyncIterator[bytes]:
        """The bytes, in pieces. Raises before the first piece when there is no such file."""

    async def move(self, path: str, to: str) -> None:
        """Give a file another path, replacing what is there."""

    async def delete(self, path: str) -> None:
        """Remove a file; one that is not there is removed already."""

    def list(self, folder: str) -> AsyncIterator[tuple[str, datetime]]:
        """Every file below a folder, with when it was written."""


class Objects:
    """Storage on any store of obstore's."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def put(self, path: str, pieces: AsyncIterator[bytes]) -> None:
        with _told_plainly():
            await obstore.put_async(self._store, path, pieces)

    async def read(self, path: str) -> AsyncIterator[bytes]:
        with _told_plainly():
            found = await obstore.get_async(self._store, path)

        async def pieces() -> AsyncIterator[bytes]:
            with _told_plainly():
                async for piece in found.stream(min_chunk_size=PIECE_BYTES):
                    yield bytes(piece)

        return pieces()

    async def move(self, path: str, to: str) -> None:
        with _told_plainly():
            await obstore.rename_async(self._store, path, to)

    async def delete(self, path: str) -> None:
        with _told_plainly(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, path)

    async def list(self, folder: str) -> AsyncIterator[tuple[str, datetime]]:
        with _told_plainly():
            async for batch in obstore.list(self._store, prefix=folder):
                for entry in batch:
                    yield entry["path"], entry["last_modified"]


@contextmanager
def _told_plainly() -> Iterator[None]:
    """A path that is missing is Python's own error; those of obstore are failures of the service."""
    try:
        yield
    except BaseError as error:
        raise StorageAway(type(error).__name__) from None  # its text holds addresses


def provider(settings: Settings) -> Storage:
    """The storage of this deployment."""
    url = settings.storage_url or (settings.data.absolute() / "files").as_uri()
    with _told_plainly():
        return _open(url, settings.mode == "development")


@lru_cache(maxsize=16)
def _open(url: str, plain: bool) -> Storage:
    """`plain`: also services without TLS, for a fake on this machine."""
    if url.startswith("file://"):
        return Objects(LocalStore.from_url(url, mkdir=True, automatic_cleanup=True))
    return Objects(
        from_url(
            url,
            client_options={"timeout": REQUEST_LIMIT, "allow_http": plain},
            retry_config={"max_retries": RETRIES_MAX},
        )
    )
