"""How far a text message came: a row before it leaves, its gateway's name for it after, and then what the gateway says.

The row's id is the job's and stands in the address to which the gateway reports (`status_url`). So a report that is
quicker than the answer to our own call finds its letter, and neither number nor text is kept to find it by.
"""

from datetime import datetime, timedelta
from typing import Final

from carewire.jobs.job import Trip
from carewire.settings import Settings
from carewire.store.db import Tx

KEPT: Final = timedelta(days=30)
GATEWAY: Final = "twilio"
_LEAVES: Final = """INSERT INTO letter (id, channel, kind, state, at)
VALUES ($1, 'sms', (SELECT name FROM job WHERE id = $1), 'leaving', $2) ON CONFLICT DO NOTHING"""
_LEFT: Final = """UPDATE letter SET ref = coalesce(ref, $2),
state = CASE state WHEN 'leaving' THEN 'accepted' ELSE state END WHERE id = $1"""


async def leaves(tx: Tx, trip: Trip) -> None:
    """It is about to leave, perhaps again."""
    await tx.execute(_LEAVES, trip.ref, trip.real_now)


async def left(trip: Trip, name: str | None) -> None:
    """The gateway has it, and calls it so."""
    async with trip.db.transaction() as tx:
        await tx.execute(_LEFT, trip.ref, name)


def status_url(settings: Settings, trip: Trip) -> str | None:
    """Where the gateway says how far it came; None where nobody outside could reach us.

    What follows the `#` are Twilio's own connection overrides: try five times, whatever went wrong.
    """
    if settings.public_url is None or not settings.sms_secrets:
        return None
    return f"{settings.public_http}/webhooks/{GATEWAY}?letter={trip.ref}#rc=5&rp=all"


async def prune(tx: Tx, real_now: datetime) -> None:
    """Forget letters of which nothing will be heard any more."""
    await tx.execute("DELETE FROM letter WHERE id IN (SELECT id FROM letter WHERE at < $1 LIMIT 5000)", real_now - KEPT)
