"""What providers prove before they may serve: strangers, one's own judge and changed facts come first.

H-256, H-257, H-260, H-261, H-264, H-265, H-266 (verify, reject, list), H-322 (states), H-087 (papers), H-009, H-010,
H-011 (providers wait for it), H-045 (admins are told), M-190 (hospital.verify).
"""

import asyncio
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.node import Node
from channels.directory import Approval, Subject
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM, PHARMACY
from channels.identity import Capacity
from channels.identity.demo import ADMIN_ID, ARJUN_PATIENT, ASHA, DESK, PHARMACIST, PRIYA, PRIYA_PATIENT, VIKRAM
from channels.session.errors import NotApproved
from channels.verification.errors import FactsChanged, FactsMissing, OwnVerification
from channels.verification.events import case_topic
from channels.verification.lifecycle import VERIFICATION, Kind, Step
from tests.channels.callers import Caller, rows, told
from tests.channels.directory.test_members import ctx_of
from tests.channels.queue.conftest import admin_of, as_person
from tests.channels.test_tables import checked_words
from tests.patience import PATIENCE_S

S = Approval
LEGAL = {
    S.PENDING: {"submit", "approve", "reject"},
    S.APPROVED: {"reopen", "withdraw"},
    S.REJECTED: {"submit"},
    S.WITHDRAWN: {"submit"},
}


async def submit_doctor(node: Node) -> tuple[Caller, Any]:
    """Asha names her council and asks to be verified."""
    asha = as_person(node, ASHA)
    await asha.call("doctor.update", doctor_id=str(DOCTOR_ASHA), council="Karnataka Medical Council")
    return asha, await asha.call("verification.submit", subject="doctor", subject_id=str(DOCTOR_ASHA))


async def approve(node: Node, case: Any) -> Any:
    admin = admin_of(node)
    seen = await admin.call("verification.get", verification_id=case["id"])
    return await admin.call("verification.approve", verification_id=case["id"], facts_hash=seen["facts_hash"])


async def state_of(node: Node, account: UUID, capacity: str = "doctor") -> str:
    (row,) = await rows(
        node, "SELECT state FROM account_capacity WHERE account_id = $1 AND capacity = $2", account, capacity
    )
    return str(row["state"])


# --- who may not ------------------------------------------------------------------------------------------------------
async def test_a_stranger_sees_no_case_and_submits_for_nobody_else(clinic: Node) -> None:
    _, case = await submit_doctor(clinic)
    for person in (PRIYA, DESK, VIKRAM):
        stranger = as_person(clinic, person)
        for subject, subject_id in (("doctor", DOCTOR_ASHA), ("place", CLINIC), ("place", DOCTOR_ASHA)):
            with pytest.raises(NotFound):
                await stranger.call("verification.submit", subject=subject, subject_id=str(subject_id))
        with pytest.raises(NotFound):
            await stranger.call("verification.get", verification_id=case["id"])
        assert (await stranger.call("verification.list"))["rows"] == []
        for verb in ("verification.reject", "verification.withdraw"):
            with pytest.raises(Forbidden):
                await stranger.call(verb, verification_id=case["id"], reason="because")


async def test_an_administrator_without_the_scope_sees_and_decides_nothing(clinic: Node) -> None:
    _, case = await submit_doctor(clinic)
    admin = admin_of(clinic)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE admin_scope SET scope = 'content' WHERE account_id = $1", ADMIN_ID)
    with pytest.raises(Forbidden):
        await admin.call("verification.approve", verification_id=case["id"], facts_hash="0" * 64)
    with pytest.raises(Forbidden):
        await admin.call("doctor.verify", doctor_id=str(DOCTOR_ASHA), facts_hash="0" * 64)
    with pytest.raises(NotFound):
        await admin.call("verification.get", verification_id=case["id"])


