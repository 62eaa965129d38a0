"""What a prescription says: its forms, with units and limits."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from carewire.forms import Line as OneLine
from carewire.forms import Name, Word
from channels.care import Schedule
from channels.prescription.lifecycle import AllergyOutcome, MatchedBy, MedicineForm, PrescriptionState

Quantity = Annotated[int, Meta(ge=1, le=10_000, description="Whole units: tablets, bottles, …")]


class MedicineOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line as the doctor writes it. `quantity` is all that is ever dispensed of it, by all pharmacies together."""

    medicine: Name
    """As it is sold, or the substance."""
    generic: Name | None = None
    strength: Word | None = None
    form: MedicineForm = MedicineForm.TABLET
    dose: Word
    frequency: Word
    duration_days: Annotated[int, Meta(ge=1, le=366)] | None = None
    quantity: Quantity
    schedule: Schedule = Schedule.H
    substitution: bool = True
    """The pharmacy may give the same substance of another maker, with the patient's consent."""
    instructions: OneLine | None = None


class PrescriptionLine(MedicineOrder, frozen=True, kw_only=True):
    """One line as it stands. `class_known` false: the allergy check knew its name only, not what it belongs to."""

    id: UUID
    number: int
    spent: int
    """Units dispensed so far."""
    class_known: bool | None


class AllergyMatch(Struct, frozen=True, kw_only=True):
    """A line that met an entry of the patient's allergies."""

    line_id: UUID
    entry_id: UUID
    by: MatchedBy


class AllergyLook(Struct, frozen=True, kw_only=True):
    """What the look at the patient's allergies found, and how far it saw.

    Compared by their words alone were `name_only`, lines of which a part is in no class that the table knows, and
    `entries_by_name`, allergies that name nothing it knows.
    """

    outcome: AllergyOutcome
    matches: list[AllergyMatch]
    name_only: list[UUID]
    entries_by_name: list[UUID]


class Prescription(Struct, frozen=True, kw_only=True):
    """All of a prescription. `doctor` and `registration` are the doctor's as they were when it was issued.

    `supersedes_spent`: how much its doctor knew to have been given out of what it takes the place of.
    """

    id: UUID
    consultation_id: UUID
    appointment_id: UUID | None
    patient_id: UUID
    doctor_id: UUID
    place_id: UUID | None
    state: PrescriptionState
    version: int
    lines: list[PrescriptionLine]
    investigations: list[str]
    instructions: str | None
    valid_until: datetime | None
    supersedes_id: UUID | None
    supersedes_spent: int | None
    superseded_by: UUID | None
    doctor: str | None
    registration: str | None
    allergy_check: AllergyOutcome | None
    override_reason: str | None
    created_at: datetime
    issued_at: datetime | None
    ended_at: datetime | None
    cancel_reason: str | None
    is_dispensed: bool
    """Nothing is left of any line."""


class CardLine(Struct, frozen=True, kw_only=True):
    """A medicine in a list, and how much of it is left."""

    line_id: UUID
    medicine: str
    quantity: int
    spent: int


class PrescriptionCard(Struct, frozen=True, kw_only=True):
    """A prescription in a list."""

    id: UUID
    patient_id: UUID
    consultation_id: UUID
    doctor_id: UUID
    doctor: str | None
    place_id: UUID | None
    state: PrescriptionState
    medicines: list[CardLine]
    created_at: datetime
    issued_at: datetime | None
    valid_until: datetime | None
    is_dispensed: bool
