"""A relationship counts only by the patient's hand: who makes himself one, who keeps one too long; then the honest.

PRODUCT 5. Ledger: patient.list H-151, patient.get H-152 (whose patients they are).
"""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from carewire.command import Ctx
from carewire.errors import IllegalMove, NotFound, RateLimited
from carewire.node import Node
from channels.care import RecordType, RelationState
from channels.care.access import Made, relate
from channels.care.errors import NoNumber, NotHerHand
from channels.care.relations import RelationsLapse, lapse
from channels.care.rights import Ask, rights
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM, PHARMACY
from channels.identity.demo import ARJUN_PATIENT, ASHA, DESK, PHARMACIST, PRIYA, PRIYA_PATIENT, SELF_PATIENTS, VIKRAM
from channels.identity.errors import CodeGone, WrongCode
from channels.identity.platform_settings import PlatformSettings
from tests.channels.callers import Caller, another, next_code, rows
from tests.channels.care.people import Reads, execute
from tests.channels.queue.conftest import MakeSession, ProductClock, admin_of, walk_in

PHONE = "+919811100061"
STANDING = ("INSERT INTO relationship (patient_id, doctor_id, place_id, state, made_by, made_at, hand_at,"
            " expected_until) VALUES ($1, $2, $3, 'standing', $4, now(), now(), now() + interval '1 day')")  # fmt: skip


async def join(priya: Caller, session: str, patient_id: UUID = PRIYA_PATIENT) -> Any:
    return await priya.call("queue.join", session_id=session, patient_id=str(patient_id))


async def visit(desk: Caller, token: Any, session: str) -> None:
    """From the door to the end of the consultation."""
    await desk.call("queue.arrive", token_id=token["id"])
    await desk.call("queue.call", token_id=token["id"])
    await desk.call("queue.begin", token_id=token["id"])
    await desk.call("queue.complete", token_id=token["id"])


# --- who helps himself -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("made_by", [VIKRAM, DESK, ASHA, None], ids=["himself", "his desk", "a colleague", "no code"])
async def test_the_database_itself_refuses_a_relationship_that_the_patient_did_not_make(
    clinic: Node, made_by: Any, reads: Reads
) -> None:
    by = made_by and made_by.account_id
    with pytest.raises(asyncpg.CheckViolationError, match="only the patient"):
        await execute(clinic, STANDING, PRIYA_PATIENT, DOCTOR_VIKRAM, CLINIC, by)
    await execute(
        clinic,
        "INSERT INTO relationship (patient_id, doctor_id, place_id, state, asked_by) VALUES ($1, $2, $3, 'asked', $4)",
        PRIYA_PATIENT,
        DOCTOR_VIKRAM,
        CLINIC,
        VIKRAM.account_id,
    )
    assert await reads(VIKRAM, PRIYA_PATIENT, None) == []
    with pytest.raises(asyncpg.CheckViolationError, match="only the patient"):
        await execute(
            clinic,
            "UPDATE relationship SET state = 'standing', made_by = $1, made_at = now(), hand_at = now()",
            by,
        )


async def test_a_relationship_is_never_passed_on(clinic: Node) -> None:
    await execute(clinic, STANDING, PRIYA_PATIENT, DOCTOR_VIKRAM, CLINIC, PRIYA.account_id)
    for column, value in (("doctor_id", DOCTOR_ASHA), ("patient_id", ARJUN_PATIENT), ("place_id", PHARMACY)):
        with pytest.raises(asyncpg.CheckViolationError, match="never passed on"):
            await execute(clinic, f"UPDATE relationship SET {column} = $1", value)


async def test_a_doctor_who_joins_his_own_line_for_a_patient_has_no_relationship_by_it(
    clinic: Node, doctor: Caller, make_session: MakeSession, reads: Reads
) -> None:
    own = SELF_PATIENTS[VIKRAM.account_id]
    await join(doctor, await make_session(remote_join=True), own)
    assert await rows(clinic, "SELECT 1 FROM relationship WHERE patient_id = $1", own) == []
    assert await reads(VIKRAM, own) == ["own"]


async def test_no_domain_can_write_one_for_somebody_she_does_not_act_for(clinic: Node) -> None:
    now = clinic.clock.now()
    made = Made(
        patient_id=PRIYA_PATIENT,
        doctor_id=DOCTOR_ASHA,
        place_id=CLINIC,
        made_by=DESK.account_id,
        at=now,
        until=now + timedelta(hours=1),
    )
    with pytest.raises(asyncpg.CheckViolationError):
        async with clinic.db.transaction() as tx:
            await relate(tx, [made])


