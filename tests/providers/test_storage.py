"""One suite for a folder and for S3, where a server of moto's is the fake (ledger: H-047, H-085, M-018, M-391)."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from moto.server import ThreadedMotoServer

from carewire.providers.storage import Storage, StorageAway, provider
from carewire.settings import Settings


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    settings = Settings(secret="x" * 40, data=tmp_path)
    if request.param == "s3":
        endpoint = request.getfixturevalue("s3")
        bucket = f"bucket-{tmp_path.name.replace('_', '-').lower()}"[:60].rstrip("-")
        httpx.put(f"{endpoint}/{bucket}").raise_for_status()
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint,
        }.items():
            monkeypatch.setenv(name, value)
        settings = msgspec.structs.replace(settings, storage_url=f"s3://{bucket}/some/prefix")
    return provider(settings)


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def whole(store: Storage, path: str) -> bytes:
    return b"".join([piece async for piece in await store.read(path)])


async def names(store: Storage, folder: str) -> set[str]:
    return {path async for path, _ in store.list(folder)}


async def test_what_is_put_is_read_moved_listed_and_deleted(store: Storage) -> None:
    large = bytes(range(256)) * 4096 * 7  # more than one part of a multipart upload
    await store.put("a/one", pieces(large[:100], large[100:]))
    await store.put("a/two", pieces(b"small"))
    assert await whole(store, "a/one") == large
    assert await names(store, "a") == {"a/one", "a/two"}
    await store.move("a/one", "b/one")
    assert await names(store, "a") == {"a/two"}
    assert await whole(store, "b/one") == large
    await store.move("a/two", "b/one")
    assert await whole(store, "b/one") == b"small", "what was there is replaced"
    await store.delete("b/one")
    await store.delete("b/one")
    assert await names(store, "b") == set()
    with pytest.raises(FileNotFoundError):
        await store.read("b/one")


async def test_a_file_that_breaks_off_is_not_there(store: Storage) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield bytes(6_000_000)
        raise ValueError("gone")

    with pytest.raises(ValueError, match="gone"):
        await store.put("a/half", breaks())
    assert await names(store, "a") == set()


async def test_a_service_that_is_away_is_one_kind_of_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "t",
        "AWS_SECRET_ACCESS_KEY": "t",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    away = provider(Settings(secret="x" * 40, data=tmp_path, storage_url="s3://bucket-away/x"))
    calls: list[Any] = [away.put("a", pieces(b"x")), away.read("a"), away.move("a", "b"), away.delete("a")]
    for call in calls:
        with pytest.raises(StorageAway):
            await call
