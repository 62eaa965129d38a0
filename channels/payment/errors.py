"""How taking money says no."""

from carewire.errors import Refusal


class NothingOwed(Refusal, code=409, reason="nothing_owed"):
    """Nothing is to be paid for this, or not any more: it is paid, free or over."""


class HandedBack(Refusal, code=409, reason="handed_back"):
    """Somebody at this counter has handed it back already, at `handed_at`."""


class OtherAmount(Refusal, code=409, reason="other_amount"):
    """Not what is owed; `owed` says what is. Counters take the whole of it."""


class NoGateway(Refusal, code=409, reason="no_gateway"):
    """Nothing can be paid online here: this deployment has no payment gateway."""


class PaymentOpen(Refusal, code=409, reason="payment_open"):
    """A payment for this is on its way (`payment_id`): her bank has not answered yet."""
