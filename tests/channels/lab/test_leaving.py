"""What a laboratory knows of a patient ends with what it has to do for her, and within the second.

PRODUCT 5: contact and address of patients with an order there, until it is done and thirty days more. H-230, H-231.
"""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from carewire.errors import NotFound
from carewire.node import Node
from channels.directory.demo import LABORATORY
from channels.identity.demo import TECHNICIAN
from tests.channels.callers import Caller, rows, told
from tests.channels.lab.laboratory import CODE, P, another_laboratory, hired, ordered, tomorrow
from tests.channels.lab.test_reports import NORMAL, by_doctor, uploaded
from tests.channels.queue.conftest import ProductClock, topic


async def knows(who: Caller) -> bool:
    """Does she learn how the patient is reached?"""
    try:
        return bool((await who.call("patient.get", patient_id=P))["name"])
    except NotFound:
        return False


async def looked_at_again(node: Node) -> int:
    return len(await rows(node, "SELECT 1 FROM event WHERE topic = $1", f"rights:{TECHNICIAN.account_id}"))


def visit(node: Node, test: str, **more: Any) -> dict[str, Any]:
    return {"lab_test_id": test, "mode": "visit", "planned_at": tomorrow(node).isoformat(), **more}


async def test_a_laboratory_that_was_replaced_knows_her_no_more(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    _, there, cheaper = await another_laboratory(clinic)
    test, stays = await ordered(priya, entry), await ordered(priya, entry)
    for one in (test, stays):
        before = await looked_at_again(clinic)
        assert (await knows(technician), await knows(there)) == (True, one is stays), "another test waits here"
        await priya.call("lab_test.schedule", **visit(clinic, one, catalogue_id=cheaper))
    assert await looked_at_again(clinic) > before
    assert (await knows(technician), await knows(there)) == (False, True)
    (relation,) = [r for r in await priya.call("relation.list", patient_id=P) if r["place_id"] == str(LABORATORY)]
    assert (relation["state"], relation["open_until"]) == ("lapsed", None)
    await ordered(priya, entry)
    assert await knows(technician), "she came back"


@pytest.mark.parametrize("who", ["patient", "laboratory"])
async def test_a_laboratory_whose_test_was_called_off_knows_her_no_more(
    clinic: Node, technician: Caller, priya: Caller, entry: str, time: ProductClock, who: str
) -> None:
    test, other = await ordered(priya, entry), await ordered(priya, entry)
    await priya.call("lab_test.schedule", **visit(clinic, test))
    by = priya if who == "patient" else technician
    await by.call("lab_test.cancel", lab_test_id=test)
    assert await knows(technician), "the other test waits"
    await by.call("lab_test.cancel", lab_test_id=other)
    assert not await knows(technician)
    assert (await technician.call("lab_test.list", laboratory_id=LABORATORY))["rows"] == []


async def test_what_was_done_counts_from_when_it_was_done(
    clinic: Node, technician: Caller, priya: Caller, entry: str, time: ProductClock
) -> None:
    test, other = await ordered(priya, entry), await ordered(priya, entry)
    far = (tomorrow(clinic) + timedelta(days=90)).isoformat()
    await priya.call("lab_test.schedule", **{**visit(clinic, test), "planned_at": far})
    await technician.call("lab_test.submit_result", lab_test_id=test, values=NORMAL)  # she came at once
    await technician.call("lab_test.cancel", lab_test_id=other)
    time.turn(days=29)
    assert await knows(technician)
    time.turn(days=2)
    assert not await knows(technician)


async def test_a_laboratory_that_took_a_sample_is_not_cut_off_by_calling_the_next_one_off(
    clinic: Node, technician: Caller, priya: Caller, entry: str, time: ProductClock
) -> None:
    test = await ordered(priya, entry)
    await technician.call("lab_test.collect", lab_test_id=test)
    await technician.call("lab_test.reject", lab_test_id=test, reason="lost")
    await priya.call("lab_test.cancel", lab_test_id=test)
    time.turn(days=29)
    assert await knows(technician), "she was there"
    time.turn(days=2)
    assert not await knows(technician)


async def test_she_is_known_who_orders_while_her_last_test_is_called_off(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    test = await ordered(priya, entry)
    for _ in range(5):
        _, test = await asyncio.gather(priya.call("lab_test.cancel", lab_test_id=test), ordered(priya, entry))
        assert await knows(technician)


async def test_where_she_lives_is_known_to_who_comes_until_they_came(
    clinic: Node, technician: Caller, collector: Caller, priya: Caller, doctor: Caller, entry: str, session: str
) -> None:
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=60, capacity=1)
    test = await by_doctor(clinic, doctor, priya, session, entry)
    where = {"address": "12 Church Street", "postal_code": CODE}
    at = tomorrow(clinic).isoformat()
    planned = await priya.call("lab_test.schedule", lab_test_id=test, mode="home", planned_at=at, **where)
    assert planned["address"] == "12 Church Street"

    async def seen(who: Caller) -> bool:
        return (await who.call("lab_test.get", lab_test_id=test))["address"] is not None

    assert [await seen(who) for who in (priya, collector, technician, doctor)] == [True, True, True, False]
    await collector.call("lab_test.collect", lab_test_id=test)
    assert [await seen(who) for who in (priya, collector, technician, doctor)] == [True, False, False, False]
    assert (await technician.call("lab_test.list", laboratory_id=LABORATORY))["rows"][0]["address"] is None
    heard = str(await told(clinic, f"lab_reports:{P}")) + str(await told(clinic, f"lab_desk:{LABORATORY}"))
    assert "Church Street" not in heard
    assert CODE not in heard
    assert "Church Street" not in str(await topic(clinic, f"lab_reports:{P}"))


async def test_a_laboratory_knows_her_until_what_takes_long_is_done(
    clinic: Node, technician: Caller, priya: Caller, entry: str, time: ProductClock
) -> None:
    """A culture takes ninety days, and a test may be planned by the laboratory for the month after next."""
    await technician.call("lab_catalog.update", catalogue_id=entry, turnaround_hours=90 * 24)
    grows, waits = await ordered(priya, entry), await ordered(priya, entry)
    await technician.call("lab_test.collect", lab_test_id=grows)
    far = (tomorrow(clinic) + timedelta(days=70)).isoformat()
    await technician.call("lab_test.schedule", **{**visit(clinic, waits), "planned_at": far})
    time.turn(days=72)
    await technician.call("lab_test.submit_result", lab_test_id=grows, values=NORMAL)
    await technician.call("lab_test.collect", lab_test_id=waits)
    time.turn(days=89)
    await technician.call("lab_test.submit_result", lab_test_id=waits, values=NORMAL)
    time.turn(days=31)
    assert not await knows(technician)


async def test_what_a_laboratory_has_of_her_it_finishes_though_she_ended_it_and_sees_nothing_else(
    clinic: Node, technician: Caller, collector: Caller, priya: Caller, doctor: Caller, entry: str
) -> None:
    test, waits, done = [await ordered(priya, entry) for _ in range(3)]
    past = await technician.call("lab_test.submit_result", lab_test_id=done, values=NORMAL)
    await collector.call("lab_test.collect", lab_test_id=test)
    (relation,) = [r for r in await priya.call("relation.list", patient_id=P) if r["place_id"] == str(LABORATORY)]
    assert (await priya.call("relation.end", relation_id=relation["id"]))["state"] == "ended"
    assert not await knows(technician)
    for method, what in (
        ("lab_test.get", {"lab_test_id": waits}),
        ("lab_test.submit_result", {"lab_test_id": waits, "values": NORMAL}),
        ("lab_report.get", {"lab_report_id": past["id"]}),
    ):
        with pytest.raises(NotFound):
            await technician.call(method, **what)
    with pytest.raises(NotFound):  # her doctor has no part in it, nor has who works elsewhere
        await doctor.call("lab_test.get", lab_test_id=test)
    seen = await technician.call("lab_test.list", laboratory_id=LABORATORY)
    assert [row["id"] for row in seen["rows"]] == [test]
    seers = [(r["kind"], r["ref"]) for r in await priya.call("consent.seen_by", patient_id=P) if r["place_id"]]
    assert seers == [("order", test)]
    file = await uploaded(clinic, technician)
    draft = await technician.call("lab_report.create", lab_test_id=test, values=NORMAL, media_ids=[file])
    other = await hired(clinic, 3, "technician")
    assert (await other.call("lab_report.get", lab_report_id=draft["id"]))["state"] == "draft"
    assert (await other.call("media.get", media_id=file))["id"] == file
    with pytest.raises(NotFound):
        await collector.call("media.get", media_id=file)
    await other.call("lab_report.publish", lab_report_id=draft["id"])
    assert (await priya.call("lab_report.get", lab_report_id=draft["id"]))["state"] == "published"
    for method, what in (("lab_test.get", {"lab_test_id": test}), ("lab_report.get", {"lab_report_id": draft["id"]})):
        with pytest.raises(NotFound):
            await technician.call(method, **what)
    assert [r for r in await priya.call("consent.seen_by", patient_id=P) if r["place_id"]] == []
    looks = (await priya.call("patient.accesses", patient_id=P))["rows"]
    assert {look["place_id"] for look in looks if not look["yours"]} == {str(LABORATORY)}, "she sees who looked"
