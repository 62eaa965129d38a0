"""A critical value is never overlooked: asked for step by step, each step once, until somebody says that she knows.

Issue 8, 4: an acknowledgement deadline that escalates. Jobs run twice, at once, killed before their commit; the clock
is turned by hand.
"""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from carewire.command import Ctx
from carewire.errors import Forbidden, NotFound
from carewire.jobs.job import REGISTRY as JOBS
from carewire.node import Node
from channels.directory.demo import CLINIC
from channels.identity import Capacity, platform_settings
from channels.identity.demo import ADMIN_ID, ASHA, DESK, PRIYA, TECHNICIAN, VIKRAM
from channels.lab import critical
from channels.lab.critical import CriticalDue, How
from channels.lab.errors import NotWaiting
from tests.channels.callers import Caller, rows
from tests.channels.lab.laboratory import P, execute, hired, ordered
from tests.channels.lab.test_reports import CRITICAL, NORMAL, by_doctor, collected
from tests.channels.queue.conftest import ProductClock, admin_of, as_person
from tests.channels.queue.test_listening import run_job
from tests.channels.test_tables import checked_words


async def told(node: Node) -> set[tuple[str, UUID]]:
    """Who was told what about critical values."""
    found = await rows(node, "SELECT key FROM job WHERE key LIKE 'notify:%:lab_report.critical%'")
    parts = [row["key"].split(":") for row in found]
    return {(fact.removeprefix("lab_report."), UUID(person)) for _, person, fact, *_ in parts}


async def state(node: Node) -> Any:
    (row,) = await rows(node, "SELECT * FROM lab_critical")
    return row


async def steps(node: Node) -> list[int]:
    return [row["step"] for row in await rows(node, "SELECT step FROM lab_critical_step ORDER BY step")]


async def raised(clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str) -> Any:
    """Dr. Vikram asked; the potassium is 6.8."""
    test = await by_doctor(clinic, doctor, priya, session, entry)
    return await technician.call("lab_test.submit_result", lab_test_id=test, values=CRITICAL)


async def test_the_closed_list_is_the_columns_check_and_the_deadline_the_settings_default(
    clinic: Node, database_url: str
) -> None:
    assert await checked_words(database_url, "lab_critical", "how") == {how.value for how in How}
    (row,) = await rows(clinic, "SELECT critical_minutes() AS minutes")
    assert row["minutes"] == platform_settings.PlatformSettings().critical_minutes


async def test_it_goes_from_the_doctor_to_the_place_to_administrators_each_step_once(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str, time: ProductClock
) -> None:
    await raised(clinic, technician, doctor, priya, session, entry)
    waits = await state(clinic)
    assert waits["due_at"] - waits["raised_at"] == timedelta(minutes=30)
    assert await told(clinic) == {("critical", VIKRAM.account_id)}
    (job,) = await rows(clinic, "SELECT due_at, state FROM job WHERE name = 'lab.critical_due' AND state = 'open'")
    assert job["due_at"] == waits["due_at"]

    first = CriticalDue(critical_id=waits["id"], step=0)
    time.turn(minutes=29)
    await run_job(clinic, first)  # too soon: it waits on
    assert (await steps(clinic), (await state(clinic))["step"]) == ([0], 0)
    time.turn(minutes=2)
    await asyncio.gather(*(run_job(clinic, first) for _ in range(5)))  # doubled by a lost worker
    await run_job(clinic, first)
    assert await steps(clinic) == [0, 1]
    place = {("critical_waits", who) for who in (ASHA.account_id, VIKRAM.account_id, TECHNICIAN.account_id)}
    assert await told(clinic) == {("critical", VIKRAM.account_id)} | place  # Asha owns the clinic

    time.turn(minutes=30)
    second = CriticalDue(critical_id=waits["id"], step=1)
    await asyncio.gather(*(run_job(clinic, second) for _ in range(5)))
    assert await steps(clinic) == [0, 1, 2]
    assert await told(clinic) == {("critical", VIKRAM.account_id), ("critical_waits", ADMIN_ID)} | place
    for n in range(2):  # a step that was taken is not taken again
        await run_job(clinic, CriticalDue(critical_id=waits["id"], step=n))
    assert await steps(clinic) == [0, 1, 2]


