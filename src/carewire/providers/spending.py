"""What letters cost: counted before each leaves, for the whole deployment and day, and stopped at a cap.

Somebody who makes the house send codes for a day spends its money. Caps per number, network and device make that slow
(the product's business); this one makes it end. `carewire_letters_today` beside `carewire_letters_cap` is the alarm.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, Literal

import structlog

from carewire import metrics
from carewire.errors import RateLimited
from carewire.jobs.job import Trip
from carewire.jobs.problems import Temporary
from carewire.providers import tracking
from carewire.settings import Settings
from carewire.store.db import Tx

log = structlog.get_logger("carewire.letters")

Channel = Literal["sms", "email"]

_COUNT: Final = """INSERT INTO letter_count AS c (day, channel, sent) VALUES ($1, $2, 1)
ON CONFLICT (day, channel) DO UPDATE SET sent = c.sent + 1 RETURNING sent"""


def cap_of(settings: Settings, channel: Channel) -> int:
    """Most letters of this kind a day."""
    return settings.sms_day if channel == "sms" else settings.email_day


async def sent(tx: Tx, channel: Channel, now: datetime) -> int:
    """How many were to leave today (UTC). Tries count: what was handed over twice may be paid for twice."""
    count: int | None = await tx.fetchval(
        "SELECT sent FROM letter_count WHERE day = $1 AND channel = $2", now.astimezone(UTC).date(), channel
    )
    return count or 0


async def require_room(tx: Tx, settings: Settings, channel: Channel, now: datetime) -> None:
    """Raises `RateLimited` until tomorrow when the day's letters are spent: better told than promised a code."""
    if await sent(tx, channel, now) >= cap_of(settings, channel):
        metrics.LETTERS_CAPPED.labels(channel).inc()
        tomorrow = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
        raise RateLimited(after_ms=int((tomorrow - now).total_seconds() * 1000))


async def count(trip: Trip, channel: Channel) -> None:
    """One more is about to leave. Raises `Temporary` when the day's letters are spent.

    In a transaction of its own that is over before the letter leaves: letters wait for one another only that long.
    """
    today = trip.real_now.astimezone(UTC).date()
    cap = cap_of(trip.settings, channel)
    async with trip.db.transaction() as tx:
        spent: int = await tx.fetchval(_COUNT, today, channel)
        if channel == "sms":
            await tracking.leaves(tx, trip)
    if spent > cap:
        metrics.LETTERS_CAPPED.labels(channel).inc()
        log.error("letters_capped", channel=channel, cap=cap)
        raise Temporary("spend_cap")


async def measure(tx: Tx, settings: Settings, now: datetime) -> None:
    """Tell the metrics how far the day has come."""
    for channel in ("sms", "email"):
        metrics.LETTERS_CAP.labels(channel).set(cap_of(settings, channel))
        metrics.LETTERS_TODAY.labels(channel).set(await sent(tx, channel, now))


class Counted:
    """A provider whose letters are counted."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def send_sms(self, trip: Trip, to: str, text: str) -> str | None:
        """Count it, then hand it over; how far it comes is in `tracking`."""
        await count(trip, "sms")
        proof: str | None = await self._inner.send_sms(trip, to, text)
        await tracking.left(trip, proof)
        return proof

    async def send_email(self, trip: Trip, to: str, subject: str, text: str) -> str | None:
        """Count it, then hand it over."""
        await count(trip, "email")
        proof: str | None = await self._inner.send_email(trip, to, subject, text)
        return proof
