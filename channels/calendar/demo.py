"""When the demo clinic's doctors can be booked (PRODUCT 21): each day there, and in the evening by video."""

from datetime import datetime, time
from typing import Final

from carewire.store.db import Tx
from channels.calendar.nouns import Mode
from channels.directory import demo

WINDOWS: Final = (
    (demo.DOCTOR_ASHA, demo.CLINIC, time(10), time(13), Mode.IN_PERSON, 15, 1),
    (demo.DOCTOR_ASHA, None, time(18), time(20), Mode.TELECONSULT, 20, 1),
    (demo.DOCTOR_VIKRAM, demo.CLINIC, time(9), time(12), Mode.IN_PERSON, 10, 2),
)


async def seed(tx: Tx, now: datetime) -> None:
    """A week for each of them; who has said hers since keeps it."""
    await tx.execute("UPDATE doctor SET teleconsult = true WHERE id = $1 AND NOT teleconsult", demo.DOCTOR_ASHA)
    known = {row["doctor_id"] for row in await tx.fetch("SELECT DISTINCT doctor_id FROM doctor_window")}
    await tx.executemany(
        "INSERT INTO doctor_window (doctor_id, place_id, weekday, opens, closes, mode, slot_minutes, capacity)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            (doctor_id, place_id, weekday, *cut)
            for doctor_id, place_id, *cut in WINDOWS
            for weekday in range(1, 8)
            if doctor_id not in known
        ],
    )
