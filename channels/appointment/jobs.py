"""What time does to holds, requests and unpaid bookings."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from carewire.jobs.job import Job

HOLD_KEY: Final = "hold:{hold_id}"
FREED_KEY: Final = "seat:{slot_id}"
SLOTS_KEY: Final = "slots:{doctor_id}"
LATER_KEY: Final = "slots:{doctor_id}:{first}"
AWAY_KEY: Final = "away:{doctor_id}"
CLOSED_KEY: Final = "closed:{place_id}"
DUE_KEY: Final = "appointment:{appointment_id}"


class HoldDue(Job, name="appointment.hold_due"):
    """This hold runs out now."""

    hold_id: UUID


class SeatFreed(Job, name="appointment.seat_freed"):
    """A seat of this slot was freed, and nobody was seen to wait for it: who joined by then may have come unseen."""

    slot_id: UUID
    at: datetime


class AppointmentDue(Job, name="appointment.due"):
    """This appointment was to be paid or confirmed by now."""

    appointment_id: UUID


class SlotsChanged(Job, name="appointment.slots_changed"):
    """This doctor offers other slots than before, from `first` on; who follows what is free has to hear it."""

    doctor_id: UUID
    first: date | None = None


class DoctorAway(Job, name="appointment.doctor_away"):
    """This doctor said a while ago when she is on leave: what is booked into it does not take place."""

    doctor_id: UUID


class PlaceClosed(Job, name="appointment.place_closed"):
    """This place said a while ago when it is on holiday: what is booked into it does not take place."""

    place_id: UUID


class PatientGone(Job, name="appointment.patient_gone"):
    """This patient was erased, or her record deleted: nobody comes."""

    patient_id: UUID


class AppointmentReminder(Job, name="appointment_reminder", every=timedelta(minutes=1)):
    """Whoever is to be reminded of a visit by now is."""


class DaysOver(Job, name="appointment.days_over", every=timedelta(minutes=15)):
    """What is open when its day is over ends; who waits for a day that is over waits no more."""
