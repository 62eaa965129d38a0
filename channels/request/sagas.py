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
    about="From what a patient asks for to the orders that come of it. Each order has a saga of its own.",
    unwinds=lambda request_id: RequestUnwinds(request_id=request_id),
    steps=(
        Step("accept", ("request.accept",), "a coordinator has it in hand"),
        Step(
            "respond",
            ("request.respond",),
            "a bill stands that no later change of a price touches, until it runs out",
            frozenset({"accept"}),
        ),
    ),
)
