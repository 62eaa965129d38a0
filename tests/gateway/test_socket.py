"""The wire over a real port, on the raw lane and on the stock class alike. Hostile cases first."""

import asyncio
import json

import pytest
import structlog
import websockets

from carewire.errors import Close
from carewire.gateway.services import Rules
from tests.gateway.conftest import Site, serve
from tests.gateway.test_rpc import REFUSED


async def test_every_malformed_frame_gets_its_typed_answer_and_the_socket_lives_on(site: Site) -> None:
    async with site.connect() as client:
        for name, frame, code, identity in REFUSED:
            if len(frame.encode()) > 60_000:
                continue
            answer = await client.ask(frame)
            assert (answer["error"]["code"], answer["id"], answer["jsonrpc"]) == (code, identity, "2.0"), name
        await client.barrier()


CALLS: list[tuple[str, str, int | None]] = [
    ("unknown method", '"method":"no.such"', -32601),
    ("unknown method before bad params", '"method":"no.such","params":[1]', -32601),
    ("positional params", '"method":"socket.ping","params":[]', -32602),
    ("an extra field", '"method":"socket.ping","params":{"x":1}', -32602),
    ("a missing field", '"method":"topic.subscribe","params":{}', -32602),
    ("a wrong type", '"method":"topic.subscribe","params":{"topic":7}', -32602),
    ("a negative offset", '"method":"topic.subscribe","params":{"topic":"line:1","after":-1}', -32602),
    ("an offset beyond int64", '"method":"topic.subscribe","params":{"after":99999999999999999999}', -32602),
    ("U+0000", '"method":"topic.subscribe","params":{"topic":"line:\\u0000"}', -32602),
    ("half a surrogate pair", '"method":"topic.subscribe","params":{"topic":"line:\\ud800"}', -32602),
    ("a topic that is not mine", '"method":"topic.subscribe","params":{"topic":"queue:1"}', 404),
    ("a domain's refusal", '"method":"test.refused"', 409),
    ("a bug", '"method":"test.crash"', -32603),
    ("a sound call", '"method":"test.echo","params":{"a":1.0}', None),
]  # fmt: skip


@pytest.mark.parametrize(("call", "code"), [c[1:] for c in CALLS], ids=[c[0] for c in CALLS])
async def test_each_call_has_one_answer_of_the_declared_form(site: Site, call: str, code: int | None) -> None:
    async with site.connect() as client:
        answer = await client.ask('{"jsonrpc":"2.0","id":"q",%s}' % call)  # noqa: UP031
        assert (answer["jsonrpc"], answer["id"]) == ("2.0", "q")
        assert ("result" in answer) == (code is None)
        if code is not None:
            error = answer["error"]
            assert error["code"] == code
            assert error["data"]["retry"] in ("never", "same") or "after_ms" in error["data"]["retry"]
            assert isinstance(error["data"]["reason"], str)


async def test_a_bug_is_answered_with_a_trace_id_and_logged_without_the_payload(site: Site) -> None:
    with structlog.testing.capture_logs() as logs:
        async with site.connect() as client:
            error = (await client.call("test.crash", password="hunter2"))["error"]
    assert error["data"] == {"reason": "internal", "retry": "same", "trace": error["data"]["trace"]}
    [line] = [entry for entry in logs if entry["event"] == "call_failed"]
    assert line["trace"] == error["data"]["trace"]
    assert "secret payload" not in str(logs)
    assert "hunter2" not in str(logs)


async def test_ids_come_back_as_sent(site: Site) -> None:
    async with site.connect() as client:
        for raw in ("7", "1.0", "-0", "123456789012345678901234567890", '"\\u00e9"', "null"):
            await client.send('{"jsonrpc":"2.0","id":%s,"method":"socket.ping"}' % raw)  # noqa: UP031
            assert '"id":%s,' % raw in str(await client.socket.recv())  # noqa: UP031


async def test_a_binary_frame_closes_the_socket(site: Site) -> None:
    async with site.connect() as client:
        await client.send(b'{"jsonrpc":"2.0","id":1,"method":"socket.ping"}')
        assert (await client.closed())[0] == 1003


async def test_a_frame_above_64_kib_closes_the_socket_and_one_of_exactly_64_kib_does_not(site: Site) -> None:
    async with site.connect() as client:
        frame = '{"jsonrpc":"2.0","id":1,"method":"test.echo","params":{"a":""}}'
        await client.send(frame.replace('""', '"%s"' % ("x" * (65_536 - len(frame)))))
        assert "result" in await client.get()
        await client.send("x" * 65_537)
        assert (await client.closed())[0] == 1009
    async with site.connect() as client:
        await client.send("x" * 1_000_000)
        assert (await client.closed())[0] == 1009


