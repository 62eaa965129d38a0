"""What stands in a report: the values as they are judged, the remark and the files, and the versions they make."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from carewire.command import Ctx
from carewire.errors import Field, InvalidParams, NotFound
from carewire.ids import uuid7
from channels.identity import Sex
from channels.lab import ranges
from channels.lab.errors import NoReport
from channels.lab.lifecycle import ReportState
from channels.lab.ranges import Result, Value, ages_of, judge
from channels.lab.rows import LabTest
from channels.media import MediaKind
from channels.media import access as media

NOUN: Final = "lab_report"
KINDS: Final = frozenset({MediaKind.MEDICAL_RECORD, MediaKind.DOCUMENT, MediaKind.IMAGE})


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A report's row; its test is locked by whoever writes it."""

    id: UUID
    lab_test_id: UUID
    state: ReportState
    version: int


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What one version says."""

    results: list[Result]
    remark: str | None
    media_ids: list[UUID]

    def require(self) -> None:
        """Raises `NoReport` when there is nothing in it."""
        if not self.results and not self.media_ids and self.remark is None:
            raise NoReport()


async def report_of(ctx: Ctx, lab_test_id: UUID) -> Report | None:
    """The report of a test, if there is one."""
    row = await ctx.tx.fetchrow(
        "SELECT id, lab_test_id, state, version FROM lab_report WHERE lab_test_id = $1", lab_test_id
    )
    return None if row is None else msgspec.convert(dict(row), Report)


async def lab_test_of(ctx: Ctx, lab_report_id: UUID) -> UUID:
    """Which test a report is of. Raises `NotFound`."""
    found: UUID | None = await ctx.tx.fetchval("SELECT lab_test_id FROM lab_report WHERE id = $1", lab_report_id)
    if found is None:
        raise NotFound()
    return found


async def content_of(ctx: Ctx, report: Report) -> Content:
    """What its version says that counts."""
    row = await ctx.tx.fetchrow(
        "SELECT results, remark, media_ids FROM lab_report_version WHERE report_id = $1 AND version = $2",
        report.id,
        report.version,
    )
    assert row is not None
    return Content(
        results=msgspec.json.decode(row["results"], type=list[Result]),
        remark=row["remark"],
        media_ids=list(row["media_ids"]),
    )


async def judged(ctx: Ctx, test: LabTest, values: Sequence[Value]) -> list[Result]:
    """The values against what was normal for her on the day of the sample, by the catalogue as it was when chosen."""
    if test.offer is None or test.collected_at is None or test.laboratory_id is None:
        return []
    row = await ctx.tx.fetchrow(
        # Of a record that was merged into hers, what she says of herself goes before what a desk wrote down.
        "SELECT coalesce(h.sex, p.sex) AS sex, l.zone, CASE WHEN h.birth_date IS NULL AND h.birth_year IS NULL"
        " THEN p.birth_date ELSE h.birth_date END AS birth_date, coalesce(h.birth_year, p.birth_year) AS birth_year"
        " FROM patient p CROSS JOIN place l LEFT JOIN patient_claim c ON c.patient_id = p.id AND c.into_id IS NOT NULL"
        " AND c.undone_at IS NULL LEFT JOIN patient h ON h.id = c.into_id WHERE p.id = $1 AND l.id = $2",
        test.patient_id,
        test.laboratory_id,
    )
    assert row is not None
    day = test.collected_at.astimezone(ZoneInfo(row["zone"])).date()
    sex = None if row["sex"] is None else Sex(row["sex"])
    return judge(test.offer.analytes, values, sex, ages_of(row["birth_date"], row["birth_year"], day))


async def attach(ctx: Ctx, report_id: UUID, wanted: Sequence[UUID], known: Sequence[UUID]) -> list[UUID]:
    """The files of a version: those its former one had, and new ones of the caller's."""
    if len({*wanted}) < len(wanted):
        raise InvalidParams(fields=(Field("$.media_ids", "a file stands there twice"),))
    fresh = [media_id for media_id in wanted if media_id not in known]
    if fresh:
        await media.attach(ctx, fresh, NOUN, report_id, KINDS)
    return list(wanted)


async def create(ctx: Ctx, test: LabTest) -> Report:
    """An empty draft."""
    report_id = uuid7()
    await ctx.tx.execute(
        "INSERT INTO lab_report (id, lab_test_id, patient_id, laboratory_id, state, created_at)"
        " VALUES ($1, $2, $3, $4, 'draft', $5)",
        report_id,
        test.id,
        test.patient_id,
        test.laboratory_id,
        ctx.now,
    )
    await ctx.tx.execute(
        "INSERT INTO lab_report_version (report_id, version, results, written_by, written_at)"
        " VALUES ($1, 1, '[]', $2, $3)",
        report_id,
        ctx.actor.id,
        ctx.now,
    )
    return Report(id=report_id, lab_test_id=test.id, state=ReportState.DRAFT, version=1)


async def write(ctx: Ctx, report: Report, content: Content, *, published: bool = False) -> None:
    """Let a draft say this, and with `published` for good."""
    await ctx.tx.execute(
        "UPDATE lab_report_version SET results = $2, remark = $3, media_ids = $4, written_by = $5, written_at = $6,"
        " published_at = $7 WHERE report_id = $1 AND version = 1",
        report.id,
        ranges.encode(content.results),
        content.remark,
        content.media_ids,
        ctx.actor.id,
        ctx.now,
        ctx.now if published else None,
    )
    if published:
        await ctx.tx.execute(
            "UPDATE lab_report SET state = 'published', published_at = $2 WHERE id = $1", report.id, ctx.now
        )


async def amend(ctx: Ctx, report: Report, content: Content, reason: str) -> UUID:
    """One version more; the id of it."""
    version_id = uuid7()
    await ctx.tx.execute(
        "INSERT INTO lab_report_version (id, report_id, version, results, remark, media_ids, reason, written_by,"
        " written_at, published_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        version_id,
        report.id,
        report.version + 1,
        ranges.encode(content.results),
        content.remark,
        content.media_ids,
        reason,
        ctx.actor.id,
        ctx.now,
    )
    await ctx.tx.execute(
        "UPDATE lab_report SET state = 'amended', version = $2 WHERE id = $1", report.id, report.version + 1
    )
    return version_id


async def empty(ctx: Ctx, lab_test_id: UUID) -> None:
    """The sample was of no use: what a draft says of it was never found."""
    report: Any = await report_of(ctx, lab_test_id)
    if report is not None:
        await media.discard(ctx, NOUN, report.id)
        await write(ctx, report, Content(results=[], remark=None, media_ids=[]))
