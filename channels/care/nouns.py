"""The closed lists of this domain. A test holds each against the CHECK of its column."""

from enum import StrEnum


class RelationState(StrEnum):
    """Where a relationship stands. Only a standing one opens anything."""

    ASKED = "asked"
    STANDING = "standing"
    LAPSED = "lapsed"
    """The time after the last visit is over."""
    ENDED = "ended"
    """The patient's side ended it, or said no."""


class RecordType(StrEnum):
    """What can be read of a patient: the unit of every right, and of a consent."""

    SUMMARY = "summary"
    """Allergies and current medicines."""
    BACKGROUND = "background"
    """Conditions, blood group and whom to call in an emergency."""
    CONSULTATION = "consultation"
    PRESCRIPTION = "prescription"
    LAB_REPORT = "lab_report"
    MEDICAL_RECORD = "medical_record"
    CHAT = "chat"


class EntryKind(StrEnum):
    """What an entry of the summary or the background is about."""

    ALLERGY = "allergy"
    MEDICINE = "medicine"
    """Taken now."""
    CONDITION = "condition"


class Schedule(StrEnum):
    """How a medicine may be given away (Drugs Rules 1945; counsel). Only `otc` needs no prescription."""

    OTC = "otc"
    H = "h"
    H1 = "h1"
    X = "x"
    NARCOTIC = "narcotic"


class Severity(StrEnum):
    """How bad an allergy is."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class BloodGroup(StrEnum):
    """ABO and Rhesus."""

    A_POSITIVE = "A+"
    A_NEGATIVE = "A-"
    B_POSITIVE = "B+"
    B_NEGATIVE = "B-"
    AB_POSITIVE = "AB+"
    AB_NEGATIVE = "AB-"
    O_POSITIVE = "O+"
    O_NEGATIVE = "O-"


class Purpose(StrEnum):
    """What a consent is for."""

    TREATMENT = "treatment"
    SECOND_OPINION = "second_opinion"
    DISPENSING = "dispensing"
    TESTING = "testing"
    TREATMENT_ABROAD = "treatment_abroad"


class SeenBy(StrEnum):
    """By which right somebody sees something of a patient: those of care, and those of what is going on with her."""

    OWN = "own"
    GUARDIAN = "guardian"
    RELATIONSHIP = "relationship"
    CONSENT = "consent"
    BREAK_GLASS = "break_glass"
    VISIT = "visit"
    """A doctor what she wrote at a visit, until a day after it."""
    ORDER = "order"
    """The pharmacists of a place a prescription that an order showed them; a laboratory the test that it finishes."""


class RightKind(StrEnum):
    """By which right somebody reads."""

    OWN = "own"
    GUARDIAN = "guardian"
    RELATIONSHIP = "relationship"
    CONSENT = "consent"
    BREAK_GLASS = "break_glass"
