"""The batched lane: many callers in one transaction, and for each exactly what she would have got alone."""

import asyncio
import contextvars
import random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from carewire import metrics
from carewire.actor import KNOWN, Actor
from carewire.batch import Batch
from carewire.bus.frame import Stored
from carewire.command import REGISTRY, command
from carewire.errors import (
    Busy,
    Internal,
    KeyConflict,
    NotFound,
    OutcomeUnknown,
    Overloaded,
    RateLimited,
    Refusal,
)
from carewire.node import Node
from carewire.store import outbox
from carewire.store.db import SESSION
from tests import toy
from tests.conftest import LANES_ON_AND_OFF
from tests.platform.conftest import MakeNode, call
from tests.platform.test_dispatch import count, value
from tests.toy.parts import somebody, uuid7


async def make_counter(node: Node, owner: Actor, value: int = 0) -> UUID:
    counter_id = uuid4()
    async with node.db.transaction() as tx:
        await tx.execute("INSERT INTO counter (id, owner, value) VALUES ($1, $2, $3)", counter_id, owner.id, value)
    return counter_id


AT_ONCE = pytest.mark.parametrize("way", ["toy.count", "toy.tally", "toy.tally_alone"])
"""A batch as a transaction of several round trips, as one statement, and as one whose handler is written for one."""


async def attempt(node: Node, actor: Actor, way: str = "toy.count", **params: object) -> Any:
    """The reply, or the refusal."""
    try:
        return await call(node, actor, way, **params)
    except Refusal as refusal:
        return refusal


async def together(node: Node, *asks: tuple[Actor, dict[str, object]], way: str = "toy.count") -> list[Any]:
    """Everybody asks in the same tick."""
    return list(await asyncio.gather(*(attempt(node, actor, way, **params) for actor, params in asks)))


async def told(node: Node, counter_id: UUID) -> list[Stored]:
    async with node.db.snapshot() as tx:
        return await outbox.read(tx, f"toy:{counter_id}", 0, 1000)


async def transactions(node: Node, counter_id: UUID) -> int:
    async with node.db.snapshot() as tx:
        return await tx.fetchval("SELECT count(DISTINCT xid) FROM event WHERE topic = $1", f"toy:{counter_id}")


async def split() -> float:
    return metrics.BATCHES_SPLIT.labels("toy.count")._value.get()


def reasons(ends: list[Any]) -> list[str]:
    return [end.reason if isinstance(end, Refusal) else "ok" for end in ends]


# --- one suite, lanes on and off -------------------------------------------------------------------------------------
@LANES_ON_AND_OFF
@AT_ONCE
async def test_each_has_her_own_number_and_event_and_together_they_make_one_transaction(
    node: Node, owner: Actor, counter: UUID, batch: int, way: str
) -> None:
    ends = await together(node, *[(owner, {"counter_id": str(counter)})] * 20, way=way)
    assert sorted(end["value"] for end in ends) == list(range(1, 21))
    heard = await told(node, counter)
    assert [event.offset for event in heard] == list(range(1, 21))
    assert [msgspec.json.decode(event.payload)["value"] for event in heard] == list(range(1, 21))
    assert await transactions(node, counter) == (1 if batch else 20)


@LANES_ON_AND_OFF
@AT_ONCE
async def test_the_refusal_of_one_is_hers_alone(node: Node, owner: Actor, counter: UUID, way: str) -> None:
    mine: dict[str, object] = {"counter_id": str(counter)}
    keys = [str(uuid7()) for _ in range(5)]
    ends = await together(
        node,
        (owner, {**mine, "idempotency_key": keys[0]}),
        (somebody(), {**mine, "idempotency_key": keys[1]}),
        (owner, {**mine, "by": 0, "idempotency_key": keys[2]}),
        (owner, {"counter_id": str(uuid4()), "idempotency_key": keys[3]}),
        (owner, {**mine, "idempotency_key": keys[4]}),
    )
    assert reasons(ends) == ["ok", "not_found", "conflict", "not_found", "ok"]
    assert await value(node, counter) == 2
    assert await count(node, "receipt") == 2  # refusals leave none
    again = await together(node, (owner, {**mine, "by": 0, "idempotency_key": keys[2]}), way=way)
    assert reasons(again) == ["conflict"]


