"""Consents: given by others, widened, outlived, read by who left; then the honest. PRODUCT 5."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from carewire.errors import Conflict, InvalidParams, NotFound
from carewire.node import Node
from channels.care import RecordType
from channels.care.errors import NotHerHand, TooManyConsents
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM, LABORATORY
from channels.identity.demo import (
    ARJUN_PATIENT,
    ASHA,
    KAMLA_PATIENT,
    PRIYA,
    PRIYA_PATIENT,
    SELF_PATIENTS,
    TECHNICIAN,
    VIKRAM,
)
from tests.channels.callers import Caller, rows, told
from tests.channels.care.people import Reads, execute
from tests.channels.queue.conftest import ProductClock, as_person

ARJUN = str(ARJUN_PATIENT)


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def grant(who: Caller, **more: Any) -> Any:
    values = {
        "patient_id": str(PRIYA_PATIENT),
        "records": ["lab_report"],
        "purpose": "second_opinion",
        "until": in_days(7),
    }
    return await who.call("consent.grant", **values | more)


async def test_nobody_consents_for_a_patient_she_does_not_act_for(
    clinic: Node, doctor: Caller, desk: Caller, priya: Caller
) -> None:
    for who in (doctor, desk):
        with pytest.raises(NotFound):
            await grant(who, doctor_id=str(DOCTOR_VIKRAM))
        for method in ("consent.list", "consent.seen_by"):
            with pytest.raises(NotFound):
                await who.call(method, patient_id=str(PRIYA_PATIENT))
    with pytest.raises(NotHerHand):  # and nobody to himself
        await grant(doctor, patient_id=str(SELF_PATIENTS[VIKRAM.account_id]), doctor_id=str(DOCTOR_VIKRAM))
    insert = (
        "INSERT INTO consent (patient_id, doctor_id, purpose, records, granted_by, granted_at, since, until)"
        " VALUES ($1, $2, 'treatment', '{summary}', $3, now(), now(), now() + interval '1 day')"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="only the patient"):
        await execute(clinic, insert, PRIYA_PATIENT, DOCTOR_VIKRAM, VIKRAM.account_id)
    given = await grant(priya, doctor_id=str(DOCTOR_VIKRAM))
    for who in (doctor, desk):
        with pytest.raises(NotFound):
            await who.call("consent.revoke", consent_id=given["id"])


async def test_a_consent_is_never_widened_or_brought_back(clinic: Node, priya: Caller) -> None:
    given = await grant(priya, doctor_id=str(DOCTOR_VIKRAM))
    for change in ("until = until + interval '1 day'", "records = records || '{chat}'", "doctor_id = doctor_id"):
        with pytest.raises(asyncpg.CheckViolationError, match="only be revoked"):
            await execute(clinic, f"UPDATE consent SET {change}")
    await priya.call("consent.revoke", consent_id=given["id"])
    with pytest.raises(Conflict):
        await priya.call("consent.revoke", consent_id=given["id"])
    with pytest.raises(asyncpg.CheckViolationError, match="only be revoked"):
        await execute(clinic, "UPDATE consent SET revoked_at = NULL, revoked_by = NULL")


async def test_it_opens_these_records_to_this_doctor_from_then_until_then(
    clinic: Node, priya: Caller, time: ProductClock, reads: Reads
) -> None:
    await grant(priya, doctor_id=str(DOCTOR_ASHA), records=["lab_report", "chat", "chat"], since=in_days(1))
    assert await reads(ASHA, PRIYA_PATIENT, None) == []
    time.turn(days=1, seconds=5)
    for record in RecordType:
        wanted = ["consent"] if record in (RecordType.LAB_REPORT, RecordType.CHAT) else []
        assert await reads(ASHA, PRIYA_PATIENT, record) == wanted
    assert await reads(ASHA, PRIYA_PATIENT, None) == ["consent"]
    assert await reads(VIKRAM, PRIYA_PATIENT, None) == []
    assert await reads(ASHA, ARJUN_PATIENT, None) == []
    time.turn(days=6)
    assert await reads(ASHA, PRIYA_PATIENT, RecordType.LAB_REPORT) == []
    (past,) = (await priya.call("consent.list", patient_id=str(PRIYA_PATIENT)))["rows"]
    assert past["records"] == ["chat", "lab_report"]


async def test_to_a_place_it_opens_to_its_clinical_staff_while_they_work_there(
    clinic: Node, priya: Caller, reads: Reads
) -> None:
    await grant(priya, place_id=str(LABORATORY))
    assert await reads(TECHNICIAN, PRIYA_PATIENT, RecordType.LAB_REPORT) == ["consent"]
    end = "UPDATE membership SET until = now() WHERE account_id = $1 AND duty = $2"
    await execute(clinic, end, TECHNICIAN.account_id, "technician")
    assert await reads(TECHNICIAN, PRIYA_PATIENT, RecordType.LAB_REPORT) == []  # its owner, and no more than that
    await grant(priya, place_id=str(CLINIC))
    for who in (ASHA, VIKRAM):  # an owner; a doctor who has sessions there
        assert await reads(who, PRIYA_PATIENT, RecordType.LAB_REPORT) == []


async def test_who_revokes_is_believed_at_once_and_everybody_who_read_is_told_to_look_again(
    clinic: Node, priya: Caller, reads: Reads
) -> None:
    for to in ({"doctor_id": str(DOCTOR_ASHA)}, {"place_id": str(LABORATORY)}):
        who = ASHA if "doctor_id" in to else TECHNICIAN
        given = await grant(priya, **to)
        before = len(await told(clinic, f"rights:{who.account_id}"))
        assert await reads(who, PRIYA_PATIENT, RecordType.LAB_REPORT) == ["consent"]
        assert (await priya.call("consent.revoke", consent_id=given["id"]))["revoked_at"]
        assert await reads(who, PRIYA_PATIENT, None) == []
        assert len(await told(clinic, f"rights:{who.account_id}")) == before + 1


async def test_what_is_no_consent_is_not_taken(clinic: Node, priya: Caller) -> None:
    to = {"doctor_id": str(DOCTOR_ASHA)}
    for wrong in (
        {},
        {**to, "place_id": str(CLINIC)},
        {**to, "records": []},
        {**to, "records": ["everything"]},
        {**to, "purpose": "curiosity"},
        {**to, "until": in_days(-1)},
        {**to, "until": in_days(400)},
        {**to, "until": in_days(2), "since": in_days(3)},
    ):
        with pytest.raises(InvalidParams):
            await grant(priya, **wrong)
    for nobody in ({"doctor_id": str(uuid4())}, {"place_id": str(uuid4())}):
        with pytest.raises(NotFound):
            await grant(priya, **nobody)
    await execute(
        clinic,
        "INSERT INTO consent (patient_id, doctor_id, purpose, records, granted_by, granted_at, since, until)"
        " SELECT $1, $2, 'treatment', '{summary}', $3, now(), now(), now() + interval '1 day'"
        "   FROM generate_series(1, 100)",
        PRIYA_PATIENT,
        DOCTOR_ASHA,
        PRIYA.account_id,
    )
    with pytest.raises(TooManyConsents):
        await grant(priya, **to)


async def test_what_a_guardian_granted_ends_when_the_child_is_of_age_and_she_grants_nothing_more(
    clinic: Node, priya: Caller, reads: Reads
) -> None:
    """Born so that he is of age in three days, or four where that is no day of the year he was born in."""
    comes = datetime.now(UTC).date() + timedelta(days=3)
    comes += timedelta(days=(comes.month, comes.day) == (2, 29))
    born = comes.replace(year=comes.year - 18)
    await execute(clinic, "UPDATE patient SET birth_year = $2, birth_date = $3 WHERE id = $1",
                  ARJUN_PATIENT, born.year, born)  # fmt: skip
    ((lapses,),) = await rows(
        clinic, "SELECT lapses_at FROM guarding WHERE patient_id = $1 AND account_id = $2",
        ARJUN_PATIENT, PRIYA.account_id,
    )  # fmt: skip
    given = await grant(priya, patient_id=ARJUN, doctor_id=str(DOCTOR_ASHA), until=in_days(30))
    assert datetime.fromisoformat(given["until"]) == lapses
    await execute(
        clinic,
        "UPDATE guardianship SET since = since - interval '20 years', lapses_at = now() - interval '1 ms'"
        " WHERE patient_id = $1",
        ARJUN_PATIENT,
    )
    for method, params in (
        ("consent.grant", {"records": ["chat"], "purpose": "treatment", "until": in_days(1),
                           "doctor_id": str(DOCTOR_ASHA)}),
        ("consent.list", {}),
        ("consent.seen_by", {}),
        ("relation.list", {}),
        ("summary.get", {}),
        ("background.get", {}),
        ("background.update", {}),
        ("summary.note", {"kind": "allergy", "label": "Dust"}),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await priya.call(method, patient_id=ARJUN, **params)
    with pytest.raises(NotFound):
        await priya.call("consent.revoke", consent_id=given["id"])
    assert await reads(PRIYA, ARJUN_PATIENT, None) == []


async def test_she_sees_who_sees_her_and_by_what(clinic: Node, priya: Caller, desk: Caller, session: str) -> None:
    await priya.call("queue.join", session_id=session, patient_id=str(KAMLA_PATIENT))
    kamla = str(KAMLA_PATIENT)
    given = await grant(priya, patient_id=kamla, place_id=str(LABORATORY))
    await grant(priya, patient_id=kamla, doctor_id=str(DOCTOR_ASHA), records=["summary"])
    seen = await priya.call("consent.seen_by", patient_id=kamla)
    assert [(row["kind"], row["name"], row["records"]) for row in seen] == [
        ("guardian", PRIYA.name, []),
        ("relationship", VIKRAM.name, ["summary"]),
        ("consent", "Jeevan Laboratory · जीवन लैब", ["lab_report"]),
        ("consent", ASHA.name, ["summary"]),
    ]
    await priya.call("consent.revoke", consent_id=given["id"])
    await priya.call("relation.end", relation_id=seen[1]["ref"])
    assert [row["kind"] for row in await priya.call("consent.seen_by", patient_id=kamla)] == ["guardian", "consent"]


async def test_pages_of_consents_are_whole(clinic: Node, priya: Caller) -> None:
    made = [(await grant(priya, doctor_id=str(DOCTOR_ASHA)))["id"] for _ in range(5)]
    found: list[str] = []
    cursor = None
    while True:
        page = await priya.call("consent.list", patient_id=str(PRIYA_PATIENT), limit=2, cursor=cursor)
        found += [row["id"] for row in page["rows"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert found == made[::-1]


async def test_a_technician_by_capacity_alone_reads_nothing(clinic: Node, priya: Caller) -> None:
    await grant(priya, place_id=str(LABORATORY), records=["summary"])
    assert (await as_person(clinic, TECHNICIAN).call("summary.get", patient_id=str(PRIYA_PATIENT)))["allergies"] == []
    with pytest.raises(NotFound):
        await as_person(clinic, ASHA).call("summary.get", patient_id=str(PRIYA_PATIENT))


async def test_the_records_of_a_consent_are_the_closed_list(clinic: Node) -> None:
    ((text,),) = await rows(
        clinic,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'consent'::regclass AND pg_get_constraintdef(oid) LIKE '%<@%'",
    )
    assert set(re.findall(r"'(\w+)'::text", text)) == {record.value for record in RecordType}
