"""Being forgotten: asked for with a second proof, carried out after three days, undone until then, repeated after a
restore.

What the law lets nobody delete yet stays without what says whose it is; the order remembers what, why and until when.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
import structlog
from msgspec import Meta

from carewire import personal, traces
from carewire.actor import KNOWN
from carewire.backup.restore import Past
from carewire.command import Ctx, Rate, command, query
from carewire.errors import Field, InvalidParams, NotFound, RateLimited, Refusal
from carewire.forms import Limit
from carewire.jobs import rows as job_rows
from carewire.jobs.job import Job, consumer
from carewire.jobs.vault import Vault
from carewire.personal import Subject
from channels.identity import caps, closing, otp, passwords, scopes
from channels.identity.auth import Code
from channels.identity.caps import Cap, charge_of
from channels.identity.errors import CodeGone, LastAdmin, NothingToUndo, SoleOwner, WrongCode, WrongPassword
from channels.identity.gone import patients_gone
from channels.identity.letters import LetterKind, letter
from channels.identity.logins import end_logins
from channels.identity.nouns import Capacity, EndReason, Scope
from channels.identity.subjects import subject_of

log = structlog.get_logger("channels.identity")

GRACE: Final = timedelta(hours=72)
AGAIN: Final = timedelta(hours=1)
"""How long an erasure waits for what is under way, and then for an owner's successor."""
ASKING: Final = Rate(burst=10, per_minute=5, shared=True)


class ErasureState(StrEnum):
    """Where an order for erasure stands."""

    WAITING = "waiting"
    UNDONE = "undone"
    DONE = "done"


class Remains(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that stay without whose they are: in which table, why, and until when."""

    what: str
    rows: int
    reason: str
    until: datetime


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """An order for erasure. Until `due_at` it can be undone."""

    id: UUID
    account_id: UUID
    state: ErasureState
    asked_at: datetime
    due_at: datetime
    ended_at: datetime | None
    remains: list[Remains]


class OwnErasure(msgspec.Struct, frozen=True, kw_only=True):
    """One's own order that waits, if there is one."""

    erasure: Erasure | None


class ErasureDue(Job, name="user.erasure_due"):
    """The time to undo it is over."""

    erasure_id: UUID


@command(
    "user.erase",
    allow={KNOWN},
    owing=True,
    receipt=False,
    rate=ASKING,
    errors={NotFound, InvalidParams, WrongCode, CodeGone, WrongPassword, RateLimited, SoleOwner, LastAdmin},
)
async def erase(
    ctx: Ctx,
    code: Code | None = None,
    password: Annotated[str, Meta(min_length=1, max_length=128)] | None = None,
) -> Erasure:
    """Have everything erased that is kept of you, in three days; until then `user.undo_erasure` takes it back.

    Prove it is you once more: with a code (`auth.otp_send` to your own number), or, without a number, your password.
    Both your addresses are told. Patients you act for are other people and stay. What the law wants kept stays without
    your name; the order lists it.
    """
    await closing.lock_places(ctx, ctx.actor.id)
    row = await ctx.tx.fetchrow(
        "SELECT phone, email, password_hash, locale FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id
    )
    if row is None:
        raise NotFound()
    if (found := await _waiting(ctx)) is not None:
        return await _view(ctx, found)
    await scopes.require_another_super(ctx, ctx.actor.id)
    await closing.refuse_sole_owner(ctx, ctx.actor.id)
    await _prove(ctx, row, code, password)
    order = await ctx.tx.fetchrow(
        "INSERT INTO erasure (account_id, asked_at, due_at) VALUES ($1, $2, $3) RETURNING *",
        ctx.actor.id,
        ctx.now,
        ctx.now + GRACE,
    )
    assert order is not None
    ctx.enqueue(ErasureDue(erasure_id=order["id"]), not_before=order["due_at"])
    ways: tuple[tuple[Literal["sms", "email"], str | None], ...] = (("sms", row["phone"]), ("email", row["email"]))
    for channel, address in ways:
        if address is not None:
            until = ctx.real_now + GRACE
            ctx.enqueue(letter(channel, address, LetterKind.ERASURE_ASKED, row["locale"], expires_at=until))
    return await _view(ctx, order)


@command("user.undo_erasure", allow={KNOWN}, owing=True, receipt=False, errors={NothingToUndo})
async def undo(ctx: Ctx) -> Erasure:
    """Take your order for erasure back. Doing so needs no proof beyond being logged in."""
    await ctx.tx.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id)
    if (found := await _waiting(ctx)) is None:
        raise NothingToUndo()
    order = await ctx.tx.fetchrow(
        "UPDATE erasure SET state = 'undone', ended_at = $2 WHERE id = $1 RETURNING *", found["id"], ctx.now
    )
    return await _view(ctx, order)


