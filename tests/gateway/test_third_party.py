"""Other people's JSON-RPC clients against the real gateway, unchanged: npm rpc-websockets, PyPI jsonrpc-websocket."""

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonrpc_base
import pytest
import pytest_asyncio
from jsonrpc_websocket import Server

from carewire.gateway import server
from carewire.settings import Settings
from carewire.store.db import Database
from channels.identity import demo
from tests.patience import PATIENCE_S
from tests.people import make_counter

NPM = Path(__file__).parent.parent / "npm"


@pytest_asyncio.fixture
async def counter(gateway: server.Running, settings: Settings, db: Database) -> UUID:
    """A counter that Priya owns."""
    return await make_counter(settings, db)


def find_node() -> str:
    """The program, or the line that installs what is missing."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is missing; mend: scripts/need node npm")
    if not (NPM / "node_modules" / "rpc-websockets").is_dir():
        pytest.fail("the npm clients are missing; mend: npm install --prefix tests/npm")
    return node


async def run_node(script: str, *arguments: str) -> Any:
    """What a script of tests/npm printed."""
    process = await asyncio.create_subprocess_exec(
        find_node(), script, *arguments, cwd=NPM, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def test_npm_rpc_websockets_calls_hears_and_is_refused_in_its_own_terms(
    gateway: server.Running, counter: UUID
) -> None:
    seen = await run_node("rpc_websockets.mjs", gateway.url, demo.PRIYA.phone, str(counter))
    assert seen["welcome"]["limits"]["in_flight"] == 64
    assert (seen["unknown"]["code"], seen["unknown"]["data"]["reason"]) == (-32601, "method_not_found")
    assert (seen["unauthenticated"]["code"], seen["unauthenticated"]["data"]["reason"]) == (401, "unauthenticated")
    assert (seen["positional"]["code"], seen["positional"]["data"]["retry"]) == (-32602, "never")
    assert seen["reserved"]["code"] == -32601
    assert seen["greeting"] == "hello npm"
    assert seen["account"] == str(demo.PRIYA.account_id)
    assert seen["subscribed"]["snapshot"] == {"counter_id": str(counter), "value": 0}
    assert seen["added"] == {"counter_id": str(counter), "value": 4}
    assert seen["invalid"]["data"]["fields"][0]["path"] == "$.counter_id"
    assert [(e["topic"], e["offset"], e["data"]["value"]) for e in seen["events"]] == [
        (f"toy:{counter}", 1, 2),
        (f"toy:{counter}", 2, 4),
        (f"toy:{counter}", 3, 5),
    ]
    assert seen["fetched"]["value"] == 5
    assert seen["closed"] == 1000


async def test_pypi_jsonrpc_websocket_calls_hears_and_is_refused_in_its_own_terms(
    gateway: server.Running, counter: UUID
) -> None:
    stranger = Server(gateway.url)
    welcome: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    setattr(stranger, "socket:welcome", lambda **params: welcome.put_nowait(params))
    setattr(stranger, "toy:counted", lambda **params: events.put_nowait(params))
    reading = await stranger.ws_connect()
    try:
        async with asyncio.timeout(PATIENCE_S):
            assert (await welcome.get())["limits"]["frame_bytes"] == 65_536
            with pytest.raises(jsonrpc_base.ProtocolError) as refused:
                await stranger.toy.get(counter_id=str(counter))
            code, message, answer = refused.value.args
            assert (code, answer["error"]["data"]["reason"]) == (401, "unauthenticated")
            assert message.startswith("Log in first")
            with pytest.raises(jsonrpc_base.ProtocolError) as refused:
                await stranger.toy.hello("by position")
            assert refused.value.args[0] == -32602
            with pytest.raises(jsonrpc_base.ProtocolError) as refused:
                await stranger.no.such.method()
            assert refused.value.args[0] == -32601
            await log_in(stranger, demo.PRIYA.phone)
            topic = await stranger.topic.subscribe(topic=f"toy:{counter}")
            assert (topic["offset"], topic["snapshot"]["value"]) == (0, 0)
            assert (await stranger.toy.add(counter_id=str(counter), by=3))["value"] == 3
            # Its notifications have no id: run, never answered, heard as an event.
            assert await stranger.toy.add(counter_id=str(counter), _notification=True) is None
            heard = [await events.get(), await events.get()]
            assert [(e["offset"], e["data"]["value"]) for e in heard] == [(1, 3), (2, 4)]
    finally:
        await stranger.close()
        await asyncio.wait({reading})


async def log_in(stranger: Any, phone: str) -> None:
    await stranger.auth.otp_send(phone=phone)
    while not (letters := await stranger.dev.mailbox(to=phone)):
        pass  # the letter follows the commit; each look is a round trip
    code = re.search(r"\b\d{6}\b", letters[0]["body"])
    assert code is not None
    await stranger.auth.otp_verify(phone=phone, code=code[0])
