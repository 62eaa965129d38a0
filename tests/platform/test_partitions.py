"""The record's daily partitions, also after days in which nobody made any."""

import asyncpg
import pytest_asyncio

from carewire.store.db import Database

COLUMNS = '(day, topic, "offset", name, at, payload)'


@pytest_asyncio.fixture
async def neglected(database_url: str) -> None:
    """No partition from today on, and events of today, yesterday and long ago in the default one."""
    connection = await asyncpg.connect(database_url)
    try:
        for (name,) in await connection.fetch(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'event'::regclass AND c.relname <> 'event_default'"
        ):
            await connection.execute(f"DROP TABLE {name}")
        await connection.execute(
            f"INSERT INTO event {COLUMNS} SELECT (now() AT TIME ZONE 'UTC')::date - age, 'line:x', 100 - age, 'e',"
            " now(), '{}' FROM unnest(ARRAY[0, 1, 30]) age"
        )
    finally:
        await connection.close()


async def test_events_that_fell_into_the_default_partition_do_not_stop_new_partitions(
    neglected: None, db: Database
) -> None:
    async with db.transaction() as tx:
        before = await tx.fetch('SELECT "offset", xid FROM event WHERE "offset" > 90 ORDER BY 1')
        await tx.execute("SELECT carewire_partitions()")
        await tx.execute("SELECT carewire_partitions()")
        assert await tx.fetch('SELECT "offset", xid FROM event ORDER BY 1') == before  # also those transaction ids
        homes = await tx.fetch('SELECT "offset", tableoid::regclass::text AS home FROM event ORDER BY 1')
        today = await tx.fetchval("SELECT 'event_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')")
        assert [tuple(row) for row in homes] == [(99, "event_default"), (100, today)]
