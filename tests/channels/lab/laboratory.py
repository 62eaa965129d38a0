"""The demo's laboratory with a catalogue, opening hours and its people, for the tests of this domain."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio

from carewire.node import Node
from channels.directory.demo import LABORATORY
from channels.identity import Capacity
from channels.identity.demo import PRIYA_PATIENT, TECHNICIAN, Person
from tests.channels.callers import Caller
from tests.channels.queue.conftest import as_person

P = str(PRIYA_PATIENT)
CODE = "560001"
POTASSIUM = {
    "code": "K-TEST",
    "name": "Potassium, of the tests",
    "sample": "blood",
    "price": {"amount": 25_000, "currency": "INR"},
    "turnaround_hours": 4,
    "home_collection": True,
    "analytes": [
        {
            "code": "K",
            "name": "Potassium",
            "unit": "mmol/L",
            "ranges": [{"low": 3.5, "high": 5.1, "critical_low": 2.8, "critical_high": 6.2}],
        }
    ],
}


async def execute(node: Node, sql: str, *values: Any) -> None:
    async with node.db.transaction() as tx:
        await tx.execute(sql, *values)


async def hired(node: Node, number: int, duty: str, place_id: UUID = LABORATORY) -> Caller:
    """One more person who works at the laboratory."""
    person = Person(uuid4(), f"+9199000020{number:02d}", f"Hand {number}", "en", ())
    now = node.dispatcher.clock.now() - timedelta(days=1)
    await execute(
        node,
        "INSERT INTO account (id, phone, name, created_at) VALUES ($1, $2, $3, $4)",
        person.account_id,
        person.phone,
        person.name,
        now,
    )
    await execute(
        node,
        "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, $3, $4)",
        person.account_id,
        place_id,
        duty,
        now,
    )
    return as_person(node, person, Capacity.STAFF)


@pytest_asyncio.fixture
async def technician(clinic: Node) -> Caller:
    """Owner and technician of the demo's laboratory, which is open from seven to seven and collects in one district."""
    clinic.limits.deployment = str(uuid4())
    await execute(clinic, "DELETE FROM lab_collection WHERE laboratory_id = $1", LABORATORY)
    await execute(clinic, "DELETE FROM place_opening WHERE place_id = $1", LABORATORY)
    for weekday in range(1, 8):
        await execute(
            clinic,
            "INSERT INTO place_opening (place_id, weekday, opens, closes) VALUES ($1, $2, $3, $4)",
            LABORATORY,
            weekday,
            time(7),
            time(19),
        )
    await execute(clinic, "UPDATE place SET served_postal_codes = $2 WHERE id = $1", LABORATORY, [CODE])
    return as_person(clinic, TECHNICIAN, Capacity.STAFF)


@pytest_asyncio.fixture
async def collector(clinic: Node, technician: Caller) -> Caller:
    """Takes samples at the doors of patients."""
    return await hired(clinic, 1, "collector")


@pytest_asyncio.fixture
async def entry(technician: Caller) -> str:
    """Potassium, in the laboratory's catalogue."""
    made = await technician.call("lab_catalog.create", laboratory_id=LABORATORY, **POTASSIUM)
    return str(made["id"])


async def another_laboratory(node: Node, number: int = 30) -> tuple[UUID, Caller, str]:
    """A second one, its technician, and potassium in its catalogue."""
    place_id = uuid4()
    await execute(
        node,
        "INSERT INTO place (id, kind, name, zone, city, created_at, approval, served_postal_codes)"
        " VALUES ($1, 'laboratory', 'Second Laboratory', 'Asia/Kolkata', 'Bengaluru', now(), 'approved', $2)",
        place_id,
        [CODE],
    )
    hand = await hired(node, number, "technician", place_id)
    made = await hand.call("lab_catalog.create", laboratory_id=place_id, **POTASSIUM)
    return place_id, hand, str(made["id"])


async def ordered(priya: Caller, entry: str, patient: str = P) -> str:
    """The patient's side asks the laboratory for it."""
    return str((await priya.call("lab_test.create", patient_id=patient, catalogue_id=entry))["id"])


def tomorrow(node: Node, hour: int = 9) -> datetime:
    """That hour of the next day in Bengaluru, as an instant."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Asia/Kolkata")
    day = node.dispatcher.clock.now().astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)
