"""The dashboards of a patient's side and of a doctor. What they earn comes with money."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from channels.appointment import lifecycle as appointment
from channels.chat.access import STANDS
from channels.directory import access as directory
from channels.identity import Capacity
from channels.identity import access as identity
from channels.insight.counts import APPOINTED_TODAY, TODAY, ByState, appointments_today, tokens_today
from channels.queue.lifecycle import ACTIVE, TokenState
from channels.request import lifecycle as request
from channels.review import Subject
from channels.review import access as review
from channels.review.access import Tally

LISTED: Final = 200


class PatientDashboard(msgspec.Struct, frozen=True, kw_only=True):
    """What is to come and what waits for a patient, over all her records.

    `appointments`, `requests` and `orders` are those that are not over; `tokens` her places in lines now.
    `unread_messages` are of her chats, `unread_notifications` of the account that asks.
    """

    patient_id: UUID
    appointments: int
    next_appointment_at: datetime | None
    tokens: int
    requests: int
    orders: int
    unread_messages: int
    unread_notifications: int


class DoctorDashboard(msgspec.Struct, frozen=True, kw_only=True):
    """A doctor's counts: today's `appointments` and `tokens` where she works by state, each on the clock of its place.

    `patients`: who may be treated now, that is stands in a relationship that is open, each counted once. `rating` is of
    verified reviews. `unread_messages` are of the chats she may read.
    """

    doctor_id: UUID
    appointments: ByState
    tokens: ByState
    patients: int
    rating: Tally
    unread_messages: int


class TodaysAppointment(msgspec.Struct, frozen=True, kw_only=True):
    """An appointment of today."""

    id: UUID
    patient_id: UUID
    patient: str
    place_id: UUID | None
    mode: str
    state: appointment.AppointmentState
    starts_at: datetime
    ends_at: datetime


class CurrentToken(msgspec.Struct, frozen=True, kw_only=True):
    """Who is called or in the room."""

    token_id: UUID
    number: int | None
    patient: str
    room: str | None
    state: TokenState


class TodaysSitting(msgspec.Struct, frozen=True, kw_only=True):
    """A sitting of today: how many wait, and who is in the room."""

    session_id: UUID
    place_id: UUID
    state: str
    starts_at: datetime
    ends_at: datetime
    waiting: int
    current: list[CurrentToken]


class DoctorToday(msgspec.Struct, frozen=True, kw_only=True):
    """A doctor's day, in order of time. Live: `topic.open {query: "day.topics"}`."""

    doctor_id: UUID
    appointments: list[TodaysAppointment]
    sittings: list[TodaysSitting]


_PATIENT: Final = """
SELECT (SELECT count(*) FROM appointment a WHERE a.patient_id = ANY ($1) AND a.state = ANY ($2)) AS appointments,
       (SELECT min(a.starts_at) FROM appointment a WHERE a.patient_id = ANY ($1) AND a.state = ANY ($2)
           AND a.starts_at > $5) AS next_appointment_at,
       (SELECT count(*) FROM token t WHERE t.patient_id = ANY ($1) AND t.state = ANY ($3)) AS tokens,
       (SELECT count(*) FROM request r WHERE r.patient_id = ANY ($1) AND r.state = ANY ($4)) AS requests,
       (SELECT count(*) FROM orders o WHERE o.patient_id = ANY ($1) AND o.ended_at IS NULL) AS orders,
       (SELECT coalesce(sum(c.patient_unread), 0) FROM chat_thread c
         WHERE c.patient_id = ANY ($1) AND c.patient_unread > 0) AS unread_messages,
       (SELECT count(*) FROM notification n
         WHERE n.account_id = $6 AND n.deleted_at IS NULL AND n.read_at IS NULL) AS unread_notifications"""


@query("dashboard.patient", allow={Capacity.PATIENT}, errors={NotFound, InvalidParams})
async def patient(ctx: Ctx, patient_id: UUID | None = None) -> PatientDashboard:
    """What is to come and what waits, for a patient one acts for (the only one need not be named)."""
    found = await identity.patient(ctx, patient_id)
    row = await ctx.tx.fetchrow(
        _PATIENT,
        await identity.records_of(ctx.tx, found.id),
        sorted(appointment.OPEN),
        sorted(ACTIVE),
        sorted(request.OPEN | {request.RequestState.CONFIRMED}),
        ctx.now,
        ctx.actor.id,
    )
    assert row is not None
    return PatientDashboard(patient_id=found.id, **dict(row))


