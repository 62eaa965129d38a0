"""Seats: who has which slot. The day of the slot is locked by the caller; the constraints hold without that, too."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from carewire.store.db import Tx
from channels.appointment.errors import AlreadyThere, OverrideUsed, SlotTaken
from channels.calendar import Mode
from channels.calendar import access as calendar
from channels.calendar.access import Slot


class SlotRow(Struct, frozen=True, kw_only=True):
    """A slot that somebody touches."""

    id: UUID
    doctor_id: UUID
    place_id: UUID | None
    mode: Mode
    day: date
    starts_at: datetime
    ends_at: datetime
    zone: str
    capacity: int
    offered: int
    """What it offers now; less than `capacity` while more is taken than that."""


class Free(Struct, frozen=True, kw_only=True):
    """A slot as the public sees it: how many seats it has, and how many are free."""

    place_id: UUID | None
    mode: Mode
    starts_at: datetime
    ends_at: datetime
    zone: str
    capacity: int
    free: int


def local_day(moment: datetime, zone: str) -> date:
    """The day of a moment on this clock."""
    return moment.astimezone(ZoneInfo(zone)).date()


def day_of(slot: Slot) -> date:
    """The day of a slot, on its own clock."""
    return local_day(slot.starts_at, slot.zone)


_OPEN: Final = """
WITH made AS (
    INSERT INTO slot (doctor_id, place_id, mode, day, starts_at, ends_at, zone, capacity)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id, capacity
)
SELECT id, capacity FROM made
UNION ALL SELECT id, capacity FROM slot WHERE doctor_id = $1 AND place_id IS NOT DISTINCT FROM $2 AND mode = $3
   AND starts_at = $5 AND ends_at = $6"""
_RESIZE: Final = """
UPDATE slot SET capacity = greatest($2, (SELECT max(number) FROM seat WHERE slot_id = $1 AND override_id IS NULL))
 WHERE id = $1 RETURNING capacity"""


async def open_slot(tx: Tx, slot: Slot) -> SlotRow:
    """The row of a slot that is offered, its day locked. A changed capacity is heeded as far as what stands allows."""
    key = (slot.doctor_id, slot.place_id, slot.mode, day_of(slot), slot.starts_at, slot.ends_at)
    row = None
    while row is None:  # one that was made at this very moment is seen by the next statement
        row = await tx.fetchrow(_OPEN, *key, slot.zone, slot.capacity)
    capacity: int = row["capacity"]
    if capacity != slot.capacity:
        capacity = await tx.fetchval(_RESIZE, row["id"], slot.capacity)
    return SlotRow(
        id=row["id"],
        doctor_id=slot.doctor_id,
        place_id=slot.place_id,
        mode=slot.mode,
        day=day_of(slot),
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        zone=slot.zone,
        capacity=capacity,
        offered=slot.capacity,
    )


# The lowest free number; none where as many sit as are offered.
_NUMBER: Final = """(SELECT min(n) FROM generate_series(1, $2) n
   WHERE NOT EXISTS (SELECT FROM seat s WHERE s.slot_id = $1 AND s.number = n)
     AND (SELECT count(*) FROM seat s WHERE s.slot_id = $1 AND s.override_id IS NULL {other}) < $3)"""
_TAKE: Final = f"""
INSERT INTO seat (slot_id, number, capacity, doctor_id, patient_id, starts_at, ends_at, hold_id, appointment_id)
SELECT $1, free.number, $2, $4, $5, $6, $7, $8, $9 FROM {_NUMBER.format(other="")} AS free (number)
 WHERE free.number IS NOT NULL"""
_TAKE_BY_OVERRIDE: Final = """
INSERT INTO seat (slot_id, number, capacity, doctor_id, patient_id, starts_at, ends_at, appointment_id, override_id)
SELECT $1, coalesce(min(number), 0) - 1, $2, $3, $4, $5, $6, $7, $8 FROM seat WHERE slot_id = $1 AND number < 0"""


async def has_room(tx: Tx, slot: SlotRow) -> bool:
    """Is a regular seat of it free?"""
    return await tx.fetchval(f"SELECT {_NUMBER.format(other='')}", slot.id, slot.capacity, slot.offered) is not None


async def take(
    tx: Tx, slot: SlotRow, patient_id: UUID, *, hold_id: UUID | None = None, appointment_id: UUID | None = None
) -> None:
    """A seat of this slot, for a hold or an appointment. Raises `SlotTaken` or `AlreadyThere`."""
    await _require_apart(tx, slot, patient_id)
    tag = await tx.execute(
        _TAKE,
        slot.id,
        slot.capacity,
        slot.offered,
        slot.doctor_id,
        patient_id,
        slot.starts_at,
        slot.ends_at,
        hold_id,
        appointment_id,
    )
    if tag == "INSERT 0 0":
        raise SlotTaken()


async def take_by_override(
    tx: Tx, slot: SlotRow, patient_id: UUID, appointment_id: UUID, override_id: UUID, now: datetime
) -> None:
    """A seat more than the slot has. Raises `OverrideUsed` where it was granted for another slot, or used."""
    await _require_apart(tx, slot, patient_id)
    tag = await tx.execute(
        "UPDATE slot_override SET appointment_id = $3, used_at = $4"
        " WHERE id = $1 AND slot_id = $2 AND appointment_id IS NULL",
        override_id,
        slot.id,
        appointment_id,
        now,
    )
    if tag == "UPDATE 0":
        raise OverrideUsed()
    await tx.execute(
        _TAKE_BY_OVERRIDE,
        slot.id,
        slot.capacity,
        slot.doctor_id,
        patient_id,
        slot.starts_at,
        slot.ends_at,
        appointment_id,
        override_id,
    )


_MOVE: Final = f"""
UPDATE seat SET slot_id = $1, number = free.number, capacity = $2, starts_at = $4, ends_at = $5, override_id = NULL
  FROM {_NUMBER.format(other="AND s.appointment_id IS DISTINCT FROM $6")} AS free (number)
 WHERE seat.appointment_id = $6 AND free.number IS NOT NULL"""


async def move(tx: Tx, slot: SlotRow, patient_id: UUID, appointment_id: UUID) -> None:
    """An appointment's seat into another slot: the old one is free exactly when the new one is taken."""
    await _require_apart(tx, slot, patient_id, but=appointment_id)
    tag = await tx.execute(_MOVE, slot.id, slot.capacity, slot.offered, slot.starts_at, slot.ends_at, appointment_id)
    if tag == "UPDATE 0":
        raise SlotTaken()


