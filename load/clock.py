"""The product's clock as a client knows it, and the wall moments of what the server dates."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Self

from carewire.client import Client

PINGS = 9


class ProductClock:
    """Converts between product time and this machine's wall clock (seconds since the epoch)."""

    def __init__(self, rate: float, product: datetime, server_wall: float, skew_s: float) -> None:
        self.rate = rate
        self.skew_s = skew_s
        """How far the server's wall clock is ahead of ours; 0 when the difference is within the error of measuring."""
        self._product = product
        self._wall = server_wall - skew_s

    @classmethod
    async def read(cls, client: Client) -> Self:
        """Ask the server a few times; the quickest answer says most."""
        best: tuple[float, float, dict[str, str]] | None = None
        for _ in range(PINGS):
            sent = time.time()
            pong = await client.query("socket.ping")
            took = time.time() - sent
            if best is None or took < best[0]:
                best = took, sent, pong
        assert best is not None
        took, sent, pong = best
        server_wall = datetime.fromisoformat(pong["server_time"]).timestamp()
        skew = server_wall - (sent + took / 2)
        return cls(
            float(client.welcome["clock_rate"]),
            datetime.fromisoformat(pong["product_time"]),
            server_wall,
            skew if abs(skew) > took / 2 else 0.0,
        )

    def now(self) -> datetime:
        """Product time now."""
        return self._product + timedelta(seconds=(time.time() - self._wall) * self.rate)

    def wall(self, product: datetime) -> float:
        """When it was, or will be, this product time on our wall clock."""
        return self._wall + (product - self._product).total_seconds() / self.rate

    async def until(self, product: datetime) -> None:
        """Sleep until then."""
        await asyncio.sleep(max(self.wall(product) - time.time(), 0.0))

    async def span(self, product: timedelta) -> None:
        """Sleep that long in product time."""
        await asyncio.sleep(max(product.total_seconds(), 0.0) / self.rate)


def utc(moment: datetime) -> str:
    """As the wire wants it."""
    return moment.astimezone(UTC).isoformat()
