"""Prescriptions between the tables and the wire."""

from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.store.db import Tx
from channels.prescription.papers import CardLine, Prescription, PrescriptionCard, PrescriptionLine

LINE: Final = tuple(PrescriptionLine.__struct_fields__)
CARDS: Final = """SELECT p.id, p.patient_id, p.consultation_id, p.doctor_id, p.doctor, p.place_id, p.state,
       p.created_at, p.issued_at, p.valid_until,
       (SELECT json_agg(json_build_object('line_id', l.id, 'medicine', l.medicine, 'quantity', l.quantity,
                                          'spent', l.spent) ORDER BY l.number)
          FROM prescription_line l WHERE l.prescription_id = p.id)::text AS medicines
  FROM prescription p"""
_WHOLE: Final = f"""SELECT {
    ", ".join(
        f"p.{name}"
        for name in Prescription.__struct_fields__
        if name not in ("appointment_id", "lines", "superseded_by", "is_dispensed")
    )
}, c.appointment_id,
       (SELECT n.id FROM prescription n WHERE n.supersedes_id = p.id AND n.state <> 'draft') AS superseded_by
  FROM prescription p JOIN consultation c ON c.id = p.consultation_id WHERE p.id = $1"""

_card_lines = msgspec.json.Decoder(list[CardLine])


def card(row: Any) -> PrescriptionCard:
    """A row of `CARDS`."""
    values = dict(row)
    lines = _card_lines.decode(values.pop("medicines") or "[]")
    return msgspec.convert(
        values | {"medicines": lines, "is_dispensed": spent(lines)}, PrescriptionCard, from_attributes=True
    )


def spent(lines: list[CardLine] | list[PrescriptionLine]) -> bool:
    """Nothing is left of any line."""
    return bool(lines) and all(line.spent == line.quantity for line in lines)


async def lines_of(tx: Tx, prescription_id: UUID) -> list[PrescriptionLine]:
    """The lines of a prescription in their order."""
    rows = await tx.fetch(
        f"SELECT {', '.join(LINE)} FROM prescription_line WHERE prescription_id = $1 ORDER BY number", prescription_id
    )
    return [msgspec.convert(dict(row), PrescriptionLine) for row in rows]


async def whole(tx: Tx, prescription_id: UUID) -> Prescription | None:
    """All of it, for whoever has passed a door."""
    row = await tx.fetchrow(_WHOLE, prescription_id)
    if row is None:
        return None
    lines = await lines_of(tx, prescription_id)
    values = {**dict(row), "investigations": list(row["investigations"])}
    return msgspec.convert(values | {"lines": lines, "is_dispensed": spent(lines)}, Prescription, from_attributes=True)
