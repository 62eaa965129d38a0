"""Doctors and specialties as everybody may see them. Only verified doctors are seen."""

from typing import Any
from uuid import UUID

import msgspec

from carewire.actor import ANYONE
from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit, Name, Word
from carewire.store import paging
from carewire.store.paging import Page


class PracticeView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a doctor works."""

    place_id: UUID
    name: str
    city: str


class DoctorView(msgspec.Struct, frozen=True, kw_only=True):
    """A verified doctor as everybody may see her."""

    id: UUID
    name: str
    specialty: str
    languages: list[str]
    practices: list[PracticeView]


_DOCTORS = """SELECT d.id, d.name, d.specialty, d.languages, lower(d.name) AS rank,
       coalesce((SELECT json_agg(json_build_object('place_id', p.id, 'name', p.name, 'city', p.city)
                                 ORDER BY f.since, p.id)
                   FROM affiliation f JOIN place p ON p.id = f.place_id
                  WHERE f.doctor_id = d.id AND f.state = 'accepted'), '[]') AS practices
  FROM doctor d
  JOIN account a ON a.id = d.account_id AND a.state = 'active'
  JOIN account_capacity c ON c.account_id = d.account_id AND c.capacity = 'doctor' AND c.state = 'active'"""


@query("doctor.list", allow={ANYONE}, errors={InvalidParams})
async def list_doctors(
    ctx: Ctx,
    specialty: Word | None = None,
    city: Name | None = None,
    name: Name | None = None,
    limit: Limit = 20,
    cursor: Cursor | None = None,
) -> Page[DoctorView]:
    """Verified doctors by name. `specialty` is a slug, `city` where they work, `name` any part of theirs."""
    after_name, after_id = paging.decode(cursor, tuple[str, UUID]) if cursor else ("", UUID(int=0))
    rows = await ctx.tx.fetch(
        f"""{_DOCTORS}
             WHERE ($1::text IS NULL OR d.specialty = $1)
               AND ($2::text IS NULL OR EXISTS (SELECT FROM affiliation f JOIN place p ON p.id = f.place_id
                    WHERE f.doctor_id = d.id AND f.state = 'accepted' AND lower(p.city) = lower($2)))
               AND ($3::text IS NULL OR strpos(lower(d.name), lower($3)) > 0)
               AND (lower(d.name), d.id) > ($4, $5)
             ORDER BY lower(d.name), d.id LIMIT $6""",
        specialty,
        city,
        name,
        after_name,
        after_id,
        limit + 1,
    )
    more = paging.encode(rows[limit - 1]["rank"], rows[limit - 1]["id"]) if len(rows) > limit else None
    return Page(rows=[_view(row) for row in rows[:limit]], cursor=more)


@query("doctor.get", allow={ANYONE}, errors={NotFound})
async def get(ctx: Ctx, doctor_id: UUID) -> DoctorView:
    """One verified doctor and where she works."""
    row = await ctx.tx.fetchrow(f"{_DOCTORS} WHERE d.id = $1", doctor_id)
    if row is None:
        raise NotFound()
    return _view(row)


def _view(row: Any) -> DoctorView:
    return DoctorView(
        id=row["id"],
        name=row["name"],
        specialty=row["specialty"],
        languages=row["languages"],
        practices=msgspec.json.decode(row["practices"], type=list[PracticeView]),
    )