async def test_after_the_last_step_everybody_is_asked_again_until_somebody_answers(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str, time: ProductClock
) -> None:
    report = await raised(clinic, technician, doctor, priya, session, entry)
    waits = await state(clinic)

    async def asked(step: int, **later: float) -> int:
        """How many people this step told."""
        time.turn(**later)
        due = CriticalDue(critical_id=waits["id"], step=step - 1)
        await asyncio.gather(*(run_job(clinic, due) for _ in range(3)))
        found = await rows(clinic, "SELECT told FROM lab_critical_step WHERE step = $1", step)
        return sum(row["told"] for row in found)

    assert [await asked(1, minutes=31), await asked(2, minutes=30)] == [3, 1]
    assert await asked(3, minutes=20) == 0, "too soon"
    assert await asked(3, minutes=11) == 4, "the doctor, the place, the laboratory and an administrator"
    for step, hours in ((4, 1), (5, 2), (6, 4), (7, 8), (8, 16), (9, 24), (10, 24)):
        assert await asked(step, hours=hours / 2) == 0, "after twice as long each time"
        assert await asked(step, hours=hours / 2) == 4, "and at least once a day"
    again = await rows(
        clinic, "SELECT 1 FROM job WHERE key LIKE $1", f"notify:{VIKRAM.account_id}:%:{waits['id']}:step %"
    )
    assert len(again) == 8
    (job,) = await rows(clinic, "SELECT due_at FROM job WHERE name = 'lab.critical_due' AND state = 'open'")
    assert timedelta(hours=23) < job["due_at"] - time.now() <= timedelta(days=1)
    assert len(await admin_of(clinic).call("lab_report.waiting")) == 1
    # Weeks later neither the doctor nor the laboratory sees her any more; who is asked every day can still answer.
    time.turn(days=40)
    with pytest.raises(NotFound):
        await technician.call("lab_report.get", lab_report_id=report["id"])
    with pytest.raises(NotFound):
        await doctor.call("lab_report.acknowledge", lab_report_id=report["id"], how="patient_told")
    await technician.call("lab_report.acknowledge", lab_report_id=report["id"], how="patient_told")
    assert await asked(11, hours=24) == 0
    assert await admin_of(clinic).call("lab_report.waiting") == []


async def test_who_is_not_there_is_not_waited_for(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str, time: ProductClock
) -> None:
    """Nobody of the laboratory is left, and no doctor asked: administrators hear of it at once."""
    test = await collected(technician, priya, entry)
    other = await ordered(priya, entry)
    await execute(
        clinic,
        "UPDATE membership SET duty = 'nurse' WHERE account_id = $1 AND duty = 'owner'",
        TECHNICIAN.account_id,
    )
    report = await technician.call("lab_test.submit_result", lab_test_id=test, values=CRITICAL)
    assert (await steps(clinic), await told(clinic)) == ([0], {("critical", TECHNICIAN.account_id)})
    await technician.call("lab_report.acknowledge", lab_report_id=report["id"], how="expected")
    await technician.call("lab_test.submit_result", lab_test_id=other, values=CRITICAL)
    await execute(clinic, "UPDATE membership SET until = now() WHERE account_id = $1", TECHNICIAN.account_id)
    (open_,) = await rows(clinic, "SELECT id FROM lab_critical WHERE acknowledged_at IS NULL")
    time.turn(minutes=31)
    await run_job(clinic, CriticalDue(critical_id=open_["id"], step=0))
    found = await rows(
        clinic, "SELECT step, told FROM lab_critical_step WHERE critical_id = $1 ORDER BY step", open_["id"]
    )
    assert [tuple(row) for row in found] == [(0, 1), (1, 0), (2, 1)]
    assert ("critical_waits", ADMIN_ID) in await told(clinic)


