"""Making accounts: every account that has a phone is a patient too, and acts for herself."""

from datetime import date, datetime
from uuid import UUID

from carewire.command import Ctx
from carewire.store.db import Tx
from channels.identity.nouns import Capacity, CapacityState, Kin

NEEDS_VERIFICATION = frozenset({Capacity.DOCTOR, Capacity.PHARMACY, Capacity.LABORATORY})


async def find_by_phone(tx: Tx, phone: str) -> UUID | None:
    """The account of this number, locked against others who would change it."""
    account_id: UUID | None = await tx.fetchval("SELECT id FROM account WHERE phone = $1 FOR NO KEY UPDATE", phone)
    return account_id


async def open_account(ctx: Ctx, phone: str, *, name: str | None, locale: str) -> UUID:
    """The account of a number that has proved itself (or was entered by staff); made when there is none.

    With a new account come the capacity `patient` and a patient record of its own, because most people who log in
    with a phone come as patients. Without a name the last digits stand in until the holder tells hers: a desk must
    be able to call somebody.
    """
    called = name or f"…{phone[-4:]}"
    account_id: UUID | None = await ctx.tx.fetchval(
        "INSERT INTO account (phone, name, locale, created_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (phone) DO NOTHING RETURNING id",
        phone,
        called,
        locale,
        ctx.now,
    )
    if account_id is None:
        found = await find_by_phone(ctx.tx, phone)
        if found is None:
            raise RuntimeError("an account vanished while its number was locked")
        return found
    await hold(ctx.tx, account_id, Capacity.PATIENT, ctx.now)
    patient_id = await add_patient(ctx.tx, name=called, phone=phone, birth_year=None, sex=None, now=ctx.now)
    await guard(ctx.tx, account_id, patient_id, Kin.SELF, ctx.now)
    return account_id


async def hold(tx: Tx, account_id: UUID, capacity: Capacity, now: datetime) -> bool:
    """Give a capacity: pending where a verification decides. False when it is held (or was refused) already."""
    state = CapacityState.PENDING if capacity in NEEDS_VERIFICATION else CapacityState.ACTIVE
    tag = await tx.execute(
        "INSERT INTO account_capacity (account_id, capacity, state, since) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (account_id, capacity) DO NOTHING",
        account_id,
        capacity,
        state,
        now,
    )
    return tag == "INSERT 0 1"


async def add_patient(
    tx: Tx,
    *,
    name: str,
    phone: str | None,
    birth_year: int | None,
    sex: str | None,
    now: datetime,
    birth_date: date | None = None,
) -> UUID:
    """A patient record that a guardian made."""
    patient_id: UUID = await tx.fetchval(
        "INSERT INTO patient (name, phone, birth_year, sex, created_at, birth_date) VALUES ($1, $2, $3, $4, $5, $6)"
        " RETURNING id",
        name,
        phone,
        birth_year,
        sex,
        now,
        birth_date,
    )
    return patient_id


async def guard(
    tx: Tx,
    account_id: UUID,
    patient_id: UUID,
    kind: Kin,
    now: datetime,
    *,
    invited_by: UUID | None = None,
    claim_id: UUID | None = None,
    merged: bool = False,
) -> None:
    """Let an account act for a patient; for a minor until she is of age (the database sees to it)."""
    await tx.execute(
        "INSERT INTO guardianship (account_id, patient_id, kind, since, invited_by, claim_id, merged)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        account_id,
        patient_id,
        kind,
        now,
        invited_by,
        claim_id,
        merged,
    )