async def test_bad_utf8_closes_the_socket(site: Site) -> None:
    async with site.connect() as client:
        await client.socket.send(b'{"jsonrpc":"2.0","id":1,"method":"a.b","params":{"a":"\xff"}}', text=True)
        assert (await client.closed())[0] == 1007


async def test_only_unknown_subprotocols_are_refused_naming_the_legal_one(site: Site) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with site.connect(subprotocols=["carewire.v9", "soap"]):
            pass
    assert refused.value.response.status_code == 400
    error = json.loads(refused.value.response.body or b"")["error"]
    assert (error["data"]["reason"], error["data"]["legal"]) == ("unknown_subprotocol", ["carewire.v1"])


async def test_our_subprotocol_or_none_is_spoken(site: Site) -> None:
    async with site.connect(subprotocols=["soap", "carewire.v1"]) as client:
        assert client.socket.subprotocol == "carewire.v1"
    async with site.connect() as client:
        assert client.socket.subprotocol is None


async def test_a_bad_authorization_header_is_refused_before_the_socket_opens(site: Site) -> None:
    for header in ("Bearer bad", "Basic good", "Bearer", "good", "Bearer "):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with site.connect(additional_headers={"Authorization": header}):
                pass
        assert refused.value.response.status_code == 401
        assert json.loads(refused.value.response.body or b"")["error"]["data"]["reason"] == "unauthenticated"


async def test_the_authorization_header_logs_in_and_the_query_string_never_does(site: Site) -> None:
    async with site.connect(additional_headers={"Authorization": "bearer good"}) as client:
        assert (await client.call("test.whoami"))["result"] is not None
    async with site.connect(query="?token=good&access_token=good") as client:
        assert (await client.call("test.whoami"))["result"] is None


async def test_welcome_tells_what_a_client_must_know(site: Site) -> None:
    async with site.connect() as client:
        assert client.welcome["method"] == "socket:welcome"
        told = client.welcome["params"]
        assert set(told) == {
            "version", "node", "epoch", "heartbeat_s", "server_time", "product_time", "clock_rate", "limits"
        }  # fmt: skip
        assert (told["node"], told["epoch"], told["limits"]["frame_bytes"]) == ("n1", "e1", 65_536)
        pong = (await client.call("socket.ping"))["result"]
        assert pong["server_time"] >= told["server_time"]


async def test_a_notification_is_run_and_never_answered_whatever_comes_of_it(site: Site) -> None:
    async with site.connect() as client:
        for method in ("test.echo", "test.refused", "test.crash", "no.such", "rpc.x"):
            await client.send('{"jsonrpc":"2.0","method":"%s","params":{}}' % method)  # noqa: UP031
        await client.barrier()
        assert site.behind.started == ["test.echo", "test.refused", "test.crash", "no.such"]


async def test_a_batch_is_answered_once_with_one_answer_per_request(site: Site) -> None:
    async with site.connect() as client:
        await client.send(
            '[{"jsonrpc":"2.0","id":1,"method":"test.gated"},{"jsonrpc":"2.0","method":"test.echo"},7,'
            '{"jsonrpc":"2.0","id":2,"method":"test.echo","params":{"a":1}},{"result":1},'
            '{"jsonrpc":"2.0","id":null,"method":"no.such"}]'
        )
        await client.barrier()
        site.behind.gate.set()
        answers = await client.get()
        assert sorted((str(a["id"]), "result" in a) for a in answers) == [
            ("1", True), ("2", True), ("None", False), ("None", False)
        ]  # fmt: skip


async def test_a_batch_of_notifications_is_not_answered(site: Site) -> None:
    async with site.connect() as client:
        await client.send('[{"jsonrpc":"2.0","method":"test.echo"},{"jsonrpc":"2.0","method":"test.refused"}]')
        await client.barrier()
        assert site.behind.started == ["test.echo", "test.refused"]


async def test_calls_start_in_order_and_finish_in_any(site: Site) -> None:
    async with site.connect() as client:
        await client.send('{"jsonrpc":"2.0","id":"slow","method":"test.gated"}')
        await client.send('{"jsonrpc":"2.0","id":"fast","method":"test.echo"}')
        assert (await client.get())["id"] == "fast"
        site.behind.gate.set()
        assert (await client.get())["id"] == "slow"
        assert site.behind.started == ["test.gated", "test.echo"]


