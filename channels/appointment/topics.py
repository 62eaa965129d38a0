"""Who may listen to appointments and free slots, and what a newcomer sees first."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.topic import topic
from channels.appointment import access, seats
from channels.appointment.events import BY_VIDEO, Agenda, FreeSlots, PatientHome
from channels.appointment.lifecycle import OPEN
from channels.appointment.rows import COLUMNS, from_row
from channels.appointment.seats import Free
from channels.appointment.views import HELD, held_of, named_visit_of, visit_of

AROUND: Final = timedelta(hours=14)
"""No clock is further from UTC."""


@topic("appointments:{patient_id}", may=access.may_hear_appointments)
async def appointments(ctx: Ctx, patient_id: UUID) -> PatientHome:
    """What is to come of one patient's appointments, and the seats that are held for her; for who acts for her."""
    rows = await ctx.tx.fetch(
        f"SELECT {COLUMNS} FROM appointment a WHERE a.patient_id = $1 AND a.state = ANY ($2)"
        " ORDER BY a.starts_at, a.id",
        patient_id,
        sorted(OPEN),
    )
    held = await ctx.tx.fetch(
        f"SELECT {HELD} WHERE h.patient_id = $1 AND h.state = 'standing' ORDER BY l.starts_at, h.id", patient_id
    )
    return PatientHome(
        patient_id=patient_id,
        appointments=[visit_of(from_row(row)) for row in rows],
        holds=[held_of(row) for row in held],
    )


@topic("agenda:{doctor_id}:{place}:{day}", may=access.may_hear_agenda)
async def agenda(ctx: Ctx, doctor_id: UUID, place: str, day: str) -> Agenda:
    """One day of one doctor at one place (its id; `video` for what is from anywhere), with the patients' names: for the
    doctor and the desk. A desk follows one for each of its doctors, in one batch.
    """
    place_id = None if place == BY_VIDEO else UUID(place)
    rows = await ctx.tx.fetch(
        f"""SELECT {COLUMNS}, p.name FROM appointment a JOIN patient p ON p.id = a.patient_id
             WHERE a.doctor_id = $1 AND a.place_id IS NOT DISTINCT FROM $2 AND a.day = $3 AND a.state <> 'cancelled'
             ORDER BY a.starts_at, a.id""",
        doctor_id,
        place_id,
        date.fromisoformat(day),
    )
    return Agenda(
        doctor_id=doctor_id,
        place_id=place_id,
        day=date.fromisoformat(day),
        appointments=[named_visit_of(from_row(row), row["name"]) for row in rows],
    )


@topic("slots:{doctor_id}:{day}", may=access.may_hear_slots)
async def slots(ctx: Ctx, doctor_id: UUID, day: str) -> FreeSlots:
    """What a doctor offers on this day, each slot on its own clock, and how many seats of it are free. No names."""
    which = date.fromisoformat(day)
    offered = await free_on_days(ctx, doctor_id, which, which)
    return FreeSlots(doctor_id=doctor_id, day=which, slots=offered.get(which, []))


async def free_on_days(ctx: Ctx, doctor_id: UUID, first: date, last: date) -> dict[date, list[Free]]:
    """All slots of these days, also those whose time has passed: what is offered does not change by itself."""
    begin = datetime.combine(first, time(), tzinfo=UTC) - AROUND
    end = datetime.combine(last, time(), tzinfo=UTC) + timedelta(days=1) + AROUND
    found: dict[date, list[Free]] = {}
    for slot in await seats.free(ctx.tx, doctor_id, begin, end):
        found.setdefault(seats.local_day(slot.starts_at, slot.zone), []).append(slot)
    return found
