"""The table `job`: every statement that reads or moves a row of it.

A row is open until a consumer's own transaction closes it. Whoever runs it holds a claim and a lease (`retry_at`);
without a lease anybody may take it. Redis never knows more than ids.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from carewire.jobs.job import Job
from carewire.jobs.vault import Vault
from carewire.store.db import Tx

Given = tuple[Job, datetime | None, str | None]
"""A job, when it is due (None: now), and its key."""

VISIBILITY: Final = timedelta(seconds=30)
"""A job that was relayed or claimed and not closed by then is relayed again and may be taken by somebody else."""
IN_STREAM_MAX: Final = 1_000
"""Ids that may wait in the stream at once; the rest of a backlog waits in the table."""

_STORE: Final = """
INSERT INTO job (name, key, payload, secret, due_at, expires_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bool[], $5::timestamptz[], $6::timestamptz[])
ON CONFLICT (key) DO UPDATE SET id = EXCLUDED.id, name = EXCLUDED.name, payload = EXCLUDED.payload,
    secret = EXCLUDED.secret, due_at = EXCLUDED.due_at, expires_at = EXCLUDED.expires_at, state = 'open',
    claim = NULL, attempts = 0, retry_at = NULL, relayed_at = NULL, doubt = false, proof = NULL, problem = NULL,
    created_at = now(), ended_at = NULL
"""
_FREE: Final = "state = 'open' AND due_at <= $2 AND (retry_at IS NULL OR retry_at <= now())"
_TAKE: Final = f"""
UPDATE job SET claim = $1, attempts = job.attempts + 1, retry_at = now() + $3::interval, doubt = true
  FROM (SELECT id FROM job WHERE {_FREE} AND %s FOR UPDATE SKIP LOCKED) free
 WHERE job.id = free.id
RETURNING job.id, job.name, job.payload, job.secret, job.attempts, job.due_at, job.expires_at, old.doubt AS doubt
"""
_CLAIM_DUE: Final = _TAKE % "true ORDER BY due_at LIMIT $4"
_CLAIM_ONE: Final = _TAKE % "id = $4"
_RELAY: Final = f"""
UPDATE job SET relayed_at = now()
 WHERE id IN (SELECT id FROM job
               WHERE {_FREE} AND (relayed_at IS NULL OR relayed_at <= now() - $3::interval)
               ORDER BY due_at
               LIMIT least($1, greatest(0, $4 - (SELECT count(*) FROM job WHERE state = 'open'
                                                   AND relayed_at > now() - $3::interval)))
                 FOR UPDATE SKIP LOCKED)
RETURNING id
"""
_CLOSE: Final = """
UPDATE job SET state = $3, problem = $4, proof = $5, ended_at = now(), claim = NULL, doubt = false,
               payload = CASE WHEN $6 THEN NULL ELSE payload END
 WHERE id = $1 AND claim = $2 AND state = 'open'
"""
_POSTPONE: Final = """
UPDATE job SET retry_at = now() + $3::interval, problem = $4, doubt = $5, relayed_at = NULL, claim = NULL
 WHERE id = $1 AND claim = $2 AND state = 'open'
"""
_EXPIRE: Final = """
UPDATE job SET state = 'expired', payload = NULL, ended_at = now(), claim = NULL
 WHERE id IN (SELECT id FROM job WHERE state = 'open' AND expires_at <= now() LIMIT 500 FOR UPDATE SKIP LOCKED)
"""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed job. `doubt`: an earlier try ended without a word."""

    id: UUID
    name: str
    payload: bytes
    secret: bool
    attempts: int
    due_at: datetime
    expires_at: datetime | None
    doubt: bool


class Counts(NamedTuple):
    """The table in figures; `oldest_s` is how long the longest-waiting due job has been due, in product seconds."""

    open: int
    running: int
    retried: int
    dead: int
    oldest_s: float