async def test_nobody_is_her_own_judge_whatever_the_code_believes(clinic: Node) -> None:
    """An administrator who owns the pharmacy, and one who submitted."""
    owner = as_person(clinic, PHARMACIST)
    await owner.call("pharmacy.update", pharmacy_id=str(PHARMACY), address="12 MG Road", licence="KA-20B-1")
    case = await owner.call("verification.submit", subject="place", subject_id=str(PHARMACY))
    async with clinic.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, 'manager', now())",
            ADMIN_ID,
            PHARMACY,
        )
    with pytest.raises(OwnVerification):
        await approve(clinic, case)
    with pytest.raises(OwnVerification):
        await admin_of(clinic).call("pharmacy.reject", pharmacy_id=str(PHARMACY), reason="a rival")
    assert (await owner.call("verification.get", verification_id=case["id"]))["case"]["state"] == "pending"


async def test_an_administrator_decides_only_about_the_facts_she_has_seen(clinic: Node) -> None:
    asha, case = await submit_doctor(clinic)
    admin = admin_of(clinic)
    seen = await admin.call("verification.get", verification_id=case["id"])
    await asha.call("doctor.update", doctor_id=str(DOCTOR_ASHA), registration="KMC-99999")
    with pytest.raises(FactsChanged):
        await admin.call("verification.approve", verification_id=case["id"], facts_hash=seen["facts_hash"])
    assert (await approve(clinic, case))["state"] == "approved"
    detail = await asha.call("verification.get", verification_id=case["id"])
    assert detail["approved_facts"]["registration"] == "KMC-99999"
    assert detail["steps"][-1]["facts_hash"] == detail["facts_hash"]


async def test_papers_are_ones_own_and_are_read_by_both_sides_only(clinic: Node) -> None:
    asha, _ = await submit_doctor(clinic)
    mine, others = uuid4(), uuid4()
    async with clinic.db.transaction() as tx:
        for media_id, account_id in ((mine, ASHA.account_id), (others, VIKRAM.account_id)):
            await tx.execute(
                "INSERT INTO media (id, account_id, kind, name, mime, size, sha256, path, created_at)"
                " VALUES ($1, $2, 'document', 'licence.pdf', 'application/pdf', 9, sha256(''), $3, now())",
                media_id,
                account_id,
                f"x/{media_id.hex}",
            )
    with pytest.raises(InvalidParams):
        await asha.call(
            "verification.submit", subject="doctor", subject_id=str(DOCTOR_ASHA), media_ids=[str(mine), str(others)]
        )
    case = await asha.call("verification.submit", subject="doctor", subject_id=str(DOCTOR_ASHA), media_ids=[str(mine)])
    for reader in (asha, admin_of(clinic)):
        papers = (await reader.call("verification.get", verification_id=case["id"]))["documents"]
        assert [paper["id"] for paper in papers] == [str(mine)]


# --- the case ---------------------------------------------------------------------------------------------------------
async def test_a_case_from_submission_to_approval_and_what_follows_from_each_step(clinic: Node) -> None:
    asha = as_person(clinic, ASHA)
    with pytest.raises(FactsMissing) as missing:
        await asha.call("verification.submit", subject="doctor", subject_id=str(DOCTOR_ASHA))
    assert missing.value.data == {"missing": ["council"]}
    asha, case = await submit_doctor(clinic)
    assert (case["state"], case["kind"], await state_of(clinic, ASHA.account_id)) == ("pending", "doctor", "pending")
    with pytest.raises(NotFound):
        await as_person(clinic, PRIYA).call("doctor.get", doctor_id=str(DOCTOR_ASHA))
    admin = admin_of(clinic)
    assert [one["id"] for one in (await admin.call("verification.list", state="pending"))["rows"]] == [case["id"]]

    case = await admin.call("doctor.reject", doctor_id=str(DOCTOR_ASHA), reason="the licence cannot be read")
    assert (case["state"], case["reason"]) == ("rejected", "the licence cannot be read")
    with pytest.raises(IllegalMove):
        await approve(clinic, case)
    case = await asha.call("verification.submit", subject="doctor", subject_id=str(DOCTOR_ASHA))
    assert (case["state"], case["reason"]) == ("pending", None)
    assert (await approve(clinic, case))["state"] == "approved"
    assert await state_of(clinic, ASHA.account_id) == "active"
    assert (await as_person(clinic, PRIYA).call("doctor.get", doctor_id=str(DOCTOR_ASHA)))["listed"]

    steps = (await asha.call("verification.get", verification_id=case["id"]))["steps"]
    assert [step["move"] for step in steps] == ["adopt", "submit", "reject", "submit", "approve"]
    topic = [data["case"] for _, data in await told(clinic, f"verification:{case['id']}")]
    assert [one["state"] for one in topic] == ["pending", "rejected", "pending", "approved"]
    async with clinic.db.snapshot() as tx:
        fresh = await case_topic(ctx_of(clinic, tx, None), UUID(case["id"]))
    assert (str(fresh.id), fresh.state, fresh.revision) == (topic[-1]["id"], topic[-1]["state"], topic[-1]["revision"])
    async with asyncio.timeout(PATIENCE_S):
        while (
            len(heard := await rows(clinic, "SELECT fact, body FROM notification WHERE fact LIKE 'verification.%'")) < 4
        ):
            pass
    assert sorted(row["fact"].split(".")[1] for row in heard) == ["approved", "rejected", "waiting", "waiting"]
    assert not any("cannot be read" in row["body"] for row in heard)


