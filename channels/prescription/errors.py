"""The refusals of prescriptions."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class AllergyCheck(Refusal, code=409, reason="allergy_check"):
    """The patient's allergies speak against it, or nobody knows them: change it, or issue it with an `override`.

    `outcome`: matched, related (the weaker warning), not_recorded or unreadable. `matches` name lines and entries of
    her summary.
    """


class NothingPrescribed(Refusal, code=409, reason="nothing_prescribed"):
    """A prescription names at least one medicine or test."""


class PrescriptionStays(Refusal, code=409, reason="prescription_stays"):
    """What was issued is never changed: supersede or cancel it."""


class NotInForce(Refusal, code=409, reason="prescription_not_in_force"):
    """Nothing is dispensed on it: it has expired, or was superseded or cancelled, or is a draft; `why` says which."""


class NotDispensable(Refusal, code=409, reason="schedule_refused"):
    """Medicines of schedule X and narcotics are not dispensed here."""


class Overspent(Refusal, code=409, reason="prescription_spent"):
    """Less is left of the line than was asked for; `left` says how many units."""


class DispensedSince(Refusal, code=409, reason="dispensed_since"):
    """Of the prescription whose place it takes something was given out, or came back, since you wrote this one.

    Read that one, and write this one once more with the `supersedes_spent` you have seen; `spent` is what it is now.
    """


class VisitCancelled(Refusal, code=409, reason="visit_cancelled"):
    """The visit was begun by mistake and cancelled: nothing is prescribed on it."""


refuse("prescription_stays", PrescriptionStays)
refuse("prescription_not_empty", NothingPrescribed)
refuse("prescription_of_a_visit", VisitCancelled)
refuse("prescription_line_spent", Overspent)
refuse("dispensing_back_at_most_given", Overspent)
refuse("dispensing_allowed", NotInForce)
