"""Looking appointments up: lists, one with what was written to it, free slots."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from carewire.actor import ANYONE
from carewire.command import Ctx, query
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Cursor, Limit, Word
from carewire.store import paging
from carewire.store.paging import Page
from channels.appointment import access, seats
from channels.appointment.errors import NoVideo
from channels.appointment.lifecycle import OPEN, TO_COME, AppointmentState
from channels.appointment.nouns import Side
from channels.appointment.rows import COLUMNS, Appointment, Policy, from_row, serial_of
from channels.appointment.seats import Free
from channels.appointment.views import Visit, visit_of
from channels.calendar import Mode
from channels.calendar.access import OUTSIDE
from channels.care import RecordType
from channels.care import access as care
from channels.care.access import Ask
from channels.directory.access import VERIFIED
from channels.identity import Capacity
from channels.identity import access as identity

PARTIES: Final = frozenset({Capacity.PATIENT, Capacity.DOCTOR, Capacity.STAFF, Capacity.ADMIN})
DAYS_MAX: Final = 31
Days = Annotated[int, Meta(ge=1, le=DAYS_MAX, description="How many days")]


class ListedVisit(Visit, frozen=True, kw_only=True):
    """An appointment of a list. Administrators are not told who the patient is: `patient` is null."""

    patient: str | None


class VisitDetail(ListedVisit, frozen=True, kw_only=True):
    """An appointment with what was written to it, for who may read that; to others both are null and `hidden`.

    `policy` is what was shown before booking and holds for it. `before`: how many are before her in the doctor's line.
    """

    policy: Policy
    complaint: str | None
    notes: str | None
    hidden: bool
    token_number: int | None
    before: int | None


@query("appointment.get", allow=PARTIES, errors={NotFound})
async def get(ctx: Ctx, appointment_id: UUID) -> VisitDetail:
    """One appointment, for her side, its doctor, the desk of its place, and administrators (coordinate, support).

    Why she comes, only her side and who has a right to her records read; each look is written down.
    """
    found = await access.appointment(ctx, appointment_id, scopes=access.READERS)
    row = found.row
    rights = []
    if found.sides & {Side.PATIENT, Side.DOCTOR} and not await identity.owes_fact(ctx):
        ask = Ask(ctx.actor.id, row.patient_id, RecordType.CONSULTATION, row.doctor_id, row.place_id)
        (rights,) = await care.reasons(ctx, [ask])
    if rights and (row.complaint is not None or row.notes is not None):
        care.opened(ctx, row.patient_id, RecordType.CONSULTATION, rights)
    (line,) = await ctx.tx.fetch(
        """SELECT p.name, t.number, CASE WHEN t.state = 'waiting' THEN (SELECT count(*) FROM token o
                 WHERE o.session_id = t.session_id AND o.state = 'waiting' AND o.place < t.place) END AS before
             FROM patient p LEFT JOIN token t ON t.id = $2 WHERE p.id = $1""",
        row.patient_id,
        row.token_id,
    )
    visit = visit_of(row)
    return VisitDetail(
        **{name: getattr(visit, name) for name in Visit.__struct_fields__},
        patient=line["name"] if found.side is not Side.ADMIN else None,
        policy=row.policy,
        complaint=row.complaint if rights else None,
        notes=row.notes if rights else None,
        hidden=not rights,
        token_number=line["number"],
        before=line["before"],
    )


_LIST: Final = f"""
SELECT {COLUMNS}, CASE WHEN {access.IS_PARTY} THEN p.name END AS name
  FROM appointment a JOIN patient p ON p.id = a.patient_id
 WHERE ($1 OR {access.IS_PARTY})
   AND ($4::uuid IS NULL OR a.patient_id = $4) AND ($5::uuid IS NULL OR a.doctor_id = $5)
   AND ($6::uuid IS NULL OR a.place_id = $6) AND ($7::text IS NULL OR a.state = $7)
   AND ($8::date IS NULL OR a.day = $8) AND ($9::bigint IS NULL OR a.serial = $9)
   AND ($10::boolean IS NULL OR (a.state = ANY ($11)) = $10)
   AND (NOT $15 OR (a.state = ANY ($16) AND {OUTSIDE}))"""
_FORWARD: Final = """ AND ($12::timestamptz IS NULL OR (a.starts_at, a.id) > ($12, $13::uuid))
 ORDER BY a.starts_at, a.id LIMIT $14"""
_BACKWARD: Final = """ AND ($12::timestamptz IS NULL OR (a.starts_at, a.id) < ($12, $13::uuid))
 ORDER BY a.starts_at DESC, a.id DESC LIMIT $14"""


@query("appointment.list", allow=PARTIES, errors={InvalidParams})
async def list_(
    ctx: Ctx,
    patient_id: UUID | None = None,
    doctor_id: UUID | None = None,
    place_id: UUID | None = None,
    state: AppointmentState | None = None,
    day: date | None = None,
    upcoming: bool | None = None,
    number: Word | None = None,
    outside: bool = False,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[ListedVisit]:
    """The appointments one may see, by what they have in common: one's patients', one's own as a doctor, those of one's
    desk; all of them for administrators who coordinate or give support.

    `upcoming`: what is still to come, the earliest first; false: what is over, the latest first. By default the latest
    first. `number` is what people call it by. `outside`: only what is to come and lies in none of its doctor's
    hours any more, because they became others.
    """
    serial = None if number is None else serial_of(number)
    if number is not None and serial is None:
        raise InvalidParams(fields=(Field("$.number", "is not the number of an appointment, like K7Q-4M2P"),))
    after_start, after_id = paging.decode(cursor, tuple[datetime, UUID]) if cursor else (None, None)
    rows = await ctx.tx.fetch(
        _LIST + (_FORWARD if upcoming else _BACKWARD),
        await identity.has_scope(ctx, access.READERS),
        ctx.actor.id,
        list(access.DESK),
        patient_id,
        doctor_id,
        place_id,
        state,
        day,
        serial,
        upcoming,
        sorted(OPEN),
        after_start,
        after_id,
        limit + 1,
        outside,
        sorted(TO_COME),
    )
    shown = [_listed(from_row(row), row["name"]) for row in rows[:limit]]
    more = paging.encode(shown[-1].starts_at, shown[-1].id) if len(rows) > limit else None
    return Page(rows=shown, cursor=more)


def _listed(row: Appointment, name: str | None) -> ListedVisit:
    visit = visit_of(row)
    return ListedVisit(**{field: getattr(visit, field) for field in Visit.__struct_fields__}, patient=name)


class SlotList(Struct, frozen=True, kw_only=True):
    """What can be booked with a doctor now, the earliest first, and how many seats of each are free."""

    doctor_id: UUID
    slots: list[Free]


@query("slot.list", allow={ANYONE}, errors={NotFound})
async def slots(
    ctx: Ctx,
    doctor_id: UUID,
    first: date | None = None,
    count: Days = 7,
    place_id: UUID | None = None,
    mode: Mode | None = None,
    only_free: bool = False,
) -> SlotList:
    """Slots of a doctor that can be booked now, from `first` (on each slot's own calendar; by default today) for so
    many days. Live for one day: the topic `slots:{doctor_id}:{day}`.
    """
    if await ctx.tx.fetchval(f"SELECT d.id FROM {VERIFIED} WHERE d.id = $1", doctor_id) is None:
        raise NotFound()
    begin = first or (ctx.now - timedelta(hours=12)).date()
    midnight = datetime.combine(begin, time(), tzinfo=UTC)
    around = timedelta(hours=14)
    found = await seats.free(
        ctx.tx, doctor_id, midnight - around, midnight + timedelta(days=count) + around, now=ctx.now
    )
    last = begin + timedelta(days=count - 1)
    return SlotList(
        doctor_id=doctor_id,
        slots=[
            slot
            for slot in found
            if begin <= seats.local_day(slot.starts_at, slot.zone) <= last
            and (place_id is None or slot.place_id == place_id)
            and (mode is None or slot.mode is mode)
            and (slot.free or not only_free)
        ],
    )


class VideoCall(Struct, frozen=True, kw_only=True):
    """How the two meet by video."""

    appointment_id: UUID
    url: str


@query("appointment.video_call", allow={Capacity.PATIENT, Capacity.DOCTOR}, errors={NotFound, NoVideo})
async def video_call(ctx: Ctx, appointment_id: UUID) -> VideoCall:
    """How the two meet by video, for her side and the doctor. Until a video provider is set up: `no_video`."""
    parties = frozenset({Side.PATIENT, Side.DOCTOR})
    found = await access.appointment(ctx, appointment_id, sides=parties)
    if found.row.mode is not Mode.TELECONSULT:
        raise NoVideo("This appointment is in person")
    raise NoVideo("No video provider is set up")
