"""What the database says in the end, and what every topic looked like at every offset on the way there."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from carewire import topic
from carewire.actor import Actor
from carewire.audit.entry import Keys
from carewire.audit.verify import verify
from carewire.clock import Clock
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.store.db import Database
from channels.queue.events import LineUpdated, QueueUpdated, TokenUpdated
from channels.queue.projection import LineSnapshot, QueueSnapshot, TokenFact
from tests.faults.client import now
from tests.faults.world import World

State = dict[str, Any] | None
APPLIED: dict[str, tuple[type[Any], type[Any]]] = {
    "line": (LineSnapshot, LineUpdated),
    "queue": (QueueSnapshot, QueueUpdated),
    "token": (TokenFact, TokenUpdated),
}


class Event(msgspec.Struct, frozen=True):
    """A row of the event table."""

    name: str
    data: Any


class Truth(msgspec.Struct, kw_only=True):
    """Everything the verdict compares with."""

    epoch: str
    heads: dict[str, int]
    events: dict[str, dict[int, Event]]
    fresh: dict[str, State]
    """What a newcomer would be shown now."""
    base: dict[str, tuple[int, State]]
    """What a newcomer was shown before anything happened."""
    marks: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    """(operation, ledger): how often it left its mark."""
    amounts: dict[tuple[str, str], int] = {}
    ledgers: dict[str, tuple[int, int]] = {}
    moves: Counter[tuple[str, str, str, str | None]] = msgspec.field(default_factory=Counter)
    """(account, command, token, state it led to) in the line: how often."""
    receipts: dict[str, float] = {}
    """When each operation that took effect claimed its receipt, on the clock of the logs."""
    restored_at: float | None = None
    """When a backup took the place of the database: what was acknowledged before may be gone, and only that."""
    states: dict[str, dict[int, State]] = {}
    """By topic and offset."""


def apply(name: str, state: State, event: Event) -> State:
    """The state of a topic after an event, as an honest client computes it."""
    prefix = name.split(":", 1)[0]
    if prefix == "ledger":
        return {
            "ledger_id": event.data["ledger_id"],
            "value": event.data["value"],
            "count": event.data["count"],
            "last": event.data["op"],
        }
    if prefix == "token":
        after: State = event.data["token"]
        return after
    snapshot, kind = APPLIED[prefix]
    known = msgspec.convert(state, snapshot)
    applied: State = msgspec.to_builtins(kind.apply(known, msgspec.convert(event.data, kind)))
    return applied


def replay(truth: Truth) -> None:
    """Fill in `states`."""
    for name, events in truth.events.items():
        if name not in truth.base and not name.startswith("token:"):
            continue  # another line, of the demo clinic
        offset, state = truth.base.get(name, (0, None))
        states = truth.states[name] = {offset: state}
        for number in sorted(events):
            if number > offset:
                states[number] = state = apply(name, state, events[number])


async def read(world: World, base: dict[str, tuple[int, State]], topics: set[str]) -> Truth:
    """The truth about these topics and everything that was done."""
    truth = await collect(world, base, topics)
    replay(truth)
    return truth


async def collect(world: World, base: dict[str, tuple[int, State]], topics: set[str]) -> Truth:
    """The same, read only."""
    db = Database(world.postgres.url, pool_max=2)
    await db.open()
    try:
        async with db.snapshot() as tx:
            rows = await tx.fetch('SELECT topic, "offset" FROM topic_head')
            truth = Truth(
                epoch=db.epoch,
                heads={row["topic"]: row["offset"] for row in rows},
                events={},
                fresh={name: await _fresh(tx, world, name) for name in sorted(topics)},
                base=base,
            )
            for row in await tx.fetch('SELECT topic, "offset", name, payload FROM event'):
                event = Event(row["name"], msgspec.json.decode(row["payload"]))
                truth.events.setdefault(row["topic"], {})[row["offset"]] = event
            for row in await tx.fetch("SELECT op::text, ledger::text, by FROM ledger_mark"):
                truth.marks[row["op"], row["ledger"]] += 1
                truth.amounts[row["op"], row["ledger"]] = row["by"]
            for row in await tx.fetch("SELECT id::text, value, count FROM ledger"):
                truth.ledgers[row["id"]] = (row["value"], row["count"])
            for row in await tx.fetch("SELECT actor_id::text, what, token_id::text, to_state FROM token_move"):
                truth.moves[row["actor_id"], row["what"], row["token_id"], row["to_state"]] += 1
            behind = time.time() - now()
            for row in await tx.fetch("SELECT key::text, extract(epoch FROM claimed_at)::float8 AS at FROM receipt"):
                truth.receipts[row["key"]] = row["at"] - behind
    finally:
        await db.close()
    truth.events = {name: events for name, events in truth.events.items() if name.split(":")[0] in (*APPLIED, "ledger")}
    return truth


async def heads(world: World) -> dict[str, int]:
    """Where every topic stands now."""
    db = Database(world.postgres.url, pool_max=2)
    await db.open()
    try:
        async with db.snapshot() as tx:
            return {row["topic"]: row["offset"] for row in await tx.fetch('SELECT topic, "offset" FROM topic_head')}
    finally:
        await db.close()


async def audit_faults(world: World, within_s: float) -> list[str]:
    """What is wrong with the audit: whatever happened, soon every entry is sealed, and none is other than it was."""
    deadline = time.monotonic() + within_s
    connection = await asyncpg.connect(world.postgres.url)
    try:
        while True:
            report = await verify(connection, [Keys(world.settings.secret)], {})
            if not report.unsealed or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.2)
    finally:
        await connection.close()
    late = [f"{report.unsealed} entries of the audit are not sealed"] if report.unsealed else []
    return [*late, *(f"the audit: {finding}" for finding in report.findings)]


async def overstaying(world: World, hearing: list[tuple[UUID, str]]) -> list[str]:
    """Who of these (account, topic) has no right to hear it now."""
    groups: dict[str, list[tuple[UUID, str]]] = {}
    for account, name in hearing:
        if not name.startswith("ledger:"):
            groups.setdefault(name.split(":", 1)[0], []).append((account, name))
    found = []
    db = Database(world.postgres.url, pool_max=2)
    await db.open()
    try:
        async with db.snapshot() as tx:
            moment = datetime.now(UTC)
            ctx = Ctx(tx=tx, now=moment, real_now=moment, settings=world.settings)
            for prefix, pairs in groups.items():
                declared = topic.REGISTRY[prefix]
                asks = [
                    (
                        Actor(id=account, login_id=account, capacities=frozenset(), expires_at=moment),
                        declared.parse(name),
                    )
                    for account, name in pairs
                ]
                answers = await declared.may(ctx, [(actor, key or ()) for actor, key in asks])
                found += [
                    f"{a} hears {t} without a right" for (a, t), r in zip(pairs, answers, strict=True) if r is None
                ]
    finally:
        await db.close()
    return found


async def open_jobs(world: World) -> int:
    """Side work of the ledgers that is not done yet."""
    db = Database(world.postgres.url, pool_max=2)
    await db.open()
    try:
        async with db.snapshot() as tx:
            found: int = await tx.fetchval("SELECT count(*) FROM job WHERE state = 'open' AND name = 'ledger.later'")
            return found
    finally:
        await db.close()


async def base_of(world: World, names: list[str]) -> dict[str, tuple[int, State]]:
    """These topics as they stand before anything happened."""
    truth = await collect(world, {}, set(names))
    return {name: (truth.heads.get(name, 0), truth.fresh[name]) for name in names}


async def _fresh(tx: Any, world: World, name: str) -> State:
    if name.startswith("ledger:"):
        ledger = UUID(name.removeprefix("ledger:"))
        row = await tx.fetchrow(
            """SELECT coalesce(sum(by), 0)::bigint AS value, count(*) AS count,
                      (SELECT op::text FROM ledger_mark WHERE ledger = $1 ORDER BY n DESC LIMIT 1) AS last
                 FROM ledger_mark WHERE ledger = $1""",
            ledger,
        )
        return {"ledger_id": str(ledger)} | dict(row)
    found = topic.find(name)
    assert found is not None
    declared, key = found
    ctx = Ctx(tx=tx, now=Clock().now(), real_now=datetime.now(UTC), settings=world.settings)
    try:
        shown: State = msgspec.to_builtins(await declared.snapshot(ctx, *key))
    except NotFound:  # gone with a restored database
        return None
    return shown
