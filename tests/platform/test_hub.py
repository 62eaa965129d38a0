"""The life of an event (DESIGN §5), on real PostgreSQL and Valkey, two nodes where it matters."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from carewire.actor import Actor
from carewire.bus.memory import MemoryBroker, MemoryBus
from carewire.errors import NotFound, Overtaken
from carewire.node import Node
from tests.platform.conftest import MakeNode, call
from tests.toy.parts import Ear, ToyIdentity, somebody


class LossyBroker(MemoryBroker):
    """A bus that loses, repeats or reorders what it is told to."""

    lose = staticmethod(lambda channel, n: False)
    hold = False

    def __init__(self, bus: MemoryBus) -> None:
        super().__init__(bus)
        self.held: list[tuple[str, bytes]] = []
        self.count = 0

    def hear(self, channel: str, hint: bytes) -> None:
        self.count += 1
        if self.lose(channel, self.count):
            return
        if self.hold:
            self.held.append((channel, hint))
            return
        super().hear(channel, hint)


async def listen(node: Node, ear: Ear, topic: str, epoch: str | None = None, after: int | None = None) -> Any:
    answer = await node.hub.subscribe(ear, topic, epoch, after)
    answer.go_live()
    return msgspec.json.decode(answer.result)


async def test_a_listener_hears_snapshot_then_every_event_once_in_order(
    make_node: MakeNode, node: Node, owner: Actor, counter: UUID
) -> None:
    other = await make_node()
    ear = Ear(owner)
    first = await listen(node, ear, f"toy:{counter}")
    assert (first["offset"], first["snapshot"]["value"]) == (0, 0)
    for n in range(20):
        await call((node, other)[n % 2], owner, "toy.add", counter_id=counter)
    await ear.until(lambda e: len(e.heard) >= 20)
    assert ear.offsets == list(range(1, 21))
    assert [m["params"]["data"]["value"] for m in ear.heard] == list(range(1, 21))


async def test_a_stranger_and_an_anonymous_listener_get_not_found(node: Node, counter: UUID) -> None:
    for ear in (Ear(somebody()), Ear(None)):
        with pytest.raises(NotFound):
            await listen(node, ear, f"toy:{counter}")
        assert node.hub.subscriptions(ear) == {}


@pytest.mark.parametrize(
    "name", ["toy", "toy:", "toy:x", "nope:1", "rights:0190a1b2-0000-7000-8000-000000000000", "toy:{}"]
)
async def test_a_name_that_is_no_topic_is_not_found(node: Node, owner: Actor, name: str) -> None:
    with pytest.raises(NotFound):
        await listen(node, Ear(owner), name)


async def test_an_upper_case_id_is_not_a_second_name_of_the_topic(node: Node, owner: Actor, counter: UUID) -> None:
    with pytest.raises(NotFound):
        await listen(node, Ear(owner), f"toy:{str(counter).upper()}")


async def test_lost_hints_are_read_back_in_order(make_node: MakeNode, owner: Actor) -> None:
    bus = MemoryBus()
    deaf = LossyBroker(bus)
    deaf.lose = lambda channel, n: n % 3 != 0  # type: ignore[method-assign]
    here, there = await make_node(deaf), await make_node(MemoryBroker(bus))
    counter_id = await new_counter(here, owner)
    ear = Ear(owner)
    await listen(here, ear, f"toy:{counter_id}")
    for _ in range(10):
        await call(there, owner, "toy.add", counter_id=counter_id)
    await ear.until(lambda e: len(e.heard) >= 10)
    assert ear.offsets == list(range(1, 11))


@pytest.mark.alone
async def test_a_lost_last_hint_is_found_by_the_sweep_within_two_seconds(make_node: MakeNode, owner: Actor) -> None:
    bus = MemoryBus()
    deaf = LossyBroker(bus)
    deaf.lose = lambda channel, n: True  # type: ignore[method-assign]
    here, there = await make_node(deaf), await make_node(MemoryBroker(bus))
    counter_id = await new_counter(here, owner)
    ear = Ear(owner)
    await listen(here, ear, f"toy:{counter_id}")
    await call(there, owner, "toy.add", counter_id=counter_id)
    await ear.until(lambda e: e.offsets == [1], within_s=2)


async def test_reordered_and_repeated_hints_come_out_straight(make_node: MakeNode, owner: Actor) -> None:
    bus = MemoryBus()
    odd = LossyBroker(bus)
    here, there = await make_node(odd), await make_node(MemoryBroker(bus))
    counter_id = await new_counter(here, owner)
    ear = Ear(owner)
    await listen(here, ear, f"toy:{counter_id}")
    odd.hold = True
    for _ in range(5):
        await call(there, owner, "toy.add", counter_id=counter_id)
    odd.hold = False
    for channel, hint in [*reversed(odd.held), *odd.held]:
        odd.hear(channel, hint)
    await ear.until(lambda e: len(e.heard) >= 5)
    assert ear.offsets == [1, 2, 3, 4, 5]


async def test_resume_replays_exactly_what_was_missed_and_nothing_when_nothing_was(
    node: Node, owner: Actor, counter: UUID
) -> None:
    await call(node, owner, "toy.add", counter_id=counter, times=5)
    told = await listen(node, Ear(owner), f"toy:{counter}", node.hub.epoch, 2)
    assert [e["offset"] for e in told["events"]] == [3, 4, 5]
    assert (await listen(node, Ear(owner), f"toy:{counter}", node.hub.epoch, 5))["events"] == []


async def test_another_epoch_an_offset_beyond_the_head_or_too_many_missed_is_a_resync(
    node: Node, owner: Actor, counter: UUID
) -> None:
    await call(node, owner, "toy.add", counter_id=counter, times=301)
    for epoch, after in (("other", 2), (node.hub.epoch, 999), (node.hub.epoch, 0)):
        told = await listen(node, Ear(owner), f"toy:{counter}", epoch, after)
        assert (told["resync"], told["snapshot"]["value"], told["offset"]) == (True, 301, 301)
        assert "events" not in told


async def test_events_older_than_the_right_are_never_replayed(node: Node, owner: Actor, counter: UUID) -> None:
    guest = somebody()
    await call(node, owner, "toy.add", counter_id=counter, times=3)
    async with node.db.transaction() as tx:
        await tx.execute("INSERT INTO hearer VALUES ($1, $2, $3)", counter, guest.id, datetime.now(UTC))
    told = await listen(node, Ear(guest), f"toy:{counter}", node.hub.epoch, 1)
    assert told["resync"] is True


async def test_resume_answers_each_topic_and_not_found_where_the_right_is_gone(
    node: Node, owner: Actor, counter: UUID
) -> None:
    mine, theirs = f"toy:{counter}", f"toy:{await new_counter(node, somebody())}"
    await call(node, owner, "toy.add", counter_id=counter, times=2)
    ear = Ear(owner)
    answer = await node.hub.resume(ear, node.hub.epoch, {mine: 1, theirs: 0})
    answer.go_live()
    told = msgspec.json.decode(answer.result)["topics"]
    assert [e["offset"] for e in told[mine]["events"]] == [2]
    assert told[theirs]["error"]["data"]["reason"] == "not_found"
    await call(node, owner, "toy.add", counter_id=counter)
    await ear.until(lambda e: e.offsets == [3])


async def test_what_happens_while_joining_is_neither_lost_nor_told_twice(
    node: Node, owner: Actor, counter: UUID
) -> None:
    """Forty listeners join while somebody counts: each one's answer plus its events is a gapless run."""
    ears = [Ear(owner) for _ in range(40)]

    async def join(ear: Ear) -> int:
        return int((await listen(node, ear, f"toy:{counter}"))["offset"])

    async def work() -> None:
        for _ in range(60):
            await call(node, owner, "toy.add", counter_id=counter)

    starts, _ = await asyncio.gather(asyncio.gather(*(join(e) for e in ears)), work())
    for start, ear in zip(starts, ears, strict=True):
        await ear.until(lambda e, s=start: s + len(e.heard) >= 60)
        assert ear.offsets == list(range(start + 1, 61))


