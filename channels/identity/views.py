"""A patient as her family, whoever treats her, and support see her."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from channels.identity.access import PatientRow
from channels.identity.nouns import Kin, Sex


class PatientView(msgspec.Struct, frozen=True, kw_only=True):
    """Who she is and how she is reached; nothing clinical.

    `kind` is what the account's holder is to her, null for whoever treats her: only those see `last_visit_at`.
    """

    id: UUID
    name: str
    birth_year: int | None
    birth_date: date | None
    sex: Sex | None
    kind: Kin | None
    phone: str | None
    last_visit_at: datetime | None


def family_view(row: PatientRow, *, hidden: bool = False) -> PatientView:
    """A patient one acts for. `hidden`: without what a login that owes a known fact would be asked for."""
    return PatientView(
        id=row.id,
        name=row.name,
        birth_year=None if hidden else row.birth_year,
        birth_date=None if hidden else row.birth_date,
        sex=None if row.sex is None else Sex(row.sex),
        kind=row.kind,
        phone=row.phone,
        last_visit_at=None,
    )
