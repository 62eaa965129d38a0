"""How a verification says no."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class FactsChanged(Refusal, code=409, reason="facts_changed"):
    """These are not the facts as they are now: look at the case again and decide about those."""


class FactsMissing(Refusal, code=409, reason="facts_missing"):
    """The entry has to say these first; `missing` names them."""


class OwnVerification(Refusal, code=403, reason="own_verification"):
    """Nobody decides about herself, about her own place, or about what she submitted."""


refuse("verification_by_another", OwnVerification)
