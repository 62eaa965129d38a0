"""The demo clinic's places, rooms, doctors and desk (PRODUCT 21). Fixed ids; running it again changes nothing."""

from datetime import datetime
from typing import Final
from uuid import UUID

from carewire.store.db import Tx
from channels.identity import Duty, demo


def _id(number: int) -> UUID:
    return UUID(f"0199d3a0-0000-7000-9000-{number:012d}")


CLINIC: Final = _id(1)
PHARMACY: Final = _id(2)
LABORATORY: Final = _id(3)
ROOM_1: Final = _id(11)
ROOM_2: Final = _id(12)
ROOM_3: Final = _id(13)
DOCTOR_ASHA: Final = _id(21)
DOCTOR_VIKRAM: Final = _id(22)

PLACES: Final = (
    (CLINIC, "clinic", "Sunrise Clinic · सनराइज़ क्लिनिक", "+919900000010"),
    (PHARMACY, "pharmacy", "Arogya Pharmacy · आरोग्य फार्मेसी", "+919900000011"),
    (LABORATORY, "laboratory", "Jeevan Laboratory · जीवन लैब", "+919900000012"),
)
ROOMS: Final = ((ROOM_1, "Room 1 · कक्ष 1"), (ROOM_2, "Room 2 · कक्ष 2"), (ROOM_3, "Room 3 · कक्ष 3"))
SPECIALTIES: Final = (
    ("general_medicine", "General medicine"),
    ("paediatrics", "Paediatrics"),
    ("cardiology", "Cardiology"),
    ("dermatology", "Dermatology"),
    ("gynaecology", "Gynaecology"),
    ("orthopaedics", "Orthopaedics"),
)
DOCTORS: Final = (
    (DOCTOR_ASHA, demo.ASHA, "general_medicine", "KMC-48213", ["en", "hi"]),
    (DOCTOR_VIKRAM, demo.VIKRAM, "paediatrics", "DMC-30977", ["hi", "en"]),
)
MEMBERS: Final = (
    (demo.ASHA, CLINIC, Duty.OWNER),
    (demo.DESK, CLINIC, Duty.FRONT_DESK),
    (demo.PHARMACIST, PHARMACY, Duty.OWNER),
    (demo.PHARMACIST, PHARMACY, Duty.PHARMACIST),
    (demo.TECHNICIAN, LABORATORY, Duty.OWNER),
    (demo.TECHNICIAN, LABORATORY, Duty.TECHNICIAN),
)


async def seed(tx: Tx, now: datetime) -> None:
    """Places with rooms, specialties, both doctors with their affiliation, and who works where."""
    await tx.executemany(
        "INSERT INTO place (id, kind, name, zone, city, state, phone, created_at, approval)"
        " VALUES ($1, $2, $3, 'Asia/Kolkata', 'Bengaluru', 'Karnataka', $4, $5, 'approved') ON CONFLICT DO NOTHING",
        [(*place, now) for place in PLACES],
    )
    await tx.executemany(
        "INSERT INTO room (id, place_id, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(room_id, CLINIC, name) for room_id, name in ROOMS],
    )
    await tx.executemany("INSERT INTO specialty (slug, name) VALUES ($1, $2) ON CONFLICT DO NOTHING", [*SPECIALTIES])
    for doctor_id, person, specialty, registration, languages in DOCTORS:
        await tx.execute(
            "INSERT INTO doctor (id, account_id, name, specialty, registration, languages, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            doctor_id,
            person.account_id,
            person.name,
            specialty,
            registration,
            languages,
            now,
        )
        # An affiliation or a membership that was ended since is not made again.
        await tx.execute(
            "INSERT INTO affiliation (doctor_id, place_id, state, offered_at, since) SELECT $1, $2, 'accepted', $3, $3"
            " WHERE NOT EXISTS (SELECT FROM affiliation WHERE doctor_id = $1 AND place_id = $2)",
            doctor_id,
            CLINIC,
            now,
        )
    for person, place_id, duty in MEMBERS:
        await tx.execute(
            "INSERT INTO membership (account_id, place_id, duty, since) SELECT $1, $2, $3, $4"
            " WHERE NOT EXISTS (SELECT FROM membership WHERE account_id = $1 AND place_id = $2 AND duty = $3)",
            person.account_id,
            place_id,
            duty,
            now,
        )
    await tx.execute(
        "UPDATE patient SET place_id = $2 WHERE id = $1 AND place_id IS NULL", demo.WALK_IN_PATIENT, CLINIC
    )
