"""The refusals of care."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class NoNumber(Refusal, code=409, reason="no_number"):
    """There is no number of the patient's own to send a code to: she, or who acts for her, confirms in the app."""


class NotHerHand(Refusal, code=409, reason="not_her_hand"):
    """Only the patient, or who acts for her, makes a relationship; a doctor never makes one for himself."""


class TooManyConsents(Refusal, code=409, reason="too_many_consents"):
    """A patient has at most a hundred consents that stand: revoke one first."""


class AlreadyNoted(Refusal, code=409, reason="already_noted"):
    """This stands in the summary already."""


class SummaryFull(Refusal, code=409, reason="summary_full"):
    """At most a hundred entries of a kind: end what is over."""


class AllergyStands(Refusal, code=409, reason="allergy_stands"):
    """An allergy stands in the summary: end it first, if it is none."""


class GlassSpent(Refusal, code=429, reason="break_glass_spent"):
    """A doctor breaks the glass three times a day at most."""


class AlreadyReviewed(Refusal, code=409, reason="already_reviewed"):
    """This one was reviewed; a review is not changed."""


refuse("consent_by_her_hand", NotHerHand)
refuse("summary_entry_once", AlreadyNoted)
refuse("no_allergies_while_none_stands", AllergyStands)
refuse("break_glass_cap", GlassSpent)
refuse("break_glass_stays", AlreadyReviewed)
refuse("relationship_by_her_hand", NotHerHand)
