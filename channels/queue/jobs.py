"""What a line does by itself when time passes."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from carewire.jobs.job import Job
from channels.directory import Subject

FORGOTTEN_AFTER: Final = timedelta(hours=4)
LINE_KEY: Final = "line:{session_id}"
FORGOTTEN_KEY: Final = "forgotten:{session_id}"


class LineDue(Job, name="queue.line_due"):
    """Time alone changes this line now: somebody is due, has lost patience, or an estimate is overtaken."""

    session_id: UUID


class ApprovalWithdrawn(Job, name="queue.approval_withdrawn"):
    """The approval of a doctor or a place was withdrawn: what is live pauses. `subject`: `doctor` or `place`."""

    subject: Subject
    subject_id: UUID


class SessionForgotten(Job, name="queue.session_forgotten"):
    """This session should have ended four hours ago."""

    session_id: UUID


class PatientGone(Job, name="queue.patient_gone"):
    """This patient was erased, or her record deleted: nobody comes when she is called."""

    patient_id: UUID
