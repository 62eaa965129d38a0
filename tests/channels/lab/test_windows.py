"""Collection at home: windows right where clocks change, and never more patients than fit, whoever counts.

PRODUCT 26, 29. Served postal codes and opening hours are the directory's.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from carewire.errors import InvalidParams, NotFound
from carewire.node import Node
from channels.directory.demo import LABORATORY
from channels.identity import Capacity
from channels.identity.demo import ARJUN_PATIENT, KAMLA_PATIENT, Person
from channels.lab import windows
from channels.lab.errors import NotCollected, WindowFull
from tests.channels.callers import Caller, rows
from tests.channels.lab.laboratory import CODE, P, execute, hired, ordered, tomorrow
from tests.channels.queue.conftest import ProductClock, as_person


def home(test: str, at: datetime, code: str = CODE) -> dict[str, Any]:
    where = {"address": "12 Church Street", "postal_code": code}
    return {"lab_test_id": test, "mode": "home", "planned_at": at.isoformat(), **where}


async def window(caller: Caller, at: datetime) -> Any:
    zone = ZoneInfo("Asia/Kolkata")
    day = at.astimezone(zone).date().isoformat()
    found = await caller.call("laboratory.windows", laboratory_id=LABORATORY, first=day, days=1, postal_code=CODE)
    assert found["serves"] is True
    (one,) = [w for w in found["windows"] if datetime.fromisoformat(w["starts_at"]) == at]
    return one


async def test_only_heads_say_how_it_collects_and_nobody_is_collected_from_elsewhere(
    clinic: Node, technician: Caller, collector: Caller, priya: Caller, entry: str
) -> None:
    plan = {"laboratory_id": LABORATORY, "minutes": 60, "capacity": 2}
    with pytest.raises(NotFound):
        await collector.call("laboratory.set_collection", **plan)
    test = await ordered(priya, entry)
    with pytest.raises(WindowFull):  # nobody has said how it collects
        await priya.call("lab_test.schedule", **home(test, tomorrow(clinic)))
    await technician.call("laboratory.set_collection", **plan)
    with pytest.raises(NotCollected):
        await priya.call("lab_test.schedule", **home(test, tomorrow(clinic), "110001"))
    for at in (tomorrow(clinic, 6), tomorrow(clinic) + timedelta(minutes=1), tomorrow(clinic) + timedelta(days=40)):
        with pytest.raises(WindowFull):
            await priya.call("lab_test.schedule", **home(test, at))
    await technician.call("lab_catalog.update", catalogue_id=entry, home_collection=False)
    other = await ordered(priya, entry)
    with pytest.raises(NotCollected):
        await priya.call("lab_test.schedule", **home(other, tomorrow(clinic)))
    planned = await priya.call("lab_test.schedule", **home(test, tomorrow(clinic)))
    assert datetime.fromisoformat(planned["planned_until"]) - tomorrow(clinic) == timedelta(hours=1)


async def test_a_patient_with_three_tests_is_one_visit_and_what_is_given_up_is_free_again(
    clinic: Node, technician: Caller, priya: Caller, entry: str, time: ProductClock
) -> None:
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=60, capacity=2)
    at = tomorrow(clinic)
    mine = [await ordered(priya, entry) for _ in range(3)]
    for test in mine:
        await priya.call("lab_test.schedule", **home(test, at))
    assert (await window(priya, at))["free"] == 1
    his = await ordered(priya, entry, str(ARJUN_PATIENT))
    await priya.call("lab_test.schedule", **home(his, at))
    hers = await ordered(priya, entry, str(KAMLA_PATIENT))
    with pytest.raises(WindowFull):
        await priya.call("lab_test.schedule", **home(hers, at))
    assert (await window(priya, at))["free"] == 0
    await priya.call("lab_test.schedule", **home(his, at + timedelta(hours=1)))  # another window, and this one is free
    await priya.call("lab_test.schedule", **home(hers, at))
    for test in mine:
        await priya.call("lab_test.cancel", lab_test_id=test)
    assert (await window(priya, at))["free"] == 1
    time.turn(days=2)
    await technician.call("lab_test.miss", lab_test_id=hers)
    (row,) = await rows(clinic, "SELECT taken FROM lab_window WHERE starts_at = $1", at)
    assert row["taken"] == 0


async def test_with_other_windows_since_nobody_is_booked_across_an_old_one(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=120, capacity=1)
    at = tomorrow(clinic)
    await priya.call("lab_test.schedule", **home(await ordered(priya, entry), at))
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=60, capacity=1)
    assert [(await window(priya, at + timedelta(hours=n)))["free"] for n in (-1, 0, 1, 2)] == [1, 0, 0, 1]
    with pytest.raises(WindowFull):
        await priya.call(
            "lab_test.schedule", **home(await ordered(priya, entry, str(ARJUN_PATIENT)), at + timedelta(hours=1))
        )


async def test_forty_who_want_the_last_two_places_at_once_are_two_also_without_the_codes_care(
    clinic: Node, technician: Caller, entry: str
) -> None:
    """Statements of the database alone, in transactions that all count before any commits."""
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=60, capacity=2)
    at = tomorrow(clinic)
    await execute(
        clinic,
        "INSERT INTO lab_window (laboratory_id, starts_at, ends_at, capacity) VALUES ($1, $2, $3, 2)",
        LABORATORY,
        at,
        at + timedelta(hours=1),
    )
    now = datetime.now(UTC)
    people = [uuid4() for _ in range(40)]
    for one in people:
        await execute(clinic, "INSERT INTO patient (id, name, created_at) VALUES ($1, 'One of many', $2)", one, now)

    async def take(patient: UUID) -> bool:
        try:
            await execute(
                clinic,
                "INSERT INTO lab_test (patient_id, laboratory_id, catalogue_id, name, offer, asked_by, asked_at, state,"
                " mode, planned_at, planned_until, address, postal_code, changed_at)"
                " VALUES ($1, $2, $3, 'K', '{}', $4, $5, 'scheduled', 'home', $6, $7, 'a', 'b', $5)",
                patient,
                LABORATORY,
                UUID(entry),
                technician.actor and technician.actor.id,
                now,
                at,
                at + timedelta(hours=1),
            )
        except asyncpg.CheckViolationError:
            return False
        return True

    assert sum(await asyncio.gather(*(take(one) for one in people))) == 2


async def test_twenty_phones_and_one_place_through_the_command(clinic: Node, technician: Caller, entry: str) -> None:
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=60, capacity=1)
    callers = []
    for n in range(20):
        account, patient = uuid4(), uuid4()
        await execute(
            clinic,
            "INSERT INTO account (id, phone, name, created_at) VALUES ($1, $2, 'Somebody', now())",
            account,
            f"+9188000000{n:02d}",
        )
        await execute(clinic, "INSERT INTO patient (id, name, created_at) VALUES ($1, 'Somebody', now())", patient)
        await execute(
            clinic,
            "INSERT INTO guardianship (account_id, patient_id, kind, since) VALUES ($1, $2, 'self', now())",
            account,
            patient,
        )
        callers.append(as_person(clinic, Person(account, "", "Somebody", "en", (Capacity.PATIENT,))))
        callers[-1].mine = await ordered(callers[-1], entry, str(patient))  # type: ignore[attr-defined]

    async def wish(caller: Any) -> str:
        try:
            await caller.call("lab_test.schedule", **home(caller.mine, tomorrow(clinic)))
        except WindowFull as no:
            return no.reason
        return "booked"

    answers = await asyncio.gather(*(wish(caller) for caller in callers))
    assert (answers.count("booked"), answers.count("window_full")) == (1, 19)


ZONES = {
    "Europe/London": (date(2026, 3, 28), date(2026, 10, 24)),
    "America/New_York": (date(2026, 3, 7), date(2026, 10, 31)),
    "Australia/Sydney": (date(2026, 4, 4), date(2026, 10, 3)),
    "Asia/Kolkata": (date(2026, 3, 28), date(2026, 10, 24)),
}


@pytest.mark.parametrize("zone", ZONES)
async def test_windows_stand_on_the_laboratorys_clock_across_its_changes(
    clinic: Node, technician: Caller, zone: str
) -> None:
    """Open from 00:30 to 04:30, across the hours that are skipped or come twice."""
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=60, capacity=1)
    await execute(clinic, "UPDATE place SET zone = $2 WHERE id = $1", LABORATORY, zone)
    await execute(clinic, "UPDATE place_opening SET opens = '00:30', closes = '04:30' WHERE place_id = $1", LABORATORY)
    here = ZoneInfo(zone)
    for first in ZONES[zone]:
        async with clinic.db.snapshot() as tx:
            found = await windows._offered(tx, LABORATORY, first, 3)
        assert all(one.ends_at - one.starts_at == timedelta(hours=1) for one in found)
        assert all(before.ends_at <= after.starts_at for before, after in pairwise(found))
        for day in range(3):
            opens = datetime.combine(first + timedelta(days=day), datetime.min.time(), here).replace(hour=0, minute=30)
            closes = opens.replace(hour=4)
            real = (closes.astimezone(UTC) - opens.astimezone(UTC)) / timedelta(hours=1)
            today = [one for one in found if opens <= one.starts_at.astimezone(here) <= closes]
            assert len(today) == int(real), (zone, first, day)
            assert today[0].starts_at == opens.astimezone(UTC)


async def test_whose_patients_they_are_nobody_learns_from_the_windows(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=60, capacity=1)
    await priya.call("lab_test.schedule", **home(await ordered(priya, entry), tomorrow(clinic)))
    seen = await hired(clinic, 9, "collector")
    assert P not in str(await window(seen, tomorrow(clinic)))


async def test_days_of_no_calendar_have_no_windows(clinic: Node, technician: Caller, priya: Caller, entry: str) -> None:
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=60, capacity=1)
    for first in ("0001-01-01", "9999-12-31", "1969-12-31"):
        found = await priya.call("laboratory.windows", laboratory_id=LABORATORY, first=first, days=14)
        assert found["windows"] == []
    test = await ordered(priya, entry)
    for when in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        with pytest.raises(InvalidParams):
            await priya.call("lab_test.schedule", **{**home(test, tomorrow(clinic)), "planned_at": when})
        with pytest.raises(InvalidParams):
            await technician.call("lab_test.collect", lab_test_id=test, collected_at=when)


async def test_a_window_is_moved_until_it_begins_and_its_place_is_free_in_the_same_moment(
    clinic: Node, technician: Caller, priya: Caller, entry: str, time: ProductClock
) -> None:
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=60, capacity=1)
    at = tomorrow(clinic)
    mine, his = await ordered(priya, entry), await ordered(priya, entry, str(ARJUN_PATIENT))
    await priya.call("lab_test.schedule", **home(mine, at))
    await priya.call("lab_test.schedule", **home(mine, at))  # the same again is no second place
    time.ahead += at - time.now() - timedelta(seconds=30)
    moved = await priya.call("lab_test.schedule", **home(mine, at + timedelta(hours=1)))
    assert datetime.fromisoformat(moved["planned_at"]) == at + timedelta(hours=1)
    await priya.call("lab_test.schedule", **home(his, at))
    time.turn(minutes=1)
    with pytest.raises(InvalidParams):  # it has begun
        await priya.call("lab_test.schedule", **home(mine, at))
    # Too late to come for her at ten, in time to say so: the window counts nobody then.
    await priya.call("lab_test.cancel", lab_test_id=his)
    taken = await rows(clinic, "SELECT taken FROM lab_window ORDER BY starts_at")
    assert [row["taken"] for row in taken] == [0, 1]


async def test_a_visit_of_hers_finds_the_door_open(clinic: Node, technician: Caller, priya: Caller, entry: str) -> None:
    test = await ordered(priya, entry)
    visit: dict[str, Any] = {"lab_test_id": test, "mode": "visit"}
    day = tomorrow(clinic).astimezone(ZoneInfo("Asia/Kolkata")).date()
    for hour in (3, 19):
        with pytest.raises(WindowFull):
            await priya.call("lab_test.schedule", **visit, planned_at=tomorrow(clinic, hour).isoformat())
    for hour in (7, 18):
        await priya.call("lab_test.schedule", **visit, planned_at=tomorrow(clinic, hour).isoformat())
    await execute(clinic, "INSERT INTO place_holiday (place_id, day, name) VALUES ($1, $2, 'Holi')", LABORATORY, day)
    with pytest.raises(WindowFull):
        await priya.call("lab_test.schedule", **visit, planned_at=tomorrow(clinic, 9).isoformat())
    await technician.call("lab_test.schedule", **visit, planned_at=tomorrow(clinic, 20).isoformat())
    await execute(clinic, "DELETE FROM place_holiday")
    await execute(clinic, "DELETE FROM place_opening WHERE place_id = $1", LABORATORY)
    await priya.call("lab_test.schedule", **visit, planned_at=tomorrow(clinic, 3).isoformat())  # it never said when
