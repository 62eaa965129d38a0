"""Who else acts for a patient: a second guardian by invitation, an end to any, and the day a child is of age."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, Rate, command, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Phone
from carewire.jobs.job import Job, consumer
from channels.identity import access, people, phones
from channels.identity.errors import AlreadyGuardian, AlreadyInvited, Lapsed, LastGuardian, OwnRecord, TooManyPatients
from channels.identity.notices import GUARDIAN_INVITED, tell_number
from channels.identity.nouns import Capacity, Guardian, Kin
from channels.identity.patients import PATIENTS_MAX

TTL: Final = timedelta(days=7)
GUARDIANS_MAX: Final = 6
INVITING: Final = Rate(burst=20, per_minute=10, shared=True)
BATCH: Final = 1_000


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody asks this number's owner to act for a patient. The name is told once it is accepted."""

    id: UUID
    patient_id: UUID
    kind: Kin
    expires_at: datetime


class GuardianView(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts for a patient. `lapses_at`: when she is of age, and acts for herself."""

    account_id: UUID
    name: str
    kind: Kin
    since: datetime
    lapses_at: datetime | None


class GuardianEnded(msgspec.Struct, frozen=True, kw_only=True):
    """This account acts no more for this patient."""

    patient_id: UUID
    account_id: UUID


class InvitationOver(msgspec.Struct, frozen=True, kw_only=True):
    """The invitation is no more."""

    id: UUID


@command(
    "patient.invite_guardian",
    allow={Capacity.PATIENT},
    rate=INVITING,
    errors={NotFound, InvalidParams, AlreadyInvited, TooManyPatients},
)
async def invite_guardian(ctx: Ctx, patient_id: UUID, phone: Phone, kind: Guardian) -> Invitation:
    """Ask the owner of a number to act for this patient too. She does so once she accepts, within a week."""
    patient = await access.patient(ctx, patient_id, lock=True)
    number = phones.normalise(ctx.settings, phone)
    await ctx.tx.execute(
        "UPDATE guardian_invitation SET state = 'withdrawn', ended_at = $2"
        " WHERE patient_id = $1 AND state = 'open' AND expires_at <= $2",
        patient.id,
        ctx.now,
    )
    taken = await ctx.tx.fetchval(
        "SELECT (SELECT count(*) FROM guarding WHERE patient_id = $1)"
        " + (SELECT count(*) FROM guardian_invitation WHERE patient_id = $1 AND state = 'open')",
        patient.id,
    )
    if taken >= GUARDIANS_MAX:
        raise TooManyPatients("At most half a dozen people act for one patient")
    (row,) = await ctx.tx.fetch(
        "INSERT INTO guardian_invitation (patient_id, phone, kind, invited_by, invited_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id, patient_id, kind, expires_at",
        patient.id,
        number,
        str(kind),
        ctx.actor.id,
        ctx.now,
        ctx.now + TTL,
    )
    tell_number(ctx, number, GUARDIAN_INVITED, row["id"])
    return msgspec.convert(dict(row), Invitation)


@query("patient.invitations", allow={Capacity.PATIENT})
async def invitations(ctx: Ctx) -> list[Invitation]:
    """For whom one is asked to act; at most 50."""
    rows = await ctx.tx.fetch(f"{_INVITED} ORDER BY i.id LIMIT 50", ctx.actor.id, ctx.now)
    return [msgspec.convert(dict(row), Invitation) for row in rows]


@command(
    "patient.accept_guardian",
    allow={Capacity.PATIENT},
    errors={NotFound, InvalidParams, AlreadyGuardian, TooManyPatients, Lapsed},
)
async def accept_guardian(ctx: Ctx, invitation_id: UUID) -> GuardianView:
    """Accept to act for a patient. Only who invited and still acts for her can have let you in."""
    row = await _invited(ctx, invitation_id)
    if await access.guards(ctx.tx, row["invited_by"], row["patient_id"]) is None:
        raise NotFound()
    await ctx.tx.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id)
    if len(await access.patients(ctx)) >= PATIENTS_MAX:
        raise TooManyPatients()
    await _end(ctx, invitation_id, "accepted")
    await people.guard(ctx.tx, ctx.actor.id, row["patient_id"], Kin(row["kind"]), ctx.now, invited_by=row["invited_by"])
    await access.rights_changed(ctx, ctx.actor.id)
    return next(g for g in await _guardians(ctx, row["patient_id"]) if g.account_id == ctx.actor.id)


@command("patient.decline_guardian", allow={Capacity.PATIENT}, errors={NotFound})
async def decline_guardian(ctx: Ctx, invitation_id: UUID) -> InvitationOver:
    """Say no to an invitation, or take back one that one sent."""
    sent = await ctx.tx.fetchval(
        "SELECT id FROM guardian_invitation WHERE id = $1 AND invited_by = $2 AND state = 'open' FOR UPDATE",
        invitation_id,
        ctx.actor.id,
    )
    if sent is None:
        await _invited(ctx, invitation_id)
    await _end(ctx, invitation_id, "declined" if sent is None else "withdrawn")
    return InvitationOver(id=invitation_id)


@query("patient.guardians", allow={Capacity.PATIENT}, errors={NotFound, InvalidParams})
async def guardians(ctx: Ctx, patient_id: UUID | None = None) -> list[GuardianView]:
    """Who acts for a patient that this account acts for, longest first."""
    patient = await access.patient(ctx, patient_id)
    return await _guardians(ctx, patient.id)


@command(
    "patient.end_guardian",
    allow={Capacity.PATIENT},
    errors={NotFound, InvalidParams, LastGuardian, OwnRecord},
    shuts=True,
)
async def end_guardian(ctx: Ctx, patient_id: UUID, account_id: UUID | None = None) -> GuardianEnded:
    """Stop acting for a patient, or end another's (`account_id`): the patient anybody's, others whom they let in.

    Somebody acts for a minor: her last guardian cannot go. Nobody stops acting for herself.
    """
    patient = await access.patient(ctx, patient_id, lock=True)
    ended = account_id or ctx.actor.id
    row = await ctx.tx.fetchrow(
        "SELECT id, kind, invited_by, lapses_at FROM guarding WHERE patient_id = $1 AND account_id = $2 AND NOT merged",
        patient.id,
        ended,
    )
    if row is None:
        raise NotFound()
    if row["kind"] == Kin.SELF:
        raise OwnRecord()
    if ended != ctx.actor.id and patient.kind is not Kin.SELF and row["invited_by"] != ctx.actor.id:
        raise NotFound()
    others = await ctx.tx.fetchval(
        "SELECT count(*) FROM guarding WHERE patient_id = $1 AND account_id <> $2", patient.id, ended
    )
    if row["lapses_at"] is not None and not others:
        raise LastGuardian()
    await ctx.tx.execute("UPDATE guardianship SET until = greatest(since, $2) WHERE id = $1", row["id"], ctx.now)
    await access.rights_changed(ctx, ended)
    return GuardianEnded(patient_id=patient.id, account_id=ended)


class ComeOfAge(Job, name="guardianship.come_of_age", cron="0 0 * * *", zone="Asia/Kolkata"):
    """Whose ward is of age today acts for her no more; also queries stop at that very moment (the view `guarding`)."""


@consumer(ComeOfAge)
async def come_of_age(ctx: Ctx, job: ComeOfAge) -> None:
    """End what lapsed, and cut off whoever still listens."""
    rows = await ctx.tx.fetch(
        "UPDATE guardianship SET until = lapses_at WHERE id IN (SELECT id FROM guardianship WHERE until IS NULL"
        " AND lapses_at <= $1 ORDER BY lapses_at LIMIT $2 FOR UPDATE) RETURNING account_id",
        ctx.real_now,
        BATCH,
    )
    for account_id in sorted({row["account_id"] for row in rows}):
        await access.rights_changed(ctx, account_id)
    if len(rows) == BATCH:
        ctx.enqueue(ComeOfAge())


_INVITED: Final = """SELECT i.id, i.patient_id, i.kind, i.expires_at, i.invited_by FROM guardian_invitation i
  JOIN account a ON a.phone = i.phone WHERE a.id = $1 AND i.state = 'open' AND i.expires_at > $2"""


async def _invited(ctx: Ctx, invitation_id: UUID) -> Any:
    """An open invitation to the caller's own number, its patient locked first. Another's is not found."""
    await ctx.tx.execute(
        "SELECT FROM patient WHERE id = (SELECT patient_id FROM guardian_invitation WHERE id = $1) FOR NO KEY UPDATE",
        invitation_id,
    )
    row = await ctx.tx.fetchrow(f"{_INVITED} AND i.id = $3 FOR UPDATE OF i", ctx.actor.id, ctx.now, invitation_id)
    if row is None:
        raise NotFound()
    return row


async def _end(ctx: Ctx, invitation_id: UUID, state: str) -> None:
    await ctx.tx.execute(
        "UPDATE guardian_invitation SET state = $2, ended_at = $3 WHERE id = $1", invitation_id, state, ctx.now
    )


async def _guardians(ctx: Ctx, patient_id: UUID) -> list[GuardianView]:
    rows = await ctx.tx.fetch(
        "SELECT g.account_id, a.name, g.kind, g.since, g.lapses_at FROM guarding g"
        " JOIN account a ON a.id = g.account_id WHERE g.patient_id = $1 ORDER BY g.since, g.id",
        patient_id,
    )
    return [msgspec.convert(dict(row), GuardianView) for row in rows]
