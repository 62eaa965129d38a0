"""Reports: who may not read or write them first; then drafts, publishing for good, amendments, files.

Ledger: lab_report.list H-129 H-226 H-233, lab_report.get H-130 H-227, lab_report.create H-228, lab_report.update H-229,
lab_test.submit_result M-264, table lab_reports H-017.
"""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.node import Node
from channels.directory.demo import CLINIC, LABORATORY
from channels.identity.demo import ASHA, PRIYA, VIKRAM
from channels.lab.errors import NoReport, ReportStands
from tests.channels.callers import Caller, rows, told
from tests.channels.lab.laboratory import P, execute, hired, ordered, tomorrow
from tests.channels.queue.conftest import ProductClock, admin_of, as_person

NORMAL = [{"analyte": "K", "number": 4.2}]
HIGH = [{"analyte": "K", "number": 5.6}]
CRITICAL = [{"analyte": "K", "number": 6.8}]


async def collected(technician: Caller, priya: Caller, entry: str) -> str:
    test = await ordered(priya, entry)
    await technician.call("lab_test.collect", lab_test_id=test)
    return test


async def by_doctor(clinic: Node, doctor: Caller, priya: Caller, session: str, entry: str) -> str:
    """A test that Dr. Vikram asked for and Priya took to the laboratory."""
    await priya.call("queue.join", session_id=session, patient_id=P)
    asked = await doctor.call("lab_test.create", patient_id=P, name="Potassium", place_id=CLINIC)
    when = {"mode": "visit", "planned_at": tomorrow(clinic).isoformat(), "catalogue_id": entry}
    await priya.call("lab_test.schedule", lab_test_id=asked["id"], **when)
    return str(asked["id"])


async def uploaded(node: Node, who: Caller, name: str = "result.pdf", kind: str = "medical_record") -> str:
    assert who.actor is not None
    async with node.db.transaction() as tx:
        return str(
            await tx.fetchval(
                "INSERT INTO media (account_id, kind, name, mime, size, sha256, path, created_at)"
                " VALUES ($1, $2, $3, 'application/pdf', 1, sha256(''), 'kept/' || gen_random_uuid(), $4) RETURNING id",
                who.actor.id,
                kind,
                name,
                datetime.now(UTC),
            )
        )


async def test_nobody_but_a_technician_there_writes_and_nobody_without_a_right_reads(
    clinic: Node, technician: Caller, collector: Caller, doctor: Caller, priya: Caller, stranger: Caller, entry: str
) -> None:
    test = await collected(technician, priya, entry)
    elsewhere = await hired(clinic, 11, "technician", CLINIC)
    manager, front = await hired(clinic, 12, "manager"), await hired(clinic, 13, "front_desk")
    for who in (elsewhere, stranger, doctor, collector, manager, front, priya):
        for method in ("lab_report.create", "lab_test.submit_result"):
            with pytest.raises((NotFound, Forbidden)):
                await who.call(method, lab_test_id=test, values=NORMAL)
    report = (await technician.call("lab_report.create", lab_test_id=test, values=NORMAL))["id"]
    for who in (elsewhere, stranger, doctor, collector, manager, front, priya):
        with pytest.raises(NotFound):  # a draft is nobody's but the technicians'
            await who.call("lab_report.get", lab_report_id=report)
        for verb, more in (("update", {}), ("publish", {}), ("amend", {"reason": "x"})):
            with pytest.raises((NotFound, Forbidden)):
                await who.call(f"lab_report.{verb}", lab_report_id=report, **more)
    assert (await priya.call("lab_report.list", patient_id=P))["rows"] == []
    await technician.call("lab_report.publish", lab_report_id=report)
    for who in (elsewhere, stranger, doctor, collector, manager, front):
        with pytest.raises(NotFound):
            await who.call("lab_report.get", lab_report_id=report)
    for verb, params in (("get", {"lab_report_id": report}), ("list", {}), ("create", {"lab_test_id": test})):
        with pytest.raises(Forbidden):
            await admin_of(clinic).call(f"lab_report.{verb}", **params)
    assert (await priya.call("lab_report.get", lab_report_id=report))["versions"][0]["results"][0]["flag"] == "normal"


