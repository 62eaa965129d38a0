"""The hub when things go wrong at bad moments: each of these lost an event for good, or told a wrong one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
import pytest

from carewire.actor import Actor
from carewire.bus import healing
from carewire.bus.channel import Channel, Subscription
from carewire.bus.memory import MemoryBroker, MemoryBus
from carewire.errors import NotFound, Unavailable
from carewire.node import Node
from carewire.store import outbox
from carewire.topic import REGISTRY, find
from tests.patience import PATIENCE_S
from tests.platform.conftest import MakeNode, call
from tests.platform.test_hub import LossyBroker, listen, new_counter
from tests.toy.parts import Ear, ToyIdentity


async def pair(make_node: MakeNode) -> tuple[Node, Node]:
    """A node that hears no hint at all, and another."""
    bus = MemoryBus()
    deaf = LossyBroker(bus)
    deaf.lose = lambda channel, n: True  # type: ignore[method-assign]
    return await make_node(deaf), await make_node(MemoryBroker(bus))


def heard(ear: Ear, method: str) -> bool:
    return any(m["method"] == method for m in ear.heard)


async def test_a_lost_hint_that_only_a_sweep_during_the_join_saw_is_healed_when_the_join_is_done(
    make_node: MakeNode, owner: Actor
) -> None:
    here, there = await pair(make_node)
    counter_id = await new_counter(here, owner)
    ear = Ear(owner)
    answer = await here.hub.subscribe(ear, f"toy:{counter_id}", None, None)
    await call(there, owner, "toy.add", counter_id=counter_id)
    await here.hub.sweep.sweep()
    answer.go_live()
    await ear.until(lambda e: e.offsets == [1])


async def test_a_server_that_gives_out_old_transaction_ids_again_hides_no_event(
    make_node: MakeNode, owner: Actor
) -> None:
    """After a crash the ids of transactions that never reached the log come back, below what a sweep had seen."""
    here, there = await pair(make_node)
    counter_id = await new_counter(here, owner)
    ear = Ear(owner)
    await listen(here, ear, f"toy:{counter_id}")
    here.hub.sweep.seen = str(2**40)
    await here.db.renew()
    await call(there, owner, "toy.add", counter_id=counter_id)
    await ear.until(lambda e: e.offsets == [1])


async def test_a_restore_is_noticed_also_while_the_connections_stay(node: Node, owner: Actor, counter: UUID) -> None:
    ear = Ear(owner)
    await listen(node, ear, f"toy:{counter}")
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE deployment SET restores = restores + 1")
    await ear.until(lambda e: heard(e, "topic:resync"))


async def test_a_login_that_a_restored_database_does_not_know_is_over_at_once(
    node: Node, identity: ToyIdentity, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody announces it, and the next look at everybody would be a minute away."""
    looked, reload = asyncio.Event(), identity.reload

    async def reload_and_tell(*args: Any) -> Any:
        found = await reload(*args)
        looked.set()
        return found

    monkeypatch.setattr(identity, "reload", reload_and_tell)
    ear = Ear(owner)
    node.hub.register(ear)
    await looked.wait()
    identity.gone.add(owner.id)
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE deployment SET restores = restores + 1")
    await ear.until(lambda e: e.closed)


async def test_what_was_heeded_of_an_actors_rights_before_a_restore_hides_nothing_of_afterwards(
    node: Node, owner: Actor
) -> None:
    """The topic begins again at lower offsets."""
    ear, watch = Ear(owner), node.hub.watch
    node.hub.register(ear)
    watch.swept(owner.id, 7)
    assert watch._seen == {owner.id: 7}
    node.hub._new_epoch("another")
    assert watch._seen == {}


async def test_who_joins_while_the_database_becomes_another_one_is_told_to_start_over(
    node: Node, owner: Actor, counter: UUID
) -> None:
    ear = Ear(owner)
    answer = await node.hub.subscribe(ear, f"toy:{counter}", None, None)
    await call(node, owner, "toy.add", counter_id=counter)
    node.hub._new_epoch("another")
    answer.go_live()
    assert [m["method"] for m in ear.heard] == ["topic:resync"]


async def test_what_was_kept_of_the_old_database_is_never_told_in_the_new_one(
    node: Node, owner: Actor, counter: UUID
) -> None:
    name = f"toy:{counter}"
    first, second = Ear(owner), Ear(owner)
    await listen(node, first, name)
    node.hub._arrived(name, 2, b'{"method":"old","params":{"offset":2}}')
    waiting = await node.hub.subscribe(second, name, None, None)
    node.hub._new_epoch("another")
    waiting.go_live()
    again = Ear(owner)
    await listen(node, again, name)
    await call(node, owner, "toy.add", counter_id=counter)
    await call(node, owner, "toy.add", counter_id=counter)
    await again.until(lambda e: len(e.heard) == 2)
    assert [m["method"] for m in again.heard] == ["toy:counted", "toy:counted"]


