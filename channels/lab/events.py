"""What a patient's side and a laboratory hear of tests and reports, and what they see first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.event import Event
from carewire.money import Money
from carewire.topic import Ask, topic
from channels.care import RecordType
from channels.care import access as care
from channels.identity import access as identity
from channels.lab.lifecycle import ENDED, CancelReason, LabTestState, Mode, RejectReason, ReportState
from channels.lab.ranges import Result
from channels.lab.rows import COLUMNS, LabTest, from_row

SHOWN: Final = 200
"""Tests and reports of a patient in a snapshot, newest first; older ones are listed."""
BOARD_MAX: Final = 1_000
"""Open tests of a laboratory in a snapshot, oldest first."""


class LabTestView(msgspec.Struct, frozen=True, kw_only=True):
    """One test for one patient. `planned_at` to `planned_until` is when the sample is taken, on the clock of `zone`.

    `name` is what was asked; `code`, `price` and `preparation` are the chosen laboratory's, as they were then.
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
    """A critical value that somebody has to acknowledge, and how far asking for it has gone."""

    id: UUID
    due_at: datetime
    step: int
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


class LabFile(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's tests and published reports, newest first."""

    patient_id: UUID
    tests: list[LabTestView]
    reports: list[LabReportView]


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """What a laboratory has to do: its tests that are not over, oldest first."""

    laboratory_id: UUID
    tests: list[BoardTest]


class LabTestUpdated(Event, name="lab_test:updated", topic="lab_reports:{patient_id}"):
    """A test was asked for, or moved on."""

    patient_id: UUID
    test: LabTestView

    @staticmethod
    def apply(snapshot: LabFile, event: "LabTestUpdated") -> LabFile:
        """The snapshot after this event."""
        return msgspec.structs.replace(snapshot, tests=_put(snapshot.tests, event.test))


class BoardUpdated(Event, name="lab_test:updated", topic="lab_desk:{laboratory_id}"):
    """A test of this laboratory moved on; one that is over leaves the board."""

    laboratory_id: UUID
    test: BoardTest

    @staticmethod
    def apply(snapshot: Board, event: "BoardUpdated") -> Board:
        """The snapshot after this event."""
        left = [test for test in snapshot.tests if test.id != event.test.id]
        if event.test.state not in ENDED:
            left.append(event.test)
        return msgspec.structs.replace(snapshot, tests=sorted(left, key=lambda test: test.id)[:BOARD_MAX])


TEST_EMITS: Final[frozenset[type[Event]]] = frozenset({LabTestUpdated, BoardUpdated})
"""What every command tells that moves a test."""


def _put(held: Sequence[Any], one: Any) -> list[Any]:
    """The newest first, `one` in the place of what it was, as many as are shown."""
    rest = [other for other in held if other.id != one.id]
    return sorted([*rest, one], key=lambda each: each.id, reverse=True)[:SHOWN]


async def may_hear_lab(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Who may read all lab reports of a patient: her own side, by consent, by break-glass."""
    return await care.may_hear(ctx, asks, RecordType.LAB_REPORT)


async def may_hear_board(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Who works at the laboratory."""
    return await identity.works_many(ctx.tx, [(actor.id, key[0]) for actor, key in asks])


@topic("lab_reports:{patient_id}", may=may_hear_lab)
async def lab_reports(ctx: Ctx, patient_id: UUID) -> LabFile:
    """A patient's tests and reports: what is asked, how far it is, what was found."""
    rows = await ctx.tx.fetch(
        f"SELECT {COLUMNS} FROM lab_test t WHERE t.patient_id = $1 ORDER BY t.id DESC LIMIT {SHOWN}", patient_id
    )
    return LabFile(
        patient_id=patient_id,
        tests=await views(ctx, [from_row(row) for row in rows]),
        reports=[],
    )


@topic("lab_desk:{laboratory_id}", may=may_hear_board)
async def lab_desk(ctx: Ctx, laboratory_id: UUID) -> Board:
    """What a laboratory has to do; whose test it is tells `lab_test.get`."""
    rows = await ctx.tx.fetch(
        f"SELECT {COLUMNS} FROM lab_test t WHERE t.laboratory_id = $1 AND t.state NOT IN ('completed', 'cancelled')"
        f" ORDER BY t.id LIMIT {BOARD_MAX}",
        laboratory_id,
    )
    return Board(laboratory_id=laboratory_id, tests=[board_test(from_row(row)) for row in rows])


async def views(ctx: Ctx, tests: Sequence[LabTest]) -> list[LabTestView]:
    """Tests as those see them who may."""
    rows = await ctx.tx.fetch(
        "SELECT id, name, zone FROM place WHERE id = ANY ($1)", [test.laboratory_id for test in tests]
    )
    places = {row["id"]: row for row in rows}
    found = []
    for test in tests:
        place, offer = places.get(test.laboratory_id), test.offer
        own = {name: getattr(test, name) for name in LabTestView.__struct_fields__ if hasattr(test, name)}
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
