"""Reminders of a visit: planned when it is booked, forgotten when it is not, told when their time has come.

A planned reminder says when to look, not when to tell: what quiet hours and whose eyes it is for is reckoned when one
looks, about a day before it is due, and again when it is. What is told is asked for once more in the transaction that
tells it (`stands`): a visit that was moved or called off by then is reminded of by nobody.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from carewire.command import Ctx
from carewire.jobs.job import consumer
from carewire.notice import TOLD_AT_ONCE, Notify, NotifyMany, still, telling
from carewire.quiet import SLACK, QuietHours, considerate
from channels.appointment.facts import REMINDER
from channels.appointment.jobs import AppointmentReminder
from channels.appointment.lifecycle import AppointmentState
from channels.appointment.rows import Appointment, number_of
from channels.appointment.views import clock_of, when
from channels.identity import access as identity

REMINDED: Final = frozenset({AppointmentState.BOOKED, AppointmentState.APPOINTMENT_CONFIRMED})
"""Who is not there yet and has a visit that stands."""
AHEAD: Final = timedelta(hours=25)
"""Quiet hours bring a reminder forward by no more than this; before that nobody need look."""
LATE: Final = SLACK
"""So late is still on time: quiet hours that began meanwhile do not stop it."""
AT_ONCE: Final = 1_000
"""Rows of one look."""
MORE: Final = "appointment_reminder:more"


async def plan(ctx: Ctx, before: Appointment | None, after: Appointment) -> None:
    """What is to be reminded of follows what is to take place. The appointment is locked, or new."""
    stands = after.state in REMINDED
    if before is not None:
        if (before.state in REMINDED, before.starts_at) == (stands, after.starts_at):
            return
        await ctx.tx.execute("DELETE FROM appointment_reminder WHERE appointment_id = $1", after.id)
    if stands:
        await ctx.tx.execute(
            "INSERT INTO appointment_reminder"
            " (appointment_id, lead_minutes, starts_at, useful_until, planned_at, look_at)"
            " SELECT $1::uuid, lead, $2::timestamptz, $2 - make_interval(mins => coalesce(nearer, 0)), $3::timestamptz,"
            "        greatest($3, $2 - make_interval(mins => lead) - $4::interval)"
            "   FROM (SELECT lead, lag(lead) OVER (ORDER BY lead) AS nearer"
            "           FROM (SELECT DISTINCT unnest(reminder_minutes($5, $6)) AS lead) AS said) AS leads"
            "  WHERE $2 - make_interval(mins => lead) >= $3",
            after.id,
            after.starts_at,
            ctx.now,
            AHEAD,
            after.place_id,
            after.doctor_id,
        )


_LOOK: Final = """
WITH due AS (
    SELECT appointment_id, lead_minutes, starts_at, useful_until, planned_at FROM appointment_reminder
     WHERE look_at <= $1 ORDER BY look_at LIMIT $2 FOR UPDATE SKIP LOCKED)
SELECT due.*, a.serial, a.mode, a.zone, d.name AS doctor, k.id AS account_id, k.zone AS own_zone, k.quiet_from,
       k.quiet_until
  FROM due JOIN appointment a ON a.id = due.appointment_id JOIN doctor d ON d.id = a.doctor_id
  LEFT JOIN (guarding g JOIN account k ON k.id = g.account_id AND k.state = 'active') ON g.patient_id = a.patient_id
 ORDER BY k.id, due.starts_at, due.lead_minutes DESC"""


@consumer(AppointmentReminder)
async def remind(ctx: Ctx, job: AppointmentReminder) -> None:
    """Look at what is due: tell it, or put it off until it is. Of very many, the rest at once after these."""
    looked: dict[tuple[UUID, int], datetime | None] = {}
    tellings: list[Notify] = []
    for row in await ctx.tx.fetch(_LOOK, ctx.now, AT_ONCE):
        key = (row["appointment_id"], row["lead_minutes"])
        looked.setdefault(key, None)
        if row["account_id"] is None:
            continue  # nobody acts for her: a walk-in without a phone
        at = due_at(row, ctx.now)
        if at is not None and at <= ctx.now:
            tellings.append(_told(row))
        elif at is not None:
            looked[key] = min(at, looked[key] or at)
    await ctx.tx.execute(
        "WITH looked AS (SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::timestamptz[]) AS l (id, lead, at)),"
        " later AS (UPDATE appointment_reminder SET look_at = at FROM looked"
        "  WHERE appointment_id = id AND lead_minutes = lead AND at IS NOT NULL)"
        " DELETE FROM appointment_reminder USING looked"
        "  WHERE appointment_id = id AND lead_minutes = lead AND at IS NULL",
        [appointment_id for appointment_id, _ in looked],
        [lead for _, lead in looked],
        list(looked.values()),
    )
    for n in range(0, len(tellings), TOLD_AT_ONCE):
        ctx.enqueue(NotifyMany(tellings=tellings[n : n + TOLD_AT_ONCE]))
    if len(looked) == AT_ONCE:
        ctx.enqueue(AppointmentReminder(), key=MORE)


def due_at(row: Any, now: datetime) -> datetime | None:
    """When this person is to be reminded: past or now, at once; None, not any more: it has begun, or a nearer reminder
    is due."""
    nominal: datetime = row["starts_at"] - timedelta(minutes=row["lead_minutes"])
    useful: datetime = row["useful_until"]
    zone = ZoneInfo(row["own_zone"] or row["zone"])
    quiet = None if row["quiet_from"] is None else QuietHours(begins=row["quiet_from"], ends=row["quiet_until"])
    if now >= useful:
        return None
    at = considerate(nominal, quiet=quiet, zone=zone, since=row["planned_at"], until=useful)
    if at is None or now <= at + LATE:
        return at
    return considerate(now, quiet=quiet, zone=zone, since=now, until=useful)


def _told(row: Any) -> Notify:
    return telling(
        row["account_id"],
        REMINDER,
        row["appointment_id"],
        occasion=f"{row['lead_minutes']}@{_stamp(row['starts_at'])}",
        number=number_of(row["serial"]),
        doctor=row["doctor"],
        when=when(row["starts_at"], clock_of(row["mode"], row["zone"], row["own_zone"])),
    )


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@still(REMINDER)
async def stands(ctx: Ctx, asked: Sequence[Notify]) -> list[bool]:
    """The visit takes place then, it is still to come, and she still acts for who is seen."""
    rows = await ctx.tx.fetch(
        "SELECT id, patient_id, starts_at, state FROM appointment WHERE id = ANY($1) ORDER BY id FOR SHARE",
        list({one.ref for one in asked}),
    )
    to_come = {
        row["id"]: (row["patient_id"], _stamp(row["starts_at"]))
        for row in rows
        if row["state"] in REMINDED and row["starts_at"] > ctx.now
    }
    visits = [to_come.get(one.ref) if one.ref else None for one in asked]
    acting = await identity.guards_many(
        ctx.tx, [(one.account_id, visit[0]) for one, visit in zip(asked, visits, strict=True) if visit]
    )
    known = iter(acting)
    return [
        visit is not None and next(known) is not None and one.occasion.endswith(f"@{visit[1]}")
        for one, visit in zip(asked, visits, strict=True)
    ]
