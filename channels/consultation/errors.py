"""The refusals of consultations."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class StaleVersion(Refusal, code=409, reason="stale_version"):
    """It was written elsewhere since; `version` is what stands now: read it, then write again."""


class AlreadyStarted(Refusal, code=409, reason="already_started"):
    """This visit has its consultation: open that; `consultation_id` names it."""


class PapersStand(Refusal, code=409, reason="papers_stand"):
    """A prescription of this consultation stands: cancel that first."""


class NotConfirmed(Refusal, code=409, reason="teleconsult_unconfirmed"):
    """A consultation by video begins with the patient's consent and who she is: give `teleconsult`."""


class Unregistered(Refusal, code=409, reason="unregistered"):
    """Your council registration number is not on file, and a consultation by video names it."""


refuse("consultation_once_a_token", AlreadyStarted)
refuse("consultation_once_an_appointment", AlreadyStarted)
refuse("consultation_with_papers", PapersStand)
