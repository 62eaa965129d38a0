"""Prescriptions: drafts are their doctor's alone, what is issued stays, and who may not hears nothing.

PRODUCT 13, 30. Ledger: H-015 H-119 H-120 H-158 H-159 H-160 H-205 H-206, M-097 M-209 M-239 M-247 M-248 M-249 M-250 M-251
M-359.
"""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from carewire.errors import IllegalMove, InvalidParams, NotFound
from carewire.event import REGISTRY
from carewire.node import Node
from channels.consultation.errors import PapersStand, StaleVersion
from channels.identity.demo import ASHA, PRIYA, VIKRAM
from channels.prescription.errors import NothingPrescribed, VisitCancelled
from tests.channels.callers import Caller, rows, told
from tests.channels.consultation.visits import P, begun, walked_in
from tests.channels.prescription.papers import drafted, issued, line
from tests.channels.queue.conftest import ProductClock, admin_of, as_person, topic


async def test_a_draft_is_its_doctors_alone(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, stranger: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    draft = await drafted(doctor, visit)
    asked = {"prescription_id": draft["id"]}
    for who in (as_person(clinic, ASHA), stranger):
        with pytest.raises(NotFound):
            await drafted(who, visit)
        for verb, more in (("get", {}), ("update", {"version": 1}), ("delete", {}), ("issue", {}), ("check", {}),
                           ("supersede", {}), ("cancel", {"reason": "x"})):  # fmt: skip
            with pytest.raises(NotFound):
                await who.call(f"prescription.{verb}", **asked, **more)
    with pytest.raises(NotFound):
        await priya.call("prescription.get", **asked)
    assert (await priya.call("prescription.list", patient_id=P))["rows"] == []
    assert (await topic(clinic, f"prescriptions:{P}")).prescriptions == []
    assert [row["id"] for row in (await doctor.call("prescription.list", whose="doctor"))["rows"]] == [draft["id"]]
    with pytest.raises(Exception, match="capacities"):
        await admin_of(clinic).call("prescription.delete", **asked)


async def test_a_draft_is_changed_and_thrown_away_and_what_is_issued_is_not(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    draft = await drafted(doctor, visit, investigations=["HbA1c"])
    asked = {"prescription_id": draft["id"]}
    changed = await doctor.call("prescription.update", **asked, version=1, lines=[line("Aspirin"), line("Insulin")])
    assert [one["medicine"] for one in changed["lines"]] == ["Aspirin", "Insulin"]
    assert (changed["version"], changed["investigations"]) == (2, ["HbA1c"])
    with pytest.raises(StaleVersion):
        await doctor.call("prescription.update", **asked, version=1, instructions="Late")
    empty = await drafted(doctor, visit)
    await doctor.call("prescription.update", prescription_id=empty["id"], version=1, lines=[])
    with pytest.raises(NothingPrescribed):
        await doctor.call("prescription.issue", prescription_id=empty["id"])
    await doctor.call("prescription.delete", prescription_id=empty["id"])
    paper = await issued(doctor, visit)
    for verb, more in (("update", {"version": 1}), ("delete", {}), ("issue", {})):
        with pytest.raises(IllegalMove) as refused:
            await doctor.call(f"prescription.{verb}", prescription_id=paper["id"], **more)
        assert refused.value.data["legal"] == ["dispense", "supersede", "cancel"]
    for wrong in ({"quantity": 0}, {"quantity": 10_001}, {"form": "brick"}, {"schedule": "z"}, {"medicine": ""},
                  {"duration_days": 0}, {"colour": "red"}):  # fmt: skip
        with pytest.raises(InvalidParams):
            await drafted(doctor, visit, line(**wrong))
    late = await drafted(doctor, visit, valid_until="2020-01-01T00:00:00Z")
    with pytest.raises(InvalidParams):
        await doctor.call("prescription.issue", prescription_id=late["id"])


async def test_her_side_reads_and_hears_what_was_issued_and_is_told_of_it(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str, time: ProductClock
) -> None:
    visit = await begun(desk, doctor, priya, session)
    paper = await issued(doctor, visit, line(substitution=False, instructions="After food"), investigations=["CBC"])
    assert (paper["state"], paper["doctor"], paper["allergy_check"]) == ("issued", VIKRAM.name, "clear")
    assert paper["registration"]
    assert await priya.call("prescription.get", prescription_id=paper["id"]) == paper
    (card,) = (await priya.call("prescription.list", patient_id=P))["rows"]
    assert (card["id"], card["medicines"][0]["medicine"]) == (paper["id"], "Metformin")
    (item,) = (await priya.call("patient.history", patient_id=P, kind="prescription"))["rows"]
    assert (item["id"], item["state"]) == (paper["id"], "issued")
    facts = await rows(clinic, "SELECT key FROM job WHERE key LIKE $1", f"notify:{PRIYA.account_id}:prescription.%")
    noticed = await rows(clinic, "SELECT fact FROM notification WHERE account_id = $1", PRIYA.account_id)
    assert "prescription.issued" in {r["key"].split(":")[2] for r in facts} | {r["fact"] for r in noticed}
    time.turn(hours=25)
    assert (await doctor.call("prescription.get", prescription_id=paper["id"]))["id"] == paper["id"]
    day = {"since": (time.now() + timedelta(days=1)).isoformat()}
    assert (await priya.call("prescription.list", patient_id=P, **day))["rows"] == []


async def test_what_takes_anothers_place_does_so_when_it_is_issued_and_once(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    old = await issued(doctor, visit, line("Amlodipine"))
    drafts = [await doctor.call("prescription.supersede", prescription_id=old["id"]) for _ in range(2)]
    assert drafts[0]["supersedes_id"] == old["id"]
    assert [one["medicine"] for one in drafts[0]["lines"]] == ["Amlodipine"]
    assert (await priya.call("prescription.get", prescription_id=old["id"]))["state"] == "issued"
    await doctor.call("prescription.issue", prescription_id=drafts[0]["id"])
    now = await priya.call("prescription.get", prescription_id=old["id"])
    assert (now["state"], now["superseded_by"]) == ("superseded", drafts[0]["id"])
    with pytest.raises(IllegalMove):
        await doctor.call("prescription.issue", prescription_id=drafts[1]["id"])
    with pytest.raises(IllegalMove):
        await doctor.call("prescription.cancel", prescription_id=old["id"], reason="x")


async def test_a_draft_is_issued_once_however_many_devices_do_it_and_what_it_replaces_ends_once(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    old = await issued(doctor, visit)
    drafts = [await doctor.call("prescription.supersede", prescription_id=old["id"]) for _ in range(2)]
    tries = await asyncio.gather(
        *(as_person(clinic, VIKRAM).call("prescription.issue", prescription_id=drafts[n % 2]["id"]) for n in range(6)),
        return_exceptions=True,
    )
    (paper,) = [one for one in tries if not isinstance(one, BaseException)]
    assert all(isinstance(one, IllegalMove) for one in tries if one is not paper)
    states = await rows(clinic, "SELECT state FROM prescription WHERE id = ANY ($1) ORDER BY state",
                        [UUID(one["id"]) for one in (old, *drafts)])  # fmt: skip
    assert [row["state"] for row in states] == ["draft", "issued", "superseded"]
    heard = await told(clinic, f"prescriptions:{P}")
    assert [name for name, data in heard if data["prescription"]["id"] == paper["id"]] == ["prescription:created"]


async def test_who_wrote_it_takes_it_back_also_when_she_reads_it_no_longer(
    clinic: Node, desk: Caller, doctor: Caller, session: str, time: ProductClock
) -> None:
    visit = await walked_in(desk, doctor, session)
    draft = await drafted(doctor, visit)
    override = {"outcome": "unreadable", "reason": "She told me of none"}
    paper = await doctor.call("prescription.issue", prescription_id=draft["id"], override=override)
    await doctor.call("consultation.update", consultation_id=visit["id"], version=1, complete=True)
    time.turn(days=3)
    with pytest.raises(NotFound):
        await doctor.call("prescription.get", prescription_id=paper["id"])
    assert (await doctor.call("prescription.list", whose="doctor"))["rows"] == []
    gone = await doctor.call("prescription.cancel", prescription_id=paper["id"], reason="The wrong dose")
    assert gone == {"id": paper["id"], "state": "cancelled"}


async def test_a_visit_on_which_something_was_issued_is_not_cancelled_and_on_a_cancelled_one_nothing_is_issued(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    paper, draft = await issued(doctor, visit), await drafted(doctor, visit)
    with pytest.raises(PapersStand):
        await doctor.call("consultation.cancel", consultation_id=visit["id"], reason="A mistake")
    await doctor.call("prescription.cancel", prescription_id=paper["id"], reason="A mistake")
    await doctor.call("consultation.cancel", consultation_id=visit["id"], reason="A mistake")
    with pytest.raises(VisitCancelled):
        await doctor.call("prescription.issue", prescription_id=draft["id"])
    with pytest.raises(VisitCancelled):
        await drafted(doctor, visit)
    await doctor.call("prescription.delete", prescription_id=draft["id"])


async def test_snapshot_and_events_are_a_fresh_snapshot(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str, time: ProductClock
) -> None:
    visit = await begun(desk, doctor, priya, session)
    snapshot = await topic(clinic, f"prescriptions:{P}")
    first = await issued(doctor, visit, line("A"))
    draft = await drafted(doctor, visit, line("B"))
    time.turn(seconds=30)
    await issued(doctor, visit, line("C"))
    time.turn(seconds=-20)  # B was asked for before C, and C was committed first
    await doctor.call("prescription.issue", prescription_id=draft["id"])
    third = await doctor.call("prescription.supersede", prescription_id=first["id"])
    await doctor.call("prescription.issue", prescription_id=third["id"])
    await doctor.call("prescription.cancel", prescription_id=third["id"], reason="Not needed")
    names = []
    for name, data in await told(clinic, f"prescriptions:{P}"):
        names.append(name.removeprefix("prescription:"))
        kind: Any = REGISTRY[name, "prescriptions:{patient_id}"]
        snapshot = kind.apply(snapshot, msgspec.convert(data, kind, strict=False))
    assert names == ["created", "created", "created", "updated", "created", "updated"]
    assert snapshot == await topic(clinic, f"prescriptions:{P}")
    assert [one.medicines[0].medicine for one in snapshot.prescriptions] == ["C", "A", "B", "A"]
