"""A doctor's day as data: who is booked when, who checks in when, and how long each consultation lasts.

All times are spans from the start of the sitting, so that a day can be replayed on any date and at any speed.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any, Final, Protocol

from msgspec import Struct


class Presence(StrEnum):
    """What becomes of a booked patient."""

    SEEN = "seen"
    LEFT = "left"
    """Checks in and is gone when her number is called: called, announced twice, a no-show after the grace time."""
    NEVER = "never"
    """Never checks in: has no number, is not called, and is closed with the sitting."""


class Visit(Struct, frozen=True, kw_only=True):
    """One booked patient."""

    name: str
    due: timedelta
    check_in: timedelta
    consultation: timedelta
    walk: timedelta
    """From hearing the call to sitting down in the room."""
    presence: Presence


class Day(Struct, frozen=True, kw_only=True):
    """One doctor's day."""

    source: str
    opens: timedelta
    """Local time of day at which the sitting starts."""
    length: timedelta
    slot: timedelta
    """The calendar's slot: what the clinic states as the usual length of a visit."""
    visits: tuple[Visit, ...]

    @property
    def first_check_in(self) -> timedelta:
        """When the first patient comes; before the start that is negative."""
        return min((visit.check_in for visit in self.visits), default=timedelta(0))

    def cut(self, length: timedelta) -> "Day":
        """The first part of the day: who is booked later stays away."""
        if length >= self.length:
            return self
        return Day(
            source=self.source,
            opens=self.opens,
            length=length,
            slot=self.slot,
            visits=tuple(visit for visit in self.visits if visit.due < length),
        )


class Generator(Protocol):
    """Where days come from."""

    def day(self, seed: int) -> Day:
        """The day of this seed: the same every time."""


HOUR: Final = timedelta(hours=1)
OPENS: Final = timedelta(hours=8)
LENGTH: Final = timedelta(hours=10)
PER_HOUR: Final = 4
WEEKS: Final = (datetime(2024, 1, 8), datetime(2024, 3, 29))  # noqa: DTZ001 - the generator wants them so
BUSY: Final = 25
"""A day counts as a clinic day from this many attended visits on."""
EARLY: Final = (-10.0, 9.8)
"""Mean and deviation of check-in against the appointment, in minutes: the generator's own."""


class Medscheduler:
    """Days of PyPI `medscheduler`: bookings, punctuality and durations after English outpatient statistics.

    One day of a generated quarter is drawn by the seed, with the generator's own defaults. Taken as they are:
    appointment times, check-in times, the length of each consultation, the gap before it, and who did not attend.
    Cancelled appointments are not part of the day.

    The generator gives nobody who missed the visit a check-in. Every second of them stays away altogether; the others
    come (as punctually as the rest) and have left when they are called, because only a number that was given can be
    called in vain.
    """

    def day(self, seed: int) -> Day:
        """Draw and convert one day."""
        from medscheduler import AppointmentScheduler  # its own extra, heavy to import

        first, last = WEEKS
        scheduler = AppointmentScheduler(
            seed=seed,
            date_ranges=[(first, last)],
            ref_date=last,
            working_days=[0, 1, 2, 3, 4],
            working_hours=[(int(OPENS / HOUR), int((OPENS + LENGTH) / HOUR))],
            appointments_per_hour=PER_HOUR,
        )
        _, appointments, patients = scheduler.generate()
        names = dict(zip(patients["patient_id"], patients["name"], strict=True))
        by_date = {
            date: rows
            for date, rows in appointments.groupby("appointment_date")
            if (rows["status"] == "attended").sum() >= BUSY
        }
        random = Random(seed)
        date = random.choice(sorted(by_date))
        rows = by_date[date].sort_values(["appointment_time", "appointment_id"]).to_dict("records")
        return Day(
            source=f"medscheduler, seed {seed}, {date:%A %d %B %Y}",
            opens=OPENS,
            length=LENGTH,
            slot=HOUR / PER_HOUR,
            visits=tuple(_visits(rows, names, random)),
        )


def _visits(rows: list[dict[str, Any]], names: dict[str, str], random: Random) -> Iterator[Visit]:
    walks = _walks([row for row in rows if row["status"] == "attended"])
    missed = 0
    for row in rows:
        due = _clock(str(row["appointment_time"])) - OPENS
        if row["status"] == "attended":
            yield Visit(
                name=names[row["patient_id"]],
                due=due,
                check_in=_clock(row["check_in_time"]) - OPENS,
                consultation=timedelta(minutes=float(row["appointment_duration"])),
                walk=walks[row["appointment_id"]],
                presence=Presence.SEEN,
            )
        elif row["status"] == "did not attend":
            missed += 1
            yield Visit(
                name=names[row["patient_id"]],
                due=due,
                check_in=due + timedelta(minutes=random.gauss(*EARLY)),
                consultation=timedelta(0),
                walk=timedelta(0),
                presence=Presence.LEFT if missed % 2 else Presence.NEVER,
            )


def _walks(attended: list[dict[str, Any]]) -> dict[str, timedelta]:
    """The generator's gap between a free doctor with a patient present and the start of the consultation."""
    walks = {}
    free = OPENS
    for row in sorted(attended, key=lambda row: (row["check_in_time"], row["appointment_time"])):
        start = _clock(row["start_time"])
        walks[row["appointment_id"]] = max(start - max(free, _clock(row["check_in_time"])), timedelta(0))
        free = _clock(row["end_time"])
    return walks


def _clock(text: str) -> timedelta:
    hours, minutes, seconds = (int(part) for part in text.split(":"))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
