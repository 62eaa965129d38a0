"""Who was erased, or whose record was deleted, does not come back with an older backup, wherever the knowledge of it
survived."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from carewire.command import Ctx
from carewire.ids import uuid7
from carewire.settings import Settings
from carewire.store.db import Database
from channels.identity.erasures import ErasureDue, carry_out
from channels.identity.people import open_account
from tests.backup.conftest import Deployment
from tests.conftest import SECRET

PHONE, NAME = "+919811177777", "Lakshmi Narayanan"
STANDS = "SELECT count(*) FROM (SELECT name FROM account UNION ALL SELECT name FROM patient) n WHERE name = $1"

RECORD = "INSERT INTO patient (name, created_at) VALUES ('By Mistake', now()) RETURNING id"
DELETE = "UPDATE patient SET deleted_at = now() - interval '1 hour', deleted_by = $2 WHERE id = $1"
SINCE = "INSERT INTO account (phone, name, created_at) VALUES ('+919811177778', 'Since', now()) RETURNING id"

CALLS_OFF = (
    "SELECT count(DISTINCT name) FROM job WHERE name IN ('appointment.patient_gone', 'queue.patient_gone')"
    " AND state = 'open' AND due_at <= now() AND convert_from(payload, 'UTF8')::jsonb ->> 'patient_id' = $1::uuid::text"
)


async def within(deployment: Deployment, what: str) -> UUID:
    """`open` an account for her, or `erase` it as the job does when its time has come."""
    database = Database(deployment.url, pool_max=1)
    await database.open()
    try:
        async with database.transaction() as tx:
            now = datetime.now(UTC)
            ctx = Ctx(tx=tx, now=now, real_now=now, settings=Settings(secret=SECRET))
            account_id = await open_account(ctx, PHONE, name=NAME, locale="en")
            if what == "erase":
                order = uuid7()
                await tx.execute(
                    "INSERT INTO erasure (id, account_id, asked_at, due_at) VALUES ($1, $2, $3, $4)",
                    order,
                    account_id,
                    now - timedelta(hours=73),
                    now - timedelta(hours=1),
                )
                await carry_out(ctx, ErasureDue(erasure_id=order))
            return account_id
    finally:
        await database.close()


async def test_the_database_that_is_replaced_tells_whom_to_erase_again(deployment: Deployment) -> None:
    account_id = await within(deployment, "open")
    patient_id = await deployment.sql("SELECT patient_id FROM guardianship WHERE account_id = $1", account_id)
    gone, known, stays = [await deployment.sql(RECORD) for _ in range(3)]
    await deployment.sql(DELETE, known, account_id)
    path = await deployment.back_up()
    await within(deployment, "erase")
    await deployment.sql(DELETE, gone, await deployment.sql(SINCE))  # by somebody of whom the backup knows nothing
    assert await deployment.sql(STANDS, NAME) == 0
    for logins in ((), ("--keep-logins",)):  # also where nobody is logged out
        said = await deployment.run("restore", path, "--replace", "--drop-old", *logins)
        assert said.status == 0, said
        assert "1 people who were erased since are erased again" in said.err
        assert NAME not in said.err + said.out
        assert await deployment.sql(STANDS, NAME) == 0
        assert await deployment.sql("SELECT phone FROM account WHERE id = $1", account_id) is None
        assert await deployment.sql("SELECT count(*) FROM erasure WHERE state = 'done'") == 1
        assert await deployment.sql(CALLS_OFF, patient_id) == 2, "what is to come of her, and where she stands in line"
        assert "1 records that were deleted since are deleted again" in said.err
        assert await deployment.sql("SELECT array_agg(id ORDER BY id) FROM patient WHERE deleted_at IS NOT NULL") == [
            gone,
            known,
        ]
        assert await deployment.sql("SELECT deleted_by FROM patient WHERE id = $1", gone) is None
        assert await deployment.sql("SELECT deleted_by FROM patient WHERE id = $1", known) == account_id
        assert [await deployment.sql(CALLS_OFF, one) for one in (gone, known, stays)] == [2, 0, 0]


async def test_a_newer_backup_tells_it_when_the_database_is_lost(deployment: Deployment, elsewhere: Deployment) -> None:
    await within(deployment, "open")
    path = await deployment.back_up()
    await within(deployment, "erase")
    await deployment.back_up("newer")
    said = await deployment.run("restore", path, "--into", elsewhere.url)
    assert said.status == 0, said
    assert await elsewhere.sql(STANDS, NAME) == 0
    # Whoever knows of it nowhere brings her back: that is what the guide warns of.
    (path.parent / "newer.backup").unlink()
    said = await deployment.run("restore", path, "--into", elsewhere.url, "--replace", "--drop-old")
    assert said.status == 0, said
    assert await elsewhere.sql(STANDS, NAME) == 0  # the database that was replaced knew it
