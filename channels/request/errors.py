"""How a request says no."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class RequestsFull(Refusal, code=409, reason="requests_full"):
    """This patient has as many open requests as she may; wait for an answer, or cancel one."""


class NothingAsked(Refusal, code=409, reason="nothing_asked"):
    """There is nothing in it yet that could be priced: no lines, and nobody has read the photos."""


class TooManyBills(Refusal, code=409, reason="too_many_bills"):
    """This request was answered as often as one may be: the bill that stands holds until it runs out."""


class BillExpired(Refusal, code=409, reason="bill_expired"):
    """The bill ran out; ask for another one."""


class SubstitutesOpen(Refusal, code=409, reason="substitutes_open"):
    """The bill replaces something she asked for: say `accept_substitutes`, or ask for another bill."""


class NotInHand(Refusal, code=409, reason="not_in_hand"):
    """Another coordinator has this request in hand; take it over first."""


class OtherBill(Refusal, code=409, reason="other_bill"):
    """This is not the bill that stands; look at the request again."""


refuse("bill_version_check", TooManyBills)
refuse("bill_in_time", BillExpired)
refuse("bill_with_consent", SubstitutesOpen)
