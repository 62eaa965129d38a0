"""The life of a command (DESIGN §4), on a real database.

Ledger: error.classes M-083 M-457 M-458 M-459 M-460 M-461, error.handler H-327 M-462 (typed; never a stack).
"""

import asyncio
import contextvars
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from carewire import metrics
from carewire.actor import Actor
from carewire.command import Peer
from carewire.errors import (
    Busy,
    Conflict,
    Forbidden,
    Internal,
    InvalidParams,
    KeyConflict,
    KeyExpired,
    MethodNotFound,
    NotFound,
    OutcomeUnknown,
    Unauthenticated,
    Unavailable,
)
from carewire.node import Node
from carewire.store.db import ENGINE, Tx
from tests import toy
from tests.platform.conftest import MakeNode, call
from tests.toy.parts import ToyIdentity, somebody, uuid7


async def value(node: Node, counter: UUID) -> int:
    async with node.db.snapshot() as tx:
        return await tx.fetchval("SELECT value FROM counter WHERE id = $1", counter)


async def count(node: Node, table: str) -> int:
    async with node.db.snapshot() as tx:
        return await tx.fetchval(f"SELECT count(*) FROM {table}")


async def test_an_unknown_command_is_method_not_found(node: Node) -> None:
    with pytest.raises(MethodNotFound):
        await call(node, None, "no.such")


async def test_a_stranger_gets_not_found_and_an_anonymous_caller_unauthenticated(node: Node, counter: UUID) -> None:
    with pytest.raises(NotFound):
        await call(node, somebody(), "toy.add", counter_id=counter)
    with pytest.raises(Unauthenticated):
        await call(node, None, "toy.add", counter_id=counter)
    assert await value(node, counter) == 0


