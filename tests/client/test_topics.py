"""Topics over one socket and over two: snapshot first, then every event once, or an explicit new beginning."""

import asyncio
import json
from uuid import UUID

import pytest

from carewire.client import Client, Event, Refused, Snapshot, Subscription
from carewire.client import subscription as subscriptions
from carewire.store.db import Database
from channels.identity import demo
from tests.client.conftest import change, offsets_until, until
from tests.client.proxy import Pipe, Proxy, ReplyTo, Verdict
from tests.conftest import Connect
from tests.people import log_in


def notice(name: str, **params: object) -> str:
    """A notification in the server's name."""
    return json.dumps({"jsonrpc": "2.0", "method": name, "params": params})


async def test_events_right_behind_the_reply_to_subscribe_are_not_lost(
    priya: Client, second: Client, proxy: Proxy, counter: UUID
) -> None:
    """The reply and the first events arrive in one piece: the reader sees both before anybody else runs."""
    held: list[str] = []

    def hold(text: str) -> Verdict:
        if '"snapshot"' in text or held:
            held.append(text)
            return "drop"
        return "pass"

    proxy.down = hold
    subscribing = asyncio.create_task(second.subscribe(f"toy:{counter}"))
    await until(lambda: held)
    await priya.command("toy.add", counter_id=counter, times=50)
    await until(lambda: len(held) == 51)
    proxy.down = lambda text: "pass"
    for text in held:
        proxy.pipes[-1].inject(text)
    topic = await subscribing
    assert isinstance(await change(topic), Snapshot)
    assert await offsets_until(topic, 50) == list(range(1, 51))


