"""What a node writes into the audit: every command that commits, every look at what is private, every refusal.

M-052, M-066, M-115, M-370, M-456 (audit trail), M-466 (no personal text).
"""

import asyncio
import itertools
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from carewire.actor import Actor
from carewire.audit import trail
from carewire.audit.entry import Entry, Keys, Kind, form
from carewire.command import Peer
from carewire.errors import Conflict, NotFound, Unauthenticated, Unavailable
from carewire.node import Node
from tests.channels.test_tables import checked_words
from tests.conftest import SECRET
from tests.platform.conftest import call
from tests.toy.parts import Ear, ToyIdentity, somebody, uuid7

COLUMNS = ", ".join(
    f"encode({name}, 'hex')" if name in ("input", "address", "agent") else name for name in Entry._fields
)


async def rows(node: Node, where: str = "true", *values: Any) -> list[Any]:
    """The audit, in the order of its chain."""
    async with node.db.snapshot() as tx:
        return await tx.fetch(f"SELECT * FROM audit WHERE {where} ORDER BY era, xid, id", *values)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET actor = NULL",
        "UPDATE audit SET month = month + interval '1 month'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "TRUNCATE {partition}",
        "DELETE FROM {partition}",
        "TRUNCATE audit_default",
        "TRUNCATE audit_seal",
    ],
)
async def test_nobody_changes_what_is_written_by_whatever_way(
    sql: str, node: Node, owner: Actor, counter: UUID
) -> None:
    await call(node, owner, "toy.add", counter_id=counter)
    async with node.db.snapshot() as tx:
        partition = await tx.fetchval("SELECT tableoid::regclass::text FROM audit LIMIT 1")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to"):
        async with node.db.transaction() as tx:
            await tx.execute(sql.format(partition=partition))
    assert len(await rows(node)) == 1


async def test_a_flood_of_refusals_costs_a_bounded_number_of_rows_and_each_is_counted(
    node: Node, owner: Actor, counter: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "AGAIN_S", 1e6)
    guesser = somebody()
    for _ in range(300):
        with pytest.raises(NotFound):
            await call(node, guesser, "toy.get", counter_id=uuid4())
    addresses = [f"198.51.{n // 250}.{n % 250}" for n in range(700)]
    for address in addresses:
        with pytest.raises(Unauthenticated):
            await node.dispatcher.run("toy.get", b"{}", None, Peer(address=address))
    await node.trail.flush(all_of_them=True)
    written = await rows(node, "kind = 'refusal'")
    assert len(written) < 250
    assert sum(row["times"] for row in written if row["actor"] == guesser.id) == 300
    assert sum(row["times"] for row in written if row["reason"] == "unauthenticated") == 700
    assert {row["noun"] for row in written if row["actor"] == guesser.id} == {"counter"}

    with pytest.raises(NotFound):
        await call(node, guesser, "toy.get", counter_id=counter)
    await node.trail.flush()
    assert len(await rows(node, "kind = 'refusal'")) == len(written), "the same again waits and is written together"
    await node.trail.flush(all_of_them=True)
    assert (await rows(node, "kind = 'refusal'"))[-1]["subject"] == counter


async def test_who_flushes_at_the_same_time_writes_no_refusal_twice(node: Node) -> None:
    with pytest.raises(NotFound):
        await call(node, somebody(), "toy.get", counter_id=uuid4())
    await asyncio.gather(*(node.trail.flush(all_of_them=True) for _ in range(3)))
    await node.trail.flush(all_of_them=True)
    assert [row["times"] for row in await rows(node, "kind = 'refusal'")] == [1]


