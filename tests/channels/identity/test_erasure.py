"""Being forgotten: what nobody else can start, what must wait, and that nothing is left but what the law keeps.

PRODUCT 2 and 30; ledger: user.delete H-253 M-176 (of oneself).
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from carewire.errors import Forbidden, InvalidParams, RateLimited
from carewire.ids import uuid7
from carewire.node import Node
from carewire.personal import Subject
from carewire.traces import without
from channels.directory import demo as places
from channels.identity.demo import ADMIN_EMAIL, ADMIN_PASSWORD, ARJUN_PATIENT, DESK, PRIYA, PRIYA_PATIENT
from channels.identity.erasures import GRACE
from channels.identity.errors import CodeGone, LastAdmin, NothingToUndo, SoleOwner, WrongCode
from channels.identity.subjects import subject_of
from tests.channels.callers import Caller, TurnableClock, another, letters, rows
from tests.channels.queue.conftest import admin_of, desk, make_session, session
from tests.patience import PATIENCE_S

__all__ = ["desk", "make_session", "session"]  # the queue's fixtures

MakeCaller = Callable[..., Caller]
DEVICE = "Priya's telephone 7c1d"
HERS = "+919811177777"


async def new_person(caller: MakeCaller, **more: Any) -> Caller:
    """Somebody who has an account of her own, and is logged in."""
    made = caller()
    await made.log_in(HERS, name="Lakshmi Narayanan", device=DEVICE, **more)
    return made


async def order(one: Caller, phone: str) -> Any:
    return await one.call("user.erase", code=await one.ask_code(phone))


async def let_pass(node: Node, order_id: str) -> None:
    """Three days go by, and the job runs."""
    async with node.db.transaction() as tx:
        await tx.execute(
            "UPDATE erasure SET asked_at = asked_at - $2::interval, due_at = due_at - $2::interval WHERE id = $1",
            order_id,
            GRACE,
        )
        (job,) = await tx.fetch(
            "UPDATE job SET due_at = due_at - $1::interval WHERE name = 'user.erasure_due' AND state = 'open'"
            " RETURNING id",
            GRACE,
        )
    await ended(node, job["id"])


async def ended(node: Node, job_id: Any) -> None:
    """The job has run, by us or by the node's own loop."""
    await node.runner.executor.run_one(job_id)
    async with asyncio.timeout(PATIENCE_S):
        while not await rows(node, "SELECT 1 FROM job WHERE id = $1 AND state = 'done'", job_id):
            pass


async def everywhere(node: Node, *words: str) -> set[str]:
    """Tables in which one of these words still stands, whatever the type of the column; sealed payloads are opened."""
    connection = await asyncpg.connect(node.settings.database_url)
    try:
        tables = await connection.fetch(
            "SELECT c.relname AS name FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relnamespace = 'public'::regnamespace"
        )
        found = set()
        for table in (row["name"] for row in tables):
            for row in await connection.fetch(f'SELECT * FROM "{table}"'):
                for value in row.values():
                    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                    if any(word in text for word in words):
                        found.add(table)
        return found
    finally:
        await connection.close()


async def test_nobody_starts_it_without_a_second_proof(caller: MakeCaller) -> None:
    lakshmi = await new_person(caller)
    with pytest.raises(InvalidParams):
        await lakshmi.call("user.erase")
    with pytest.raises(InvalidParams):
        await lakshmi.call("user.erase", password="whatever")
    code = await lakshmi.ask_code(HERS)
    with pytest.raises(WrongCode):
        await lakshmi.call("user.erase", code=another(code))
    priya = caller()
    await priya.log_in(PRIYA.phone)
    with pytest.raises(CodeGone):  # a code to another number proves nothing about her
        await priya.call("user.erase", code=code)
    admin = caller()
    await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    for _ in range(5):
        with pytest.raises(Exception, match=r"not right|must be left"):
            await admin.call("user.erase", password="a guess")
    with pytest.raises((RateLimited, LastAdmin)):
        await admin.call("user.erase", password=ADMIN_PASSWORD)


