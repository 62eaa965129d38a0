"""What laboratories offer: kept by who works there, read by everybody, and never with ranges nobody could judge by.

Ledger: lab_catalog.list H-222, lab_catalog.create H-223, lab_catalog.update H-224, lab_catalog.delete H-225, table
lab_catalog H-028; inventory's source H-291 H-292.
"""

from collections.abc import Callable
from typing import Any

import asyncpg
import msgspec
import pytest

from carewire.errors import Forbidden, InvalidParams, NotFound, Unauthenticated
from carewire.node import Node
from channels.directory.demo import CLINIC, LABORATORY
from channels.identity import Sex
from channels.lab.demo import CBC, TESTS
from channels.lab.demo import POTASSIUM as DEMO
from channels.lab.errors import CodeTaken
from channels.lab.ranges import Analyte, Value, judge
from tests.channels.callers import Caller, told
from tests.channels.lab.laboratory import POTASSIUM, execute, hired
from tests.channels.queue.conftest import admin_of


async def test_only_who_works_there_keeps_it_and_everybody_reads_it(
    clinic: Node, technician: Caller, priya: Caller, stranger: Caller, caller: Callable[..., Caller], entry: str
) -> None:
    anon = caller()
    for who, refused in (
        (anon, Unauthenticated),
        (priya, Forbidden),
        (stranger, NotFound),
        (admin_of(clinic), Forbidden),
    ):
        for method, params in (
            ("lab_catalog.create", {"laboratory_id": LABORATORY, **POTASSIUM}),
            ("lab_catalog.update", {"catalogue_id": entry, "name": "Poison"}),
            ("lab_catalog.delete", {"catalogue_id": entry}),
        ):
            with pytest.raises(refused):
                await who.call(method, **params)
    desk = await hired(clinic, 5, "front_desk")
    with pytest.raises(NotFound):
        await desk.call("lab_catalog.update", catalogue_id=entry, turnaround_hours=1)
    seen = await anon.call("lab_catalog.get", catalogue_id=entry)
    assert seen["price"] == {"amount": 25_000, "currency": "INR", "exponent": 2}
    assert seen["analytes"][0]["ranges"][0]["critical_high"] == 6.2
    page = await anon.call("lab_catalog.list", laboratory_id=LABORATORY, search="potassium, of", home_collection=True)
    assert [row["id"] for row in page["rows"]] == [entry]
    await technician.call("lab_catalog.update", catalogue_id=entry, is_available=False)
    with pytest.raises(NotFound):
        await anon.call("lab_catalog.get", catalogue_id=entry)
    assert (await technician.call("lab_catalog.get", catalogue_id=entry))["is_available"] is False
    await technician.call(
        "lab_catalog.update", catalogue_id=entry, is_available=True, price={"amount": 1, "currency": "INR"}
    )
    assert (await anon.call("lab_catalog.get", catalogue_id=entry))["price"]["amount"] == 1
    await technician.call("lab_catalog.delete", catalogue_id=entry)
    for who in (anon, technician):
        with pytest.raises(NotFound):
            await who.call("lab_catalog.get", catalogue_id=entry)
    changes = [data["change"] for _, data in await told(clinic, "catalogue:lab_catalog") if data["id"] == entry]
    assert changes == ["created", "deleted", "created", "deleted"]


