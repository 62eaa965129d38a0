"""Reading reports: by whom the patient lets, and by who examines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from channels.care import RecordType
from channels.care import access as care
from channels.care.access import Ask
from channels.directory import access as directory
from channels.identity import access as identity
from channels.identity.errors import FactDue
from channels.lab import access, drafting
from channels.lab.access import READS, opened
from channels.lab.finishing import finishes
from channels.lab.lifecycle import ReportState
from channels.lab.rows import COLUMNS, from_row
from channels.lab.testing import PEOPLE, WORKS
from channels.lab.views import LabReportView, reports
from channels.media import access as media


@query("lab_report.get", allow=PEOPLE, errors={NotFound, FactDue})
async def get(ctx: Ctx, lab_report_id: UUID) -> LabReportView:
    """A report with all its versions; a draft only for the laboratory's technicians."""
    test, sight = await access.lab_test(ctx, await drafting.lab_test_of(ctx, lab_report_id))
    report = await drafting.report_of(ctx, test.id)
    if report is None or not sight.reads or (report.state is ReportState.DRAFT and not sight.duties & WORKS):
        raise NotFound()
    return (await reports(ctx, "r.id = $1", lab_report_id, limit=1))[0]


@query("lab_report.list", allow=PEOPLE, errors={NotFound, InvalidParams, FactDue})
async def list_(
    ctx: Ctx,
    patient_id: UUID | None = None,
    laboratory_id: UUID | None = None,
    order_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = 20,
    cursor: Cursor | None = None,
) -> Page[LabReportView]:
    """Reports, newest first: of a patient, of the laboratory where one works; without either, those of whom one acts
    for and those one asked for as a doctor. `since`/`until` bound when they were published.

    What the caller may not read is left out, so a page may be shorter than `limit` and not be the last.
    """
    await identity.require_fact(ctx)
    if laboratory_id is not None:
        await directory.place(ctx, laboratory_id, duties=READS)
    whole = await care.records_of(ctx, patient_id) if patient_id is not None else None
    before: UUID | None = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    found: list[Any] = await ctx.tx.fetch(
        f"""SELECT r.id AS report_id, r.state AS report_state, {COLUMNS}
              FROM lab_report r JOIN lab_test t ON t.id = r.lab_test_id
             WHERE ($1::uuid[] IS NULL OR r.patient_id = ANY ($1)) AND ($2::uuid IS NULL OR r.laboratory_id = $2)
               AND ($3::uuid IS NULL OR t.order_id = $3) AND ($4::uuid IS NULL OR r.id < $4)
               AND ($5::timestamptz IS NULL OR r.published_at >= $5)
               AND ($6::timestamptz IS NULL OR r.published_at < $6)
               AND (r.state <> 'draft' OR r.laboratory_id = ANY ($10))
               AND ($1::uuid[] IS NOT NULL OR $2::uuid IS NOT NULL OR t.doctor_id = $7
                    OR r.patient_id IN (SELECT g.patient_id FROM guarding g WHERE g.account_id = $8))
             ORDER BY r.id DESC LIMIT $9""",
        whole,
        laboratory_id,
        order_id,
        before,
        since,
        until,
        await directory.doctor_of(ctx.tx, ctx.actor.id),
        ctx.actor.id,
        limit + 1,
        await identity.works_at(ctx.tx, ctx.actor.id, WORKS),
    )
    page = found[:limit]
    tests = [from_row(row) for row in page]
    shown, told = [], set()
    for row, test, sight in zip(page, tests, await access.sights(ctx, tests), strict=True):
        if sight.reads and (row["report_state"] != ReportState.DRAFT or sight.duties & WORKS):
            shown.append(row["report_id"])
            if test.patient_id not in told:
                opened(ctx, test, sight)
                told.add(test.patient_id)
    return Page(
        rows=await reports(ctx, "r.id = ANY ($1)", shown, limit=limit),
        cursor=paging.encode(page[-1]["report_id"]) if len(found) > limit else None,
    )


@media.readers(drafting.NOUN)
async def may_read_files(ctx: Ctx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]:
    """Who may read a published report reads its files, and those of its former versions."""
    since: list[datetime | None] = [None] * len(asks)
    if await identity.owes_fact(ctx):
        return since
    found = await ctx.tx.fetch(
        "SELECT r.id, r.state, r.patient_id, r.laboratory_id, r.lab_test_id, t.doctor_id FROM lab_report r"
        " JOIN lab_test t ON t.id = r.lab_test_id WHERE r.id = ANY ($1)",
        [report_id for _, report_id in asks],
    )
    known = {row["id"]: row for row in found}
    works = await identity.works_many(
        ctx.tx, [(a, known[r]["laboratory_id"] if r in known else r) for a, r in asks], WORKS
    )
    wanted = [(n, account, known[report]) for n, (account, report) in enumerate(asks) if report in known]
    rights = await care.reasons(
        ctx,
        [
            Ask(account, row["patient_id"], RecordType.LAB_REPORT, row["doctor_id"], row["laboratory_id"])
            for _, account, row in wanted
        ],
    )
    finishing = await finishes(ctx, [row["lab_test_id"] for _, _, row in wanted])
    for (n, _, row), given in zip(wanted, rights, strict=True):
        held = given or ([finishing[row["lab_test_id"]]] if works[n] and row["lab_test_id"] in finishing else [])
        if held and (row["state"] != ReportState.DRAFT or works[n] is not None):
            care.opened(ctx, row["patient_id"], RecordType.LAB_REPORT, held)
            since[n] = held[0].since
    return since
