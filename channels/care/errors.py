"""The refusals of care."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class NoNumber(Refusal, code=409, reason="no_number"):
    """There is no number of the patient's own to send a code to: she, or who acts for her, confirms in the app."""


class NotHerHand(Refusal, code=409, reason="not_her_hand"):
    """Only the patient, or who acts for her, makes a relationship; a doctor never makes one for himself."""


refuse("relationship_by_her_hand", NotHerHand)
