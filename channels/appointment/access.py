"""The doors to an appointment, who may hear what, and the moves that other domains make.

An appointment is read by the patient's side, its doctor, the desk of its place and administrators who coordinate or
give support; a stranger gets `NotFound`. `APPOINTMENT_EMITS` is what a command that makes one of the moves below emits.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from carewire.access import door
from carewire.actor import Actor
from carewire.command import Ctx
from carewire.errors import Busy, NotFound
from carewire.event import Event
from carewire.store.db import Tx
from channels.appointment import days
from channels.appointment.days import locked
from channels.appointment.events import BY_VIDEO, TELLS
from channels.appointment.lifecycle import OPEN
from channels.appointment.moves import begin, complete, follow_up, no_show, prescribed
from channels.appointment.nouns import Side
from channels.appointment.paying import PAID_EMITS, mark_paid, owed
from channels.appointment.rows import COLUMNS, Appointment, from_row
from channels.appointment.views import Visit, visit_of
from channels.directory import Subject
from channels.directory.access import VERIFIED
from channels.identity import Scope
from channels.identity import access as identity
from channels.session.access import DESK

__all__ = [
    "APPOINTMENT_EMITS",
    "DESK",
    "PAID_EMITS",
    "Appointment",
    "Found",
    "Visit",
    "appointment",
    "begin",
    "complete",
    "doctor_here",
    "follow_up",
    "locked",
    "mark_paid",
    "no_show",
    "owed",
    "prescribed",
    "to_come",
    "visit",
]  # fmt: skip

APPOINTMENT_EMITS: Final[frozenset[type[Event]]] = TELLS
READERS: Final = frozenset({Scope.COORDINATE, Scope.SUPPORT})
COORDINATORS: Final = frozenset({Scope.COORDINATE})
PROVIDERS: Final = frozenset({Side.DOCTOR, Side.DESK})
EVERYBODY: Final = frozenset({Side.PATIENT, Side.DOCTOR, Side.DESK, Side.ADMIN})


class Found(Struct, frozen=True, kw_only=True):
    """An appointment, and as whom the caller may act on it."""

    row: Appointment
    sides: frozenset[Side]

    @property
    def side(self) -> Side:
        """As whom she acts where she could as several: who acts for the patient is the patient's side first."""
        return next(side for side in Side if side in self.sides)


_IS_DOCTOR: Final = f"""EXISTS (SELECT FROM {VERIFIED} WHERE d.id = a.doctor_id AND d.account_id = $2
    AND (a.place_id IS NULL OR EXISTS (SELECT FROM affiliation f WHERE f.doctor_id = d.id AND f.place_id = a.place_id
         AND f.state = 'accepted')))"""
_IS_DESK: Final = """EXISTS (SELECT FROM membership m WHERE m.account_id = $2 AND m.place_id = a.place_id
    AND m.duty = ANY ($3) AND m.until IS NULL)"""
_IS_HERS: Final = "EXISTS (SELECT FROM guarding g WHERE g.account_id = $2 AND g.patient_id = a.patient_id)"
IS_PARTY: Final = f"({_IS_HERS} OR {_IS_DESK} OR {_IS_DOCTOR})"
"""Whether this account (`$2`) is her side, the doctor or of the desk (`$3`: its duties) of an appointment `a`."""
_FIND: Final = f"""SELECT {COLUMNS}, {_IS_HERS} AS patient, {_IS_DOCTOR} AS doctor, {_IS_DESK} AS desk
  FROM appointment a WHERE a.id = $1"""


@door
async def appointment(
    ctx: Ctx,
    appointment_id: UUID,
    *,
    sides: Collection[str] = EVERYBODY,
    scopes: Collection[str] = COORDINATORS,
    lock: bool = False,
) -> Found:
    """An appointment for these sides; administrators need one of these scopes.

    With `lock` its day is locked, and then the right and the row are looked at once more. Raises `Busy` where it went
    to another day meanwhile.
    """
    found = await _find(ctx, appointment_id, sides, scopes, "")
    if lock:
        await days.lock(ctx.tx, found.row.doctor_id, [found.row.day])
        before = found
        found = await _find(ctx, appointment_id, sides, scopes, days.FOR_UPDATE)
        if found.row.day != before.row.day:
            raise Busy(after_ms=50)
    return found


async def _find(ctx: Ctx, appointment_id: UUID, sides: Collection[str], scopes: Collection[str], lock: str) -> Found:
    row = await ctx.tx.fetchrow(_FIND + lock, appointment_id, ctx.actor.id, list(DESK))
    if row is None:
        raise NotFound()
    held = {side for side in (Side.PATIENT, Side.DOCTOR, Side.DESK) if row[side.value]}
    if Side.ADMIN in sides and await identity.has_scope(ctx, scopes):
        held.add(Side.ADMIN)
    mine = frozenset(side for side in held if side in sides)
    if not mine:
        raise NotFound()
    return Found(row=from_row(row), sides=mine)