@pytest.mark.alone
async def test_losing_the_right_ends_the_subscription_on_every_node_within_a_second(
    make_node: MakeNode, node: Node, owner: Actor, counter: UUID
) -> None:
    other = await make_node()
    guest = somebody()
    async with node.db.transaction() as tx:
        await tx.execute("INSERT INTO hearer VALUES ($1, $2)", counter, guest.id)
    ears = [Ear(guest), Ear(guest)]
    for where, ear in zip((node, other), ears, strict=True):
        where.hub.register(ear)
        await listen(where, ear, f"toy:{counter}")
    await call(node, owner, "toy.throw_out", counter_id=counter, actor_id=guest.id)
    for ear in ears:
        await ear.until(lambda e: any(m["method"] == "topic:ended" for m in e.heard), within_s=1)
    await call(node, owner, "toy.add", counter_id=counter)
    assert all(not ear.offsets for ear in ears)


@pytest.mark.alone
async def test_a_login_that_ended_closes_its_sockets_within_a_second(
    make_node: MakeNode, node: Node, identity: ToyIdentity, owner: Actor, counter: UUID
) -> None:
    other = await make_node()
    guest = somebody()
    ear = Ear(guest)
    other.hub.register(ear)
    identity.gone.add(guest.id)
    await call(node, owner, "toy.throw_out", counter_id=counter, actor_id=guest.id)
    await ear.until(lambda e: e.closed, within_s=1)


