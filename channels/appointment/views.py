"""What is told of an appointment: administrative fields only. What she has, only its own door shows (`reading.py`)."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from carewire.dates import Moment
from carewire.money import Money
from channels.appointment.lifecycle import AppointmentState, HoldState
from channels.appointment.nouns import EndReason, Side
from channels.appointment.rows import Appointment
from channels.calendar import Mode, PaymentMode


class Visit(Struct, frozen=True, kw_only=True):
    """An appointment. `number` is what people call it by, `zone` the clock of `starts_at` and `day`.

    `pay_by`: unpaid then, it is over; `confirm_by`: unanswered then, it is over. `refund_due` is what goes back of what
    was paid. `free_revisit`: it costs nothing because of a paid visit before.
    """

    id: UUID
    number: str
    revision: int
    patient_id: UUID
    doctor_id: UUID
    place_id: UUID | None
    mode: Mode
    day: date
    starts_at: datetime
    ends_at: datetime
    zone: str
    state: AppointmentState
    payment: PaymentMode
    fee: Money
    paid_at: datetime | None
    pay_by: datetime | None
    confirm_by: datetime | None
    refund_due: Money | None
    refund_percent: int | None
    free_revisit: bool
    follow_up_of: UUID | None
    session_id: UUID | None
    token_id: UUID | None
    arrived_at: datetime | None
    booked_side: Side
    created_at: datetime
    ended_at: datetime | None
    ended_side: Side | None
    end_reason: EndReason | None


class NamedVisit(Visit, frozen=True, kw_only=True):
    """An appointment as its doctor and the desk get it: with the patient's name."""

    patient: str


class Held(Struct, frozen=True, kw_only=True):
    """A seat kept until `expires_at`; after that it is worth nothing. `offer`: she waited for it."""

    id: UUID
    patient_id: UUID
    doctor_id: UUID
    place_id: UUID | None
    mode: Mode
    starts_at: datetime
    ends_at: datetime
    zone: str
    state: HoldState
    expires_at: datetime
    offer: bool


def _values(row: Appointment) -> dict[str, Any]:
    back = row.refund_due
    own = {
        "number": row.number,
        "fee": row.fee,
        "refund_due": None if back is None else Money.of(back, row.fee_currency),
        "free_revisit": row.revisit_of is not None,
    }
    return {name: own[name] if name in own else getattr(row, name) for name in Visit.__struct_fields__}


def visit_of(row: Appointment) -> Visit:
    """For the patient's side and administrators."""
    return Visit(**_values(row))


def named_visit_of(row: Appointment, name: str) -> NamedVisit:
    """For the doctor and the desk."""
    return NamedVisit(patient=name, **_values(row))


HELD: Final = """h.id, h.patient_id, l.doctor_id, l.place_id, l.mode, l.starts_at, l.ends_at, l.zone, h.state,
       h.expires_at, h.waitlist_id IS NOT NULL AS offer FROM hold h JOIN slot l ON l.id = h.slot_id"""


def held_of(row: Any) -> Held:
    """A row of `HELD`."""
    values = dict(row)
    return Held(**values | {"mode": Mode(values["mode"]), "state": HoldState(values["state"])})


def ended(hold: Held, state: HoldState) -> Held:
    """The hold as it ended."""
    return replace(hold, state=state)


def when(moment: datetime, zone: str) -> Moment:
    """A moment for people, said in the reader's language with the clock named."""
    return Moment(moment, zone)


def clock_of(mode: str, zone: str, own: str | None) -> str:
    """On whose clock a visit is told: in person on its place's, by video on the receiver's own, if she said which."""
    return zone if mode == Mode.IN_PERSON else own or zone
