"""How a laboratory says no."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class CodeTaken(Refusal, code=409, reason="code_taken"):
    """This laboratory has a test of this code already."""


class NoLaboratory(Refusal, code=409, reason="no_laboratory"):
    """Nobody has chosen yet where this test is done: give `catalogue_id`."""


class NotOffered(Refusal, code=409, reason="not_offered"):
    """The laboratory does not offer this test now, or takes nothing for the moment."""


class TooManyTests(Refusal, code=409, reason="too_many_tests"):
    """A hundred tests of the patient wait already; cancel what is not needed."""


class NotCollected(Refusal, code=409, reason="not_collected"):
    """The laboratory does not collect this sample there: not at home, or not at this postal code."""


class WindowFull(Refusal, code=409, reason="window_full"):
    """The window is full, over, or none of the laboratory's; `laboratory.windows` lists those that are free. Or it is
    closed when she would come."""


class OfAnOrder(Refusal, code=409, reason="of_an_order"):
    """The test belongs to an order; cancel it there, where its price is."""


class NoReport(Refusal, code=409, reason="no_report"):
    """There is nothing in it: give values, files or a remark."""


class ReportStands(Refusal, code=409, reason="report_stands"):
    """The test has a report already: update its draft, or amend what was published."""


class NotWaiting(Refusal, code=409, reason="not_waiting"):
    """No critical value of this report waits to be acknowledged."""


refuse("lab_catalog_code_once", CodeTaken)
refuse("lab_window_fits", WindowFull)
refuse("lab_window_apart", WindowFull)
refuse("lab_report_version_once", ReportStands)
