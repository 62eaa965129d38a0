"""`make load` in small: locust as an operator runs it, against the whole product on a real port."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from carewire.app import create_app
from carewire.gateway import server
from carewire.settings import Settings
from channels.seed import seed
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
USERS = 24
SECONDS = 10
CALLS = {
    "Patient": ("command", "queue.join"),
    "Doctor": ("command", "queue.complete"),
    "Desk": ("command", "queue.arrival_code"),
    "Display": ("command", "display.pair"),
}
EVENTS = ("queue:updated on line", "queue:updated on queue", "token:updated on token", "board:updated on board")


TOKEN = "a token by which Twilio would sign"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, sms_tokens=TOKEN, port=free_port())


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[server.Running]:
    """The product at an address it knows, so that its own payment gateway finds it."""
    running = await server.start(create_app(settings), settings, port=settings.port)
    yield running
    await running.stop()


@pytest.mark.skipif(find_spec("locust") is None, reason="the extra [load] is not installed; `make test` does it")
async def test_a_few_seconds_of_locust_have_no_failure_and_everybody_calls_and_hears(
    gateway: server.Running, settings: Settings
) -> None:
    assert settings.database_url
    await seed(settings.database_url, settings)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "locust", "--locustfile", "load/locustfile.py", "--host", gateway.http_url),
        *("--headless", "--users", str(USERS), "--spawn-rate", str(USERS), "--run-time", f"{SECONDS}s", "--json"),
        cwd=ROOT,
        env={
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "PATH": "/usr/bin:/bin",
            "CAREWIRE_SMS_TOKENS": TOKEN,
            "CAREWIRE_SECRET": settings.secret,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, told = await asyncio.wait_for(process.communicate(), 90)
    assert process.returncode == 0, told.decode()
    entries: list[dict[str, Any]] = json.loads(out)
    counted = {(entry["method"], entry["name"]): entry for entry in entries}
    assert [entry for entry in entries if entry["num_failures"]] == []
    for who, call in CALLS.items():
        assert counted[call]["num_requests"] > 0, who
    assert any(method == "GET" for method, _ in counted), "visitors"
    for name in EVENTS:
        heard = counted["event", name]
        assert heard["num_requests"] > 0
        assert 0 < heard["total_response_time"] / heard["num_requests"] < 5_000, "milliseconds from commit to here"
    assert counted["socket", "open"]["num_requests"] >= USERS - 4
    assert counted["payment", "completed"]["num_requests"] > 0
    for company in ("twilio", "house"):
        assert counted["POST", f"/webhooks/{company}"]["num_requests"] > 0
        assert counted["POST", f"/webhooks/{company}, forged"]["num_requests"] > 0
    connection = await asyncpg.connect(settings.database_url)
    try:
        states = {row[0] for row in await connection.fetch("SELECT DISTINCT state FROM letter WHERE ref LIKE 'SM%'")}
        paid = {row[0] for row in await connection.fetch("SELECT DISTINCT state FROM online_payment")}
    finally:
        await connection.close()
    assert states
    assert paid & {"completed", "refunded"}, "what was paid and called off goes back"
    assert states <= {"delivered", "undelivered", "sent", "accepted"}, "what was forged has no effect"
    assert "Traceback" not in told.decode()
