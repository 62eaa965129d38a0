"""Submitting a verification, deciding it, and what stands when an approval goes."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.actor import KNOWN
from carewire.command import Ctx, Rate, command, query
from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.forms import Cursor, Limit, Line
from carewire.store import paging
from carewire.store.paging import Page
from channels.appointment import access as appointments
from channels.appointment.access import Visit
from channels.directory import Approval, Subject, verified
from channels.identity import Capacity
from channels.identity import access as identity
from channels.media import MediaKind
from channels.media import access as media
from channels.media.access import MediaView
from channels.verification import access
from channels.verification.access import COLUMNS, ITS_OWN, NOUN, CaseView, case_of
from channels.verification.errors import FactsChanged, FactsMissing, OwnVerification
from channels.verification.lifecycle import Kind, Step
from channels.verification.steps import EMITS, adopt, step

SUBMITTING: Final = Rate(burst=10, per_minute=5)
PAPERS: Final = frozenset({MediaKind.DOCUMENT, MediaKind.IMAGE})
Papers = Annotated[list[UUID], Meta(max_length=20, description="Loose uploads of yours: licences, certificates")]
FactsHash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", description="Of the facts you decide about: `facts_hash`")]


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a case; notifications name its `id`. `actor_id` is null where nobody took it."""

    id: UUID
    revision: int
    move: Step
    state: Approval
    actor_id: UUID | None
    at: datetime
    reason: str | None
    facts_hash: str | None


class CaseDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A case with the facts as they are now, those that were approved last, its papers and its steps."""

    case: CaseView
    facts: dict[str, Any]
    facts_hash: str
    approved_facts: dict[str, Any] | None
    documents: list[MediaView]
    steps: list[StepView]


class Sitting(msgspec.Struct, frozen=True, kw_only=True):
    """A sitting that stands, and how many tokens of it are active."""

    session_id: UUID
    doctor_id: UUID
    place_id: UUID
    state: str
    starts_at: datetime
    tokens: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What stands although an approval is gone: sittings that are not over and appointments that are to come, the next
    first (at most 200 of each are told)."""

    verification_id: UUID
    sessions: list[Sitting]
    appointments: list[Visit]
    more: bool


@command(
    "verification.submit",
    allow={KNOWN},
    emits=EMITS,
    rate=SUBMITTING,
    errors={NotFound, IllegalMove, InvalidParams, FactsMissing},
)
async def submit(ctx: Ctx, subject: Subject, subject_id: UUID, media_ids: Papers | None = None) -> CaseView:
    """Ask for the verification of yourself or of a place of yours, with papers; also again after a no. The facts are
    those of the entry as it is now.
    """
    found = await access.own_subject(ctx, subject, subject_id)
    case = await adopt(ctx, subject, subject_id, found)
    if found.missing:
        raise FactsMissing(missing=found.missing)
    if media_ids:
        await media.attach(ctx, media_ids, NOUN, case.id, PAPERS)
    return await step(ctx, case, Step.SUBMIT, found)


@command(
    "verification.approve",
    allow={Capacity.ADMIN},
    emits=EMITS,
    errors={NotFound, Forbidden, IllegalMove, FactsChanged, OwnVerification},
)
async def approve(ctx: Ctx, verification_id: UUID, facts_hash: FactsHash) -> CaseView:
    """Say that these very facts are proved. For administrators with `verify`, and never about oneself."""
    return await decide(ctx, await access.case_to_judge(ctx, verification_id), Step.APPROVE, facts_hash=facts_hash)


@command(
    "verification.reject",
    allow={Capacity.ADMIN},
    emits=EMITS,
    errors={NotFound, Forbidden, IllegalMove, OwnVerification},
)
async def reject(ctx: Ctx, verification_id: UUID, reason: Line) -> CaseView:
    """Say that they are not, and why; the applicant may submit again."""
    return await decide(ctx, await access.case_to_judge(ctx, verification_id), Step.REJECT, reason=reason)


@command(
    "verification.withdraw",
    allow={Capacity.ADMIN},
    emits=EMITS,
    errors={NotFound, Forbidden, IllegalMove, OwnVerification},
)
async def withdraw(ctx: Ctx, verification_id: UUID, reason: Line) -> Standing:
    """Take an approval back: live sessions pause, nothing new is booked, and you hear what stands."""
    case = await access.case_to_judge(ctx, verification_id)
    await decide(ctx, case, Step.WITHDRAW, reason=reason)
    return await _standing(ctx, case)


