"""The saga of a request: what is promised on the way to its orders, and how it is taken back."""

from typing import Final
from uuid import UUID

from carewire.jobs.job import Job
from carewire.saga import Saga, Step


class RequestUnwinds(Job, name="request.unwind"):
    """A request was given up: the last step of its saga is undone, and the next by the next."""

    request_id: UUID


REQUEST_SAGA: Final = Saga(
    "request",
    about="From what a patient asks for to the orders that come of it; each order has a saga of its own.",
    unwinds=lambda request_id: RequestUnwinds(request_id=request_id),
    steps=(
        Step("accept", ("request.accept",), "a coordinator has it in hand"),
        Step(
            "respond",
            ("request.respond",),
            "a bill stands that no later change of a price touches, until it runs out",
            frozenset({"accept"}),
        ),
        Step(
            "hold",
            ("request.respond",),
            "what a pharmacy is quoted with is kept of its stock until then",
            frozenset({"respond"}),
            "the stock is let go",
        ),
        Step(
            "choose",
            ("request.confirm",),
            "her side has said yes to this bill, and how it is paid",
            frozenset({"respond"}),
        ),
        Step(
            "spend",
            ("request.confirm",),
            "the units it needs are taken out of her prescription, before anything is paid",
            frozenset({"choose"}),
            "they come back to it",
        ),
        Step(
            "pay",
            ("requests.mark_paid",),
            "money for the whole bill counts; each order gets its share and refunds it by itself",
            frozenset({"choose"}),
        ),
        Step(
            "split",
            ("request.confirm", "requests.mark_paid"),
            "one order for each provider stands, and has what was kept for it",
            frozenset({"choose"}),
        ),
        Step(
            "end",
            ("order.set_status", "order.cancel", "job:order.give_up_due"),
            "all its orders have ended",
            frozenset({"split"}),
        ),
    ),
)
