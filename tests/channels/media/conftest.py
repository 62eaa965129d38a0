"""A gateway with the demo clinic, people logged in on sockets, and files made here."""

import io
import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from carewire.client import Client
from carewire.gateway import server
from carewire.ids import uuid7
from carewire.settings import Settings
from channels.identity.demo import ASHA, PRIYA
from channels.seed import seed
from tests.conftest import Connect
from tests.people import log_in


class Uploader:
    """Somebody with a socket and an HTTP client."""

    def __init__(self, client: Client, account: str, http: httpx.AsyncClient) -> None:
        self.client, self.account, self.http = client, account, http

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.client.access_token}"}

    async def send(
        self, kind: str, body: bytes, name: str = "a.bin", key: Any = None, **headers: str
    ) -> httpx.Response:
        """The body is the file."""
        return await self.http.post(
            f"/api/v1/upload/{kind}",
            content=body,
            headers={
                **self.bearer,
                "content-type": "application/octet-stream",
                "content-disposition": f"attachment; filename*=UTF-8''{name}",
                "idempotency-key": str(key or uuid7()),
                **headers,
            },
        )

    async def read(self, link: str) -> httpx.Response:
        """Follow a link; it names the port of the settings, not the one this test got."""
        return await self.http.get(urlsplit(link).path)

    async def link(self, media_id: str) -> str:
        return str((await self.client.query("media.link", media_id=media_id))["url"])

    async def store(self, kind: str, body: bytes, name: str = "a.bin") -> Any:
        answer = await self.send(kind, body, name)
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest_asyncio.fixture
async def http(gateway: server.Running, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    assert settings.database_url
    await seed(settings.database_url, settings)
    async with httpx.AsyncClient(base_url=gateway.http_url, timeout=30) as client:
        yield client


@pytest_asyncio.fixture
async def priya(http: httpx.AsyncClient, connect: Connect) -> Uploader:
    client = await connect()
    return Uploader(client, await log_in(client, PRIYA.phone), http)


@pytest_asyncio.fixture
async def asha(http: httpx.AsyncClient, connect: Connect) -> Uploader:
    client = await connect()
    return Uploader(client, await log_in(client, ASHA.phone), http)


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["data"]["reason"])


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    """A small picture whose halves differ."""
    made = Image.new("RGB", size, (200, 30, 30))
    made.paste((20, 40, 220), (0, 0, size[0] // 2, size[1]))
    target = io.BytesIO()
    made.save(target, format=kind, **more)
    return target.getvalue()


def document(*, holds: bytes = b"", padding: int = 0) -> bytes:
    """A PDF of one empty page; `holds` is written among its objects."""
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        + holds
        + b"\n%" + b"x" * padding
        + b"\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )  # fmt: skip


def scan(preamble: bytes = bytes(128)) -> bytes:
    """The beginning of a DICOM file, and some of its data."""
    return preamble + b"DICM" + b"\x02\x00\x00\x00UL\x04\x00" + struct.pack("<I", 0) + bytes(2000)


def bomb(side: int = 50_000) -> bytes:
    """A PNG of a few hundred bytes that says it is `side` pixels wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(2000))) + chunk(b"IEND", b"")
    )


@pytest.fixture
def files(settings: Settings) -> Any:
    """What lies in the storage now, by path."""

    def look() -> set[str]:
        root = settings.data / "files"
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    return look
