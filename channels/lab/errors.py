"""How a laboratory says no."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class CodeTaken(Refusal, code=409, reason="code_taken"):
    """This laboratory has a test of this code already."""


class NoLaboratory(Refusal, code=409, reason="no_laboratory"):
    """Nobody has chosen yet where this test is done: give `catalogue_id`."""


class NotOffered(Refusal, code=409, reason="not_offered"):
    """The laboratory does not offer this test now, or takes nothing for the moment."""


class NotCollected(Refusal, code=409, reason="not_collected"):
    """The laboratory does not collect this sample there: not at home, or not at this postal code."""


class WindowFull(Refusal, code=409, reason="window_full"):
    """The window is full, over, or none of the laboratory's; `lab_test.windows` lists those that are free."""


class OfAnOrder(Refusal, code=409, reason="of_an_order"):
    """The test belongs to an order; cancel it there, where its price is."""


refuse("lab_catalog_code_once", CodeTaken)
refuse("lab_window_fits", WindowFull)
refuse("lab_window_apart", WindowFull)