async def test_a_conflated_value_never_goes_back(node: Node, owner: Actor, counter: UUID) -> None:
    ear = Ear(owner)
    told = await listen(node, ear, f"toy_typing:{counter}")
    assert told["offset"] == 0
    for n in range(5):
        await call(node, owner, "toy.wiggle", counter_id=counter, who="a", value=n)
    await ear.until(lambda e: e.heard and e.heard[-1]["params"]["data"]["value"] == 4)
    versions = [m["params"]["version"] for m in ear.heard]
    assert versions == sorted(versions)
    node.hub._told(f"toy_typing:{counter}", versions[0], "a", b'{"old":1}')
    assert len(ear.heard) == len(versions)


async def test_a_job_runs_once_after_the_commit_and_its_secret_is_wiped(
    node: Node, owner: Actor, counter: UUID
) -> None:
    ear = Ear(owner)
    await listen(node, ear, f"toy:{counter}")
    await call(node, owner, "toy.ping", counter_id=counter, text="the secret text")
    await ear.until(lambda e: e.offsets == [1])
    async with node.db.snapshot() as tx:
        row = await tx.fetchrow("SELECT state, payload FROM job")
        assert (row["state"], row["payload"]) == ("done", None)
        assert await tx.fetchval("SELECT count(*) FROM pinged") == 1


async def test_an_open_secret_job_is_not_readable_in_its_row(node: Node, owner: Actor, counter: UUID) -> None:
    await call(node, owner, "toy.ping", counter_id=counter, text="the secret text", in_s=3600)
    async with node.db.snapshot() as tx:
        assert b"secret text" not in await tx.fetchval("SELECT payload FROM job")


async def test_a_later_job_with_the_same_key_replaces_the_earlier(node: Node, owner: Actor, counter: UUID) -> None:
    ear = Ear(owner)
    await listen(node, ear, f"toy:{counter}")
    await call(node, owner, "toy.ping", counter_id=counter, text="old", key="k", in_s=3600)
    await call(node, owner, "toy.ping", counter_id=counter, text="new", key="k")
    await ear.until(lambda e: e.offsets == [1])
    async with node.db.snapshot() as tx:
        assert [r["text"] for r in await tx.fetch("SELECT text FROM pinged")] == ["new"]


async def test_a_restored_database_resyncs_everybody_by_epoch(make_node: MakeNode, owner: Actor) -> None:
    node = await make_node(pool=1)
    counter_id = await new_counter(node, owner)
    ear = Ear(owner)
    before = (await listen(node, ear, f"toy:{counter_id}"))["epoch"]
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE deployment SET restores = restores + 1")
    await node.db.renew()
    await call(node, owner, "toy.add", counter_id=counter_id)
    await ear.until(lambda e: any(m["method"] == "topic:resync" for m in e.heard))
    again = await listen(node, ear, f"toy:{counter_id}", before, 0)
    assert again["resync"] is True
    assert again["epoch"] != before


async def new_counter(node: Node, owner: Actor) -> UUID:
    counter_id = uuid4()
    async with node.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO counter (id, owner, since) VALUES ($1, $2, $3)",
            counter_id,
            owner.id,
            datetime.now(UTC) - timedelta(days=1),
        )
    return counter_id


async def test_of_two_subscribes_of_one_socket_the_later_counts_and_the_earlier_hears_why(
    node: Node, owner: Actor, counter: UUID
) -> None:
    ear = Ear(owner)
    first, second = await asyncio.gather(
        listen(node, ear, f"toy:{counter}"), listen(node, ear, f"toy:{counter}"), return_exceptions=True
    )
    assert isinstance(first, Overtaken)
    assert second["snapshot"]["value"] == 0
    await call(node, owner, "toy.add", counter_id=counter)
    await ear.until(lambda e: e.offsets == [1])