@LANES_ON_AND_OFF
@AT_ONCE
async def test_a_bug_of_one_is_internal_for_her_and_nothing_for_the_others(
    node: Node, owner: Actor, counter: UUID, way: str
) -> None:
    mine: dict[str, object] = {"counter_id": str(counter)}
    ends = await together(node, (owner, mine), (owner, {**mine, "by": 13}), (owner, mine), way=way)
    assert reasons(ends) == ["ok", "internal", "ok"]
    assert await value(node, counter) == 2
    assert [event.offset for event in await told(node, counter)] == [1, 2]


@LANES_ON_AND_OFF
@AT_ONCE
async def test_what_the_database_refuses_is_refused_to_whom_it_concerns(node: Node, owner: Actor, way: str) -> None:
    full, free = await make_counter(node, owner, 1_000_000), await make_counter(node, owner)
    asks: list[tuple[Actor, dict[str, object]]] = [
        (owner, {"counter_id": str(one), "idempotency_key": str(uuid7())}) for one in (free, full, free)
    ]
    assert reasons(await together(node, *asks, way=way)) == ["ok", "toy_too_much", "ok"]
    assert (await value(node, free), await value(node, full)) == (2, 1_000_000)
    assert await count(node, "receipt") == 2


@LANES_ON_AND_OFF
@AT_ONCE
async def test_the_same_key_in_the_same_moment_has_one_effect_and_other_input_is_a_conflict(
    node: Node, owner: Actor, counter: UUID, way: str
) -> None:
    mine: dict[str, object] = {"counter_id": str(counter), "idempotency_key": str(uuid7())}
    ends = await together(
        node,
        *[(owner, mine)] * 5,
        (owner, {**mine, "by": 2}),
        (owner, {**mine, "by": 0}),
        (owner, {"counter_id": str(counter)}),
        way=way,
    )
    assert ends[:5] == [{"counter_id": str(counter), "value": ends[0]["value"]}] * 5
    assert [type(end) for end in ends[5:7]] == [KeyConflict, KeyConflict]
    assert await value(node, counter) == 2
    assert len(await told(node, counter)) == 2


@LANES_ON_AND_OFF
@AT_ONCE
async def test_a_stored_reply_is_kept_from_who_lost_the_right_and_given_to_who_has_it(
    node: Node, owner: Actor, way: str
) -> None:
    kept, lost = await make_counter(node, owner), await make_counter(node, owner)
    asks: list[tuple[Actor, dict[str, object]]] = [
        (owner, {"counter_id": str(one), "idempotency_key": str(uuid7())}) for one in (kept, lost)
    ]
    first = await together(node, *asks, way=way)
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE counter SET owner = $2 WHERE id = $1", lost, uuid4())
    again = await together(node, *asks, (owner, {"counter_id": str(kept)}), way=way)
    assert again[0] == first[0]
    assert isinstance(again[1], NotFound)
    assert again[2]["value"] == 2


@pytest.mark.alone
@LANES_ON_AND_OFF
@AT_ONCE
async def test_two_nodes_serve_the_same_counter_without_a_gap(make_node: MakeNode, owner: Actor, way: str) -> None:
    nodes = [await make_node(pool=6) for _ in range(2)]
    counters = [await make_counter(nodes[0], owner) for _ in range(3)]
    ends = await asyncio.gather(
        *(
            attempt(nodes[n % 2], owner, way, counter_id=str(counters[n % 3]), idempotency_key=str(uuid7()))
            for n in range(300)
        )
    )
    assert set(reasons(list(ends))) == {"ok"}
    for one in counters:
        heard = await told(nodes[0], one)
        assert [event.offset for event in heard] == list(range(1, 101))
        assert [msgspec.json.decode(event.payload)["value"] for event in heard] == list(range(1, 101))
    assert await count(nodes[0], "receipt") == 300


@LANES_ON_AND_OFF
@AT_ONCE
async def test_the_same_keys_at_two_nodes_have_one_effect_each(make_node: MakeNode, owner: Actor, way: str) -> None:
    nodes = [await make_node(pool=6) for _ in range(2)]
    counter_id = await make_counter(nodes[0], owner)
    keys = [str(uuid7()) for _ in range(40)]
    tries = [(node, key) for key in keys for node in nodes]
    random.Random(1).shuffle(tries)
    ends = await asyncio.gather(
        *(attempt(node, owner, way, counter_id=str(counter_id), idempotency_key=key) for node, key in tries)
    )
    assert set(reasons(list(ends))) <= {"ok", "in_flight"}
    replies: dict[str, set[int]] = {}
    for (_, key), end in zip(tries, ends, strict=True):
        if isinstance(end, dict):
            replies.setdefault(key, set()).add(end["value"])
    assert all(len(given) == 1 for given in replies.values())
    assert await value(nodes[0], counter_id) == len(keys)


