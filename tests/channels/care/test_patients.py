"""Patients as doctors, places, families and support find them: each only her own, and nothing clinical.

PRODUCT 4 and 5. Ledger: patient.list H-151 H-190 H-230 M-200 M-201, patient.get H-152 H-191 H-231 M-202,
patient.history H-127 H-153 H-192 H-232, patient.delete M-205.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from carewire.errors import Forbidden, InvalidParams, NotFound
from carewire.node import Node
from channels.care.access import Made, relate
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM, PHARMACY
from channels.identity import Capacity
from channels.identity.demo import (
    ARJUN_PATIENT,
    ASHA,
    DESK,
    KAMLA_PATIENT,
    PHARMACIST,
    PRIYA,
    PRIYA_PATIENT,
    TECHNICIAN,
    VIKRAM,
    WALK_IN_PATIENT,
)
from channels.identity.errors import FactDue
from tests.channels.callers import Caller, rows, told
from tests.channels.care.people import execute
from tests.channels.care.test_consents import grant
from tests.channels.care.test_relationships import join, visit
from tests.channels.queue.conftest import MakeSession, ProductClock, admin_of, as_person, walk_in

P = str(PRIYA_PATIENT)


async def names(who: Caller, **asked: Any) -> list[str]:
    return [row["name"] for row in (await who.call("patient.list", **asked))["rows"]]


async def pharmacy_order(clinic: Node) -> None:
    now = clinic.clock.now()
    async with clinic.db.transaction() as tx:
        made = Made(
            patient_id=PRIYA_PATIENT,
            doctor_id=None,
            place_id=PHARMACY,
            made_by=PRIYA.account_id,
            at=now,
            until=now + timedelta(days=3),
        )
        await relate(tx, [made])


async def test_each_finds_her_own_and_nobody_elses(
    clinic: Node, doctor: Caller, desk: Caller, priya: Caller, stranger: Caller, session: str
) -> None:
    token = await walk_in(desk, session, "Nobody asked me", phone="+919811100081")
    await join(priya, session)
    await pharmacy_order(clinic)
    asha = as_person(clinic, ASHA)
    pharmacist = as_person(clinic, PHARMACIST, Capacity.STAFF)
    assert await names(doctor, whose="doctor") == [PRIYA.name]
    assert await names(asha, whose="doctor") == ["Arjun Sharma"]  # who waits in her line in the demo
    assert await names(desk, whose="place") == ["Arjun Sharma", PRIYA.name]
    assert await names(pharmacist, whose="place") == [PRIYA.name]
    assert await names(priya) == [PRIYA.name, "Arjun Sharma", "Kamla Sharma"]
    assert await names(desk) == [DESK.name]
    for who, asked in (
        (priya, {"whose": "doctor"}),
        (desk, {"whose": "doctor"}),
        (doctor, {"whose": "place"}),  # he sits there and has no duty
        (desk, {"whose": "place", "place_id": str(PHARMACY)}),
        (pharmacist, {"whose": "place", "place_id": str(CLINIC)}),
    ):
        with pytest.raises(NotFound):
            await who.call("patient.list", **asked)
    for who in (priya, desk, doctor, pharmacist):
        with pytest.raises(Forbidden):
            await who.call("patient.list", whose="all")
        for hidden in (token["patient_id"], str(KAMLA_PATIENT), str(WALK_IN_PATIENT), str(uuid4())):
            if who is not priya or hidden != str(KAMLA_PATIENT):
                with pytest.raises(NotFound):
                    await who.call("patient.get", patient_id=hidden)
                with pytest.raises(NotFound):
                    await who.call("patient.history", patient_id=hidden)
    for who in (doctor, desk, pharmacist):
        seen = await who.call("patient.get", patient_id=P)
        assert (seen["name"], seen["phone"], seen["kind"]) == (PRIYA.name, PRIYA.phone, None)
    with pytest.raises(NotFound):
        await as_person(clinic, TECHNICIAN, Capacity.STAFF).call("patient.get", patient_id=P)
    assert (await asha.call("patient.get", patient_id=P))["name"] == PRIYA.name  # not her doctor: she owns the clinic


async def test_a_list_is_paged_searched_and_empty_once_the_time_is_over(
    clinic: Node, doctor: Caller, desk: Caller, priya: Caller, time: ProductClock
) -> None:
    now = clinic.clock.now()
    async with clinic.db.transaction() as tx:
        made = [
            Made(
                patient_id=patient,
                doctor_id=DOCTOR_VIKRAM,
                place_id=CLINIC,
                made_by=PRIYA.account_id,
                at=now,
                until=now + timedelta(days=1),
            )
            for patient in (PRIYA_PATIENT, ARJUN_PATIENT, KAMLA_PATIENT)
        ]
        await relate(tx, made)
    found, cursor = [], None
    while True:
        page = await doctor.call("patient.list", whose="doctor", limit=1, cursor=cursor)
        found += [row["name"] for row in page["rows"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert found == ["Arjun Sharma", "Kamla Sharma", "Priya Sharma"]
    assert await names(doctor, whose="doctor", search="kAm") == ["Kamla Sharma"]
    assert await names(doctor, whose="doctor", search="%") == []
    assert await names(priya, search="arj") == ["Arjun Sharma"]
    with pytest.raises(InvalidParams):
        await doctor.call("patient.list", whose="doctor", cursor="nonsense")
    time.turn(days=2)
    assert await names(doctor, whose="doctor") == []
    assert await names(desk, whose="place") == []


async def test_who_consents_is_among_the_doctors_patients_and_an_administrator_finds_everybody(
    clinic: Node, priya: Caller
) -> None:
    await grant(priya, doctor_id=str(DOCTOR_VIKRAM))
    vikram, admin = as_person(clinic, VIKRAM), admin_of(clinic)
    assert await names(vikram, whose="doctor") == [PRIYA.name]
    assert PRIYA.name in await names(admin, whose="all", search="sharma")
    assert (await admin.call("patient.get", patient_id=P))["name"] == PRIYA.name
    await execute(clinic, "UPDATE admin_scope SET scope = 'verify'")
    with pytest.raises(Forbidden):
        await admin.call("patient.list", whose="all")
    with pytest.raises(NotFound):
        await admin.call("patient.get", patient_id=P)


async def test_a_login_that_owes_a_known_fact_sees_no_patients_of_the_doctor(
    clinic: Node, priya: Caller, session: str
) -> None:
    await join(priya, session)
    thief = Caller(clinic)
    await thief.log_in(VIKRAM.phone)
    assert thief.actor is not None
    await execute(clinic, "UPDATE login SET fact_due = true WHERE id = $1", thief.actor.login_id)
    for method, params in (
        ("patient.list", {"whose": "doctor"}),
        ("patient.get", {"patient_id": P}),
        ("patient.history", {"patient_id": P}),
    ):
        with pytest.raises(FactDue):
            await thief.call(method, **params)


async def test_the_history_is_whole_for_her_side_and_for_others_what_they_had_a_part_in(
    clinic: Node, priya: Caller, doctor: Caller, desk: Caller, make_session: MakeSession
) -> None:
    first = await make_session(remote_join=True)
    token = await join(priya, first)
    await visit(desk, token, first)
    await desk.call("session.end", session_id=first)
    later = (clinic.clock.now() + timedelta(hours=5)).isoformat()
    end = (clinic.clock.now() + timedelta(hours=9)).isoformat()
    second = await make_session(live=False, remote_join=True, doctor_id=DOCTOR_ASHA, room_id=None,
                                starts_at=later, ends_at=end, opens_at=clinic.clock.now().isoformat())  # fmt: skip
    other = await join(priya, second)
    whole = (await priya.call("patient.history", patient_id=P))["rows"]
    assert [(row["id"], row["state"]) for row in whole] == [(other["id"], "expected"), (token["id"], "completed")]
    assert {row["kind"] for row in whole} == {"visit"}
    page = await priya.call("patient.history", patient_id=P, limit=1)
    rest = await priya.call("patient.history", patient_id=P, limit=1, cursor=page["cursor"])
    assert [*page["rows"], *rest["rows"]] == whole
    assert rest["cursor"] is None
    assert [row["id"] for row in (await priya.call("patient.history", patient_id=P, since=later))["rows"]] == [
        other["id"]
    ]
    assert [row["id"] for row in (await doctor.call("patient.history", patient_id=P))["rows"]] == [token["id"]]
    assert len((await desk.call("patient.history", patient_id=P))["rows"]) == 2  # both were at her place
    await grant(priya, doctor_id=str(DOCTOR_VIKRAM), records=["consultation"])
    assert len((await doctor.call("patient.history", patient_id=P))["rows"]) == 2


async def test_only_privacy_deletes_a_patient_and_nothing_else_goes_with_her(
    clinic: Node, priya: Caller, doctor: Caller, desk: Caller, session: str
) -> None:
    await join(priya, session, KAMLA_PATIENT)
    kamla = str(KAMLA_PATIENT)
    admin = admin_of(clinic)
    for who in (priya, doctor, desk):
        with pytest.raises(Forbidden):
            await who.call("patient.delete", patient_id=kamla)
    await execute(clinic, "UPDATE admin_scope SET scope = 'support'")
    with pytest.raises(Forbidden):
        await admin.call("patient.delete", patient_id=kamla)
    await execute(clinic, "UPDATE admin_scope SET scope = 'privacy'")
    family = await rows(clinic, "SELECT id, until FROM guardianship ORDER BY id")
    before = [len(await told(clinic, f"rights:{account}")) for account in (PRIYA.account_id, VIKRAM.account_id)]
    assert await admin.call("patient.delete", patient_id=kamla) == {"id": kamla}
    after = [len(await told(clinic, f"rights:{account}")) for account in (PRIYA.account_id, VIKRAM.account_id)]
    assert [a - b for a, b in zip(after, before, strict=True)] == [1, 1]
    for again in (kamla, str(uuid4())):
        with pytest.raises(NotFound):
            await admin.call("patient.delete", patient_id=again)
    for who in (priya, doctor, desk, admin):
        with pytest.raises(NotFound):
            await who.call("patient.get", patient_id=kamla)
    for method in ("summary.get", "patient.history", "patient.update", "consent.list", "relation.list"):
        with pytest.raises(NotFound):
            await priya.call(method, patient_id=kamla)
    assert await names(priya) == [PRIYA.name, "Arjun Sharma"]
    assert await names(doctor, whose="doctor") == []
    assert "Kamla Sharma" not in await names(admin, whose="all")
    assert await rows(clinic, "SELECT id, until FROM guardianship ORDER BY id") == family
    assert await rows(clinic, "SELECT 1 FROM token WHERE patient_id = $1", UUID(kamla))
