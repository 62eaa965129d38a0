"""Dashboards: each number by its definition, each only for its own role.

Ledger: dashboard.admin H-100 H-249 M-314, dashboard.doctor H-148 M-316, dashboard.doctor_today H-149,
dashboard.pharmacy H-201, dashboard.laboratory H-238, dashboard.hospital M-315, dashboard.patient M-317.
Earnings (H-150, and the revenue in the others) come with money.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest

from carewire.errors import Forbidden, NotFound
from carewire.node import Node
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM, LABORATORY, PHARMACY
from channels.identity import Capacity
from channels.identity import demo as people
from channels.identity.demo import PRIYA_PATIENT, Person
from channels.insight.counters import Count, Counted, recount
from channels.insight.platform import CountPlatform, count_platform
from channels.lab.lifecycle import LabTestState
from tests.channels.callers import Caller, rows
from tests.channels.chat.conftest import run
from tests.channels.queue.conftest import (
    ProductClock,
    admin_of,
    as_person,
    desk,
    doctor,
    make_session,
    priya,
    session,
    time,
    topic,
    walk_in,
)
from tests.channels.review.visits import appointed

__all__ = ["desk", "doctor", "make_session", "priya", "session", "time"]


async def sql(node: Node, statement: str, *values: Any) -> Any:
    async with node.db.transaction() as tx:
        return await tx.fetchval(statement, *values)


async def test_each_is_only_for_its_own_role(clinic: Node, desk: Caller, doctor: Caller, priya: Caller) -> None:
    with pytest.raises(Forbidden):
        await priya.call("dashboard.admin")
    with pytest.raises(Forbidden):
        await desk.call("dashboard.doctor")
    with pytest.raises(Forbidden):
        await desk.call("dashboard.hospital", place_id=CLINIC)
    for name in ("pharmacy", "laboratory"):  # the clinic is neither, and the others are not her places
        for place_id in (CLINIC, PHARMACY, LABORATORY):
            with pytest.raises(NotFound):
                await desk.call(f"dashboard.{name}", place_id=place_id)
    with pytest.raises(NotFound):
        await as_person(clinic, people.TECHNICIAN).call("dashboard.patient", patient_id=PRIYA_PATIENT)


async def test_a_doctors_day_in_numbers_and_by_name(
    clinic: Node, session: str, desk: Caller, doctor: Caller, priya: Caller
) -> None:
    before = await doctor.call("dashboard.doctor")
    await priya.call("queue.join", session_id=session, patient_id=PRIYA_PATIENT)
    for name in ("First", "Second"):
        await walk_in(desk, session, name)
    called = await desk.call("queue.call_next", session_id=session)
    now = await doctor.call("dashboard.doctor")
    moved = {state: n - before["tokens"][state] for state, n in now["tokens"].items() if n != before["tokens"][state]}
    assert moved == {"expected": 1, "waiting": 1, "called": 1}
    assert now["patients"] - before["patients"] == 1, "who joined by herself; walk-ins have made no relationship"
    today = await doctor.call("dashboard.doctor_today")
    (sitting,) = [row for row in today["sittings"] if row["session_id"] == session]
    assert (sitting["waiting"], sitting["state"]) == (1, "live")
    (current,) = sitting["current"]
    assert (current["token_id"], current["patient"], current["state"]) == (called["id"], "First", "called")


async def test_appointments_are_todays_by_state(clinic: Node, desk: Caller, doctor: Caller, time: ProductClock) -> None:
    await appointed(clinic, None)
    time.turn(seconds=0)
    day = (await rows(clinic, "SELECT starts_at FROM appointment WHERE state = 'consultation_completed'"))[0][
        "starts_at"
    ]
    assert sum((await doctor.call("dashboard.doctor"))["appointments"].values()) == 0, "it was on another day"
    time.ahead = day - (time.now() - time.ahead)
    assert (await doctor.call("dashboard.doctor"))["appointments"]["consultation_completed"] == 1
    visits = (await doctor.call("dashboard.doctor_today"))["appointments"]
    assert (people.PRIYA.name, "consultation_completed") in [(visit["patient"], visit["state"]) for visit in visits]


async def test_who_has_left_a_place_is_not_told_of_its_patients(
    clinic: Node, desk: Caller, doctor: Caller, time: ProductClock
) -> None:
    there = (await rows(clinic, "SELECT id, starts_at FROM appointment WHERE place_id = $1 AND doctor_id = $2 LIMIT 1",
                        CLINIC, DOCTOR_VIKRAM))[0]  # fmt: skip
    time.ahead += there["starts_at"] - time.now()
    assert str(there["id"]) in [row["id"] for row in (await doctor.call("dashboard.doctor_today"))["appointments"]]
    accepted = "SELECT id FROM affiliation WHERE doctor_id = $1 AND place_id = $2 AND state = 'accepted'"
    works = await sql(clinic, accepted, DOCTOR_VIKRAM, CLINIC)
    await doctor.call("affiliation.end", affiliation_id=works)
    with pytest.raises(NotFound):
        await doctor.call("appointment.get", appointment_id=there["id"])
    assert (await doctor.call("dashboard.doctor_today"))["appointments"] == []
    gone = await doctor.call("dashboard.doctor")
    assert sum(gone["appointments"].values()) == sum(gone["tokens"].values()) == 0


async def test_a_patients_side_sees_what_is_to_come_and_what_is_unread(
    clinic: Node, session: str, doctor: Caller, priya: Caller
) -> None:
    await priya.call("queue.join", session_id=session, patient_id=PRIYA_PATIENT)
    thread = await priya.call("chat.open", patient_id=PRIYA_PATIENT, place_id=CLINIC, doctor_id=DOCTOR_VIKRAM)
    for text in ("One", "Two"):
        await doctor.call("chat.send", thread_id=thread["id"], text=text)
    found = await priya.call("dashboard.patient", patient_id=PRIYA_PATIENT)
    assert (found["tokens"], found["appointments"], found["requests"], found["orders"]) == (1, 0, 0, 0)
    assert (found["unread_messages"], found["next_appointment_at"]) == (2, None)
    await priya.call("chat.send", thread_id=thread["id"], text="Mine")
    assert (await doctor.call("dashboard.doctor"))["unread_messages"] == 1
    await priya.call("chat.read", thread_id=thread["id"], seq=2)
    assert (await priya.call("dashboard.patient", patient_id=PRIYA_PATIENT))["unread_messages"] == 0


async def test_a_laboratory_counts_its_open_tests_live(clinic: Node) -> None:
    technician = as_person(clinic, people.TECHNICIAN, Capacity.STAFF)
    assert (await technician.call("dashboard.laboratory", place_id=LABORATORY))["live"]["counts"]["tests"] == {
        state.value: 0 for state in sorted(set(LabTestState) - {LabTestState.COMPLETED, LabTestState.CANCELLED})
    }
    test_id = await lab_test(clinic)
    jobs = await rows(clinic, "SELECT payload FROM job WHERE name = 'insight.count'")
    assert {msgspec.json.decode(job["payload"], type=Count) for job in jobs} == {
        Count(place_id=LABORATORY, kind=Counted.TESTS)
    }
    counted = (await technician.call("dashboard.laboratory", place_id=LABORATORY))["live"]["counts"]["tests"]
    assert counted["requested"] == 1
    assert (await topic(clinic, f"counters:{LABORATORY}")).counts[Counted.TESTS] == counted
    await run(clinic, recount, Count(place_id=LABORATORY, kind=Counted.TESTS))
    await sql(clinic, "UPDATE lab_test SET state = 'cancelled', cancel_reason = 'patient', cancelled_at = now()"
                      " WHERE id = $1", test_id)  # fmt: skip
    assert (await topic(clinic, f"counters:{LABORATORY}")).counts[Counted.TESTS]["requested"] == 0


async def lab_test(node: Node) -> UUID:
    """A test the laboratory was asked for."""
    await sql(
        node,
        "INSERT INTO lab_catalog (laboratory_id, code, name, sample, amount, currency, turnaround_hours, analytes,"
        " created_at) VALUES ($1, 'SUGAR', 'Blood sugar', 'blood', 100, 'INR', 24, '[]', now()) ON CONFLICT DO NOTHING",
        LABORATORY,
    )
    made: UUID = await sql(
        node,
        "INSERT INTO lab_test (patient_id, laboratory_id, catalogue_id, name, offer, asked_by, asked_at, changed_at)"
        " SELECT $1, c.laboratory_id, c.id, c.name, '{}', $2, now(), now() FROM lab_catalog c"
        " WHERE c.laboratory_id = $3 AND c.code = 'SUGAR' RETURNING id",
        PRIYA_PATIENT,
        people.PRIYA.account_id,
        LABORATORY,
    )
    return made


async def test_a_pharmacy_and_a_hospital_count_what_is_theirs(clinic: Node) -> None:
    pharmacist = as_person(clinic, people.PHARMACIST, Capacity.STAFF)
    found = await pharmacist.call("dashboard.pharmacy", place_id=PHARMACY)
    (own,) = await rows(
        clinic,
        "SELECT count(*) AS articles, (SELECT count(*) FROM stock s JOIN medicine m ON m.id = s.medicine_id"
        " WHERE s.pharmacy_id = $1 AND s.low AND m.closed_at IS NULL) AS low"
        " FROM medicine WHERE pharmacy_id = $1 AND closed_at IS NULL",
        PHARMACY,
    )
    assert (found["articles"], found["low"], found["quotes"]) == (own["articles"], own["low"], 0)
    hospital = await sql(
        clinic,
        "INSERT INTO place (kind, name, zone, city, created_at, approval)"
        " VALUES ('hospital', 'City Hospital', 'Asia/Kolkata', 'Pune', now(), 'approved') RETURNING id",
    )
    head = Person(people.TECHNICIAN.account_id, "", "Head", "en", (Capacity.HOSPITAL_ADMIN,))
    with pytest.raises(NotFound):
        await as_person(clinic, head).call("dashboard.hospital", place_id=hospital)
    for statement in (
        "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, 'manager', now())",
        "INSERT INTO affiliation (doctor_id, place_id, state, offered_at, since) SELECT d.id, $2, 'accepted', now(),"
        " now() FROM doctor d WHERE $1::uuid IS NOT NULL AND d.id = '" + str(DOCTOR_VIKRAM) + "'",
    ):
        await sql(clinic, statement, head.account_id, hospital)
    counted = await as_person(clinic, head).call("dashboard.hospital", place_id=hospital)
    assert (counted["doctors"], counted["members"], counted["sittings"]) == (1, 1, 0)
    assert people.PRIYA.name not in str(counted)


async def test_an_administrator_sees_the_platform_as_it_was_counted_last(clinic: Node, time: ProductClock) -> None:
    admin = admin_of(clinic)
    first = await admin.call("dashboard.admin")
    (own,) = await rows(
        clinic,
        "SELECT (SELECT count(*) FROM account WHERE state = 'active') AS accounts,"
        " (SELECT count(*) FROM patient WHERE deleted_at IS NULL) AS patients,"
        " (SELECT count(*) FROM place WHERE kind = 'clinic' AND approval = 'approved'"
        " AND closed_at IS NULL) AS clinics",
    )
    assert (first["accounts"], first["patients"]) == (own["accounts"], own["patients"])
    assert first["places"]["clinic"]["approved"] == own["clinics"]
    assert "revenue" not in str(first)
    await run(clinic, count_platform, CountPlatform())
    await sql(clinic, "INSERT INTO patient (id, name, created_at) VALUES ($1, 'One more', now())", uuid4())
    assert (await admin.call("dashboard.admin"))["patients"] == first["patients"], "counted five minutes ago"
    time.turn(minutes=11)
    assert (await admin.call("dashboard.admin"))["patients"] == first["patients"] + 1, "nobody has counted for long"


async def test_what_was_counted_before_midnight_is_not_todays(clinic: Node, time: ProductClock) -> None:
    """Counted two minutes before a day begins where the clinic is; by a city's clock on the other side it goes on."""
    await sql(clinic, "UPDATE place SET zone = 'Asia/Kolkata'")
    await sql(clinic, "UPDATE doctor SET zone = 'Asia/Kolkata'")
    here = time.now().astimezone(ZoneInfo("Asia/Kolkata"))
    midnight = datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), tzinfo=here.tzinfo)
    time.ahead += midnight - timedelta(minutes=2) - time.now()
    await run(clinic, count_platform, CountPlatform())
    admin = admin_of(clinic)
    counted = await admin.call("dashboard.admin")
    time.turn(minutes=1)
    assert (await admin.call("dashboard.admin"))["at"] == counted["at"]
    time.turn(minutes=2)
    assert (await admin.call("dashboard.admin"))["at"] > counted["at"]


async def test_of_many_recounts_at_once_the_highest_version_is_the_truth(clinic: Node) -> None:
    """In whatever order they commit: a client keeps the highest version, and that one counts all that came before."""
    job = Count(place_id=LABORATORY, kind=Counted.TESTS)

    async def one_more() -> Any:
        await lab_test(clinic)
        return await run(clinic, recount, job)

    left = [told for one in await asyncio.gather(*(one_more() for _ in range(8))) for told in one.conflated]
    newest = max(left, key=lambda told: told.version)
    assert newest.event.counts["requested"] == 8
    assert len({told.version for told in left}) == 8
