"""The root of everything that happens on one day of one doctor.

Whatever takes, moves or frees a seat locks it first, before it reads what its events tell; two doctors, or two days of
one, never wait for each other. Seats are safe without it: the database counts them by its constraints alone.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final
from uuid import UUID

from carewire.errors import Busy
from carewire.store.db import Tx
from channels.appointment.rows import COLUMNS, Appointment, from_row
from channels.appointment.seats import local_day

LOCK: Final = """INSERT INTO slot_day AS d (doctor_id, day)
SELECT $1, day FROM unnest($2::date[]) AS asked (day) ORDER BY day
ON CONFLICT (doctor_id, day) DO UPDATE SET day = EXCLUDED.day"""
FOR_UPDATE: Final = " FOR UPDATE"
"""Behind every row that is read to be changed."""
FOR_UPDATE_OF_HOLD: Final = " FOR UPDATE OF h"


def is_today(row: Appointment, now: datetime) -> bool:
    """Its day, on its own clock; a visit over midnight is still that day's until its time is over."""
    return local_day(now, row.zone) == row.day or row.starts_at <= now < row.ends_at


async def lock(tx: Tx, doctor_id: UUID, days: Iterable[date]) -> None:
    """Lock these days of a doctor, in their order."""
    await tx.execute(LOCK, doctor_id, sorted(set(days)))


async def locked(tx: Tx, appointment_id: UUID) -> Appointment | None:
    """An appointment with its day locked, for jobs, money and the line, which act for nobody.

    Raises `Busy` where it went to another day meanwhile.
    """
    where = await tx.fetchrow("SELECT doctor_id, day FROM appointment WHERE id = $1", appointment_id)
    if where is None:
        return None
    await lock(tx, where["doctor_id"], [where["day"]])
    row = from_row(
        await tx.fetchrow(f"SELECT {COLUMNS} FROM appointment a WHERE a.id = $1{FOR_UPDATE}", appointment_id)
    )
    if row.day != where["day"]:
        raise Busy(after_ms=50)
    return row
