"""The same wire through the whole product's application, so that no layer in between changes it."""

import json

import httpx
import msgspec
import pytest
import websockets

from carewire.app import create_app
from carewire.gateway import outgoing, server
from carewire.settings import Settings
from tests.gateway.conftest import connect


async def test_the_product_speaks_the_wire_on_both_websocket_classes(
    settings: Settings, ws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    for lane in (outgoing.RawOutgoing, outgoing.StockOutgoing):
        put = lane.put
        monkeypatch.setattr(
            lane, "put", lambda self, frame, put=put: (taken.append(type(self).__name__), put(self, frame))[1]
        )
    settings = msgspec.structs.replace(settings, ws=ws)
    running = await server.start(create_app(settings), settings)
    try:
        async with connect(running.url, subprotocols=["carewire.v1"]) as client:
            assert client.welcome["params"]["node"] == settings.node
            await client.barrier()
            answer = await client.ask('{"jsonrpc":"2.0","id":1.0,"method":"no.such","params":[1]}')
            assert answer["error"]["code"] == -32601
        async with httpx.AsyncClient() as http:
            page = await http.get(f"{running.http_url}/ws")
            assert (page.status_code, page.headers["upgrade"]) == (426, "websocket")
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with connect(running.url, subprotocols=["soap"]):
                pass
        assert refused.value.response.status_code == 400
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with connect(running.url, additional_headers={"Authorization": "Bearer forged"}):
                pass
        assert refused.value.response.status_code == 401
        assert json.loads(refused.value.response.body or b"")["error"]["data"]["reason"] == "unauthenticated"
    finally:
        await running.stop()
    assert set(taken) == {"RawOutgoing" if ws == "raw" else "StockOutgoing"}
