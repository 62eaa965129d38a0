"""Who is in the crowd: accounts with logins of their own, each guarding a patient who waits in one of the lines.

Rows go in as whole sets; tokens are signed by the product's own function.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg
from msgspec import Struct

from carewire.ids import uuid7
from carewire.settings import Settings
from channels.directory import demo as places
from channels.identity import demo
from channels.identity.principal import Claims, sign_access

LIFE: Final = timedelta(hours=2)


class Person(Struct, frozen=True):
    """An account, an access token that outlives the run, and what it listens to."""

    account: UUID
    token: str
    topics: tuple[str, ...]


class Line(Struct, frozen=True):
    """A sitting whose line moves: the desk gives `token` priority and takes it away again."""

    session: UUID
    tokens: list[UUID]

    @property
    def topic(self) -> str:
        """What its waiting room hears."""
        return f"line:{self.session}"


async def make_sittings(database_url: str, number: int) -> list[UUID]:
    """Sittings of one doctor that have not begun; their lines are open."""
    connection = await asyncpg.connect(database_url)
    try:
        now = datetime.now(UTC)
        rows = await connection.fetch(
            """INSERT INTO session (doctor_id, place_id, room_id, zone, starts_at, ends_at, opens_at, remote_join)
               SELECT $1, $2, $3, 'Asia/Kolkata', $4, $5, $6, true FROM generate_series(1, $7) RETURNING id""",
            places.DOCTOR_VIKRAM,
            places.CLINIC,
            places.ROOM_2,
            now + timedelta(hours=2),
            now + timedelta(hours=8),
            now - timedelta(hours=1),
            number,
        )
        return [row["id"] for row in rows]
    finally:
        await connection.close()


async def make_desk(database_url: str, settings: Settings) -> Person:
    """The demo clinic's front desk with a login of her own."""
    connection = await asyncpg.connect(database_url)
    try:
        return (await _log_in(connection, settings, [demo.DESK.account_id], [()]))[0]
    finally:
        await connection.close()


async def make_people(
    database_url: str, settings: Settings, lines: list[Line], number: int, *, own_topic: bool = True
) -> list[Person]:
    """Accounts spread evenly over the lines, each guardian of a waiting patient there."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            accounts = [uuid7() for _ in range(number)]
            since = datetime.now(UTC) - timedelta(minutes=1)
            base = await connection.fetchval("SELECT count(*) FROM account")
            await connection.copy_records_to_table(
                "account",
                columns=["id", "phone", "name", "created_at"],
                records=[(one, f"+9197{base + n:08d}", f"Person {n}", since) for n, one in enumerate(accounts)],
            )
            await connection.copy_records_to_table(
                "account_capacity",
                columns=["account_id", "capacity", "state", "since"],
                records=[(one, "patient", "active", since) for one in accounts],
            )
            patients = await connection.fetch("SELECT id, patient_id FROM token")
            patient_of = {row["id"]: row["patient_id"] for row in patients}
            await connection.copy_records_to_table(
                "guardianship",
                columns=["account_id", "patient_id", "kind", "since"],
                records=[
                    (one, patient_of[lines[n % len(lines)].tokens[0]], "other", since) for n, one in enumerate(accounts)
                ],
            )
            topics = [
                (lines[n % len(lines)].topic, *((f"account:{one}",) if own_topic else ()))
                for n, one in enumerate(accounts)
            ]
            people = await _log_in(connection, settings, accounts, topics)
        await connection.execute("ANALYZE")
        return people
    finally:
        await connection.close()


async def _log_in(
    connection: "asyncpg.Connection[asyncpg.Record]",
    settings: Settings,
    accounts: list[UUID],
    topics: list[tuple[str, ...]],
) -> list[Person]:
    now = datetime.now(UTC)
    expires_at = (now + LIFE).replace(microsecond=0)
    claims = [Claims(account, uuid7(), uuid4(), expires_at) for account in accounts]
    await connection.copy_records_to_table(
        "login",
        columns=["id", "account_id", "access_jti", "access_expires_at", "created_at"],
        records=[(one.login_id, one.account_id, one.jti, one.expires_at, now) for one in claims],
    )
    return [
        Person(one.account_id, sign_access(settings, one, now), follows)
        for one, follows in zip(claims, topics, strict=True)
    ]
