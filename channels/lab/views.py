"""Tests and reports as people see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.money import Money
from channels.lab.lifecycle import CancelReason, LabTestState, Mode, RejectReason, ReportState
from channels.lab.ranges import Result
from channels.lab.rows import LabTest


class LabTestView(msgspec.Struct, frozen=True, kw_only=True):
    """One test for one patient. `planned_at` to `planned_until` is when the sample is taken, on the clock of `zone`.

    `name` is what was asked; `code`, `price` and `preparation` are the chosen laboratory's, as they were then.
    `address` and `postal_code` are answered to her side, and to the laboratory as long as somebody is to come; no topic
    says them.
    """

    id: UUID
    number: str
    patient_id: UUID
    laboratory_id: UUID | None
    laboratory: str | None
    zone: str | None
    catalogue_id: UUID | None
    code: str | None
    name: str
    sample: str | None
    price: Money | None
    preparation: str | None
    doctor_id: UUID | None
    place_id: UUID | None
    consultation_id: UUID | None
    order_id: UUID | None
    state: LabTestState
    mode: Mode | None
    planned_at: datetime | None
    planned_until: datetime | None
    address: str | None
    postal_code: str | None
    notes: str | None
    draws: int
    reject_reason: RejectReason | None
    cancel_reason: CancelReason | None
    asked_at: datetime
    collected_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None


class BoardTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test as the laboratory's board shows it: what to do and when, and nobody's name."""

    id: UUID
    number: str
    code: str
    name: str
    state: LabTestState
    mode: Mode | None
    planned_at: datetime | None
    planned_until: datetime | None
    draws: int
    asked_at: datetime


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a report. What was published stays as it was; `reason` says why there is another one."""

    id: UUID
    version: int
    results: list[Result]
    remark: str | None
    media_ids: list[UUID]
    reason: str | None
    published_at: datetime | None


class CriticalView(msgspec.Struct, frozen=True, kw_only=True):
    """A critical value that somebody has to acknowledge; until `due_at` before others are asked."""

    id: UUID
    due_at: datetime
    acknowledged_at: datetime | None


class LabReportView(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: `versions`, the newest first; only the first of them counts."""

    id: UUID
    number: str
    lab_test_id: UUID
    patient_id: UUID
    laboratory_id: UUID
    doctor_id: UUID | None
    name: str
    state: ReportState
    collected_at: datetime
    published_at: datetime | None
    critical: CriticalView | None
    versions: list[VersionView]


async def views(ctx: Ctx, tests: Sequence[LabTest]) -> list[LabTestView]:
    """Tests as everybody sees them who may: without where she lives."""
    rows = await ctx.tx.fetch(
        "SELECT id, name, zone FROM place WHERE id = ANY ($1)", [test.laboratory_id for test in tests]
    )
    places = {row["id"]: row for row in rows}
    found = []
    for test in tests:
        place, offer = places.get(test.laboratory_id), test.offer
        own = {name: getattr(test, name) for name in LabTestView.__struct_fields__ if hasattr(test, name)}
        own |= {"address": None, "postal_code": None}
        found.append(
            LabTestView(
                **own,
                laboratory=place and place["name"],
                zone=place and place["zone"],
                code=offer.code if offer else None,
                sample=offer.sample if offer else None,
                price=offer.price if offer else None,
                preparation=offer.preparation if offer else None,
            )
        )
    return found


def board_test(test: LabTest) -> BoardTest:
    """A test without whose it is."""
    assert test.offer is not None
    own = {name: getattr(test, name) for name in BoardTest.__struct_fields__ if hasattr(test, name)}
    return BoardTest(**own, code=test.offer.code)


async def reports(ctx: Ctx, where: str, *values: Any, limit: int) -> list[LabReportView]:
    """The reports `r` of tests `t` of which the condition holds, newest first, drafts among them."""
    found = await ctx.tx.fetch(
        "SELECT r.id, r.number, r.lab_test_id, r.patient_id, r.laboratory_id, t.doctor_id, t.name, r.state, r.version,"
        " t.collected_at, r.published_at FROM lab_report r JOIN lab_test t ON t.id = r.lab_test_id"
        f" WHERE {where} ORDER BY r.id DESC LIMIT {limit:d}",
        *values,
    )
    ids = [row["id"] for row in found]
    versions: dict[UUID, list[VersionView]] = {report_id: [] for report_id in ids}
    for row in await ctx.tx.fetch(
        "SELECT report_id, id, version, results, remark, media_ids, reason, published_at FROM lab_report_version"
        " WHERE report_id = ANY ($1) ORDER BY version DESC",
        ids,
    ):
        told = {**dict(row), "results": msgspec.json.decode(row["results"])}
        versions[told.pop("report_id")].append(msgspec.convert(told, VersionView))
    waiting = {
        (row["report_id"], row["version"]): CriticalView(
            id=row["id"], due_at=row["due_at"], acknowledged_at=row["acknowledged_at"]
        )
        for row in await ctx.tx.fetch(
            "SELECT report_id, version, id, due_at, acknowledged_at FROM lab_critical WHERE report_id = ANY ($1)", ids
        )
    }
    views = []
    for row in found:
        told = dict(row)
        critical = waiting.get((row["id"], told.pop("version")))
        views.append(msgspec.convert({**told, "critical": critical, "versions": versions[row["id"]]}, LabReportView))
    return views
