"""A doctor works at a place when the place offered it and she accepted: never by the place's word alone (PRODUCT 6)."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, Rate, command, query
from carewire.errors import IllegalMove, InvalidParams, NotFound
from carewire.resource import CatalogueChanged
from channels.directory import access
from channels.directory.bookable import bookable_changed
from channels.directory.doctors import DOCTORS
from channels.directory.errors import AlreadyAsked
from channels.directory.facts import AFFILIATION_OFFERED
from channels.directory.lifecycle import AFFILIATION
from channels.directory.members import HEADS
from channels.directory.nouns import AffiliationState, Subject
from channels.identity import Capacity
from channels.identity import access as identity

OFFERING: Final = Rate(burst=60, per_minute=30, shared=True)

_COLUMNS: Final = (
    "f.id, f.doctor_id, f.place_id, f.state, f.offered_at, f.since, f.until, f.department, f.is_primary, d.account_id"
)


class AffiliationView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a doctor works at a place. It counts from `since`, when she accepted, until `until`."""

    id: UUID
    doctor_id: UUID
    place_id: UUID
    state: AffiliationState
    offered_at: datetime
    since: datetime | None
    until: datetime | None
    department: str | None
    is_primary: bool


@command(
    "affiliation.offer",
    allow={Capacity.STAFF},
    rate=OFFERING,
    errors={NotFound, InvalidParams, AlreadyAsked},
)
async def offer(ctx: Ctx, doctor_id: UUID, place_id: UUID | None = None) -> AffiliationView:
    """Offer a verified doctor to work at a place of yours. For owners and managers. Nothing opens until she accepts."""
    place = await access.place(ctx, place_id, duties=HEADS, lock=True)
    return await make_offer(ctx, doctor_id, place.id)


async def make_offer(
    ctx: Ctx, doctor_id: UUID, place_id: UUID, *, department: str | None = None, is_primary: bool = False
) -> AffiliationView:
    """Offer a verified doctor to work at a place whose row is locked. Who may was looked at by the caller."""
    doctor = await access.doctor(ctx, doctor_id)
    place = await access.any_place(ctx, place_id)
    affiliation_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO affiliation (doctor_id, place_id, state, offered_at, department, is_primary)"
        " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        doctor.id,
        place.id,
        AffiliationState.OFFERED,
        ctx.now,
        department,
        is_primary,
    )
    ctx.notify(doctor.account_id, AFFILIATION_OFFERED, affiliation_id, place=place.name)
    return _view(await _row(ctx, affiliation_id))


async def take_off(ctx: Ctx, doctor_id: UUID, place_id: UUID) -> AffiliationView:
    """End the doctor's affiliation with a place whose row is locked, or take its offer back; her rights end at once."""
    found = await ctx.tx.fetchval(
        "SELECT id FROM affiliation WHERE doctor_id = $1 AND place_id = $2 AND state IN ('offered', 'accepted')",
        doctor_id,
        place_id,
    )
    if found is None:
        raise NotFound()
    row = await _row(ctx, found, lock=True)
    if row["state"] == AffiliationState.OFFERED:
        state = AFFILIATION.move(row["state"], "withdraw")
        await ctx.tx.execute("UPDATE affiliation SET state = $2 WHERE id = $1", found, state)
        return _view(await _row(ctx, found))
    state = AFFILIATION.move(row["state"], "end")
    return await _moved(ctx, row, "state = $2, until = greatest(since, $3)", state)


@query("affiliation.list", allow={Capacity.DOCTOR, Capacity.STAFF}, errors={NotFound, InvalidParams})
async def list_affiliations(ctx: Ctx, place_id: UUID | None = None) -> list[AffiliationView]:
    """A doctor's own offers and affiliations; with `place_id` those of a place one heads. Latest first, at most 200."""
    if place_id is None:
        where, value = "d.account_id = $1", ctx.actor.id
    else:
        where, value = "f.place_id = $1", (await access.place(ctx, place_id, duties=HEADS)).id
    rows = await ctx.tx.fetch(
        f"SELECT {_COLUMNS} FROM affiliation f JOIN doctor d ON d.id = f.doctor_id WHERE {where}"
        " ORDER BY f.offered_at DESC, f.id DESC LIMIT 200",
        value,
    )
    return [_view(row) for row in rows]


@command("affiliation.accept", allow={Capacity.DOCTOR}, emits={CatalogueChanged}, errors={NotFound, IllegalMove})
async def accept(ctx: Ctx, affiliation_id: UUID) -> AffiliationView:
    """Work at the place that offered it. Only the doctor herself says so."""
    doctor = await access.own_doctor(ctx)
    async with DOCTORS.changing(ctx, doctor.id):
        row = await _own(ctx, affiliation_id)
        state = AFFILIATION.move(row["state"], "accept")
        return await _moved(ctx, row, "state = $2, since = $3", state)


@command("affiliation.decline", allow={Capacity.DOCTOR}, errors={NotFound, IllegalMove})
async def decline(ctx: Ctx, affiliation_id: UUID) -> AffiliationView:
    """Not work there."""
    row = await _own(ctx, affiliation_id)
    state = AFFILIATION.move(row["state"], "decline")
    await ctx.tx.execute("UPDATE affiliation SET state = $2 WHERE id = $1", affiliation_id, state)
    return _view(await _row(ctx, affiliation_id))


@command(
    "affiliation.end",
    allow={Capacity.DOCTOR, Capacity.STAFF},
    emits={CatalogueChanged},
    errors={NotFound, InvalidParams, IllegalMove},
)
async def end(ctx: Ctx, affiliation_id: UUID) -> AffiliationView:
    """End that a doctor works at a place: she herself, or an owner or manager of it. Her rights there end at once."""
    row = await _row(ctx, affiliation_id)
    async with DOCTORS.changing(ctx, row["doctor_id"]):
        if row["account_id"] != ctx.actor.id:
            await access.place(ctx, row["place_id"], duties=HEADS, lock=True)
        row = await _row(ctx, affiliation_id, lock=True)
        state = AFFILIATION.move(row["state"], "end")
        return await _moved(ctx, row, "state = $2, until = greatest(since, $3)", state)


async def _own(ctx: Ctx, affiliation_id: UUID) -> Any:
    """An affiliation of the caller's own doctor row, locked. Another's is not found."""
    doctor = await access.own_doctor(ctx)
    row = await _row(ctx, affiliation_id, lock=True)
    if row["doctor_id"] != doctor.id:
        raise NotFound()
    return row


async def _moved(ctx: Ctx, row: Any, change: str, state: AffiliationState) -> AffiliationView:
    await ctx.tx.execute(f"UPDATE affiliation SET {change} WHERE id = $1", row["id"], state, ctx.now)
    await identity.rights_changed(ctx, row["account_id"])
    await bookable_changed(ctx, Subject.DOCTOR, row["doctor_id"])
    return _view(await _row(ctx, row["id"]))


async def _row(ctx: Ctx, affiliation_id: UUID, *, lock: bool = False) -> Any:
    row = await ctx.tx.fetchrow(
        f"SELECT {_COLUMNS} FROM affiliation f JOIN doctor d ON d.id = f.doctor_id WHERE f.id = $1"
        f"{' FOR UPDATE OF f' if lock else ''}",
        affiliation_id,
    )
    if row is None:
        raise NotFound()
    return row


def _view(row: Any) -> AffiliationView:
    values = dict(row)
    del values["account_id"]
    return msgspec.convert(values, AffiliationView)
