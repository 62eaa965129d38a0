"""Who plays in a trial: accounts with tokens, ledgers, and one live sitting with its desk and its patients."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
from msgspec import Struct

from carewire.ids import uuid7
from channels.directory import demo as places
from channels.identity import demo
from channels.identity.principal import Claims, sign_access
from channels.seed import seed
from tests.faults.world import World

BOOKKEEPERS: Final = 4
PATIENTS: Final = 8
LEDGERS: Final = 3


class Person(Struct, frozen=True):
    """An account and an access token that outlives the trial."""

    account: UUID
    token: str


class Cast(Struct, frozen=True):
    """Everybody."""

    ledgers: list[UUID]
    session: UUID
    rooms: list[UUID]
    bookkeepers: list[Person]
    desk: Person
    patients: list[Person]


async def gather(world: World) -> Cast:
    """Put them into the migrated database."""
    await seed(world.postgres.url, world.settings)
    connection = await asyncpg.connect(world.postgres.url)
    try:
        async with connection.transaction():
            ledgers = [uuid7() for _ in range(LEDGERS)]
            await connection.executemany("INSERT INTO ledger (id) VALUES ($1)", [(one,) for one in ledgers])
            return Cast(
                ledgers=ledgers,
                session=await _sitting(connection),
                rooms=[places.ROOM_1, places.ROOM_2, places.ROOM_3],
                bookkeepers=[await _patient(world, connection, n) for n in range(BOOKKEEPERS)],
                desk=await _person(world, connection, demo.DESK.account_id),
                patients=[await _patient(world, connection, 100 + n) for n in range(PATIENTS)],
            )
    finally:
        await connection.close()


async def _sitting(connection: Any) -> UUID:
    now = datetime.now(UTC)
    session: UUID = await connection.fetchval(
        """INSERT INTO session (doctor_id, place_id, zone, starts_at, ends_at, opens_at, remote_join, multi_room, state,
                                started_at)
           VALUES ($1, $2, 'Asia/Kolkata', $3, $4, $3, true, true, 'live', $3) RETURNING id""",
        places.DOCTOR_ASHA,
        places.CLINIC,
        now - timedelta(minutes=5),
        now + timedelta(hours=6),
    )
    return session


async def _patient(world: World, connection: Any, number: int) -> Person:
    account, patient, now = uuid7(), uuid7(), datetime.now(UTC)
    await connection.execute(
        "INSERT INTO account (id, phone, name, created_at) VALUES ($1, $2, $3, $4)",
        account, f"+91981{number:07d}", f"Person {number}", now,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO account_capacity (account_id, capacity, state, since) VALUES ($1, 'patient', 'active', $2)",
        account, now,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO patient (id, name, created_at) VALUES ($1, $2, $3)", patient, f"Person {number}", now
    )
    await connection.execute(
        "INSERT INTO guardianship (account_id, patient_id, kind, since) VALUES ($1, $2, 'self', $3)",
        account, patient, now,
    )  # fmt: skip
    return await _person(world, connection, account)


async def _person(world: World, connection: Any, account: UUID) -> Person:
    login, jti, now = uuid7(), uuid4(), datetime.now(UTC)
    expires = now + timedelta(hours=1)
    await connection.execute(
        "INSERT INTO login (id, account_id, access_jti, access_expires_at, created_at) VALUES ($1, $2, $3, $4, $5)",
        login, account, jti, expires, now,
    )  # fmt: skip
    return Person(account, sign_access(world.settings, Claims(account, login, jti, expires), now))
