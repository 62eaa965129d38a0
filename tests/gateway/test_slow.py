"""Bursts, large answers and readers who do not read, over a real port on both websocket classes."""

import asyncio
import socket as net
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from carewire.gateway.services import Rules
from tests.gateway.conftest import Site, serve
from tests.patience import PATIENCE_S


async def test_a_burst_far_above_the_buffer_reaches_a_reader_who_reads(site: Site) -> None:
    async with site.connect() as client:
        await client.call("topic.subscribe", topic="line:1")
        await client.get()
        for number in range(2_000):
            site.behind.publish("line:1", {"number": number, "pad": "x" * 500})
        assert [(await client.get())["params"]["offset"] for _ in range(2_000)] == list(range(2, 2_002))


async def test_an_answer_of_a_mebibyte_is_no_reason_to_close(site: Site) -> None:
    async with site.connect(max_size=None) as client:
        assert len((await client.call("test.large", size=1_000_000))["result"]) == 1_000_000
        await client.barrier()


async def test_who_does_not_read_is_closed_and_the_others_notice_nothing(ws: str) -> None:
    async with serve(ws, Rules(queue_bytes=64 * 1024)) as site, site.connect() as good:
        await good.call("topic.subscribe", topic="line:1")
        await good.get()
        async with lazy_reader(site):
            await good.get()
            for _ in range(10_000):
                if len(site.behind.live["line:1"]) == 1:
                    break
                site.behind.publish("line:1", {"pad": "x" * 20_000})
                await good.get()
            else:
                pytest.fail("the one who does not read was never closed")
            await good.barrier()


async def test_a_line_that_stays_blocked_is_closed_also_when_little_waits(ws: str) -> None:
    async with serve(ws, Rules(slow_s=0.2)) as site, site.connect() as good, lazy_reader(site):
        [lazy] = site.behind.live["line:1"]
        site.behind.publish("line:1", {"pad": "x" * 16_000_000})
        site.behind.publish("line:1", {})
        async with asyncio.timeout(PATIENCE_S):
            while lazy in site.behind.listeners:
                await good.barrier()


@asynccontextmanager
async def lazy_reader(site: Site) -> AsyncIterator[None]:
    """A client that subscribes to line:1 and then never reads again."""
    raw = net.socket()
    raw.setsockopt(net.SOL_SOCKET, net.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", site.running.port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=2048)
    writer.write(
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    text = b'{"jsonrpc":"2.0","id":1,"method":"topic.subscribe","params":{"topic":"line:1"}}'
    writer.write(b"\x81" + bytes((0x80 | len(text),)) + b"\0\0\0\0" + text)
    await reader.readuntil(b'"live":true')
    try:
        yield
    finally:
        writer.transport.abort()