async def test_a_doctor_who_is_gone_is_asked_no_more_and_her_laboratory_is(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str, time: ProductClock
) -> None:
    report = await raised(clinic, technician, doctor, priya, session, entry)
    waits = (await state(clinic))["id"]
    await execute(clinic, "UPDATE account SET state = 'deactivated' WHERE id = $1", VIKRAM.account_id)
    for step in range(3):
        time.turn(hours=3)
        await run_job(clinic, CriticalDue(critical_id=waits, step=step))
    again = await rows(clinic, "SELECT key FROM job WHERE key LIKE 'notify:%:step 3'")
    assert not [row for row in again if str(VIKRAM.account_id) in row["key"]]
    assert [row for row in again if str(TECHNICIAN.account_id) in row["key"]]
    await technician.call("lab_report.acknowledge", lab_report_id=report["id"], how="patient_told")


async def test_a_run_that_is_killed_before_its_commit_has_told_nobody_and_comes_again(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str, time: ProductClock
) -> None:
    await raised(clinic, technician, doctor, priya, session, entry)
    due = CriticalDue(critical_id=(await state(clinic))["id"], step=0)
    before = await told(clinic)
    time.turn(minutes=31)

    class Killed(Exception):
        pass

    async def killed() -> None:
        async with clinic.db.transaction() as tx:
            now = time.now()
            ctx = Ctx(tx=tx, now=now, real_now=now, settings=clinic.settings)
            await JOBS["lab.critical_due"].run(ctx, due)
            raise Killed

    with pytest.raises(Killed):
        await killed()
    assert (await steps(clinic), await told(clinic)) == ([0], before)
    await run_job(clinic, due)
    assert await steps(clinic) == [0, 1]


async def test_the_doctors_word_ends_it_and_a_job_that_comes_after_finds_nothing(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str, time: ProductClock
) -> None:
    report = await raised(clinic, technician, doctor, priya, session, entry)
    word = {"lab_report_id": report["id"], "how": "patient_told", "note": "Sent for an ECG"}
    asha = as_person(clinic, ASHA)
    for who in (priya, technician, asha, as_person(clinic, DESK, Capacity.STAFF), admin_of(clinic)):
        with pytest.raises((NotFound, Forbidden)):  # nobody else has been asked yet
            await who.call("lab_report.acknowledge", **word)
    seen = await doctor.call("lab_report.acknowledge", **word)
    assert seen["acknowledged_at"] is not None
    with pytest.raises(NotWaiting):
        await doctor.call("lab_report.acknowledge", **word)
    time.turn(minutes=31)
    await run_job(clinic, CriticalDue(critical_id=(await state(clinic))["id"], step=0))
    assert (await steps(clinic), len(await told(clinic))) == ([0], 1)
    (row,) = await rows(clinic, "SELECT how, note, acknowledged_by FROM lab_critical")
    assert (row["how"], row["note"], row["acknowledged_by"]) == ("patient_told", "Sent for an ECG", VIKRAM.account_id)


async def test_once_others_were_asked_the_laboratory_and_a_doctor_who_may_read_it_can_answer(
    clinic: Node, morning: ProductClock, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str
) -> None:
    report = await raised(clinic, technician, doctor, priya, session, entry)
    asha = as_person(clinic, ASHA)
    morning.turn(minutes=31)
    await run_job(clinic, CriticalDue(critical_id=(await state(clinic))["id"], step=0))
    word = {"lab_report_id": report["id"], "how": "sent_to_hospital"}
    with pytest.raises(NotFound):  # she was told that it waits, and may not read it
        await asha.call("lab_report.acknowledge", **word)
    await asha.call("break_glass.open", patient_id=P, place_id=CLINIC, reason="A critical value waits")
    assert (await asha.call("lab_report.get", lab_report_id=report["id"]))["versions"][0]["results"][0]["number"] == 6.8
    await asha.call("lab_report.acknowledge", **word)
    assert (await state(clinic))["acknowledged_by"] == ASHA.account_id


async def test_without_a_doctor_who_may_read_it_the_laboratory_is_responsible(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str, time: ProductClock
) -> None:
    test = await by_doctor(clinic, doctor, priya, session, entry)
    (relation,) = [r for r in await priya.call("relation.list", patient_id=P) if r["doctor_id"]]
    await priya.call("relation.end", relation_id=relation["id"])
    report = await technician.call("lab_test.submit_result", lab_test_id=test, values=CRITICAL)
    assert await told(clinic) == {("critical", TECHNICIAN.account_id)}
    collector = await hired(clinic, 21, "collector")
    with pytest.raises(NotFound):
        await collector.call("lab_report.acknowledge", lab_report_id=report["id"], how="patient_told")
    manager = await hired(clinic, 22, "manager")
    seen = await manager.call("lab_report.acknowledge", lab_report_id=report["id"], how="patient_told")
    assert set(seen) == {"id", "due_at", "acknowledged_at"}  # a manager reads no value
    assert (await state(clinic))["acknowledged_at"] is not None


