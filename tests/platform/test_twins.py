"""The same calls at several nodes at once: each key has one effect, and whoever tries it hears the same bytes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest_asyncio
from hypothesis import Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire import metrics
from carewire.actor import Actor
from carewire.command import REGISTRY, Command, Peer
from carewire.errors import Refusal
from carewire.lanes import Outcome
from carewire.node import Node
from carewire.params import decode_params
from tests.platform.conftest import MakeNode
from tests.platform.test_batch import told
from tests.platform.test_receipts import flush_statistics
from tests.toy.parts import somebody, uuid7

WAYS = ("toy.tally", "toy.tally_alone", "toy.count", "toy.win")
COUNTERS = 3
"""So many to count, and as many to win."""
TRIES_MAX = 60


class Call(msgspec.Struct, frozen=True):
    """One call, tried once at each of some nodes."""

    way: str
    counter: int
    by: int
    """0 is refused, 99 names a counter that is not there."""
    key: int | None
    stranger: bool
    at: tuple[int, ...]


class Try(msgspec.Struct, frozen=True):
    """What one try of a call came to in the end."""

    call: Call
    end: bytes | Refusal


calls = st.builds(
    Call,
    way=st.sampled_from(WAYS),
    counter=st.integers(0, COUNTERS - 1),
    by=st.sampled_from([1, 1, 1, 2, 5, 0, 99]),
    key=st.none() | st.integers(0, 5),
    stranger=st.sampled_from([False, False, False, True]),
    at=st.lists(st.integers(0, 2), min_size=1, max_size=4).map(tuple),
)


def as_before(command: Command) -> Command:
    """The command as a node of the version before has it: it claims first, completes last, in one transaction."""
    return msgspec.structs.replace(command, statement=None, lane="counter_id", handler=REGISTRY["toy.count"].handler)


class House:
    """Three nodes over one database: one with lanes, one without, and one that claims first."""

    def __init__(self, nodes: Sequence[Node], connection: Any) -> None:
        self.lanes, self.alone, self.before = nodes
        self.nodes, self.connection = nodes, connection

    async def attempt(self, at: int, actor: Actor, way: str, params: bytes) -> bytes | Refusal:
        """Once more as long as the refusal says so, and when it says, with what was sent before."""
        for _ in range(TRIES_MAX):
            try:
                return await self.ask(at, actor, way, params)
            except Refusal as refusal:
                if refusal.after_ms is None and refusal.retry == "never":
                    return refusal
                await asyncio.sleep((refusal.after_ms or 0) / 1000)
        raise AssertionError("no answer after so many tries")

    async def ask(self, at: int, actor: Actor, way: str, params: bytes) -> bytes:
        node = self.nodes[at]
        if node is self.before and way.startswith("toy.tally"):
            command = as_before(REGISTRY[way])
            ask = node.dispatcher._ask(command, decode_params(command, params), actor, Peer())
            await node.dispatcher._serve_part([ask])
            outcome: Outcome = await ask.future
        else:
            outcome = await node.dispatcher.run(way, params, actor, Peer())
        return outcome.result

    async def run(self, asked: list[Call], *, held: bool) -> None:
        """All of it at once, and then the account of it."""
        owner, stranger = somebody(), somebody()
        counters = {way: [uuid4() for _ in range(COUNTERS)] for way in ("count", "win")}
        everyone = [*counters["count"], *counters["win"]]
        keys: dict[int | None, UUID] = {n: uuid7() for n in range(6)}
        before = await self.tally()
        await self.connection.executemany(
            "INSERT INTO counter (id, owner) VALUES ($1, $2)", [(one, owner.id) for one in everyone]
        )
        holder = self.connection.transaction()
        await holder.start()
        if held:
            await self.connection.execute("SELECT FROM counter WHERE id = ANY($1) ORDER BY id FOR UPDATE", everyone)
        sent = []
        for call in asked:
            of = counters["win" if call.way == "toy.win" else "count"]
            params: dict[str, object] = {"counter_id": str(of[call.counter] if call.by != 99 else uuid4())}
            if call.way != "toy.win":
                params["by"] = call.by
            if call.key is not None:
                params["idempotency_key"] = str(keys[call.key])
            for at in call.at:
                work = self.attempt(at, stranger if call.stranger else owner, call.way, msgspec.json.encode(params))
                sent.append((call, asyncio.create_task(work)))
        if held and sent:
            # Most of them wait for the rows by now, or will; either way it must come right.
            for _ in range(20):
                await self.connection.fetchval("SELECT 1")
        await holder.commit()
        tries = [Try(call, await task) for call, task in sent]
        await self.check(tries, counters, before)

    async def tally(self) -> Counter[str]:
        """Receipts and entries of the audit by command."""
        rows = await self.connection.fetch(
            """SELECT 'receipt ' || command AS what, count(*) AS n FROM receipt GROUP BY command UNION ALL
               SELECT 'audit ' || command, count(*) FROM audit WHERE kind = 'write' GROUP BY command"""
        )
        return Counter({row["what"]: row["n"] for row in rows})

    async def check(self, tries: list[Try], counters: dict[str, list[UUID]], before: Counter[str]) -> None:
        # One reply a key, the same bytes for each of its tries; who sent something else with it is told so.
        replies: dict[tuple[str, int], set[bytes]] = {}
        effects: list[tuple[str, bytes]] = []
        for one in tries:
            if isinstance(one.end, Refusal):
                assert one.end.reason in {"not_found", "conflict", "key_conflict"}, one
                assert one.end.reason != "key_conflict" or one.call.key is not None
                continue
            assert not one.call.stranger
            assert one.call.way == "toy.win" or one.call.by not in (0, 99)
            if one.call.key is None:
                effects.append((one.call.way, one.end))
            else:
                replies.setdefault((one.call.way, one.call.key), set()).add(one.end)
        for _, given_ in replies.items():
            assert len(given_) == 1
        won = {
            (one.call.key, one.call.counter)
            for one in tries
            if one.call.way == "toy.win" and one.call.key is not None and not isinstance(one.end, Refusal)
        }
        effects += [(way, reply) for (way, _), (reply,) in replies.items()]
        for one in tries:
            # A call that could be answered was answered, unless its key was another's; so was each try of who won.
            if one.call.way != "toy.win" and not one.call.stranger and one.call.by not in (0, 99):
                assert not isinstance(one.end, Refusal) or one.end.reason == "key_conflict", one
            if (one.call.key, one.call.counter) in won and not one.call.stranger and one.call.way == "toy.win":
                assert one.call.by == 99 or not isinstance(one.end, Refusal), one
        # What was answered is what happened, what was told and what is on record; each once.
        heard: Counter[bytes] = Counter()
        for counter_id in [*counters["count"], *counters["win"]]:
            events = await told(self.lanes, counter_id)
            assert [event.offset for event in events] == list(range(1, len(events) + 1))
            values = [msgspec.json.decode(event.payload)["value"] for event in events]
            assert values == sorted(set(values))
            is_now = await self.connection.fetchval("SELECT value FROM counter WHERE id = $1", counter_id)
            assert is_now == (values[-1] if values else 0)
            heard.update(bytes(event.payload) for event in events)
        assert heard == Counter(reply for _, reply in effects)
        keyed = Counter(way for way, _ in replies)
        ran = Counter(way for way, _ in effects)
        after = await self.tally()
        assert {way: after[f"receipt {way}"] - before[f"receipt {way}"] for way in WAYS} == {w: keyed[w] for w in WAYS}
        assert {way: after[f"audit {way}"] - before[f"audit {way}"] for way in WAYS} == {w: ran[w] for w in WAYS}
        for node in self.nodes:
            assert not node.dispatcher._running
            assert not node.dispatcher._splits
            assert node.dispatcher.gate.waiting == node.dispatcher.gate._used == 0
        assert metrics.COMMANDS_WAITING._value.get() == 0


@pytest_asyncio.fixture
async def house(make_node: MakeNode, database_url: str) -> AsyncIterator[House]:
    connection = await asyncpg.connect(database_url)
    # Who waits in a circle is to be found soon: here it happens all the time.
    await connection.execute(f"ALTER DATABASE {urlsplit(database_url).path[1:]} SET deadlock_timeout = '10ms'")
    nodes = [await make_node(), await make_node(batch=0), await make_node()]
    for node in nodes:  # what they say by themselves is not asked for here
        for loop in (node.runner, node.sealer, node.hub.sweep, node.trail):
            await loop.stop()
    yield House(nodes, connection)
    await connection.close()


async def deadlocks(house: House) -> int:
    """As all connections of these nodes have counted them."""
    for node in house.nodes:
        await flush_statistics(node)
    found: int = await house.connection.fetchval(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    return found


@examples(max_examples=25, phases=[Phase.generate])
@given(asked=st.lists(calls, min_size=10, max_size=60), held=st.booleans())
async def test_each_key_has_one_effect_and_one_reply_wherever_it_is_tried(
    house: House, asked: list[Call], held: bool
) -> None:
    nodes = [msgspec.structs.replace(call, at=tuple(at % 2 for at in call.at)) for call in asked]
    await house.run(nodes, held=held)
    assert await deadlocks(house) == 0


@examples(max_examples=25, phases=[Phase.generate])
@given(asked=st.lists(calls, min_size=10, max_size=60), held=st.booleans())
async def test_and_so_it_has_while_a_node_of_the_version_before_claims_first(
    house: House, asked: list[Call], held: bool
) -> None:
    """The two take the same locks in another order; one who waits in a circle is ended, and run again."""
    await house.run(asked, held=held)
