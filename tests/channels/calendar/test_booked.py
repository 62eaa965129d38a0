"""What was booked against hours said anew: the database says of each visit what the calendar reckons of its time.

H-169, M-198; issue 7, item 1: five zones, and the weeks in which their clocks change.
"""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from carewire.node import Node
from carewire.store.db import Tx
from channels.calendar import access, rules
from channels.calendar.access import IN_LEAVE, ON_HOLIDAY, OUTSIDE, Slot
from channels.calendar.slots import pieces
from channels.directory.demo import CLINIC, DOCTOR_ASHA

CHANGES = {
    "Asia/Kolkata": date(2026, 3, 29),
    "Asia/Dubai": date(2026, 10, 25),
    "Europe/London": date(2026, 3, 29),
    "America/New_York": date(2026, 11, 1),
    "Australia/Sydney": date(2026, 4, 5),
}
"""A Sunday of each; in the last three the day of a change, once on and twice back."""
_SAYS = f"""
SELECT {IN_LEAVE} AS in_leave, {ON_HOLIDAY} AS on_holiday, {OUTSIDE} AS outside
  FROM unnest($3::timestamptz[], $4::timestamptz[]) WITH ORDINALITY AS s (starts_at, ends_at, n)
 CROSS JOIN LATERAL (SELECT $1::uuid AS doctor_id, $2::uuid AS place_id, 'in_person' AS mode,
       (s.starts_at AT TIME ZONE $5)::date AS day, s.starts_at, s.ends_at, $5::text AS zone) AS a ORDER BY s.n"""


class Calendar:
    """Dr. Asha's hours at the clinic, drawn by dice for two weeks around a day."""

    def __init__(self, tx: Tx, dice: random.Random, zone: str) -> None:
        self.tx, self.dice, self.zone, self.around = tx, dice, zone, CHANGES[zone]

    def wall(self) -> time:
        """Any quarter of an hour, of the first hours after midnight as often as of all others."""
        return time(self.dice.choice((self.dice.randrange(4), self.dice.randrange(24))), 15 * self.dice.randrange(4))

    def window(self) -> tuple[time, time]:
        opens = self.wall()
        minutes = opens.hour * 60 + opens.minute + 15 * self.dice.randrange(4, 80)
        return opens, time(minutes // 60 % 24, minutes % 60)

    def day(self) -> date:
        return self.around + timedelta(days=self.dice.randrange(-4, 4))

    async def say_hours(self) -> None:
        cut = self.dice.choice((15, 20, 45, 90))
        for weekday in self.dice.choice(((2, 4, 6), (3, 5, 7))):
            await self.add("doctor_window", "weekday", weekday, cut)
        for day in sorted({self.day() for _ in range(2)}):
            await self.add("doctor_extra", "day", day, cut)

    async def add(self, table: str, column: str, when: int | date, cut: int) -> None:
        await self.tx.execute(
            f"INSERT INTO {table} (doctor_id, place_id, {column}, opens, closes, mode, slot_minutes)"
            " VALUES ($1, $2, $3, $4, $5, 'in_person', $6)", DOCTOR_ASHA, CLINIC, when, *self.window(), cut,
        )  # fmt: skip

    async def say_less(self) -> None:
        """Leave on a day or two, and two holidays, one of them with an opening."""
        first = self.day()
        last = first + timedelta(days=self.dice.randrange(2))
        await self.tx.execute("INSERT INTO doctor_leave VALUES ($1, $2, $3)", DOCTOR_ASHA, first, last)
        for n, day in enumerate(sorted({self.day() for _ in range(2)})):
            await self.tx.execute("INSERT INTO place_holiday VALUES ($1, $2, 'Holi')", CLINIC, day)
            if n:
                await self.tx.execute(
                    "INSERT INTO place_holiday_opening VALUES ($1, $2, $3, $4)", CLINIC, day, *self.window()
                )

    async def offered(self) -> list[Slot]:
        noon = datetime.combine(self.around, time(12), tzinfo=UTC)
        week = timedelta(days=7)
        return await access.offered(self.tx, DOCTOR_ASHA, noon - week, noon + week, now=None)

    async def there(self) -> Callable[[Slot], bool]:
        """Whether the doctor is there for all of a visit, as what is offered is reckoned from."""
        known = await rules.read(self.tx, DOCTOR_ASHA)
        assert known is not None
        week = timedelta(days=10)
        found = pieces(known, self.around - week, self.around + week)
        return lambda slot: any(one.starts_at <= slot.starts_at and slot.ends_at <= one.ends_at for one in found)

    async def says(self, slots: list[Slot]) -> list[Any]:
        """What the conditions say of visits in these slots."""
        starts, ends = [one.starts_at for one in slots], [one.ends_at for one in slots]
        return await self.tx.fetch(_SAYS, DOCTOR_ASHA, CLINIC, starts, ends, self.zone)


async def cleared(tx: Tx, zone: str) -> None:
    for table in ("doctor_window", "doctor_extra", "doctor_leave"):
        await tx.execute(f"DELETE FROM {table} WHERE doctor_id = $1", DOCTOR_ASHA)
    for table in ("place_holiday_opening", "place_holiday"):
        await tx.execute(f"DELETE FROM {table} WHERE place_id = $1", CLINIC)
    await tx.execute("UPDATE place SET zone = $2 WHERE id = $1", CLINIC, zone)


@pytest.mark.parametrize("zone", CHANGES)
async def test_a_visit_is_called_off_where_nobody_is_there_any_more_and_nowhere_else(clinic: Node, zone: str) -> None:
    dice, called_off, stands = random.Random(f"booked {zone}"), 0, 0
    for _ in range(8):
        async with clinic.db.transaction() as tx:
            await cleared(tx, zone)
            calendar = Calendar(tx, dice, zone)
            await calendar.say_hours()
            before = await calendar.offered()
            await calendar.say_less()
            there = await calendar.there()
            for slot, said in zip(before, await calendar.says(before), strict=True):
                off = said["in_leave"] or said["on_holiday"]
                here = (slot.starts_at.astimezone(UTC), slot.ends_at, zone)
                assert not said["outside"], here
                assert not (off and there(slot)), here
                if abs((slot.starts_at.date() - calendar.around).days) > 1:  # on no such night
                    assert off is not there(slot), here
                called_off, stands = called_off + off, stands + (not off)
            await tx.execute("DELETE FROM doctor_window WHERE doctor_id = $1", DOCTOR_ASHA)
            await tx.execute("DELETE FROM doctor_extra WHERE doctor_id = $1", DOCTOR_ASHA)
            assert all(
                said["outside"] or said["in_leave"] or said["on_holiday"] for said in await calendar.says(before)
            )
    assert called_off > 50, called_off
    assert stands > 200, stands