async def take_over(tx: Tx, hold_id: UUID, appointment_id: UUID) -> None:
    """The seat of a hold becomes that of an appointment."""
    await tx.execute("UPDATE seat SET hold_id = NULL, appointment_id = $2 WHERE hold_id = $1", hold_id, appointment_id)


async def release(tx: Tx, *, hold_id: UUID | None = None, appointment_id: UUID | None = None) -> None:
    """The seat is free."""
    await tx.execute("DELETE FROM seat WHERE hold_id = $1 OR appointment_id = $2", hold_id, appointment_id)


async def _require_apart(tx: Tx, slot: SlotRow, patient_id: UUID, but: UUID | None = None) -> None:
    """What the exclusion constraints say, said before: she has no other seat then, and the doctor none elsewhere."""
    hers: bool | None = await tx.fetchval(
        """SELECT bool_or(patient_id = $4) AS hers FROM seat
            WHERE doctor_id = $1 AND tstzrange(starts_at, ends_at) && tstzrange($2, $3)
              AND (patient_id = $4 OR slot_id <> $5) AND appointment_id IS DISTINCT FROM $6""",
        slot.doctor_id,
        slot.starts_at,
        slot.ends_at,
        patient_id,
        slot.id,
        but,
    )
    if hers is not None:
        raise AlreadyThere() if hers else SlotTaken()


_TAKEN: Final = """
SELECT s.starts_at, s.ends_at, l.place_id, l.mode, s.override_id IS NULL AS regular
  FROM seat s JOIN slot l ON l.id = s.slot_id
 WHERE s.doctor_id = $1 AND tstzrange(s.starts_at, s.ends_at) && tstzrange($2, $3)"""
LONGEST: Final = timedelta(hours=8)
"""No slot is longer."""


async def free(tx: Tx, doctor_id: UUID, first: datetime, until: datetime, *, now: datetime | None = None) -> list[Free]:
    """What is offered of a doctor from `first` on and before `until`, and how much of it is free."""
    offered = await calendar.offered(tx, doctor_id, first, until, now=now)
    if not offered:
        return []
    rows = await tx.fetch(_TAKEN, doctor_id, first, max(slot.ends_at for slot in offered))
    return [_free(slot, rows) for slot in offered]


def _free(slot: Slot, taken: Sequence[Any]) -> Free:
    """A seat in another slot that overlaps with this one leaves nothing of it: the doctor is there then."""
    sits = 0
    for row in taken:
        if row["starts_at"] >= slot.ends_at or row["ends_at"] <= slot.starts_at:
            continue
        mine = (row["starts_at"], row["ends_at"], row["place_id"], row["mode"])
        if mine != (slot.starts_at, slot.ends_at, slot.place_id, slot.mode):
            sits = slot.capacity
        elif row["regular"]:
            sits += 1
    return Free(
        place_id=slot.place_id,
        mode=slot.mode,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        zone=slot.zone,
        capacity=slot.capacity,
        free=max(0, slot.capacity - sits),
    )


async def free_around(tx: Tx, doctor_id: UUID, starts_at: datetime, ends_at: datetime) -> list[Free]:
    """Those offered slots that overlap with this time: what may have become other by a seat there."""
    found = await free(tx, doctor_id, starts_at - LONGEST, ends_at)
    return [slot for slot in found if slot.starts_at < ends_at and slot.ends_at > starts_at]
