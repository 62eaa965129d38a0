"""The clinical summary: who reads and writes what is not hers to; then the honest, live.

PRODUCT 5. Ledger: the doctor's view of a patient H-152, H-153.
"""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from carewire.command import Ctx
from carewire.errors import InvalidParams, NotFound
from carewire.node import Node
from carewire.topic import REGISTRY
from channels.care.errors import AlreadyNoted, SummaryFull
from channels.care.events import Background, Summary
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM
from channels.identity.demo import ASHA, PRIYA, PRIYA_PATIENT, VIKRAM
from channels.identity.errors import FactDue
from tests.channels.callers import Caller, rows, told
from tests.channels.care.people import execute
from tests.channels.care.test_consents import grant
from tests.channels.queue.conftest import admin_of, as_person, topic
from tests.patience import PATIENCE_S

P = str(PRIYA_PATIENT)


async def note(who: Caller, kind: str, label: str, patient: str = P, **more: Any) -> Any:
    return await who.call("summary.note", patient_id=patient, kind=kind, label=label, **more)


async def test_a_stranger_neither_reads_nor_writes_and_an_administrator_is_one(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, stranger: Caller
) -> None:
    entry = await note(priya, "allergy", "Penicillin", severity="severe")
    for who in (desk, doctor, stranger):
        for method, params in (
            ("summary.get", {"patient_id": P}),
            ("background.get", {"patient_id": P}),
            ("summary.note", {"patient_id": P, "kind": "allergy", "label": "Dust"}),
            ("summary.end", {"entry_id": entry["id"]}),
            ("background.update", {"patient_id": P, "blood_group": "O-"}),
        ):
            with pytest.raises(NotFound):
                await who.call(method, **params)
    admin = admin_of(clinic)
    assert admin.actor is not None
    for name in ("summary", "background"):
        may = declared(name).may
        async with clinic.db.snapshot() as tx:
            ctx = context(clinic, tx)
            assert await may(ctx, [(admin.actor, (PRIYA_PATIENT,)), (priya.actor, (PRIYA_PATIENT,))]) != [None, None]
            assert (await may(ctx, [(admin.actor, (PRIYA_PATIENT,))])) == [None]


def declared(name: str) -> Any:
    return REGISTRY[name]


def context(node: Node, tx: Any) -> Ctx:
    now = node.dispatcher.clock.now()
    return Ctx(tx=tx, now=now, real_now=now, settings=node.settings)


async def test_her_doctor_reads_and_notes_allergies_and_medicines_and_nothing_of_the_background(
    clinic: Node, doctor: Caller, priya: Caller, session: str
) -> None:
    await priya.call("queue.join", session_id=session, patient_id=P)
    await note(priya, "allergy", "Penicillin", severity="severe")
    await note(priya, "condition", "Asthma")
    await priya.call("background.update", patient_id=P, blood_group="B+", emergency_name="Kamla")
    given = await note(doctor, "medicine", "Metformin 500 mg", detail="1-0-1 after meals")
    assert given["doctor_id"] == str(DOCTOR_VIKRAM)
    seen = await doctor.call("summary.get", patient_id=P)
    assert [e["label"] for e in seen["allergies"]] == ["Penicillin"]
    assert [(e["label"], e["doctor_id"]) for e in seen["medicines"]] == [("Metformin 500 mg", str(DOCTOR_VIKRAM))]
    assert (await priya.call("summary.get", patient_id=P)) == seen
    for method, params in (
        ("background.get", {"patient_id": P}),
        ("summary.note", {"patient_id": P, "kind": "condition", "label": "Diabetes"}),
    ):
        with pytest.raises(NotFound):
            await doctor.call(method, **params)
    await grant(priya, doctor_id=str(DOCTOR_VIKRAM), records=["background"])
    assert (await doctor.call("background.get", patient_id=P))["blood_group"] == "B+"
    await note(doctor, "condition", "Diabetes")
    with pytest.raises(NotFound):  # that is her side's to tell
        await doctor.call("background.update", patient_id=P, blood_group="A+")
    await doctor.call("summary.end", entry_id=given["id"])
    assert (await priya.call("summary.get", patient_id=P))["medicines"] == []
    ((by,),) = await rows(clinic, "SELECT ended_by FROM summary_entry WHERE id = $1", UUID(given["id"]))
    assert by == VIKRAM.account_id
    with pytest.raises(NotFound):
        await priya.call("summary.end", entry_id=given["id"])


