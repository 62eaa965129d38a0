"""What a desk-made record brings to its person's prescriptions when it turns out to be hers, and takes away again."""

from uuid import UUID

from carewire.command import Ctx
from carewire.errors import Busy
from carewire.jobs.job import Job, consumer
from channels.care import access as care
from channels.care import follow_merging
from channels.prescription.events import PrescriptionsListed, prescriptions


class Claimed(Job, name="prescription.claimed"):
    """A record was merged into a person's, or is no longer."""

    patient_id: UUID
    into_id: UUID


@consumer(Claimed, emits={PrescriptionsListed})
async def list_anew(ctx: Ctx, job: Claimed) -> None:
    """Tell the whole list, where the record has anything that is on it: what is issued or given out of it meanwhile
    waits, and is told after it. So is what records bring that were merged before.

    Raises `Busy` where one is on the list that it does not hold: issued, or of a record merged, at this moment.
    """
    records = sorted({job.patient_id, *await care.records_of(ctx, job.into_id)})
    # In the order in which an issue takes them: the prescription, then whose it is.
    held = await ctx.tx.fetch(
        "SELECT id, patient_id, state FROM prescription WHERE patient_id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
        records,
    )
    await ctx.tx.execute("SELECT FROM patient WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", records)
    if not any(row["patient_id"] == job.patient_id and row["state"] != "draft" for row in held):
        return
    now = await prescriptions(ctx, job.into_id)
    if not {card.id for card in now.prescriptions} <= {row["id"] for row in held}:
        raise Busy(after_ms=50)
    ctx.emit(PrescriptionsListed(patient_id=job.into_id, prescriptions=now.prescriptions))


follow_merging(Claimed)
