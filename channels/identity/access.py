"""The doors of identity: patients by guardianship, places by duty. Strangers get `NotFound`."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import Forbidden, InvalidParams, NotFound, Refusal
from carewire.settings import Settings
from carewire.store.db import Tx
from carewire.topic import Ask
from channels.identity import keys
from channels.identity.errors import FactDue
from channels.identity.events import profile_changed
from channels.identity.nouns import Capacity, CapacityState, Duty, Kin, Scope
from channels.identity.scopes import held as held_scopes


class PatientRow(msgspec.Struct, frozen=True, kw_only=True):
    """A patient the caller may act for. `kind` is what the caller is to her."""

    id: UUID
    name: str
    phone: str | None
    birth_year: int | None
    birth_date: date | None
    sex: str | None
    kind: Kin
    since: datetime
    created_at: datetime


_GUARDED = """SELECT p.id, p.name, p.phone, p.birth_year, p.birth_date, p.sex, g.kind, g.since, p.created_at
  FROM guarding g JOIN patient p ON p.id = g.patient_id
 WHERE g.account_id = $1 AND NOT g.merged AND p.deleted_at IS NULL"""
_ASKED = f"""SELECT ask.n, found.*
  FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (account_id, patient_id, n)
 CROSS JOIN LATERAL ({_GUARDED.replace("$1", "ask.account_id")}
    AND (ask.patient_id IS NULL OR p.id = ask.patient_id) LIMIT 2) found"""


@door
async def patient(ctx: Ctx, patient_id: UUID | None = None, *, lock: bool = False) -> PatientRow:
    """A patient the caller guards. Without an id: the only one; with several the caller must say which.

    With `lock` her row is locked, and then the right is looked at once more: it may have ended while we waited. A
    record that was merged into one's own is reached through that one.
    """
    (found,) = await guarded(ctx.tx, [(ctx.actor.id, patient_id)])
    if isinstance(found, Refusal):
        raise found
    if lock:
        await ctx.tx.execute("SELECT FROM patient WHERE id = $1 FOR NO KEY UPDATE", found.id)
        (found,) = await guarded(ctx.tx, [(ctx.actor.id, found.id)])
        if isinstance(found, Refusal):
            raise found
    return found


async def guarded(tx: Tx, asks: Sequence[tuple[UUID, UUID | None]]) -> list[PatientRow | Refusal]:
    """`patient` for many (account, patient) pairs in one query, in their order."""
    found: list[list[PatientRow]] = [[] for _ in asks]
    for row in await tx.fetch(_ASKED, [account for account, _ in asks], [patient for _, patient in asks]):
        values = dict(row)
        found[values.pop("n") - 1].append(msgspec.convert(values, PatientRow))
    return [
        NotFound()
        if not rows
        else rows[0]
        if len(rows) == 1
        else InvalidParams("You act for several patients: say which with patient_id")
        for rows in found
    ]


async def patients(ctx: Ctx) -> list[PatientRow]:
    """Everybody the caller acts for, herself first, then in the order they were added."""
    rows = await ctx.tx.fetch(f"{_GUARDED} ORDER BY (g.kind = 'self') DESC, g.since, p.id", ctx.actor.id)
    return [msgspec.convert(dict(row), PatientRow) for row in rows]


async def acts_for(ctx: Ctx) -> frozenset[UUID]:
    """The ids of everybody the caller acts for, records merged into one's own among them."""
    rows = await ctx.tx.fetch("SELECT patient_id FROM guarding WHERE account_id = $1", ctx.actor.id)
    return frozenset(row["patient_id"] for row in rows)


async def records_of(tx: Tx, patient_id: UUID) -> list[UUID]:
    """This record and those that were merged into it."""
    rows = await tx.fetch(
        "SELECT patient_id FROM patient_claim WHERE into_id = $1 AND undone_at IS NULL ORDER BY patient_id", patient_id
    )
    return [patient_id, *(row["patient_id"] for row in rows)]


async def guards(tx: Tx, account_id: UUID, patient_id: UUID) -> datetime | None:
    """Since when this account acts for this patient, or None."""
    since: datetime | None = await tx.fetchval(
        "SELECT since FROM guarding WHERE account_id = $1 AND patient_id = $2",
        account_id,
        patient_id,
    )
    return since


async def guards_many(tx: Tx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]:
    """`guards` for many (account, patient) pairs in one query, in their order."""
    rows = await tx.fetch(
        "SELECT g.since FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (account_id, patient_id, n)"
        " LEFT JOIN guarding g ON g.account_id = ask.account_id AND g.patient_id = ask.patient_id ORDER BY ask.n",
        [account_id for account_id, _ in asks],
        [patient_id for _, patient_id in asks],
    )
    return [row["since"] for row in rows]


