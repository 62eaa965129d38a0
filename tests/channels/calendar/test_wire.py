"""When a doctor can be booked, from outside: she says it on one socket, a patient reads it on another.

H-168, H-169, M-197, M-198, H-110 (her next slots), M-191 (who consults by video).
"""

from datetime import UTC, datetime, timedelta

import pytest

from carewire.client import Refused
from carewire.gateway import server
from channels.directory.demo import CLINIC, DOCTOR_ASHA
from channels.identity.demo import ASHA, PRIYA
from tests.conftest import Connect
from tests.people import log_in

DOCTOR = {"doctor_id": str(DOCTOR_ASHA)}


async def test_a_doctor_says_when_and_on_what_terms_and_a_patient_reads_it(
    seeded: None, gateway: server.Running, connect: Connect
) -> None:
    asha, priya = await connect(), await connect()
    await log_in(asha, ASHA.phone)
    await log_in(priya, PRIYA.phone)
    week = [
        {"weekday": day, "opens": "10:00:00", "closes": "11:00:00", "place_id": str(CLINIC), "slot_minutes": 20,
         "buffer_minutes": 10, "capacity": 3}
        for day in range(1, 8)
    ]  # fmt: skip
    with pytest.raises(Refused, match="not_found"):
        await priya.command("doctor.set_availability", **DOCTOR, weekly=week, leave=[], extra=[])
    await asha.command("doctor.set_availability", **DOCTOR, weekly=week, leave=[], extra=[])
    await asha.command("appointment_terms.set", place_id=str(CLINIC), lead_minutes=60, horizon_days=2)
    await asha.command(
        "consultation_fee.set", **DOCTOR, place_id=str(CLINIC), mode="in_person", fee={"amount": 500, "currency": "AED"}
    )

    shown = await priya.query("doctor.schedule", **DOCTOR, count=5)
    assert {(one["mode"], one["capacity"], one["slot_minutes"], one["zone"]) for one in shown["occasions"]} == {
        ("in_person", 3, 20, "Asia/Kolkata")
    }
    now = datetime.now(UTC)
    slots = [datetime.fromisoformat(at) for one in shown["occasions"] for at in one["slots"]]
    assert 2 <= len(slots) <= 4  # two a day, from an hour ahead for two days
    assert all(now < at <= now + timedelta(days=2, minutes=1) for at in slots)
    assert {at.minute for at in slots} <= {30, 0}  # 10:00 and 10:30 there

    terms = await priya.query("appointment_terms.get", **DOCTOR, place_id=str(CLINIC), mode="in_person")
    assert (terms["fee"], terms["lead_minutes"]) == ({"amount": 500, "currency": "AED", "exponent": 2}, 60)
    with pytest.raises(Refused, match="forbidden"):
        await priya.command("appointment_terms.set", place_id=str(CLINIC))
