"""Commands that are one statement: one round trip, and no guarantee less. What they share with batches stands in
`test_batch.py`."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from msgspec import Meta, Struct

from carewire import metrics
from carewire.actor import KNOWN, Actor
from carewire.batch import Batch
from carewire.command import REGISTRY, Ctx, command
from carewire.embedded import Postgres
from carewire.errors import Internal, NotFound, OutcomeUnknown
from carewire.event import Event
from carewire.node import Node
from carewire.statement import Statement, fill
from tests import toy
from tests.faults.proxy import Proxy
from tests.platform.conftest import MakeNode, call
from tests.platform.test_batch import attempt, make_counter, told
from tests.platform.test_dispatch import count, value
from tests.toy.parts import Ear, somebody, uuid7

ALONE = "toy.tally_alone"


async def statements(node: Node, run: Any) -> int:
    """Messages of the extended protocol and simple queries, as the driver's connections were asked to run them."""
    asked: list[str] = []
    pool = node.db._pool
    assert pool is not None
    connections = [holder._con for holder in pool._holders if holder._con is not None]
    for connection in connections:
        connection.add_query_logger(lambda record: asked.append(record.query))
    try:
        await run
        await asyncio.sleep(0)
    finally:
        for connection in connections:
            connection._query_loggers.clear()
    return len(asked)


async def until(connection: Any, sql: str, *values: object) -> Any:
    """Ask until the answer is a yes."""
    while not (answer := await connection.fetchval(sql, *values)):
        pass
    return answer


async def test_a_keyed_command_is_one_round_trip(make_node: MakeNode, owner: Actor) -> None:
    node = await make_node(pool=3)
    counter_id = await make_counter(node, owner)
    for loop in (node.runner, node.sealer, node.hub.sweep):  # they send statements of their own now and then
        await loop.stop()
    for way in (ALONE, "toy.tally"):
        await attempt(node, owner, way, counter_id=str(counter_id))
        keyed = {"counter_id": str(counter_id), "idempotency_key": str(uuid7())}
        assert await statements(node, attempt(node, owner, way, **keyed)) == 1
    assert (await value(node, counter_id), await count(node, "receipt")) == (4, 2)


async def test_what_listeners_hear_at_once_is_what_the_record_holds(node: Node, owner: Actor, counter: UUID) -> None:
    ear = Ear(owner)
    node.hub.register(ear)
    answer = await node.hub.subscribe(ear, f"toy:{counter}", None, None)
    answer.go_live()
    await attempt(node, owner, ALONE, counter_id=str(counter), by=7)
    await asyncio.gather(*(attempt(node, owner, "toy.tally", counter_id=str(counter), by=by) for by in (1, 2, 3)))
    await ear.until(lambda ear: len(ear.offsets) == 4)
    assert ear.offsets == [1, 2, 3, 4]
    record = [msgspec.json.decode(event.payload) for event in await told(node, counter)]
    assert [message["params"]["data"] for message in ear.heard] == record
    assert [data["value"] for data in record] == [7, 8, 10, 13]


async def test_a_refusal_leaves_neither_receipt_nor_event(node: Node, owner: Actor, counter: UUID) -> None:
    key = str(uuid7())
    stranger = await attempt(node, somebody(), ALONE, counter_id=str(counter), idempotency_key=key)
    nobody = await attempt(node, owner, ALONE, counter_id=str(uuid4()), idempotency_key=key)
    assert (type(stranger), type(nobody)) == (NotFound, NotFound)
    assert (await count(node, "receipt"), await told(node, counter)) == (0, [])
    assert await attempt(node, owner, ALONE, counter_id=str(counter), idempotency_key=key)  # the key is still good


