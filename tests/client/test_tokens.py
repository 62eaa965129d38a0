"""Tokens: renewed in band before they run out, presented again when a reply was lost, never doubled."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio
from msgspec.structs import replace

from carewire.app import create_app
from carewire.client import Client, Lost, Refused, Subscription
from carewire.gateway import server
from carewire.settings import Settings
from channels.identity import demo
from tests.client.conftest import SHORT, change, until
from tests.client.proxy import Proxy, ReplyTo
from tests.conftest import Connect
from tests.people import ask_code, log_in


@pytest_asyncio.fixture
async def hasty(settings: Settings, counter: UUID) -> AsyncIterator[Proxy]:
    """A line to a node whose access tokens live two seconds."""
    quick = replace(settings, access_ttl_s=2, node="hasty")
    running = await server.start(create_app(quick), quick)
    line = Proxy(running.port)
    await line.start()
    yield line
    await line.stop()
    await running.stop()


@pytest_asyncio.fixture
async def holder(proxy: Proxy, counter: UUID, connect: Connect) -> Client:
    """Priya logged in with a code on the bad line, so that she holds a refresh token."""
    cw = await connect(proxy.url, pause_s=SHORT)
    await log_in(cw, demo.PRIYA.phone)
    return cw


@pytest.mark.alone
async def test_tokens_that_live_two_seconds_are_renewed_in_band_and_in_time(hasty: Proxy, connect: Connect) -> None:
    kept: list[tuple[str | None, str | None]] = []
    cw = await connect(hasty.url, tokens_changed=lambda access, refresh: kept.append((access, refresh)))
    await log_in(cw, demo.PRIYA.phone)
    await until(lambda: len(kept) == 4)
    assert len({refresh for _, refresh in kept}) == 4
    # About once a second, although the server announces the end at once and again after each renewal.
    assert 3 <= hasty.count("auth.refresh") <= 5
    assert cw.reconnects == 0
    assert kept[-1] == (cw.access_token, cw.refresh_token)
    assert (await cw.query("patient.list"))["rows"]


async def test_a_lost_reply_to_a_renewal_logs_nobody_out(holder: Client, proxy: Proxy, counter: UUID) -> None:
    topic = await holder.subscribe(f"toy:{counter}")
    await change(topic)
    before = holder.refresh_token
    lost = ReplyTo("auth.refresh", "cut", times=2)
    proxy.up, proxy.down = lost.up, lost.down
    await holder.refresh()
    assert holder.refresh_token != before
    asked = [json.loads(text) for text in proxy.said if "auth.refresh" in text]
    assert [a["params"]["refresh_token"] for a in asked] == [before] * 3
    assert proxy.count("auth.authenticate") == 0  # the new sockets began with it
    assert (await holder.command("toy.add", counter_id=counter))["value"] == 1
    assert (await change(topic)).offset == 1
    await holder.refresh()
    assert (await holder.query("patient.list"))["rows"]


async def test_renewals_at_the_same_time_are_one(holder: Client, proxy: Proxy) -> None:
    await asyncio.gather(*(holder.refresh() for _ in range(5)))
    assert proxy.count("auth.refresh") == 1


async def test_an_announced_end_is_heeded_only_when_nothing_is_planned_before_it(holder: Client, proxy: Proxy) -> None:
    expiring = {"jsonrpc": "2.0", "method": "auth:expiring", "params": {"expires_at": "2099-01-01T00:00:00Z"}}
    proxy.pipes[-1].inject(json.dumps(expiring))
    await holder.query("socket.ping")
    assert proxy.count("auth.refresh") == 0
    expiring["params"] = {"expires_at": "2020-01-01T00:00:00Z"}
    proxy.pipes[-1].inject(json.dumps(expiring))
    await until(lambda: proxy.count("auth.refresh") == 1)


async def test_a_new_socket_with_a_spent_access_token_refreshes(holder: Client, proxy: Proxy, connect: Connect) -> None:
    again = await connect(proxy.url, access_token="spent", refresh_token=holder.refresh_token)
    assert (await again.query("patient.list"))["rows"]
    assert again.access_token != "spent"


async def test_a_refresh_token_alone_is_enough(holder: Client, proxy: Proxy, connect: Connect) -> None:
    again = await connect(proxy.url, refresh_token=holder.refresh_token)
    assert again.access_token is not None
    assert (await again.query("patient.list"))["rows"]


async def test_a_login_that_is_over_ends_the_client(
    holder: Client, proxy: Proxy, counter: UUID, connect: Connect
) -> None:
    other = await connect(proxy.url, access_token=holder.access_token)
    topic = await holder.subscribe(f"toy:{counter}")
    await change(topic)
    await other.logout()
    with pytest.raises(Lost, match="4104"):
        await change(topic)
    with pytest.raises(Lost, match="4104"):
        await holder.command("toy.add", counter_id=counter)
    with pytest.raises(Refused) as refused:
        await connect(proxy.url, access_token=holder.access_token, refresh_token=holder.refresh_token)
    assert refused.value.reason == "unauthenticated"


async def test_a_login_that_ended_while_away_ends_the_client(
    holder: Client, proxy: Proxy, counter: UUID, gateway: server.Running, connect: Connect
) -> None:
    topic = await holder.subscribe(f"toy:{counter}")
    await change(topic)
    proxy.refusing = True
    proxy.cut()
    other = await connect(gateway.url, access_token=holder.access_token)
    await other.logout()
    proxy.refusing = False
    with pytest.raises(Refused) as refused:
        await change(topic)
    assert refused.value.reason == "unauthenticated"
    with pytest.raises(Refused, match="unauthenticated"):
        (await holder.query("patient.list"))["rows"]


async def test_after_logout_the_socket_is_anonymous_and_stays_so(holder: Client, proxy: Proxy, counter: UUID) -> None:
    topic = await holder.subscribe(f"toy:{counter}")
    await change(topic)
    await holder.logout()
    assert [change async for change in topic] == []
    assert (holder.access_token, holder.refresh_token) == (None, None)
    with pytest.raises(Refused, match="unauthenticated"):
        (await holder.query("patient.list"))["rows"]
    proxy.cut()
    assert await holder.query("toy.hello") == "hello world"
    with pytest.raises(ValueError, match="refresh"):
        await holder.refresh()


async def test_foreign_tokens_that_are_refused_are_not_kept(holder: Client, proxy: Proxy, connect: Connect) -> None:
    cw = await connect(proxy.url)
    with pytest.raises(Refused, match="unauthenticated"):
        await cw.authenticate("nonsense")
    assert cw.access_token is None
    assert holder.access_token is not None
    await cw.authenticate(holder.access_token)
    assert (await cw.query("patient.list"))["rows"]


async def test_a_login_is_not_sent_twice(proxy: Proxy, counter: UUID, connect: Connect) -> None:
    cw = await connect(proxy.url)
    code = await ask_code(cw, demo.PRIYA.phone)
    lost = ReplyTo("auth.otp_verify", "cut")
    proxy.up, proxy.down = lost.up, lost.down
    with pytest.raises(ConnectionError):
        await cw.login_with_code(demo.PRIYA.phone, code)
    assert proxy.count("auth.otp_verify") == 1
    assert cw.access_token is None


@pytest.mark.alone
async def test_a_topic_outlives_the_renewals(hasty: Proxy, priya: Client, connect: Connect, counter: UUID) -> None:
    cw = await connect(hasty.url, refresh_token=priya.refresh_token)
    topic: Subscription = await cw.subscribe(f"toy:{counter}")
    await change(topic)
    await until(lambda: hasty.count("auth.refresh") >= 3)
    assert (await cw.command("toy.add", counter_id=counter))["value"] == 1
    assert (await change(topic)).offset == 1
    assert cw.reconnects == 0
