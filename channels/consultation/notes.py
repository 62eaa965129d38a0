"""What a doctor writes at a visit: the forms of it, with units and limits."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from carewire.forms import Text
from channels.calendar import Mode
from channels.consultation.lifecycle import CallConsent, ConsultationState, IdentityBy


class Vitals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was measured. The unit stands in the name; what no living person has is refused."""

    temperature_c: Annotated[float, Meta(ge=25, le=45, description="Degrees Celsius")] | None = None
    pulse_bpm: Annotated[int, Meta(ge=20, le=300)] | None = None
    systolic_mmhg: Annotated[int, Meta(ge=40, le=300)] | None = None
    diastolic_mmhg: Annotated[int, Meta(ge=20, le=200)] | None = None
    breaths_per_min: Annotated[int, Meta(ge=4, le=80)] | None = None
    spo2_percent: Annotated[int, Meta(ge=40, le=100)] | None = None
    weight_kg: Annotated[float, Meta(ge=0.2, le=500)] | None = None
    height_cm: Annotated[float, Meta(ge=20, le=260)] | None = None
    glucose_mg_dl: Annotated[int, Meta(ge=10, le=1500)] | None = None
    pain_of_10: Annotated[int, Meta(ge=0, le=10)] | None = None

    def __post_init__(self) -> None:
        """Raises `ValueError` for half a blood pressure, or one the wrong way round."""
        if (self.systolic_mmhg is None) != (self.diastolic_mmhg is None):
            raise ValueError("a blood pressure has systolic_mmhg and diastolic_mmhg")
        if (self.diastolic_mmhg or 0) >= (self.systolic_mmhg or 1):
            raise ValueError("diastolic_mmhg lies below systolic_mmhg")


class VideoConfirmation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With what a consultation by video begins: how she agreed, and how it is known who she is."""

    consent: CallConsent
    identity_by: IdentityBy


class VideoVisit(VideoConfirmation, frozen=True, kw_only=True):
    """What is kept of a consultation by video. `registration`: the doctor's number at the council, as it was then."""

    registration: str


class Addendum(Struct, frozen=True, kw_only=True):
    """What was added after the end."""

    id: UUID
    text: Text
    written_at: datetime


class Consultation(Struct, frozen=True, kw_only=True):
    """One visit as its doctor wrote it. `version` counts the writings; name it to write the next one."""

    id: UUID
    patient_id: UUID
    doctor_id: UUID
    place_id: UUID | None
    token_id: UUID | None
    appointment_id: UUID | None
    mode: Mode
    state: ConsultationState
    version: int
    symptoms: str | None
    findings: str | None
    vitals: Vitals | None
    diagnosis: str | None
    advice: str | None
    follow_up_date: date | None
    teleconsult: VideoVisit | None
    started_at: datetime
    ended_at: datetime | None
    cancel_reason: str | None
    addenda: list[Addendum]


class ConsultationCard(Struct, frozen=True, kw_only=True):
    """A consultation in a list: who, when and how far, and nothing of what was found."""

    id: UUID
    patient_id: UUID
    patient: str
    doctor_id: UUID
    doctor: str
    place_id: UUID | None
    place: str | None
    mode: Mode
    state: ConsultationState
    follow_up_date: date | None
    started_at: datetime
    ended_at: datetime | None
