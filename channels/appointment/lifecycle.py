"""The states of an appointment, a hold and a place on the waitlist, and the only steps between them."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class AppointmentState(StrEnum):
    """Where an appointment stands."""

    REQUESTED = "requested"
    """The doctor's side has to say yes."""
    BOOKED = "booked"
    APPOINTMENT_CONFIRMED = "appointment_confirmed"
    AWAITING_CONSULTATION = "awaiting_consultation"
    """She is there: in person with a token of the line."""
    CONSULTATION_IN_PROGRESS = "consultation_in_progress"
    PRESCRIPTION_PROVIDED = "prescription_provided"
    FOLLOW_UP_SCHEDULED = "follow_up_scheduled"
    CONSULTATION_COMPLETED = "consultation_completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class HoldState(StrEnum):
    """Where a hold stands."""

    STANDING = "standing"
    BOOKED = "booked"
    RELEASED = "released"
    EXPIRED = "expired"


class WaitState(StrEnum):
    """Where somebody who waits for a seat stands."""

    WAITING = "waiting"
    OFFERED = "offered"
    """A seat is held for her."""
    TAKEN = "taken"
    LEFT = "left"
    LAPSED = "lapsed"
    """She let an offer pass, or the days are over."""


A = AppointmentState

TO_COME: Final = frozenset({A.REQUESTED, A.BOOKED, A.APPOINTMENT_CONFIRMED})
"""She is not there yet: it can be moved and cancelled."""
IN_THE_ROOM: Final = frozenset({A.CONSULTATION_IN_PROGRESS, A.PRESCRIPTION_PROVIDED, A.FOLLOW_UP_SCHEDULED})
OPEN: Final = TO_COME | {A.AWAITING_CONSULTATION} | IN_THE_ROOM
"""Something is still to come of it."""

APPOINTMENT: Final = Lifecycle(
    AppointmentState,
    start={A.REQUESTED, A.BOOKED, A.APPOINTMENT_CONFIRMED},
    moves={
        "confirm": Move({A.REQUESTED, A.BOOKED}, A.APPOINTMENT_CONFIRMED),
        # By the doctor's side; a patient whose terms ask for no confirmation keeps what she had.
        "reschedule": Move({A.REQUESTED, A.BOOKED, A.APPOINTMENT_CONFIRMED}, A.APPOINTMENT_CONFIRMED),
        "reschedule_booked": Move({A.REQUESTED, A.BOOKED}, A.BOOKED, by_hand=False),
        "reschedule_asking": Move({A.REQUESTED, A.BOOKED, A.APPOINTMENT_CONFIRMED}, A.REQUESTED, by_hand=False),
        "cancel": Move({A.REQUESTED, A.BOOKED, A.APPOINTMENT_CONFIRMED, A.AWAITING_CONSULTATION}, A.CANCELLED),
        "expire": Move({A.REQUESTED, A.BOOKED, A.APPOINTMENT_CONFIRMED}, A.CANCELLED, by_hand=False),
        "check_in": Move({A.APPOINTMENT_CONFIRMED}, A.AWAITING_CONSULTATION),
        "begin": Move({A.AWAITING_CONSULTATION}, A.CONSULTATION_IN_PROGRESS),
        "prescribe": Move({A.CONSULTATION_IN_PROGRESS, A.PRESCRIPTION_PROVIDED}, A.PRESCRIPTION_PROVIDED),
        "follow_up": Move({A.CONSULTATION_IN_PROGRESS, A.PRESCRIPTION_PROVIDED}, A.FOLLOW_UP_SCHEDULED),
        "complete": Move(IN_THE_ROOM, A.CONSULTATION_COMPLETED),
        "no_show": Move({A.BOOKED, A.APPOINTMENT_CONFIRMED, A.AWAITING_CONSULTATION}, A.NO_SHOW),
        "undo_no_show": Move({A.NO_SHOW}, A.APPOINTMENT_CONFIRMED),
        # What only the line does: a token called back, and a mistaken call undone together with the finish it caused.
        "back": Move({A.NO_SHOW}, A.AWAITING_CONSULTATION, by_hand=False),
        "reopen": Move({A.CONSULTATION_COMPLETED}, A.CONSULTATION_IN_PROGRESS, by_hand=False),
    },
)

HOLD: Final = Lifecycle(
    HoldState,
    start={HoldState.STANDING},
    moves={
        "book": Move({HoldState.STANDING}, HoldState.BOOKED),
        "release": Move({HoldState.STANDING}, HoldState.RELEASED),
        "expire": Move({HoldState.STANDING}, HoldState.EXPIRED, by_hand=False),
    },
)

W = WaitState

WAITLIST: Final = Lifecycle(
    WaitState,
    start={W.WAITING},
    moves={
        "offer": Move({W.WAITING}, W.OFFERED, by_hand=False),
        "take": Move({W.OFFERED}, W.TAKEN),
        "leave": Move({W.WAITING, W.OFFERED}, W.LEFT),
        "lapse": Move({W.WAITING, W.OFFERED}, W.LAPSED, by_hand=False),
        "wait_on": Move({W.OFFERED}, W.WAITING, by_hand=False),  # what she was offered was taken back
    },
)
