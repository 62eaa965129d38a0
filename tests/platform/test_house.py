"""The housekeeping makes partitions ahead while everybody works."""

import asyncio

import asyncpg

from carewire.clock import Clock
from carewire.command import Ctx
from carewire.jobs.house import KeepHouse, keep_house
from carewire.settings import Settings
from carewire.store.db import Database
from tests.patience import PATIENCE_S

NEWEST = """SELECT max(part) FROM (SELECT inhrelid::regclass::text AS part FROM pg_inherits
 WHERE inhparent = $1::text::regclass) AS p WHERE part NOT LIKE '%_default'"""
WAITS = """SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
 WHERE NOT granted AND datname = current_database()"""


async def test_a_new_month_and_a_new_day_are_made_in_the_order_in_which_commands_write(
    db: Database, settings: Settings
) -> None:
    """A command has written its audit and not yet its event: the other order would be a deadlock."""
    command = await asyncpg.connect(settings.database_url)
    other = await asyncpg.connect(settings.database_url)
    try:
        gone = {table: await command.fetchval(NEWEST, table) for table in ("audit", "event")}
        for partition in gone.values():
            await command.execute(f"DROP TABLE {partition}")

        async def keep() -> None:
            async with db.transaction() as tx:
                now = Clock().now()
                await keep_house(Ctx(tx=tx, now=now, real_now=now, settings=settings), KeepHouse())

        async with command.transaction():
            await command.execute("LOCK TABLE audit IN ROW EXCLUSIVE MODE")
            keeping = asyncio.create_task(keep())
            async with asyncio.timeout(PATIENCE_S):
                while not keeping.done() and not await other.fetch(WAITS):
                    pass
            await command.execute("LOCK TABLE event IN ROW EXCLUSIVE MODE")
        await keeping
        assert {table: await command.fetchval(NEWEST, table) for table in gone} == gone
    finally:
        await command.close()
        await other.close()