@pytest.mark.parametrize("decisions", [("approve", "reject"), ("reject", "reject")])
async def test_of_two_decisions_at_once_one_holds(decisions: tuple[str, str], clinic: Node) -> None:
    _, case = await submit_doctor(clinic)
    admin = admin_of(clinic)
    seen = await admin.call("verification.get", verification_id=case["id"])

    async def decide(what: str) -> Any:
        given = {"facts_hash": seen["facts_hash"]} if what == "approve" else {"reason": "no"}
        return await admin_of(clinic).call(f"verification.{what}", verification_id=case["id"], **given)

    ends = await asyncio.gather(*map(decide, decisions), return_exceptions=True)
    assert sum(isinstance(end, IllegalMove) for end in ends) == 1, ends
    assert len(await told(clinic, f"verification:{case['id']}")) == 2


async def test_a_verification_sticks_to_its_facts(clinic: Node) -> None:
    asha, case = await submit_doctor(clinic)
    await approve(clinic, case)
    await asha.call("doctor.update", doctor_id=str(DOCTOR_ASHA), bio="I like to listen.")
    assert await state_of(clinic, ASHA.account_id) == "active", "a biography is no fact"
    await asha.call("doctor.update", doctor_id=str(DOCTOR_ASHA), name="Dr. Asha Rao-Mehta")
    assert await state_of(clinic, ASHA.account_id) == "pending"
    detail = await asha.call("verification.get", verification_id=case["id"])
    assert (detail["case"]["state"], detail["steps"][-1]["move"]) == ("pending", "reopen")
    assert (detail["approved_facts"]["name"], detail["facts"]["name"]) == ("Dr. Asha Rao", "Dr. Asha Rao-Mehta")
    async with asyncio.timeout(PATIENCE_S):
        while len(events := await told(clinic, f"verification:{case['id']}")) < 3:
            pass
    assert events[-1][1]["case"]["state"] == "pending"


async def test_a_pharmacys_owner_is_of_the_trade_while_it_is_approved(clinic: Node) -> None:
    owner, admin = as_person(clinic, PHARMACIST), admin_of(clinic)
    await owner.call("pharmacy.update", pharmacy_id=str(PHARMACY), address="12 MG Road", licence="KA-20B-1")
    assert [
        place["approval"] for place in await rows(clinic, "SELECT approval FROM place WHERE id = $1", PHARMACY)
    ] == ["pending"]
    case = await owner.call("verification.submit", subject="place", subject_id=str(PHARMACY))
    seen = await admin.call("verification.get", verification_id=case["id"])
    for verb, key in (("hospital.verify", "hospital_id"), ("laboratory.verify", "laboratory_id")):
        with pytest.raises(NotFound):
            await admin.call(verb, **{key: str(PHARMACY)}, facts_hash=seen["facts_hash"])
    await admin.call("pharmacy.verify", pharmacy_id=str(PHARMACY), facts_hash=seen["facts_hash"])
    assert await state_of(clinic, PHARMACIST.account_id, "pharmacy") == "active"
    await admin.call("verification.withdraw", verification_id=case["id"], reason="the licence ran out")
    assert await state_of(clinic, PHARMACIST.account_id, "pharmacy") == "withdrawn"
    await owner.call("verification.submit", subject="place", subject_id=str(PHARMACY))
    assert await state_of(clinic, PHARMACIST.account_id, "pharmacy") == "pending"