async def test_a_place_is_not_left_without_its_owner_nor_the_platform_without_an_administrator(
    caller: MakeCaller, clinic: Node
) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO membership (account_id, place_id, duty, since) SELECT a.id, $2, 'owner', now() FROM account a"
            " WHERE a.phone = $1",
            DESK.phone,
            places.PHARMACY,
        )
        await tx.execute(
            "UPDATE membership SET until = now() WHERE place_id = $1 AND account_id <> $2 AND until IS NULL",
            places.PHARMACY,
            DESK.account_id,
        )
    desk = caller()
    await desk.log_in(DESK.phone)
    with pytest.raises(SoleOwner):
        await order(desk, DESK.phone)
    admin = caller()
    await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    with pytest.raises(LastAdmin):
        await admin.call("user.erase", password=ADMIN_PASSWORD)


async def test_it_is_told_can_be_undone_and_then_nothing_happens(caller: MakeCaller, clinic: Node) -> None:
    lakshmi = await new_person(caller)
    with pytest.raises(NothingToUndo):
        await lakshmi.call("user.undo_erasure")
    asked = await order(lakshmi, HERS)
    assert asked["state"] == "waiting"
    assert (await lakshmi.call("user.erasure"))["erasure"]["id"] == asked["id"]
    assert (await lakshmi.call("user.erase"))["id"] == asked["id"]  # asking again changes nothing
    while not any("erased" in letter["body"] for letter in await letters(clinic, HERS)):
        pass  # the letter follows the commit
    assert (await lakshmi.call("user.undo_erasure"))["state"] == "undone"
    (job,) = await rows(clinic, "SELECT id FROM job WHERE name = 'user.erasure_due'")
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE job SET due_at = now() WHERE id = $1", job["id"])
    await ended(clinic, job["id"])
    assert (await lakshmi.call("profile.get"))["name"] == "Lakshmi Narayanan"
    assert (await lakshmi.call("user.erasure"))["erasure"] is None


async def test_before_its_time_it_does_nothing_whoever_runs_the_job(caller: MakeCaller, clinic: Node) -> None:
    lakshmi = await new_person(caller)
    await order(lakshmi, HERS)
    (job,) = await rows(clinic, "SELECT id FROM job WHERE name = 'user.erasure_due'")
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE job SET due_at = now() WHERE id = $1", job["id"])
    await ended(clinic, job["id"])
    assert (await lakshmi.call("user.erasure"))["erasure"]["state"] == "waiting"
    assert len(await rows(clinic, "SELECT 1 FROM job WHERE name = 'user.erasure_due' AND state = 'open'")) == 1


async def test_after_it_nothing_of_her_stands_anywhere(
    caller: MakeCaller, clinic: Node, clock: TurnableClock, desk: Caller, session: str
) -> None:
    lakshmi = await new_person(caller)
    stranger = caller()
    await stranger.call("auth.register", user_type="doctor", name="Lakshmi Narayanan", phone=HERS, email="l@n.example")
    (own,) = (await lakshmi.call("patient.list"))["rows"]
    child = await lakshmi.call("patient.create", name="Her Child", kind="parent", birth_year=2020)
    await lakshmi.call("user.export")
    token = await lakshmi.call("queue.join", session_id=session, patient_id=own["id"])
    # A desk's receipt, and events with her name for the staff who listen.
    key = uuid7()
    await desk.call("queue.arrive", token_id=token["id"], idempotency_key=key)
    walked_in = {"session_id": session, "name": "Somebody", "phone": HERS, "idempotency_key": uuid7()}
    await desk.call("queue.walk_in", **walked_in)
    await lakshmi.call("queue.leave", token_id=token["id"])
    assert lakshmi.actor is not None
    told = {"account_id": lakshmi.actor.id, "title": "Hello", "message": "Dear Lakshmi Narayanan"}
    await admin_of(clinic).call("notification.create", **told)
    while not await rows(clinic, "SELECT 1 FROM notification WHERE fact = 'notification.by_hand'"):
        pass
    while not await rows(clinic, "SELECT 1 FROM export_part"):
        pass
    before = await everywhere(clinic, HERS, "Lakshmi Narayanan", DEVICE)
    assert {"account", "patient", "login", "event", "mailbox", "registration", "notification"} <= before

    clock.turn(seconds=31)
    asked = await order(lakshmi, HERS)
    await let_pass(clinic, asked["id"])

    assert await everywhere(clinic, HERS, "Lakshmi Narayanan", DEVICE, "l@n.example") == set()
    assert await lakshmi.reload() is None
    account_id = asked["account_id"]
    for table, column in (("login", "account_id"), ("account", "id")):
        assert await rows(clinic, f"SELECT 1 FROM {table} WHERE {column} = $1", account_id)  # bare rows others refer to
    # Her child is another person (PRODUCT 2), and what was told keeps its order.
    (kept,) = await rows(clinic, "SELECT name FROM patient WHERE id = $1", child["id"])
    assert kept["name"] == "Her Child"
    offsets = [
        row["offset"]
        for row in await rows(clinic, 'SELECT "offset" FROM event WHERE topic = $1 ORDER BY 1', f"queue:{session}")
    ]
    assert offsets == list(range(1, len(offsets) + 1))
    again = await desk.call("queue.arrive", token_id=token["id"], idempotency_key=key)
    assert again["patient_id"] == own["id"]
    # The number is anybody's again, and brings nothing back.
    anew = caller()
    login = await anew.log_in(HERS, name="Somebody Else")
    assert login["account"]["id"] != account_id


