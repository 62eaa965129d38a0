"""Medical records: a stranger first, then what is shared and how, what is kept, and what everybody hears.

Ledger: medical_record.list M-208 M-240, medical_record.get M-241, medical_record.create M-243, medical_record.update
M-244, medical_record.delete M-245, table medical_records M-096, constants.record_types M-120; conflict 23.
"""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from carewire.errors import Forbidden, InvalidParams, NotFound
from carewire.event import REGISTRY
from carewire.node import Node
from channels.directory.demo import DOCTOR_ASHA, LABORATORY
from channels.identity.demo import ARJUN_PATIENT, ASHA, PRIYA, PRIYA_PATIENT
from channels.record.access import Kind
from channels.record.errors import RecordKept
from channels.record.events import SHOWN
from tests.channels.callers import Caller, rows, told
from tests.channels.lab.laboratory import P, execute, hired, ordered, tomorrow
from tests.channels.lab.test_reports import uploaded
from tests.channels.queue.conftest import ProductClock, admin_of, as_person, topic
from tests.channels.test_tables import checked_words


async def kept(node: Node, who: Caller, patient: str = P, **more: Any) -> Any:
    file = await uploaded(node, who, "chest.pdf")
    said = {"record_type": "xray", "title": "Chest", "record_date": "2026-03-01", **more}
    return await who.call("medical_record.create", patient_id=patient, media_ids=[file], **said)


async def test_the_closed_list_is_the_columns_check(database_url: str) -> None:
    assert await checked_words(database_url, "medical_record", "record_type") == {kind.value for kind in Kind}


async def test_a_stranger_neither_reads_nor_writes_and_an_administrator_is_one(
    clinic: Node, technician: Caller, doctor: Caller, desk: Caller, priya: Caller, stranger: Caller
) -> None:
    record = await kept(clinic, priya, is_shared_with_doctors=True)
    key, file = {"record_id": record["id"]}, record["files"][0]["id"]
    for who in (technician, doctor, desk, stranger):
        for verb, params in (
            ("get", key),
            ("update", {**key, "title": "Mine"}),
            ("delete", key),
            ("create", {"patient_id": P, "record_type": "other", "title": "x", "media_ids": [str(uuid4())]}),
        ):
            with pytest.raises((NotFound, Forbidden)):
                await who.call(f"medical_record.{verb}", **params)
        with pytest.raises(NotFound):
            await who.call("media.get", media_id=file)
        assert (await who.call("medical_record.list", patient_id=P))["rows"] == []
    for verb, params in (("get", key), ("list", {"patient_id": P}), ("delete", key)):
        with pytest.raises(Forbidden):
            await admin_of(clinic).call(f"medical_record.{verb}", **params)
    with pytest.raises(NotFound):
        await admin_of(clinic).call("media.get", media_id=file)
    someone = await uploaded(clinic, doctor)
    said = {"record_type": "xray", "title": "Chest"}
    with pytest.raises(InvalidParams):  # another's file
        await priya.call("medical_record.create", patient_id=P, media_ids=[someone], **said)


async def test_what_she_shares_her_own_doctors_read_and_nobody_else(
    clinic: Node, doctor: Caller, priya: Caller, session: str, time: ProductClock
) -> None:
    asha = as_person(clinic, ASHA)
    shared, own = await kept(clinic, priya, is_shared_with_doctors=True), await kept(clinic, priya)
    assert not own["is_shared_with_doctors"]
    await priya.call("queue.join", session_id=session, patient_id=P)
    assert [r["id"] for r in (await doctor.call("medical_record.list", patient_id=P))["rows"]] == [shared["id"]]
    assert (await doctor.call("media.get", media_id=shared["files"][0]["id"]))["name"] == "chest.pdf"
    for who, record in ((doctor, own), (asha, shared)):
        with pytest.raises(NotFound):
            await who.call("medical_record.get", record_id=record["id"])
    with pytest.raises(Forbidden if "patient" not in doctor.actor.capacities else NotFound):  # type: ignore[union-attr]
        await doctor.call("medical_record.update", record_id=shared["id"], is_shared_with_doctors=False)
    looks = await rows(
        clinic, "SELECT why FROM audit WHERE noun = 'medical_record' AND command = 'medical_record.list'"
    )
    assert "relationship" in {row["why"] for row in looks}
    await priya.call("medical_record.update", record_id=shared["id"], is_shared_with_doctors=False)
    with pytest.raises(NotFound):
        await doctor.call("medical_record.get", record_id=shared["id"])
    await priya.call("medical_record.update", record_id=shared["id"], is_shared_with_doctors=True)
    time.turn(days=31)
    with pytest.raises(NotFound):  # the relationship is over, and with it what was shared by it
        await doctor.call("medical_record.get", record_id=shared["id"])


