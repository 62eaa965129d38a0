"""Lines that break at the worst moment: nothing is lost, repeated or done twice."""

import asyncio
import re
import statistics
from uuid import UUID

import pytest

from carewire.app import create_app
from carewire.client import Client, Lost, Refused, Snapshot, Subscription, link
from carewire.client.refused import Backoff, pause_before
from carewire.gateway import server
from carewire.settings import Settings
from tests.client.conftest import SHORT, change, offsets_until, until
from tests.client.proxy import Proxy, ReplyTo, once
from tests.conftest import Connect


async def test_a_command_cut_off_right_after_it_was_sent_has_its_effect_once(
    second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    proxy.up = once('"toy.add"', "pass_and_cut")
    answer = await second.command("toy.add", counter_id=counter)
    assert answer == {"counter_id": str(counter), "value": 1}
    keys = [re.findall(r'"idempotency_key":"([^"]+)"', text) for text in proxy.said if "toy.add" in text]
    assert len(keys) == 2
    assert keys[0] == keys[1] != []
    assert (await second.query("toy.get", counter_id=counter))["value"] == 1
    assert (await change(followed)).offset == 1
    assert followed.pending() == 0


async def test_a_command_whose_reply_was_lost_answers_the_stored_reply(
    second: Client, proxy: Proxy, counter: UUID
) -> None:
    lost = ReplyTo("toy.add", "cut", times=2)
    proxy.up, proxy.down = lost.up, lost.down
    assert (await second.command("toy.add", counter_id=counter, by=5))["value"] == 5
    assert proxy.count("toy.add") == 3
    assert (await second.query("toy.get", counter_id=counter))["value"] == 5


async def test_a_call_is_sent_once_and_says_that_nobody_knows(second: Client, proxy: Proxy, counter: UUID) -> None:
    proxy.up = once('"toy.add"', "pass_and_cut")
    with pytest.raises(ConnectionError):
        await second.call("toy.add", counter_id=counter)
    await second.query("socket.ping")
    assert proxy.count("toy.add") == 1


async def test_events_of_an_outage_come_once_and_in_order(
    priya: Client, second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    await priya.command("toy.add", counter_id=counter, times=3)
    assert await offsets_until(followed, 3) == [1, 2, 3]
    for outage in range(3):
        proxy.refusing = True
        proxy.cut()
        await priya.command("toy.add", counter_id=counter, times=20)
        proxy.refusing = False
        await second.query("socket.ping")
        await priya.command("toy.add", counter_id=counter, times=20)
        first = 4 + outage * 40
        assert await offsets_until(followed, first + 39) == list(range(first, first + 40))
    assert followed.pending() == 0
    assert second.reconnects == 3


async def test_lines_cut_again_and_again_under_traffic_lose_and_repeat_nothing(
    priya: Client, second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    async def cut_often() -> None:
        for number in range(2, 8):
            await proxy.accepted(number)
            await second.query("socket.ping")
            proxy.cut()

    proxy.cut()
    cutting = asyncio.create_task(cut_often())
    for _ in range(40):
        await priya.command("toy.add", counter_id=counter, times=5)
    await cutting
    assert await offsets_until(followed, 200) == list(range(1, 201))


async def test_more_missed_than_is_replayed_is_said_with_a_fresh_snapshot(
    priya: Client, second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    proxy.refusing = True
    proxy.cut()
    await priya.command("toy.add", counter_id=counter, times=400)
    proxy.refusing = False
    told = await change(followed)
    assert told == Snapshot({"counter_id": str(counter), "value": 400}, 400, resync=True)


async def test_a_server_that_stops_and_starts_on_its_port_is_found_again(
    priya: Client, counter: UUID, gateway: server.Running, settings: Settings, connect: Connect
) -> None:
    here = await server.start(create_app(settings), settings)
    cw = await connect(here.url, access_token=priya.access_token)
    topic = await cw.subscribe(f"toy:{counter}")
    await change(topic)
    await here.stop()
    await priya.command("toy.add", counter_id=counter, times=5)
    asking = asyncio.create_task(cw.command("toy.add", counter_id=counter))
    again = await server.start(create_app(settings), settings, port=here.port)
    try:
        assert (await asking)["value"] == 6
        assert await offsets_until(topic, 6) == [1, 2, 3, 4, 5, 6]
        assert cw.reconnects == 1
        await cw.close()
    finally:
        await again.stop()


async def test_a_frozen_line_is_noticed_and_replaced(
    priya: Client, proxy: Proxy, counter: UUID, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "CLOSE_MAX_S", 0.1)  # nobody answers its farewell either
    watchful = await connect(proxy.url, access_token=priya.access_token, heartbeat_s=0.4, pause_s=SHORT)
    proxy.freeze()
    asking = asyncio.create_task(watchful.command("toy.add", counter_id=counter))
    await until(lambda: watchful.reconnects or watchful._link.wire is None)
    proxy.thaw()
    assert (await asking)["value"] == 1


async def test_a_server_that_never_answers_ends_the_patience_and_leaves_nothing_behind(
    second: Client, proxy: Proxy, counter: UUID
) -> None:
    second.patience_s = 0.5
    proxy.down = lambda text: "drop" if '"result"' in text else "pass"
    with pytest.raises(Lost, match="no answer"):
        await second.command("toy.add", counter_id=counter)
    with pytest.raises(Lost, match="no answer"):
        await second.call("socket.ping")
    wire = second._link.wire
    assert wire is not None
    assert not wire._waiting


async def test_a_cancelled_caller_leaves_nothing_behind(second: Client, proxy: Proxy, counter: UUID) -> None:
    proxy.down = lambda text: "drop" if '"result"' in text else "pass"
    asking = [asyncio.create_task(second.query("socket.ping")) for _ in range(100)]
    await until(lambda: proxy.count("socket.ping") == 64)
    for task in asking:
        task.cancel()
    await asyncio.wait(asking)
    proxy.down = lambda text: "pass"
    wire = second._link.wire
    assert wire is not None
    assert not wire._waiting
    assert len(await asyncio.gather(*(second.query("socket.ping") for _ in range(100)))) == 100


async def test_a_socket_that_dies_while_it_is_greeted_is_replaced(
    second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    lost = ReplyTo("socket.resume", "pass_and_cut", times=3)
    proxy.up, proxy.down = lost.up, lost.down
    proxy.cut()
    await proxy.accepted(5)
    assert (await second.command("toy.add", counter_id=counter))["value"] == 1
    assert (await change(followed)).offset == 1


@pytest.mark.parametrize("code", [4104, 4200, 4999])
async def test_close_codes_that_say_so_end_the_client(
    code: int, second: Client, proxy: Proxy, followed: Subscription
) -> None:
    proxy.pipes[-1].close_as_server(code)
    with pytest.raises(Lost, match=str(code)):
        await change(followed)
    with pytest.raises(Lost, match=str(code)):
        await change(followed)
    with pytest.raises(Lost, match=str(code)):
        await second.command("toy.hello")
    assert len(proxy.pipes) == 1


@pytest.mark.parametrize("code", [1001, 1011, 1012, 4000, 4002, 4102, 4103])
async def test_close_codes_that_say_so_bring_it_back(code: int, second: Client, proxy: Proxy, counter: UUID) -> None:
    proxy.pipes[-1].close_as_server(code)
    assert (await second.command("toy.add", counter_id=counter))["value"] == 1
    assert second.reconnects == 1


async def test_without_reconnect_the_first_lost_socket_is_the_end(
    priya: Client, proxy: Proxy, connect: Connect, counter: UUID
) -> None:
    cw = await connect(proxy.url, access_token=priya.access_token, reconnect=False)
    topic = await cw.subscribe(f"toy:{counter}")
    await change(topic)
    proxy.cut()
    with pytest.raises(Lost, match="1006"):
        await change(topic)
    with pytest.raises(Lost, match="1006"):
        await cw.query("socket.ping")


async def test_closing_ends_loops_and_requests_and_a_closed_client_can_be_opened_again(
    second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    proxy.down = lambda text: "drop" if '"result"' in text else "pass"
    asking = asyncio.create_task(second.query("socket.ping"))
    await until(lambda: proxy.count("socket.ping"))
    await second.close()
    with pytest.raises(Lost, match="closed"):
        await asking
    assert [change async for change in followed] == []
    with pytest.raises(Lost, match="closed"):
        await second.command("toy.add", counter_id=counter)
    proxy.down = lambda text: "pass"
    await second.open()
    assert (await second.command("toy.add", counter_id=counter))["value"] == 1


async def test_a_server_that_is_not_there_refuses_open_at_once(proxy: Proxy, counter: UUID) -> None:
    cw = Client(proxy.url)
    with pytest.raises(Lost, match="not open"):
        await cw.query("socket.ping")
    proxy.refusing = True
    with pytest.raises(ConnectionError, match="no websocket at"):
        await cw.open()
    proxy.refusing = False
    async with cw:
        assert await cw.query("toy.hello") == "hello world"


async def test_a_frame_that_is_not_the_protocol_s_ends_that_socket_only(
    second: Client, proxy: Proxy, counter: UUID
) -> None:
    proxy.pipes[-1].inject("this is no JSON")
    await proxy.accepted(2)
    assert (await second.command("toy.add", counter_id=counter))["value"] == 1


async def test_what_the_server_would_not_take_is_not_sent(second: Client, proxy: Proxy) -> None:
    with pytest.raises(ValueError, match="bytes"):
        await second.command("toy.hello", name="x" * 70_000)
    assert second.reconnects == 0
    assert await second.query("toy.hello") == "hello world"


async def test_two_hundred_calls_at_once_are_all_answered_and_none_is_refused(second: Client, proxy: Proxy) -> None:
    refused: list[str] = []
    proxy.down = lambda text: refused.append(text) or "pass" if '"error"' in text else "pass"
    # One that takes the server a while, so that they pile up there.
    answers = await asyncio.gather(*(second.query("dev.mailbox", to="+919900000099") for _ in range(200)))
    assert answers == [[]] * 200
    assert not refused


async def test_commands_refused_for_now_are_asked_again_and_count_once(second: Client, counter: UUID) -> None:
    # More than the bucket of the command holds: some hear rate_limited with a pause.
    answers = await asyncio.gather(*(second.command("toy.add", counter_id=counter) for _ in range(75)))
    assert sorted(answer["value"] for answer in answers) == list(range(1, 76))


async def test_a_refusal_tells_code_reason_verdict_and_fields(second: Client) -> None:
    with pytest.raises(Refused) as refused:
        await second.query("toy.hello", n="seven")
    told = refused.value
    assert (told.code, told.reason, told.retry) == (-32602, "invalid_params", "never")
    assert told.fields == [{"path": "$.n", "problem": "Expected `int`, got `str`"}]
    with pytest.raises(Refused) as refused:
        await second.query("no.such")
    assert (refused.value.code, refused.value.reason, refused.value.fields) == (-32601, "method_not_found", [])


def test_pauses_between_tries_spread_and_stay_within_their_bounds() -> None:
    bounds = [1, 2, 4, 8, 10, 10, 10]
    tries = [[backoff.next() for _ in bounds] for backoff in (Backoff() for _ in range(300))]
    for number, bound in enumerate(bounds):
        pauses = [pauses[number] for pauses in tries]
        assert 0 <= min(pauses) < bound * 0.1
        assert bound * 0.9 < max(pauses) <= bound
        assert abs(statistics.mean(pauses) - bound / 2) < bound * 0.1
    backoff = Backoff()
    assert 7 <= backoff.next(at_least_s=7) <= 8
    for _ in bounds:
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 1


def test_verdicts_become_pauses() -> None:
    assert pause_before("never") is None
    for _ in range(100):
        assert 0.5 <= (pause_before({"after_ms": 500}) or 0) <= 0.6
        assert 0.1 <= (pause_before("same") or 0) <= 0.2
        assert 2.5 <= (pause_before("same", 50) or 0) <= 5.0
