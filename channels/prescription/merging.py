"""What a desk-made record brings to its person's prescriptions when it turns out to be hers, and takes away again."""

from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import Job, consumer
from channels.prescription.events import PrescriptionsListed, prescriptions


class Claimed(Job, name="prescription.claimed"):
    """A record with prescriptions was merged into a person's, or is no longer. The database's trigger leaves it."""

    patient_id: UUID
    into_id: UUID


@consumer(Claimed, emits={PrescriptionsListed})
async def list_anew(ctx: Ctx, job: Claimed) -> None:
    """Tell the whole list: what is issued or given out of it meanwhile waits, and is told after it."""
    both = [job.patient_id, job.into_id]
    # In the order in which an issue takes them: the prescription, then whose it is.
    await ctx.tx.execute("SELECT FROM prescription WHERE patient_id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", both)
    await ctx.tx.execute("SELECT FROM patient WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", both)
    now = await prescriptions(ctx, job.into_id)
    ctx.emit(PrescriptionsListed(patient_id=job.into_id, prescriptions=now.prescriptions))
