"""What a record brings to its person's tests and reports when it turns out to be hers, and takes away again."""

from uuid import UUID

from carewire.command import Ctx
from carewire.errors import Busy
from carewire.jobs.job import Job, consumer
from channels.care import access as care
from channels.care import follow_merging
from channels.lab.events import LabReportsListed, lab_reports


class Claimed(Job, name="lab_report.claimed"):
    """A record was merged into a person's, or is no longer."""

    patient_id: UUID
    into_id: UUID


@consumer(Claimed, emits={LabReportsListed})
async def list_anew(ctx: Ctx, job: Claimed) -> None:
    """Tell the whole list, where the record has anything that is on it: what moves meanwhile waits, and is told after
    it. Raises `Busy` where it would tell what it does not hold: of a record merged at this moment.
    """
    records = sorted({job.patient_id, *await care.records_of(ctx, job.into_id)})
    await ctx.tx.execute("SELECT FROM patient WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", records)
    held = await ctx.tx.fetch(
        "SELECT id, patient_id FROM lab_test WHERE patient_id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", records
    )
    if any(row["patient_id"] == job.patient_id for row in held):
        now = await lab_reports(ctx, job.into_id)
        if not {*(one.id for one in now.tests), *(one.lab_test_id for one in now.reports)} <= {
            row["id"] for row in held
        }:
            raise Busy(after_ms=50)
        ctx.emit(LabReportsListed(patient_id=job.into_id, tests=now.tests, reports=now.reports))


follow_merging(Claimed)
