"""Back again: all or nothing, never for the wrong one, and never with a number that somebody knows already."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from carewire.actor import Actor
from carewire.backup import archive
from carewire.embedded import Postgres
from carewire.errors import RateLimited, Refusal
from carewire.node import Node
from carewire.store.migrate import files, migrate
from tests.backup.conftest import Deployment
from tests.patience import PATIENCE_S
from tests.platform.conftest import *  # noqa: F403 - its fixtures
from tests.platform.conftest import MakeNode, call
from tests.toy.parts import somebody

EPOCH = "SELECT carewire_epoch()"
Databases = Callable[[], Any]


async def test_what_was_written_after_the_backup_is_gone_what_was_before_is_back_and_the_epoch_is_another(
    deployment: Deployment, databases: Databases
) -> None:
    before, epoch = await deployment.mark(), await deployment.sql(EPOCH)
    path = await deployment.back_up()
    after = await deployment.mark()
    said = await deployment.run("restore", path, "--replace")
    assert said.status == 0, said
    assert (await deployment.has(before), await deployment.has(after)) == (True, False)
    assert await deployment.sql(EPOCH) != epoch
    kept = [name for name in await databases() if name.startswith(f"{deployment.name}_before_")]
    assert len(kept) == 1
    old = Deployment(deployment.url.replace(deployment.name, kept[0], 1), deployment.folder)
    assert await old.has(after)
    assert kept[0] in said.err


async def test_one_backup_restored_twice_is_two_epochs(deployment: Deployment) -> None:
    """Clients of the first time hold offsets that mean something else the second time."""
    path = await deployment.back_up()
    seen = {await deployment.sql(EPOCH)}
    for _ in range(2):
        assert (await deployment.run("restore", path, "--replace", "--drop-old")).status == 0
        seen.add(await deployment.sql(EPOCH))
    assert len(seen) == 3


async def test_a_database_that_is_not_empty_or_another_deployments_is_left_alone_unless_told(
    deployment: Deployment, elsewhere: Deployment
) -> None:
    path = await deployment.back_up()
    assert (await deployment.run("restore", path, "--into", elsewhere.url)).status == 0
    mark = await deployment.mark()
    assert "is not empty; mend: --replace" in (await deployment.run("restore", path)).complaint
    await deployment.sql("UPDATE deployment SET id = uuidv7()")
    told = (await deployment.run("restore", path, "--replace")).complaint
    assert "of another deployment" in told
    assert str(archive.read_manifest(path).deployment) in told
    assert await deployment.has(mark)
    assert (await deployment.run("restore", path, "--replace", "--foreign", "--drop-old")).status == 0
    assert not await deployment.has(mark)


async def test_who_is_connected_is_counted_and_cut_off_only_when_told(deployment: Deployment) -> None:
    path = await deployment.back_up()
    mark = await deployment.mark()
    async with deployment.connected("carewire"), deployment.connected("carewire") as gateway, deployment.connected():
        told = (await deployment.run("restore", path, "--replace")).complaint
        assert "in use: 2 connections of gateways and 1 of other programs" in told
        assert await gateway.fetchval("SELECT 1") == 1
        assert await deployment.has(mark)
        assert (await deployment.run("restore", path, "--replace", "--force", "--drop-old")).status == 0
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await gateway.fetchval("SELECT 1")
    assert not await deployment.has(mark)


async def wait_for(found: Callable[[], Any]) -> Any:
    """Until the server shows it: it has no signal for what other sessions do."""
    async with asyncio.timeout(PATIENCE_S):
        while not (answer := await found()):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        return answer


async def test_a_restore_killed_while_it_fills_leaves_the_old_database_whole_and_nothing_running(
    deployment: Deployment, postgres: Postgres, databases: Databases
) -> None:
    path, mark, epoch = await deployment.back_up(), await deployment.mark(), await deployment.sql(EPOCH)
    beside = f"{deployment.name}_restoring"
    child = await deployment.start("restore", path, "--replace", "--force")
    await wait_for(lambda: contains(databases, beside))
    child.kill()
    await child.wait()
    assert (await deployment.has(mark), await deployment.sql(EPOCH)) == (True, epoch)
    assert beside in await databases()
    admin = await asyncpg.connect(postgres.url)
    try:
        busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'"
        await wait_for(lambda: is_zero(admin, busy, beside))
    finally:
        await admin.close()
    assert (await deployment.run("restore", path, "--replace", "--drop-old")).status == 0
    assert beside not in await databases()


async def is_zero(admin: Any, query: str, name: str) -> bool:
    return await admin.fetchval(query, name) == 0


async def test_a_restore_killed_in_the_middle_of_the_swap_leaves_the_old_database_whole(
    deployment: Deployment, postgres: Postgres, databases: Databases
) -> None:
    """Somebody who came after it had looked makes the rename wait, and there it dies."""
    path, mark, epoch = await deployment.back_up(), await deployment.mark(), await deployment.sql(EPOCH)
    child = await deployment.start("restore", path, "--replace")
    await wait_for(lambda: contains(databases, f"{deployment.name}_restoring"))
    admin = await asyncpg.connect(postgres.url)
    try:
        async with deployment.connected():
            renaming = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'ALTER DATABASE%' || $1 || '%RENAME%'"
            await wait_for(lambda: is_some(admin, renaming, f'"{deployment.name}"'))
            child.send_signal(signal.SIGKILL)
            await child.wait()
        await wait_for(lambda: is_zero(admin, renaming + " AND state = 'active'", f'"{deployment.name}"'))
    finally:
        await admin.close()
    assert (await deployment.has(mark), await deployment.sql(EPOCH)) == (True, epoch)
    assert not [name for name in await databases() if name.startswith(f"{deployment.name}_before_")]


async def is_some(admin: Any, query: str, name: str) -> bool:
    return await admin.fetchval(query, name) > 0


async def contains(databases: Databases, name: str) -> bool:
    return name in await databases()


async def test_an_archive_that_fails_half_way_leaves_the_old_database_whole_and_nothing_beside(
    deployment: Deployment, databases: Databases
) -> None:
    """The digests are right: it was damaged before it was sealed."""
    path, mark = await deployment.back_up(), await deployment.mark()
    manifest = archive.read_manifest(path)
    data = bytearray(path.read_bytes()[: manifest.bytes])
    data[-20_000:-19_000] = bytes(1_000)
    broken = path.with_name("broken.backup")
    broken.write_bytes(data)
    archive.seal(broken, msgspec.structs.replace(manifest, sha256=archive.digest_of(broken, manifest.bytes)))
    said = await deployment.run("restore", broken, "--replace")
    assert "pg_restore failed" in said.complaint
    assert await deployment.has(mark)
    assert not [name for name in await databases() if name.startswith(f"{deployment.name}_")]


async def test_a_backup_older_than_the_program_is_migrated_and_has_todays_partitions(
    postgres: Postgres, elsewhere: Deployment
) -> None:
    connection = await asyncpg.connect(postgres.url)
    await connection.execute(f"CREATE DATABASE {elsewhere.name}")
    await connection.close()
    await migrate(elsewhere.url, upto="0005_queue")
    for table in await partitions(elsewhere):
        await elsewhere.sql(f"DROP TABLE {table}")
    path = await elsewhere.back_up()
    assert archive.read_manifest(path).migrations[-1] == "0005_queue"
    said = await elsewhere.run("restore", path, "--replace", "--drop-old")
    assert said.status == 0, said
    assert await elsewhere.sql("SELECT count(*) FROM migration") == len(files())
    assert len(await partitions(elsewhere)) == 4


async def partitions(deployment: Deployment) -> list[str]:
    found: list[str] = await deployment.sql(
        "SELECT coalesce(array_agg(relname::text), '{}') FROM pg_class WHERE relname ~ '^event_[0-9]{8}$'"
    )
    return found


async def test_a_backup_taken_while_writers_write_is_of_one_moment(
    deployment: Deployment, elsewhere: Deployment, make_node: MakeNode
) -> None:
    node = await make_node()
    counters = {uuid4(): somebody() for _ in range(4)}  # each its own writer: what one may in a minute is limited
    async with node.db.transaction() as tx:
        await tx.executemany(
            "INSERT INTO counter (id, owner) VALUES ($1, $2)", [(one, owner.id) for one, owner in counters.items()]
        )
    done = asyncio.Event()

    async def write(counter: UUID) -> int:
        many = 0
        while not done.is_set():
            await call(node, counters[counter], "toy.add", counter_id=counter, times=2)
            many += 2
        return many

    writers = [asyncio.create_task(write(one)) for one in counters]
    path = await deployment.back_up()
    done.set()
    written = sum(await asyncio.gather(*writers))
    assert (await deployment.run("restore", path, "--into", elsewhere.url)).status == 0
    crooked = await elsewhere.sql(
        """SELECT count(*) FROM counter c LEFT JOIN topic_head h ON h.topic = 'toy:' || c.id
             LEFT JOIN LATERAL (SELECT count(*) AS many, max("offset") AS last FROM event e WHERE e.topic = h.topic) e
                    ON true
            WHERE (c.value, c.value, c.value) IS DISTINCT FROM
                  (coalesce(h."offset", 0), e.many, coalesce(e.last, 0))"""
    )
    kept = int(await elsewhere.sql("SELECT sum(value) FROM counter"))
    assert crooked == 0
    assert 0 < kept < written


async def test_numbers_given_out_after_the_backup_and_ids_of_another_server_do_no_harm(deployment: Deployment) -> None:
    await deployment.sql("SELECT nextval('conflated_version')")
    await deployment.sql(
        "INSERT INTO event (topic, \"offset\", name, at, payload, xid) VALUES ('x:1', 1, 'x', now(), '', '99999999999')"
    )
    path = await deployment.back_up()
    for _ in range(100):
        await deployment.sql("SELECT nextval('conflated_version')")
    given = await deployment.sql("SELECT nextval('conflated_version')")
    assert (await deployment.run("restore", path, "--replace", "--drop-old")).status == 0
    assert given < await deployment.sql("SELECT nextval('conflated_version')") < 2**53
    assert await deployment.sql("SELECT count(*) FROM event WHERE xid >= pg_current_xact_id()") == 0
    assert await deployment.sql("SELECT count(*) FROM event WHERE topic = 'x:1'") == 1


async def test_a_login_that_lived_in_the_backup_is_over_unless_told(deployment: Deployment) -> None:
    await deployment.sql(
        """WITH a AS (INSERT INTO account (phone, name, created_at) VALUES ('+919810000001', 'A', now()) RETURNING id)
           INSERT INTO login (account_id, access_jti, access_expires_at, created_at)
           SELECT id, uuidv4(), now() + interval '1 hour', now() FROM a"""
    )
    path = await deployment.back_up()
    living = "SELECT count(*) FROM login WHERE ended_at IS NULL"
    assert (await deployment.run("restore", path, "--replace", "--drop-old", "--keep-logins")).status == 0
    assert await deployment.sql(living) == 1
    said = await deployment.run("restore", path, "--replace", "--drop-old")
    assert "1 logins ended" in said.err
    assert await deployment.sql(living) == 0
    assert await deployment.sql("SELECT count(*) FROM token_blacklist") == 1


async def test_settings_of_the_database_stay(deployment: Deployment) -> None:
    await deployment.sql(f"ALTER DATABASE {deployment.name} SET work_mem TO '7MB'")
    path = await deployment.back_up()
    assert (await deployment.run("restore", path, "--replace", "--drop-old")).status == 0
    assert await deployment.sql("SHOW work_mem") == "7MB"
    assert await deployment.sql("SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"


async def test_files_brought_back_by_other_means_get_a_new_epoch_by_one_command(deployment: Deployment) -> None:
    epoch = await deployment.sql(EPOCH)
    assert (await deployment.run("new-epoch")).status == 0
    assert await deployment.sql(EPOCH) != epoch


async def test_an_embedded_database_that_is_switched_off_is_backed_up_and_restored_as_well(
    deployment: Deployment, server_folder: Path
) -> None:
    desk = {"CAREWIRE_DATABASE_URL": "", "CAREWIRE_DATA": str(deployment.folder / "desk")}
    path = await deployment.back_up()
    assert "no database" in (await deployment.run("backup", **desk)).complaint
    said = await deployment.run("restore", path, **desk)
    assert said.status == 0, said
    assert (await deployment.run("backup", **desk)).status == 0


async def test_a_gateway_in_the_middle_of_a_restore_answers_that_the_database_is_away_and_goes_on(
    deployment: Deployment, node: Node, owner: Actor, counter: UUID
) -> None:
    path = await deployment.back_up()
    seen: set[str] = set()
    done = asyncio.Event()

    async def write() -> None:
        while not done.is_set():
            try:
                await call(node, owner, "toy.add", counter_id=counter)
            except Refusal as refusal:
                seen.add(refusal.reason)

    writers = [asyncio.create_task(write()) for _ in range(8)]
    said = await deployment.run("restore", path, "--replace", "--force", "--drop-old")
    done.set()
    await asyncio.gather(*writers)
    assert said.status == 0, said
    assert seen <= {"unavailable", "outcome_unknown", "rate_limited"}  # a slow restore leaves time to ask too often
    while True:
        try:
            assert await call(node, owner, "toy.add", counter_id=counter)
        except RateLimited:  # for what was asked a moment ago
            continue
        break


async def test_an_ordinary_role_needs_createdb_and_is_told_so(postgres: Postgres, elsewhere: Deployment) -> None:
    admin = await asyncpg.connect(postgres.url)
    try:
        await admin.execute("CREATE ROLE clinic LOGIN")
        await admin.execute(f"CREATE DATABASE {elsewhere.name} OWNER clinic")
        clinic = Deployment(elsewhere.url.replace("carewire@", "clinic@", 1), elsewhere.folder)
        await migrate(clinic.url)
        path, epoch = await clinic.back_up(), await clinic.sql(EPOCH)
        async with elsewhere.connected():
            told = (await clinic.run("restore", path, "--replace")).complaint
            assert "in use: 1 of other programs" in told
        assert "mend: ALTER ROLE clinic CREATEDB" in (await clinic.run("restore", path, "--replace")).complaint
        assert "mend: connect as clinic" in (await elsewhere.run("restore", path, "--replace")).complaint
        assert await clinic.sql(EPOCH) == epoch
        await admin.execute("ALTER ROLE clinic CREATEDB")
        said = await clinic.run("restore", path, "--replace", "--drop-old")
        assert said.status == 0, said
        assert await clinic.sql(EPOCH) != epoch
    finally:
        await admin.execute(f"DROP DATABASE IF EXISTS {elsewhere.name} WITH (FORCE)")
        await admin.execute("DROP ROLE IF EXISTS clinic")
        await admin.close()
