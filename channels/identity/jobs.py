"""What identity forgets by itself."""

from typing import Final

from carewire.command import Ctx
from carewire.jobs.job import Job, consumer
from channels.identity import exports, otp

MOST: Final = 5_000
"""Rows of a kind a night; what is left is for the next one."""


class CleanUp(Job, name="temp_cleanup", cron="30 3 * * *", zone="Asia/Kolkata"):
    """Codes, registrations, counters and struck-off tokens that ran out long ago, also where nobody logs in now."""


@consumer(CleanUp)
async def clean_up(ctx: Ctx, job: CleanUp) -> None:
    """Every night, when few are up."""
    await otp.forget(ctx, MOST)
    await exports.forget(ctx)