async def store(tx: Tx, now: datetime, given: Sequence[Given], vault: Vault) -> None:
    """Write the jobs a transaction leaves behind. A job of the same key replaces the earlier one, under a new id.

    In the order of the keys, so that nobody waits in a circle.
    """
    keyed = {key: (job, due) for job, due, key in given if key is not None}
    jobs: list[Given] = [(job, due, None) for job, due, key in given if key is None]
    jobs += [(*keyed[key], key) for key in sorted(keyed)]
    await tx.execute(
        _STORE,
        [job.spec.name for job, _, _ in jobs],
        [key for _, _, key in jobs],
        [_payload(job, vault) for job, _, _ in jobs],
        [job.spec.sealed for job, _, _ in jobs],
        [due or now for _, due, _ in jobs],
        [getattr(job, "expires_at", None) for job, _, _ in jobs],
    )


def _payload(job: Job, vault: Vault) -> bytes:
    raw = msgspec.json.encode(job)
    return vault.seal(job.spec.name, raw) if job.spec.sealed else raw


async def claim_due(tx: Tx, claim: UUID, now: datetime, limit: int) -> list[Row]:
    """Take the longest due. `now` is product time."""
    return [_row(r) for r in await tx.fetch(_CLAIM_DUE, claim, now, VISIBILITY, limit)]


async def claim_one(tx: Tx, claim: UUID, now: datetime, job_id: UUID) -> Row | None:
    """Take this one, if nobody has it and it is still to be done."""
    row = await tx.fetchrow(_CLAIM_ONE, claim, now, VISIBILITY, job_id)
    return None if row is None else _row(row)


async def relay(tx: Tx, now: datetime, limit: int) -> list[UUID]:
    """Ids that the stream should have and has not, or has had for too long; they are noted as relayed."""
    return [r["id"] for r in await tx.fetch(_RELAY, limit, now, VISIBILITY, IN_STREAM_MAX)]


async def unrelay(tx: Tx, ids: Sequence[UUID]) -> None:
    """They did not reach the stream after all."""
    await tx.execute("UPDATE job SET relayed_at = NULL WHERE id = ANY($1)", list(ids))


async def close(
    tx: Tx, job_id: UUID, claim: UUID, state: str, *, wipe: bool, problem: str | None = None, proof: str | None = None
) -> bool:
    """End a job; False when the claim is no longer ours."""
    return await tx.execute(_CLOSE, job_id, claim, state, problem, proof, wipe) == "UPDATE 1"


async def postpone(tx: Tx, job_id: UUID, claim: UUID, pause: timedelta, problem: str, *, doubt: bool) -> None:
    """Let go of a job until after a pause."""
    await tx.execute(_POSTPONE, job_id, claim, pause, problem, doubt)


async def let_go(tx: Tx, row: Row, claim: UUID) -> None:
    """Give back what was claimed and not begun."""
    await tx.execute(
        "UPDATE job SET claim = NULL, retry_at = NULL, relayed_at = NULL, attempts = attempts - 1, doubt = $3"
        " WHERE id = $1 AND claim = $2 AND state = 'open'",
        row.id,
        claim,
        row.doubt,
    )


async def expire(tx: Tx) -> None:
    """Wipe what nobody may do any more: a code outlives its minutes nowhere."""
    await tx.execute(_EXPIRE)


async def prune(tx: Tx) -> None:
    """Forget what ended a week ago; dead letters stay until somebody decides."""
    await tx.execute(
        "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state IN ('done', 'expired', 'discarded')"
        " AND ended_at < now() - interval '7 days' LIMIT 5000)"
    )


async def count(tx: Tx, now: datetime) -> Counts:
    """The figures of this moment. `now` is product time."""
    row = await tx.fetchrow(
        """SELECT count(*) AS open,
                  count(*) FILTER (WHERE claim IS NOT NULL AND retry_at > now()) AS running,
                  count(*) FILTER (WHERE claim IS NULL AND attempts > 0) AS retried,
                  (SELECT count(*) FROM job WHERE state = 'dead') AS dead,
                  coalesce(extract(epoch FROM $1 - min(due_at)), 0)::float AS oldest
             FROM job WHERE state = 'open'""",
        now,
    )
    assert row is not None
    return Counts(row["open"], row["running"], row["retried"], row["dead"], max(0.0, row["oldest"]))


def _row(row: Any) -> Row:
    return Row(**dict(row))
