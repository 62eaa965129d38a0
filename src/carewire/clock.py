"""Two clocks. `real_now` is the wall: credentials, locks, receipts. `now` is the product's: clinic time.

They are the same unless `CAREWIRE_CLOCK_RATE` makes the product's clock run faster for a replay or a demonstration;
then it counts from the deployment's birth, so that all nodes agree and a restart does not move it.
"""

from datetime import UTC, datetime, timedelta


class Clock:
    """The clocks of one node."""

    def __init__(self, rate: float = 1.0, born_at: datetime | None = None) -> None:
        self.rate = rate
        self.born_at = born_at or datetime.now(UTC)

    def real_now(self) -> datetime:
        """Wall-clock time, UTC."""
        return datetime.now(UTC)

    def now(self) -> datetime:
        """Product time, UTC."""
        real = self.real_now()
        return real if self.rate == 1.0 else self.born_at + (real - self.born_at) * self.rate

    def real_delay(self, product: timedelta) -> float:
        """How many real seconds a span of product time takes."""
        return product.total_seconds() / self.rate
