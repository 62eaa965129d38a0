"""Over real sockets: who is replaced is cut off within a second, and each missed sample is told as what it is.

PRODUCT 5, 29, 36.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from carewire.client import Event, Refused, Snapshot, Subscription
from carewire.gateway import server
from carewire.store.db import Database
from channels.directory.demo import LABORATORY
from channels.identity import demo
from channels.lab.demo import POTASSIUM
from tests.channels.lab.laboratory import P
from tests.channels.order.test_socket import Listener
from tests.conftest import Connect
from tests.patience import PATIENCE_S
from tests.people import log_in


async def until_cut_off(heard: Subscription) -> None:
    """That the thread closed may still be told."""
    async for change in heard:
        assert isinstance(change, Event)


async def test_a_replaced_laboratory_is_cut_off_and_every_missed_sample_is_told(
    seeded: None, gateway: server.Running, connect: Connect, db: Database
) -> None:
    place, entry = uuid4(), uuid4()
    async with db.transaction() as tx:
        await tx.execute("DELETE FROM place_opening WHERE place_id = $1", LABORATORY)  # open whenever this runs
        await tx.execute(
            "INSERT INTO place (id, kind, name, zone, city, created_at, approval)"
            " VALUES ($1, 'laboratory', 'Second Laboratory', 'Asia/Kolkata', 'Bengaluru', now(), 'approved')",
            place,
        )
        same = "code, name, sample, amount, currency, turnaround_hours, analytes, created_at"
        await tx.execute(
            f"INSERT INTO lab_catalog (id, laboratory_id, {same}) SELECT $1, $2, {same} FROM lab_catalog WHERE id = $3",
            entry,
            place,
            POTASSIUM,
        )
    priya, technician = await connect(), await connect()
    await log_in(priya, demo.PRIYA.phone)
    await log_in(technician, demo.TECHNICIAN.phone)
    soon = (datetime.now(UTC) + timedelta(hours=3)).isoformat()

    test = await priya.command("lab_test.create", patient_id=P, catalogue_id=str(POTASSIUM))
    thread = await priya.command("chat.open", patient_id=P, place_id=str(LABORATORY))
    heard = await technician.subscribe(f"chat:{thread['id']}")
    assert isinstance(await anext(heard), Snapshot)
    assert (await technician.query("patient.get", patient_id=P))["name"]
    plan = {"lab_test_id": test["id"], "mode": "visit", "planned_at": soon}
    await priya.command("lab_test.schedule", **plan, catalogue_id=str(entry))
    with pytest.raises(Refused):
        await technician.query("patient.get", patient_id=P)
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(Refused, match="not_found"):
            await until_cut_off(heard)

    missed = await priya.command("lab_test.create", patient_id=P, catalogue_id=str(POTASSIUM))
    bell = Listener(priya, f"notifications:{demo.PRIYA.account_id}")
    await bell.begin()
    for n in range(3):
        await priya.command("lab_test.schedule", lab_test_id=missed["id"], mode="visit", planned_at=soon)
        async with db.transaction() as tx:
            await tx.execute(
                "UPDATE lab_test SET planned_at = now() - $2 * interval '1 minute', planned_until = now()"
                " WHERE id::text = $1",
                missed["id"],
                30 - n,
            )
        await technician.command("lab_test.miss", lab_test_id=missed["id"])
        async with asyncio.timeout(PATIENCE_S):
            told = (await bell.hears("notification:new"))["notification"]
        assert (told["fact"], told["ref_id"]) == ("lab_test.missed", missed["id"])
