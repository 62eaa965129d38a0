"""Records that a desk made, or that a child grew out of: whoever has the number and knows the person takes them over.

A claim moves no row. Claimed for oneself, the record is reached through one's own (`merged`); claimed for another, one
acts for it. So taking a claim back only ends the guardianships that it made.
"""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, Rate, command, query
from carewire.errors import InvalidParams, NotFound, RateLimited
from channels.identity import access, caps, otp, people, scopes
from channels.identity.auth import Code
from channels.identity.caps import Cap, charge_of
from channels.identity.errors import AlreadyGuardian, CodeGone, Lapsed, TooManyPatients, WrongCode, WrongFact
from channels.identity.events import ClaimChanged
from channels.identity.facts import is_fact
from channels.identity.nouns import Capacity, Kin, Scope
from channels.identity.patients import PATIENTS_MAX

CLAIMING: Final = Rate(burst=20, per_minute=10, shared=True)

# A record of this number that nobody claimed for herself: a desk made it, or its guardians' time is over.
_FREE: Final = """SELECT p.id AS patient_id, p.place_id, p.created_at, p.name, p.birth_year::text AS birth_year
  FROM patient p JOIN account a ON a.phone = p.phone
 WHERE a.id = $1 AND p.deleted_at IS NULL
   AND NOT EXISTS (SELECT FROM guarding g WHERE g.patient_id = p.id AND (g.kind = 'self' OR g.account_id = $1))
   AND (p.place_id IS NOT NULL OR NOT EXISTS (SELECT FROM guarding g WHERE g.patient_id = p.id))"""


class Claimable(msgspec.Struct, frozen=True, kw_only=True):
    """A record with one's own number. No name: numbers are recycled, and the claimer has to know whose it is."""

    patient_id: UUID
    place_id: UUID | None
    created_at: datetime


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A record taken over. `into_id`: one's own record through which it is reached; null where one acts for it."""

    patient_id: UUID
    into_id: UUID | None
    claimed_at: datetime


@query("patient.claimable", allow={Capacity.PATIENT})
async def claimable(ctx: Ctx) -> list[Claimable]:
    """Records that carry one's own number and are nobody's yet, oldest first; at most 50."""
    rows = await ctx.tx.fetch(f"{_FREE} ORDER BY p.id LIMIT 50", ctx.actor.id)
    return [_claimable(row) for row in rows]


@query("patient.claims", allow={Capacity.PATIENT})
async def claims(ctx: Ctx) -> list[Claim]:
    """The records one has taken over, oldest first; at most 100."""
    rows = await ctx.tx.fetch(
        "SELECT patient_id, into_id, claimed_at FROM patient_claim WHERE account_id = $1 AND undone_at IS NULL"
        " ORDER BY id LIMIT 100",
        ctx.actor.id,
    )
    return [msgspec.convert(dict(row), Claim) for row in rows]


@command(
    "patient.claim",
    allow={Capacity.PATIENT},
    receipt=False,
    rate=CLAIMING,
    errors={
        NotFound, InvalidParams, WrongCode, CodeGone, RateLimited, WrongFact, AlreadyGuardian, TooManyPatients, Lapsed,
    },
)  # fmt: skip
async def claim(
    ctx: Ctx,
    patient_id: UUID,
    code: Code,
    kind: Kin,
    answer: Annotated[str, Meta(min_length=1, max_length=120, description="The patient's year of birth, or name")],
) -> Claim:
    """Take over a record that carries one's own number, with a fresh code (`auth.otp_send`) and one known fact.

    `kind`: what one is to the patient. `self` merges it into one's own record. The fact is the year of birth where the
    record has one, else the name. Can be undone with `patient.undo_claim`.
    """
    phone: str | None = await ctx.tx.fetchval("SELECT phone FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id)
    if phone is None:
        raise NotFound()
    await otp.use(ctx, phone, code, own=True)
    await ctx.tx.execute("SELECT FROM patient WHERE id = $1 FOR NO KEY UPDATE", patient_id)
    row = await ctx.tx.fetchrow(f"{_FREE} AND p.id = $2", ctx.actor.id, patient_id)
    if row is None:
        raise NotFound()
    charge = charge_of(ctx, Cap.FACT_ACCOUNT, str(ctx.actor.id))
    await caps.spend(ctx, charge)
    if not is_fact(answer, row["birth_year"] or row["name"]):
        refusal = WrongFact()
        refusal.keep = True  # an answer that is rolled back is an answer for free
        raise refusal
    await caps.give_back(ctx, [charge.subject])
    own = await ctx.tx.fetchval(
        "SELECT patient_id FROM guarding WHERE account_id = $1 AND kind = 'self' AND NOT merged", ctx.actor.id
    )
    into_id = own if kind is Kin.SELF else None
    if into_id is None and len(await access.patients(ctx)) >= PATIENTS_MAX:
        raise TooManyPatients()
    claim_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO patient_claim (patient_id, into_id, account_id, claimed_at) VALUES ($1, $2, $3, $4) RETURNING id",
        patient_id,
        into_id,
        ctx.actor.id,
        ctx.now,
    )
    await people.guard(ctx.tx, ctx.actor.id, patient_id, kind, ctx.now, claim_id=claim_id, merged=into_id is not None)
    await access.rights_changed(ctx, ctx.actor.id)
    ctx.enqueue(ClaimChanged(claim_id=claim_id))
    return Claim(patient_id=patient_id, into_id=into_id, claimed_at=ctx.now)


@command("patient.undo_claim", allow={Capacity.PATIENT, Capacity.ADMIN}, errors={NotFound})
async def undo_claim(ctx: Ctx, patient_id: UUID) -> Claim:
    """Give a record back that one took over; support may do it for anybody. What was written into it stays."""
    await ctx.tx.execute("SELECT FROM patient WHERE id = $1 FOR NO KEY UPDATE", patient_id)
    held = await scopes.held(ctx.tx, ctx.actor.id)
    rows = await ctx.tx.fetch(
        "SELECT id, patient_id, into_id, claimed_at FROM patient_claim WHERE patient_id = $1 AND undone_at IS NULL"
        " AND (account_id = $2 OR $3) ORDER BY id FOR UPDATE",
        patient_id,
        ctx.actor.id,
        not held.isdisjoint({Scope.SUPPORT, Scope.SUPER}),
    )
    if not rows:
        raise NotFound()
    ids = [row["id"] for row in rows]
    await ctx.tx.execute(
        "UPDATE patient_claim SET undone_at = greatest(claimed_at, $2), undone_by = $3 WHERE id = ANY($1)",
        ids,
        ctx.now,
        ctx.actor.id,
    )
    ended = await ctx.tx.fetch(
        "UPDATE guardianship SET until = greatest(since, $2) WHERE claim_id = ANY($1) AND until IS NULL"
        " RETURNING account_id",
        ids,
        ctx.now,
    )
    for account_id in sorted({row["account_id"] for row in ended}):
        await access.rights_changed(ctx, account_id)
    for claim_id in ids:
        ctx.enqueue(ClaimChanged(claim_id=claim_id))
    return Claim(patient_id=patient_id, into_id=rows[0]["into_id"], claimed_at=rows[0]["claimed_at"])


def _claimable(row: Any) -> Claimable:
    return Claimable(patient_id=row["patient_id"], place_id=row["place_id"], created_at=row["created_at"])