async def test_what_is_no_entry_is_not_taken_and_nothing_stands_twice(clinic: Node, priya: Caller) -> None:
    await note(priya, "allergy", "Penicillin")
    with pytest.raises(AlreadyNoted):
        await note(priya, "allergy", " penicillin ")
    await note(priya, "medicine", "Penicillin")
    for kind, label, more in (
        ("medicine", "Metformin", {"severity": "mild"}),
        ("allergy", "", {}),
        ("allergy", "x" * 121, {}),
        ("mood", "Low", {}),
        ("allergy", "Dust", {"detail": "x" * 301}),
    ):
        with pytest.raises(InvalidParams):
            await note(priya, kind, label, **more)
    for wrong in ({"blood_group": "C"}, {"emergency_phone": "nobody"}):
        with pytest.raises(InvalidParams):
            await priya.call("background.update", patient_id=P, **wrong)
    await execute(
        clinic,
        "INSERT INTO summary_entry (patient_id, kind, label, noted_by, noted_at)"
        " SELECT $1, 'condition', 'Condition ' || n, $2, now() FROM generate_series(1, 100) n",
        PRIYA_PATIENT,
        PRIYA.account_id,
    )
    with pytest.raises(SummaryFull):
        await note(priya, "condition", "One more")


async def test_a_login_that_owes_a_known_fact_sees_nothing_clinical(clinic: Node, priya: Caller) -> None:
    thief = Caller(clinic)
    await thief.log_in(PRIYA.phone)
    assert thief.actor is not None
    await execute(clinic, "UPDATE login SET fact_due = true WHERE id = $1", thief.actor.login_id)
    for method, params in (
        ("summary.get", {}),
        ("background.get", {}),
        ("background.update", {"blood_group": "A+"}),
        ("summary.note", {"kind": "allergy", "label": "Dust"}),
    ):
        with pytest.raises(FactDue):
            await thief.call(method, patient_id=P, **params)
    async with clinic.db.snapshot() as tx:
        asks = [(thief.actor, (PRIYA_PATIENT,)), (priya.actor, (PRIYA_PATIENT,))]
        stolen, own = await declared("summary").may(context(clinic, tx), asks)
    assert stolen is None
    assert own is not None


async def test_an_event_for_each_change_adds_up_to_the_snapshot(clinic: Node, priya: Caller) -> None:
    entries = [
        await note(priya, kind, f"{kind} {n}") for n in range(2) for kind in ("allergy", "medicine", "condition")
    ]
    await priya.call("summary.end", entry_id=entries[0]["id"])
    await priya.call("summary.end", entry_id=entries[2]["id"])
    phone = "+919811100071"
    await priya.call(
        "background.update", patient_id=P, blood_group="AB-", emergency_name="Kamla", emergency_phone=phone
    )
    now = await priya.call("background.update", patient_id=P, emergency_name=None)
    assert (now["blood_group"], now["emergency_name"], now["emergency_phone"]) == ("AB-", None, phone)
    for name, kind in (("summary", Summary), ("background", Background)):
        heard = await told(clinic, f"{name}:{P}")
        assert [event for event, _ in heard] == [f"{name}:changed"] * len(heard)
        assert len(heard) == 5
        assert msgspec.convert(heard[-1][1][name], kind) == await topic(clinic, f"{name}:{P}")


async def test_what_a_desk_made_record_knew_is_not_lost_when_it_turns_out_to_be_hers(
    clinic: Node, priya: Caller, doctor: Caller
) -> None:
    async with clinic.db.transaction() as tx:
        record: UUID = await tx.fetchval(
            "INSERT INTO patient (name, place_id, created_at) VALUES ('P. Sharma', $1, now()) RETURNING id", CLINIC
        )
        await tx.execute(
            "WITH c AS (INSERT INTO patient_claim (patient_id, into_id, account_id, claimed_at)"
            " VALUES ($1, $2, $3, now()) RETURNING id) INSERT INTO guardianship (account_id, patient_id, kind, since,"
            " merged, claim_id) SELECT $3, $1, 'self', now(), true, id FROM c",
            record,
            PRIYA_PATIENT,
            PRIYA.account_id,
        )
        await tx.execute(
            "INSERT INTO relationship (patient_id, doctor_id, place_id, state, made_by, made_at, hand_at,"
            " expected_until) VALUES ($1, $2, $3, 'standing', $4, now(), now(), now() + interval '1 day')",
            record,
            DOCTOR_ASHA,
            CLINIC,
            PRIYA.account_id,
        )
    await note(priya, "allergy", "Dust")
    asha = as_person(clinic, ASHA)
    await note(asha, "allergy", "Penicillin", str(record))
    with pytest.raises(NotFound):
        await asha.call("summary.get", patient_id=P)
    assert [e["label"] for e in (await asha.call("summary.get", patient_id=str(record)))["allergies"]] == ["Penicillin"]
    hers = await priya.call("summary.get", patient_id=P)
    assert [e["label"] for e in hers["allergies"]] == ["Dust", "Penicillin"]
    assert len(await told(clinic, f"summary:{P}")) == 2
    assert len(await told(clinic, f"summary:{record}")) == 1


