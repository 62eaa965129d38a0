"""A visit from its doctor's side: who may not, what is refused, and what is heard.

PRODUCT 13, 24, 30. Ledger: H-014 H-128 H-154 H-155 H-156 H-157, H-127 H-153 (history), M-358 M-361.
"""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from carewire.errors import Busy, IllegalMove, InvalidParams, NotFound
from carewire.node import Node
from channels.consultation.errors import AlreadyStarted, StaleVersion
from channels.consultation.notes import Consultation
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM
from channels.identity import Capacity
from channels.identity.demo import ASHA, PRIYA, PRIYA_PATIENT, VIKRAM
from channels.identity.errors import FactDue
from tests.channels.callers import Caller, rows, told
from tests.channels.consultation.visits import P, audited, begun, called, execute, walked_in
from tests.channels.queue.conftest import ProductClock, admin_of, as_person, topic


async def write(doctor: Caller, visit: Any, **more: Any) -> Any:
    return await doctor.call(
        "consultation.update", consultation_id=visit["id"], **{"version": visit["version"], **more}
    )


async def test_nobody_but_its_verified_doctor_begins_reads_or_writes_a_visit(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, stranger: Caller, session: str
) -> None:
    token = await called(desk, priya, session)
    colleague = as_person(clinic, ASHA)
    runs_the_desk = as_person(clinic, ASHA, Capacity.STAFF)  # owner here: she runs every line, and treats in her own
    for who in (colleague, stranger, runs_the_desk):
        with pytest.raises(NotFound):
            await who.call("consultation.start", token_id=token)
    assert (await desk.call("queue.get", session_id=session))["current"][0]["state"] == "called"
    visit = await doctor.call("consultation.start", token_id=token)
    for who in (colleague, stranger, runs_the_desk, priya):
        asked = {"consultation_id": visit["id"]}
        with pytest.raises(NotFound):
            await who.call("consultation.get", **asked)
        if who is not priya:
            for verb, more in (("update", {"version": 1}), ("add", {"text": "x"}), ("cancel", {"reason": "x"})):
                with pytest.raises(NotFound):
                    await who.call(f"consultation.{verb}", **asked, **more)
    stands = await rows(clinic, "SELECT version, state FROM consultation WHERE id = $1", visit["id"])
    assert stands == [(1, "in_progress")]
    await execute(clinic, "UPDATE account_capacity SET state = 'pending' WHERE account_id = $1 AND capacity = 'doctor'",
                  VIKRAM.account_id)  # fmt: skip
    with pytest.raises(NotFound):
        await write(doctor, visit, advice="Rest")


