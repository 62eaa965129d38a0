"""What a patient's side and a laboratory hear of tests and reports, and what they see first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire import window
from carewire.command import Ctx
from carewire.event import Event
from carewire.store.db import Tx
from carewire.topic import Ask, topic
from channels.care import RecordType
from channels.care import access as care
from channels.identity import access as identity
from channels.lab.rows import COLUMNS, from_row
from channels.lab.views import BoardTest, LabReportView, LabTestView, board_test, reports, views

SHOWN: Final = 200
"""Tests and reports of a patient in a snapshot, newest first; older ones are listed."""
BOARD_MAX: Final = 1_000
"""Open tests of a laboratory in a snapshot, oldest first."""


class LabFile(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's tests and published reports, newest first."""

    patient_id: UUID
    tests: list[LabTestView]
    reports: list[LabReportView]


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """What a laboratory has to do: its tests that are not over, oldest first, the first `most` of them."""

    laboratory_id: UUID
    most: int
    tests: list[BoardTest]


class LabTestUpdated(Event, name="lab_test:updated", topic="lab_reports:{patient_id}"):
    """A test was asked for, or moved on."""

    patient_id: UUID
    test: LabTestView

    @staticmethod
    def apply(snapshot: LabFile, event: "LabTestUpdated") -> LabFile:
        """The snapshot after this event."""
        return msgspec.structs.replace(snapshot, tests=_put(snapshot.tests, event.test))


class LabReportCreated(Event, name="lab_report:created", topic="lab_reports:{patient_id}"):
    """A report was published."""

    patient_id: UUID
    report: LabReportView

    @staticmethod
    def apply(snapshot: LabFile, event: "LabReportCreated") -> LabFile:
        """The snapshot after this event."""
        return msgspec.structs.replace(snapshot, reports=_put(snapshot.reports, event.report))


class LabReportUpdated(Event, name="lab_report:updated", topic="lab_reports:{patient_id}"):
    """A published report was amended, or its critical value acknowledged."""

    patient_id: UUID
    report: LabReportView

    @staticmethod
    def apply(snapshot: LabFile, event: "LabReportUpdated") -> LabFile:
        """The snapshot after this event."""
        return msgspec.structs.replace(snapshot, reports=_put(snapshot.reports, event.report))


class LabReportsListed(Event, name="lab_report:listed", topic="lab_reports:{patient_id}"):
    """A record was merged into hers, or is hers no longer: this is all that is shown now."""

    patient_id: UUID
    tests: list[LabTestView]
    reports: list[LabReportView]

    @staticmethod
    def apply(snapshot: LabFile, event: "LabReportsListed") -> LabFile:
        """The snapshot after this event."""
        return msgspec.structs.replace(snapshot, tests=event.tests, reports=event.reports)


class BoardUpdated(Event, name="lab_test:updated", topic="lab_desk:{laboratory_id}"):
    """A test of this laboratory moved on; one that is over leaves the board, and what is beyond its end moves up."""

    laboratory_id: UUID
    test: BoardTest
    stands: bool
    """False: it is over, or another laboratory's now, and leaves the board."""
    moved_up: list[BoardTest] = []
    """What is shown last now, where a longer list than the board shows lost one."""

    @staticmethod
    def apply(snapshot: Board, event: "BoardUpdated") -> Board:
        """The snapshot after this event."""
        if event.stands:
            tests = window.put(snapshot.tests, event.test, most=snapshot.most, key=_by_id)
        else:
            tests = window.leave(snapshot.tests, event.test, event.moved_up, most=snapshot.most, key=_by_id)
        return msgspec.structs.replace(snapshot, tests=tests)

    def is_late(self) -> bool:
        """What moves up is known last."""
        return not self.stands

    async def completed(self, tx: Tx, times: int) -> "BoardUpdated":
        """With what moved up."""
        tests = await _open_tests(tx, self.laboratory_id, *window.moved_up(times, BOARD_MAX))
        return msgspec.structs.replace(self, moved_up=tests)


TEST_EMITS: Final[frozenset[type[Event]]] = frozenset({LabTestUpdated, BoardUpdated})
"""What every command tells that moves a test."""
REPORT_EMITS: Final[frozenset[type[Event]]] = TEST_EMITS | {LabReportCreated, LabReportUpdated}
"""What every command tells that publishes or amends a report."""


def _by_id(test: BoardTest) -> UUID:
    return test.id


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


async def records_told(ctx: Ctx, patient_id: UUID) -> list[UUID]:
    """Whose topics hear of this record: its own, and the person's into whose record it was merged."""
    person: UUID | None = await ctx.tx.fetchval(
        "SELECT into_id FROM patient_claim WHERE patient_id = $1 AND into_id IS NOT NULL AND undone_at IS NULL",
        patient_id,
    )
    return [patient_id] if person is None else [patient_id, person]


@topic("lab_reports:{patient_id}", may=may_hear_lab)
async def lab_reports(ctx: Ctx, patient_id: UUID) -> LabFile:
    """A patient's tests and reports: what is asked, how far it is, what was found; also of records merged into hers."""
    whole = await care.records_of(ctx, patient_id)
    rows = await ctx.tx.fetch(
        f"SELECT {COLUMNS} FROM lab_test t WHERE t.patient_id = ANY ($1) ORDER BY t.id DESC LIMIT {SHOWN}", whole
    )
    return LabFile(
        patient_id=patient_id,
        tests=await views(ctx, [from_row(row) for row in rows]),
        reports=await reports(ctx, "r.patient_id = ANY ($1) AND r.state <> 'draft'", whole, limit=SHOWN),
    )


@topic("lab_desk:{laboratory_id}", may=may_hear_board)
async def lab_desk(ctx: Ctx, laboratory_id: UUID) -> Board:
    """What a laboratory has to do; whose test it is tells `lab_test.get`."""
    tests = await _open_tests(ctx.tx, laboratory_id, BOARD_MAX)
    return Board(laboratory_id=laboratory_id, most=BOARD_MAX, tests=tests)


async def _open_tests(tx: Tx, laboratory_id: UUID, limit: int, skip: int = 0) -> list[BoardTest]:
    rows = await tx.fetch(
        f"SELECT {COLUMNS} FROM lab_test t WHERE t.laboratory_id = $1 AND t.state NOT IN ('completed', 'cancelled')"
        " ORDER BY t.id LIMIT $2 OFFSET $3",
        laboratory_id,
        limit,
        skip,
    )
    return [board_test(from_row(row)) for row in rows]