async def test_every_look_is_in_the_audit_with_the_right_it_was_by(
    clinic: Node, doctor: Caller, priya: Caller, session: str
) -> None:
    await priya.call("queue.join", session_id=session, patient_id=P)
    await doctor.call("summary.get", patient_id=P)
    await priya.call("summary.get", patient_id=P)
    looks = await rows(
        clinic,
        "SELECT why FROM audit WHERE kind = 'read' AND patient = $1 AND command = 'summary.get' ORDER BY at",
        PRIYA_PATIENT,
    )
    assert [row["why"] for row in looks] == ["relationship", "own"]


async def test_a_claim_that_is_taken_back_takes_with_it_what_it_opened(
    clinic: Node, priya: Caller, doctor: Caller
) -> None:
    """A recycled number: somebody claims a record for which she then consents; the claim was wrong."""
    async with clinic.db.transaction() as tx:
        record: UUID = await tx.fetchval(
            "INSERT INTO patient (name, phone, birth_year, place_id, created_at)"
            " VALUES ('Lata', $1, 1970, $2, now()) RETURNING id",
            PRIYA.phone,
            CLINIC,
        )
    code = await Caller(clinic).ask_code(PRIYA.phone)
    await priya.call("patient.claim", patient_id=str(record), kind="parent", code=code, answer="1970")
    await grant(priya, patient_id=str(record), doctor_id=str(DOCTOR_VIKRAM), records=["summary"])
    await doctor.call("summary.get", patient_id=str(record))
    await priya.call("patient.undo_claim", patient_id=str(record))
    async with asyncio.timeout(PATIENCE_S):
        while not await rows(clinic, "SELECT 1 FROM consent WHERE patient_id = $1 AND revoked_at IS NOT NULL", record):
            pass
    assert await told(clinic, f"rights:{VIKRAM.account_id}")
    with pytest.raises(NotFound):
        await doctor.call("summary.get", patient_id=str(record))
    ((by,),) = await rows(clinic, "SELECT revoked_by FROM consent WHERE revoked_at IS NOT NULL")
    assert by is None


async def test_a_record_that_is_merged_is_heard_by_who_follows_hers(clinic: Node, priya: Caller) -> None:
    async with clinic.db.transaction() as tx:
        record: UUID = await tx.fetchval(
            "INSERT INTO patient (name, phone, birth_year, place_id, created_at)"
            " VALUES ('P. Sharma', $1, 1970, $2, now()) RETURNING id",
            PRIYA.phone,
            CLINIC,
        )
        await tx.execute(
            "INSERT INTO summary_entry (patient_id, kind, label, noted_by, noted_at)"
            " VALUES ($1, 'allergy', 'Penicillin', $2, now())",
            record,
            ASHA.account_id,
        )
    for verb, more, labels in (
        (
            "claim",
            {"kind": "self", "code": await Caller(clinic).ask_code(PRIYA.phone), "answer": "1970"},
            ["Penicillin"],
        ),
        ("undo_claim", {}, []),
    ):
        before = len(await told(clinic, f"summary:{P}"))
        await priya.call(f"patient.{verb}", patient_id=str(record), **more)
        await until_told(clinic, f"summary:{P}", before)
        _, last = (await told(clinic, f"summary:{P}"))[-1]
        assert [entry["label"] for entry in last["summary"]["allergies"]] == labels
        assert msgspec.convert(last["summary"], Summary) == await topic(clinic, f"summary:{P}")


async def until_told(node: Node, name: str, known: int) -> None:
    """The job has said it. The topic is read until it has, never slept for."""
    async with asyncio.timeout(PATIENCE_S):
        while len(await told(node, name)) <= known:
            pass
