"""The wire with the real dispatcher and the real hub behind it, on PostgreSQL and Valkey."""

import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from carewire.actor import Actor, Identity
from carewire.bus.hub import SUBSCRIPTIONS_MAX
from carewire.errors import Close, Refusal, Unauthenticated
from carewire.gateway.server import Running
from carewire.gateway.services import Rules
from carewire.node import Node
from carewire.settings import Settings
from carewire.store.db import Tx
from tests.gateway.conftest import Client, connect, host
from tests.gateway.test_fuzz import check, mutate
from tests.toy.parts import somebody, uuid7


class Door:
    """An identity that knows a few tokens, until their logins end."""

    def __init__(self) -> None:
        self.actors = {"ada": somebody(), "bob": somebody()}

    async def authenticate(self, tx: Tx, tokens: Sequence[str], real_now: datetime) -> list[Actor | Refusal]:
        return [self.actors.get(token) or Unauthenticated() for token in tokens]

    async def reload(self, tx: Tx, actors: Any, real_now: datetime) -> dict[UUID, Actor]:
        here = {a.login_id: a for a in self.actors.values()}
        return {a.login_id: here[a.login_id] for a in actors if a.login_id in here}


class Place:
    """A node with a socket in front."""

    def __init__(self, node: Node, running: Running, door: Door, counter: UUID) -> None:
        self.node, self.running, self.door, self.counter = node, running, door, counter
        self.topic = f"toy:{counter}"

    def as_(self, token: str | None) -> AbstractAsyncContextManager[Client]:
        """A client with this token, or without one."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return connect(self.running.url, additional_headers=headers)


@pytest_asyncio.fixture
async def place(settings: Settings, ws: str) -> AsyncIterator[Place]:
    """Ada has a counter."""
    door, counter = Door(), uuid4()
    node = Node(settings, identity=cast("Identity", door))
    await node.start()
    try:
        async with node.db.transaction() as tx:
            await tx.execute("INSERT INTO counter (id, owner) VALUES ($1, $2)", counter, door.actors["ada"].id)
        served = Settings(secret="s" * 40, ws=ws)  # type: ignore[arg-type]
        async with host(node, served, Rules(flood_burst=1_000_000)) as running:
            yield Place(node, running, door, counter)
    finally:
        await node.stop()


async def test_a_listener_hears_what_was_missed_and_what_comes_in_order_without_a_gap(place: Place) -> None:
    async with place.as_("ada") as ada:
        begun = (await ada.call("topic.subscribe", topic=place.topic))["result"]
        assert (begun["offset"], begun["snapshot"]["value"]) == (0, 0)
        assert begun["epoch"] == ada.welcome["params"]["epoch"]
        await ada.send(request("toy.add", 1, counter_id=str(place.counter), times=3))
        heard = [await ada.get() for _ in range(4)]
        assert [h["params"]["offset"] for h in heard if "params" in h] == [1, 2, 3]
        assert [h["result"]["value"] for h in heard if "result" in h] == [3]
    async with place.as_("ada") as ada:
        position = {"epoch": begun["epoch"], "topics": {place.topic: 1, f"toy:{uuid4()}": 0}}
        topics = (await ada.call("socket.resume", **position))["result"]["topics"]
        assert [e["offset"] for e in topics.pop(place.topic)["events"]] == [2, 3]
        assert [t["error"]["data"]["reason"] for t in topics.values()] == ["not_found"]
        await ada.send(request("toy.add", 1, counter_id=str(place.counter)))
        assert 4 in [(await ada.get()).get("params", {}).get("offset") for _ in range(2)]


async def test_who_has_no_right_or_no_login_learns_nothing_of_a_topic(place: Place) -> None:
    for who in (None, "bob"):
        async with place.as_(who) as client:
            answer = await client.call("topic.subscribe", topic=place.topic)
            assert answer["error"]["data"]["reason"] == "not_found"


async def test_the_same_key_twice_on_one_socket_counts_once_and_answers_alike(place: Place) -> None:
    async with place.as_("ada") as ada:
        key = str(uuid7(datetime.now(UTC)))
        answers = [await ada.call("toy.add", counter_id=str(place.counter), idempotency_key=key) for _ in range(2)]
        assert [a["result"]["value"] for a in answers] == [1, 1]


async def test_rights_that_end_end_the_subscription_and_a_login_that_ends_closes_the_socket(place: Place) -> None:
    bob = place.door.actors["bob"]
    async with place.node.db.transaction() as tx:
        await tx.execute("INSERT INTO hearer VALUES ($1, $2)", place.counter, bob.id)
    async with place.as_("ada") as ada, place.as_("bob") as listener:
        assert "result" in await listener.call("topic.subscribe", topic=place.topic)
        throw = {"counter_id": str(place.counter), "actor_id": str(bob.id)}
        await ada.call("toy.throw_out", **throw)
        ended = await listener.get()
        assert (ended["method"], ended["params"]["topic"]) == ("topic:ended", place.topic)
        del place.door.actors["bob"]
        await ada.call("toy.throw_out", **throw)
        assert (await listener.closed())[0] == Close.LOGIN_ENDED


async def test_subscriptions_of_one_socket_are_limited_as_welcome_says(place: Place) -> None:
    async with place.node.db.transaction() as tx:
        counters = [uuid4() for _ in range(SUBSCRIPTIONS_MAX + 1)]
        owner = place.door.actors["ada"].id
        await tx.execute("INSERT INTO counter (id, owner) SELECT unnest($1::uuid[]), $2", counters, owner)
    async with place.as_("ada") as ada:
        assert ada.welcome["params"]["limits"]["subscriptions"] == SUBSCRIPTIONS_MAX
        topics = {f"toy:{counter}": 0 for counter in counters[:-1]}
        resumed = (await ada.call("socket.resume", epoch=ada.welcome["params"]["epoch"], topics=topics))["result"]
        assert len(resumed["topics"]) == SUBSCRIPTIONS_MAX
        answer = await ada.call("topic.subscribe", topic=f"toy:{counters[-1]}")
        assert answer["error"]["data"]["reason"] == "too_many_subscriptions"


PARAMS: list[tuple[str, str]] = [
    ("a missing field", "{}"),
    ("a wrong type", '{"counter_id":7}'),
    ("an extra field", '{"counter_id":"%s","x":1}'),
    ("a float for an integer", '{"counter_id":"%s","by":1.5}'),
    ("an integer beyond int64", '{"counter_id":"%s","by":9223372036854775808}'),
    ("a key that is no UUID", '{"counter_id":"%s","idempotency_key":"k"}'),
    ("positional params", '["%s"]'),
    ("U+0000", '{"counter_id":"\\u0000"}'),
]


@pytest.mark.parametrize("params", [p[1] for p in PARAMS], ids=[p[0] for p in PARAMS])
async def test_params_of_a_wrong_form_are_refused_with_the_field(place: Place, params: str) -> None:
    async with place.as_("ada") as ada:
        params = params.replace("%s", str(place.counter))
        answer = await ada.ask('{"jsonrpc":"2.0","id":1,"method":"toy.add","params":%s}' % params)  # noqa: UP031
        assert answer["error"]["code"] == -32602
        if params.startswith("{"):
            [field] = answer["error"]["data"]["fields"]
            assert field["path"].startswith("$")


async def test_hostile_frames_at_real_commands_yield_declared_answers_only(place: Place) -> None:
    rng = random.Random(11)
    seeds = [
        request(name, 5, counter_id=str(place.counter), **extra)
        for name, extra in [
            ("toy.add", {"times": 3}), ("toy.tag", {"word": "w"}), ("toy.get", {}), ("toy.break", {}),
            ("toy.wiggle", {"who": "x", "value": 1}), ("toy.write_in_query", {}), ("toy.add", {"by": 2**62}),
        ]
    ]  # fmt: skip
    seeds += [request("topic.subscribe", 6, topic=place.topic), request("topic.unsubscribe", 7, topic=place.topic)]
    async with place.as_("ada") as ada:
        for number in range(600):
            await ada.send(mutate(rng, rng.choice(seeds)))
            if number % 8 == 0:
                await hear_until_ping(ada, number)
        await hear_until_ping(ada, -1)


async def hear_until_ping(client: Client, number: int) -> None:
    await client.send(request("socket.ping", f"p{number}"))
    while True:
        frame = await client.get()
        if isinstance(frame, dict) and "method" in frame:
            continue
        check(frame)
        if isinstance(frame, dict) and frame["id"] == f"p{number}":
            return


def request(method: str, identity: int | str, **params: object) -> str:
    """A request frame."""
    return json.dumps({"jsonrpc": "2.0", "id": identity, "method": method, "params": params})