async def test_a_token_that_is_no_token_at_the_door_is_counted(
    node: Node, identity: ToyIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(tx: Any, tokens: Any, real_now: Any) -> Any:
        return [Unauthenticated() for _ in tokens]

    monkeypatch.setattr(identity, "authenticate", nobody)
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await node.dispatcher.authenticate("guess")
    await node.trail.flush(all_of_them=True)
    (row,) = await rows(node)
    assert (row["command"], row["reason"], row["times"]) == ("auth.authenticate", "unauthenticated", 3)


async def test_refusals_that_could_not_be_written_stay_counted(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound):
        await call(node, somebody(), "toy.get", counter_id=uuid4())
    async with node.db.transaction() as tx:
        await tx.execute("ALTER FUNCTION carewire_audit(jsonb[], bytea[]) RENAME TO gone")
    with pytest.raises(Unavailable):
        await node.trail.flush(all_of_them=True)
    async with node.db.transaction() as tx:
        await tx.execute("ALTER FUNCTION gone(jsonb[], bytea[]) RENAME TO carewire_audit")
    await node.trail.flush(all_of_them=True)
    assert [row["times"] for row in await rows(node, "kind = 'refusal'")] == [1]


async def test_nothing_private_is_shown_unless_it_was_written_down_first(
    node: Node, owner: Actor, counter: UUID
) -> None:
    async with node.db.transaction() as tx:
        await tx.execute("ALTER FUNCTION carewire_audit(jsonb[], bytea[]) RENAME TO gone")
    ear = Ear(owner)
    node.hub.register(ear)
    with pytest.raises(Unavailable):
        await call(node, owner, "toy.peek", counter_id=counter)
    with pytest.raises(Unavailable):
        await node.hub.subscribe(ear, f"toy_diary:{counter}", None, None)
    async with node.db.transaction() as tx:
        await tx.execute("ALTER FUNCTION gone(jsonb[], bytea[]) RENAME TO carewire_audit")
    await call(node, owner, "toy.peek", counter_id=counter)
    await node.hub.subscribe(ear, f"toy_diary:{counter}", None, None)
    first, second = await rows(node)
    assert (first["kind"], first["command"], first["noun"], first["subject"], first["why"], first["patient"]) == (
        "read", "toy.peek", "counter", counter, "own", owner.id,
    )  # fmt: skip
    assert (second["kind"], second["command"], second["actor"], second["login"]) == (
        "read", "topic.subscribe", owner.id, owner.login_id,
    )  # fmt: skip


async def test_a_stored_reply_that_is_given_again_is_shown_again(node: Node, owner: Actor, counter: UUID) -> None:
    key = str(uuid7())
    for _ in range(2):
        await call(node, owner, "toy.peek_and_count", counter_id=counter, idempotency_key=key)
    transactions = itertools.groupby(await rows(node), lambda row: row["xid"])
    assert [sorted(row["kind"] for row in those) for _, those in transactions] == [["read", "write"], ["read"]]


@pytest.mark.parametrize("batch", [64, 0], indirect=True)
async def test_every_member_of_a_batch_has_her_own_entry_and_who_was_refused_has_none(
    node: Node, owner: Actor, counter: UUID
) -> None:
    async def ask(by: int) -> Any:
        return await call(node, owner, "toy.count", counter_id=counter, by=by, idempotency_key=str(uuid7()))

    answers = await asyncio.gather(*map(ask, [1, 2, 0, 3]), return_exceptions=True)
    assert [isinstance(answer, Conflict) for answer in answers] == [False, False, True, False]
    written = await rows(node)
    assert [(row["kind"], row["command"], row["subject"]) for row in written] == [("write", "toy.count", counter)] * 3
    assert len({row["input"] for row in written}) == 3


async def test_an_entry_is_of_the_same_transaction_and_hashes_to_what_stands_beside_it(
    node: Node, owner: Actor, counter: UUID
) -> None:
    params = {"counter_id": str(counter), "word": "Lakshmi-Canary"}
    peer = Peer(address="203.0.113.9", agent="Canary Browser")
    await node.dispatcher.run("toy.tag", msgspec.json.encode(params), owner, peer)
    async with node.db.snapshot() as tx:
        row = await tx.fetchrow(f"SELECT {COLUMNS} FROM audit")
        text, hash_, same = await tx.fetchrow(
            "SELECT audit::text, hash, audit.xid::text = tag.xmin::text FROM audit, tag"
        )
    assert same
    assert Keys(SECRET).hash(form(tuple(row.values()))) == hash_
    assert Keys("another secret").hash(form(tuple(row.values()))) != hash_
    for secret in ("Lakshmi", "203.0.113", "Canary"):
        assert secret not in text


async def test_the_kinds_are_the_columns_check(database_url: str) -> None:
    assert await checked_words(database_url, "audit", "kind") == {kind.value for kind in Kind}


async def test_a_month_nobody_prepared_stays_in_the_default_partition_and_the_next_get_their_own(node: Node) -> None:
    async with node.db.transaction() as tx:
        for (part,) in await tx.fetch(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'audit'::regclass AND c.relname <> 'audit_default'"
        ):
            await tx.execute(f"DROP TABLE {part}")
    with pytest.raises(NotFound):
        await call(node, somebody(), "toy.get", counter_id=uuid4())
    await node.trail.flush(all_of_them=True)
    async with node.db.transaction() as tx:
        await tx.execute("SELECT carewire_audit_partitions(1)")
        parts = await tx.fetchval("SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit'::regclass")
        assert parts == 2
        assert await tx.fetchval("SELECT count(*) FROM audit_default") == 1