async def test_events_right_behind_the_reply_to_resume_are_not_lost(
    priya: Client, second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    held: list[str] = []

    def hold(text: str) -> Verdict:
        if '"topics"' in text or held:
            held.append(text)
            return "drop"
        return "pass"

    proxy.refusing = True
    proxy.cut()
    await priya.command("toy.add", counter_id=counter, times=5)
    proxy.down = hold
    proxy.refusing = False
    await until(lambda: held)
    await priya.command("toy.add", counter_id=counter, times=5)
    await until(lambda: len(held) == 6)
    proxy.down = lambda text: "pass"
    for text in held:
        proxy.pipes[-1].inject(text)
    assert await offsets_until(followed, 10) == list(range(1, 11))


async def test_a_move_opens_the_new_socket_before_it_closes_the_old(
    priya: Client, second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    old = proxy.pipes[-1]
    late = ReplyTo("toy.get", "drop")
    proxy.up, proxy.down = late.up, late.down
    under_way = asyncio.create_task(second.query("toy.get", counter_id=counter))
    await until(lambda: proxy.count("toy.get"))
    old.inject(notice("socket:moving", after_ms=0, grace_ms=10_000))
    await proxy.accepted(2)
    await until(lambda: second.reconnects)
    # The old socket stays for the reply that has not come; the new one is in use already.
    assert (await second.command("toy.add", counter_id=counter))["value"] == 1
    assert not under_way.done()
    asked = next(text for text in proxy.said if "toy.get" in text)
    old.inject(json.dumps({"jsonrpc": "2.0", "id": json.loads(asked)["id"], "result": "late"}))
    assert await under_way == "late"
    assert proxy.count("toy.get") == 1
    assert await offsets_until(followed, 1) == [1]


async def test_a_move_under_traffic_loses_and_repeats_nothing(
    priya: Client, second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    proxy.delay_s = 0.002
    counting = asyncio.create_task(count(priya, counter, 150))
    for number in range(2, 7):
        (await proxy.accepted(number - 1)).inject(notice("socket:moving", after_ms=0, grace_ms=2_000))
        await proxy.accepted(number)
        await until(lambda number=number: second.reconnects == number - 1)
    await counting
    assert await offsets_until(followed, 150) == list(range(1, 151))
    assert second.reconnects == 5


async def count(cw: Client, counter: UUID, times: int) -> None:
    for _ in range(times // 5):
        await cw.command("toy.add", counter_id=counter, times=5)


async def test_a_topic_subscribed_while_moving_lives_on_on_the_new_socket(
    priya: Client, second: Client, proxy: Proxy, counter: UUID
) -> None:
    held: list[tuple[Pipe, str]] = []
    old = proxy.pipes[-1]

    def hold(text: str) -> Verdict:
        if '"snapshot"' in text and not held:
            held.append((old, text))
            return "drop"
        return "pass"

    proxy.down = hold
    subscribing = asyncio.create_task(second.subscribe(f"toy:{counter}"))
    await until(lambda: held)
    old.inject(notice("socket:moving", after_ms=0, grace_ms=10_000))
    await until(lambda: second.reconnects)
    old.inject(held[0][1])
    topic = await subscribing
    assert isinstance(await change(topic), Snapshot)
    await until(lambda: topic.source is second._link.wire)
    await priya.command("toy.add", counter_id=counter, times=3)
    assert await offsets_until(topic, 3) == [1, 2, 3]


async def test_a_resync_in_the_middle_of_a_move_ends_nothing(
    priya: Client, second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    old = proxy.pipes[-1]
    late = ReplyTo("topic.subscribe", "drop")
    proxy.up, proxy.down = late.up, late.down
    old.inject(notice("topic:resync", topic=followed.topic, why="unhealed"))
    await until(lambda: proxy.count("topic.subscribe") == 2)
    old.inject(notice("socket:moving", after_ms=0, grace_ms=100))
    await until(lambda: second.reconnects)
    proxy.pipes[-1].inject(notice("topic:resync", topic=followed.topic, why="unhealed"))
    await priya.command("toy.add", counter_id=counter, times=3)
    assert await offsets_until(followed, 3) == [1, 2, 3]
    await until(lambda: followed.source is second._link.wire and not second._link._tasks)
    # The first, the one whose answer went with the old socket, one on the new socket: never two beside each other.
    assert proxy.count("topic.subscribe") == 3


async def test_an_old_socket_that_is_ahead_of_the_new_one_s_snapshot_is_not_heard(
    second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    """All in the server's name: the new socket answers with a snapshot of offset 1 when the old one has told 3."""

    def counted(offset: int) -> str:
        data = {"counter_id": str(counter), "value": offset}
        return notice("toy:counted", topic=followed.topic, offset=offset, at="2026-01-01T00:00:00Z", data=data)

    resuming = ReplyTo("socket.resume", "drop")
    proxy.up, proxy.down = resuming.up, resuming.down
    old = proxy.pipes[0]
    for offset in (1, 2, 3):
        old.inject(counted(offset))
    assert await offsets_until(followed, 3) == [1, 2, 3]
    old.inject(notice("socket:moving", after_ms=0, grace_ms=10_000))
    new = await proxy.accepted(2)
    await until(lambda: proxy.count("socket.resume"))
    asked = json.loads(next(text for text in proxy.said if "socket.resume" in text))
    place = {"offset": 1, "resync": True, "snapshot": {"value": 1}}
    answer = {"epoch": followed.epoch, "topics": {followed.topic: place}}
    new.inject(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer}))
    assert await change(followed) == Snapshot({"value": 1}, 1, resync=True)
    old.inject(counted(4))
    await second.query("socket.ping")
    for offset in (2, 3, 4):
        new.inject(counted(offset))
    assert await offsets_until(followed, 4) == [2, 3, 4]
    assert followed.pending() == 0
    assert proxy.count("topic.subscribe") == 1


async def test_an_old_socket_that_dies_while_moving_leaves_one_new_socket(
    second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    resuming = ReplyTo("socket.resume", "drop")
    proxy.up, proxy.down = resuming.up, resuming.down
    proxy.pipes[0].inject(notice("socket:moving", after_ms=0, grace_ms=10_000))
    await until(lambda: proxy.count("socket.resume"))
    proxy.pipes[0].cut()
    await until(lambda: second._link.wire is None)
    asked = json.loads(next(text for text in proxy.said if "socket.resume" in text))
    answer = {"epoch": followed.epoch, "topics": {followed.topic: {"offset": 0, "events": []}}}
    proxy.pipes[1].inject(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer}))
    assert (await second.command("toy.add", counter_id=counter))["value"] == 1
    assert (await change(followed)).offset == 1
    await until(lambda: not second._link._tasks)
    assert len(proxy.pipes) == 2


async def test_a_resync_starts_over_from_where_the_topic_stands(
    priya: Client, second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    proxy.down = lambda text: "drop" if '"toy:counted"' in text and '"method"' in text[:40] else "pass"
    await priya.command("toy.add", counter_id=counter, times=2)
    proxy.pipes[-1].inject(notice("topic:resync", topic=followed.topic, why="unhealed"))
    # Two dropped, then told; the server still has them, so nothing is missing after all.
    assert await offsets_until(followed, 2) == [1, 2]
    proxy.down = lambda text: "pass"
    await priya.command("toy.add", counter_id=counter)
    assert await offsets_until(followed, 3) == [3]


async def test_an_event_out_of_order_is_not_believed(
    priya: Client, second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    dropped: list[str] = []

    def lose_one(text: str) -> Verdict:
        if '"offset":2,' in text and not dropped:
            dropped.append(text)
            return "drop"
        return "pass"

    proxy.down = lose_one
    for _ in range(4):
        await priya.command("toy.add", counter_id=counter)
    assert await offsets_until(followed, 4) == [1, 2, 3, 4]
    assert dropped


async def test_a_right_that_ends_ends_the_topic(
    priya: Client, proxy: Proxy, counter: UUID, connect: Connect, db: Database
) -> None:
    desk = await connect(proxy.url)
    account = await log_in(desk, demo.DESK.phone)
    with pytest.raises(Refused) as refused:
        await desk.subscribe(f"toy:{counter}")
    assert refused.value.reason == "not_found"
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO hearer (counter, actor) VALUES ($1, $2)", counter, UUID(account))
    topic = await desk.subscribe(f"toy:{counter}")
    await change(topic)
    await priya.command("toy.throw_out", counter_id=counter, actor_id=account)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await change(topic)
        assert (refused.value.code, refused.value.reason) == (404, "not_found")
    await priya.command("toy.add", counter_id=counter)
    await desk.query("socket.ping")


async def test_a_right_that_ended_while_away_ends_the_topic_at_the_resume(
    priya: Client, second: Client, proxy: Proxy, counter: UUID, followed: Subscription, db: Database
) -> None:
    proxy.refusing = True
    proxy.cut()
    async with db.transaction() as tx:
        await tx.execute("UPDATE counter SET owner = $2 WHERE id = $1", counter, demo.DESK.account_id)
    proxy.refusing = False
    with pytest.raises(Refused) as refused:
        await change(followed)
    assert refused.value.reason == "not_found"


async def test_a_topic_that_was_left_is_silent_and_can_be_followed_anew(
    priya: Client, second: Client, proxy: Proxy, counter: UUID, followed: Subscription
) -> None:
    with pytest.raises(ValueError, match="already"):
        await second.subscribe(followed.topic)
    await followed.close()
    await followed.close()
    await priya.command("toy.add", counter_id=counter, times=3)
    await second.query("socket.ping")
    assert [change async for change in followed] == []
    # Also what the server may have sent before it heard us.
    proxy.pipes[-1].inject(notice("toy:counted", topic=followed.topic, offset=4, at="2026-01-01T00:00:00Z", data={}))
    again = await second.subscribe(followed.topic)
    assert await change(again) == Snapshot({"counter_id": str(counter), "value": 3}, 3)
    proxy.cut()
    await second.query("socket.ping")
    await again.close()
    assert again.pending() == 1  # only the end


async def test_a_cancelled_subscribe_follows_nothing(second: Client, proxy: Proxy, counter: UUID) -> None:
    lost = ReplyTo("topic.subscribe", "drop")
    proxy.up, proxy.down = lost.up, lost.down
    subscribing = asyncio.create_task(second.subscribe(f"toy:{counter}"))
    await until(lambda: proxy.count("topic.subscribe"))
    subscribing.cancel()
    await asyncio.wait({subscribing})
    await until(lambda: proxy.count("topic.unsubscribe"))
    topic = await second.subscribe(f"toy:{counter}")
    assert isinstance(await change(topic), Snapshot)


async def test_conflated_events_carry_a_version_instead_of_an_offset(
    priya: Client, second: Client, counter: UUID
) -> None:
    topic = await second.subscribe(f"toy_typing:{counter}")
    assert await change(topic) == Snapshot(None, 0)
    await priya.command("toy.wiggle", counter_id=counter, who="p", value=1)
    first = await change(topic)
    await priya.command("toy.wiggle", counter_id=counter, who="p", value=2)
    later = await change(topic)
    assert isinstance(first, Event)
    assert isinstance(later, Event)
    assert (first.offset, later.offset, later.data["value"]) == (0, 0, 2)
    assert 0 < first.version < later.version


async def test_a_conflated_topic_starts_from_a_snapshot_after_an_outage(
    second: Client, proxy: Proxy, counter: UUID
) -> None:
    """Nothing of it is kept to be replayed: only a snapshot tells that what was known is old."""
    topic = await second.subscribe(f"toy_typing:{counter}")
    assert await change(topic) == Snapshot(None, 0)
    proxy.cut()
    assert await change(topic) == Snapshot(None, 0, resync=True)


async def test_a_reader_who_does_not_read_gets_one_fresh_snapshot_instead(
    priya: Client, second: Client, counter: UUID, followed: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "PENDING_MAX", 50)
    await priya.command("toy.add", counter_id=counter, times=60)
    await until(lambda: followed.offset == 60)
    assert followed.pending() <= 10
    told = await change(followed)
    assert isinstance(told, Snapshot)
    assert told.resync
    await priya.command("toy.add", counter_id=counter)
    assert (await offsets_until(followed, 61))[-1] == 61
