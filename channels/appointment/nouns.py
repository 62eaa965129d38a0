"""The closed lists of this domain. A test holds each against the CHECK of its column."""

from enum import StrEnum


class Side(StrEnum):
    """Who acts on an appointment."""

    PATIENT = "patient"
    """She herself, or who acts for her."""
    DOCTOR = "doctor"
    DESK = "desk"
    """Front desk, nurse, manager or owner of the place."""
    ADMIN = "admin"
    """An administrator who coordinates: administrative fields only."""
    SYSTEM = "system"
    """Time, money or the line."""


class CancelReason(StrEnum):
    """Why somebody cancels. A closed list: both sides read it, so nobody has to tell a desk what she has."""

    CANNOT_COME = "cannot_come"
    NOT_NEEDED = "not_needed"
    ELSEWHERE = "elsewhere"
    DOCTOR_UNAVAILABLE = "doctor_unavailable"
    EMERGENCY = "emergency"
    PLACE_CLOSED = "place_closed"
    OTHER = "other"


class EndReason(StrEnum):
    """Why an appointment was cancelled: by somebody, or by what happened."""

    CANNOT_COME = "cannot_come"
    NOT_NEEDED = "not_needed"
    ELSEWHERE = "elsewhere"
    DOCTOR_UNAVAILABLE = "doctor_unavailable"
    EMERGENCY = "emergency"
    PLACE_CLOSED = "place_closed"
    OTHER = "other"
    UNPAID = "unpaid"
    """It was to be paid at once and was not."""
    NOT_CONFIRMED = "not_confirmed"
    """Nobody answered the request in time."""
    SESSION_ENDED = "session_ended"
    """She was there, and the doctor's sitting ended before her turn."""
    LEFT_THE_LINE = "left_the_line"
