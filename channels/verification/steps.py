"""The one door for every step of a case: the row, the history, the capacity or approval, and who hears of it."""

from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.event import Event
from carewire.jobs.job import Job, consumer
from carewire.resource import CatalogueChanged
from channels.directory import Approval, Subject, Verified, judge, on_facts_changed, verified
from channels.identity import Scope
from channels.identity import access as identity
from channels.identity.events import ProfileUpdated
from channels.queue import ApprovalWithdrawn
from channels.verification import notices
from channels.verification.access import COLUMNS, CaseView, case_of
from channels.verification.events import TELLS, tell
from channels.verification.lifecycle import VERIFICATION, Step

EMITS: Final[frozenset[type[Event]]] = TELLS | {ProfileUpdated, CatalogueChanged}
_NOTICES: Final = {
    Step.APPROVE: notices.APPROVED,
    Step.REJECT: notices.REJECTED,
    Step.WITHDRAW: notices.WITHDRAWN,
}


class Reopened(Job, name="verification.reopened"):
    """Verified facts were changed: tell those who follow the case."""

    verification_id: UUID


async def adopt(ctx: Ctx, subject: Subject, subject_id: UUID, found: Verified) -> CaseView:
    """The case of a doctor or place, locked; one that has none yet gets it as things stand."""
    await ctx.tx.execute(
        "WITH made AS (INSERT INTO verification"
        " (subject, subject_id, kind, state, revision, decided_at, reason, created_at)"
        " SELECT $1, $2, $3, $4, 1, CASE WHEN $4 <> 'pending' THEN $5::timestamptz END,"
        "        CASE WHEN $4 IN ('rejected', 'withdrawn') THEN 'before there were cases' END, $5"
        " ON CONFLICT DO NOTHING RETURNING id)"
        " INSERT INTO verification_step (verification_id, revision, move, state, at)"
        " SELECT id, 1, 'adopt', $4, $5 FROM made",
        subject,
        subject_id,
        found.kind,
        found.approval,
        ctx.now,
    )
    return case_of(
        await ctx.tx.fetchrow(
            f"SELECT {COLUMNS} FROM verification v WHERE v.subject = $1 AND v.subject_id = $2 FOR UPDATE",
            subject,
            subject_id,
        )
    )


async def step(ctx: Ctx, case: CaseView, move: Step, found: Verified, *, reason: str | None = None) -> CaseView:
    """Take a step with a locked case; tells its topic and its queue, and the people it concerns."""
    step_id, after = await _write(ctx, case, move, found, by=ctx.actor.id, reason=reason)
    await judge(ctx, case.subject, case.subject_id, after.state)
    await tell(ctx, after)
    if move is Step.SUBMIT:
        for account_id in await identity.with_scope(ctx.tx, Scope.VERIFY):
            ctx.notify(account_id, notices.WAITING, step_id, name=found.name)
    else:
        for account_id in found.heads:
            ctx.notify(account_id, _NOTICES[move], step_id, name=found.name)
    if move is Step.WITHDRAW:
        ctx.enqueue(ApprovalWithdrawn(subject=case.subject, subject_id=case.subject_id))
    return after


async def _write(
    ctx: Ctx, case: CaseView, move: Step, found: Verified, *, by: UUID, reason: str | None = None
) -> tuple[UUID, CaseView]:
    """The step's id, which is what people are told about: each step is a fact of its own; and the case after it."""
    state = VERIFICATION.move(case.state, move)
    revision = case.revision + 1
    facts: Any = found.facts if move in (Step.SUBMIT, Step.APPROVE) else None
    step_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO verification_step"
        " (verification_id, revision, move, state, actor_id, at, reason, facts, facts_hash)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9) RETURNING id",
        case.id,
        revision,
        move,
        state,
        by,
        ctx.now,
        reason,
        None if facts is None else msgspec.json.encode(facts).decode(),
        None if facts is None else bytes.fromhex(found.facts_hash),
    )
    submits, decides = move is Step.SUBMIT, state is not Approval.PENDING
    row = await ctx.tx.fetchrow(
        "UPDATE verification v SET state = $2, revision = $3, reason = $4,"
        " applicant_id = CASE WHEN $5 THEN $6 ELSE applicant_id END,"
        " submitted_at = CASE WHEN $5 THEN $7 ELSE submitted_at END,"
        " decided_at = CASE WHEN $8 THEN $7 ELSE decided_at END"
        f" WHERE id = $1 RETURNING {COLUMNS}",
        case.id,
        state,
        revision,
        reason,
        submits,
        by,
        ctx.now,
        decides,
    )
    return step_id, case_of(row)


@on_facts_changed
async def reopen(ctx: Ctx, subject: Subject, subject_id: UUID, facts: frozenset[str]) -> None:
    """A verification sticks to its facts: with others the case waits anew, in the transaction that changes them."""
    row = await ctx.tx.fetchrow(
        f"SELECT {COLUMNS} FROM verification v WHERE v.subject = $1 AND v.subject_id = $2 FOR UPDATE",
        subject,
        subject_id,
    )
    if row is None or row["state"] != Approval.APPROVED:
        return
    case, found = case_of(row), await verified(ctx, subject, subject_id)
    step_id, _ = await _write(ctx, case, Step.REOPEN, found, by=ctx.actor.id)
    for account_id in await identity.with_scope(ctx.tx, Scope.VERIFY):
        ctx.notify(account_id, notices.WAITING, step_id, name=found.name)
    ctx.enqueue(Reopened(verification_id=case.id))


@consumer(Reopened, emits=TELLS)
async def tell_reopened(ctx: Ctx, job: Reopened) -> None:
    """The whole case as it is now, whatever has become of it since."""
    row = await ctx.tx.fetchrow(f"SELECT {COLUMNS} FROM verification v WHERE v.id = $1 FOR UPDATE", job.verification_id)
    if row is not None:
        await tell(ctx, case_of(row))