async def acting_for(tx: Tx, patient_ids: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """(patient, account) for every account that acts for one of these patients now."""
    rows = await tx.fetch(
        "SELECT patient_id, account_id FROM guarding WHERE patient_id = ANY($1)",
        list(patient_ids),
    )
    return [(row["patient_id"], row["account_id"]) for row in rows]


async def acted_for(tx: Tx, patient_ids: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """`acting_for`, of deleted patients too: for who has to say that they are gone."""
    rows = await tx.fetch(
        "SELECT patient_id, account_id FROM guardianship"
        " WHERE patient_id = ANY($1) AND until IS NULL AND (lapses_at IS NULL OR lapses_at > now())",
        list(patient_ids),
    )
    return [(row["patient_id"], row["account_id"]) for row in rows]


async def clocks(tx: Tx, account_ids: Sequence[UUID]) -> dict[UUID, str | None]:
    """The zones these accounts said are their own."""
    rows = await tx.fetch("SELECT id, zone FROM account WHERE id = ANY($1)", list(account_ids))
    return {row["id"]: row["zone"] for row in rows}


async def duties(ctx: Ctx, place_id: UUID) -> frozenset[Duty]:
    """The caller's live duties at a place; empty for a stranger."""
    rows = await ctx.tx.fetch(
        "SELECT duty FROM membership WHERE account_id = $1 AND place_id = $2 AND until IS NULL", ctx.actor.id, place_id
    )
    return frozenset(Duty(row["duty"]) for row in rows)


async def duties_of(tx: Tx, account_id: UUID, place_id: UUID) -> frozenset[Duty]:
    """The live duties of an active account at a place."""
    rows = await tx.fetch(
        "SELECT m.duty FROM membership m JOIN account a ON a.id = m.account_id AND a.state = 'active'"
        " WHERE m.account_id = $1 AND m.place_id = $2 AND m.until IS NULL",
        account_id,
        place_id,
    )
    return frozenset(Duty(row["duty"]) for row in rows)


async def works_many(
    tx: Tx, asks: Sequence[tuple[UUID, UUID]], wanted: frozenset[Duty] = frozenset(Duty)
) -> list[datetime | None]:
    """Since when each (account, place) pair has one of the wanted duties, or None; one query, in their order."""
    rows = await tx.fetch(
        "SELECT (SELECT min(m.since) FROM membership m WHERE m.account_id = ask.account_id"
        " AND m.place_id = ask.place_id AND m.until IS NULL AND m.duty = ANY($3)) AS since"
        " FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (account_id, place_id, n) ORDER BY ask.n",
        [account_id for account_id, _ in asks],
        [place_id for _, place_id in asks],
        [duty.value for duty in wanted],
    )
    return [row["since"] for row in rows]


async def rights_changed(ctx: Ctx, account_id: UUID) -> None:
    """Say that what this account may do has changed: its version goes up and every node looks again."""
    await ctx.tx.execute("UPDATE account SET rights_version = rights_version + 1 WHERE id = $1", account_id)
    ctx.rights_changed(account_id)


async def own_phone(ctx: Ctx) -> str | None:
    """The caller's number, which a code has proved."""
    phone: str | None = await ctx.tx.fetchval("SELECT phone FROM account WHERE id = $1", ctx.actor.id)
    return phone


async def require_fact(ctx: Ctx) -> None:
    """Every door to clinical data asks this: raises `FactDue` while this login owes a known fact."""
    if await owes_fact(ctx):
        raise FactDue()


async def owes_fact(ctx: Ctx) -> bool:
    """Whether this login has still to tell a known fact: until then nothing shows it what the fact is."""
    owes: bool | None = await ctx.tx.fetchval("SELECT fact_due FROM login WHERE id = $1", ctx.actor.login_id)
    return bool(owes)


async def owing_facts(tx: Tx, login_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Those of these logins that owe a known fact."""
    rows = await tx.fetch("SELECT id FROM login WHERE id = ANY($1) AND fact_due", list(login_ids))
    return frozenset(row["id"] for row in rows)


def seal_code(settings: Settings, *parts: str | bytes) -> bytes:
    """What is stored of a short code: a keyed digest, as a plain hash of six digits is no secret."""
    return keys.seal(settings, "otp", *parts)


async def scopes(ctx: Ctx) -> frozenset[Scope]:
    """What the caller may as an administrator; all of it with `super`, nothing for anybody else."""
    return frozenset() if ctx.anonymous else await scopes_of(ctx.tx, ctx.actor.id)


async def scopes_of(tx: Tx, account_id: UUID) -> frozenset[Scope]:
    """What this account may as an administrator; all of it with `super`, nothing for anybody else."""
    found = await held_scopes(tx, account_id)
    return frozenset(Scope) if Scope.SUPER in found else found


async def has_scope(ctx: Ctx, wanted: Collection[str]) -> bool:
    """Whether the caller is an administrator with one of these scopes, or with `super`."""
    return not (await scopes(ctx)).isdisjoint(wanted)


@door
async def administrator(ctx: Ctx, *, scopes: Collection[str]) -> None:
    """The door of what only administrators do: raises `Forbidden` without one of these scopes, or `super`."""
    if not await has_scope(ctx, scopes):
        raise Forbidden()


async def capacity_state(tx: Tx, account_id: UUID, capacity: Capacity) -> CapacityState | None:
    """Whether an active account has this capacity, or waits for it."""
    state: str | None = await tx.fetchval(
        "SELECT c.state FROM account_capacity c JOIN account a ON a.id = c.account_id AND a.state = 'active'"
        " WHERE c.account_id = $1 AND c.capacity = $2",
        account_id,
        capacity,
    )
    return None if state is None else CapacityState(state)


async def return_to_pending(ctx: Ctx, account_id: UUID, capacity: Capacity) -> None:
    """An active capacity has to be verified anew; until then it opens nothing. Tells `ProfileUpdated`."""
    tag = await ctx.tx.execute(
        "UPDATE account_capacity SET state = $3 WHERE account_id = $1 AND capacity = $2 AND state = $4",
        account_id,
        capacity,
        CapacityState.PENDING,
        CapacityState.ACTIVE,
    )
    if tag != "UPDATE 0":
        await rights_changed(ctx, account_id)
        await profile_changed(ctx, account_id)


async def set_capacity(ctx: Ctx, account_id: UUID, capacity: Capacity, state: CapacityState) -> None:
    """What a verification decided about a capacity the account holds or asked for. Tells `ProfileUpdated`."""
    tag = await ctx.tx.execute(
        "UPDATE account_capacity SET state = $3 WHERE account_id = $1 AND capacity = $2 AND state <> $3",
        account_id,
        capacity,
        state,
    )
    if tag != "UPDATE 0":
        await rights_changed(ctx, account_id)
        await profile_changed(ctx, account_id)


async def with_scope(tx: Tx, scope: Scope) -> list[UUID]:
    """The active administrators who have this scope, or `super`."""
    rows = await tx.fetch(
        "SELECT DISTINCT s.account_id FROM admin_scope s JOIN account a ON a.id = s.account_id AND a.state = 'active'"
        " JOIN account_capacity c ON c.account_id = s.account_id AND c.capacity = 'admin' AND c.state = 'active'"
        " WHERE s.until IS NULL AND s.scope IN ($1, 'super') ORDER BY s.account_id",
        scope,
    )
    return [row["account_id"] for row in rows]


async def may_hear_oneself(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Of a topic that is an account's own: only the account itself, since it exists."""
    own = [actor.id for actor, (account_id,) in asks if actor.id == account_id]
    rows = await ctx.tx.fetch("SELECT id, created_at FROM account WHERE id = ANY($1) AND state = 'active'", own)
    since = {row["id"]: row["created_at"] for row in rows}
    return [since.get(actor.id) if actor.id == account_id else None for actor, (account_id,) in asks]


async def people_at(tx: Tx, place_ids: Collection[UUID], wanted: frozenset[Duty] = frozenset(Duty)) -> list[UUID]:
    """The accounts that have one of these duties at one of these places now."""
    rows = await tx.fetch(
        "SELECT DISTINCT account_id FROM membership WHERE place_id = ANY($1) AND until IS NULL AND duty = ANY($2)"
        " ORDER BY account_id",
        list(place_ids),
        sorted(wanted),
    )
    return [row["account_id"] for row in rows]


async def works_at(tx: Tx, account_id: UUID, wanted: frozenset[Duty]) -> list[UUID]:
    """The places where an account has one of these duties now."""
    rows = await tx.fetch(
        "SELECT DISTINCT place_id FROM membership WHERE account_id = $1 AND until IS NULL AND duty = ANY($2)",
        account_id,
        sorted(wanted),
    )
    return [row["place_id"] for row in rows]
