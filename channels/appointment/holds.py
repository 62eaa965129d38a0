"""Seats kept for a while: by who is about to book, and for who waited for one.

A freed seat is offered at once, in the transaction that frees it, to who has waited longest: the offer is a hold, so
there is one for a seat, and nobody else gets it meanwhile.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from channels.appointment import facts, seats
from channels.appointment.events import BY_VIDEO, HoldUpdated, SlotsUpdated
from channels.appointment.jobs import FREED_KEY, HOLD_KEY, HoldDue, SeatFreed
from channels.appointment.lifecycle import HOLD, WAITLIST, HoldState, WaitState
from channels.appointment.seats import Free, SlotRow
from channels.appointment.views import HELD, Held, ended, held_of, when
from channels.calendar import Mode
from channels.calendar import access as calendar
from channels.identity import access as identity
from channels.identity import settings_now

OFFERS_MAX: Final = 50
"""Seats of one slot that are offered at once; more than a slot has."""
LEAST: Final = timedelta(minutes=2)
"""An offer that leaves less than this to take it is none."""


def place_word(place_id: UUID | None) -> str:
    """The place as `agenda:` spells it."""
    return BY_VIDEO if place_id is None else str(place_id)


async def make(
    ctx: Ctx,
    slot: SlotRow,
    patient_id: UUID,
    account_id: UUID,
    *,
    expires_at: datetime | None = None,
    waitlist_id: UUID | None = None,
) -> Held:
    """Keep a seat of this slot, its day locked, on the terms of now: as long as they say, until it ends at the latest.

    Raises `SlotTaken` or `AlreadyThere`.
    """
    terms = await calendar.terms(ctx.tx, slot.doctor_id, slot.place_id, slot.mode)
    hold_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO hold (slot_id, patient_id, account_id, waitlist_id, state, made_at, expires_at, terms)"
        " VALUES ($1, $2, $3, $4, 'standing', $5, $6, $7) RETURNING id",
        slot.id,
        patient_id,
        account_id,
        waitlist_id,
        ctx.now,
        min(expires_at or terms.held_until(ctx.now), slot.ends_at),
        msgspec.json.encode(terms).decode(),
    )
    await seats.take(ctx.tx, slot, patient_id, hold_id=hold_id)
    held = held_of(await ctx.tx.fetchrow(f"SELECT {HELD} WHERE h.id = $1", hold_id))
    ctx.emit(HoldUpdated(patient_id=patient_id, hold=held))
    ctx.enqueue(HoldDue(hold_id=hold_id), not_before=held.expires_at, key=HOLD_KEY.format(hold_id=hold_id))
    return held


async def end(ctx: Ctx, held: Held, move: str) -> Held:
    """A standing hold, its day locked, was booked, released or ran out. Its seat is not offered here."""
    after = ended(held, HOLD.move(held.state, move))
    if after.state is not HoldState.BOOKED:
        await seats.release(ctx.tx, hold_id=held.id)
    waitlist_id = await ctx.tx.fetchval(
        "UPDATE hold SET state = $2, ended_at = $3 WHERE id = $1 RETURNING waitlist_id", held.id, after.state, ctx.now
    )
    if waitlist_id is not None:
        step = "take" if after.state is HoldState.BOOKED else await _passed(ctx, held)
        state = WAITLIST.move(WaitState.OFFERED, step)
        await ctx.tx.execute(
            "UPDATE waitlist SET state = $2, ended_at = $3 WHERE id = $1 AND state = $4",
            waitlist_id,
            state,
            None if state is WaitState.WAITING else ctx.now,
            WaitState.OFFERED,
        )
    ctx.emit(HoldUpdated(patient_id=held.patient_id, hold=after))
    return after


async def _passed(ctx: Ctx, held: Held) -> str:
    """Who lets an offer pass makes room for the next: she waits no more, or she would be offered the same again. Who
    could not take it, because it was said meanwhile that nobody is there then, keeps her place."""
    slot = await calendar.slot(ctx.tx, held.doctor_id, held.place_id, held.mode, held.starts_at, now=None)
    return "wait_on" if slot is None or slot.ends_at != held.ends_at else "lapse"


async def sweep(ctx: Ctx, slot: SlotRow) -> None:
    """Past its time a hold is worth nothing, also where the job that says so is late."""
    rows = await ctx.tx.fetch(
        f"SELECT {HELD} WHERE h.slot_id = $1 AND h.state = 'standing' AND h.expires_at <= $2 ORDER BY h.id",
        slot.id,
        ctx.now,
    )
    for row in rows:
        await end(ctx, held_of(row), "expire")
    if rows:
        await freed(ctx, slot.id)


async def make_way(ctx: Ctx, slot: SlotRow, patient_id: UUID) -> None:
    """The seat of this slot that is held for her, if one is, becomes free for a visit of hers that moves there."""
    row = await ctx.tx.fetchrow(
        f"SELECT {HELD} WHERE h.slot_id = $1 AND h.patient_id = $2 AND h.state = 'standing'", slot.id, patient_id
    )
    if row is not None:
        held = held_of(row)
        await end(ctx, held, "book")
        await seats.release(ctx.tx, hold_id=held.id)


async def freed(ctx: Ctx, slot_id: UUID, *, at: datetime | None = None) -> None:
    """Seats of this slot may be free now: offer them to who waits, and tell how many are left. Its day is locked.

    `at`: they were freed then; look once more, for who had joined and was not seen yet.
    """
    sql = "SELECT doctor_id, place_id, mode, starts_at, ends_at FROM slot WHERE id = $1"
    (row,) = await ctx.tx.fetch(sql, slot_id)
    where = (row["doctor_id"], row["place_id"], Mode(row["mode"]), row["starts_at"], row["ends_at"])
    offered = await _pass_on(ctx, *where, joined_by=at)
    if at is None and not offered:
        ctx.enqueue(SeatFreed(slot_id=slot_id, at=ctx.now), key=FREED_KEY.format(slot_id=slot_id))
    if at is None or offered:
        await tell_slots(ctx, row["doctor_id"], row["starts_at"], row["ends_at"])


async def offer_free(ctx: Ctx, doctor_id: UUID, offered: dict[date, list[Free]]) -> None:
    """More is offered on these days than before: who waits for some of it gets it. Their roots are locked."""
    waits = await _waits(ctx, doctor_id)
    for day, slots in sorted(offered.items()):
        for slot in slots:
            place = (slot.place_id, slot.mode)
            waited = any((w["place_id"], w["mode"]) == place and w["first"] <= day <= w["last"] for w in waits)
            if slot.free and waited and await _pass_on(ctx, doctor_id, *place, slot.starts_at, slot.ends_at):
                await tell_slots(ctx, doctor_id, slot.starts_at, slot.ends_at)
                waits = await _waits(ctx, doctor_id)


async def _waits(ctx: Ctx, doctor_id: UUID) -> Sequence[Any]:
    sql = "SELECT DISTINCT place_id, mode, first, last FROM waitlist WHERE doctor_id = $1 AND state = 'waiting'"
    return await ctx.tx.fetch(sql, doctor_id)


async def _pass_on(
    ctx: Ctx,
    doctor_id: UUID,
    place_id: UUID | None,
    mode: Mode,
    starts_at: datetime,
    ends_at: datetime,
    joined_by: datetime | None = None,
) -> int:
    """Offer the free seats of a slot, if it can be booked now, to who waits; answers how many were offered."""
    slot = await calendar.slot(ctx.tx, doctor_id, place_id, mode, starts_at, now=ctx.now)
    if slot is None or slot.ends_at != ends_at:
        return 0
    opened = await seats.open_slot(ctx.tx, slot)
    for count in range(OFFERS_MAX):
        if not await seats.has_room(ctx.tx, opened) or not await _offer(ctx, opened, joined_by):
            return count
    return OFFERS_MAX


async def _offer(ctx: Ctx, slot: SlotRow, joined_by: datetime | None) -> bool:
    """Offer a free seat to the head of those who wait; answers whether there was somebody."""
    minutes = (await settings_now(ctx.tx)).offer_minutes
    expires_at = min(ctx.now + timedelta(minutes=minutes), slot.starts_at)
    if expires_at - ctx.now < LEAST:
        return False
    head = await ctx.tx.fetchrow(
        _HEAD, slot.doctor_id, slot.place_id, slot.mode, slot.day, slot.starts_at, slot.ends_at, joined_by
    )
    if head is None:
        return False
    await ctx.tx.execute(
        "UPDATE waitlist SET state = $2 WHERE id = $1", head["id"], WAITLIST.move(WaitState.WAITING, "offer")
    )
    held = await make(ctx, slot, head["patient_id"], head["account_id"], expires_at=expires_at, waitlist_id=head["id"])
    for _, account_id in await identity.acting_for(ctx.tx, [held.patient_id]):
        begins, until = when(slot.starts_at, slot.zone), when(expires_at, slot.zone)
        ctx.notify(account_id, facts.OFFERED, held.id, when=begins, until=until)
    return True


# The longest waiting first. Two days' seats at once go to two people. Passed over is who has that time already, and who
# could not take it, because every account that could is shut.
_HEAD: Final = """
SELECT w.id, w.patient_id, w.account_id FROM waitlist w JOIN patient p ON p.id = w.patient_id AND p.deleted_at IS NULL
 WHERE w.doctor_id = $1 AND w.place_id IS NOT DISTINCT FROM $2 AND w.mode = $3 AND w.state = 'waiting'
   AND $4 BETWEEN w.first AND w.last AND ($7::timestamptz IS NULL OR w.joined_at <= $7)
   AND EXISTS (SELECT FROM account k WHERE k.state = 'active' AND (k.id = w.account_id
       OR EXISTS (SELECT FROM guarding g WHERE g.account_id = k.id AND g.patient_id = w.patient_id)))
   AND NOT EXISTS (SELECT FROM seat s WHERE s.doctor_id = w.doctor_id AND s.patient_id = w.patient_id
       AND tstzrange(s.starts_at, s.ends_at) && tstzrange($5, $6))
 ORDER BY w.joined_at, w.id LIMIT 1 FOR UPDATE OF w SKIP LOCKED"""


async def tell_slots(ctx: Ctx, doctor_id: UUID, starts_at: datetime, ends_at: datetime) -> None:
    """How much is free of what is offered at this time; a seat was taken or freed there."""
    changed: dict[date, list[Free]] = {}
    for slot in await seats.free_around(ctx.tx, doctor_id, starts_at, ends_at):
        changed.setdefault(seats.local_day(slot.starts_at, slot.zone), []).append(slot)
    for day, slots in sorted(changed.items()):
        ctx.emit(SlotsUpdated(doctor_id=doctor_id, day=day, slots=slots))