async def decide(
    ctx: Ctx, case: CaseView, move: Step, *, facts_hash: str | None = None, reason: str | None = None
) -> CaseView:
    """Take this step with a case that is locked. Raises `FactsChanged` when the facts are not those with this hash."""
    ctx.about("verification", case.id)
    found = await verified(ctx, case.subject, case.subject_id)
    if facts_hash is not None and facts_hash != found.facts_hash:
        raise FactsChanged()
    return await step(ctx, case, move, found, reason=reason)


@query("verification.list", allow={KNOWN}, errors={InvalidParams})
async def list_(
    ctx: Ctx,
    state: Approval | None = None,
    kind: Kind | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[CaseView]:
    """Cases, the oldest first: all of them for administrators with `verify`, one's own for everybody else."""
    after = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await ctx.tx.fetch(
        f"""SELECT {COLUMNS} FROM verification v, (SELECT $1::uuid AS account_id) ask
             WHERE ($2 OR {ITS_OWN}) AND ($3::text IS NULL OR v.state = $3) AND ($4::text IS NULL OR v.kind = $4)
               AND ($5::uuid IS NULL OR v.id > $5) ORDER BY v.id LIMIT $6""",
        ctx.actor.id,
        await identity.has_scope(ctx, access.VERIFIERS),
        state,
        kind,
        after,
        limit + 1,
    )
    shown = [case_of(row) for row in rows[:limit]]
    return Page(rows=shown, cursor=paging.encode(shown[-1].id) if len(rows) > limit else None)


@query("verification.get", allow={KNOWN}, errors={NotFound})
async def get(ctx: Ctx, verification_id: UUID) -> CaseDetail:
    """A case with its facts, papers and steps, for the applicant's side and administrators with `verify`."""
    case = await access.case(ctx, verification_id)
    found = await verified(ctx, case.subject, case.subject_id)
    steps = await ctx.tx.fetch(
        "SELECT id, revision, move, state, actor_id, at, reason, encode(facts_hash, 'hex') AS facts_hash,"
        " facts::text AS facts FROM verification_step WHERE verification_id = $1 ORDER BY revision",
        case.id,
    )
    approved = next((row["facts"] for row in reversed(steps) if row["move"] == Step.APPROVE), None)
    return CaseDetail(
        case=case,
        facts=found.facts,
        facts_hash=found.facts_hash,
        approved_facts=None if approved is None else msgspec.json.decode(approved),
        documents=(await media.attached(ctx.tx, NOUN, [case.id]))[case.id],
        steps=[msgspec.convert({n: row[n] for n in StepView.__struct_fields__}, StepView) for row in steps],
    )


@query("verification.standing", allow={Capacity.ADMIN}, errors={NotFound, Forbidden})
async def standing(ctx: Ctx, verification_id: UUID) -> Standing:
    """What stands of a case's doctor or place: sittings that are not over, with their tokens, and appointments."""
    await access.require_verifier(ctx)
    return await _standing(ctx, await access.case(ctx, verification_id))


SHOWN: Final = 200


async def _standing(ctx: Ctx, case: CaseView) -> Standing:
    column = "doctor_id" if case.subject is Subject.DOCTOR else "place_id"
    rows = await ctx.tx.fetch(
        f"""SELECT s.id AS session_id, s.doctor_id, s.place_id, s.state, s.starts_at,
                   (SELECT count(*) FROM token t WHERE t.session_id = s.id
                       AND t.state NOT IN ('completed', 'cancelled', 'no_show')) AS tokens
              FROM session s WHERE s.{column} = $1 AND s.state IN ('scheduled', 'live', 'paused')
             ORDER BY s.starts_at, s.id LIMIT $2""",
        case.subject_id,
        SHOWN + 1,
    )
    visits = await appointments.to_come(ctx.tx, case.subject, case.subject_id, SHOWN + 1)
    return Standing(
        verification_id=case.id,
        sessions=[msgspec.convert(dict(row), Sitting) for row in rows[:SHOWN]],
        appointments=visits[:SHOWN],
        more=max(len(rows), len(visits)) > SHOWN,
    )