async def test_a_consent_opens_them_but_not_what_she_hides(clinic: Node, priya: Caller) -> None:
    asha = as_person(clinic, ASHA)
    record, hidden = await kept(clinic, priya), await kept(clinic, priya, title="Not for you")
    await priya.call("medical_record.update", record_id=hidden["id"], is_hidden=True)
    given = await priya.call(
        "consent.grant", patient_id=P, doctor_id=DOCTOR_ASHA, records=["medical_record"], purpose="treatment",
        until=tomorrow(clinic).isoformat(),
    )  # fmt: skip
    assert [r["id"] for r in (await asha.call("medical_record.list", patient_id=P))["rows"]] == [record["id"]]
    assert (await asha.call("medical_record.list", patient_id=P, hidden=True))["rows"] == []
    for method, key in (
        ("medical_record.get", {"record_id": hidden["id"]}),
        ("media.get", {"media_id": hidden["files"][0]["id"]}),
    ):
        with pytest.raises(NotFound):
            await asha.call(method, **key)
    mine = await priya.call("medical_record.list", hidden=True, patient_id=P)
    assert [r["title"] for r in mine["rows"]] == ["Not for you"]
    await priya.call("consent.revoke", consent_id=given["id"])
    assert (await asha.call("medical_record.list", patient_id=P))["rows"] == []


async def test_what_a_provider_wrote_is_kept_whatever_she_or_a_statement_wants(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str
) -> None:
    await priya.call("queue.join", session_id=session, patient_id=P)
    with pytest.raises(InvalidParams):
        await kept(clinic, doctor, is_shared_with_doctors=True)
    summary = await kept(clinic, doctor, record_type="discharge_summary", title="Discharge")
    assert summary["doctor_id"] is not None
    await ordered(priya, entry)
    lab = await kept(clinic, technician, record_type="lab_report", place_id=str(LABORATORY))
    assert (lab["place_id"], lab["doctor_id"]) == (str(LABORATORY), None)
    assert {r["id"] for r in (await priya.call("medical_record.list", patient_id=P))["rows"]} == {
        lab["id"],
        summary["id"],
    }
    assert [r["id"] for r in (await doctor.call("medical_record.list", patient_id=P))["rows"]] == [summary["id"]]
    for record in (lab, summary):
        key = {"record_id": record["id"]}
        for verb, more in (("delete", {}), ("update", {"title": "Lies"}), ("update", {"is_hidden": True})):
            with pytest.raises(RecordKept):
                await priya.call(f"medical_record.{verb}", **key, **more)
        assert (await priya.call("medical_record.update", **key, is_shared_with_doctors=True))["title"] == record[
            "title"
        ]
        for sql in (
            "UPDATE medical_record SET deleted_at = now() WHERE id = $1",
            "UPDATE medical_record SET hidden_at = now() WHERE id = $1",
            "UPDATE medical_record SET doctor_id = NULL, place_id = NULL WHERE id = $1",
            "DELETE FROM medical_record WHERE id = $1",
        ):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await execute(clinic, sql, UUID(record["id"]))
    front = await hired(clinic, 31, "front_desk")
    with pytest.raises(NotFound):
        await kept(clinic, front, place_id=str(LABORATORY))
    with pytest.raises(NotFound):  # not their patient
        await kept(clinic, technician, patient=str(ARJUN_PATIENT), place_id=str(LABORATORY))


