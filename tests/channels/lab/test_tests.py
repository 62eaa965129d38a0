"""Tests for patients: what is not one's own is refused first; then the whole way of a sample, and its redraw.

Ledger: lab_test.create M-260, lab_test.list M-258, lab_test.get M-259, lab_test.update M-261, lab_test.delete M-262,
table lab_tests M-099; a laboratory's patients H-230 H-231.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from carewire.command import Ctx
from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.jobs.vault import Vault
from carewire.node import Node
from carewire.store import outbox
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM, LABORATORY
from channels.identity.demo import ARJUN_PATIENT, PRIYA, PRIYA_PATIENT
from channels.lab import access
from channels.lab.access import Line
from channels.lab.errors import NoLaboratory, NotOffered, OfAnOrder, TooManyTests
from channels.lab.lifecycle import Progress
from tests.channels.callers import Caller, rows, told
from tests.channels.lab.laboratory import P, another_laboratory, execute, hired, ordered, tomorrow
from tests.channels.lab.test_walk import added_up
from tests.channels.queue.conftest import ProductClock, admin_of, topic


async def at(node: Node, test: str) -> Any:
    (row,) = await rows(node, "SELECT * FROM lab_test WHERE id = $1", UUID(test))
    return row


async def test_a_stranger_neither_sees_nor_moves_a_test_and_an_administrator_is_one(
    clinic: Node, technician: Caller, priya: Caller, stranger: Caller, doctor: Caller, desk: Caller, entry: str
) -> None:
    test = await ordered(priya, entry)
    elsewhere = await hired(clinic, 7, "technician", CLINIC)
    for who in (stranger, doctor, desk, elsewhere):
        for verb, more in (
            ("get", {}),
            ("schedule", {"mode": "visit", "planned_at": tomorrow(clinic).isoformat()}),
            ("collect", {}),
            ("begin", {}),
            ("miss", {}),
            ("reject", {"reason": "lost"}),
            ("cancel", {}),
            ("delete", {}),
            ("update", {"notes": "mine"}),
        ):
            with pytest.raises((NotFound, Forbidden)):
                await who.call(f"lab_test.{verb}", lab_test_id=test, **more)
    for verb in ("get", "list"):
        with pytest.raises(Forbidden):
            await admin_of(clinic).call(f"lab_test.{verb}", **({"lab_test_id": test} if verb == "get" else {}))
    assert (await doctor.call("lab_test.list", patient_id=P))["rows"] == []
    with pytest.raises(NotFound):
        await doctor.call("lab_test.list", laboratory_id=LABORATORY)
    assert (await at(clinic, test))["state"] == "requested"


async def test_only_her_side_lets_a_laboratory_know_who_she_is(
    clinic: Node, technician: Caller, collector: Caller, doctor: Caller, priya: Caller, session: str, entry: str
) -> None:
    await priya.call("queue.join", session_id=session, patient_id=P)
    with pytest.raises(InvalidParams):
        await doctor.call("lab_test.create", patient_id=P, catalogue_id=entry)
    asked = await doctor.call("lab_test.create", patient_id=P, name="Potassium", place_id=CLINIC, notes="On a diuretic")
    assert (asked["doctor_id"], asked["place_id"], asked["laboratory_id"]) == (str(DOCTOR_VIKRAM), str(CLINIC), None)
    assert [n for n, _ in await told(clinic, f"lab_reports:{P}")] == ["lab_test:updated"]
    with pytest.raises(NotFound):
        await technician.call("lab_test.get", lab_test_id=asked["id"])
    with pytest.raises(NotFound):
        await technician.call("patient.get", patient_id=P)
    when = {"lab_test_id": asked["id"], "mode": "visit", "planned_at": tomorrow(clinic).isoformat()}
    with pytest.raises(NoLaboratory):
        await priya.call("lab_test.schedule", **when)
    with pytest.raises(NotFound):
        await doctor.call("lab_test.schedule", **when, catalogue_id=entry)
    planned = await priya.call("lab_test.schedule", **when, catalogue_id=entry)
    assert (planned["state"], planned["laboratory_id"], planned["zone"]) == (
        "scheduled",
        str(LABORATORY),
        "Asia/Kolkata",
    )
    assert (await technician.call("patient.get", patient_id=P))["name"] == "Priya Sharma"
    here = await technician.call("patient.list", whose="place", place_id=LABORATORY)
    assert [row["id"] for row in here["rows"]] == [P]
    seen = await collector.call("lab_test.get", lab_test_id=asked["id"])
    assert (seen["code"], seen["notes"]) == ("K-TEST", "On a diuretic")
    front = await hired(clinic, 8, "front_desk")
    assert (await front.call("lab_test.get", lab_test_id=asked["id"]))["notes"] is None
    for who in (doctor, priya):
        assert [r["id"] for r in (await who.call("lab_test.list"))["rows"]] == [asked["id"]]
    reads = await rows(clinic, "SELECT actor FROM audit WHERE noun = 'lab_report' AND patient = $1", PRIYA_PATIENT)
    assert {r["actor"] for r in reads} == {who.actor.id for who in (doctor, priya) if who.actor}


async def test_a_sample_is_missed_rejected_and_drawn_again_for_nothing(
    clinic: Node, technician: Caller, collector: Caller, priya: Caller, entry: str, time: ProductClock
) -> None:
    test = {"lab_test_id": await ordered(priya, entry)}
    await priya.call("lab_test.schedule", **test, mode="visit", planned_at=tomorrow(clinic).isoformat())
    with pytest.raises(InvalidParams):
        await collector.call("lab_test.miss", **test)
    time.turn(days=2)
    assert (await collector.call("lab_test.miss", **test))["state"] == "missed"
    with pytest.raises(IllegalMove) as refused:
        await collector.call("lab_test.collect", **test)
    assert refused.value.data["legal"] == ["schedule", "cancel"]
    await priya.call("lab_test.schedule", **test, mode="visit", planned_at=tomorrow(clinic).isoformat())
    assert (await collector.call("lab_test.collect", **test))["draws"] == 1
    with pytest.raises(NotFound):
        await collector.call("lab_test.begin", **test)
    assert (await technician.call("lab_test.begin", **test))["state"] == "in_progress"
    with pytest.raises(IllegalMove):
        await priya.call("lab_test.cancel", **test)
    gone = await technician.call("lab_test.update", **test, state="sample_rejected", reason="haemolysed")
    assert (gone["state"], gone["reject_reason"], gone["planned_at"]) == ("sample_rejected", "haemolysed", None)
    again = await technician.call("lab_test.schedule", **test, mode="visit", planned_at=tomorrow(clinic).isoformat())
    assert (again["state"], again["reject_reason"], again["price"]["amount"]) == ("scheduled", None, 25_000)
    assert (await technician.call("lab_test.update", **test, state="sample_collected"))["draws"] == 2
    for reason in ("clotted", "lost"):
        await technician.call("lab_test.reject", **test, reason=reason)
        for _ in range(2):
            await priya.call("lab_test.schedule", **test, mode="visit", planned_at=tomorrow(clinic).isoformat())
            time.turn(days=2)
            await collector.call("lab_test.miss", **test)
        await priya.call("lab_test.schedule", **test, mode="visit", planned_at=tomorrow(clinic).isoformat())
        await collector.call("lab_test.collect", **test)
    told = await rows(
        clinic,
        "SELECT split_part(key, ':', 3) AS fact, count(*) AS times FROM job WHERE key LIKE $1 GROUP BY 1 ORDER BY 1",
        f"notify:{PRIYA.account_id}:%",
    )
    assert [tuple(row) for row in told] == [("lab_test.missed", 5), ("lab_test.sample_rejected", 3)], "each, and once"


async def test_what_is_over_stays_over_also_for_the_database(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    import asyncpg

    test = await ordered(priya, entry)
    assert (await priya.call("lab_test.delete", lab_test_id=test))["cancel_reason"] == "patient"
    with pytest.raises(IllegalMove):
        await priya.call("lab_test.cancel", lab_test_id=test)
    with pytest.raises(NotFound):  # nothing of hers waits there any more
        await technician.call("lab_test.collect", lab_test_id=test)
    for sql in (
        "UPDATE lab_test SET state = 'requested', cancelled_at = NULL, cancel_reason = NULL WHERE id = $1",
        "UPDATE lab_test SET patient_id = '0199d3a0-0000-7000-8000-000000000111' WHERE id = $1",
        "UPDATE lab_test SET state = 'completed' WHERE id = $1",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await execute(clinic, sql, UUID(test))


async def test_a_paused_closed_or_hidden_offer_cannot_be_had(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    for sql in (
        "UPDATE place SET orders_paused_until = now() + interval '1 hour' WHERE id = $1",
        "UPDATE place SET orders_paused_until = NULL, approval = 'withdrawn' WHERE id = $1",
    ):
        await execute(clinic, sql, LABORATORY)
        with pytest.raises(NotOffered):
            await ordered(priya, entry)
    await execute(clinic, "UPDATE place SET approval = 'approved' WHERE id = $1", LABORATORY)
    await technician.call("lab_catalog.update", catalogue_id=entry, is_available=False)
    with pytest.raises(NotOffered):
        await ordered(priya, entry)


async def test_a_laboratory_sees_her_no_longer_than_a_relationship_lasts(
    clinic: Node, technician: Caller, priya: Caller, entry: str, time: ProductClock
) -> None:
    test = await ordered(priya, entry)
    (relation,) = await priya.call("relation.list", patient_id=P)
    assert relation["place_id"] == str(LABORATORY)
    time.turn(days=29)
    assert (await technician.call("lab_test.list", laboratory_id=LABORATORY))["rows"]
    time.turn(days=2)
    assert (await technician.call("lab_test.list", laboratory_id=LABORATORY))["rows"] == []
    with pytest.raises(NotFound):
        await technician.call("lab_test.get", lab_test_id=test)


async def test_what_is_planned_months_ahead_is_seen_until_then(
    clinic: Node, technician: Caller, priya: Caller, entry: str, time: ProductClock
) -> None:
    test = {"lab_test_id": await ordered(priya, entry)}
    ahead = (tomorrow(clinic) + timedelta(days=90)).isoformat()
    await priya.call("lab_test.schedule", **test, mode="visit", planned_at=ahead)
    time.turn(days=91)
    assert (await technician.call("lab_test.collect", **test))["state"] == "sample_collected"
    other, far = await ordered(priya, entry), (time.now() + timedelta(days=400)).isoformat()
    with pytest.raises(InvalidParams):
        await priya.call("lab_test.schedule", lab_test_id=other, mode="visit", planned_at=far)


async def test_nobody_has_more_than_a_hundred_tests_that_wait(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    first = await ordered(priya, entry)
    same = "patient_id, laboratory_id, catalogue_id, name, offer, asked_by, asked_at, changed_at"
    await execute(
        clinic,
        f"INSERT INTO lab_test ({same}) SELECT {same} FROM lab_test, generate_series(1, 98) WHERE id = $1",
        UUID(first),
    )
    await ordered(priya, entry)
    with pytest.raises(TooManyTests):
        await ordered(priya, entry)
    await priya.call("lab_test.cancel", lab_test_id=first)
    await ordered(priya, entry)


async def in_transaction(node: Node, caller: Caller, work: Any) -> Any:
    """What another domain does inside of a command of its own."""
    async with node.db.transaction() as tx:
        now = node.dispatcher.clock.now()
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=node.settings, actor=caller.actor)
        answer = await work(ctx)
        await outbox.finish([ctx], Vault(node.settings.secret))
    return answer


async def test_an_order_makes_its_tests_and_is_told_in_the_same_transaction_how_far_they_are(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str
) -> None:
    await priya.call("queue.join", session_id=session, patient_id=P)
    asked = await doctor.call("lab_test.create", patient_id=P, name="Potassium")
    order = uuid4()
    lines = [Line(catalogue_id=UUID(entry), lab_test_id=UUID(asked["id"])), Line(catalogue_id=UUID(entry))]

    async def create(ctx: Ctx) -> Any:
        return await access.create_tests(ctx, order, PRIYA_PATIENT, lines, made_by=PRIYA.account_id)

    first, second = await in_transaction(clinic, priya, create)
    assert (str(first.id), first.doctor_id, first.laboratory_id) == (asked["id"], DOCTOR_VIKRAM, LABORATORY)
    with pytest.raises(OfAnOrder):
        await priya.call("lab_test.cancel", lab_test_id=str(second.id))
    with pytest.raises(IllegalMove):  # it waits no more
        await in_transaction(clinic, priya, create)
    heard: list[Progress] = []

    async def follow(ctx: Ctx, order_ids: Any) -> None:
        heard.extend((await access.progress(ctx.tx, order_ids)).values())

    from channels.lab import moving

    moving.follow_progress(follow, ())
    try:
        for test in (first, second):
            await technician.call("lab_test.collect", lab_test_id=str(test.id))
        await technician.call("lab_test.reject", lab_test_id=str(second.id), reason="clotted")
        cancelled = await in_transaction(
            clinic, priya, lambda ctx: access.cancel_tests(ctx, order, lab_test_ids=[second.id])
        )
    finally:
        moving._FOLLOWERS.remove(follow)
    assert [test.state for test in cancelled] == ["cancelled"]
    assert heard == ["requested", "sample_collected", "sample_rejected", "sample_collected"]
    with pytest.raises(IllegalMove):
        await in_transaction(clinic, priya, lambda ctx: access.cancel_tests(ctx, order))


async def test_a_family_asks_for_whom_it_acts_and_nobody_else(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    await ordered(priya, entry, str(ARJUN_PATIENT))
    from channels.identity.demo import DESK, SELF_PATIENTS

    with pytest.raises(NotFound):
        await ordered(priya, entry, str(SELF_PATIENTS[DESK.account_id]))
    with pytest.raises(InvalidParams):
        await priya.call("lab_test.create", patient_id=P, name="Potassium")


async def test_a_test_that_goes_to_another_laboratory_leaves_the_board_of_the_first(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    there, _, cheaper = await another_laboratory(clinic)
    name = f"lab_desk:{LABORATORY}"
    first, seen = await topic(clinic, name), len(await told(clinic, name))
    test = await ordered(priya, entry)
    when = {"mode": "visit", "planned_at": tomorrow(clinic).isoformat()}
    await priya.call("lab_test.schedule", lab_test_id=test, **when, catalogue_id=cheaper)
    assert added_up(name, first, (await told(clinic, name))[seen:]) == await topic(clinic, name)
    assert test in [str(one.id) for one in (await topic(clinic, f"lab_desk:{there}")).tests]
    with pytest.raises(NotFound):
        await technician.call("lab_test.get", lab_test_id=test)