async def test_a_visit_begins_in_the_line_in_the_same_moment_and_once(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    waiting = await priya.call("queue.join", session_id=session, patient_id=P)
    await desk.call("queue.arrive", token_id=waiting["id"])
    with pytest.raises(IllegalMove):
        await doctor.call("consultation.start", token_id=waiting["id"])
    await desk.call("queue.call", token_id=waiting["id"])
    tries = await asyncio.gather(
        *(as_person(clinic, VIKRAM).call("consultation.start", token_id=waiting["id"]) for _ in range(4)),
        return_exceptions=True,
    )
    (visit,) = [one for one in tries if not isinstance(one, BaseException)]
    late = [one for one in tries if isinstance(one, AlreadyStarted)]
    assert [one.data["consultation_id"] for one in late] == [visit["id"]] * 3  # each device opens the one there is
    assert (visit["state"], visit["doctor_id"], visit["place_id"]) == ("in_progress", str(DOCTOR_VIKRAM), str(CLINIC))
    assert (await desk.call("queue.get", session_id=session))["current"][0]["state"] == "in_consultation"
    ended = await write(doctor, visit, diagnosis="Viral fever", complete=True)
    assert ended["state"] == "completed"
    assert await rows(clinic, "SELECT state FROM token WHERE id = $1", waiting["id"]) == [("completed",)]


async def test_notes_are_finished_also_after_the_desk_has_called_the_next(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    await desk.call("queue.walk_in", session_id=session, name="Next")
    await desk.call("queue.call_next", session_id=session, finish_current=True)
    ended = await rows(clinic, "SELECT ended_at FROM token WHERE id = $1", visit["token_id"])
    done = await write(doctor, visit, advice="Rest", complete=True)
    assert done["state"] == "completed"
    assert await rows(clinic, "SELECT ended_at FROM token WHERE id = $1", visit["token_id"]) == ended


async def test_who_is_sent_for_a_test_comes_back_to_the_same_visit(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    token = {"token_id": visit["token_id"]}
    await desk.call("queue.away", **token)
    await desk.call("queue.back", **token)
    await desk.call("queue.call", **token)
    with pytest.raises(AlreadyStarted) as refused:
        await doctor.call("consultation.start", **token)
    assert refused.value.data["consultation_id"] == visit["id"]
    assert await rows(clinic, "SELECT state FROM token WHERE id = $1", visit["token_id"]) == [("called",)]
    await desk.call("queue.begin", **token)
    await write(doctor, visit, complete=True)
    assert await rows(clinic, "SELECT state FROM token WHERE id = $1", visit["token_id"]) == [("completed",)]


async def test_of_two_devices_that_write_at_once_one_is_told_what_stands(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    tries = await asyncio.gather(
        *(write(as_person(clinic, VIKRAM), visit, symptoms=f"Device {n}") for n in range(5)), return_exceptions=True
    )
    stale = [one for one in tries if isinstance(one, StaleVersion)]
    assert [one.data["version"] for one in stale] == [2] * 4
    now = await doctor.call("consultation.get", consultation_id=visit["id"])
    assert [one["symptoms"] for one in tries if not isinstance(one, BaseException)] == [now["symptoms"]]
    assert (await write(doctor, now)) == now  # nothing changed, nothing is told
    cleared = await write(doctor, now, symptoms=None, vitals={"pulse_bpm": 80})
    assert (cleared["version"], cleared["symptoms"], cleared["vitals"]["pulse_bpm"]) == (3, None, 80)


@pytest.mark.parametrize(
    "wrong",
    [
        {"vitals": {"temperature_c": 100.4}},
        {"vitals": {"temperature_f": 100.4}},
        {"vitals": {"systolic_mmhg": 120}},
        {"vitals": {"systolic_mmhg": 80, "diastolic_mmhg": 120}},
        {"vitals": {"pulse_bpm": 72.5}},
        {"vitals": {"spo2_percent": 101}},
        {"vitals": {"weight_kg": 0}},
        {"symptoms": ""},
        {"advice": "x" * 4001},
        {"follow_up_date": "2020-01-01"},
        {"follow_up_date": "2999-01-01"},
    ],
    ids=str,
)
async def test_what_no_living_person_has_is_not_written(
    wrong: dict[str, Any], desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    with pytest.raises(InvalidParams):
        await write(doctor, visit, **wrong)


async def test_in_a_storm_of_devices_every_writing_counts_once_and_nothing_is_written_after_the_end(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    """Autosave from many devices while it is completed, begun by mistake and added to, all at the same moment."""
    visit = await begun(desk, doctor, priya, session)
    asked = {"consultation_id": visit["id"]}

    async def device(n: int) -> int:
        written = 0
        for step in range(6):
            now = await doctor.call("consultation.get", **asked)
            try:
                if step == 4:
                    await as_person(clinic, VIKRAM).call("consultation.add", **asked, text=f"From {n}")
                elif n == 3 and step == 3:
                    await write(as_person(clinic, VIKRAM), now, complete=True)
                    written += 1
                elif n == 4 and step == 5:
                    await as_person(clinic, VIKRAM).call("consultation.cancel", **asked, reason="A mistake")
                else:
                    await write(as_person(clinic, VIKRAM), now, symptoms=f"From {n} at {step}")
                    written += 1
            except (StaleVersion, IllegalMove, Busy):
                pass
        return written

    written = sum(await asyncio.gather(*(device(n) for n in range(5))))
    now = await doctor.call("consultation.get", **asked)
    heard = [data["consultation"] for _, data in await told(clinic, f"consultation:{visit['id']}")]
    assert now["version"] == 1 + written
    assert heard[-1] == now
    ended = next((n for n, one in enumerate(heard) if one["state"] != "in_progress"), len(heard))
    assert len({(one["state"], one["version"], one["symptoms"]) for one in heard[ended:]}) <= 1
    assert [one["version"] for one in heard[:ended]] == list(range(1, ended + 1))


async def test_what_is_over_is_added_to_and_never_changed(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    with pytest.raises(IllegalMove) as refused:
        await doctor.call("consultation.add", consultation_id=visit["id"], text="Too early")
    assert refused.value.data["legal"] == ["update", "complete", "cancel"]
    done = await write(doctor, visit, diagnosis="Migraine", complete=True)
    for verb, more in (("update", {"version": 2, "diagnosis": "None"}), ("cancel", {"reason": "x"})):
        with pytest.raises(IllegalMove) as refused:
            await doctor.call(f"consultation.{verb}", consultation_id=visit["id"], **more)
        assert refused.value.data["legal"] == ["add"]
    added = await doctor.call("consultation.add", consultation_id=visit["id"], text="The scan was clear")
    assert {**added, "addenda": []} == done
    assert [one["text"] for one in added["addenda"]] == ["The scan was clear"]
    assert await priya.call("consultation.get", consultation_id=visit["id"]) == added
    for forged in (
        "UPDATE consultation SET diagnosis = 'Other'",
        "UPDATE consultation SET state = 'in_progress', ended_at = NULL",
        "DELETE FROM consultation",
        "UPDATE addendum SET text = 'Other'",
        "DELETE FROM addendum",
    ):
        with pytest.raises(Exception, match=r"stays as it was written|only added"):
            await execute(clinic, forged)


async def test_a_visit_begun_by_mistake_is_the_doctors_alone_and_may_begin_anew(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    gone = await doctor.call("consultation.cancel", consultation_id=visit["id"], reason="The wrong patient")
    assert gone["state"] == "cancelled"
    with pytest.raises(NotFound):
        await priya.call("consultation.get", consultation_id=visit["id"])
    again = await doctor.call("consultation.start", token_id=visit["token_id"])
    assert again["id"] != visit["id"]
    await write(doctor, again, complete=True)
    assert [row["id"] for row in (await priya.call("consultation.list", patient_id=P))["rows"]] == [again["id"]]
    mine = (await doctor.call("consultation.list", whose="doctor"))["rows"]
    assert {row["id"] for row in mine} == {visit["id"], again["id"]}


async def test_the_patient_reads_it_once_it_is_completed_and_is_told_so(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    assert (await priya.call("consultation.list", patient_id=P))["rows"] == []
    assert (await priya.call("patient.history", patient_id=P, kind="consultation"))["rows"] == []
    day = (clinic.dispatcher.clock.now() + timedelta(days=10)).date().isoformat()
    await write(doctor, visit, advice="Rest", follow_up_date=day, complete=True)
    (card,) = (await priya.call("consultation.list", patient_id=P))["rows"]
    assert (card["id"], card["follow_up_date"], card["doctor"]) == (visit["id"], day, VIKRAM.name)
    assert "advice" not in card
    (item,) = (await priya.call("patient.history", patient_id=P, kind="consultation"))["rows"]
    assert (item["id"], item["state"]) == (visit["id"], "completed")
    (item,) = (await doctor.call("patient.history", patient_id=P, kind="consultation"))["rows"]
    assert item["id"] == visit["id"]
    await priya.call("consultation.get", consultation_id=visit["id"])
    wanted = await rows(
        clinic, "SELECT DISTINCT key FROM job WHERE key LIKE $1", f"notify:{PRIYA.account_id}:consultation.%"
    )
    noticed = await rows(clinic, "SELECT fact FROM notification WHERE account_id = $1", PRIYA.account_id)
    facts = {row["key"].split(":")[2] for row in wanted} | {row["fact"] for row in noticed}
    assert facts == {"consultation.completed", "consultation.follow_up"}
    assert await audited(clinic, "consultation", PRIYA_PATIENT)


async def test_a_doctor_reads_what_she_wrote_of_a_walk_in_for_a_day(
    clinic: Node, desk: Caller, doctor: Caller, session: str, time: ProductClock
) -> None:
    visit = await walked_in(desk, doctor, session)
    await write(doctor, visit, diagnosis="Sprain", complete=True)
    time.turn(hours=23)
    assert (await doctor.call("consultation.get", consultation_id=visit["id"]))["diagnosis"] == "Sprain"
    await doctor.call("consultation.add", consultation_id=visit["id"], text="Left ankle")
    time.turn(hours=2)
    for verb, more in (("get", {}), ("add", {"text": "Later"})):
        with pytest.raises(NotFound):
            await doctor.call(f"consultation.{verb}", consultation_id=visit["id"], **more)
    assert (await doctor.call("consultation.list", whose="doctor"))["rows"] == []


async def test_she_sees_that_her_doctor_reads_by_the_visit_until_a_day_after_it(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str, time: ProductClock
) -> None:
    async def by_visit() -> list[Any]:
        seen = await priya.call("consent.seen_by", patient_id=P)
        return [(row["name"], row["ref"], row["records"]) for row in seen if row["kind"] == "visit"]

    visit = await begun(desk, doctor, priya, session)
    reads = [(VIKRAM.name, visit["id"], ["consultation", "prescription"])]
    assert await by_visit() == reads
    await write(doctor, visit, complete=True)
    time.turn(hours=23)
    assert await by_visit() == reads
    time.turn(hours=2)
    assert await by_visit() == []


async def test_administrators_desks_and_a_login_that_owes_a_fact_read_nothing(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    await write(doctor, visit, complete=True)
    with pytest.raises(Exception, match="capacities"):
        await admin_of(clinic).call("consultation.get", consultation_id=visit["id"])
    with pytest.raises(NotFound):
        await desk.call("consultation.get", consultation_id=visit["id"])
    with pytest.raises(NotFound):
        await desk.call("consultation.list", patient_id=P)
    thief = Caller(clinic)
    await thief.log_in(PRIYA.phone)
    assert thief.actor is not None
    await execute(clinic, "UPDATE login SET fact_due = true WHERE id = $1", thief.actor.login_id)
    for verb, more in (("get", {"consultation_id": visit["id"]}), ("list", {"patient_id": P})):
        with pytest.raises(FactDue):
            await thief.call(f"consultation.{verb}", **more)


async def test_an_event_for_each_writing_adds_up_to_the_snapshot(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    for n in range(2):
        visit = await write(doctor, visit, findings=f"Finding {n}", vitals={"weight_kg": 60.5 + n})
    await write(doctor, visit, complete=True)
    await doctor.call("consultation.add", consultation_id=visit["id"], text="One more")
    heard = await told(clinic, f"consultation:{visit['id']}")
    assert [name for name, _ in heard] == ["consultation:updated"] * 5
    snapshot = await topic(clinic, f"consultation:{visit['id']}")
    assert msgspec.convert(heard[-1][1]["consultation"], Consultation) == snapshot
