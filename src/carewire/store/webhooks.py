"""The table `webhook_event`: an event of a gateway is claimed by who does what follows from it, in one transaction."""

from datetime import datetime, timedelta
from typing import Final

from carewire.store.db import Tx

KEPT: Final = timedelta(days=30)
"""Gateways give up after days; by hand an operator can have an event sent again for weeks."""


async def claim(tx: Tx, gateway: str, event_id: str, real_now: datetime) -> bool:
    """False when somebody has done what follows from it. Who comes while another is at it waits for how that ends."""
    tag = await tx.execute(
        "INSERT INTO webhook_event (gateway, event_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        gateway,
        event_id,
        real_now,
    )
    return tag == "INSERT 0 1"


async def prune(tx: Tx, real_now: datetime) -> None:
    """Forget what no gateway sends again."""
    await tx.execute(
        "DELETE FROM webhook_event WHERE (gateway, event_id) IN"
        " (SELECT gateway, event_id FROM webhook_event WHERE at < $1 LIMIT 5000)",
        real_now - KEPT,
    )
