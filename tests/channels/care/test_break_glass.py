"""Break-glass: by whom not, how often, how long, seen by whom. PRODUCT 3 and 5."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from carewire.errors import Conflict, Forbidden, InvalidParams, NotFound, RateLimited
from carewire.node import Node
from channels.care import RecordType
from channels.care.break_glass import BREAKING
from channels.care.errors import AlreadyReviewed, GlassSpent
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM, PHARMACY
from channels.identity.demo import ADMIN_ID, ASHA, DESK, KAMLA_PATIENT, PRIYA, PRIYA_PATIENT, VIKRAM
from tests.channels.callers import Caller, rows, told
from tests.channels.care.people import Reads, execute
from tests.channels.queue.conftest import MakeSession, ProductClock, admin_of, as_person, walk_in
from tests.patience import PATIENCE_S

AUCKLAND = ZoneInfo("Pacific/Auckland")
WHY = "Unconscious in the waiting room"


async def break_glass(who: Caller, patient_id: Any, place_id: Any = CLINIC, reason: str = WHY) -> Any:
    return await who.call("break_glass.open", patient_id=str(patient_id), place_id=str(place_id), reason=reason)


async def came(desk: Caller, session: str, name: str) -> UUID:
    return UUID((await walk_in(desk, session, name))["patient_id"])


async def test_it_takes_a_verified_doctor_of_the_place_where_the_patient_is_and_a_reason(
    clinic: Node, doctor: Caller, desk: Caller, stranger: Caller, session: str, time: ProductClock
) -> None:
    patient = await came(desk, session, "Ramesh")
    with pytest.raises(Forbidden):
        await break_glass(as_person(clinic, DESK), patient)
    with pytest.raises(NotFound):  # a doctor by capacity, without a verified row
        await break_glass(stranger, patient)
    for whom, where in ((PRIYA_PATIENT, CLINIC), (patient, PHARMACY), (uuid4(), CLINIC), (patient, uuid4())):
        clinic.limits.deployment = str(uuid4())
        with pytest.raises(NotFound):
            await break_glass(doctor, whom, where)
    clinic.limits.deployment = str(uuid4())
    for reason in ("", "because", "x" * 301):
        with pytest.raises(InvalidParams):
            await break_glass(doctor, patient, reason=reason)
    clinic.limits.deployment = str(uuid4())
    gone = await came(desk, session, "Deleted")
    erased = "UPDATE patient SET deleted_at = now(), deleted_by = $2 WHERE id = $1"
    await execute(clinic, erased, gone, DESK.account_id)
    with pytest.raises(NotFound):
        await break_glass(doctor, gone)
    clinic.limits.deployment = str(uuid4())
    affiliation = "UPDATE affiliation SET state = 'ended', until = now() WHERE doctor_id = $1"
    await execute(clinic, affiliation, DOCTOR_VIKRAM)
    with pytest.raises(NotFound):
        await break_glass(doctor, patient)
    time.turn(days=1)
    with pytest.raises(NotFound):  # she was here yesterday
        await break_glass(as_person(clinic, ASHA), patient)
    assert await rows(clinic, "SELECT 1 FROM break_glass") == []


async def test_a_doctor_does_not_bring_the_patient_there_himself(
    clinic: Node, doctor: Caller, session: str, reads: Reads
) -> None:
    token = await walk_in(doctor, session, "Kamla Sharma", phone=PRIYA.phone)
    with pytest.raises(NotFound):
        await break_glass(doctor, token["patient_id"])
    await doctor.call("queue.leave", token_id=token["id"])
    assert await reads(VIKRAM, UUID(token["patient_id"]), None) == []


async def test_it_opens_everything_for_an_hour_and_her_family_and_the_privacy_administrators_know(
    clinic: Node, doctor: Caller, desk: Caller, priya: Caller, session: str, time: ProductClock, reads: Reads
) -> None:
    await priya.call("queue.join", session_id=session, patient_id=str(KAMLA_PATIENT))
    assert await reads(VIKRAM, KAMLA_PATIENT, RecordType.LAB_REPORT) == []
    opened = await break_glass(doctor, KAMLA_PATIENT)
    assert (await break_glass(doctor, KAMLA_PATIENT))["id"] == opened["id"]  # counted once
    for record in RecordType:
        assert "break_glass" in await reads(VIKRAM, KAMLA_PATIENT, record)
    assert await reads(VIKRAM, PRIYA_PATIENT, None) == []
    for who, fact in ((PRIYA.account_id, "break_glass.opened"), (ADMIN_ID, "break_glass.to_review")):
        async with asyncio.timeout(PATIENCE_S):
            while not await rows(
                clinic, "SELECT 1 FROM notification WHERE account_id = $1 AND fact = $2 AND ref_id = $3",
                who, fact, UUID(opened["id"]),
            ):  # fmt: skip
                pass
    seen = await priya.call("consent.seen_by", patient_id=str(KAMLA_PATIENT))
    assert ("break_glass", VIKRAM.name) in [(row["kind"], row["name"]) for row in seen]
    time.turn(minutes=60)
    assert await reads(VIKRAM, KAMLA_PATIENT, RecordType.LAB_REPORT) == []
    with pytest.raises(Conflict):
        await doctor.call("break_glass.end", break_glass_id=opened["id"])


async def test_in_a_night_clinic_she_is_there_after_midnight_too_until_the_sitting_is_over(
    clinic: Node, doctor: Caller, desk: Caller, make_session: MakeSession, morning: ProductClock
) -> None:
    morning.turn(hours=13, minutes=30)
    session = await make_session()
    patient = await came(desk, session, "Ramesh")
    morning.turn(hours=3)
    opened = await break_glass(doctor, patient)
    await doctor.call("break_glass.end", break_glass_id=opened["id"])
    await desk.call("session.end", session_id=session)
    with pytest.raises(NotFound):
        await break_glass(doctor, patient)


async def test_it_ends_with_the_affiliation_and_when_the_doctor_says_so(
    clinic: Node, doctor: Caller, desk: Caller, session: str, reads: Reads
) -> None:
    patient = await came(desk, session, "Ramesh")
    first = await break_glass(doctor, patient)
    with pytest.raises(NotFound):
        await as_person(clinic, ASHA).call("break_glass.end", break_glass_id=first["id"])
    before = len(await told(clinic, f"rights:{VIKRAM.account_id}"))
    assert (await doctor.call("break_glass.end", break_glass_id=first["id"]))["ended_at"]
    assert len(await told(clinic, f"rights:{VIKRAM.account_id}")) == before + 1
    assert await reads(VIKRAM, patient) == []
    await break_glass(doctor, patient)
    assert await reads(VIKRAM, patient) == ["break_glass"]
    await execute(clinic, "UPDATE affiliation SET state = 'ended', until = now() WHERE doctor_id = $1", DOCTOR_VIKRAM)
    assert await reads(VIKRAM, patient) == []


async def test_three_a_day_however_many_sockets_ask_at_once(
    clinic: Node, desk: Caller, session: str, time: ProductClock
) -> None:
    patients = [await came(desk, session, f"Patient {n}") for n in range(5)]
    sockets = [as_person(clinic, VIKRAM) for _ in patients]
    answers = await asyncio.gather(
        *(break_glass(who, patient) for who, patient in zip(sockets, patients, strict=True)), return_exceptions=True
    )
    assert sum(isinstance(answer, dict) for answer in answers) == 3, answers
    assert sum(isinstance(answer, GlassSpent) for answer in answers) == 2, answers
    # Five a minute; where the shared limit could not say, this node has counted some of them by itself.
    again = (break_glass(sockets[0], patients[0]) for _ in range(2 * BREAKING.burst))
    assert any(isinstance(end, RateLimited) for end in await asyncio.gather(*again, return_exceptions=True))
    with pytest.raises(asyncpg.CheckViolationError):  # and the database counts for itself
        await execute(
            clinic,
            "INSERT INTO break_glass (doctor_id, place_id, patient_id, reason, opened_at, until, zone, slot)"
            " SELECT doctor_id, place_id, patient_id, reason, opened_at, until, zone, 4 FROM break_glass LIMIT 1",
        )
    assert await rows(clinic, "SELECT slot FROM break_glass ORDER BY slot") == [(1,), (2,), (3,)]


async def test_only_privacy_reviews_once_and_never_ones_own(
    clinic: Node, doctor: Caller, desk: Caller, session: str, time: ProductClock
) -> None:
    opened = await break_glass(doctor, await came(desk, session, "Ramesh"))
    verdict: dict[str, Any] = {"break_glass_id": opened["id"], "justified": True, "note": "He had collapsed"}
    for who in (doctor, desk):
        for method, params in (("break_glass.list", {}), ("break_glass.review", verdict)):
            with pytest.raises(Forbidden):
                await who.call(method, **params)
    admin = admin_of(clinic)
    await execute(clinic, "UPDATE admin_scope SET scope = 'support'")
    for method, params in (("break_glass.list", {}), ("break_glass.review", verdict)):
        with pytest.raises(Forbidden):
            await admin.call(method, **params)
    await execute(clinic, "UPDATE admin_scope SET scope = 'privacy'")
    with pytest.raises(asyncpg.CheckViolationError, match="reviewed once, by somebody else"):
        await execute(
            clinic,
            "UPDATE break_glass SET reviewed_by = $1, reviewed_at = now(), justified = true, note = 'mine'",
            VIKRAM.account_id,
        )
    (waiting,) = (await admin.call("break_glass.list", reviewed=False))["rows"]
    assert (waiting["reason"], waiting["justified"]) == (WHY, None)
    with pytest.raises(NotFound):
        await admin.call("break_glass.review", **verdict | {"break_glass_id": str(uuid4())})
    assert (await admin.call("break_glass.review", **verdict))["justified"] is True
    with pytest.raises(AlreadyReviewed):
        await admin.call("break_glass.review", **verdict | {"justified": False})
    assert (await admin.call("break_glass.list", reviewed=False))["rows"] == []
    for change in ("reason = 'Something else entirely'", "until = until + interval '1 day'", "reviewed_at = now()"):
        with pytest.raises(asyncpg.CheckViolationError):
            await execute(clinic, f"UPDATE break_glass SET {change}")


async def test_tomorrow_there_are_three_again(
    clinic: Node, doctor: Caller, desk: Caller, session: str, time: ProductClock
) -> None:
    patient = await came(desk, session, "Ramesh")
    for _ in range(3):
        opened = await break_glass(doctor, patient)
        await doctor.call("break_glass.end", break_glass_id=opened["id"])
    with pytest.raises(GlassSpent):
        await break_glass(doctor, patient)
    await execute(clinic, "UPDATE session SET starts_at = starts_at + interval '1 day', ends_at = ends_at"
                          " + interval '1 day' WHERE id = $1", UUID(session))  # fmt: skip
    time.turn(days=1)
    assert (await break_glass(doctor, patient))["until"]


async def test_the_day_is_the_places_wherever_that_is(
    clinic: Node, doctor: Caller, desk: Caller, session: str, time: ProductClock
) -> None:
    """At twenty to five in the afternoon of the home zone, or an hour before, Auckland's midnight is past."""
    patient = await came(desk, session, "Ramesh")
    here = time.now().astimezone(AUCKLAND)
    time.ahead += (here.replace(hour=12, minute=0) - here) % timedelta(days=1)
    await execute(clinic, "UPDATE place SET zone = 'Pacific/Auckland' WHERE id = $1", CLINIC)
    await execute(clinic, "UPDATE session SET zone = 'Pacific/Auckland', starts_at = $2, ends_at = $3 WHERE id = $1",
                  UUID(session), time.now(), time.now() + timedelta(hours=3))  # fmt: skip
    for _ in range(3):
        opened = await break_glass(doctor, patient)
        await doctor.call("break_glass.end", break_glass_id=opened["id"])
    time.turn(hours=11, minutes=50)
    with pytest.raises(GlassSpent):
        await break_glass(doctor, patient)
    await execute(clinic, "UPDATE session SET starts_at = starts_at + interval '1 day', ends_at = ends_at"
                          " + interval '1 day' WHERE id = $1", UUID(session))  # fmt: skip
    time.turn(minutes=20)
    await break_glass(doctor, patient)
    counted = await rows(clinic, "SELECT slot, count(DISTINCT day) FROM break_glass GROUP BY slot ORDER BY slot")
    assert counted == [(1, 2), (2, 1), (3, 1)]
    at_home = "SELECT count(DISTINCT (opened_at AT TIME ZONE 'Asia/Kolkata')::date) FROM break_glass"
    assert await rows(clinic, at_home) == [(1,)]
