"""Patients as a desk finds and makes them: by exact phone, and among this place's patients only."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from carewire.command import Ctx
from carewire.errors import Field, InvalidParams, NotFound
from channels.identity import Sex, normalise_phone


class Person(Struct, frozen=True, kw_only=True):
    """Who stands at the desk."""

    id: UUID
    name: str


async def at_desk(
    ctx: Ctx, place_id: UUID, name: str, phone: str | None, birth_year: int | None, sex: Sex | None
) -> Person:
    """The returning patient with this phone and name, or a new one of this place.

    A family shares a phone, so the name decides within it; a child without a phone is found by her guardian's. A
    patient of another place, or one who never came here, is not found: otherwise a desk could ask who has which number.
    """
    number = normalise_phone(ctx.settings, phone) if phone else None
    if number is not None:
        row = await ctx.tx.fetchrow(
            """SELECT p.id, p.name FROM patient p
                WHERE (p.phone = $2 OR EXISTS (SELECT FROM guardianship g JOIN account a ON a.id = g.account_id
                       WHERE g.patient_id = p.id AND g.until IS NULL AND a.phone = $2))
                  AND lower(p.name) = lower($3) AND (p.place_id = $1 OR EXISTS (
                      SELECT FROM token t JOIN session s ON s.id = t.session_id
                       WHERE t.patient_id = p.id AND s.place_id = $1 AND t.number IS NOT NULL))
                ORDER BY p.created_at LIMIT 1""",
            place_id,
            number,
            name.strip(),
        )
        if row is not None:
            return Person(id=row["id"], name=row["name"])
    row = await ctx.tx.fetchrow(
        """INSERT INTO patient (name, phone, birth_year, sex, place_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)
           RETURNING id, name""",
        name.strip(),
        number,
        birth_year,
        sex,
        place_id,
        ctx.now,
    )
    if row is None:
        raise NotFound()
    return Person(id=row["id"], name=row["name"])


async def of_place(ctx: Ctx, place_id: UUID, patient_id: UUID) -> Person:
    """A patient of this place: made by its desk, or holder of a token here."""
    row = await ctx.tx.fetchrow(
        """SELECT p.id, p.name FROM patient p WHERE p.id = $2 AND (p.place_id = $1 OR EXISTS (
               SELECT FROM token t JOIN session s ON s.id = t.session_id
                WHERE t.patient_id = p.id AND s.place_id = $1))""",
        place_id,
        patient_id,
    )
    if row is None:
        raise NotFound()
    return Person(id=row["id"], name=row["name"])


def check_birth_year(birth_year: int | None, now: datetime) -> None:
    """Nobody is born tomorrow, or 130 years ago."""
    if birth_year is not None and not now.year - 130 <= birth_year <= now.year:
        raise InvalidParams(fields=(Field("$.birth_year", "is not a year somebody alive was born in"),))