async def test_his_own_number_typed_at_the_desk_gets_him_no_code(
    clinic: Node, doctor: Caller, desk: Caller, session: str
) -> None:
    for phone in (VIKRAM.phone, DESK.phone, ASHA.phone, None):
        token = await walk_in(doctor, session, f"Somebody {phone}", phone=phone)
        for who in (doctor, desk):
            with pytest.raises(NoNumber):
                await who.call("relation.ask", token_id=token["id"])


async def test_what_the_desk_enters_opens_nothing_until_the_patient_tells_the_code(
    clinic: Node, desk: Caller, doctor: Caller, stranger: Caller, session: str, reads: Reads
) -> None:
    token = await walk_in(desk, session, "Ramesh", phone=PHONE)
    patient = UUID(token["patient_id"])
    assert await reads(VIKRAM, patient, None) == []
    with pytest.raises(NotFound):
        await stranger.call("relation.ask", token_id=token["id"])
    asked = await desk.call("relation.ask", token_id=token["id"])
    assert asked["state"] == "asked"
    assert await reads(VIKRAM, patient) == []
    code = await next_code(clinic, PHONE, 0)
    with pytest.raises(NotFound):
        await stranger.call("relation.confirm", relation_id=asked["id"], code=code)
    for _ in range(4):
        with pytest.raises(WrongCode):
            await doctor.call("relation.confirm", relation_id=asked["id"], code=another(code))
    assert await reads(VIKRAM, patient) == []
    answers = await asyncio.gather(
        *(desk.call("relation.confirm", relation_id=asked["id"], code=code) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(answer, dict) and answer["state"] == "standing" for answer in answers) == 1
    assert sum(isinstance(answer, CodeGone) for answer in answers) == 2
    assert await reads(VIKRAM, patient) == ["relationship"]
    assert await reads(VIKRAM, patient, RecordType.BACKGROUND) == []
    assert await reads(DESK, patient, None) == ["relationship"]
    assert await reads(DESK, patient) == []


async def test_a_code_dies_of_five_tries_and_of_age_and_there_are_five_a_day(
    clinic: Node, desk: Caller, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await walk_in(desk, session, "Ramesh", phone=PHONE)
    asked = await desk.call("relation.ask", token_id=token["id"])
    code = await next_code(clinic, PHONE, 0)
    for _ in range(5):
        with pytest.raises(WrongCode):
            await desk.call("relation.confirm", relation_id=asked["id"], code=another(code))
    with pytest.raises(CodeGone):
        await desk.call("relation.confirm", relation_id=asked["id"], code=code)
    again = await desk.call("relation.ask", token_id=token["id"])  # within half a minute: the same one
    assert again["expires_at"] == asked["expires_at"]
    older = "UPDATE relationship_code SET sent_at = sent_at - interval '1 minute'"
    for sent in range(1, 5):
        await execute(clinic, older)
        await desk.call("relation.ask", token_id=token["id"])
        code = await next_code(clinic, PHONE, sent)
    await execute(clinic, older)
    with pytest.raises(RateLimited):
        await desk.call("relation.ask", token_id=token["id"])
    await execute(clinic, "UPDATE relationship_code SET expires_at = now() - interval '1 ms'")
    with pytest.raises(CodeGone):
        await desk.call("relation.confirm", relation_id=asked["id"], code=code)


async def test_the_code_for_a_family_goes_to_who_acts_for_her_and_the_app_does_as_well(
    clinic: Node,
    desk: Caller,
    priya: Caller,
    doctor: Caller,
    make_session: MakeSession,
    time: ProductClock,
    reads: Reads,
) -> None:
    token = await walk_in(desk, await make_session(), "Arjun Sharma", phone="+919811100062")
    record = UUID(token["patient_id"])
    await execute(
        clinic,
        "INSERT INTO guardianship (account_id, patient_id, kind, since) VALUES ($1, $2, 'parent', now())",
        PRIYA.account_id,
        record,
    )
    asked = await desk.call("relation.ask", token_id=token["id"])
    await next_code(clinic, PRIYA.phone, 0)
    assert await rows(clinic, "SELECT 1 FROM mailbox WHERE address = '+919811100062'") == []
    for days, times in ((0, 1), (1, 2)):  # asked again another day, the app says so again
        time.turn(days=days)
        await execute(clinic, "UPDATE relationship_code SET sent_at = sent_at - interval '1 minute'")
        await desk.call("relation.ask", token_id=token["id"])
        key = f"notify:{PRIYA.account_id}:relation.asked:{asked['id']}:%"
        assert len(await rows(clinic, "SELECT DISTINCT key FROM job WHERE key LIKE $1", key)) == times
    with pytest.raises(NotFound):
        await doctor.call("relation.accept", relation_id=asked["id"])
    assert (await priya.call("relation.accept", relation_id=asked["id"]))["state"] == "standing"
    assert await reads(VIKRAM, record) == ["relationship"]
    with pytest.raises(IllegalMove):
        await priya.call("relation.accept", relation_id=asked["id"])


async def test_a_doctor_who_acts_for_a_patient_cannot_accept_for_her_what_he_asked_for(
    clinic: Node, doctor: Caller, desk: Caller, session: str
) -> None:
    token = await walk_in(desk, session, "Ramesh", phone=PHONE)
    await execute(
        clinic,
        "INSERT INTO guardianship (account_id, patient_id, kind, since) VALUES ($1, $2, 'sibling', now())",
        VIKRAM.account_id,
        UUID(token["patient_id"]),
    )
    with pytest.raises(NoNumber):
        await desk.call("relation.ask", token_id=token["id"])
    await execute(
        clinic,
        "INSERT INTO relationship (patient_id, doctor_id, place_id, state, asked_by) VALUES ($1, $2, $3, 'asked', $4)",
        UUID(token["patient_id"]),
        DOCTOR_VIKRAM,
        CLINIC,
        DESK.account_id,
    )
    ((asked,),) = await rows(clinic, "SELECT id FROM relationship WHERE state = 'asked'")
    with pytest.raises(NotHerHand):
        await doctor.call("relation.accept", relation_id=str(asked))


# --- who keeps one too long ------------------------------------------------------------------------------------------
async def test_joining_opens_the_summary_to_this_doctor_and_nothing_else_to_anybody(
    clinic: Node, priya: Caller, session: str, reads: Reads
) -> None:
    await join(priya, session)
    assert await reads(VIKRAM, PRIYA_PATIENT) == ["relationship"]
    own: dict[str, Any] = {"doctor_id": DOCTOR_VIKRAM}
    for record in RecordType:
        assert await reads(VIKRAM, PRIYA_PATIENT, record, **own) == ["relationship"]  # what he wrote himself
        for author in ({}, {"doctor_id": DOCTOR_ASHA}, {"place_id": CLINIC}):
            wanted = ["relationship"] if record is RecordType.SUMMARY else []
            assert await reads(VIKRAM, PRIYA_PATIENT, record, **author) == wanted
    assert await reads(VIKRAM, ARJUN_PATIENT, None) == []
    for who in (ASHA, PHARMACIST):
        assert await reads(who, PRIYA_PATIENT, None) == (["relationship"] if who is ASHA else [])  # she owns the place
        assert await reads(who, PRIYA_PATIENT) == []
    (seen,) = await priya.call("relation.list", patient_id=str(PRIYA_PATIENT))
    assert (seen["state"], seen["doctor_id"]) == ("standing", str(DOCTOR_VIKRAM))


async def test_thirty_days_after_the_last_visit_it_is_over_and_a_new_visit_begins_anew(
    clinic: Node, priya: Caller, desk: Caller, make_session: MakeSession, time: ProductClock, reads: Reads
) -> None:
    first = await make_session(remote_join=True)
    token = await join(priya, first)
    await visit(desk, token, first)
    time.turn(days=29, hours=23)
    assert await reads(VIKRAM, PRIYA_PATIENT) == ["relationship"]
    time.turn(hours=2)
    assert await reads(VIKRAM, PRIYA_PATIENT) == []
    assert (await priya.call("relation.list", patient_id=str(PRIYA_PATIENT)))[0]["state"] == "lapsed"
    async with clinic.db.transaction() as tx:
        ctx = Ctx(tx=tx, now=time.now(), real_now=time.real_now(), settings=clinic.settings)
        await lapse(ctx, RelationsLapse())
        assert f"rights:{VIKRAM.account_id}" in [event.topic() for event in ctx.events]
    await desk.call("session.end", session_id=first)
    await join(priya, await make_session(remote_join=True))
    assert await reads(VIKRAM, PRIYA_PATIENT) == ["relationship"]
    ((since, now),) = await rows(
        clinic, "SELECT made_at, hand_at FROM relationship WHERE patient_id = $1", PRIYA_PATIENT
    )
    assert since == now  # not since the first time


async def test_how_long_is_a_setting_and_the_database_knows_its_default(
    clinic: Node, priya: Caller, desk: Caller, session: str, time: ProductClock, reads: Reads
) -> None:
    ((days,),) = await rows(clinic, "SELECT relation_days()")
    assert days == timedelta(days=PlatformSettings().relation_days)
    token = await join(priya, session)
    await visit(desk, token, session)
    await execute(clinic, """UPDATE admin_settings SET value = '{"relation_days": 2}'""")
    time.turn(days=2, hours=1)
    assert await reads(VIKRAM, PRIYA_PATIENT) == []


async def test_a_visit_that_only_the_desk_entered_prolongs_nothing(
    clinic: Node, priya: Caller, desk: Caller, make_session: MakeSession, time: ProductClock, reads: Reads
) -> None:
    first = await make_session(remote_join=True)
    await visit(desk, await join(priya, first), first)
    await desk.call("session.end", session_id=first)
    time.turn(days=20)
    second = await make_session()
    token = await walk_in(desk, second, PRIYA.name, phone=PRIYA.phone)
    assert token["patient_id"] == str(PRIYA_PATIENT)
    for move in ("call", "begin", "complete"):
        await desk.call(f"queue.{move}", token_id=token["id"])
    time.turn(days=11)
    assert await reads(VIKRAM, PRIYA_PATIENT) == []


async def test_she_who_came_by_herself_to_a_booking_of_the_desk_has_a_hand_in_it(
    clinic: Node, priya: Caller, desk: Caller, make_session: MakeSession, reads: Reads
) -> None:
    session = await make_session(remote_join=True)
    gone = await join(priya, session)
    await priya.call("queue.leave", token_id=gone["id"])
    await execute(clinic, "UPDATE relationship SET expected_until = now() - interval '1 s'")
    due = (clinic.clock.now() + timedelta(hours=1)).isoformat()
    token = await desk.call("queue.expect", session_id=session, due_at=due, patient_id=str(PRIYA_PATIENT))
    assert await reads(VIKRAM, PRIYA_PATIENT) == []
    owner = Caller(clinic)
    await owner.log_in(ASHA.phone)
    wall = await owner.call("queue.arrival_code", place_id=str(CLINIC))
    await priya.call("queue.arrive", token_id=token["id"], code=wall["code"])
    assert await reads(VIKRAM, PRIYA_PATIENT) == ["relationship"]


async def test_a_doctor_who_left_the_place_yesterday_or_is_not_verified_any_more_sees_nobody(
    clinic: Node, priya: Caller, session: str, reads: Reads
) -> None:
    await join(priya, session)
    verified = "UPDATE account_capacity SET state = $2 WHERE account_id = $1 AND capacity = 'doctor'"
    await execute(clinic, verified, VIKRAM.account_id, "withdrawn")
    assert await reads(VIKRAM, PRIYA_PATIENT, None) == []
    await execute(clinic, verified, VIKRAM.account_id, "active")
    assert await reads(VIKRAM, PRIYA_PATIENT) == ["relationship"]
    await execute(
        clinic,
        "UPDATE affiliation SET state = 'ended', since = now() - interval '9 days', until = now() - interval '1 day'"
        " WHERE doctor_id = $1",
        DOCTOR_VIKRAM,
    )
    assert await reads(VIKRAM, PRIYA_PATIENT, None) == []


async def test_the_patient_ends_it_when_she_likes_and_nobody_else_does(
    clinic: Node, priya: Caller, doctor: Caller, session: str, reads: Reads
) -> None:
    await join(priya, session)
    relation = (await priya.call("relation.list", patient_id=str(PRIYA_PATIENT)))[0]["id"]
    stranger = Caller(clinic)
    await stranger.log_in(PHARMACIST.phone)
    for who in (stranger, doctor):
        with pytest.raises(NotFound):
            await who.call("relation.end", relation_id=relation)
        with pytest.raises(NotFound):
            await who.call("relation.list", patient_id=str(PRIYA_PATIENT))
    assert (await priya.call("relation.end", relation_id=relation))["state"] == "ended"
    assert await reads(VIKRAM, PRIYA_PATIENT, None) == []
    with pytest.raises(IllegalMove):
        await priya.call("relation.end", relation_id=relation)


async def test_a_pharmacy_sees_who_she_is_and_its_own_papers_only(clinic: Node, reads: Reads) -> None:
    """Also ledger patient.get H-191: contact and address only."""
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
        await relate(tx, [made, made])
    assert await reads(PHARMACIST, PRIYA_PATIENT, None) == ["relationship", "relationship"]  # owner and pharmacist
    assert await reads(PHARMACIST, PRIYA_PATIENT) == []
    assert await reads(PHARMACIST, PRIYA_PATIENT, RecordType.PRESCRIPTION) == []
    assert await reads(PHARMACIST, PRIYA_PATIENT, RecordType.PRESCRIPTION, place_id=PHARMACY) == ["relationship"]
    await execute(clinic, "UPDATE membership SET until = now() WHERE account_id = $1", PHARMACIST.account_id)
    assert await reads(PHARMACIST, PRIYA_PATIENT, None) == []


async def test_what_is_opened_about_her_opens_what_was_merged_into_her_and_not_the_other_way_round(
    clinic: Node, priya: Caller, session: str, reads: Reads
) -> None:
    async with clinic.db.transaction() as tx:
        desk_made: UUID = await tx.fetchval(
            "INSERT INTO patient (name, place_id, created_at) VALUES ('P. Sharma', $1, now()) RETURNING id", CLINIC
        )
        claim = await tx.fetchval(
            "INSERT INTO patient_claim (patient_id, into_id, account_id, claimed_at) VALUES ($1, $2, $3, now())"
            " RETURNING id",
            desk_made,
            PRIYA_PATIENT,
            PRIYA.account_id,
        )
        await tx.execute(
            "INSERT INTO guardianship (account_id, patient_id, kind, since, merged, claim_id)"
            " VALUES ($1, $2, 'self', now(), true, $3)",
            PRIYA.account_id,
            desk_made,
            claim,
        )
    await execute(clinic, STANDING, desk_made, DOCTOR_ASHA, CLINIC, PRIYA.account_id)
    assert await reads(ASHA, desk_made) == ["relationship"]
    assert await reads(ASHA, PRIYA_PATIENT) == []
    assert await reads(PRIYA, desk_made) == ["own"]
    await join(priya, session)
    assert await reads(VIKRAM, desk_made) == ["relationship"]
    await execute(
        clinic, "UPDATE patient_claim SET undone_at = claimed_at, undone_by = $1 WHERE id = $2", PRIYA.account_id, claim
    )
    assert await reads(VIKRAM, desk_made) == []


async def test_an_administrator_reads_nothing(clinic: Node, priya: Caller, session: str) -> None:
    await join(priya, session)
    admin = admin_of(clinic).actor
    assert admin is not None
    async with clinic.db.snapshot() as tx:
        asks = [Ask(admin.id, PRIYA_PATIENT, record) for record in (None, *RecordType)]
        assert await rights(tx, asks, clinic.clock.now()) == [[] for _ in asks]
        assert await rights(tx, [Ask(uuid4(), PRIYA_PATIENT), Ask(VIKRAM.account_id, uuid4())], clinic.clock.now()) == [
            [],
            [],
        ]


@pytest.mark.parametrize("state", list(RelationState))
async def test_a_walk_in_that_is_asked_again_stays_what_it_is(
    clinic: Node, desk: Caller, session: str, state: RelationState
) -> None:
    """Asking takes nothing away and gives nothing."""
    token = await walk_in(desk, session, "Ramesh", phone=PHONE)
    asked = await desk.call("relation.ask", token_id=token["id"])
    if state is RelationState.STANDING:
        await desk.call("relation.confirm", relation_id=asked["id"], code=await next_code(clinic, PHONE, 0))
    elif state is not RelationState.ASKED:
        await execute(clinic, "UPDATE relationship SET state = $1, ended_at = now()", state)
    again = await desk.call("relation.ask", token_id=token["id"])
    assert again["state"] == ("standing" if state is RelationState.STANDING else "asked")


async def test_two_hands_at_the_same_moment_make_one_relationship_whichever_is_written_first(clinic: Node) -> None:
    """Two bookings at once: the earlier of them may well be the later to commit."""
    now = clinic.clock.now()
    for at in (now, now - timedelta(milliseconds=40)):
        async with clinic.db.transaction() as tx:
            made = Made(
                patient_id=PRIYA_PATIENT,
                doctor_id=DOCTOR_VIKRAM,
                place_id=CLINIC,
                made_by=PRIYA.account_id,
                at=at,
                until=at + timedelta(days=1),
            )
            await relate(tx, [made])
    (row,) = await rows(
        clinic, "SELECT made_at, hand_at FROM relationship WHERE doctor_id = $1 AND patient_id = $2",
        DOCTOR_VIKRAM, PRIYA_PATIENT,
    )  # fmt: skip
    assert (row["made_at"], row["hand_at"]) == (now, now)
