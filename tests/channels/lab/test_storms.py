"""Several hands on one test at once, and times that no calendar has: one of them wins, the rest are told so.

Issue 8, 4 and its Must hold: other storms, dates and races.
"""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from carewire.errors import InvalidParams, Refusal
from carewire.node import Node
from channels.directory.demo import LABORATORY
from channels.identity.demo import ARJUN_PATIENT, PRIYA
from tests.channels.callers import Caller, rows, told
from tests.channels.lab.laboratory import P, execute, hired, ordered
from tests.channels.lab.test_reports import CRITICAL, HIGH, NORMAL, collected
from tests.channels.lab.test_walk import added_up
from tests.channels.queue.conftest import ProductClock, topic


async def at_once(*calls: Any) -> list[Any]:
    """What became of each: its answer, or the word it was refused with."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, Refusal):
            raise one
    return [one.reason if isinstance(one, Refusal) else one for one in found]


async def test_of_many_hands_on_one_test_each_step_is_done_once(
    clinic: Node, technician: Caller, collector: Caller, priya: Caller, entry: str
) -> None:
    names = (f"lab_reports:{P}", f"lab_desk:{LABORATORY}")
    first = {name: (await topic(clinic, name), len(await told(clinic, name))) for name in names}
    other = await hired(clinic, 41, "technician")
    test = {"lab_test_id": await ordered(priya, entry)}
    answers = await at_once(*(who.call("lab_test.collect", **test) for who in (technician, other, collector) * 3))
    assert (answers.count("illegal_move"), (await technician.call("lab_test.get", **test))["draws"]) == (8, 1)

    drafts = await at_once(*(who.call("lab_report.create", **test, values=NORMAL) for who in (technician, other) * 3))
    assert drafts.count("report_stands") == 5
    (draft,) = [one for one in drafts if one != "report_stands"]
    report = {"lab_report_id": draft["id"]}
    answers = await at_once(
        *(who.call("lab_report.publish", **report) for who in (technician, other) * 2),
        *(who.call("lab_test.submit_result", **test, values=CRITICAL) for who in (technician, other)),
        technician.call("lab_test.reject", **test, reason="clotted"),
    )
    assert sum(one not in ("illegal_move", "no_report") for one in answers) == 1
    (stands,) = await rows(clinic, "SELECT state FROM lab_test")
    if stands["state"] == "sample_rejected":
        return
    amended = await at_once(
        *(
            who.call("lab_report.amend", **report, reason=f"Slip {n}", values=HIGH if n % 2 else CRITICAL)
            for n, who in enumerate((technician, other) * 3)
        ),
        technician.call("lab_report.publish", **report),
        technician.call("lab_report.update", **report, values=NORMAL),
    )
    assert amended[-2:] == ["illegal_move", "illegal_move"]
    seen = await priya.call("lab_report.get", **report)
    assert [version["version"] for version in seen["versions"]] == [7, 6, 5, 4, 3, 2, 1]
    assert {version["reason"] for version in seen["versions"]} == {None, *(f"Slip {n}" for n in range(6))}
    waits = await rows(
        clinic, "SELECT version FROM lab_critical WHERE acknowledged_at IS NULL AND superseded_at IS NULL"
    )
    assert [row["version"] for row in waits] == ([7] if seen["critical"] else [])
    for name, (snapshot, heard) in first.items():
        assert added_up(name, snapshot, (await told(clinic, name))[heard:]) == await topic(clinic, name), name


async def test_of_many_who_answer_a_critical_value_one_did(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    manager = await hired(clinic, 42, "manager")
    test = await collected(technician, priya, entry)
    report = await technician.call("lab_test.submit_result", lab_test_id=test, values=CRITICAL)
    word = {"lab_report_id": report["id"], "how": "patient_told"}
    answers = await at_once(*(who.call("lab_report.acknowledge", **word) for who in (technician, manager) * 3))
    assert answers.count("not_waiting") == 5


async def test_the_database_publishes_nothing_of_a_sample_that_was_not_examined_or_is_anothers(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    test = await collected(technician, priya, entry)
    draft = UUID((await technician.call("lab_report.create", lab_test_id=test, values=NORMAL))["id"])
    publish = "UPDATE lab_report SET state = 'published', published_at = now() WHERE id = $1"
    with pytest.raises(asyncpg.CheckViolationError, match="published once"):
        await execute(clinic, publish, draft)
    await technician.call("lab_test.reject", lab_test_id=test, reason="clotted")
    with pytest.raises(asyncpg.CheckViolationError, match="published once"):
        await execute(clinic, publish, draft)
    other = await ordered(priya, entry, str(ARJUN_PATIENT))
    with pytest.raises(asyncpg.CheckViolationError, match="of its test"):
        await execute(
            clinic,
            "INSERT INTO lab_report (lab_test_id, patient_id, laboratory_id, state, created_at)"
            " VALUES ($1, $2, $3, 'draft', now())",
            UUID(other),
            UUID(P),
            LABORATORY,
        )


NO_CALENDARS = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00")


@pytest.mark.parametrize("when", NO_CALENDARS)
async def test_a_time_that_cannot_be_is_refused_in_so_many_words(
    clinic: Node, technician: Caller, priya: Caller, entry: str, time: ProductClock, when: str
) -> None:
    test = await ordered(priya, entry)
    asked = (
        priya.call("lab_test.schedule", lab_test_id=test, mode="visit", planned_at=when),
        technician.call("lab_test.collect", lab_test_id=test, collected_at=when),
        technician.call("lab_test.submit_result", lab_test_id=test, values=NORMAL, collected_at=when),
    )
    for call in asked:
        with pytest.raises(Refusal) as no:
            await call
        assert no.value.reason == "invalid_params"


@pytest.mark.parametrize("key", ["since", "until"])
async def test_a_list_from_no_calendar_is_refused(
    clinic: Node, technician: Caller, priya: Caller, entry: str, key: str
) -> None:
    for when in NO_CALENDARS:
        with pytest.raises(InvalidParams):
            await priya.call("lab_report.list", patient_id=P, **{key: when})


async def test_what_is_found_for_a_record_that_was_merged_into_hers_is_hers(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    """Heard where she listens, and judged by what she says of herself; undone, it is not hers any more."""
    ranges = [{"sex": "female", "low": 12, "high": 15}, {"sex": "male", "low": 13, "high": 17}]
    analytes = [{"code": "HB", "name": "Haemoglobin", "unit": "g/dL", "ranges": ranges}]
    await technician.call("lab_catalog.update", catalogue_id=entry, analytes=analytes)
    made, claim = uuid4(), uuid4()
    await execute(clinic, "UPDATE patient SET sex = 'female' WHERE id = $1", UUID(P))
    await execute(clinic, "INSERT INTO patient (id, name, created_at) VALUES ($1, 'Priya S', now())", made)
    await execute(
        clinic,
        "INSERT INTO patient_claim (id, patient_id, into_id, account_id, claimed_at) VALUES ($1, $2, $3, $4, now())",
        claim,
        made,
        UUID(P),
        PRIYA.account_id,
    )
    await execute(
        clinic,
        "INSERT INTO guardianship (account_id, patient_id, kind, since, merged, claim_id)"
        " VALUES ($1, $2, 'self', now(), true, $3)",
        PRIYA.account_id,
        made,
        claim,
    )
    name = f"lab_reports:{P}"
    before, heard = await topic(clinic, name), len(await told(clinic, name))
    test = await ordered(priya, entry, str(made))
    await technician.call("lab_test.collect", lab_test_id=test)
    values = [{"analyte": "HB", "number": 12.5}]
    report = await technician.call("lab_test.submit_result", lab_test_id=test, values=values)
    assert report["versions"][0]["results"][0]["flag"] == "normal"
    fresh = await topic(clinic, name)
    assert added_up(name, before, (await told(clinic, name))[heard:]) == fresh
    assert str(fresh.reports[0].id) == report["id"]
    assert [row["id"] for row in (await priya.call("lab_report.list", patient_id=P))["rows"]] == [report["id"]]
    await execute(
        clinic, "UPDATE patient_claim SET undone_at = now(), undone_by = $2 WHERE id = $1", claim, PRIYA.account_id
    )
    assert (await topic(clinic, name)).reports == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "1e13", "-1e13", '"4.2"', "true", "null"])
async def test_what_is_no_number_is_no_value(
    clinic: Node, technician: Caller, priya: Caller, entry: str, number: str
) -> None:
    test = await collected(technician, priya, entry)
    params = f'{{"lab_test_id": "{test}", "values": [{{"analyte": "K", "number": {number}}}]}}'.encode()
    with pytest.raises(Refusal) as no:
        await clinic.dispatcher.run("lab_test.submit_result", params, technician.actor, technician.peer)
    assert no.value.reason == "invalid_params"


@pytest.mark.parametrize(
    ("number", "flag"),
    [
        (2.8, "critical_low"), (2.81, "low"), (3.4999, "low"), (3.5, "normal"), (5.1, "normal"), (5.1001, "high"),
        (6.1999, "high"), (6.2, "critical_high"), (0, "critical_low"), (-1e12, "critical_low"), (1e12, "critical_high"),
    ],
)  # fmt: skip
async def test_at_the_limit_it_is_still_normal_and_at_the_critical_one_critical(
    clinic: Node, technician: Caller, priya: Caller, entry: str, number: float, flag: str
) -> None:
    test = await collected(technician, priya, entry)
    values = [{"analyte": "K", "number": number}]
    report = await technician.call("lab_test.submit_result", lab_test_id=test, values=values)
    (result,) = report["versions"][0]["results"]
    assert (result["flag"], result["number"], report["critical"] is not None) == (
        flag, number, flag.startswith("critical"),
    )  # fmt: skip