# --- when an approval goes --------------------------------------------------------------------------------------------
async def test_a_withdrawn_approval_pauses_what_is_live_blocks_what_is_new_and_lists_what_stands(clinic: Node) -> None:
    clinic.limits.deployment = str(uuid4())
    desk, admin, priya = as_person(clinic, DESK, Capacity.STAFF), admin_of(clinic), as_person(clinic, PRIYA)
    now = datetime.now(UTC)
    times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=3)).isoformat()}
    plan = {"place_id": str(CLINIC), "doctor_id": str(DOCTOR_VIKRAM), "remote_join": True, **times}
    live, planned = [(await desk.call("session.create", **plan))["id"] for _ in range(2)]
    await desk.call("session.start", session_id=live)
    await priya.call("queue.join", session_id=live, patient_id=str(PRIYA_PATIENT))

    vikram = as_person(clinic, VIKRAM)
    await vikram.call("doctor.update", doctor_id=str(DOCTOR_VIKRAM), council="Delhi Medical Council")
    case = await vikram.call("verification.submit", subject="doctor", subject_id=str(DOCTOR_VIKRAM))
    await approve(clinic, case)
    stands = await admin.call("verification.withdraw", verification_id=case["id"], reason="struck off the register")
    assert {one["session_id"]: one["tokens"] for one in stands["sessions"]}.items() >= {live: 1, planned: 0}.items()
    assert {one["doctor_id"] for one in stands["sessions"]} == {str(DOCTOR_VIKRAM)}
    assert [one["patient_id"] for one in stands["appointments"]] == [str(ARJUN_PATIENT)], "the demo's, of tomorrow"
    assert stands == await admin.call("verification.standing", verification_id=case["id"])

    async with asyncio.timeout(PATIENCE_S):
        while not await rows(clinic, "SELECT FROM session WHERE id = $1 AND state = 'paused'", UUID(live)):
            pass
    assert (await desk.call("session.get", session_id=live))["state"] == "paused"
    with pytest.raises(NotFound):  # a doctor who is not verified is nobody's doctor
        await desk.call("session.create", **plan)
    for method, given in (
        ("session.start", {"session_id": planned}),
        ("session.resume", {"session_id": live}),
        ("queue.walk_in", {"session_id": live, "name": "Somebody New"}),
    ):
        with pytest.raises(NotApproved):
            await desk.call(method, **given)
    with pytest.raises(NotApproved):
        await priya.call("queue.join", session_id=planned, patient_id=str(PRIYA_PATIENT))


# --- closed lists -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", Approval)
def test_a_case_moves_only_as_the_product_says(state: Approval) -> None:
    assert set(VERIFICATION.legal(state)) == LEGAL[state]


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("verification", "subject", Subject),
        ("verification", "kind", Kind),
        ("verification", "state", Approval),
        ("verification_step", "move", Step),
        ("verification_step", "state", Approval),
    ],
)
async def test_a_closed_list_is_the_columns_check(
    table: str, column: str, words: type[StrEnum], database_url: str
) -> None:
    assert await checked_words(database_url, table, column) == {word.value for word in words}


async def test_an_approval_without_its_facts_is_refused_by_the_database(clinic: Node) -> None:
    _, case = await submit_doctor(clinic)
    with pytest.raises(asyncpg.CheckViolationError):
        async with clinic.db.transaction() as tx:
            await tx.execute(
                "INSERT INTO verification_step (verification_id, revision, move, state, actor_id, at)"
                " VALUES ($1, 9, 'approve', 'approved', $2, now())",
                UUID(case["id"]),
                ADMIN_ID,
            )