# --- a batch is its members one by one -------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(12))
async def test_a_batch_is_its_members_one_by_one(make_node: MakeNode, seed: int) -> None:
    """The same calls in batches (odd seeds: each one statement) on one set of counters, and alone and step by step on
    another: same ends, same rows, same events."""
    way = "toy.tally" if seed % 2 else "toy.count"
    # What the handler refuses comes before what the statement does: a stranger's zero has two answers.
    amounts = [1, 1, 1, 2, 5] if seed % 2 else [1, 1, 1, 2, 5, 0, 13]
    rng = random.Random(seed)
    batched, alone = await make_node(), await make_node(batch=0)
    people = [somebody() for _ in range(3)]
    sets = [
        [await make_counter(batched, owner, start) for owner in owners for start in (0, 999_990)]
        for owners in (people, [twin(who) for who in people])
    ]
    keys = [str(uuid7()) for _ in range(12)]
    asks = [
        (rng.choice(people), rng.randrange(6), rng.choice(amounts), rng.choice([None, None, *keys])) for _ in range(60)
    ]
    ends: list[list[Any]] = [[], []]
    while asks:
        size = min(len(asks), rng.randint(1, 20))
        now, asks = asks[:size], asks[size:]
        calls = [
            [
                (who, {"counter_id": str(counters[n]), "by": by} | ({"idempotency_key": key} if key else {}))
                for who, n, by, key in now
            ]
            for counters in sets
        ]
        calls[1] = [(twin(who), params) for who, params in calls[1]]
        keyed = [(who.id, params["idempotency_key"]) for who, params in calls[0] if "idempotency_key" in params]
        if len(keyed) == len(set(keyed)):
            ends[0] += await together(batched, *calls[0], way=way)
        else:  # twins in one moment run one after the other, in an order of their own
            ends[0] += [await attempt(batched, who, way, **params) for who, params in calls[0]]
        for who, params in calls[1]:
            ends[1].append(await attempt(alone, who, **params))
    shown = [[(end.reason if isinstance(end, Refusal) else end["value"]) for end in given] for given in ends]
    assert shown[0] == shown[1]
    for one, other in zip(*sets, strict=True):
        assert await value(batched, one) == await value(batched, other)
        events = [[msgspec.json.decode(e.payload)["value"] for e in await told(batched, c)] for c in (one, other)]
        assert events[0] == events[1]
    async with batched.db.snapshot() as tx:
        rows = await tx.fetch("SELECT account, key, result IS NULL AS bare FROM receipt")
    mine = {(row["account"], row["key"]) for row in rows if row["account"] in {who.id for who in people}}
    twins = {(row["account"], row["key"]) for row in rows if row["account"] in {twin(who).id for who in people}}
    assert {(twin_id(account), key) for account, key in mine} == twins
    assert not any(row["bare"] for row in rows)


def twin_id(account: UUID) -> UUID:
    return UUID(int=account.int ^ 1)


def twin(who: Actor) -> Actor:
    """Somebody else, always the same."""
    return msgspec.structs.replace(who, id=twin_id(who.id))


# --- what breaks in the middle ---------------------------------------------------------------------------------------
async def test_a_lost_commit_is_outcome_unknown_for_each_and_the_keys_tell_what_became_of_it(
    make_node: MakeNode, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, other = await make_node(pool=3), await make_node()
    counter_id = await make_counter(other, owner)
    asks: list[tuple[Actor, dict[str, object]]] = [
        (owner, {"counter_id": str(counter_id), "idempotency_key": str(uuid7())}) for _ in range(10)
    ]
    finish = outbox.finish

    async def finish_and_lose(contexts: Any, *args: Any) -> outbox.Left:
        left = await finish(contexts, *args)
        pid = await contexts[0].tx.fetchval("SELECT pg_backend_pid()")

        async def kill() -> None:
            async with other.db.transaction() as tx:
                await tx.execute("SELECT pg_terminate_backend($1, 3000)", pid)

        await asyncio.create_task(kill(), context=contextvars.Context())
        return left

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "finish", finish_and_lose)
        ends = await together(node, *asks)
    assert [type(end) for end in ends] == [OutcomeUnknown] * 10
    ends = await together(node, *asks)
    assert sorted(end["value"] for end in ends) == list(range(1, 11))
    assert [event.offset for event in await told(node, counter_id)] == list(range(1, 11))


