"""What others hear of appointments, and what a newcomer sees first.

The patient's side hears everything of one patient on `appointments:`, a doctor and the desk one day of one doctor at
one place on `agenda:`, and everybody how many seats are free on `slots:`. An event carries the whole appointment, hold
or slot; whoever keeps them by id, or by the slot's beginning, has the fresh snapshot.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from carewire.event import Event
from channels.appointment.lifecycle import OPEN, AppointmentState, HoldState
from channels.appointment.seats import Free
from channels.appointment.views import Held, NamedVisit, Visit

V = TypeVar("V", bound=Visit)
BY_VIDEO: Final = "video"
"""The place in `agenda:` of what is by video from anywhere."""


class PatientHome(Struct, frozen=True, kw_only=True):
    """What is still to come of one patient's appointments, and which seats are held for her, the earliest first."""

    patient_id: UUID
    appointments: list[Visit]
    holds: list[Held]


class Agenda(Struct, frozen=True, kw_only=True):
    """One day of one doctor at one place: everything that was not cancelled, the earliest first."""

    doctor_id: UUID
    place_id: UUID | None
    day: date
    appointments: list[NamedVisit]


class FreeSlots(Struct, frozen=True, kw_only=True):
    """What a doctor offers on a day, the earliest first, and how much of it is free."""

    doctor_id: UUID
    day: date
    slots: list[Free]


def with_visit(visits: Sequence[V], visit: V, shown: bool) -> list[V]:
    """The list with this appointment as it is now, or without it."""
    others = [other for other in visits if other.id != visit.id]
    return sorted([*others, visit] if shown else others, key=lambda one: (one.starts_at, one.id))


def _home_after(home: PatientHome, visit: Visit) -> PatientHome:
    return replace(home, appointments=with_visit(home.appointments, visit, visit.state in OPEN))


class AppointmentCreated(Event, name="appointment:created", topic="appointments:{patient_id}"):
    """An appointment was made for this patient."""

    patient_id: UUID
    appointment: Visit

    @staticmethod
    def apply(snapshot: PatientHome, event: "AppointmentCreated") -> PatientHome:
        """The snapshot after this event."""
        return _home_after(snapshot, event.appointment)


class AppointmentUpdated(Event, name="appointment:updated", topic="appointments:{patient_id}"):
    """An appointment of this patient is in another state, at another time, paid, or says something else."""

    patient_id: UUID
    appointment: Visit

    @staticmethod
    def apply(snapshot: PatientHome, event: "AppointmentUpdated") -> PatientHome:
        """The snapshot after this event; one that is over is no longer in it."""
        return _home_after(snapshot, event.appointment)


class AppointmentCancelled(Event, name="appointment:cancelled", topic="appointments:{patient_id}"):
    """An appointment of this patient was cancelled: by whom, why, and what goes back of what was paid."""

    patient_id: UUID
    appointment: Visit

    @staticmethod
    def apply(snapshot: PatientHome, event: "AppointmentCancelled") -> PatientHome:
        """The snapshot after this event."""
        return _home_after(snapshot, event.appointment)


class HoldUpdated(Event, name="hold:updated", topic="appointments:{patient_id}"):
    """A seat is held for this patient, by her side or because she waited for it (`offer`); or it is no more."""

    patient_id: UUID
    hold: Held

    @staticmethod
    def apply(snapshot: PatientHome, event: "HoldUpdated") -> PatientHome:
        """The snapshot after this event."""
        others = [hold for hold in snapshot.holds if hold.id != event.hold.id]
        stands = [event.hold] if event.hold.state is HoldState.STANDING else []
        return replace(snapshot, holds=sorted([*others, *stands], key=lambda one: (one.starts_at, one.id)))


def _agenda_after(agenda: Agenda, visit: NamedVisit) -> Agenda:
    shown = visit.day == agenda.day and visit.state is not AppointmentState.CANCELLED
    return replace(agenda, appointments=with_visit(agenda.appointments, visit, shown))


class AgendaCreated(Event, name="appointment:created", topic="agenda:{doctor_id}:{place}:{day}"):
    """Somebody has an appointment on this day."""

    doctor_id: UUID
    place: str
    day: date
    appointment: NamedVisit

    @staticmethod
    def apply(snapshot: Agenda, event: "AgendaCreated") -> Agenda:
        """The snapshot after this event."""
        return _agenda_after(snapshot, event.appointment)


class AgendaUpdated(Event, name="appointment:updated", topic="agenda:{doctor_id}:{place}:{day}"):
    """An appointment of this day is in another state, at another time, or paid. Its `day` is where it is now."""

    doctor_id: UUID
    place: str
    day: date
    appointment: NamedVisit

    @staticmethod
    def apply(snapshot: Agenda, event: "AgendaUpdated") -> Agenda:
        """The snapshot after this event; one that went to another day is no longer in it."""
        return _agenda_after(snapshot, event.appointment)


class AgendaCancelled(Event, name="appointment:cancelled", topic="agenda:{doctor_id}:{place}:{day}"):
    """An appointment of this day was cancelled: by whom and why."""

    doctor_id: UUID
    place: str
    day: date
    appointment: NamedVisit

    @staticmethod
    def apply(snapshot: Agenda, event: "AgendaCancelled") -> Agenda:
        """The snapshot after this event."""
        return _agenda_after(snapshot, event.appointment)


class SlotsUpdated(Event, name="slots:updated", topic="slots:{doctor_id}:{day}"):
    """These slots of the day have another number of free seats."""

    doctor_id: UUID
    day: date
    slots: list[Free]

    @staticmethod
    def apply(snapshot: FreeSlots, event: "SlotsUpdated") -> FreeSlots:
        """The snapshot after this event."""
        kept = {(slot.starts_at, slot.ends_at): slot for slot in snapshot.slots}
        kept |= {(slot.starts_at, slot.ends_at): slot for slot in event.slots}
        return replace(snapshot, slots=sorted(kept.values(), key=_beginning))


class SlotsReset(Event, name="slots:reset", topic="slots:{doctor_id}:{day}"):
    """The doctor offers something else on this day: all of it, again."""

    doctor_id: UUID
    day: date
    slots: list[Free]

    @staticmethod
    def apply(snapshot: FreeSlots, event: "SlotsReset") -> FreeSlots:
        """The snapshot after this event."""
        return replace(snapshot, slots=list(event.slots))


def _beginning(slot: Free) -> datetime:
    return slot.starts_at


TELLS: Final[frozenset[type[Event]]] = frozenset(
    {
        AppointmentCreated,
        AppointmentUpdated,
        AppointmentCancelled,
        HoldUpdated,
        AgendaCreated,
        AgendaUpdated,
        AgendaCancelled,
        SlotsUpdated,
    }
)
"""What a command that makes, moves or ends an appointment emits: a freed seat is offered to who waits at once."""