@query("user.erasure", allow={KNOWN}, owing=True)
async def own(ctx: Ctx) -> OwnErasure:
    """Your order that waits; null when there is none."""
    found = await _waiting(ctx)
    return OwnErasure(erasure=None if found is None else await _view(ctx, found))


@query("user.erasures", allow={Capacity.ADMIN})
async def list_erasures(ctx: Ctx, state: ErasureState = ErasureState.DONE, limit: Limit = 50) -> list[Erasure]:
    """The newest orders of a state, with what had to stay of each: ids only. For those with `privacy`."""
    await scopes.require(ctx, Scope.PRIVACY)
    rows = await ctx.tx.fetch("SELECT * FROM erasure WHERE state = $1 ORDER BY id DESC LIMIT $2", state, limit)
    return [await _view(ctx, row) for row in rows]


@consumer(ErasureDue)
async def carry_out(ctx: Ctx, job: ErasureDue) -> None:
    """Erase, unless it was undone. What is under way is waited for, and a place is not left without an owner."""
    account_id = await ctx.tx.fetchval("SELECT account_id FROM erasure WHERE id = $1", job.erasure_id)
    await closing.lock_places(ctx, account_id)
    await ctx.tx.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", account_id)
    order = await ctx.tx.fetchrow(
        "SELECT id, due_at FROM erasure WHERE id = $1 AND state = 'waiting' FOR UPDATE", job.erasure_id
    )
    if order is None:
        return
    subject = await subject_of(ctx.tx, account_id)
    try:
        await scopes.require_another_super(ctx, account_id)
        await closing.refuse_sole_owner(ctx, account_id)
        waits = await personal.is_underway(ctx.tx, subject)
    except (LastAdmin, SoleOwner):
        waits = True
    if waits or order["due_at"] > ctx.now:
        ctx.enqueue(ErasureDue(erasure_id=job.erasure_id), not_before=max(order["due_at"], ctx.now + AGAIN))
        return
    remains = await take_out(ctx, subject)
    await patients_gone(ctx, subject.patients)
    for one in remains:
        await ctx.tx.execute(
            "INSERT INTO erasure_remains (erasure_id, what, reason, rows, until) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (erasure_id, what, reason) DO UPDATE SET rows = erasure_remains.rows + EXCLUDED.rows",
            job.erasure_id,
            one.table,
            one.reason,
            one.rows,
            one.until,
        )
    await ctx.tx.execute(
        "UPDATE erasure SET state = 'done', ended_at = $2, patients = $3 WHERE id = $1",
        job.erasure_id,
        ctx.now,
        subject.patients,
    )
    log.info("erased", erasure=str(job.erasure_id), remains=len(remains))


async def take_out(ctx: Ctx, subject: Subject) -> list[personal.Remains]:
    """Take a person out of everything, now; answers what had to stay. Her sockets close."""
    await traces.erase(ctx.tx, subject, Vault(ctx.settings.secret))
    for account_id in subject.accounts:
        await closing.end_ties(ctx, account_id)
        await end_logins(ctx, account_id, None, EndReason.DEACTIVATED)
    return await personal.erase(ctx.tx, subject, ctx.now)


