"""What a request leaves to be done when time passes or its orders end."""

from uuid import UUID

from carewire.jobs.job import Job


class BillOverdue(Job, name="request.bill_overdue"):
    """This bill has run out, unless it was confirmed."""

    request_id: UUID
    bill_id: UUID


class OrdersEnded(Job, name="request.orders_ended"):
    """An order of this request ended; when all have, it is over."""

    request_id: UUID