async def test_a_laboratory_that_waits_for_its_approval_offers_nothing_to_others(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    await execute(clinic, "UPDATE place SET approval = 'withdrawn' WHERE id = $1", LABORATORY)
    with pytest.raises(NotFound):
        await priya.call("lab_catalog.get", catalogue_id=entry)
    assert (await technician.call("lab_catalog.get", catalogue_id=entry))["id"] == entry


async def test_a_clinic_keeps_no_catalogue_and_a_code_stands_once(
    clinic: Node, technician: Caller, desk: Caller, entry: str
) -> None:
    owner = await hired(clinic, 6, "owner", CLINIC)
    with pytest.raises(NotFound):
        await owner.call("lab_catalog.create", laboratory_id=CLINIC, **POTASSIUM)
    with pytest.raises(CodeTaken):
        await technician.call("lab_catalog.create", laboratory_id=LABORATORY, **POTASSIUM)


def number(**one: Any) -> list[Any]:
    return [{"code": "K", "name": "Potassium", "unit": "mmol/L", "ranges": [one]}]


@pytest.mark.parametrize(
    "analytes",
    [
        number(low=5, high=3),
        number(low=3, high=5, critical_low=3),
        number(low=3, high=5, critical_high=4),
        number(critical_low=6, critical_high=5),
        number(low=1, age_from=100, age_until=100),
        number(low=1) + number(low=2),
        [{"code": "K", "name": "K", "ranges": [{"sex": "female", "low": 1}, {"low": 2, "age_from": 5}]}],
        [{"code": "P", "name": "P", "unit": "mg", "options": ["yes", "no"]}],
        [{"code": "P", "name": "P", "options": ["yes", "no"], "expected": ["maybe"]}],
        [{"code": "P", "name": "P", "options": ["yes", "no"], "expected": ["no"], "critical": ["no"]}],
    ],
)
async def test_ranges_nobody_could_judge_by_are_refused(technician: Caller, entry: str, analytes: Any) -> None:
    with pytest.raises(InvalidParams):
        await technician.call("lab_catalog.update", catalogue_id=entry, analytes=analytes)


async def test_the_database_refuses_them_too(clinic: Node, technician: Caller, entry: str) -> None:
    for one in ('{"low": 5, "high": 3}', '{"low": 3, "critical_low": 3}', '{"high": 3, "critical_high": 2}'):
        analytes = '[{"code": "K", "ranges": [' + one + "]}]"
        with pytest.raises(asyncpg.CheckViolationError):
            await execute(clinic, "UPDATE lab_catalog SET analytes = $1 WHERE code = 'K-TEST'", analytes)


async def test_the_demo_offers_what_people_ask_for_and_says_what_is_critical(
    clinic: Node, caller: Callable[..., Caller]
) -> None:
    """Potassium by Leeds Teaching Hospitals: 3.5 to 5.3, action limits 2.5 and 6.5; a newborn's 6.0 is normal.
    Haemoglobin by the WHO's cutoffs of 2024; counts by Dacie and Lewis; what is critical by North Bristol's limits."""
    page = await caller().call("lab_catalog.list", laboratory_id=LABORATORY)
    assert {row["code"] for row in page["rows"]} == {entry["code"] for _, entry, _ in TESTS}
    one = await caller().call("lab_catalog.get", catalogue_id=DEMO)
    analytes = msgspec.convert(one["analytes"], list[Analyte])
    for number, age, flag in (
        (5.2, 9000, "normal"),
        (5.2, 2000, "high"),
        (6.0, 3, "normal"),
        (6.5, 3, "critical_high"),
    ):
        (result,) = judge(analytes, [Value(analyte="K", number=number)], None, (age, age))
        assert result.flag == flag
    counts = {analyte.code: [analyte] for analyte in {key: some for key, _, some in TESTS}[CBC]}
    year, women, men = 365, Sex.FEMALE, Sex.MALE
    for code, number, sex, age, flag in (
        ("HB", 10.5, None, year, "normal"),
        ("HB", 10.4, None, year, "low"),
        ("HB", 10.9, None, 3 * year, "low"),
        ("HB", 11.5, None, 6 * year, "normal"),
        ("HB", 11.9, women, 13 * year, "low"),
        ("HB", 12.5, women, 30 * year, "normal"),
        ("HB", 12.5, men, 30 * year, "low"),
        ("HB", 12.5, None, 30 * year, "unjudged"),
        ("HB", 17.1, men, 30 * year, "high"),
        ("HB", 7.0, None, 30 * year, "critical_low"),
        ("HB", 19.0, None, None, "critical_high"),
        ("HB", 19.0, None, 3, "unjudged"),
        ("PLT", 420, None, 8 * year, "normal"),
        ("PLT", 420, None, 30 * year, "high"),
        ("PLT", 30, None, None, "critical_low"),
        ("PLT", 31, None, 30 * year, "low"),
        ("WBC", 14, None, 3 * year, "normal"),
        ("WBC", 14, None, 30 * year, "high"),
        ("WBC", 2.0, None, 30 * year, "critical_low"),
        ("WBC", 50, None, 3 * year, "critical_high"),
    ):
        ages = None if age is None else (age, age)
        (result,) = judge(counts[code], [Value(analyte=code, number=number)], sex, ages)
        assert result.flag == flag, (code, number, sex, age)
