"""What the stock does by itself when time passes."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from carewire.jobs.job import Job

HOLD_KEY: Final = "stock_hold:{hold_id}"
PHARMACY_KEY: Final = "stock_expired:{pharmacy_id}"


class HoldOverdue(Job, name="stock.hold_overdue"):
    """The time of a hold is over."""

    hold_id: UUID


class StockDay(Job, name="stock.day", every=timedelta(minutes=15)):
    """Somewhere a new day has begun: what expired yesterday is written off there."""


class StockExpired(Job, name="stock.expired"):
    """Something on this pharmacy's shelves has expired."""

    pharmacy_id: UUID
