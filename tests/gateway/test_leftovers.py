"""A socket that is over is gone at once: nothing of it waits for the garbage collector.

Ledger: ws.gateway H-007 H-063.
"""

import asyncio
import contextlib
import gc
import weakref
from collections.abc import Iterator

import pytest
import websockets

from tests.gateway.conftest import serve
from tests.patience import PATIENCE_S


@pytest.fixture
def uncollected() -> Iterator[None]:
    """The collector sleeps: what dies, dies by itself."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("how", ["by the client", "by the server", "without a word"])
@pytest.mark.usefixtures("uncollected")
async def test_a_closed_socket_leaves_no_circle_behind(how: str) -> None:
    async with serve("raw") as site:
        async with site.connect(additional_headers={"Authorization": "Bearer good"}) as client:
            await client.call("topic.subscribe", topic="line:1")
            await client.get()
            await client.barrier()
            gone = asyncio.Event()
            [listener] = site.behind.listeners
            weakref.finalize(listener, gone.set)
            del listener
            assert not gone.is_set()
            if how == "by the server":
                next(iter(site.behind.listeners)).close(4000, "come back")
                await client.closed()
            elif how == "without a word":
                client.socket.transport.abort()
                with contextlib.suppress(websockets.ConnectionClosed):
                    await client.socket.recv()
        await asyncio.wait_for(gone.wait(), PATIENCE_S)
