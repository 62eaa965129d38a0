"""A test as its row holds it, and as different people see it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.money import Money
from carewire.store.db import Tx
from channels.lab.lifecycle import CancelReason, LabTestState, Mode, RejectReason
from channels.lab.ranges import Analyte


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What the laboratory offered when it was chosen: what is measured, and for how much. The catalogue may change."""

    code: str
    name: str
    sample: str
    price: Money
    turnaround_hours: int
    preparation: str | None
    home_collection: bool
    analytes: list[Analyte]


class LabTest(msgspec.Struct, frozen=True, kw_only=True):
    """One test for one patient. Frozen: a changed one is stored by `moving.moved`."""

    id: UUID
    number: str
    patient_id: UUID
    laboratory_id: UUID | None
    catalogue_id: UUID | None
    name: str
    offer: Offer | None
    doctor_id: UUID | None
    place_id: UUID | None
    consultation_id: UUID | None
    order_id: UUID | None
    asked_by: UUID
    asked_at: datetime
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
    collected_at: datetime | None
    collected_by: UUID | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    changed_at: datetime


COLUMNS: Final = ", ".join(f"t.{name}" for name in LabTest.__struct_fields__)
STORED: Final = tuple(
    name
    for name in LabTest.__struct_fields__
    if name not in ("id", "number", "patient_id", "doctor_id", "asked_by", "asked_at", "changed_at")
)


def from_row(row: Any) -> LabTest:
    """The struct of a record that selected `COLUMNS`."""
    values = {name: row[name] for name in LabTest.__struct_fields__}
    if values["offer"] is not None:
        values["offer"] = msgspec.json.decode(values["offer"])
    return msgspec.convert(values, LabTest)


async def find(tx: Tx, lab_test_id: UUID, *, lock: bool = False) -> LabTest | None:
    """The row; whoever asks has checked the right, or acts for nobody."""
    row = await tx.fetchrow(
        f"SELECT {COLUMNS} FROM lab_test t WHERE t.id = $1{' FOR UPDATE' if lock else ''}", lab_test_id
    )
    return None if row is None else from_row(row)


async def of_orders(tx: Tx, order_ids: list[UUID], *, lock: bool = False) -> list[LabTest]:
    """The tests of these orders, oldest first."""
    rows = await tx.fetch(
        f"SELECT {COLUMNS} FROM lab_test t WHERE t.order_id = ANY ($1) ORDER BY t.id{' FOR UPDATE' if lock else ''}",
        order_ids,
    )
    return [from_row(row) for row in rows]