async def test_a_deleted_record_is_gone_with_its_files(clinic: Node, priya: Caller) -> None:
    record = await kept(clinic, priya)
    await priya.call("medical_record.delete", record_id=record["id"])
    for method, key in (
        ("medical_record.get", {"record_id": record["id"]}),
        ("media.get", {"media_id": record["files"][0]["id"]}),
    ):
        with pytest.raises(NotFound):
            await priya.call(method, **key)
    (job,) = await rows(clinic, "SELECT name FROM job WHERE name = 'media.removed'")
    assert job["name"] == "media.removed"
    with pytest.raises(NotFound):
        await priya.call("medical_record.delete", record_id=record["id"])


async def test_no_paper_is_of_a_day_that_has_begun_nowhere(clinic: Node, priya: Caller) -> None:
    today = clinic.dispatcher.clock.now().date()
    record = await kept(clinic, priya, record_date=str(today + timedelta(days=1)))  # begun already in Auckland
    for wrong in (today + timedelta(days=2), date(1899, 12, 31)):
        with pytest.raises(InvalidParams):
            await kept(clinic, priya, record_date=str(wrong))
        with pytest.raises(InvalidParams):
            await priya.call("medical_record.update", record_id=record["id"], record_date=str(wrong))


async def test_the_snapshot_and_its_events_add_up(clinic: Node, priya: Caller) -> None:
    name = f"medical_records:{P}"
    await kept(clinic, priya, title="Before")
    snapshot, seen = await topic(clinic, name), len(await told(clinic, name))
    first, second = await kept(clinic, priya, title="One"), await kept(clinic, priya, title="Two")
    steps: list[tuple[str, dict[str, Any]]] = [
        ("update", {"record_id": first["id"], "title": "Uno"}),
        ("update", {"record_id": second["id"], "is_hidden": True}),
        ("update", {"record_id": second["id"], "title": "Dos"}),  # of what is hidden nothing is told
        ("update", {"record_id": second["id"], "is_hidden": False}),
        ("update", {"record_id": first["id"], "title": "Uno"}),  # nothing changes
        ("delete", {"record_id": first["id"]}),
    ]
    for verb, params in steps:
        await priya.call(f"medical_record.{verb}", **params)
        after = snapshot
        for event, data in (await told(clinic, name))[seen:]:
            kind: Any = REGISTRY[event, "medical_records:{patient_id}"]
            after = kind.apply(after, msgspec.convert(data, kind, strict=False))
        assert after == await topic(clinic, name)
    events = [event.removeprefix("medical_record:") for event, _ in (await told(clinic, name))[seen:]]
    assert events == ["created", "created", "updated", "deleted", "created", "deleted"]


async def test_of_a_full_list_two_are_deleted_at_once_and_the_older_ones_move_up(clinic: Node, priya: Caller) -> None:
    """More than a snapshot holds: what closes the list now comes with what went."""
    name = f"medical_records:{P}"
    two = [await kept(clinic, priya, title=title) for title in ("One", "Two")]
    await execute(
        clinic,
        "INSERT INTO medical_record (id, patient_id, record_type, title, uploaded_by, created_at)"
        " SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, $1, 'other', 'Older ' || n, $2, now()"
        " FROM generate_series(1, $3::int) n",
        PRIYA_PATIENT,
        PRIYA.account_id,
        SHOWN,
    )
    snapshot, seen = await topic(clinic, name), len(await told(clinic, name))
    assert len(snapshot.records) == SHOWN
    await asyncio.gather(*(priya.call("medical_record.delete", record_id=one["id"]) for one in two))
    for event, data in (await told(clinic, name))[seen:]:
        kind: Any = REGISTRY[event, "medical_records:{patient_id}"]
        snapshot = kind.apply(snapshot, msgspec.convert(data, kind, strict=False))
    assert snapshot == await topic(clinic, name)
    assert snapshot.records[-1].title == "Older 1"
