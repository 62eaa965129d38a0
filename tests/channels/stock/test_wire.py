"""The shelf over real sockets: its people hear it live, nobody else, and not a second longer than they work there."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carewire.client import Event, Refused, Snapshot
from carewire.gateway import server
from channels.directory.demo import PHARMACY
from channels.identity.demo import PHARMACIST, PRIYA
from channels.stock.demo import SHELF
from tests.conftest import Connect
from tests.patience import PATIENCE_S
from tests.people import log_in

TOPIC = f"stock:{PHARMACY}"


async def test_its_people_hear_the_shelf_live_and_a_patient_only_whether_there_is_some(
    seeded: None, gateway: server.Running, connect: Connect
) -> None:
    pharmacist, patient = await connect(), await connect()
    await log_in(pharmacist, PHARMACIST.phone)
    await log_in(patient, PRIYA.phone)
    with pytest.raises(Refused, match="not_found"):
        await anext(await patient.subscribe(TOPIC))
    with pytest.raises(Refused, match="forbidden"):
        await patient.command("stock.list", pharmacy_id=PHARMACY)

    shelf = await pharmacist.subscribe(TOPIC)
    first = await anext(shelf)
    assert isinstance(first, Snapshot)
    assert len(first.value["lines"]) == len(SHELF)
    new: dict[str, Any] = {"name": "Nasivion", "form": "drops", "schedule": "otc"}
    made = await pharmacist.command("medicine.create", price={"amount": 8_900, "currency": "INR"}, **new)
    day = (datetime.now(UTC) + timedelta(days=200)).date()
    await pharmacist.command(
        "stock.receive", medicine_id=made["id"], number="N1", expires_on=day.isoformat(), quantity=9
    )
    told = await anext(shelf)
    assert isinstance(told, Event)
    assert (told.name, told.data["lines"][0]["physical"]) == ("stock:updated", 9)
    found = await patient.call("medicine.search", search="nasivion")
    assert [row["medicine"]["availability"] for row in found["rows"]] == ["available"]
    with pytest.raises(Refused, match="invalid_params") as refused:
        await pharmacist.command("stock.import", rows=[{**new, "price": {"amount": 1, "currency": "INR"}, "cost": 3}])
    assert refused.value.data["fields"][0]["path"] == "$.rows[0].cost"


async def test_who_works_there_no_more_hears_nothing_more(
    seeded: None, gateway: server.Running, connect: Connect
) -> None:
    owner, hired = await connect(), await connect()
    await log_in(owner, PHARMACIST.phone)
    await log_in(hired, PRIYA.phone)
    offer = await owner.command("place.invite_member", place_id=PHARMACY, phone=PRIYA.phone, duty="pharmacist")
    await hired.command("member.accept", invitation_id=offer["id"])
    hired = await connect()  # the socket that was open knows of the duty within a second, a new one at once
    await log_in(hired, PRIYA.phone)
    shelf = await hired.subscribe(TOPIC)
    assert isinstance(await anext(shelf), Snapshot)
    assert (await hired.call("stock.list", pharmacy_id=PHARMACY, limit=1))["rows"]
    await owner.command("place.remove_member", account_id=PRIYA.account_id, place_id=PHARMACY)
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(Refused):
            async for _ in shelf:
                pass
    with pytest.raises(Refused, match=r"not_found|forbidden"):
        await hired.call("stock.list", pharmacy_id=PHARMACY)
    with pytest.raises(Refused, match="not_found"):
        await anext(await hired.subscribe(TOPIC))
