"""Booking over real sockets: two people want one seat, and who waits is offered it by push within a second.

M-233, H-064, H-301, H-303; issue 7, "What it delivers".
"""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from carewire.client import Client, Event, Refused, Snapshot
from carewire.gateway import server
from carewire.ids import uuid7
from carewire.settings import Settings
from channels.directory import demo as places
from channels.identity import demo as people
from channels.seed import seed
from tests.conftest import PROMPTLY_S, Connect
from tests.patience import PATIENCE_S
from tests.people import log_in


async def push(topic: object, name: str) -> Event:
    """The next event of this name."""
    async with asyncio.timeout(PATIENCE_S):
        async for heard in topic:  # type: ignore[attr-defined]
            if isinstance(heard, Event) and heard.name == name:
                return heard
    raise AssertionError("the topic ended")


@pytest.mark.alone
async def test_a_seat_from_hold_to_waitlist(gateway: server.Running, settings: Settings, connect: Connect) -> None:
    assert settings.database_url
    await seed(settings.database_url, settings)
    priya, asha, desk, anybody = [await connect() for _ in range(4)]
    for client, person in ((priya, people.PRIYA), (asha, people.ASHA), (desk, people.DESK)):
        await log_in(client, person.phone)
    day = (datetime.now(UTC) + timedelta(days=3)).astimezone(ZoneInfo("Asia/Kolkata")).date()
    listed = await anybody.query("slot.list", doctor_id=places.DOCTOR_ASHA, first=day, count=1, mode="in_person")
    slot = {"doctor_id": places.DOCTOR_ASHA, "place_id": places.CLINIC, "mode": "in_person",
            "starts_at": listed["slots"][0]["starts_at"]}  # fmt: skip

    free = await desk.subscribe(f"slots:{places.DOCTOR_ASHA}:{day}")
    agenda = await desk.subscribe(f"agenda:{places.DOCTOR_ASHA}:{places.CLINIC}:{day}")
    home = await asha.subscribe(f"appointments:{people.SELF_PATIENTS[people.ASHA.account_id]}")
    for topic in (free, agenda, home):
        assert isinstance(await anext(topic), Snapshot)

    held = await priya.command("appointment.hold", **slot, patient_id=people.PRIYA_PATIENT)
    assert (await push(free, "slots:updated")).data["slots"][0]["free"] == 0
    with pytest.raises(Refused, match="slot_taken"):
        await desk.command("appointment.book", **slot, patient={"name": "Also Wants It"})
    booked = await priya.command("appointment.book", hold_id=held["id"])
    told = await push(agenda, "appointment:created")
    assert (told.data["appointment"]["id"], told.data["appointment"]["patient"]) == (booked["id"], "Priya Sharma")

    waiting = {name: slot[name] for name in ("doctor_id", "place_id", "mode")}
    await asha.command("waitlist.join", **waiting, first=day, last=day)
    began = asyncio.get_running_loop().time()
    await desk.command("appointment.cancel", appointment_id=booked["id"], reason="doctor_unavailable")
    offer = await push(home, "hold:updated")
    assert asyncio.get_running_loop().time() - began < PROMPTLY_S
    assert offer.data["hold"]["offer"]
    assert (await push(agenda, "appointment:cancelled")).data["appointment"]["end_reason"] == "doctor_unavailable"
    taken = await asha.command("appointment.book", hold_id=offer.data["hold"]["id"])
    assert taken["starts_at"] == booked["starts_at"]


async def test_one_key_books_once(gateway: server.Running, settings: Settings, connect: Connect) -> None:
    """The same command sent twice, as after a lost answer, is one appointment."""
    assert settings.database_url
    await seed(settings.database_url, settings)
    priya: Client = await connect()
    await log_in(priya, people.PRIYA.phone)
    day = (datetime.now(UTC) + timedelta(days=3)).astimezone(ZoneInfo("Asia/Kolkata")).date()
    listed = await priya.query("slot.list", doctor_id=places.DOCTOR_VIKRAM, first=day, count=1)
    slot = {"doctor_id": places.DOCTOR_VIKRAM, "place_id": places.CLINIC, "mode": "in_person",
            "starts_at": listed["slots"][0]["starts_at"], "patient_id": people.PRIYA_PATIENT}  # fmt: skip
    key = uuid7()
    answers = [await priya.call("appointment.book", **slot, idempotency_key=key) for _ in range(2)]
    assert answers[0] == answers[1]
    free = await priya.query("slot.list", doctor_id=places.DOCTOR_VIKRAM, first=day, count=1)
    assert free["slots"][0]["free"] == 1