async def done(connection: Any) -> list[Any]:
    """Whom an older database would bring back."""
    if not await connection.fetchval("SELECT to_regclass('erasure') IS NOT NULL"):
        return []
    rows = await connection.fetch(
        "SELECT id, account_id, patients, asked_at, due_at, ended_at FROM erasure WHERE state = 'done' ORDER BY id"
    )
    return [
        {
            "erasure": str(row["id"]),
            "account": str(row["account_id"]),
            "patients": [str(one) for one in row["patients"]],
            **{name: row[name].isoformat() for name in ("asked_at", "due_at", "ended_at")},
        }
        for row in rows
    ]


class Done(msgspec.Struct, frozen=True):
    """One of `done`, as it comes back."""

    erasure: UUID
    account: UUID
    patients: list[UUID]
    asked_at: datetime
    due_at: datetime
    ended_at: datetime


async def erase_again(connection: Any, past: Past) -> list[str]:
    """On a restored database: erase whom the backup brought back. Each order is noted there as done."""
    known = {row["id"] for row in await connection.fetch("SELECT id FROM erasure WHERE state = 'done'")}
    told = msgspec.convert([one for one in past.outlived if "erasure" in one], list[Done])
    orders = {one.erasure: one for one in told if one.erasure not in known}
    for one in orders.values():
        ctx = Ctx(tx=connection, now=one.ended_at, real_now=past.taken_at, settings=past.settings)
        exists = await connection.fetchval("SELECT EXISTS (SELECT FROM account WHERE id = $1)", one.account)
        found = await subject_of(connection, one.account)
        patients = sorted({*found.patients, *one.patients})
        await take_out(ctx, msgspec.structs.replace(found, patients=patients))
        going = Ctx(tx=connection, now=one.ended_at, real_now=past.taken_at, settings=past.settings)
        await patients_gone(going, patients)
        await job_rows.store(connection, going.now, going.jobs, Vault(past.settings.secret))  # nobody else would
        if exists:
            await connection.execute("DELETE FROM erasure WHERE account_id = $1 AND state = 'waiting'", one.account)
            await connection.execute(
                "INSERT INTO erasure (id, account_id, patients, asked_at, due_at, state, ended_at)"
                " VALUES ($1, $2, $3, $4, $5, 'done', $6)",
                one.erasure,
                one.account,
                patients,
                one.asked_at,
                one.due_at,
                one.ended_at,
            )
    return [f"{len(orders)} people who were erased since are erased again"] if orders else []


async def _prove(ctx: Ctx, row: Any, code: str | None, password: str | None) -> None:
    if row["phone"] is not None:
        if code is None:
            raise InvalidParams(fields=(Field("$.code", "a code to your own number proves it is you"),))
        await otp.use(ctx, row["phone"], code, own=True)
        return
    if password is None:
        raise InvalidParams(fields=(Field("$.password", "your password proves it is you"),))
    charge = charge_of(ctx, Cap.PASSWORD_ACCOUNT, str(ctx.actor.id))
    await caps.spend(ctx, charge)
    if not await passwords.matches(row["password_hash"], password):
        refusal: Refusal = WrongPassword()
        refusal.keep = True  # a try that is rolled back is a try for free
        raise refusal
    await caps.give_back(ctx, [charge.subject])


async def _waiting(ctx: Ctx) -> Any:
    return await ctx.tx.fetchrow("SELECT * FROM erasure WHERE account_id = $1 AND state = 'waiting'", ctx.actor.id)


async def _view(ctx: Ctx, row: Any) -> Erasure:
    remains = await ctx.tx.fetch(
        "SELECT what, rows, reason, until FROM erasure_remains WHERE erasure_id = $1 ORDER BY what, reason", row["id"]
    )
    values = {name: row[name] for name in ("id", "account_id", "asked_at", "due_at", "ended_at")}
    return Erasure(
        **values, state=ErasureState(row["state"]), remains=[msgspec.convert(dict(one), Remains) for one in remains]
    )
