"""Who is gone, erased or her record deleted, is called by nobody: her token leaves the line and everybody hears it.

H-117, PRODUCT 2, 17; issue 7, item 2.
"""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from carewire.backup.restore import Past
from carewire.node import Node
from channels.identity import demo as people
from channels.identity import erasures
from channels.queue.jobs import PatientGone
from tests.channels.callers import Caller, rows, told
from tests.channels.queue.conftest import MakeSession, admin_of, topic, walk_in
from tests.channels.queue.test_listening import Listener, run_job
from tests.patience import PATIENCE_S

HER = people.ARJUN_PATIENT


async def states(node: Node, *sessions: str, patient_id: UUID = HER) -> list[tuple[str, str | None]]:
    """How her tokens of these sittings stand."""
    sql = "SELECT state, reason FROM token WHERE patient_id = $1 AND session_id = ANY ($2) ORDER BY joined_at, id"
    return [tuple(row) for row in await rows(node, sql, patient_id, [UUID(one) for one in sessions])]


async def left_behind(node: Node, patient_id: UUID = HER) -> list[datetime]:
    """When her lines are looked at because she is gone."""
    sql = (
        "SELECT due_at FROM job WHERE name = 'queue.patient_gone'"
        " AND convert_from(payload, 'UTF8')::jsonb ->> 'patient_id' = $1::uuid::text ORDER BY due_at"
    )
    return [row["due_at"] for row in await rows(node, sql, patient_id)]


@pytest.mark.parametrize("stands", ["expected", "waiting", "called", "skipped", "away"])
async def test_wherever_she_stands_in_it_she_leaves_the_line_and_all_who_listen_hear_it_once(
    clinic: Node, desk: Caller, priya: Caller, session: str, stands: str
) -> None:
    hers = (await priya.call("queue.join", session_id=session, patient_id=HER))["id"]
    for verb in {"waiting": ["arrive"], "called": ["arrive", "call"], "skipped": ["arrive", "call", "skip"],
                 "away": ["arrive", "call", "begin", "away"]}.get(stands, []):  # fmt: skip
        await desk.call(f"queue.{verb}", token_id=hers)
    after_her = (await walk_in(desk, session, "Next"))["id"]
    names = (f"queue:{session}", f"line:{session}", f"token:{hers}", f"token:{after_her}")
    listeners = [await Listener(clinic, name).join() for name in names]
    assert await states(clinic, session) == [(stands, None)]

    await admin_of(clinic).call("patient.delete", patient_id=HER)
    await asyncio.gather(*[run_job(clinic, PatientGone(patient_id=HER)) for _ in range(3)])
    assert await states(clinic, session) == [("cancelled", "patient_gone")]
    heard = [len(await told(clinic, listener.name)) - listener.heard for listener in listeners]
    assert heard[:3] == [1, 1, 1]
    for listener in listeners:
        await listener.check()
    called = await desk.call("queue.call_next", session_id=session)
    assert called["id"] == after_her


async def test_who_is_with_the_doctor_is_seen_to_the_end_and_who_was_seen_stays_seen(
    clinic: Node, desk: Caller, priya: Caller, session: str
) -> None:
    hers = (await priya.call("queue.join", session_id=session, patient_id=HER))["id"]
    for verb in ("arrive", "call", "begin"):
        await desk.call(f"queue.{verb}", token_id=hers)
    await admin_of(clinic).call("patient.delete", patient_id=HER)
    await run_job(clinic, PatientGone(patient_id=HER))
    assert await states(clinic, session) == [("in_consultation", None)]
    await desk.call("queue.complete", token_id=hers)
    await run_job(clinic, PatientGone(patient_id=HER))
    assert await states(clinic, session) == [("completed", None)]


async def test_she_leaves_every_line_she_stands_in_and_nobody_else_leaves_any(
    clinic: Node, desk: Caller, priya: Caller, make_session: MakeSession
) -> None:
    now = clinic.dispatcher.clock.now()
    lines = [await make_session(remote_join=True)]
    later = {"starts_at": now + timedelta(hours=5), "ends_at": now + timedelta(hours=6), "opens_at": now}
    lines.append(await make_session(live=False, remote_join=True, **later))
    others = []
    for line in lines:
        await priya.call("queue.join", session_id=line, patient_id=HER)
        others.append(UUID((await walk_in(desk, line, "Somebody Else"))["id"]))
    await admin_of(clinic).call("patient.delete", patient_id=HER)
    await run_job(clinic, PatientGone(patient_id=HER))
    assert await states(clinic, *lines) == [("cancelled", "patient_gone")] * 2
    left = await rows(clinic, "SELECT state FROM token WHERE id = ANY ($1)", others)
    assert [row["state"] for row in left] == ["waiting"] * 2


async def test_who_joined_for_her_at_the_moment_she_went_does_not_leave_her_there(
    clinic: Node, priya: Caller, session: str
) -> None:
    """Her guardian's right was looked at before she went, and the line was entered after it."""
    await admin_of(clinic).call("patient.delete", patient_id=HER)
    at_once, once_more = await left_behind(clinic)
    assert once_more - at_once == timedelta(minutes=1)
    async with asyncio.timeout(PATIENCE_S):
        while not await rows(clinic, "SELECT FROM job WHERE name = 'queue.patient_gone' AND state = 'done'"):
            pass  # until the first look is over; each of ours is a round trip
    went = "UPDATE patient SET deleted_at = $2, deleted_by = $3 WHERE id = $1"
    for gone in ((None, None), (clinic.dispatcher.clock.now(), people.ADMIN_ID)):
        async with clinic.db.transaction() as tx:
            await tx.execute(went, HER, *gone)
        if gone == (None, None):
            await priya.call("queue.join", session_id=session, patient_id=HER)
    await run_job(clinic, PatientGone(patient_id=HER))
    assert await states(clinic, session) == [("cancelled", "patient_gone")]


async def test_whom_a_restored_backup_brought_back_into_a_line_leaves_it_again(
    clinic: Node, desk: Caller, priya: Caller, session: str
) -> None:
    """The backup was taken while she waited, and she had herself erased when that was over."""
    hers = (await priya.call("queue.join", session_id=session, patient_id=people.PRIYA_PATIENT))["id"]
    await desk.call("queue.arrive", token_id=hers)
    now = clinic.dispatcher.clock.now()
    moments = {
        "asked_at": (now - timedelta(days=3)).isoformat(),
        "due_at": now.isoformat(),
        "ended_at": now.isoformat(),
    }
    patients = [str(people.PRIYA_PATIENT)]
    erased = {"erasure": str(uuid4()), "account": str(people.PRIYA.account_id), "patients": patients} | moments
    past = Past(taken_at=now, outlived=[erased], settings=clinic.settings, keep_logins=True)
    assert await states(clinic, session, patient_id=people.PRIYA_PATIENT) == [("waiting", None)]
    async with clinic.db.transaction() as tx:
        await erasures.erase_again(tx, past)
    assert await left_behind(clinic, people.PRIYA_PATIENT)
    for _ in range(2):
        await run_job(clinic, PatientGone(patient_id=people.PRIYA_PATIENT))
    assert await states(clinic, session, patient_id=people.PRIYA_PATIENT) == [("cancelled", "patient_gone")]
    listed = [token for token in (await topic(clinic, f"queue:{session}")).tokens if str(token.id) == hers]
    assert [token.state.value for token in listed] in ([], ["cancelled"])
