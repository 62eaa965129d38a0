"""The laboratory: a catalogue for everybody, tests and reports for her side, who asked, and who examines.

It is about another patient than the rest: who works at her laboratory knows who she is, and shall know nobody else.
A colleague treats her, and a doctor of another place reads by her consent.
"""

from datetime import datetime, timedelta
from uuid import UUID

from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import (
    COLLEAGUE,
    COLLECTOR,
    DUTY,
    FRONT_DESK,
    HEADS,
    NURSE,
    OTHER_DOCTOR,
    OTHER_PATIENT,
    OWNER,
    PHARMACIST,
    STAFF_HERE,
    TECHNICIAN,
    Who,
)
from tests.access.world import World, soon

ENTRY = {
    "code": "HB",
    "name": "Haemoglobin",
    "sample": "blood",
    "price": {"amount": 15_000, "currency": "INR"},
    "turnaround_hours": 6,
    "analytes": [{"code": "HB", "name": "Haemoglobin", "unit": "g/dL", "ranges": [{"low": 12, "high": 15}]}],
    "home_collection": True,
}
KEEPS = HEADS | {TECHNICIAN}
READS = {OTHER_PATIENT, OTHER_DOCTOR}
SEES = READS | STAFF_HERE | {COLLEAGUE}
COLLECTS = {COLLECTOR, TECHNICIAN, NURSE}
PLANS = {OTHER_PATIENT, FRONT_DESK} | COLLECTS | HEADS


@ground
async def a_laboratory(w: World) -> None:
    """A laboratory at which every duty is held by its actor, with one entry, one test of hers, and hours."""
    w.laboratory = await w.new_place("laboratory")
    for duty, one in DUTY.items():
        await w.join(w.account[one], w.laboratory, duty)
    await w.sql(
        "INSERT INTO place_opening (place_id, weekday, opens, closes) SELECT $1, d, '07:00', '19:00'"
        " FROM generate_series(1, 7) d",
        w.laboratory,
    )
    entry = await w.socket(OWNER).command("lab_catalog.create", laboratory_id=w.laboratory, **ENTRY)
    w.entry = entry["id"]
    w.tested = w.patient[OTHER_PATIENT]
    await w.sql(
        "INSERT INTO relationship (patient_id, doctor_id, place_id, state, made_by, made_at, hand_at, expected_until)"
        " VALUES ($1, $2, $3, 'standing', $4, $5, $5, $6)",
        w.tested,
        w.doctor[COLLEAGUE],
        w.place,
        w.account[OTHER_PATIENT],
        w.now,
        w.now + timedelta(days=1),
    )
    herself = w.socket(OTHER_PATIENT)
    granted = {"records": ["lab_report"], "purpose": "second_opinion", "until": soon(24)}
    await herself.command("consent.grant", patient_id=w.tested, doctor_id=w.doctor[OTHER_DOCTOR], **granted)
    w.test = (await herself.command("lab_test.create", patient_id=w.tested, catalogue_id=w.entry))["id"]


async def copied(w: World, columns: str = "", values: str = "") -> Params:
    """A test of hers like the first one, to be used up."""
    same = "patient_id, laboratory_id, catalogue_id, name, offer, asked_by, asked_at, changed_at"
    return {
        "lab_test_id": await w.sql(
            f"INSERT INTO lab_test (doctor_id, {same}{columns}) SELECT $2, {same}{values} FROM lab_test WHERE id = $1"
            " RETURNING id",
            w.test,
            w.doctor[COLLEAGUE],
        )
    }


async def another(w: World) -> Params:
    return await copied(w)


async def planned(w: World) -> Params:
    return await copied(
        w, ", state, mode, planned_at, planned_until", ", 'scheduled', 'visit', asked_at, asked_at + interval '1 hour'"
    )


async def collected(w: World) -> Params:
    return await copied(w, ", state, draws, collected_at", ", 'sample_collected', 1, asked_at")


def creating(w: World) -> Params:
    return {"laboratory_id": w.laboratory, **ENTRY, "code": f"X{w.new_phone()[1:]}"}


async def entry(w: World) -> Params:
    made = await w.socket(OWNER).command("lab_catalog.create", **creating(w))
    return {"catalogue_id": made["id"]}