async def test_a_draft_is_corrected_published_and_then_only_amended(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str
) -> None:
    test = await by_doctor(clinic, doctor, priya, session, entry)
    with pytest.raises(IllegalMove):
        await technician.call("lab_report.create", lab_test_id=test, values=NORMAL)
    await technician.call("lab_test.collect", lab_test_id=test)
    with pytest.raises(NoReport):
        await technician.call("lab_report.create", lab_test_id=test)
    for wrong in ([{"analyte": "NA", "number": 1}], [{"analyte": "K", "word": "much"}], NORMAL * 2):
        with pytest.raises(InvalidParams):
            await technician.call("lab_report.create", lab_test_id=test, values=wrong)
    draft = await technician.call("lab_report.create", lab_test_id=test, values=NORMAL, remark="Fasting")
    with pytest.raises(ReportStands):
        await technician.call("lab_report.create", lab_test_id=test, values=NORMAL)
    key = {"lab_report_id": draft["id"]}
    with pytest.raises(IllegalMove):
        await technician.call("lab_report.amend", **key, reason="too soon")
    await technician.call("lab_report.update", **key, values=HIGH)
    done = await technician.call("lab_report.publish", **key)
    assert (done["state"], done["versions"][0]["remark"]) == ("published", "Fasting")
    (result,) = done["versions"][0]["results"]
    assert (result["flag"], result["range"]["high"], result["unit"]) == ("high", 5.1, "mmol/L")
    assert (await doctor.call("lab_test.get", lab_test_id=test))["state"] == "completed"
    assert (await doctor.call("lab_report.get", **key))["id"] == draft["id"]
    for verb in ("update", "publish"):
        with pytest.raises(IllegalMove):
            await technician.call(f"lab_report.{verb}", **key)
    with pytest.raises(IllegalMove):
        await technician.call("lab_test.submit_result", lab_test_id=test, values=NORMAL)
    # The catalogue changes; what was judged by it does not.
    await technician.call("lab_catalog.update", catalogue_id=entry, analytes=[])
    amended = await technician.call("lab_report.amend", **key, reason="Samples were swapped", values=NORMAL)
    assert amended["state"] == "amended"
    now, before = amended["versions"]
    assert (now["version"], now["results"][0]["flag"], now["reason"]) == (2, "normal", "Samples were swapped")
    assert (before["version"], before["results"], before["reason"]) == (1, done["versions"][0]["results"], None)
    with pytest.raises(NoReport):
        await technician.call("lab_report.amend", **key, reason="all gone", values=[], remark=None)
    facts = await rows(clinic, "SELECT key FROM job WHERE key LIKE 'notify:%:lab_report.%'")
    heard = sorted(tuple(row["key"].split(":")[1:3]) for row in facts)
    assert heard == sorted(
        (str(who.account_id), fact)
        for who in (PRIYA, VIKRAM)
        for fact in ("lab_report.published", "lab_report.amended")
    )
    names = [name for name, _ in await told(clinic, f"lab_reports:{P}")]
    assert names[-2:] == ["lab_report:created", "lab_report:updated"]