@query("dashboard.doctor", allow={Capacity.DOCTOR}, errors={NotFound})
async def doctor(ctx: Ctx) -> DoctorDashboard:
    """Your day and your patients in numbers."""
    me = await directory.own_doctor(ctx)
    row = await ctx.tx.fetchrow(
        f"""SELECT (SELECT count(DISTINCT r.patient_id) FROM relationship r
                     JOIN patient p ON p.id = r.patient_id AND p.deleted_at IS NULL
                     JOIN affiliation f ON f.doctor_id = r.doctor_id AND f.place_id = r.place_id
                      AND f.state = 'accepted'
                    WHERE r.doctor_id = $1 AND r.state = 'standing'
                      AND (r.expected_until > $2 OR r.last_visit_at + (SELECT relation_days()) > $2)) AS patients,
                  (SELECT coalesce(sum(t.provider_unread), 0) FROM chat_thread t
                     JOIN affiliation f ON f.doctor_id = t.doctor_id AND f.place_id = t.place_id
                      AND f.state = 'accepted'
                    WHERE t.doctor_id = $1 AND t.provider_unread > 0 AND {STANDS}) AS unread_messages""",
        me.id,
        ctx.now,
    )
    assert row is not None
    return DoctorDashboard(
        doctor_id=me.id,
        appointments=await appointments_today(ctx.tx, ctx.now, doctor_id=me.id),
        tokens=await tokens_today(ctx.tx, ctx.now, doctor_id=me.id),
        rating=await review.tally(ctx.tx, Subject.DOCTOR, me.id),
        **dict(row),
    )


@query("dashboard.doctor_today", allow={Capacity.DOCTOR}, errors={NotFound})
async def doctor_today(ctx: Ctx) -> DoctorToday:
    """Your appointments and sittings of today, and who is in the room; at most 200 of each."""
    me = await directory.own_doctor(ctx)
    visits = await ctx.tx.fetch(
        f"""SELECT a.id, a.patient_id, p.name AS patient, a.place_id, a.mode, a.state, a.starts_at, a.ends_at
              FROM appointment a JOIN patient p ON p.id = a.patient_id
             WHERE a.doctor_id = $1 AND {APPOINTED_TODAY} AND a.state <> 'cancelled'
               AND (a.place_id IS NULL OR EXISTS (SELECT FROM affiliation f WHERE f.doctor_id = a.doctor_id
                       AND f.place_id = a.place_id AND f.state = 'accepted'))
             ORDER BY a.starts_at, a.id LIMIT {LISTED}""",
        me.id,
        ctx.now,
    )
    sittings = await ctx.tx.fetch(
        f"""SELECT s.id AS session_id, s.place_id, s.state, s.starts_at, s.ends_at,
                   (SELECT count(*) FROM token t WHERE t.session_id = s.id AND t.state = 'waiting') AS waiting
              FROM session s JOIN affiliation f ON f.doctor_id = s.doctor_id AND f.place_id = s.place_id
               AND f.state = 'accepted'
             WHERE s.doctor_id = $1 AND {TODAY} ORDER BY s.starts_at, s.id LIMIT {LISTED}""",
        me.id,
        ctx.now,
    )
    current = await _current(ctx, [row["session_id"] for row in sittings])
    return DoctorToday(
        doctor_id=me.id,
        appointments=[msgspec.convert(dict(row), TodaysAppointment) for row in visits],
        sittings=[TodaysSitting(**dict(row), current=current.get(row["session_id"], [])) for row in sittings],
    )


async def _current(ctx: Ctx, session_ids: list[Any]) -> dict[UUID, list[CurrentToken]]:
    rows = await ctx.tx.fetch(
        "SELECT t.session_id, t.id AS token_id, t.number, p.name AS patient, t.room, t.state FROM token t"
        " JOIN patient p ON p.id = t.patient_id WHERE t.session_id = ANY ($1)"
        " AND t.state IN ('called', 'in_consultation') ORDER BY t.room, t.called_at, t.id",
        session_ids,
    )
    found: dict[UUID, list[CurrentToken]] = {}
    for row in rows:
        values = dict(row)
        found.setdefault(values.pop("session_id"), []).append(msgspec.convert(values, CurrentToken))
    return found
