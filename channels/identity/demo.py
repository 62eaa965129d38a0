"""The people of the demo clinic (PRODUCT 21). Fixed ids and numbers; running it again changes nothing.

Nothing here leaves the machine: development letters go to the mailbox. Everybody logs in by OTP except the admin, who
has an e-mail and a password that only a development database ever holds.
"""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from carewire.store.db import Tx
from channels.identity import passwords, scopes
from channels.identity.nouns import Capacity, Kin, Scope


def _id(number: int) -> UUID:
    return UUID(f"0199d3a0-0000-7000-8000-{number:012d}")


class Person(NamedTuple):
    account_id: UUID
    phone: str
    name: str
    locale: str
    capacities: tuple[Capacity, ...]


ASHA: Final = Person(_id(1), "+919900000001", "Dr. Asha Rao", "en", (Capacity.PATIENT, Capacity.DOCTOR))
VIKRAM: Final = Person(_id(2), "+919900000002", "Dr. Vikram Singh", "hi", (Capacity.PATIENT, Capacity.DOCTOR))
DESK: Final = Person(_id(3), "+919900000003", "Sunita Devi", "hi", (Capacity.PATIENT,))
PRIYA: Final = Person(_id(4), "+919900000004", "Priya Sharma", "hi", (Capacity.PATIENT,))
PHARMACIST: Final = Person(_id(5), "+919900000005", "Imran Khan", "en", (Capacity.PATIENT, Capacity.PHARMACY))
TECHNICIAN: Final = Person(_id(6), "+919900000006", "Meera Iyer", "en", (Capacity.PATIENT, Capacity.LABORATORY))
PEOPLE: Final = (ASHA, VIKRAM, DESK, PRIYA, PHARMACIST, TECHNICIAN)

ADMIN_ID: Final = _id(9)
ADMIN_EMAIL: Final = "admin@carewire.test"
ADMIN_PASSWORD: Final = "carewire-demo-admin"  # noqa: S105 - printed by `make up`; refused outside development

SELF_PATIENTS: Final = {person.account_id: _id(100 + n) for n, person in enumerate(PEOPLE, 1)}
PRIYA_PATIENT: Final = SELF_PATIENTS[PRIYA.account_id]
ARJUN_PATIENT: Final = _id(111)
"""Priya's son."""
KAMLA_PATIENT: Final = _id(112)
"""Priya's mother."""
WALK_IN_PATIENT: Final = _id(113)
"""Came to the desk without a phone; the directory's demo names the clinic that made him."""


async def seed(tx: Tx, now: datetime) -> None:
    """Accounts, their capacities, patients and guardianships."""
    for person in PEOPLE:
        await tx.execute(
            "INSERT INTO account (id, phone, name, locale, created_at) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT DO NOTHING",
            person.account_id,
            person.phone,
            person.name,
            person.locale,
            now,
        )
        for capacity in person.capacities:
            await _capacity(tx, person.account_id, capacity, now)
        await _patient(tx, SELF_PATIENTS[person.account_id], person.name, person.phone, None, None, now)
        await _guardian(tx, person.account_id, SELF_PATIENTS[person.account_id], Kin.SELF, now)
    await _patient(tx, ARJUN_PATIENT, "Arjun Sharma", None, 2016, "male", now)
    await _guardian(tx, PRIYA.account_id, ARJUN_PATIENT, Kin.PARENT, now)
    await _patient(tx, KAMLA_PATIENT, "Kamla Sharma", None, 1951, "female", now)
    await _guardian(tx, PRIYA.account_id, KAMLA_PATIENT, Kin.CHILD, now)
    await _patient(tx, WALK_IN_PATIENT, "Ramesh Yadav", None, 1968, "male", now)
    await _admin(tx, now)


async def _capacity(tx: Tx, account_id: UUID, capacity: Capacity, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO account_capacity (account_id, capacity, state, since) VALUES ($1, $2, 'active', $3)"
        " ON CONFLICT DO NOTHING",
        account_id,
        capacity,
        now,
    )


async def _patient(
    tx: Tx, patient_id: UUID, name: str, phone: str | None, birth_year: int | None, sex: str | None, now: datetime
) -> None:
    await tx.execute(
        "INSERT INTO patient (id, name, phone, birth_year, sex, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING",
        patient_id,
        name,
        phone,
        birth_year,
        sex,
        now,
    )


async def _guardian(tx: Tx, account_id: UUID, patient_id: UUID, kind: Kin, now: datetime) -> None:
    # Also a guardianship that was ended since is not made again.
    await tx.execute(
        "INSERT INTO guardianship (account_id, patient_id, kind, since) SELECT $1, $2, $3, $4"
        " WHERE NOT EXISTS (SELECT FROM guardianship WHERE account_id = $1 AND patient_id = $2)",
        account_id,
        patient_id,
        kind,
        now,
    )


async def _admin(tx: Tx, now: datetime) -> None:
    if await tx.fetchval("SELECT EXISTS (SELECT FROM account WHERE id = $1)", ADMIN_ID):
        return
    await tx.execute(
        "INSERT INTO account (id, email, email_verified_at, name, password_hash, created_at)"
        " VALUES ($1, $2, $5, $3, $4, $5)",
        ADMIN_ID,
        ADMIN_EMAIL,
        "Demo Admin",
        await passwords.digest(ADMIN_PASSWORD),
        now,
    )
    await _capacity(tx, ADMIN_ID, Capacity.ADMIN, now)
    await scopes.give(tx, ADMIN_ID, {Scope.SUPER}, now)