async def test_a_root_that_somebody_holds_does_not_spoil_the_batch_of_the_others(
    make_node: MakeNode, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SESSION, "lock_timeout", "500ms")
    node = await make_node()
    held, free = await make_counter(node, owner), await make_counter(node, owner)
    assert node.dispatcher.lanes is not None
    node.dispatcher.lanes._lanes[1:] = []  # both in the same lane
    before = await split()
    holder = await asyncpg.connect(node.settings.database_url)
    async with holder.transaction():
        await holder.execute("SELECT FROM counter WHERE id = $1 FOR UPDATE", held)
        ends = await together(node, *[(owner, {"counter_id": str(one)}) for one in (held, free, held, free)])
    await holder.close()
    assert reasons(ends) == ["busy", "ok", "busy", "ok"]
    assert await split() > before
    assert await value(node, free) == 2


async def test_a_serialization_failure_runs_the_batch_again(
    node: Node, owner: Actor, counter: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, failures = outbox.finish, [asyncpg.DeadlockDetectedError("deadlock"), asyncpg.SerializationError("again")]

    async def finish_or_fail(*args: Any) -> outbox.Left:
        if failures:
            raise failures.pop()
        return await finish(*args)

    monkeypatch.setattr(outbox, "finish", finish_or_fail)
    ends = await together(node, *[(owner, {"counter_id": str(counter)})] * 8)
    assert sorted(end["value"] for end in ends) == list(range(1, 9))
    assert await transactions(node, counter) == 1


async def test_who_waits_too_long_or_comes_when_the_lane_is_full_is_told_to_come_back(
    make_node: MakeNode, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SESSION, "lock_timeout", "500ms")
    node = await make_node(pool=3, batch=2)
    counter_id = await make_counter(node, owner)
    holder = await asyncpg.connect(node.settings.database_url)
    async with holder.transaction():
        await holder.execute("SELECT FROM counter WHERE id = $1 FOR UPDATE", counter_id)
        ends = await together(node, *[(owner, {"counter_id": str(counter_id)})] * 130)
    await holder.close()
    found = reasons(ends)
    assert set(found) <= {"overloaded", "busy", "ok"}
    assert found[100:] == ["overloaded"] * 30  # beyond what may wait: at once
    assert all(isinstance(end, Busy | Overloaded) and end.after_ms for end in ends if isinstance(end, Refusal))
    assert reasons(await together(node, (owner, {"counter_id": str(counter_id)}))) == ["ok"]


async def test_a_rate_is_spent_by_each_and_not_by_the_batch(node: Node, owner: Actor, counter: UUID) -> None:
    from carewire.command import Rate

    REGISTRY["toy.count"] = msgspec.structs.replace(was := REGISTRY["toy.count"], rate=Rate(burst=3, per_minute=0.001))
    try:
        ends = await together(node, *[(owner, {"counter_id": str(counter)})] * 5)
    finally:
        REGISTRY["toy.count"] = was
    assert reasons(ends) == ["ok"] * 3 + ["rate_limited"] * 2
    assert isinstance(ends[-1], RateLimited)


# --- declaring it ----------------------------------------------------------------------------------------------------
def test_a_batched_command_that_is_declared_wrongly_does_not_import() -> None:
    with pytest.raises(TypeError, match="takes \\(batch: Batch"):

        @command("toy.wrong", allow={KNOWN}, lane="counter_id")
        async def no_batch(ctx: Any, counter_id: UUID) -> None:
            """Not a batch."""

    with pytest.raises(TypeError, match="is none of its parameters"):

        @command("toy.wrong", allow={KNOWN}, lane="nothing")
        async def no_such_lane(batch: Batch[toy.Count, toy.Counter]) -> None:
            """No such parameter."""

    assert "toy.wrong" not in REGISTRY


async def test_a_member_left_without_an_answer_is_a_bug_and_leaves_nothing(node: Node, owner: Actor) -> None:
    REGISTRY["toy.count"] = msgspec.structs.replace(was := REGISTRY["toy.count"], handler=forget)
    try:
        ends = await together(node, *[(owner, {"counter_id": str(uuid4())})] * 2)
    finally:
        REGISTRY["toy.count"] = was
    assert [type(end) for end in ends] == [Internal, Internal]


async def forget(batch: Batch[toy.Count, toy.Counter]) -> None:
    pass
