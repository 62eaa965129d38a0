"""The door for gateways: forged, repeated, too large, too slow, twice at once, and while the database is away.

Ledger: http.webhooks H-003 M-445; signature over the raw body and once by the gateway's event id, as H-082 M-054 M-055
M-056 M-273 ask of each. The toy gateway `bell` is declared exactly as a real one is.
"""

import asyncio
import hashlib
import hmac
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec
import pytest
import pytest_asyncio

from carewire import metrics
from carewire.app import create_app
from carewire.clock import Clock
from carewire.command import Ctx, Rate
from carewire.embedded import Postgres
from carewire.errors import Unavailable
from carewire.gateway import server
from carewire.http import webhook as door
from carewire.http.webhook import Call, Forged, GatewayEvent, webhook
from carewire.ids import uuid7
from carewire.jobs.house import KeepHouse, keep_house
from carewire.settings import Settings
from carewire.store.db import Database
from carewire.store.webhooks import KEPT
from tests.faults.proxy import Proxy
from tests.patience import PATIENCE_S

BELL = uuid7()
OLD, NEW = "the bell's old secret", "the bell's new secret"
JSON = "application/json"


class Rung(GatewayEvent, frozen=True, kw_only=True):
    """The bell rang; what is not `ours` is somebody else's."""

    bell: UUID
    ours: bool = True
    later: bool = False


def sign(body: bytes, url: str, secret: str = NEW) -> str:
    return hmac.new(secret.encode(), url.encode() + body, hashlib.sha256).hexdigest()


def read(settings: Settings, call: Call) -> Rung | None:
    """Signed by any of the secrets that are valid now; a node named `…-old` knows the old one too."""
    secrets = (OLD, NEW) if settings.node.endswith("old") else (NEW,)
    if not any(hmac.compare_digest(sign(call.body, call.url, s), call.headers.get("x-bell", "")) for s in secrets):
        raise Forged()
    event = msgspec.json.decode(call.body)
    return msgspec.convert(event, Rung) if event["kind"] == "rung" else None


@webhook(
    "bell",
    event=Rung,
    configured=lambda settings: "bell" in settings.node,
    read=read,
    content_type=JSON,
    errors={Unavailable},
    max_bytes=1000,
    paths=("/also/bell",),
)
async def hear(ctx: Ctx, event: Rung) -> bool:
    """Write down that it rang."""
    await ctx.tx.execute("INSERT INTO pinged (counter, text) VALUES ($1, $2)", event.bell, event.id)
    if event.later:
        raise Unavailable(after_ms=1500)
    return event.ours


class Bell:
    """The gateway: signs what it says of `url`, the address it was given."""

    def __init__(self, web: httpx.AsyncClient, public: str) -> None:
        self.web, self.public = web, public

    async def ring(self, event_id: str, path: str = "/webhooks/bell?x=1&y=%C3%BC", **more: Any) -> httpx.Response:
        body = msgspec.json.encode({"id": event_id, "kind": "rung", "bell": BELL, **more})
        return await self.say(body, path)

    async def say(self, body: Any, path: str = "/webhooks/bell", secret: str = NEW, **headers: str) -> httpx.Response:
        signature = sign(body, self.public + path, secret) if isinstance(body, bytes) else ""
        return await self.web.post(
            path, content=body, headers={"content-type": JSON, "x-bell": signature, **headers}, timeout=PATIENCE_S
        )


@asynccontextmanager
async def listening(settings: Settings, node: str, **more: Any) -> AsyncIterator[Bell]:
    settings = msgspec.structs.replace(settings, node=node, public_url="https://clinic.example", **more)
    running = await server.start(create_app(settings), settings)
    async with httpx.AsyncClient(base_url=running.http_url) as web:
        yield Bell(web, "https://clinic.example")
    await running.stop()


@pytest_asyncio.fixture
async def bell(settings: Settings) -> AsyncIterator[Bell]:
    async with listening(settings, "bell") as one:
        yield one


def counted(outcome: str) -> float:
    return float(metrics.WEBHOOKS.labels("bell", outcome)._value.get())


async def rung(db: Database) -> list[str]:
    """The effects."""
    async with db.snapshot() as tx:
        return [r["text"] for r in await tx.fetch("SELECT text FROM pinged WHERE counter = $1 ORDER BY text", BELL)]


async def test_nothing_has_an_effect_that_is_not_signed_for_this_address_with_this_secret(
    bell: Bell, db: Database
) -> None:
    forged = counted("forged")
    body = msgspec.json.encode({"id": "e1", "kind": "rung", "bell": BELL})
    answers = [
        await bell.say(body, **{"x-bell": ""}),
        await bell.say(body, **{"x-bell": sign(body, "https://evil.example/webhooks/bell")}),
        await bell.say(body + b" ", **{"x-bell": sign(body, "https://clinic.example/webhooks/bell")}),
        await bell.say(body, "/webhooks/bell?x=2", **{"x-bell": sign(body, "https://clinic.example/webhooks/bell")}),
        await bell.say(body, secret=OLD),
    ]
    assert [one.status_code for one in answers] == [400] * 5
    assert answers[0].json()["data"]["reason"] == "forged"
    assert counted("forged") == forged + 5
    assert await rung(db) == []


