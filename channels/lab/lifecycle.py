"""The states of a test and of its report, the only steps between them, and what they make of an order."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move


class LabTestState(StrEnum):
    """Where a test stands."""

    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    MISSED = "missed"
    """Nobody was there for the sample; it can be scheduled again."""
    SAMPLE_COLLECTED = "sample_collected"
    IN_PROGRESS = "in_progress"
    SAMPLE_REJECTED = "sample_rejected"
    """The sample is of no use; a new one is free."""
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Mode(StrEnum):
    """Where the sample is taken."""

    HOME = "home"
    VISIT = "visit"
    """At the laboratory."""


class RejectReason(StrEnum):
    """Why a sample is of no use. A closed list: the patient reads it."""

    HAEMOLYSED = "haemolysed"
    CLOTTED = "clotted"
    INSUFFICIENT = "insufficient"
    CONTAMINATED = "contaminated"
    MISLABELLED = "mislabelled"
    TOO_OLD = "too_old"
    NOT_FASTING = "not_fasting"
    LOST = "lost"


class CancelReason(StrEnum):
    """Who cancelled it."""

    PATIENT = "patient"
    DOCTOR = "doctor"
    LABORATORY = "laboratory"
    ORDER = "order"


T = LabTestState

ENDED: Final = frozenset({T.COMPLETED, T.CANCELLED})
TAKEN: Final = frozenset({T.SAMPLE_COLLECTED, T.IN_PROGRESS, T.COMPLETED})
"""The laboratory has a sample."""

LAB_TEST: Final = Lifecycle(
    LabTestState,
    start={T.REQUESTED},
    moves={
        "schedule": Move({T.REQUESTED, T.SCHEDULED, T.MISSED, T.SAMPLE_REJECTED}, T.SCHEDULED),
        "miss": Move({T.SCHEDULED}, T.MISSED),
        "collect": Move({T.REQUESTED, T.SCHEDULED}, T.SAMPLE_COLLECTED),
        "begin": Move({T.SAMPLE_COLLECTED}, T.IN_PROGRESS),
        "reject": Move({T.SAMPLE_COLLECTED, T.IN_PROGRESS}, T.SAMPLE_REJECTED),
        "submit_result": Move({T.REQUESTED, T.SCHEDULED, T.SAMPLE_COLLECTED, T.IN_PROGRESS}, T.COMPLETED),
        "cancel": Move({T.REQUESTED, T.SCHEDULED, T.MISSED, T.SAMPLE_REJECTED}, T.CANCELLED),
    },
)


class ReportState(StrEnum):
    """Where a report stands. What was published is never changed; an amendment is a further version."""

    DRAFT = "draft"
    PUBLISHED = "published"
    AMENDED = "amended"


LAB_REPORT: Final = Lifecycle(
    ReportState,
    start={ReportState.DRAFT},
    moves={
        "update": Move({ReportState.DRAFT}, ReportState.DRAFT),
        "publish": Move({ReportState.DRAFT}, ReportState.PUBLISHED),
        "amend": Move({ReportState.PUBLISHED, ReportState.AMENDED}, ReportState.AMENDED),
    },
)


class Progress(StrEnum):
    """How far the laboratory is with an order, which follows from its tests alone."""

    REQUESTED = "requested"
    SAMPLE_SCHEDULED = "sample_scheduled"
    MISSED = "missed"
    SAMPLE_COLLECTED = "sample_collected"
    PROCESSING = "processing"
    SAMPLE_REJECTED = "sample_rejected"
    REPORT_READY = "report_ready"
    CANCELLED = "cancelled"


_LEAST_FIRST: Final = (
    (T.SAMPLE_REJECTED, Progress.SAMPLE_REJECTED),
    (T.MISSED, Progress.MISSED),
    (T.REQUESTED, Progress.REQUESTED),
    (T.SCHEDULED, Progress.SAMPLE_SCHEDULED),
    (T.SAMPLE_COLLECTED, Progress.SAMPLE_COLLECTED),
    (T.IN_PROGRESS, Progress.PROCESSING),
    (T.COMPLETED, Progress.REPORT_READY),
)


def progress_of(states: Iterable[LabTestState]) -> Progress:
    """What the tests of one order come to: what needs somebody first, else the one that is least far.

    Cancelled ones do not count, unless nothing else is left.
    """
    present = frozenset(states)
    return next((progress for state, progress in _LEAST_FIRST if state in present), Progress.CANCELLED)
