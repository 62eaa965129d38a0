"""A visit and its prescription over real sockets: what another device and the patient hear, and until when.

PRODUCT 5, 7. Ledger: H-154 H-157 H-158, M-358 M-359 M-361.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from carewire.app import create_app
from carewire.client import Event, Refused, Snapshot, Subscription
from carewire.gateway import server
from carewire.ids import uuid7
from carewire.settings import Settings
from carewire.store.db import Database
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM, PHARMACY, ROOM_2
from channels.identity.demo import DESK, PHARMACIST, PRIYA, PRIYA_PATIENT, VIKRAM
from channels.seed import seed
from tests.channels.prescription.papers import line
from tests.conftest import Connect
from tests.patience import PATIENCE_S
from tests.people import log_in


@pytest_asyncio.fixture
async def second_node(gateway: server.Running, settings: Settings) -> AsyncIterator[server.Running]:
    """Another gateway on the same database and bus."""
    other = msgspec.structs.replace(settings, node=f"{settings.node}-b")
    running = await server.start(create_app(other), other)
    yield running
    await running.stop()


async def ends(heard: Subscription) -> None:
    """Read on until the server ends the subscription."""
    with contextlib.suppress(Refused):
        async with asyncio.timeout(PATIENCE_S):
            async for _ in heard:
                pass


async def test_a_visit_from_the_line_to_the_counter_with_everybody_listening(
    gateway: server.Running, second_node: server.Running, settings: Settings, db: Database, connect: Connect
) -> None:
    assert settings.database_url
    await seed(settings.database_url, settings)
    doctor, phone, priya, pharmacist, desk = [
        await connect(second_node.url) if n == 1 else await connect() for n in range(5)
    ]
    for who, person in ((doctor, VIKRAM), (phone, VIKRAM), (priya, PRIYA), (pharmacist, PHARMACIST), (desk, DESK)):
        await log_in(who, person.phone)
    now = datetime.now(UTC)
    sitting = {"place_id": CLINIC, "doctor_id": DOCTOR_VIKRAM, "room_id": ROOM_2, "remote_join": True}
    times = {"starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(hours=4)}
    session = (await desk.command("session.create", **sitting, **times))["id"]
    await desk.command("session.start", session_id=session)
    token = (await priya.command("queue.join", session_id=session, patient_id=PRIYA_PATIENT))["id"]
    await desk.command("queue.arrive", token_id=token)
    await desk.command("queue.call", token_id=token)
    papers = await priya.subscribe(f"prescriptions:{PRIYA_PATIENT}")
    first = await anext(papers)
    assert isinstance(first, Snapshot)
    known = {one["id"]: one for one in first.value["prescriptions"]}

    visit = await doctor.command("consultation.start", token_id=token)
    with pytest.raises(Refused, match="already_started") as refused:
        await phone.command("consultation.start", token_id=token)
    assert (refused.value.retry, refused.value.data["consultation_id"]) == ("never", visit["id"])
    other_device = await phone.subscribe(f"consultation:{visit['id']}")
    assert isinstance(snapshot := await anext(other_device), Snapshot)
    assert snapshot.value == visit
    with pytest.raises(Refused, match="not_found"):  # not before it is completed
        await anext(await priya.subscribe(f"consultation:{visit['id']}"))
    written = {"consultation_id": visit["id"], "version": 1, "diagnosis": "Diabetes", "vitals": {"glucose_mg_dl": 180}}
    key = uuid7()
    answers = [await doctor.command("consultation.update", **written, idempotency_key=key) for _ in range(2)]
    assert answers[0] == answers[1]  # sent again after a lost reply: written once
    told = await anext(other_device)
    assert isinstance(told, Event)
    assert told.data["consultation"] == answers[0]
    with pytest.raises(Refused, match="stale_version"):
        await phone.command("consultation.update", **{**written, "diagnosis": "Other"})

    await doctor.command("summary.no_allergies", patient_id=PRIYA_PATIENT)
    draft = await doctor.command("prescription.create", consultation_id=visit["id"], lines=[line(quantity=20)])
    paper = await doctor.command("prescription.issue", prescription_id=draft["id"])
    created = await anext(papers)
    assert isinstance(created, Event)
    assert created.name == "prescription:created"
    known = {created.data["prescription"]["id"]: created.data["prescription"], **known}
    await doctor.command("consultation.update", consultation_id=visit["id"], version=2, complete=True)
    assert (await priya.query("consultation.get", consultation_id=visit["id"]))["diagnosis"] == "Diabetes"

    give: dict[str, Any] = {
        "prescription_id": paper["id"],
        "lines": [{"line_id": paper["lines"][0]["id"], "quantity": 15}],
    }
    with pytest.raises(Refused, match="not_found"):
        await pharmacist.command("prescription.dispense", **give)
    until = now + timedelta(days=1)
    await priya.command("consent.grant", patient_id=PRIYA_PATIENT, place_id=PHARMACY, records=["prescription"],
                        purpose="dispensing", until=until)  # fmt: skip
    await pharmacist.command("prescription.dispense", **give)
    with pytest.raises(Refused, match="prescription_spent") as refused:
        await pharmacist.command("prescription.dispense", **give)
    assert refused.value.data["left"] == 5
    updated = await anext(papers)
    assert isinstance(updated, Event)
    known[updated.data["prescription"]["id"]] = updated.data["prescription"]
    await papers.close()
    fresh = await anext(await priya.subscribe(f"prescriptions:{PRIYA_PATIENT}"))
    assert isinstance(fresh, Snapshot)
    assert list(known.values()) == fresh.value["prescriptions"]

    async with db.transaction() as tx:  # as a verification that is withdrawn does
        await tx.execute(
            "UPDATE account_capacity SET state = 'withdrawn' WHERE account_id = $1 AND capacity = 'doctor'",
            VIKRAM.account_id,
        )
    await priya.command("relation.end", relation_id=await _relation(db))
    await ends(other_device)


async def _relation(db: Database) -> Any:
    async with db.snapshot() as tx:
        return await tx.fetchval(
            "SELECT id FROM relationship WHERE patient_id = $1 AND doctor_id = $2", PRIYA_PATIENT, DOCTOR_VIKRAM
        )
