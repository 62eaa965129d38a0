"""Patients as a desk finds and makes them: by exact phone, and among this place's patients only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from carewire.command import Ctx
from carewire.errors import Field, InvalidParams, NotFound
from carewire.store.db import Tx
from channels.identity import Sex, normalise_phone
from channels.queue.ids import uuid7


class Person(Struct, frozen=True, kw_only=True):
    """Who stands at the desk."""

    id: UUID
    name: str


class Asked(Struct, frozen=True, kw_only=True):
    """What the desk typed. Make it by `asked`."""

    place_id: UUID
    name: str
    phone: str | None
    birth_year: int | None
    sex: Sex | None


def asked(ctx: Ctx, place_id: UUID, name: str, phone: str | None, birth_year: int | None, sex: Sex | None) -> Asked:
    """What the desk typed, the number in its one form. Raises `InvalidParams`."""
    number = normalise_phone(ctx.settings, phone) if phone else None
    return Asked(place_id=place_id, name=name.strip(), phone=number, birth_year=birth_year, sex=sex)


class People:
    """Those who stand at desks now: the returning patients with this phone and name, or new ones of these places.

    A family shares a phone, so the name decides within it; a child without a phone is found by her guardian's. A
    patient of another place, or one who never came here, is not found: otherwise a desk could ask who has which number.
    """

    def __init__(self, tx: Tx, known: dict[Asked, Person]) -> None:
        self._tx = tx
        self._known = known
        self._new: dict[UUID, Asked] = {}
        self._fresh: dict[tuple[UUID, str, str], Person] = {}

    @classmethod
    async def find(cls, tx: Tx, asks: Sequence[Asked]) -> "People":
        """Look all of them up at once."""
        named = [ask for ask in asks if ask.phone is not None]
        if not named:
            return cls(tx, {})
        rows = await tx.fetch(
            _RETURNING, [a.place_id for a in named], [a.phone for a in named], [a.name for a in named]
        )
        return cls(tx, {named[row["n"] - 1]: Person(id=row["id"], name=row["name"]) for row in rows})

    def of(self, ask: Asked) -> Person:
        """Who it is. Two desks that type the same number and name at once mean one person."""
        if (known := self._known.get(ask)) is not None:
            return known
        person = Person(id=uuid7(), name=ask.name)
        if ask.phone is not None:
            person = self._fresh.setdefault((ask.place_id, ask.phone, ask.name.lower()), person)
        self._new.setdefault(person.id, ask)
        return person

    async def store(self, wanted: Sequence[UUID], now: datetime) -> None:
        """Keep those of the new ones who are wanted."""
        new = [(patient_id, self._new[patient_id]) for patient_id in wanted if patient_id in self._new]
        if new:
            await self._tx.execute(
                """INSERT INTO patient (id, name, phone, birth_year, sex, place_id, created_at)
                   SELECT new.*, $7
                     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::uuid[]) new""",
                [patient_id for patient_id, _ in new],
                [ask.name for _, ask in new],
                [ask.phone for _, ask in new],
                [ask.birth_year for _, ask in new],
                [ask.sex for _, ask in new],
                [ask.place_id for _, ask in new],
                now,
            )


_RETURNING: Final = """
SELECT ask.n, found.id, found.name
  FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS ask (place_id, phone, name, n)
 CROSS JOIN LATERAL (
    SELECT p.id, p.name FROM patient p
     WHERE (p.phone = ask.phone OR EXISTS (SELECT FROM guarding g JOIN account a ON a.id = g.account_id
            WHERE g.patient_id = p.id AND a.phone = ask.phone))
       AND lower(p.name) = lower(ask.name) AND p.deleted_at IS NULL AND (p.place_id = ask.place_id OR EXISTS (
           SELECT FROM token t JOIN session s ON s.id = t.session_id
            WHERE t.patient_id = p.id AND s.place_id = ask.place_id AND t.number IS NOT NULL))
     ORDER BY p.created_at LIMIT 1) found"""


async def at_desk(ctx: Ctx, typed: Asked) -> Person:
    """The returning patient, or a new one."""
    people = await People.find(ctx.tx, [typed])
    person = people.of(typed)
    await people.store([person.id], ctx.now)
    return person


async def of_place(ctx: Ctx, place_id: UUID, patient_id: UUID) -> Person:
    """A patient of this place: made by its desk, or holder of a token here."""
    row = await ctx.tx.fetchrow(
        """SELECT p.id, p.name FROM patient p WHERE p.id = $2 AND p.deleted_at IS NULL AND (p.place_id = $1 OR EXISTS (
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
