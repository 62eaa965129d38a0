"""What a visit does by itself when time passes."""

from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import Job, consumer


class VisitOver(Job, name="consultation.visit_over"):
    """The day after a visit is over: without a relationship its doctor reads no longer what she wrote at it."""

    consultation_id: UUID


@consumer(VisitOver)
async def cut_off(ctx: Ctx, job: VisitOver) -> None:
    """Every door is shut already; whoever still listens is looked at again."""
    account_id = await ctx.tx.fetchval(
        "SELECT d.account_id FROM consultation c JOIN doctor d ON d.id = c.doctor_id WHERE c.id = $1",
        job.consultation_id,
    )
    if account_id is not None:
        ctx.rights_changed(account_id)
