"""When the demo clinic's doctors can be booked, and for how much (PRODUCT 21).

Each day at the clinic, where a visit is paid at the counter, and in the evening by video, which is free: nobody could
pay it online yet.
"""

from datetime import datetime, time
from typing import Final

from carewire.store.db import Tx
from channels.calendar.nouns import Mode
from channels.calendar.terms import HORIZON_DAYS, LEAD_MINUTES
from channels.directory import demo

WINDOWS: Final = (
    (demo.DOCTOR_ASHA, demo.CLINIC, time(10), time(13), Mode.IN_PERSON, 15, 1),
    (demo.DOCTOR_ASHA, None, time(18), time(20), Mode.TELECONSULT, 20, 1),
    (demo.DOCTOR_VIKRAM, demo.CLINIC, time(9), time(12), Mode.IN_PERSON, 10, 2),
)
FEES: Final = ((demo.DOCTOR_ASHA, 50_000), (demo.DOCTOR_VIKRAM, 40_000))
"""Of a visit at the clinic, in paise."""


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
    await tx.executemany(
        "INSERT INTO consultation_fee (doctor_id, place_id, mode, fee, fee_currency, changed_at)"
        " VALUES ($1, $2, 'in_person', $3, 'INR', $4) ON CONFLICT DO NOTHING",
        [(doctor_id, demo.CLINIC, fee, now) for doctor_id, fee in FEES if doctor_id not in known],
    )
    if not known:
        await tx.execute(
            "INSERT INTO appointment_terms (place_id, needs_confirmation, lead_minutes, horizon_days, revisit_days,"
            " revisit_visits, payment_modes, changed_at) VALUES ($1, false, $2, $3, 7, 1, '{counter}', $4)"
            " ON CONFLICT DO NOTHING",
            demo.CLINIC,
            LEAD_MINUTES,
            HORIZON_DAYS,
            now,
        )