async def test_a_disconnect_cancels_no_started_command(site: Site) -> None:
    async with site.connect() as client:
        await client.send('{"jsonrpc":"2.0","id":1,"method":"test.gated"}')
        await client.barrier()
        client.socket.transport.abort()
        await client.socket.wait_closed()
    async with site.connect() as other:
        await other.barrier()
        site.behind.gate.set()
        await other.barrier()
    assert site.behind.finished == ["test.gated"]


async def test_calls_beyond_the_limit_in_flight_are_refused_and_the_first_ones_run(ws: str) -> None:
    async with serve(ws, Rules(in_flight=3)) as site, site.connect() as client:
        for number in range(5):
            await client.send('{"jsonrpc":"2.0","id":%d,"method":"test.gated"}' % number)  # noqa: UP031
        for number in (3, 4):
            answer = await client.get()
            assert (answer["id"], answer["error"]["data"]["reason"]) == (number, "overloaded")
            assert answer["error"]["data"]["retry"] == {"after_ms": 200}
        site.behind.gate.set()
        assert sorted([(await client.get())["id"] for _ in range(3)]) == [0, 1, 2]


async def test_a_socket_that_keeps_on_beyond_its_limits_is_closed_for_good(ws: str) -> None:
    async with serve(ws, Rules(in_flight=1, flood_burst=10, flood_per_s=0)) as site, site.connect() as client:
        for _ in range(13):
            await client.send('{"jsonrpc":"2.0","method":"test.gated"}')
        assert (await client.closed())[0] == Close.FLOOD


async def test_login_and_logout_happen_on_the_socket(site: Site) -> None:
    async with site.connect() as client:
        assert (await client.call("test.whoami"))["result"] is None
        await client.call("test.login", who=3)
        assert str((await client.call("test.whoami"))["result"]).endswith("3")
        assert (await client.call("test.login", who=4))["error"]["data"]["reason"] == "already_authenticated"
        assert "result" in await client.call("test.login", who=3)
        await client.call("test.logout")
        assert (await client.call("test.whoami"))["result"] is None


async def test_a_login_that_ends_elsewhere_closes_the_socket(site: Site) -> None:
    async with site.connect() as client:
        await client.call("test.login")
        [listener] = site.behind.listeners
        listener.rebind(None)
        assert (await client.closed())[0] == Close.LOGIN_ENDED
        assert listener not in site.behind.listeners


async def test_a_token_that_runs_out_is_announced_and_then_closes_the_socket(ws: str) -> None:
    async with serve(ws, Rules(notice_s=60, grace_s=0.0)) as site:
        site.behind.login_expires_in_s = 0.5
        async with site.connect(additional_headers={"Authorization": "Bearer good"}) as client:
            notice = await client.get()
            assert notice["method"] == "auth:expiring"
            assert set(notice["params"]) == {"expires_at", "closes_at"}
            assert (await client.closed())[0] == Close.TOKEN_EXPIRED


async def test_the_first_event_comes_right_behind_the_reply_to_subscribe(site: Site) -> None:
    async with site.connect() as client:
        answer = await client.call("topic.subscribe", topic="line:1")
        assert answer["result"] == {"epoch": "e1", "offset": 0}
        event = await client.get()
        assert (event["method"], event["params"]["topic"], event["params"]["offset"]) == ("line:moved", "line:1", 1)
        assert (await client.call("topic.unsubscribe", topic="line:1"))["result"] == {"unsubscribed": True}
        site.behind.publish("line:1", {})
        assert (await client.call("topic.unsubscribe", topic="line:1"))["result"] == {"unsubscribed": False}
        assert (await client.call("socket.resume", epoch="e1", topics={"line:1": 1}))["result"]["offset"] == 2
        assert (await client.get())["params"]["offset"] == 3


async def test_a_subscribe_in_a_batch_goes_live_behind_the_batch_s_answer(site: Site) -> None:
    async with site.connect() as client:
        answers = await client.ask(
            '[{"jsonrpc":"2.0","id":1,"method":"topic.subscribe","params":{"topic":"line:1"}},'
            '{"jsonrpc":"2.0","id":2,"method":"topic.subscribe","params":{"topic":"line:2"}}]'
        )
        assert [a["id"] for a in answers] == [1, 2]
        assert [(await client.get())["params"]["topic"] for _ in range(2)] == ["line:1", "line:2"]


async def test_a_stopping_server_closes_sockets_and_lets_started_commands_finish(ws: str) -> None:
    async with serve(ws) as site:
        async with site.connect() as client:
            await client.send('{"jsonrpc":"2.0","id":1,"method":"test.gated"}')
            await client.barrier()
            stopping = asyncio.get_running_loop().create_task(site.running.stop())
            assert (await client.closed())[0] == 1012
            site.behind.gate.set()
            await stopping
        assert site.behind.finished == ["test.gated"]
