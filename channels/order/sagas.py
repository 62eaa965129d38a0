"""The saga of an order: what is kept, spent and paid on the way to its handover, and how each is taken back."""

from typing import Final
from uuid import UUID

from carewire.jobs.job import Job
from carewire.saga import Saga, Step


class OrderUnwinds(Job, name="order.unwind"):
    """An order was given up: the last step of its saga is undone, and the next by the next."""

    order_id: UUID


PLACED: Final = ("order.create", "request.confirm", "requests.mark_paid")

ORDER_SAGA: Final = Saga(
    "order",
    about="From an order that stands to its handover, or to everything given back.",
    unwinds=lambda order_id: OrderUnwinds(order_id=order_id),
    steps=(
        Step("place", PLACED, "the order stands, with the prices that were said"),
        Step(
            "hold",
            (*PLACED, "order.reoffer"),
            "what it needs of the pharmacy's stock is kept for it",
            frozenset({"place"}),
            "the stock is let go",
        ),
        Step(
            "spend",
            (*PLACED, "order.reoffer"),
            "its units are taken out of the prescription",
            frozenset({"place"}),
            "they come back to it",
        ),
        Step(
            "pay",
            ("payment.take", "webhook.stripe", "job:payment.intent_said", "requests.mark_paid"),
            "the money counts for the order",
            frozenset({"place"}),
            "what was paid and not refunded yet is refunded, once",
        ),
        Step(
            "offer",
            (*PLACED, "order.reoffer"),
            "the provider knows of it, and its time to accept runs",
            frozenset({"place"}),
        ),
        Step("accept", ("order.confirm", "order.set_status"), "the provider has promised it", frozenset({"offer"})),
        Step(
            "tests",
            ("order.confirm", "order.set_status"),
            "the laboratory has its tests to do",
            frozenset({"accept"}),
            "those of which no sample was taken are cancelled",
        ),
        Step(
            "fulfil",
            ("order.set_status", "lab_test.submit_result"),
            "it is handed over: what was kept is sold; or its reports are out",
            frozenset({"accept"}),
        ),
    ),
)
