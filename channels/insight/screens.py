"""What each app opens with: the topics of a patient's home, a doctor's day, a desk's day.

`topic.open {query: "home.topics"}` follows all of them in one round trip (decision 0128).
"""

from typing import Final
from uuid import UUID

from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from carewire.screen import Screen
from channels.directory import PlaceKind
from channels.directory import access as directory
from channels.identity import Capacity, Duty
from channels.identity import access as identity
from channels.insight.counts import TODAY
from channels.queue.lifecycle import ACTIVE
from channels.request import lifecycle as request
from channels.session.access import DESK

TOKENS_MAX: Final = 10
REQUESTS_MAX: Final = 20
ORDERS_MAX: Final = 20

# Doctors of a place in the order in which the day meets them.
_AGENDAS_HERE: Final = """
SELECT f.doctor_id, ($2 AT TIME ZONE p.zone)::date AS day FROM place p JOIN affiliation f ON f.place_id = p.id
   AND f.state = 'accepted'
 WHERE p.id = $1 AND EXISTS (SELECT FROM appointment a WHERE a.doctor_id = f.doctor_id AND a.place_id = p.id
                                AND a.day = ($2 AT TIME ZONE p.zone)::date AND a.state <> 'cancelled')
 ORDER BY f.doctor_id"""


@query("home.topics", allow={Capacity.PATIENT}, errors={NotFound, InvalidParams})
async def home(ctx: Ctx, patient_id: UUID | None = None) -> Screen:
    """A patient's home, for who acts for her: her appointments, her places in lines, her open requests and orders, and
    what is unread. Open it with `topic.open`.
    """
    patient = await identity.patient(ctx, patient_id)
    records = await identity.records_of(ctx.tx, patient.id)
    tokens = await ctx.tx.fetch(
        "SELECT id, session_id FROM token WHERE patient_id = ANY ($1) AND state = ANY ($2) ORDER BY id DESC LIMIT $3",
        records,
        sorted(ACTIVE),
        TOKENS_MAX,
    )
    requests = await ctx.tx.fetch(
        "SELECT id FROM request WHERE patient_id = ANY ($1) AND state = ANY ($2) ORDER BY id DESC LIMIT $3",
        records,
        sorted(request.OPEN | {request.RequestState.CONFIRMED}),
        REQUESTS_MAX,
    )
    orders = await ctx.tx.fetch(
        "SELECT id FROM orders WHERE patient_id = ANY ($1) AND ended_at IS NULL ORDER BY id DESC LIMIT $2",
        records,
        ORDERS_MAX,
    )
    return Screen.of(
        [
            f"notifications:{ctx.actor.id}",
            f"inbox:{ctx.actor.id}",
            f"appointments:{patient.id}",
            *(f"token:{row['id']}" for row in tokens),
            *dict.fromkeys(f"line:{row['session_id']}" for row in tokens),
            *(f"request:{row['id']}" for row in requests),
            *(f"order:{row['id']}" for row in orders),
        ]
    )


@query("day.topics", allow={Capacity.DOCTOR}, errors={NotFound})
async def day(ctx: Ctx) -> Screen:
    """A doctor's day: today's lines, her appointments at each place and by video, and what is unread."""
    doctor = await directory.own_doctor(ctx)
    sittings = await ctx.tx.fetch(
        f"SELECT s.id FROM session s JOIN affiliation f ON f.doctor_id = s.doctor_id AND f.place_id = s.place_id"
        f" AND f.state = 'accepted' WHERE s.doctor_id = $1 AND {TODAY} ORDER BY s.starts_at, s.id",
        doctor.id,
        ctx.now,
    )
    agendas = await ctx.tx.fetch(
        """SELECT p.id::text AS place, ($2 AT TIME ZONE p.zone)::date AS day
             FROM affiliation f JOIN place p ON p.id = f.place_id WHERE f.doctor_id = $1 AND f.state = 'accepted'
           UNION ALL SELECT 'video', ($2 AT TIME ZONE d.zone)::date FROM doctor d WHERE d.id = $1""",
        doctor.id,
        ctx.now,
    )
    return Screen.of(
        [
            f"notifications:{ctx.actor.id}",
            f"inbox:{ctx.actor.id}",
            *(f"queue:{row['id']}" for row in sittings),
            *(f"agenda:{doctor.id}:{row['place']}:{row['day']}" for row in agendas),
        ]
    )


@query("desk.topics", allow={Capacity.STAFF}, errors={NotFound, InvalidParams})
async def desk(ctx: Ctx, place_id: UUID | None = None) -> Screen:
    """A desk's day: today's lines, the doctors' appointments of today, the place's unread chats, and what
    its counter is to hand back.

    The only place where one works at the desk need not be named.
    """
    place = await directory.place(ctx, place_id, duties=DESK)
    sittings = await ctx.tx.fetch(
        f"SELECT s.id FROM session s WHERE s.place_id = $1 AND {TODAY} ORDER BY s.starts_at, s.id", place.id, ctx.now
    )
    agendas = await ctx.tx.fetch(_AGENDAS_HERE, place.id, ctx.now)
    return Screen.of(
        [
            f"notifications:{ctx.actor.id}",
            f"desk_inbox:{place.id}",
            *(f"queue:{row['id']}" for row in sittings),
            f"refunds:{place.id}",
            *(f"agenda:{row['doctor_id']}:{place.id}:{row['day']}" for row in agendas),
        ]
    )


@query("provider.topics", allow={Capacity.STAFF}, errors={NotFound, InvalidParams})
async def provider(ctx: Ctx, place_id: UUID | None = None) -> Screen:
    """A pharmacy's or a laboratory's day: its counters, its open orders, bills it is on, its tests, its
    patients' chats, what its counter is to hand back.
    """
    place = await directory.place(ctx, place_id, duties=frozenset(Duty))
    if place.kind not in (PlaceKind.PHARMACY, PlaceKind.LABORATORY):
        raise NotFound()
    return Screen.of(
        [
            f"notifications:{ctx.actor.id}",
            f"counters:{place.id}",
            f"orders_at:{place.id}",
            f"quotes:{place.id}",
            *([f"lab_desk:{place.id}"] if place.kind is PlaceKind.LABORATORY else []),
            f"desk_inbox:{place.id}",
            f"refunds:{place.id}",
        ]
    )
