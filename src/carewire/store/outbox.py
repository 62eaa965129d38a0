"""The outbox: what a transaction leaves behind, in its last statement before COMMIT, and what to publish after it."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from carewire.bus.frame import Stored
from carewire.command import Ctx
from carewire.event import Event
from carewire.jobs.vault import Vault
from carewire.store.db import Tx
from carewire.store.receipts import Claim, encode_doors


class Told(NamedTuple):
    """A conflated event with its version."""

    event: Event
    version: int
    at: datetime


class Left(NamedTuple):
    """What a committed transaction has to say."""

    events: list[Stored]
    conflated: list[Told]
    jobs: bool


async def finish(ctx: Ctx, vault: Vault, claim: Claim | None, result: bytes) -> Left:
    """Write jobs, receipt and events; after this only COMMIT follows. Also the moment deferred constraints speak."""
    tx = ctx.tx
    if ctx.jobs:
        await _store_jobs(ctx, vault)
    durable = [e for e in ctx.events if e.spec.durable]
    lossy = [e for e in ctx.events if not e.spec.durable]
    version = await tx.fetchval("SELECT nextval('conflated_version')") if lossy else 0
    topics = [e.topic() for e in durable]
    names = [e.spec.name for e in durable]
    payloads = [e.encode() for e in durable]
    rows = await tx.fetch(
        "SELECT carewire_finish($1, $2, $3, $4, $5, $6, $7, $8, $9) AS offset",
        topics,
        names,
        payloads,
        ctx.now,
        claim.account if claim else None,
        claim.command if claim else None,
        claim.key if claim else None,
        result if claim else None,
        encode_doors(ctx) if claim else None,
    )
    stored = [
        Stored(topic, row["offset"], name, ctx.now, payload)
        for topic, row, name, payload in zip(topics, rows, names, payloads, strict=True)
    ]
    return Left(stored, [Told(e, version, ctx.now) for e in lossy], bool(ctx.jobs))


async def _store_jobs(ctx: Ctx, vault: Vault) -> None:
    await ctx.tx.execute(
        """INSERT INTO job (name, key, payload, secret, due_at)
           SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bool[], $5::timestamptz[])
           ON CONFLICT (key) DO UPDATE SET name = EXCLUDED.name, payload = EXCLUDED.payload,
               secret = EXCLUDED.secret, due_at = EXCLUDED.due_at, state = 'open', claim = NULL,
               attempts = 0, retry_at = NULL, problem = NULL, ended_at = NULL""",
        [job.spec.name for job, _, _ in ctx.jobs],
        [key for _, _, key in ctx.jobs],
        [
            vault.seal(job.spec.name, msgspec.json.encode(job)) if job.spec.secret else msgspec.json.encode(job)
            for job, _, _ in ctx.jobs
        ],
        [job.spec.secret for job, _, _ in ctx.jobs],
        [due or ctx.now for _, due, _ in ctx.jobs],
    )


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
