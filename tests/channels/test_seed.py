"""The demo clinic (PRODUCT 21)."""

import msgspec
import pytest

from carewire.node import Node
from carewire.settings import Settings
from channels.identity.demo import ADMIN_EMAIL, DESK, WALK_IN_PATIENT
from channels.seed import NotInProduction, hint, seed
from tests.channels.callers import rows

COUNTS = {
    "SELECT 1 FROM doctor": 2,
    "SELECT 1 FROM room": 3,
    "SELECT 1 FROM affiliation WHERE state = 'accepted'": 2,
    "SELECT 1 FROM membership WHERE duty = 'front_desk'": 1,
    "SELECT 1 FROM place WHERE kind = 'pharmacy'": 1,
    "SELECT 1 FROM place WHERE kind = 'laboratory'": 1,
    "SELECT 1 FROM guardianship g JOIN account a ON a.id = g.account_id WHERE a.name = 'Priya Sharma'": 3,
    "SELECT 1 FROM account WHERE locale = 'hi'": 3,
    "SELECT 1 FROM account WHERE locale = 'en'": 4,
}


async def test_production_never_gets_the_demo_clinic(settings: Settings) -> None:
    assert settings.database_url is not None
    with pytest.raises(NotInProduction):
        await seed(settings.database_url, msgspec.structs.replace(settings, mode="production"))


async def test_the_demo_clinic_is_there_and_seeding_again_changes_nothing(clinic: Node) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account SET name = 'Renamed' WHERE id = $1", DESK.account_id)
        await tx.execute("UPDATE membership SET until = now() WHERE account_id = $1", DESK.account_id)
    tables = ("account", "account_capacity", "patient", "guardianship", "membership", "place", "room", "doctor")
    sql = " UNION ALL ".join(f"SELECT '{table}' AS t, x::text AS line FROM {table} x" for table in tables)
    before = sorted(tuple(row) for row in await rows(clinic, sql))
    assert clinic.settings.database_url is not None
    await seed(clinic.settings.database_url, clinic.settings)
    assert sorted(tuple(row) for row in await rows(clinic, sql)) == before
    for query, count in COUNTS.items():
        assert len(await rows(clinic, query)) == count, query
    (walk_in,) = await rows(clinic, "SELECT 1 FROM patient WHERE id = $1 AND place_id IS NOT NULL", WALK_IN_PATIENT)
    assert walk_in


async def test_the_hint_names_who_can_log_in(settings: Settings) -> None:
    assert DESK.phone in hint(settings)
    assert ADMIN_EMAIL in hint(settings)
