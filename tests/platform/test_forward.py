"""Migrations run forward on a filled database: a clinic of an earlier release goes on, and nothing of it is lost."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest_asyncio

from carewire.embedded import Postgres
from carewire.node import Node
from carewire.settings import Settings
from carewire.store.migrate import files, migrate
from channels.identity import demo
from channels.seed import seed
from tests.channels.callers import Caller, fresh_network
from tests.conftest import SECRET, be_another_deployment

RELEASE = "0007_unapproved_displays"
DATA = Path(__file__).parent / "data" / "clinic_0007.sql"
KEPT = (
    *("account", "patient", "guardianship", "membership", "place", "room", "doctor", "affiliation"),
    *("session", "token", "display", "login", "topic_head"),
)


@pytest_asyncio.fixture
async def earlier(postgres: Postgres) -> AsyncIterator[str]:
    """A database as the earlier release left it."""
    connection = await asyncpg.connect(postgres.url)
    await connection.execute("CREATE DATABASE of_an_earlier_release")
    url = postgres.url_of("of_an_earlier_release")
    await migrate(url, upto=RELEASE)
    inside = await asyncpg.connect(url)
    await inside.execute(DATA.read_text())
    await inside.close()
    await be_another_deployment(url)
    yield url
    await connection.execute("DROP DATABASE of_an_earlier_release WITH (FORCE)")
    await connection.close()


async def counts(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in KEPT}
    finally:
        await connection.close()


async def test_a_clinic_of_an_earlier_release_is_brought_forward_and_goes_on(earlier: str, tmp_path: Path) -> None:
    before = await counts(earlier)
    assert min(before.values()) > 0
    assert len(await migrate(earlier)) == len([path for path in files() if path.stem > RELEASE])
    assert await counts(earlier) == before
    settings = Settings(secret=SECRET, database_url=earlier, data=tmp_path, node="forward")
    await seed(earlier, settings)
    node = Node(settings)
    await node.start()
    try:
        desk = Caller(node, fresh_network(7))
        await desk.log_in(demo.DESK.phone)
        sessions = (await desk.call("session.list"))["rows"]
        lines = [await desk.call("queue.get", session_id=session["id"]) for session in sessions]
        assert any("Walk In 3" in str(line["queue"]) for line in lines)
        anybody = Caller(node, fresh_network(7))
        assert (await anybody.call("doctor.list"))["rows"], "doctors of then are found by today's search"
        assert (await anybody.call("place.get", place_id=sessions[0]["place_id"]))["name"]
    finally:
        await node.stop()


async def test_a_glass_that_was_broken_before_is_counted_on_the_day_it_was_counted_on(earlier: str) -> None:
    """Half past midnight in the home zone is still the day before in Dubai; there the next one is counted."""
    await migrate(earlier, upto="0150_deleted_patients")
    connection = await asyncpg.connect(earlier)
    broken = (
        "INSERT INTO break_glass (doctor_id, place_id, patient_id, reason, opened_at, until, slot{more})"
        " SELECT d.id, p.id, n.id, 'she could not be asked', at, at + interval '60 minutes', {slot}{value}"
        "   FROM (SELECT id FROM doctor ORDER BY id LIMIT 1) d, (SELECT id FROM place ORDER BY id LIMIT 1) p,"
        "        (SELECT id FROM patient ORDER BY id LIMIT 1) n, (VALUES ('2026-03-02 19:00Z'::timestamptz)) AS t (at)"
    )
    try:
        await connection.execute("UPDATE place SET zone = 'Asia/Dubai'")
        await connection.execute(broken.format(more="", slot=1, value=""))
        await migrate(earlier)
        await connection.execute(broken.format(more=", zone", slot=1, value=", 'Asia/Dubai'"))
        days = await connection.fetch("SELECT day::text, zone FROM break_glass ORDER BY id")
    finally:
        await connection.close()
    assert [tuple(row) for row in days] == [("2026-03-03", "Asia/Kolkata"), ("2026-03-02", "Asia/Dubai")]
