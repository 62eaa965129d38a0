"""What the platform does every few minutes for itself."""

from datetime import timedelta

from carewire.command import Ctx
from carewire.jobs import rows
from carewire.jobs.job import Job, consumer
from carewire.providers import tracking
from carewire.store import receipts, webhooks


class KeepHouse(Job, name="platform.keep_house", every=timedelta(minutes=10)):
    """Partitions ahead, old receipts, ended jobs, letters and events of gateways away."""


class WipeExpired(Job, name="platform.wipe_expired", every=timedelta(minutes=1)):
    """Secrets that waited too long to be sent are wiped."""


@consumer(KeepHouse)
async def keep_house(ctx: Ctx, job: KeepHouse) -> None:
    """Each statement is bounded; what is left is for the next time."""
    await receipts.prune(ctx.tx)
    await rows.prune(ctx.tx)
    await webhooks.prune(ctx.tx, ctx.real_now)
    await tracking.prune(ctx.tx, ctx.real_now)
    # Last, for a new partition shuts everybody out until the transaction ends; the audit's first, as commands write.
    await ctx.tx.execute("SELECT carewire_audit_partitions()")
    await ctx.tx.execute("SELECT carewire_partitions()")


@consumer(WipeExpired)
async def wipe_expired(ctx: Ctx, job: WipeExpired) -> None:
    """Also when no worker ran for hours: the first one to come wipes before it sends."""
    await rows.expire(ctx.tx)