async def test_the_wrong_capacity_is_forbidden_before_anything_is_decoded(node: Node) -> None:
    from carewire.command import REGISTRY

    guarded = msgspec.structs.replace(REGISTRY["toy.add"], name="toy.guarded", allow=frozenset({"admin"}))
    REGISTRY["toy.guarded"] = guarded
    try:
        with pytest.raises(Forbidden):
            await call(node, somebody("patient"), "toy.guarded", nonsense=1)
    finally:
        del REGISTRY["toy.guarded"]


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({}, "$.counter_id"),
        ({"counter_id": "x"}, "$.counter_id"),
        ({"counter_id": str(uuid4()), "by": "1"}, "$.by"),
        ({"counter_id": str(uuid4()), "times": 0}, "$.times"),
        ({"counter_id": str(uuid4()), "extra": 1}, "$.extra"),
    ],
)
async def test_bad_params_name_the_field(node: Node, owner: Actor, params: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        await call(node, owner, "toy.add", **params)
    assert [f.path for f in refused.value.fields] == [path]


async def test_a_handler_that_raises_leaves_no_row_and_no_event_and_tells_no_text(
    node: Node, owner: Actor, counter: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Internal) as broken:
        await call(node, owner, "toy.break", counter_id=counter, idempotency_key=str(uuid7()))
    assert "4111" not in str(broken.value.to_wire())
    assert "4111" not in caplog.text
    assert await value(node, counter) == 0
    assert await count(node, "event") == 0
    assert await count(node, "receipt") == 0


async def test_a_deferred_violation_is_a_typed_refusal_and_leaves_nothing(
    node: Node, owner: Actor, counter: UUID
) -> None:
    await call(node, owner, "toy.tag", counter_id=counter, word="red")
    with pytest.raises(toy.TaggedAlready):
        await call(node, owner, "toy.tag", counter_id=counter, word="red")
    assert await count(node, "tag") == 1


async def test_a_check_violation_is_the_refusal_its_domain_declared(node: Node, owner: Actor, counter: UUID) -> None:
    with pytest.raises(toy.TooMuch):
        await call(node, owner, "toy.add", counter_id=counter, by=2_000_000)


async def test_a_query_cannot_write(node: Node, owner: Actor, counter: UUID) -> None:
    with pytest.raises(Internal):
        await call(node, owner, "toy.write_in_query", counter_id=counter)
    assert await value(node, counter) == 0


async def test_a_nested_transaction_is_an_error(node: Node) -> None:
    async with node.db.transaction():
        with pytest.raises(RuntimeError, match="open already"):
            async with node.db.transaction():
                pass


async def test_a_piccolo_query_outside_the_transaction_does_not_run() -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        await ENGINE._run_in_new_connection("SELECT 1")


async def test_a_failing_commit_leaves_the_pool_and_the_next_command_healthy(make_node: MakeNode) -> None:
    node = await make_node(pool=1)
    counter_id = uuid4()
    for _ in range(3):
        with pytest.raises(asyncpg.UniqueViolationError):
            async with node.db.transaction() as tx:
                await tx.execute("INSERT INTO tag VALUES ($1, 'a'), ($1, 'a')", counter_id)
    assert ENGINE.current_transaction.get() is None
    async with node.db.transaction() as tx:
        await tx.execute("INSERT INTO tag VALUES ($1, 'a')", counter_id)
    assert await count(node, "tag") == 1


async def test_a_backend_killed_before_commit_is_outcome_unknown_or_unavailable_and_the_pool_heals(
    make_node: MakeNode,
) -> None:
    node, other = await make_node(pool=1), await make_node(pool=1)
    with pytest.raises(OutcomeUnknown) as unknown:
        await lose_the_backend(node, other, statement_after=False)
    assert unknown.value.to_wire()["data"]["retry"] == "same"
    with pytest.raises(Unavailable):
        await lose_the_backend(node, other, statement_after=True)
    assert await count(node, "tag") == 0


async def lose_the_backend(node: Node, other: Node, *, statement_after: bool) -> None:
    """A transaction whose backend is killed, either before COMMIT or before one more statement."""

    async def kill(pid: int) -> None:
        async with other.db.transaction() as tx:
            await tx.execute("SELECT pg_terminate_backend($1, 3000)", pid)

    async with node.db.transaction() as tx:
        await tx.execute("INSERT INTO tag VALUES ($1, 'lost')", uuid4())
        pid = await tx.fetchval("SELECT pg_backend_pid()")
        await asyncio.create_task(kill(pid), context=contextvars.Context())
        if statement_after:
            await tx.fetchval("SELECT 1")


@pytest.mark.alone
async def test_a_node_frozen_before_commit_frees_the_topic_within_three_seconds(
    node: Node, owner: Actor, counter: UUID
) -> None:
    """The frozen node is a transaction that has written its heads and then says nothing more."""
    frozen = await asyncpg.connect(
        node.settings.database_url, server_settings={"idle_in_transaction_session_timeout": "1500ms"}
    )
    await frozen.execute("BEGIN")
    await frozen.execute(
        """SELECT carewire_leave(ARRAY[$1], ARRAY['toy:counted'], ARRAY['{}'::bytea], now(),
                                 NULL, '{}', '{}', '{}', '{}')""",
        f"toy:{counter}",
    )
    loop = asyncio.get_running_loop()
    started = loop.time()
    await call(node, owner, "toy.add", counter_id=counter)
    assert loop.time() - started < 3
    frozen.terminate()


async def test_the_same_key_and_input_gives_the_same_bytes_and_one_effect_over_three_nodes(
    make_node: MakeNode, owner: Actor
) -> None:
    nodes = [await make_node(pool=6) for _ in range(3)]
    counter_id = uuid4()
    async with nodes[0].db.transaction() as tx:
        await tx.execute("INSERT INTO counter (id, owner) VALUES ($1, $2)", counter_id, owner.id)
    raw = msgspec.json.encode({"counter_id": counter_id, "idempotency_key": uuid7()})
    outcomes = await asyncio.gather(*(nodes[n % 3].dispatcher.run("toy.add", raw, owner, Peer()) for n in range(50)))
    assert len({o.result for o in outcomes}) == 1
    assert await value(nodes[0], counter_id) == 1
    assert await count(nodes[0], "event") == 1


async def test_the_same_key_with_other_input_is_a_key_conflict(node: Node, owner: Actor, counter: UUID) -> None:
    key = str(uuid7())
    await call(node, owner, "toy.add", counter_id=counter, by=1, idempotency_key=key)
    with pytest.raises(KeyConflict):
        await call(node, owner, "toy.add", counter_id=counter, by=2, idempotency_key=key)
    assert await value(node, counter) == 1


async def test_a_key_of_another_caller_is_another_key(node: Node, owner: Actor, counter: UUID) -> None:
    key = str(uuid7())
    await call(node, owner, "toy.add", counter_id=counter, idempotency_key=key)
    with pytest.raises(NotFound):
        await call(node, somebody(), "toy.add", counter_id=counter, idempotency_key=key)


async def test_a_stored_reply_is_not_given_to_someone_who_lost_the_right(
    node: Node, owner: Actor, counter: UUID
) -> None:
    key = str(uuid7())
    await call(node, owner, "toy.add", counter_id=counter, idempotency_key=key)
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE counter SET owner = $2 WHERE id = $1", counter, uuid4())
    with pytest.raises(NotFound):
        await call(node, owner, "toy.add", counter_id=counter, idempotency_key=key)


async def test_a_refusal_leaves_no_receipt_so_the_same_key_may_succeed_later(
    node: Node, owner: Actor, counter: UUID
) -> None:
    key = str(uuid7())
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE counter SET value = 1000000 WHERE id = $1", counter)
    with pytest.raises(toy.TooMuch):
        await call(node, owner, "toy.add", counter_id=counter, idempotency_key=key)
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE counter SET value = 0 WHERE id = $1", counter)
    await call(node, owner, "toy.add", counter_id=counter, idempotency_key=key)
    assert await value(node, counter) == 1


@pytest.mark.parametrize(
    ("made", "refusal"),
    [
        (uuid4, InvalidParams),
        (lambda: uuid7(datetime.now(UTC) + timedelta(minutes=20)), InvalidParams),
        (lambda: uuid7(datetime.now(UTC) - timedelta(hours=25)), KeyExpired),
    ],
)
async def test_a_key_must_be_a_uuid7_of_today(
    node: Node, owner: Actor, counter: UUID, made: Callable[[], UUID], refusal: type[Exception]
) -> None:
    key = made()
    with pytest.raises(refusal):
        await call(node, owner, "toy.add", counter_id=counter, idempotency_key=str(key))
    assert await value(node, counter) == 0


async def test_deadlocks_are_rerun_and_nobody_notices(node: Node, owner: Actor) -> None:
    """Two commands that lock two counters in opposite order meet in the database."""
    a, b = uuid4(), uuid4()
    async with node.db.transaction() as tx:
        await tx.execute("INSERT INTO counter (id, owner) VALUES ($1, $3), ($2, $3)", a, b, owner.id)
    from carewire.command import REGISTRY, Ctx, command

    @command("toy.both", allow={"known"}, emits={toy.Counted})
    async def both(ctx: Ctx, first: UUID, second: UUID) -> None:
        """Count up two counters in this order."""
        for counter_id in (first, second):
            found = await toy.counter(ctx, counter_id, lock=True)
            await ctx.tx.execute("UPDATE counter SET value = value + 1 WHERE id = $1", counter_id)
            ctx.emit(toy.Counted(counter_id=counter_id, value=found.value + 1))

    try:
        await asyncio.gather(
            *(call(node, owner, "toy.both", first=x, second=y) for x, y in [(a, b), (b, a)]),
        )
    finally:
        del REGISTRY["toy.both"]
    assert (await value(node, a), await value(node, b)) == (2, 2)


async def test_offsets_are_gapless_and_in_commit_order_under_concurrency(
    make_node: MakeNode, owner: Actor, counter: UUID
) -> None:
    nodes = [await make_node(), await make_node()]
    await asyncio.gather(*(call(nodes[n % 2], owner, "toy.add", counter_id=counter, times=3) for n in range(40)))
    async with nodes[0].db.snapshot() as tx:
        rows = await tx.fetch(
            'SELECT "offset", payload FROM event WHERE topic = $1 ORDER BY "offset"', f"toy:{counter}"
        )
    assert [r["offset"] for r in rows] == list(range(1, 121))
    assert [msgspec.json.decode(r["payload"])["value"] for r in rows] == list(range(1, 121))


async def test_an_unregistered_violation_is_a_plain_conflict(node: Node, owner: Actor, counter: UUID) -> None:
    from carewire.command import REGISTRY, Ctx, command

    @command("toy.clash", allow={"known"}, errors={Conflict})
    async def clash(ctx: Ctx) -> None:
        """Insert the same key twice."""
        await ctx.tx.execute("INSERT INTO counter (id, owner) VALUES ($1, $1)", counter)

    try:
        with pytest.raises(Conflict):
            await call(node, owner, "toy.clash")
    finally:
        del REGISTRY["toy.clash"]


async def test_a_refusal_that_keeps_what_it_wrote_leaves_no_receipt_so_the_same_key_may_try_again(
    node: Node, owner: Actor, counter: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    from carewire.command import REGISTRY, Ctx

    async def write_and_refuse(ctx: Ctx, counter_id: UUID, by: int = 1, times: int = 1) -> None:
        await ctx.tx.execute("UPDATE counter SET value = value + 1 WHERE id = $1", counter_id)
        refusal = Conflict()
        refusal.keep = True
        raise refusal

    changed = msgspec.structs.replace(
        REGISTRY["toy.add"], handler=write_and_refuse, errors=REGISTRY["toy.add"].errors | {Conflict}
    )
    monkeypatch.setitem(REGISTRY, "toy.add", changed)
    key = uuid7()
    for tries in (1, 2):
        with pytest.raises(Conflict):
            await call(node, owner, "toy.add", counter_id=counter, idempotency_key=key)
        assert await value(node, counter) == tries
    assert await count(node, "receipt") == 0


async def test_a_refusal_the_contract_does_not_name_is_answered_and_counted(
    node: Node, owner: Actor, counter: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    from carewire.command import REGISTRY

    counted = metrics.REFUSALS_UNDECLARED.labels("toy.forgetful", "toy_too_much")
    forgetful = msgspec.structs.replace(REGISTRY["toy.add"], name="toy.forgetful", errors=frozenset())
    monkeypatch.setitem(REGISTRY, "toy.forgetful", forgetful)
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE counter SET value = 1000000 WHERE id = $1", counter)
    with pytest.raises(toy.TooMuch):
        await call(node, owner, "toy.forgetful", counter_id=counter)
    assert counted._value.get() == 1
    metrics.REFUSALS_UNDECLARED.remove("toy.forgetful", "toy_too_much")


async def test_a_login_that_the_database_is_too_slow_for_is_told_to_come_back(
    node: Node, identity: ToyIdentity
) -> None:
    async def slow(tx: Tx, tokens: object, real_now: datetime) -> list[Actor]:
        await tx.execute("SET statement_timeout = '300ms'")
        try:
            await tx.execute("SELECT pg_sleep(60)")
        finally:
            await tx.execute("RESET statement_timeout")  # the connection is lent to others afterwards
        raise AssertionError("the statement should have been ended")

    identity.authenticate = slow  # type: ignore[method-assign]
    with pytest.raises(Busy):
        await node.dispatcher.authenticate("token")
