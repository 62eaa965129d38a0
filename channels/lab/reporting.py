"""Reports: written by technicians, published for good, amended with a reason, and read by whom the patient lets."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from carewire.command import Ctx, command
from carewire.errors import IllegalMove, NotFound
from carewire.forms import Text
from channels.identity import Capacity
from channels.identity import access as identity
from channels.lab import access, critical, drafting, facts, moving
from channels.lab.access import Side, opened
from channels.lab.critical import How
from channels.lab.drafting import Content, Report
from channels.lab.errors import NoLaboratory, NoReport, NotWaiting, ReportStands
from channels.lab.events import REPORT_EMITS, LabReportCreated, LabReportUpdated, records_told
from channels.lab.lifecycle import LAB_REPORT, LAB_TEST, LabTestState
from channels.lab.moving import notify_family
from channels.lab.ranges import Value, Values, critical_of
from channels.lab.rows import LabTest
from channels.lab.testing import REFUSES, WORKS, taken
from channels.lab.views import CriticalView, LabReportView, reports

Files = Annotated[list[UUID], Meta(max_length=20, description="Uploaded by the caller, or of the former version")]
Reason = Annotated[str, Meta(min_length=1, max_length=1000, description="Why it is corrected; the patient reads it")]
Note = Annotated[str, Meta(min_length=1, max_length=1000)]
WRITES: Final = REFUSES | {NoLaboratory, NoReport, ReportStands}


@command("lab_report.create", allow={Capacity.STAFF}, errors=WRITES)
async def create(
    ctx: Ctx,
    lab_test_id: UUID,
    values: Values | None = None,
    remark: Text | None = None,
    media_ids: Files | None = None,
) -> LabReportView:
    """Begin the report of a test whose sample is there. For technicians; nobody else sees it before it is published.

    Values are checked against what the test measures, and judged by sex and age on the day of the sample.
    """
    test = await _at_work(ctx, lab_test_id)
    _require_sample(test)
    if await drafting.report_of(ctx, test.id) is not None:
        raise ReportStands()
    report = await drafting.create(ctx, test)
    content = Content(
        results=await drafting.judged(ctx, test, values or []),
        remark=remark,
        media_ids=await drafting.attach(ctx, report.id, media_ids or [], ()),
    )
    content.require()
    await drafting.write(ctx, report, content)
    return await _view(ctx, report.id)


@command("lab_report.update", allow={Capacity.STAFF}, errors=WRITES)
async def update(
    ctx: Ctx,
    lab_report_id: UUID,
    values: Values | UnsetType = UNSET,
    remark: Text | UnsetType | None = UNSET,
    media_ids: Files | UnsetType = UNSET,
) -> LabReportView:
    """Change a draft; what is left out stays. What was published is amended instead."""
    test = await _at_work(ctx, await drafting.lab_test_of(ctx, lab_report_id))
    report = await _report(ctx, test)
    LAB_REPORT.move(report.state, "update")
    _require_sample(test)
    await drafting.write(ctx, report, await _content(ctx, test, report, values, remark, media_ids))
    return await _view(ctx, report.id)


@command("lab_report.publish", allow={Capacity.STAFF}, emits=REPORT_EMITS, errors=WRITES)
async def publish(ctx: Ctx, lab_report_id: UUID) -> LabReportView:
    """Publish a draft: the test is completed, the patient's side and the doctor who asked are told, and it never
    changes again. A critical value has to be acknowledged.
    """
    test = await _at_work(ctx, await drafting.lab_test_of(ctx, lab_report_id))
    report = await _report(ctx, test)
    LAB_REPORT.move(report.state, "publish")
    said = await drafting.content_of(ctx, report)
    values = [Value(analyte=one.analyte, number=one.number, word=one.word) for one in said.results]
    # Who she is may have been corrected since the draft was begun: what is published is judged by what is known now.
    content = msgspec.structs.replace(said, results=await drafting.judged(ctx, test, values))
    return await _publish(ctx, test, report, content, None)


@command("lab_test.submit_result", allow={Capacity.STAFF}, emits=REPORT_EMITS, errors=WRITES)
async def submit_result(
    ctx: Ctx,
    lab_test_id: UUID,
    values: Values | None = None,
    remark: Text | None = None,
    media_ids: Files | None = None,
    collected_at: datetime | None = None,
) -> LabReportView:
    """The result of a test at once: values, files or both, published. For technicians of the laboratory.

    Also of a test whose steps nobody entered; `collected_at` says when the sample was taken then. What a draft said is
    replaced.
    """
    test = await _at_work(ctx, lab_test_id)
    after = taken(ctx, test, "submit_result", collected_at)
    known = await drafting.report_of(ctx, test.id)
    report = known or await drafting.create(ctx, test)
    had = [] if known is None else (await drafting.content_of(ctx, report)).media_ids
    content = Content(
        results=await drafting.judged(ctx, after, values or []),
        remark=remark,
        media_ids=await drafting.attach(ctx, report.id, media_ids or [], had),
    )
    return await _publish(ctx, test, report, content, collected_at)


@command("lab_test.take_result", allow={Capacity.STAFF}, emits=REPORT_EMITS, errors=WRITES, http=True)
async def take_result(
    ctx: Ctx,
    lab_test_id: UUID,
    media_ids: Files,
    values: Values | None = None,
    remark: Text | None = None,
    collected_at: datetime | None = None,
) -> LabReportView:
    """`lab_test.submit_result`, of a file that came with the form."""
    return await submit_result(
        ctx, lab_test_id, values=values, remark=remark, media_ids=media_ids, collected_at=collected_at
    )


@command("lab_report.amend", allow={Capacity.STAFF}, emits=REPORT_EMITS, errors=WRITES)
async def amend(
    ctx: Ctx,
    lab_report_id: UUID,
    reason: Reason,
    values: Values | UnsetType = UNSET,
    remark: Text | UnsetType | None = UNSET,
    media_ids: Files | UnsetType = UNSET,
) -> LabReportView:
    """Correct a published report by another version; the former ones stay to be read. What is left out is as before."""
    test = await _at_work(ctx, await drafting.lab_test_of(ctx, lab_report_id))
    report = await _report(ctx, test)
    LAB_REPORT.move(report.state, "amend")
    content = await _content(ctx, test, report, values, remark, media_ids)
    content.require()
    version_id = await drafting.amend(ctx, report, content, reason)
    waited = await critical.supersede(ctx, report.id)
    if critical_of(content.results):
        await critical.raise_(ctx, test, report.id, report.version + 1, since=waited)
    await _tell(ctx, test, facts.AMENDED, version_id)
    view = await _view(ctx, report.id)
    await _emit(ctx, LabReportUpdated, test, view)
    return view


@command(
    "lab_report.acknowledge",
    allow={Capacity.DOCTOR, Capacity.STAFF},
    emits={LabReportUpdated},
    errors=REFUSES | {NotWaiting},
)
async def acknowledge(ctx: Ctx, lab_report_id: UUID, how: How, note: Note | None = None) -> CriticalView:
    """Say that you know of a critical value, and what was done. Nobody else is asked any more.

    The doctor who asked for the test; the laboratory's people where there is none; once others were asked, every doctor
    who may read it, and the laboratory.
    """
    await identity.require_fact(ctx)
    test = await access.find(ctx.tx, await drafting.lab_test_of(ctx, lab_report_id), lock=True)
    assert test is not None
    assert test.laboratory_id is not None
    (sight,) = await access.sights(ctx, [test])
    # Its laboratory answers for it as long as it waits, whether or not it would see her otherwise: it is shown nothing.
    responsible = bool(await identity.duties(ctx, test.laboratory_id) & critical.RESPONSIBLE)
    if not sight.sides and not responsible:
        raise NotFound()
    one = await critical.waiting(ctx, lab_report_id)
    late = one.step > critical.FIRST
    doctors = (Side.DOCTOR, Side.READER) if late else (Side.DOCTOR,)
    laboratory = responsible and (late or one.doctor_id is None)
    if not laboratory and (sight.sides.isdisjoint(doctors) or Capacity.DOCTOR not in ctx.actor.capacities):
        raise NotFound()
    if sight.sides:
        opened(ctx, test, sight)
    await critical.acknowledge(ctx, one, how, note)
    view = await _view(ctx, lab_report_id)
    await _emit(ctx, LabReportUpdated, test, view)
    assert view.critical is not None
    return view.critical


async def _publish(
    ctx: Ctx, test: LabTest, report: Report, content: Content, collected_at: datetime | None
) -> LabReportView:
    content.require()
    after = msgspec.structs.replace(taken(ctx, test, "submit_result", collected_at), completed_at=ctx.now)
    await drafting.write(ctx, report, content, published=True)
    await moving.moved(ctx, test, after)
    await access.done(ctx, after)
    if critical_of(content.results):
        await critical.raise_(ctx, after, report.id, 1)
    await _tell(ctx, after, facts.PUBLISHED, report.id)
    view = await _view(ctx, report.id)
    await _emit(ctx, LabReportCreated, test, view)
    return view


async def _tell(ctx: Ctx, test: LabTest, told: Any, ref: UUID) -> None:
    """Her side, and the doctor who asked: that there is something, not what."""
    await notify_family(ctx, test.patient_id, told, ref)
    account_id = await critical.doctor_account(ctx, test)
    if account_id is not None:
        ctx.notify(account_id, told, ref)


async def _emit(ctx: Ctx, kind: type[LabReportCreated | LabReportUpdated], test: LabTest, view: LabReportView) -> None:
    for patient_id in await records_told(ctx, test.patient_id):
        ctx.emit(kind(patient_id=patient_id, report=view))


async def _content(
    ctx: Ctx,
    test: LabTest,
    report: Report,
    values: Values | UnsetType,
    remark: str | UnsetType | None,
    media_ids: list[UUID] | UnsetType,
) -> Content:
    """What it says now, with what is given in its place."""
    now = await drafting.content_of(ctx, report)
    return Content(
        results=now.results if values is UNSET else await drafting.judged(ctx, test, values),
        remark=now.remark if remark is UNSET else remark,
        media_ids=now.media_ids
        if media_ids is UNSET
        else await drafting.attach(ctx, report.id, media_ids, now.media_ids),
    )


async def _at_work(ctx: Ctx, lab_test_id: UUID) -> LabTest:
    """A test of a laboratory where the caller is a technician, locked."""
    test, sight = await access.lab_test(ctx, lab_test_id, lock=True)
    if not sight.duties & WORKS:
        raise NotFound()
    return test


def _require_sample(test: LabTest) -> None:
    """Raises `IllegalMove` where there is nothing that a draft could tell of."""
    if test.state not in (LabTestState.SAMPLE_COLLECTED, LabTestState.IN_PROGRESS):
        raise IllegalMove(
            f"there is no sample: the test is {test.state.value}",
            state=test.state.value,
            legal=LAB_TEST.possible(test.state),
        )


async def _report(ctx: Ctx, test: LabTest) -> Report:
    report = await drafting.report_of(ctx, test.id)
    if report is None:
        raise NotFound()
    return report


async def _view(ctx: Ctx, report_id: UUID) -> LabReportView:
    return (await reports(ctx, "r.id = $1", report_id, limit=1))[0]
