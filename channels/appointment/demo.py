"""Two appointments of the demo's family, tomorrow (PRODUCT 21), and what a newcomer types to book one.

Each day has its own; seeding a day again changes nothing.
"""

import secrets
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from carewire.command import Ctx
from carewire.jobs.vault import Vault
from carewire.notice import Notify
from carewire.settings import Settings
from carewire.store import outbox
from carewire.store.db import Tx
from channels.appointment import days, policy, rows, seats
from channels.appointment.changes import made
from channels.appointment.lifecycle import AppointmentState
from channels.appointment.nouns import Side
from channels.appointment.rows import Appointment
from channels.calendar import Mode
from channels.calendar import access as calendar
from channels.calendar.access import Slot
from channels.directory import demo as places
from channels.identity import demo as people
from channels.identity import settings_now

ZONE: Final = ZoneInfo("Asia/Kolkata")
BOOKED: Final = (
    (1, places.DOCTOR_ASHA, people.KAMLA_PATIENT, time(10, 30)),
    (2, places.DOCTOR_VIKRAM, people.ARJUN_PATIENT, time(9, 20)),
)
HOLD: Final = "HOLD"
"""Here the `id` that the line before answered is to be put in."""
APPOINTMENT: Final = "APPOINTMENT"
"""Here the `id` of what was booked."""
Steps = list[tuple[str, dict[str, object]]]


def appointment_of(day: date, number: int) -> UUID:
    """An appointment of the demo on this day: 1 of Kamla with Dr. Asha, 2 of Arjun with Dr. Vikram."""
    return UUID(f"0199d3a0-0000-7000-8d00-{day:%Y%m%d}{number:04d}")


async def seed(tx: Tx, now: datetime) -> None:
    """Both of them, where the doctors still offer that time and nobody took it."""
    await tx.execute("SET CONSTRAINTS ALL DEFERRED")  # the demo before this one told its events in this transaction
    day = now.astimezone(ZONE).date() + timedelta(days=1)
    ctx = Ctx(tx=tx, now=now, real_now=now, settings=Settings(secret=secrets.token_hex(32)))
    for number, doctor_id, patient_id, at in BOOKED:
        starts_at = datetime.combine(day, at, tzinfo=ZONE)
        slot = await calendar.slot(tx, doctor_id, places.CLINIC, Mode.IN_PERSON, starts_at, now=now)
        known = await tx.fetchval("SELECT id FROM appointment WHERE id = $1", appointment_of(day, number))
        if slot is not None and known is None:
            await _book(ctx, slot, patient_id, appointment_of(day, number))
    ctx.jobs[:] = [job for job in ctx.jobs if not isinstance(job[0], Notify)]  # nobody of the demo is told by it
    await outbox.finish([ctx], Vault(ctx.settings.secret))


async def _book(ctx: Ctx, slot: Slot, patient_id: UUID, appointment_id: UUID) -> None:
    """What `appointment.book` does for Priya, without her socket."""
    await days.lock(ctx.tx, slot.doctor_id, [seats.day_of(slot)])
    opened = await seats.open_slot(ctx.tx, slot)
    if not await seats.has_room(ctx.tx, opened):
        return
    terms = await calendar.terms(ctx.tx, slot.doctor_id, slot.place_id, slot.mode)
    currency = (await settings_now(ctx.tx)).currency
    price = await policy.price(ctx.tx, terms, patient_id, slot.starts_at, terms.payment_modes[-1], currency)
    row = Appointment(
        id=appointment_id,
        serial=await ctx.tx.fetchval("SELECT nextval('appointment_serial')"),
        patient_id=patient_id,
        doctor_id=slot.doctor_id,
        place_id=slot.place_id,
        mode=slot.mode,
        slot_id=opened.id,
        day=opened.day,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        zone=slot.zone,
        state=AppointmentState.BOOKED,
        payment=price.payment,
        fee_amount=price.money.amount,
        fee_currency=price.money.currency,
        policy=policy.policy_of(terms),
        booked_by=people.PRIYA.account_id,
        booked_side=Side.PATIENT,
        created_at=ctx.now,
    )
    await rows.insert(ctx.tx, row)
    await seats.take(ctx.tx, opened, patient_id, appointment_id=row.id)
    await made(ctx, row)


async def steps(tx: Tx, now: datetime) -> Steps:
    """The commands with which Priya holds a seat and books it for herself; none where nothing is free."""
    until = now + timedelta(days=3)
    for slot in await seats.free(tx, places.DOCTOR_ASHA, now, until, now=now):
        if slot.free and slot.mode is Mode.IN_PERSON:
            day = seats.local_day(slot.starts_at, slot.zone)
            asked = {
                "doctor_id": str(places.DOCTOR_ASHA),
                "place_id": str(slot.place_id),
                "mode": slot.mode.value,
                "starts_at": slot.starts_at.isoformat(),
            }
            return [
                ("topic.subscribe", {"topic": f"slots:{places.DOCTOR_ASHA}:{day}"}),
                ("slot.list", {"doctor_id": str(places.DOCTOR_ASHA), "first": str(day), "count": 1}),
                ("appointment.hold", {**asked, "patient_id": str(people.PRIYA_PATIENT)}),
                ("appointment.book", {"hold_id": HOLD}),
                ("appointment.list", {"upcoming": True}),
            ]
    return []


async def counter(tx: Tx) -> Steps:
    """The commands with which the desk takes what she pays for it."""
    terms = await calendar.terms(tx, places.DOCTOR_ASHA, places.CLINIC, Mode.IN_PERSON)
    if terms.fee is None or not terms.fee.amount:
        return []
    money = {"amount": terms.fee.amount, "currency": terms.fee.currency}
    about: dict[str, object] = {"about": "appointment", "about_id": APPOINTMENT}
    return [("payment.owed", about), ("payment.take", {**about, "money": money, "means": "cash"})]
