"""The refusals of the stock."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class OutOfStock(Refusal, code=409, reason="out_of_stock"):
    """There is not enough of something; `lines` name each article with what was wanted and what is left."""


class HoldOver(Refusal, code=409, reason="hold_over"):
    """The time of this hold is over, or it was released or sold already."""


class NotSold(Refusal, code=409, reason="not_sold"):
    """More comes back than was sold, or than has not come back before."""


class NotHeld(Refusal, code=409, reason="not_held"):
    """More is given out than is held."""


class BatchDiffers(Refusal, code=409, reason="batch_differs"):
    """A batch of this number stands there with another date of expiry."""


class AlreadyStocked(Refusal, code=409, reason="already_stocked"):
    """This pharmacy has this article already: same name, form, strength and pack, or same barcode."""


class ShelfFull(Refusal, code=409, reason="shelf_full"):
    """A shelf has at most a million packs of an article."""


class PrescriptionNeeded(Refusal, code=409, reason="prescription_needed"):
    """Something on it is not sold without a prescription; `lines` names it."""


class LineNeeded(Refusal, code=409, reason="line_needed"):
    """This paper was written here and shown to this pharmacy: what it prescribes is sold by its line, which counts the
    units. `lines`: each article with its `prescription_line_id`."""


class Restricted(Refusal, code=409, reason="restricted"):
    """Something on it is never sold over this platform (schedule X, narcotics); `lines` names it."""


class TooManyArticles(Refusal, code=409, reason="too_many_articles"):
    """A pharmacy has at most 5,000 articles."""


refuse("stock_holds_what_is_there", OutOfStock)
refuse("stock_batch_holds_what_is_there", OutOfStock)
refuse("stock_movement_expired", OutOfStock)
refuse("stock_movement_most", ShelfFull)
refuse("stock_movement_restricted", Restricted)
refuse("stock_movement_prescribed", PrescriptionNeeded)
refuse("stock_hold_part_returned", NotSold)
refuse("stock_movement_sold_once", HoldOver)
refuse("medicine_once", AlreadyStocked)
refuse("medicine_barcode_once", AlreadyStocked)
