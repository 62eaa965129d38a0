"""Being forgotten at the laboratory and among the records: what she uploaded goes, what was written about her stays."""

from carewire.node import Node
from carewire.personal import Subject, erase, export, is_underway
from channels.directory.demo import LABORATORY
from channels.identity.demo import PRIYA, PRIYA_PATIENT
from tests.channels.callers import Caller, rows
from tests.channels.lab.laboratory import P, ordered, tomorrow
from tests.channels.lab.test_reports import HIGH
from tests.channels.lab.test_windows import home
from tests.channels.queue.conftest import ProductClock
from tests.channels.record.test_records import kept

SHE = Subject(accounts=[PRIYA.account_id], patients=[PRIYA_PATIENT])


async def test_her_uploads_and_her_address_go_and_reports_and_providers_records_stay(
    clinic: Node, technician: Caller, doctor: Caller, priya: Caller, session: str, entry: str, time: ProductClock
) -> None:
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=60, capacity=2)
    await priya.call("queue.join", session_id=session, patient_id=P)
    hers, his = await kept(clinic, priya, description="An old fracture"), await kept(clinic, doctor, title="Discharge")
    test = await ordered(priya, entry)
    await priya.call("lab_test.schedule", **home(test, tomorrow(clinic)))
    async with clinic.db.snapshot() as tx:
        assert await is_underway(tx, SHE)  # somebody comes for a sample
        found = await export(tx, SHE)
    assert {"lab_test", "medical_record", "media"} <= found.keys()
    assert "12 Church Street" in str(found["lab_test"])
    time.turn(days=2)
    report = await technician.call("lab_test.submit_result", lab_test_id=test, values=HIGH)
    async with clinic.db.transaction() as tx:
        remains = await erase(tx, SHE, time.now())
    assert {"lab_test", "lab_report_version", "medical_record"} <= {one.table for one in remains}

    (stored,) = await rows(clinic, "SELECT address, postal_code, state FROM lab_test")
    assert (stored["address"], stored["postal_code"], stored["state"]) == ("", "", "completed")
    told = {str(row["id"]): row for row in await rows(clinic, "SELECT * FROM medical_record")}
    gone, stays = told[hers["id"]], told[his["id"]]
    assert (gone["title"], gone["description"], gone["deleted_at"] is None) == ("deleted", None, False)
    assert (stays["title"], stays["deleted_at"]) == ("Discharge", None)
    media = {row["about_id"]: row for row in await rows(clinic, "SELECT about_id, deleted_at FROM media")}
    assert media[gone["id"]]["deleted_at"] is not None
    assert media[stays["id"]]["deleted_at"] is None
    (version,) = await rows(clinic, "SELECT results FROM lab_report_version")
    assert "5.6" in version["results"]
    assert report["state"] == "published"
