"""How this domain says no."""

from carewire.errors import Refusal


class NoTranslator(Refusal, code=409, reason="no_translator"):
    """This deployment has no machine that translates; `translation.missing` says what people may."""
