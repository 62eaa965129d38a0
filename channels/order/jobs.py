"""What an order leaves to be done when time passes."""

from typing import Final
from uuid import UUID

from carewire.jobs.job import Job

PAY_KEY: Final = "order.pay:{order_id}"


class AcceptOverdue(Job, name="order.accept_overdue"):
    """The provider has had its time to accept: the coordinators are alarmed. `offer`: the how-manieth it was."""

    order_id: UUID
    offer: int


class GiveUpDue(Job, name="order.give_up_due"):
    """Nobody re-offered it in time: it is over, and what was paid goes back. `offer`: as above."""

    order_id: UUID
    offer: int


class PayOverdue(Job, name="order.pay_overdue"):
    """It was to be paid online by now."""

    order_id: UUID


class NotCollected(Job, name="order.not_collected"):
    """It was to be fetched by now."""

    order_id: UUID


class KeptTooLong(Job, name="order.kept_too_long"):
    """What is kept for it is about to be nobody's again, and it has not been handed over."""

    order_id: UUID


class CompletionDue(Job, name="order.completion_due"):
    """Nobody complained since it was handed over."""

    order_id: UUID