async def test_who_waited_for_the_row_tells_what_is_there_now_and_not_what_was(
    node: Node, owner: Actor, counter: UUID
) -> None:
    """The snapshot of a statement is older than its lock; RETURNING is not."""
    holder = await asyncpg.connect(node.settings.database_url)
    async with holder.transaction():
        await holder.execute("UPDATE counter SET value = 40 WHERE id = $1", counter)
        waiting = [asyncio.create_task(attempt(node, owner, ALONE, counter_id=str(counter))) for _ in range(3)]
        await until(holder, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
    await holder.close()
    assert sorted(end["value"] for end in await asyncio.gather(*waiting)) == [41, 42, 43]
    assert [msgspec.json.decode(e.payload)["value"] for e in await told(node, counter)] == [41, 42, 43]


# --- the line to the database breaks ---------------------------------------------------------------------------------
@pytest_asyncio.fixture
async def line(postgres: Postgres) -> AsyncIterator[Proxy]:
    """The way to the database."""
    proxy = Proxy("to postgres", lambda: str(postgres.sockets / ".s.PGSQL.5432"), random.Random(1))
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.mark.parametrize("way", [ALONE, "toy.tally"])
async def test_killed_between_commit_and_reply_the_outcome_is_unknown_and_the_keys_tell_it(
    make_node: MakeNode, line: Proxy, owner: Actor, database_url: str, way: str
) -> None:
    name = urlsplit(database_url).path.strip("/")
    far = await make_node(database_url=f"postgresql://carewire@127.0.0.1:{line.port}/{name}?sslmode=disable", pool=4)
    near = await make_node()
    counter_id = await make_counter(near, owner)
    asks = [{"counter_id": str(counter_id), "idempotency_key": str(uuid7())} for _ in range(2)]
    await attempt(far, owner, way, counter_id=str(counter_id))
    holder, last = [await asyncpg.connect(database_url) for _ in range(2)]
    async with holder.transaction():
        await holder.execute("SELECT FROM counter WHERE id = $1 FOR UPDATE", counter_id)
        calls = [asyncio.create_task(attempt(far, owner, way, **ask)) for ask in asks]
        stuck = "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'"
        await until(last, stuck, name)
        line.freeze()
    await until(last, "SELECT value = 3 FROM counter WHERE id = $1", counter_id)  # committed
    line.cut()
    line.thaw()
    assert [type(end) for end in await asyncio.gather(*calls)] == [OutcomeUnknown] * 2
    again = [await attempt(near, owner, way, **ask) for ask in asks]
    assert sorted(end["value"] for end in again) == [2, 3]
    assert (await value(near, counter_id), len(await told(near, counter_id))) == (3, 3)
    for connection in (holder, last):
        await connection.close()


async def test_killed_before_it_began_the_keys_are_free(node: Node, owner: Actor, counter: UUID) -> None:
    ask = {"counter_id": str(counter), "idempotency_key": str(uuid7())}
    holder, other = [await asyncpg.connect(node.settings.database_url) for _ in range(2)]
    async with holder.transaction():
        await holder.execute("SELECT FROM counter WHERE id = $1 FOR UPDATE", counter)
        asked = asyncio.create_task(attempt(node, owner, ALONE, **ask))
        stuck = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        await other.execute("SELECT pg_terminate_backend($1, 3000)", await until(other, stuck))
    for connection in (holder, other):
        await connection.close()
    assert isinstance(await asked, OutcomeUnknown)
    assert (await value(node, counter), await count(node, "receipt")) == (0, 0)
    assert (await attempt(node, owner, ALONE, **ask))["value"] == 1


# --- the same key at two nodes ---------------------------------------------------------------------------------------
async def at_two_nodes_behind_a_lock(
    nodes: list[Node], owner: Actor, way: str, counters: list[UUID], asks: list[dict[str, object]]
) -> list[Any]:
    """The same calls at each node, all of which wait for the rows before any of them runs: the ends, by node."""
    holder = await asyncpg.connect(nodes[0].settings.database_url)
    async with holder.transaction():
        await holder.execute("SELECT FROM counter WHERE id = ANY($1) ORDER BY id FOR UPDATE", counters)
        calls = [[asyncio.create_task(attempt(node, owner, way, **ask)) for ask in asks] for node in nodes]
        stuck = """SELECT count(*) = $1 FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'"""
        await until(holder, stuck, len(nodes))
    await holder.close()
    return [list(await asyncio.gather(*node)) for node in calls]


@pytest.mark.parametrize("many", [1, 3])
async def test_a_twin_that_took_all_there_was_while_the_other_waited_is_both_answer(
    make_node: MakeNode, owner: Actor, many: int
) -> None:
    nodes = [await make_node() for _ in range(2)]
    counters = [await make_counter(nodes[0], owner) for _ in range(many)]
    asks: list[dict[str, object]] = [{"counter_id": str(c), "idempotency_key": str(uuid7())} for c in counters]
    ends = await at_two_nodes_behind_a_lock(nodes, owner, "toy.win", counters, asks)
    assert ends == [[{"counter_id": str(c), "value": 1} for c in counters]] * 2
    assert [len(await told(nodes[0], c)) for c in counters] == [1] * many
    assert await count(nodes[0], "receipt") == many
    late = await attempt(nodes[0], owner, "toy.win", counter_id=str(counters[0]), idempotency_key=str(uuid7()))
    assert (type(late), await count(nodes[0], "receipt")) == (NotFound, many)


@pytest.mark.parametrize("many", [1, 3])
async def test_a_twin_that_was_quicker_undoes_what_the_other_was_about_to_do_again(
    make_node: MakeNode, owner: Actor, many: int
) -> None:
    """Both have their effect ready; the receipt can be written once, so one of them is run again and finds it."""
    nodes = [await make_node() for _ in range(2)]
    counters = [await make_counter(nodes[0], owner) for _ in range(many)]
    asks: list[dict[str, object]] = [{"counter_id": str(c), "idempotency_key": str(uuid7())} for c in counters]
    again = metrics.RERUNS.labels(ALONE)._value.get()
    ends = await at_two_nodes_behind_a_lock(nodes, owner, ALONE, counters, asks)
    assert ends == [[{"counter_id": str(c), "value": 1} for c in counters]] * 2
    assert metrics.RERUNS.labels(ALONE)._value.get() == again + 1
    assert [await value(nodes[0], c) for c in counters] == [1] * many
    assert [len(await told(nodes[0], c)) for c in counters] == [1] * many
    assert await count(nodes[0], "receipt") == many


# --- what the caller wrote stays what she wrote -----------------------------------------------------------------------
class Noted(Event, name="toy_note:noted", topic="toy_note:{counter_id}"):
    """Somebody wrote."""

    counter_id: UUID
    text: str
    echo: str


class Note(Struct, frozen=True, kw_only=True):
    """What she wrote, and the same as the database says it."""

    text: str
    echo: str


@pytest.fixture
def noting() -> Iterator[None]:
    statement = Statement(
        takes={"text": "text"},
        effect="done AS (SELECT n, text AS echo FROM member)",
        gives=("echo",),
        otherwise=NotFound,
    )

    @command("toy.note", allow={KNOWN}, emits={Noted}, errors={NotFound}, statement=statement)
    async def note(ctx: Ctx, counter_id: UUID, text: Annotated[str, Meta(max_length=200)]) -> Note:
        """Write."""
        ctx.emit(Noted(counter_id=counter_id, text=text, echo=statement.later("echo")))
        return Note(text=text, echo=statement.later("echo"))

    yield
    del REGISTRY["toy.note"]


async def test_no_text_of_a_caller_is_taken_for_what_the_database_gives(node: Node, noting: None) -> None:
    rng = random.Random(7)
    alphabet = [
        "\x01",
        "echo",
        "\x01echo\x01",
        "\\",
        '"',
        "'",
        "$1",
        "{}",
        "\u2028",
        "😀",
        "é",
        "\\u0001echo\\u0001",
        "\n",
    ]
    who = somebody()
    for _ in range(60):
        text = "".join(rng.choice(alphabet) for _ in range(rng.randint(0, 8)))
        topic = uuid4()
        reply = await call(node, who, "toy.note", counter_id=str(topic), text=text, idempotency_key=str(uuid7()))
        assert reply == {"text": text, "echo": text}
        async with node.db.snapshot() as tx:
            payload = await tx.fetchval("SELECT payload FROM event WHERE topic = $1", f"toy_note:{topic}")
        assert msgspec.json.decode(payload) == {"counter_id": str(topic), "text": text, "echo": text}


def test_only_marks_are_filled() -> None:
    assert fill(b'{"a":"value","b":\x01value\x01}', {"value": "7"}) == b'{"a":"value","b":7}'


# --- declaring it -----------------------------------------------------------------------------------------------------
def test_a_statement_that_is_declared_wrongly_does_not_import() -> None:
    ok = {"effect": "done AS (SELECT n FROM member)", "otherwise": NotFound}
    for wrong in (
        {"takes": {"n": "bigint"}},
        {"takes": {"x; --": "text"}},
        {"takes": {"x": "te xt"}},
        {"gives": ("A",)},
    ):
        with pytest.raises(TypeError, match="cannot be the name of a column"):
            Statement(**ok, **wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="gives no"):
        toy.TALLY.later("counter_id")

    async def do(ctx: Ctx, counter_id: UUID) -> None:
        """Nothing."""

    for wrong_command, problem in (
        ({"statement": Statement(**ok, takes={"by": "bigint"}), "errors": {NotFound}}, "none of its parameters"),  # type: ignore[arg-type]
        ({"statement": Statement(**ok)}, "not among its errors"),  # type: ignore[arg-type]
        ({"statement": Statement(**ok), "errors": {NotFound}, "emits": {toy.Wiggled}}, "not durable"),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError, match=problem):
            command("toy.wrong", allow={KNOWN}, **wrong_command)(do)  # type: ignore[arg-type]
    assert "toy.wrong" not in REGISTRY


async def use_a_transaction(batch: Batch[Any, Any]) -> None:
    await batch.tx.execute("DELETE FROM counter")


async def name_a_later_topic(batch: Batch[Any, Any]) -> None:
    for member in batch:
        member.emit(toy.Counted(counter_id=toy.TALLY.later("value"), value=1))
        member.reply(None)


async def leave_a_job(batch: Batch[Any, Any]) -> None:
    for member in batch:
        member.enqueue(toy.Ping(counter_id=uuid4(), text=""))
        member.reply(None)


@pytest.mark.parametrize("handler", [use_a_transaction, name_a_later_topic, leave_a_job])
async def test_a_handler_that_wants_more_than_one_statement_is_a_bug_and_leaves_nothing(
    node: Node, owner: Actor, counter: UUID, handler: Any
) -> None:
    REGISTRY["toy.tally"] = msgspec.structs.replace(was := REGISTRY["toy.tally"], handler=handler)
    try:
        end = await attempt(node, owner, "toy.tally", counter_id=str(counter), idempotency_key=str(uuid7()))
    finally:
        REGISTRY["toy.tally"] = was
    assert isinstance(end, Internal)
    assert (await value(node, counter), await count(node, "receipt")) == (0, 0)


async def test_no_statement_runs_inside_of_a_transaction(node: Node) -> None:
    async with node.db.transaction():
        with pytest.raises(RuntimeError, match="open already"):
            await node.db.statement("SELECT 1")