async def test_what_the_law_keeps_is_named_with_reason_and_end_for_who_watches_over_privacy(
    caller: MakeCaller, clinic: Node, desk: Caller, session: str
) -> None:
    lakshmi = await new_person(caller)
    token = await lakshmi.call("queue.join", session_id=session)
    await lakshmi.call("queue.leave", token_id=token["id"])
    asked = await order(lakshmi, HERS)
    await let_pass(clinic, asked["id"])
    with pytest.raises(Forbidden):
        await desk.call("user.erasures")
    (found,) = await admin_of(clinic).call("user.erasures")
    assert (found["id"], found["state"]) == (asked["id"], "done")
    remains = {one["what"]: one for one in found["remains"]}
    assert {"patient", "token"} <= remains.keys()
    assert {one["reason"] for one in remains.values()} == {"medical_record"}
    assert all(one["until"] > found["ended_at"] for one in remains.values())
    with pytest.raises(asyncpg.CheckViolationError):
        async with clinic.db.transaction() as tx:
            await tx.execute("UPDATE erasure SET state = 'waiting', ended_at = NULL")


async def test_who_is_in_a_line_is_not_erased_out_of_it(caller: MakeCaller, clinic: Node, session: str) -> None:
    lakshmi = await new_person(caller)
    token = await lakshmi.call("queue.join", session_id=session)
    asked = await order(lakshmi, HERS)
    await let_pass(clinic, asked["id"])
    assert (await lakshmi.call("user.erasure"))["erasure"]["state"] == "waiting"
    await lakshmi.call("queue.leave", token_id=token["id"])
    (job,) = await rows(clinic, "SELECT id, due_at FROM job WHERE name = 'user.erasure_due' AND state = 'open'")
    assert job["due_at"] - clinic.clock.now() < timedelta(hours=1, minutes=1)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE job SET due_at = now() WHERE id = $1", job["id"])
    await ended(clinic, job["id"])
    assert (await rows(clinic, "SELECT state FROM erasure"))[0]["state"] == "done"


async def test_a_name_that_many_bear_is_taken_out_only_beside_her_own_ids() -> None:
    hers, other = str(PRIYA_PATIENT), str(ARJUN_PATIENT)
    mine = b'{"patient_id":"%b","name":"Ravi","note":"Ravi came"}' % hers.encode()
    assert (
        without(mine, [hers], ["Ravi"])
        == b'{"patient_id":"%b","name":"\xe2\x80\x94","note":"\xe2\x80\x94 came"}' % hers.encode()
    )
    assert without(b'{"patient_id":"%b","name":"Ravi"}' % other.encode(), [hers], ["Ravi"]) is None
    assert without(b'{"patient_id":"%b","number":4}' % hers.encode(), [hers], ["Ravi"]) is None


async def test_patients_somebody_acts_for_are_no_part_of_her(clinic: Node) -> None:
    async with clinic.db.snapshot() as tx:
        subject = await subject_of(tx, PRIYA.account_id)
    assert subject == Subject(
        accounts=[PRIYA.account_id], patients=[PRIYA_PATIENT], addresses=[PRIYA.phone], names=[PRIYA.name]
    )