async def test_an_event_has_its_effect_once_however_often_it_is_sent(bell: Bell, db: Database) -> None:
    done, repeated, unknown, ignored = map(counted, ("done", "repeated", "unknown", "ignored"))
    for _ in range(3):
        assert (await bell.ring("e1")).status_code == 200
    assert (await bell.ring("e1", "/also/bell")).status_code == 200
    assert (await bell.ring("e2", ours=False)).status_code == 200
    answer = await bell.say(b'{"kind": "polished"}')
    assert (answer.status_code, answer.json()) == (200, {})
    assert await rung(db) == ["e1", "e2"]
    assert counted("done") == done + 1
    assert counted("repeated") == repeated + 3
    assert counted("unknown") == unknown + 1
    assert counted("ignored") == ignored + 1


async def test_sent_at_once_to_two_nodes_it_has_one_effect(settings: Settings, db: Database) -> None:
    async with listening(settings, "bell-1") as one, listening(settings, "bell-2") as two:
        answers = await asyncio.gather(*(node.ring("e1") for node in (one, two) for _ in range(8)))
        # Who waited too long for the first is asked to come again, and then it is known.
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert (await two.ring("e1")).status_code == 200
    assert await rung(db) == ["e1"]


async def test_what_cannot_be_done_yet_leaves_nothing_and_is_sent_again(bell: Bell, db: Database) -> None:
    answer = await bell.ring("e1", later=True)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert await rung(db) == []
    assert (await bell.ring("e1")).status_code == 200
    assert await rung(db) == ["e1"]


async def test_while_the_database_is_away_the_gateway_is_asked_to_send_again(
    settings: Settings, db: Database, postgres: Postgres
) -> None:
    line = Proxy("to postgres", lambda: str(postgres.sockets / ".s.PGSQL.5432"), random.Random(1))
    await line.start()
    assert settings.database_url
    name = urlsplit(settings.database_url).path
    far = f"postgresql://carewire@127.0.0.1:{line.port}{name}?sslmode=disable"
    async with listening(settings, "bell", database_url=far) as bell:
        assert (await bell.ring("e1")).status_code == 200
        line.refuse(True)
        line.cut()
        away = await bell.ring("e2")
        assert away.status_code == 503
        assert int(away.headers["retry-after"]) >= 1
        line.refuse(False)
        async with asyncio.timeout(PATIENCE_S):
            while (await bell.ring("e2")).status_code == 503:
                pass
        assert await rung(db) == ["e1", "e2"]
    await line.stop()


async def test_a_secret_is_rotated_without_losing_an_event(settings: Settings, db: Database) -> None:
    async def say(bell: Bell, event_id: str, secret: str) -> int:
        body = msgspec.json.encode({"id": event_id, "kind": "rung", "bell": BELL})
        return (await bell.say(body, secret=secret)).status_code

    async with listening(settings, "bell-old") as both:
        assert [await say(both, "e1", OLD), await say(both, "e2", NEW), await say(both, "e3", "none")] == [
            200,
            200,
            400,
        ]
    async with listening(settings, "bell") as new:
        assert [await say(new, "e4", OLD), await say(new, "e5", NEW)] == [400, 200]
    assert await rung(db) == ["e1", "e2", "e5"]


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(bell: Bell, db: Database) -> None:
    async def more_than_it_may() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * 500

    assert (await bell.say(b" " * 1001)).status_code == 413
    assert (await bell.say(more_than_it_may())).status_code == 413
    assert await rung(db) == []


async def test_a_body_that_does_not_arrive_is_given_up(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_S", 0.05)
    port = bell.web.base_url.port
    assert port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /webhooks/bell HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    )
    async with asyncio.timeout(PATIENCE_S):
        assert (await reader.readline()).split()[1] == b"408"
    writer.close()
    assert not door._under_way


async def test_what_makes_no_sense_is_told_so_and_only_posted_json_is_read(bell: Bell) -> None:
    assert (await bell.say(b"a=1", **{"content-type": "application/x-www-form-urlencoded"})).status_code == 415
    assert (await bell.web.post("/webhooks/bell")).status_code == 415
    assert (await bell.web.get("/webhooks/bell")).status_code == 405
    assert (await bell.ring("")).status_code == 422
    assert (await bell.ring("e" * 256)).status_code == 422


async def test_without_its_secret_a_gateway_has_no_door(settings: Settings) -> None:
    async with listening(settings, "other") as bell:
        assert (await bell.ring("e1")).status_code == 404
        assert (await bell.ring("e1", "/also/bell")).status_code == 404


async def test_one_address_may_not_ask_without_end_and_not_hold_all_places(
    bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "FROM_ONE_ADDRESS", Rate(burst=2, per_minute=1, shared=True))
    answers = [await bell.ring("e1") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    monkeypatch.setattr(door, "AT_ONCE_FROM_ONE_ADDRESS", 0)
    full = await bell.ring("e1")
    assert (full.status_code, full.headers["retry-after"]) == (503, "5")


async def test_what_no_gateway_sends_again_is_forgotten(bell: Bell, db: Database, settings: Settings) -> None:
    assert (await bell.ring("e1")).status_code == 200
    for ahead, kept in ((KEPT - timedelta(hours=1), 1), (KEPT + timedelta(hours=1), 0)):
        async with db.transaction() as tx:
            now = Clock().now()
            await keep_house(Ctx(tx=tx, now=now, real_now=now + ahead, settings=settings), KeepHouse())
        async with db.snapshot() as tx:
            assert await tx.fetchval("SELECT count(*) FROM webhook_event") == kept
