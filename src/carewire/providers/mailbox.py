"""The embedded default of every outgoing letter: a table that development and tests read. Nothing leaves the house."""

from typing import Final

from carewire.jobs.job import Trip

_PUT: Final = """INSERT INTO mailbox (channel, address, subject, body, at, job) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (job) DO NOTHING"""


class Mailbox:
    """Serves as `Sms` and as `Email`. A letter exists once per job, however often it is sent."""

    async def send_sms(self, trip: Trip, to: str, text: str) -> None:
        await self._put(trip, "sms", to, None, text)

    async def send_email(self, trip: Trip, to: str, subject: str, text: str) -> None:
        await self._put(trip, "email", to.lower(), subject, text)

    async def _put(self, trip: Trip, channel: str, address: str, subject: str | None, body: str) -> None:
        async with trip.db.transaction() as tx:
            await tx.execute(_PUT, channel, address, subject, body, trip.real_now, trip.ref)