cells("lab_catalog.list")
cells("lab_catalog.get", lambda w: {"catalogue_id": w.entry})
cells("lab_catalog.create", creating, opens=KEEPS)
cells("lab_catalog.update", lambda w: {"catalogue_id": w.entry, "turnaround_hours": 8}, opens=KEEPS)
cells("lab_catalog.delete", entry, opens=KEEPS)
cells(
    "laboratory.set_collection",
    lambda w: {"laboratory_id": w.laboratory, "minutes": 60, "capacity": 3},
    opens=HEADS,
)
cells("laboratory.windows", lambda w: {"laboratory_id": w.laboratory, "first": w.now.date().isoformat()})


def asking(w: World, one: Who) -> Params:
    """A patient's side names a laboratory's test; a doctor the test alone."""
    return {"patient_id": w.tested, **({"catalogue_id": w.entry} if one is OTHER_PATIENT else {"name": "Haemoglobin"})}


cells("lab_test.create", asking, opens={OTHER_PATIENT, COLLEAGUE, OTHER_DOCTOR})
cells("lab_test.get", another, opens=SEES)
cells("lab_test.list")


async def scheduling(w: World) -> Params:
    return {**await another(w), "mode": "visit", "planned_at": soon(5)}


async def rejecting(w: World) -> Params:
    return {**await collected(w), "reason": "clotted"}


async def noting(w: World) -> Params:
    return {**await another(w), "notes": "She is pregnant"}


cells("lab_test.schedule", scheduling, opens=PLANS)
cells("lab_test.collect", another, opens=COLLECTS)
cells("lab_test.miss", planned, opens=COLLECTS)
cells("lab_test.begin", collected, opens={TECHNICIAN})
cells("lab_test.reject", rejecting, opens={TECHNICIAN})
cells("lab_test.cancel", another, opens=PLANS | {COLLEAGUE})
cells("lab_test.delete", another, opens=PLANS | {COLLEAGUE})
cells("lab_test.update", noting, opens={COLLEAGUE})


async def drafted(w: World) -> Params:
    """A draft of hers, to be used up."""
    return {"lab_report_id": await report(w, await collected(w), "draft", None)}


async def published(w: World) -> Params:
    test = await copied(w, ", state, draws, collected_at, completed_at", ", 'completed', 1, asked_at, asked_at")
    return {"lab_report_id": await report(w, test, "published", w.now)}


async def report(w: World, test: Params, state: str, at: datetime | None) -> UUID:
    report_id: UUID = await w.sql(
        "INSERT INTO lab_report (lab_test_id, patient_id, laboratory_id, state, created_at, published_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        test["lab_test_id"],
        w.tested,
        w.laboratory,
        state,
        w.now,
        at,
    )
    await w.sql(
        "INSERT INTO lab_report_version (report_id, version, results, remark, written_by, written_at, published_at)"
        " VALUES ($1, 1, '[]', 'As expected', $2, $3, $4) RETURNING id",
        report_id,
        w.account[TECHNICIAN],
        w.now,
        at,
    )
    return report_id


async def amending(w: World) -> Params:
    return {**await published(w), "reason": "A slip"}


async def critical(w: World) -> Params:
    """One that waits for the colleague who asked; the others were not asked yet."""
    found = await published(w)
    await w.sql(
        "INSERT INTO lab_critical (report_id, version, laboratory_id, doctor_id, raised_at, due_at)"
        " VALUES ($1, 1, $2, $3, $4, $4) RETURNING id",
        found["lab_report_id"],
        w.laboratory,
        w.doctor[COLLEAGUE],
        w.now,
    )
    return {**found, "how": "patient_told"}


async def reporting(w: World) -> Params:
    return {**await collected(w), "values": [{"analyte": "HB", "number": 13}]}


CLINICAL = {TECHNICIAN, NURSE, PHARMACIST}
"""The duties that read what was found at their place."""

cells("lab_test.submit_result", reporting, opens={TECHNICIAN})
cells("lab_report.create", reporting, opens={TECHNICIAN})
cells("lab_report.update", drafted, opens={TECHNICIAN})
cells("lab_report.publish", drafted, opens={TECHNICIAN})
cells("lab_report.amend", amending, opens={TECHNICIAN})
cells("lab_report.get", published, opens=READS | CLINICAL | {COLLEAGUE})
cells("lab_report.list")
cells("lab_report.acknowledge", critical, opens={COLLEAGUE})
cells("lab_report.waiting")

hears("lab_reports:{patient_id}", lambda w: w.tested, opens=READS, names=False)
hears("lab_desk:{laboratory_id}", lambda w: w.laboratory, opens=STAFF_HERE, names=False)
