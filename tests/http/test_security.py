"""What every answer tells a browser, and whose pages may come in.

Ledger: http.security_headers M-049 M-451 M-452, http.cors M-050.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Literal

import httpx
import msgspec
import pytest
import pytest_asyncio
import websockets

from carewire.app import create_app
from carewire.command import Rate
from carewire.gateway import server
from carewire.http import brake
from carewire.http.security import Origins
from carewire.settings import Settings
from tests.conftest import SECRET
from tests.patience import PATIENCE_S

LISTED = "https://app.example.com"
FOREIGN = "https://evil.example"
EXPECTED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-site",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
}


@pytest_asyncio.fixture
async def clinic(settings: Settings) -> AsyncIterator[server.Running]:
    """A gateway that is reached as https://clinic.example, and one listed page elsewhere."""
    settings = msgspec.structs.replace(
        settings, mode="production", public_url="https://clinic.example", origins=f"{LISTED}, capacitor://localhost"
    )
    running = await server.start(create_app(settings), settings)
    yield running
    await running.stop()


async def status_of_socket(running: server.Running, origin: str | None, **more: str) -> int:
    """101 where the handshake succeeds, else the status of the refusal."""
    headers = {"Origin": origin, **more} if origin is not None else more
    try:
        async with websockets.connect(running.url, additional_headers=headers):
            return 101
    except websockets.InvalidStatus as refused:
        answer = refused.response
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.status_code


async def raw(running: server.Running, request: bytes) -> dict[str, str]:
    """The headers of the answer to bytes that no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(request)
    async with asyncio.timeout(PATIENCE_S):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    writer.close()
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])}


async def test_pages_elsewhere_open_no_socket_and_read_no_answer(clinic: server.Running) -> None:
    host = {"Host": "clinic.example"}
    assert await status_of_socket(clinic, FOREIGN) == 403
    assert await status_of_socket(clinic, "null") == 403
    assert await status_of_socket(clinic, "https://app.example.com.evil.example") == 403
    assert await status_of_socket(clinic, "http://localhost:3000") == 403
    assert await status_of_socket(clinic, LISTED) == 101
    assert await status_of_socket(clinic, "capacitor://localhost") == 101
    assert await status_of_socket(clinic, "https://clinic.example", **host) == 101
    assert await status_of_socket(clinic, None) == 101
    async with httpx.AsyncClient(base_url=clinic.http_url, timeout=20) as web:
        allowed = await web.get("/api/v1/health", headers={"Origin": LISTED})
        assert allowed.headers["access-control-allow-origin"] == LISTED
        foreign = await web.get("/api/v1/health", headers={"Origin": FOREIGN})
        assert "access-control-allow-origin" not in foreign.headers
        asks = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
        preflight = await web.options("/api/v1/health", headers={"Origin": LISTED, **asks})
        assert preflight.status_code == 204
        assert "access-control-allow-credentials" not in preflight.headers
        assert (await web.options("/api/v1/health", headers={"Origin": FOREIGN, **asks})).status_code == 400


async def test_a_foreign_page_has_no_second_origin_header_to_hide_behind(clinic: server.Running) -> None:
    answer = await raw(
        clinic,
        b"GET /ws HTTP/1.1\r\nHost: clinic.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Origin: https://clinic.example\r\nOrigin: https://evil.example\r\n\r\n",
    )
    assert answer["x-content-type-options"] == "nosniff"
    assert "sec-websocket-accept" not in answer


async def test_every_answer_carries_the_headers_also_errors_and_what_is_no_http(clinic: server.Running) -> None:
    async with httpx.AsyncClient(base_url=clinic.http_url, timeout=20) as web:
        for method, path, status in [
            ("GET", "/api/v1/health", 200),
            ("GET", "/display", 200),
            ("GET", "/display/nothing.js", 404),
            ("GET", "/docs", 200),
            ("GET", "/metrics", 200),
            ("GET", "/nowhere", 404),
            ("DELETE", "/api/v1/health", 405),
            ("GET", "/ws", 426),
        ]:
            answer = await web.request(method, path)
            assert answer.status_code == status, path
            for name, value in EXPECTED.items():
                assert answer.headers.get(name) == value, (path, name)
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'self'" if path in ("/display", "/docs") else "default-src 'none'")
            assert "unsafe" not in policy
            assert "server" not in answer.headers
    assert (await raw(clinic, b"\x00\x01\x02 not http\r\n\r\n"))["x-content-type-options"] == "nosniff"
    half = (
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n\r\n"
    )
    assert (await raw(clinic, half))["x-content-type-options"] == "nosniff"


async def test_one_address_that_asks_too_often_waits_and_a_balancer_never_does(
    clinic: server.Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ledger: rate_limit M-046 M-453 (600 a minute and address instead of 100 in 15: a clinic is one address)."""
    monkeypatch.setattr(brake, "REQUESTS", Rate(burst=3, per_minute=6, shared=True))
    async with httpx.AsyncClient(base_url=clinic.http_url, timeout=20) as web:
        answers = [await web.get("/docs/reference.css") for _ in range(5)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
        refused = answers[-1]
        assert 1 <= int(refused.headers["retry-after"]) <= 10
        assert refused.json()["error"]["data"]["reason"] == "rate_limited"
        assert refused.headers["x-content-type-options"] == "nosniff"
        for _ in range(5):
            assert (await web.get("/api/v1/health")).status_code == 200


@pytest.mark.parametrize(
    ("mode", "origin", "host", "allowed"),
    [
        ("development", "http://localhost:3000", "127.0.0.1:8000", True),
        ("development", "http://192.168.1.5:8000", "192.168.1.5:8000", True),
        ("development", "http://[::1]:8000", "[::1]:8000", True),
        # DNS rebinding: the page's own name leads here, so origin and host agree.
        ("development", "http://evil.example:8000", "evil.example:8000", False),
        ("development", "http://localhost.evil.example", "127.0.0.1:8000", False),
        ("production", "https://clinic.example", "clinic.example", True),
        ("production", "http://localhost:3000", "clinic.example", False),
        ("production", "https://clinic.example:444", "clinic.example", False),
        ("production", "", "", False),
    ],
)
def test_own_pages_may_and_rebound_names_may_not(
    mode: Literal["development", "production"], origin: str, host: str, allowed: bool
) -> None:
    assert Origins(Settings(secret=SECRET, mode=mode)).allow(origin, host) is allowed
