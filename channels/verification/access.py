"""The doors to a verification: its applicant's side, and administrators with the scope `verify`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import Forbidden, NotFound
from carewire.store.db import Tx
from channels.directory import Approval, Subject, Verified, verified
from channels.identity import Scope
from channels.identity import access as identity
from channels.media import access as media
from channels.verification.lifecycle import Kind

NOUN: Final = "verification"
VERIFIERS: Final = frozenset({Scope.VERIFY})


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a case stands. `reason` says why it was rejected or withdrawn; `revision` counts its steps."""

    id: UUID
    kind: Kind
    subject: Subject
    subject_id: UUID
    state: Approval
    revision: int
    submitted_at: datetime | None
    decided_at: datetime | None
    reason: str | None


COLUMNS: Final = "v.id, v.kind, v.subject, v.subject_id, v.state, v.revision, v.submitted_at, v.decided_at, v.reason"

# The doctor herself, or an owner or manager of the place: `ask.account_id` and `v`.
ITS_OWN: Final = """((v.subject = 'doctor' AND EXISTS (
        SELECT FROM doctor d WHERE d.id = v.subject_id AND d.account_id = ask.account_id))
    OR (v.subject = 'place' AND EXISTS (
        SELECT FROM membership m WHERE m.place_id = v.subject_id AND m.account_id = ask.account_id
           AND m.until IS NULL AND m.duty IN ('owner', 'manager'))))"""


def case_of(row: Any) -> CaseView:
    """A row of `COLUMNS`."""
    return msgspec.convert({name: row[name] for name in CaseView.__struct_fields__}, CaseView)


async def since_many(tx: Tx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]:
    """Since when each (account, case) pair may see the case, or None; in their order, one query."""
    verifiers = await identity.with_scope(tx, Scope.VERIFY)
    rows = await tx.fetch(
        f"""SELECT CASE WHEN ask.account_id = ANY($3) OR {ITS_OWN} THEN v.created_at END AS since
              FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (account_id, id, n)
              LEFT JOIN verification v ON v.id = ask.id ORDER BY ask.n""",
        [account_id for account_id, _ in asks],
        [case_id for _, case_id in asks],
        verifiers,
    )
    return [row["since"] for row in rows]


@media.readers(NOUN)
async def may_read_documents(ctx: Ctx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]:
    """Who may see a case may read what was submitted with it."""
    return await since_many(ctx.tx, asks)


@door
async def case(ctx: Ctx, verification_id: UUID) -> CaseView:
    """A case the caller may see."""
    (since,) = await since_many(ctx.tx, [(ctx.actor.id, verification_id)])
    if since is None:
        raise NotFound()
    return case_of(await ctx.tx.fetchrow(f"SELECT {COLUMNS} FROM verification v WHERE v.id = $1", verification_id))


@door
async def case_to_judge(ctx: Ctx, verification_id: UUID) -> CaseView:
    """A case for an administrator with `verify`, locked: first what is verified, then the case, as everybody does."""
    await identity.administrator(ctx, scopes=VERIFIERS)
    row = await ctx.tx.fetchrow("SELECT subject, subject_id FROM verification WHERE id = $1", verification_id)
    if row is None:
        raise NotFound()
    await verified(ctx, Subject(row["subject"]), row["subject_id"], lock=True)
    return case_of(
        await ctx.tx.fetchrow(f"SELECT {COLUMNS} FROM verification v WHERE v.id = $1 FOR UPDATE", verification_id)
    )


@door
async def own_subject(ctx: Ctx, subject: Subject, subject_id: UUID) -> Verified:
    """A doctor or place whose case the caller may submit, locked: one's own entry, or a place one owns or manages."""
    found = await verified(ctx, Subject(subject), subject_id, lock=True)
    if ctx.actor.id not in found.heads:
        raise NotFound()
    return found


async def require_verifier(ctx: Ctx) -> None:
    """Raises `Forbidden` for who does not verify."""
    if not await identity.has_scope(ctx, VERIFIERS):
        raise Forbidden()
