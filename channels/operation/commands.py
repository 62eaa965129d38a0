"""Jobs as an admin sees them: names, states and reasons, never a payload."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
import structlog

from carewire.access import door
from carewire.command import Ctx, command, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from channels.identity import Capacity, Scope
from channels.identity import access as identity
from channels.operation.errors import JobNotDead, SecretWiped

log = structlog.get_logger("channels.operation")


class JobState(StrEnum):
    """Open jobs wait or run; dead ones were given up; the others are over."""

    OPEN = "open"
    DONE = "done"
    DEAD = "dead"
    EXPIRED = "expired"
    DISCARDED = "discarded"


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """A job without what stands in it. `problem` is the reason word of its last failure."""

    id: UUID
    name: str
    state: JobState
    attempts: int
    problem: str | None
    replayable: bool
    due_at: datetime
    created_at: datetime
    ended_at: datetime | None


_COLUMNS = (
    "id, name, state, attempts, problem, state = 'dead' AND payload IS NOT NULL AS replayable,"
    " due_at, created_at, ended_at"
)


@query("job.list", allow={Capacity.ADMIN}, errors={InvalidParams})
async def list_(
    ctx: Ctx, state: JobState = JobState.DEAD, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[JobView]:
    """Jobs of a state, newest first: the dead letters unless you ask for others. For those with `super`."""
    await identity.administrator(ctx, scopes=(Scope.SUPER,))
    before: UUID | None = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await ctx.tx.fetch(
        f"SELECT {_COLUMNS} FROM job WHERE state = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        state,
        before,
        limit + 1,
    )
    shown = [_view(row) for row in rows[:limit]]
    return Page(rows=shown, cursor=paging.encode(shown[-1].id) if len(rows) > limit else None)


@door
async def dead_letter(ctx: Ctx, job_id: UUID) -> JobView:
    """A dead letter, locked. Raises `JobNotDead` for any other job."""
    row = await ctx.tx.fetchrow(f"SELECT {_COLUMNS} FROM job WHERE id = $1 FOR UPDATE", job_id)
    if row is None:
        raise NotFound()
    if row["state"] != JobState.DEAD:
        raise JobNotDead()
    return _view(row)


@command("job.replay", allow={Capacity.ADMIN}, errors={NotFound, JobNotDead, SecretWiped}, shuts=True)
async def replay(ctx: Ctx, job_id: UUID) -> JobView:
    """Try a dead letter again from the start, at once. One that held a secret cannot be. For those with `super`."""
    await identity.administrator(ctx, scopes=(Scope.SUPER,))
    found = await dead_letter(ctx, job_id)
    if not found.replayable:
        raise SecretWiped()
    # Nobody remembers how its last try ended: whoever takes it looks first (`doubt`).
    row = await ctx.tx.fetchrow(
        "UPDATE job SET state = 'open', attempts = 0, doubt = true, due_at = $2, ended_at = NULL, problem = NULL,"
        f" claim = NULL, retry_at = NULL, relayed_at = NULL WHERE id = $1 RETURNING {_COLUMNS}",
        job_id,
        ctx.now,
    )
    log.info("job_replayed", job=found.name)
    return _view(row)


@command("job.discard", allow={Capacity.ADMIN}, errors={NotFound, JobNotDead}, shuts=True)
async def discard(ctx: Ctx, job_id: UUID) -> JobView:
    """Give a dead letter up for good; what stood in it is wiped. For those with `super`."""
    await identity.administrator(ctx, scopes=(Scope.SUPER,))
    found = await dead_letter(ctx, job_id)
    row = await ctx.tx.fetchrow(
        f"UPDATE job SET state = 'discarded', payload = NULL, ended_at = now() WHERE id = $1 RETURNING {_COLUMNS}",
        job_id,
    )
    log.info("job_discarded", job=found.name)
    return _view(row)


def _view(row: Any) -> JobView:
    return msgspec.convert(dict(row), JobView)
