"""How an order says no."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class NotServing(Refusal, code=409, reason="not_serving"):
    """This provider cannot take it now; `why`: `closed`, `paused`, `not_approved`, `not_served` (that postal code)."""


class OtherItem(Refusal, code=409, reason="other_item"):
    """An article is not what was ordered, or not of this provider; `lines` names it."""


class HandoverCode(Refusal, code=401, reason="handover_code"):
    """These are not the four digits; `left` says how many tries there are."""


class HandoverLocked(Refusal, code=409, reason="handover_locked"):
    """Too many wrong tries: the patient's side asks for new digits first (`order.renew_code`)."""


class TooManyCodes(Refusal, code=409, reason="too_many_codes"):
    """The digits were made anew as often as they may be. Who has them hands over, or the order ends."""


class OfferedEnough(Refusal, code=409, reason="offered_enough"):
    """It was offered as often as an order may be. Unless who has it accepts, it ends by itself and is refunded."""


class OrdersFull(Refusal, code=409, reason="orders_full"):
    """This patient has as many open orders as she may, fifty: what a bill that waits for its payment will make counts.
    Wait for one to arrive, or cancel one."""


class Unpaid(Refusal, code=409, reason="unpaid"):
    """It is to be paid first."""


class PaidAtCounter(Refusal, code=409, reason="paid_at_counter"):
    """It was paid at its provider's counter, and the money is there: it is not offered to another. Unless this one
    accepts it, it ends by itself, and the money is handed back where it was paid."""


class TooDear(Refusal, code=409, reason="too_dear"):
    """The sum is beyond what one bill may say."""


class OtherPrice(Refusal, code=409, reason="other_price"):
    """It costs `total` now, not what she was shown."""


class Currencies(Refusal, code=409, reason="currencies"):
    """The prices are in different currencies; one bill has one."""


refuse("orders_code_tries", HandoverLocked)
refuse("orders_code_rounds", TooManyCodes)
refuse("orders_paid_at_counter", PaidAtCounter)
refuse("orders_offers_check", OfferedEnough)