async def test_what_was_published_no_statement_changes(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    test = await collected(technician, priya, entry)
    report = UUID((await technician.call("lab_test.submit_result", lab_test_id=test, values=NORMAL))["id"])
    for sql in (
        "UPDATE lab_report_version SET results = '[]' WHERE report_id = $1",
        "UPDATE lab_report_version SET published_at = NULL WHERE report_id = $1",
        "DELETE FROM lab_report_version WHERE report_id = $1",
        "DELETE FROM lab_report WHERE id = $1",
        "UPDATE lab_report SET state = 'draft', published_at = NULL WHERE id = $1",
        "UPDATE lab_report SET published_at = now() WHERE id = $1",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await execute(clinic, sql, report)


async def test_a_result_may_come_at_once_and_as_a_file(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, entry: str, time: ProductClock
) -> None:
    test = await ordered(priya, entry)
    file, hers = await uploaded(clinic, technician), await uploaded(clinic, priya)
    with pytest.raises(InvalidParams):
        await technician.call("lab_test.submit_result", lab_test_id=test, media_ids=[hers])
    ahead = time.now().replace(year=2040).isoformat()
    with pytest.raises(InvalidParams):
        await technician.call("lab_test.submit_result", lab_test_id=test, media_ids=[file], collected_at=ahead)
    with pytest.raises(NoReport):
        await technician.call("lab_test.submit_result", lab_test_id=test)
    report = await technician.call("lab_test.submit_result", lab_test_id=test, media_ids=[file])
    assert (report["state"], report["versions"][0]["media_ids"]) == ("published", [file])
    assert (await priya.call("media.get", media_id=file))["name"] == "result.pdf"
    looks = await rows(clinic, "SELECT noun FROM audit WHERE command = 'media.get' AND kind = 'read'")
    assert [row["noun"] for row in looks] == ["lab_report"]
    for who in (doctor, await hired(clinic, 14, "front_desk")):
        with pytest.raises(NotFound):
            await who.call("media.get", media_id=file)
    other = await hired(clinic, 15, "technician")
    second = await uploaded(clinic, other)
    amended = await other.call(
        "lab_report.amend", lab_report_id=report["id"], reason="A page was missing", media_ids=[file, second]
    )
    assert amended["versions"][0]["media_ids"] == [file, second]
    time.turn(days=31)
    with pytest.raises(NotFound):  # the laboratory's time is over; hers never is
        await technician.call("lab_report.get", lab_report_id=report["id"])
    assert len((await priya.call("lab_report.list"))["rows"]) == 1


async def test_what_a_draft_said_of_a_rejected_sample_was_never_found(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    test = await collected(technician, priya, entry)
    file = await uploaded(clinic, technician)
    draft = await technician.call("lab_report.create", lab_test_id=test, values=CRITICAL, media_ids=[file])
    await technician.call("lab_test.reject", lab_test_id=test, reason="haemolysed")
    with pytest.raises(NotFound):
        await technician.call("media.get", media_id=file)
    await technician.call("lab_test.schedule", lab_test_id=test, mode="visit", planned_at=tomorrow(clinic).isoformat())
    await technician.call("lab_test.collect", lab_test_id=test)
    with pytest.raises(NoReport):
        await technician.call("lab_report.publish", lab_report_id=draft["id"])
    done = await technician.call("lab_test.submit_result", lab_test_id=test, values=NORMAL)
    assert (done["id"], done["versions"][0]["results"][0]["number"]) == (draft["id"], 4.2)
    assert done["critical"] is None


async def test_a_consent_opens_reports_and_its_end_closes_them(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    from channels.directory.demo import DOCTOR_ASHA

    asha = as_person(clinic, ASHA)
    test = await collected(technician, priya, entry)
    report = await technician.call("lab_test.submit_result", lab_test_id=test, values=NORMAL)
    with pytest.raises(NotFound):
        await asha.call("lab_report.get", lab_report_id=report["id"])
    until = tomorrow(clinic).isoformat()
    given = await priya.call(
        "consent.grant", patient_id=P, doctor_id=DOCTOR_ASHA, records=["lab_report"], purpose="treatment", until=until
    )
    assert (await asha.call("lab_report.list", patient_id=P))["rows"][0]["id"] == report["id"]
    await priya.call("consent.revoke", consent_id=given["id"])
    with pytest.raises(NotFound):
        await asha.call("lab_report.get", lab_report_id=report["id"])


async def test_her_history_has_the_test_and_not_what_was_found(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str
) -> None:
    test = await by_doctor(clinic, doctor, priya, session, entry)
    (item,) = (await doctor.call("patient.history", patient_id=P, kind="lab_test"))["rows"]
    assert (item["id"], item["state"], item["place_id"]) == (test, "scheduled", str(LABORATORY))
    assert (await priya.call("patient.history", patient_id=P, kind="lab_test"))["rows"] == [item]


async def test_a_draft_tells_of_a_sample_that_is_there_and_nobody_else_learns_that_there_is_one(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    test = await collected(technician, priya, entry)
    published = await technician.call("lab_test.submit_result", lab_test_id=await ordered(priya, entry), values=NORMAL)
    draft = await technician.call("lab_report.create", lab_test_id=test, values=NORMAL)
    first = await priya.call("lab_report.list", patient_id=P, limit=1)
    assert ([row["id"] for row in first["rows"]], first["cursor"]) == ([published["id"]], None), "not even a hole"
    await technician.call("lab_test.reject", lab_test_id=test, reason="clotted")
    await priya.call("lab_test.schedule", lab_test_id=test, mode="visit", planned_at=tomorrow(clinic).isoformat())
    for given in ({"values": HIGH}, {"remark": "looks like measles"}):
        with pytest.raises(IllegalMove):
            await technician.call("lab_report.update", lab_report_id=draft["id"], **given)
    with pytest.raises(NoReport):
        await technician.call("lab_report.publish", lab_report_id=draft["id"])
    await technician.call("lab_test.collect", lab_test_id=test)
    await technician.call("lab_report.update", lab_report_id=draft["id"], values=HIGH)
    done = await technician.call("lab_report.publish", lab_report_id=draft["id"])
    assert done["versions"][0]["results"][0]["flag"] == "high"


async def test_what_is_published_is_judged_by_who_she_is_then(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    ranges = [{"sex": "female", "low": 12, "high": 15}, {"sex": "male", "low": 13, "high": 17}]
    analytes = [{"code": "HB", "name": "Haemoglobin", "unit": "g/dL", "ranges": ranges}]
    await technician.call("lab_catalog.update", catalogue_id=entry, analytes=analytes)
    test = await collected(technician, priya, entry)
    await execute(clinic, "UPDATE patient SET sex = NULL WHERE id = $1", UUID(P))
    draft = await technician.call(
        "lab_report.create", lab_test_id=test, values=[{"analyte": "HB", "number": 12.5}], remark="Twice"
    )
    assert draft["versions"][0]["results"][0]["flag"] == "unjudged"
    await execute(clinic, "UPDATE patient SET sex = 'female' WHERE id = $1", UUID(P))
    done = await technician.call("lab_report.publish", lab_report_id=draft["id"])
    (result,) = done["versions"][0]["results"]
    assert (result["flag"], result["range"]["low"], done["versions"][0]["remark"]) == ("normal", 12, "Twice")
    await execute(clinic, "UPDATE patient SET sex = 'male' WHERE id = $1", UUID(P))
    kept = await priya.call("lab_report.get", lab_report_id=draft["id"])
    assert kept["versions"][0]["results"] == [result], "what was said stays"