async def test_an_error_nobody_thought_of_does_not_end_the_healing(
    make_node: MakeNode, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = await pair(make_node)
    counter_id = await new_counter(here, owner)
    ear = Ear(owner)
    await listen(here, ear, f"toy:{counter_id}")
    read, broken = outbox.read, [RuntimeError("once"), RuntimeError("twice")]

    async def read_at_last(*args: Any) -> Any:
        if broken:
            raise broken.pop()
        return await read(*args)

    monkeypatch.setattr(outbox, "read", read_at_last)
    await call(there, owner, "toy.add", counter_id=counter_id)
    await ear.until(lambda e: e.offsets == [1])
    assert not broken


async def test_a_gap_that_cannot_be_healed_is_told_and_who_joins_meanwhile_is_not_sent_away(
    make_node: MakeNode, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = await pair(make_node)
    counter_id = await new_counter(here, owner)
    name = f"toy:{counter_id}"
    ear, late = Ear(owner), Ear(owner)
    await listen(here, ear, name)
    monkeypatch.setattr(healing, "HEAL_MAX_S", 0.3)
    read = outbox.read

    async def read_nothing(*args: Any) -> Any:
        return []

    monkeypatch.setattr(outbox, "read", read_nothing)
    await call(there, owner, "toy.add", counter_id=counter_id)
    answer = await here.hub.subscribe(late, name, None, None)
    await ear.until(lambda e: heard(e, "topic:resync"))
    monkeypatch.setattr(outbox, "read", read)
    answer.go_live()
    await call(there, owner, "toy.add", counter_id=counter_id)
    await late.until(lambda e: e.offsets == [2])
    assert not heard(late, "topic:resync")


async def test_who_is_gone_before_the_watch_looked_leaves_no_subscription_behind(node: Node, owner: Actor) -> None:
    assert find(f"rights:{owner.id}") is None
    ear = Ear(owner)
    node.hub.register(ear)
    node.hub.drop(ear)
    stays = Ear(Actor(id=UUID(int=7), login_id=UUID(int=8), capacities=owner.capacities, expires_at=owner.expires_at))
    node.hub.register(stays)
    async with asyncio.timeout(PATIENCE_S):
        while f"rights:{UUID(int=7)}" not in node.broker._channels:  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert f"rights:{owner.id}" not in node.broker._channels  # type: ignore[attr-defined]


async def test_without_a_database_hundreds_who_join_are_told_at_once_and_not_one_after_the_other(
    node: Node, owner: Actor, counter: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    @asynccontextmanager
    async def away(of: str = "other") -> AsyncIterator[Any]:
        nonlocal asked
        asked += 1
        raise Unavailable()
        yield

    monkeypatch.setattr(node.db, "snapshot", away)
    answers = await asyncio.gather(
        *(node.hub.subscribe(Ear(owner), f"toy:{counter}", None, None) for _ in range(300)), return_exceptions=True
    )
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert asked < 20


async def test_a_right_that_goes_while_the_answer_is_made_is_not_found_and_not_said_to_be_overtaken(
    node: Node, owner: Actor, counter: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, name = Ear(owner), f"toy:{counter}"
    declared = REGISTRY["toy"]

    async def snapshot(*args: Any) -> Any:
        node.hub.end(node.hub.subscriptions(ear)[name], "right")
        return await declared.snapshot(*args)

    monkeypatch.setitem(REGISTRY, "toy", msgspec.structs.replace(declared, snapshot=snapshot))
    with pytest.raises(NotFound):
        await node.hub.subscribe(ear, name, None, None)
    assert ear.heard == []


def text_of(offset: int) -> bytes:
    return b'{"method":"toy:counted","params":{"offset":%d}}' % offset


async def test_who_goes_live_with_an_older_answer_than_the_first_one_misses_nothing_in_between(
    owner: Actor, counter: UUID
) -> None:
    """A resume waits for all its topics; a subscribe that came later may be answered sooner, and newer."""
    channel = Channel(f"toy:{counter}", REGISTRY["toy"], (counter,))
    slow, quick = Ear(owner), Ear(owner)
    older, newer = Subscription(slow, channel), Subscription(quick, channel)
    channel.joining += [older, newer]
    channel.accept(7, text_of(7))
    channel.accept(8, text_of(8))
    assert channel.go_live(newer, 8)
    assert channel.go_live(older, 6)
    channel.accept(9, text_of(9))
    assert (quick.offsets, slow.offsets) == ([9], [7, 8, 9])


async def test_an_older_answer_whose_next_event_no_hint_brought_is_told_to_start_over(
    make_node: MakeNode, owner: Actor
) -> None:
    here, there = await pair(make_node)
    counter_id = await new_counter(here, owner)
    slow, quick = Ear(owner), Ear(owner)
    older = await here.hub.subscribe(slow, f"toy:{counter_id}", None, None)
    await call(there, owner, "toy.add", counter_id=counter_id)
    newer = await here.hub.subscribe(quick, f"toy:{counter_id}", None, None)
    newer.go_live()
    older.go_live()
    assert [m["method"] for m in slow.heard] == ["topic:resync"]
    await call(there, owner, "toy.add", counter_id=counter_id)
    await quick.until(lambda e: e.offsets == [2])
    assert slow.offsets == []