async def test_an_amendment_takes_its_place(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str, time: ProductClock
) -> None:
    report = {"lab_report_id": (await raised(clinic, technician, doctor, priya, session, entry))["id"]}
    old = (await state(clinic))["id"]
    worse = await technician.call(
        "lab_report.amend", **report, reason="Diluted", values=[{"analyte": "K", "number": 7}]
    )
    assert worse["critical"]["id"] != str(old)
    time.turn(minutes=31)
    await run_job(clinic, CriticalDue(critical_id=old, step=0))
    assert len(await rows(clinic, "SELECT FROM lab_critical_step")) == 2  # the first of each
    (time_of,) = await rows(
        clinic, "SELECT raised_at, step FROM lab_critical WHERE id = $1", UUID(worse["critical"]["id"])
    )
    first = await rows(clinic, "SELECT raised_at FROM lab_critical WHERE id = $1", old)
    assert (time_of["raised_at"], time_of["step"]) == (first[0]["raised_at"], 0), "amending puts nothing off"
    await run_job(clinic, CriticalDue(critical_id=UUID(worse["critical"]["id"]), step=0))
    same = await technician.call("lab_report.amend", **report, reason="A comma", remark="Diluted once")
    worse = same
    assert (await rows(clinic, "SELECT step FROM lab_critical WHERE id = $1", UUID(worse["critical"]["id"])))[0][
        "step"
    ] == 1
    asked = len(await rows(clinic, "SELECT FROM lab_critical_step"))
    fine = await technician.call("lab_report.amend", **report, reason="Of another patient", values=NORMAL)
    assert fine["critical"] is None
    time.turn(minutes=31)
    await run_job(clinic, CriticalDue(critical_id=UUID(worse["critical"]["id"]), step=1))
    assert len(await rows(clinic, "SELECT FROM lab_critical_step")) == asked
    with pytest.raises(NotWaiting):
        await doctor.call("lab_report.acknowledge", **report, how="expected")


async def test_administrators_learn_that_something_waits_and_nothing_else(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str, time: ProductClock
) -> None:
    await raised(clinic, technician, doctor, priya, session, entry)
    admin, asha = admin_of(clinic), as_person(clinic, ASHA, Capacity.STAFF)
    critical_id = (await state(clinic))["id"]
    seen = await doctor.call("lab_report.waiting")
    assert [(one["id"], one["step"]) for one in seen] == [(str(critical_id), 0)]
    assert (await admin.call("lab_report.waiting"), await asha.call("lab_report.waiting")) == ([], [])
    for step in range(2):
        time.turn(minutes=31)
        await run_job(clinic, CriticalDue(critical_id=critical_id, step=step))
    (one,) = await admin.call("lab_report.waiting")
    assert (one["step"], one["lab_report_id"]) == (2, None)
    text = str(one)
    assert not [word for word in (P, "Priya", "6.8", "Potassium", str(PRIYA.account_id)) if word in text]
    assert len(await asha.call("lab_report.waiting")) == 1
    stranger = as_person(clinic, VIKRAM._replace(account_id=uuid4()))
    assert await stranger.call("lab_report.waiting") == []


async def test_another_deadline_counts_from_the_next_value_on(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    await execute(clinic, "UPDATE admin_settings SET value = value || '{\"critical_minutes\": 5}'")
    test = await collected(technician, priya, entry)
    await technician.call("lab_test.submit_result", lab_test_id=test, values=CRITICAL)
    waits = await state(clinic)
    assert waits["due_at"] - waits["raised_at"] == timedelta(minutes=5)
    again = await ordered(priya, entry)
    done = await technician.call("lab_test.submit_result", lab_test_id=again, values=NORMAL)
    assert done["critical"] is None
    assert critical.LAST == 2
