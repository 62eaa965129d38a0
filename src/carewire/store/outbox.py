"""The outbox: what a transaction leaves behind, in its last statement before COMMIT, and what to publish after it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from carewire.audit.entry import Sheet
from carewire.bus.frame import Stored
from carewire.command import Ctx
from carewire.event import Event
from carewire.jobs import rows as job_rows
from carewire.jobs.vault import Vault
from carewire.store.db import Tx
from carewire.store.receipts import Claim


class Told(NamedTuple):
    """A conflated event with its version."""

    event: Event
    version: int
    at: datetime


class Done(NamedTuple):
    """A claimed command that went well: what its receipt is to remember."""

    claim: Claim
    result: bytes
    doors: bytes


class Left(NamedTuple):
    """What a committed transaction has to say."""

    events: list[Stored]
    conflated: list[Told]
    jobs: bool


NOTHING: Final = Sheet([], [])


async def finish(contexts: Sequence[Ctx], vault: Vault, done: Sequence[Done] = (), audit: Sheet = NOTHING) -> Left:
    """Write jobs, receipts, events and the audit; after this only COMMIT follows. Deferred constraints speak here too.

    Events are numbered in the order of the contexts, which share one transaction and one moment.
    """
    tx, now = contexts[0].tx, contexts[0].now
    if jobs := [job for ctx in contexts for job in ctx.jobs]:
        await job_rows.store(tx, now, jobs, vault)
    events = [e for ctx in contexts for e in ctx.events]
    durable = await _complete(tx, [e for e in events if e.spec.durable])
    lossy = [e for e in events if not e.spec.durable]
    versions = (
        await tx.fetch("SELECT nextval('conflated_version') FROM generate_series(1, $1)", len(lossy)) if lossy else []
    )
    told = [Told(e, row[0], now) for e, row in zip(lossy, versions, strict=True)]
    if not durable and not done and not audit.forms:
        return Left([], told, bool(jobs))  # COMMIT checks what was deferred
    topics = [e.topic() for e in durable]
    names = [e.spec.name for e in durable]
    payloads = [e.encode() for e in durable]
    rows = await tx.fetch(
        "SELECT carewire_conclude($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        topics,
        names,
        payloads,
        now,
        done[0].claim.command if done else None,
        [d.claim.account for d in done],
        [d.claim.key for d in done],
        [d.result for d in done],
        [d.doors for d in done],
        *audit,
    )
    stored = [
        Stored(topic, row[0], name, now, payload)
        for topic, row, name, payload in zip(topics, rows, names, payloads, strict=True)
    ]
    return Left(stored, told, bool(jobs))


async def _complete(tx: Tx, events: list[Event]) -> list[Event]:
    """The events, late ones with what they had to wait for. The heads are locked in the order in which they always are,
    after everything that may lock anything else."""
    late: dict[str, list[int]] = {}
    for n, event in enumerate(events):
        if event.is_late():
            late.setdefault(event.topic(), []).append(n)
    if not late:
        return events
    await tx.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await tx.execute(
        'INSERT INTO topic_head AS h (topic, "offset") SELECT t, 0 FROM unnest($1::text[]) t ORDER BY t COLLATE "C"'
        ' ON CONFLICT (topic) DO UPDATE SET "offset" = h."offset"',
        list({event.topic() for event in events}),
    )
    told = list(events)
    for numbers in late.values():
        told[numbers[-1]] = await events[numbers[-1]].completed(tx, len(numbers))
    return told


async def read(tx: Tx, topic: str, after: int, limit: int) -> list[Stored]:
    """Events of a topic beyond an offset, in order, at most `limit`."""
    rows = await tx.fetch(
        """SELECT topic, "offset", name, at, payload FROM event
            WHERE topic = $1 AND "offset" > $2 ORDER BY "offset" LIMIT $3""",
        topic,
        after,
        limit,
    )
    return [Stored(*row) for row in rows]