async def visit(ctx: Ctx, appointment_id: UUID, *, lock: bool = False) -> Appointment:
    """An appointment of the calling doctor."""
    return (await appointment(ctx, appointment_id, sides=frozenset({Side.DOCTOR}), lock=lock)).row


@door
async def doctor_here(ctx: Ctx, doctor_id: UUID, place_id: UUID | None, *, duties: Collection[str] = DESK) -> Side:
    """As whom the caller books with this doctor at this place: the doctor herself, or by one of these duties there."""
    (row,) = await ctx.tx.fetch(
        f"""SELECT EXISTS (SELECT FROM {VERIFIED} WHERE d.id = $1 AND d.account_id = $2
                       AND ($4::uuid IS NULL OR EXISTS (
                       SELECT FROM affiliation f WHERE f.doctor_id = d.id AND f.place_id = $4 AND f.state = 'accepted'))
                   ) AS doctor,
                   EXISTS (SELECT FROM membership m WHERE m.account_id = $2 AND m.place_id = $4 AND m.duty = ANY ($3)
                       AND m.until IS NULL AND EXISTS (SELECT FROM affiliation f WHERE f.doctor_id = $1
                           AND f.place_id = $4 AND f.state = 'accepted')) AS desk""",
        doctor_id,
        ctx.actor.id,
        [str(duty) for duty in duties],
        place_id,
    )
    if row["doctor"]:
        return Side.DOCTOR
    if row["desk"]:
        return Side.DESK
    raise NotFound()


async def to_come(tx: Tx, subject: Subject, subject_id: UUID, limit: int) -> list[Visit]:
    """What stands of a doctor or a place, the next first; for who is to decide about it (PRODUCT 7)."""
    column = "doctor_id" if subject is Subject.DOCTOR else "place_id"
    rows = await tx.fetch(
        f"SELECT {COLUMNS} FROM appointment a WHERE a.{column} = $1 AND a.state = ANY ($2)"
        " ORDER BY a.starts_at, a.id LIMIT $3",
        subject_id,
        sorted(OPEN),
        limit,
    )
    return [visit_of(from_row(row)) for row in rows]


# --- who may hear what -----------------------------------------------------------------------------------------------
async def may_hear_appointments(ctx: Ctx, asks: Sequence[tuple[Actor, tuple[UUID]]]) -> list[datetime | None]:
    """Who acts for the patient."""
    return await identity.guards_many(ctx.tx, [(actor.id, key[0]) for actor, key in asks])


async def may_hear_agenda(ctx: Ctx, asks: Sequence[tuple[Actor, tuple[UUID, str, str]]]) -> list[datetime | None]:
    """The doctor, while she works there, and the desk of the place."""
    places = [_place(key[1]) for _, key in asks]
    rows = await ctx.tx.fetch(
        f"""SELECT (SELECT min(r.since) FROM (
                SELECT greatest(v.since, f.since) FROM {VERIFIED}
                  LEFT JOIN affiliation f ON f.doctor_id = d.id AND f.place_id = ask.place AND f.state = 'accepted'
                 WHERE d.id = ask.doctor AND d.account_id = ask.actor AND (ask.place IS NULL OR f.since IS NOT NULL)
                UNION ALL SELECT m.since FROM membership m WHERE m.account_id = ask.actor AND m.place_id = ask.place
                   AND m.duty = ANY ($4) AND m.until IS NULL AND EXISTS (
                       SELECT FROM affiliation f WHERE f.doctor_id = ask.doctor AND f.place_id = ask.place
                          AND f.since IS NOT NULL)) r (since)) AS since
              FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY AS ask (actor, doctor, place, n)
             ORDER BY ask.n""",
        [actor.id for actor, _ in asks],
        [key[0] for _, key in asks],
        [None if place is False else place for place in places],
        list(DESK),
    )
    return [
        None if place is False or day_of(key[2]) is None else row["since"]
        for row, place, (_, key) in zip(rows, places, asks, strict=True)
    ]


async def may_hear_slots(ctx: Ctx, asks: Sequence[tuple[Actor, tuple[UUID, str]]]) -> list[datetime | None]:
    """Everybody with a login who may see the doctor."""
    rows = await ctx.tx.fetch(
        f"SELECT d.id, v.since FROM {VERIFIED} WHERE d.id = ANY ($1)", [key[0] for _, key in asks]
    )
    since = {row["id"]: row["since"] for row in rows}
    return [None if day_of(key[1]) is None else since.get(key[0]) for _, key in asks]


def day_of(word: str) -> date | None:
    """The day as a topic spells it, `2026-03-02`; None for anything else, so that no day has two names."""
    try:
        day = date.fromisoformat(word)
    except ValueError:
        return None
    return day if str(day) == word else None


def _place(word: str) -> UUID | bool | None:
    """The place as `agenda:` spells it; False: no such word."""
    if word == BY_VIDEO:
        return None
    try:
        place_id = UUID(word)
    except ValueError:
        return False
    return place_id if str(place_id) == word else False
