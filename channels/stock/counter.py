"""Selling over the counter, to somebody who stands there: at once, on paper what needs a prescription, and back again.

Drugs Rules 1945, rule 65: schedules H and H1 are sold on the prescription of a registered practitioner only, and of H1
a register keeps prescriber, address, patient, drug and quantity for three years. Schedule X wants a licence and a copy
of the paper that are not ours to keep, so that it and narcotics are never sold here (PRODUCT 28; decision 0138).
"""

from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, Forbidden, InvalidParams, NotFound
from carewire.forms import Name
from carewire.ids import uuid7
from channels.care import Schedule
from channels.directory import Address
from channels.identity import Capacity, Duty
from channels.identity import access as identity
from channels.prescription.lifecycle import NEVER_DISPENSED
from channels.stock import doors, holds
from channels.stock.errors import NotSold, OutOfStock, PrescriptionNeeded, Restricted, ShelfFull
from channels.stock.holds import LINES_MAX, Hold, Line
from channels.stock.nouns import ON_PRESCRIPTION

AT_THE_COUNTER: Final = timedelta(minutes=1)
"""How long a sale's own hold would stand; it is sold in the same transaction."""
PAPER_AGE: Final = timedelta(days=366)
"""Nothing is sold on an older paper, as none that is issued here is valid for longer than a year."""

SaleLines = Annotated[list[Line], Meta(min_length=1, max_length=LINES_MAX)]


class Paper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The prescription that a pharmacist has read and stamped, as the register has it."""

    prescriber: Name
    prescriber_address: Address
    patient: Name
    written_on: date


@command(
    "stock.sell",
    allow={Capacity.STAFF},
    emits=holds.EMITS,
    errors={NotFound, Forbidden, InvalidParams, OutOfStock, PrescriptionNeeded, Restricted},
)
async def sell(ctx: Ctx, lines: SaleLines, pharmacy_id: UUID | None = None, paper: Paper | None = None) -> Hold:
    """Sell over the counter to somebody who stands there: at once and all of it, first expired first out.

    What is kept for orders is not there. What is of schedule H or H1 needs a `paper`, is given out by a pharmacist and
    enters the register (`stock.movements`); X and narcotics are never sold. A prescription that was written here is
    counted with `prescription.dispense`, too. The answer's `id` is what `stock.take_back` wants.
    """
    at = await doors.pharmacy(ctx, pharmacy_id)
    on_paper = await _require_sellable(ctx, at.id, lines, paper)
    kept = await holds.hold(ctx, at.id, lines, ctx.now + AT_THE_COUNTER, uuid7())
    if on_paper is not None:
        await _register(ctx, at, kept.id, on_paper)
    ctx.about("stock_hold", kept.id)
    return await holds.sell(ctx, kept.id, by=ctx.actor.id)


@command(
    "stock.take_back",
    allow={Capacity.STAFF},
    emits=holds.EMITS,
    errors={NotFound, InvalidParams, NotSold, ShelfFull},
)
async def take_back(ctx: Ctx, hold_id: UUID, lines: SaleLines, sellable: bool) -> Hold:
    """What was sold comes back: onto the shelf when it may be sold again, else it is written off. No money moves."""
    await doors.sale(ctx, hold_id)
    return await holds.returned(ctx, hold_id, lines, sellable=sellable, by=ctx.actor.id)


async def _require_sellable(ctx: Ctx, pharmacy_id: UUID, lines: SaleLines, paper: Paper | None) -> Paper | None:
    """The paper, where something needs it. Raises `Restricted`, `PrescriptionNeeded`, `Forbidden`."""
    rows = await ctx.tx.fetch(
        "SELECT name, schedule FROM medicine WHERE id = ANY($1) AND pharmacy_id = $2 ORDER BY name",
        [line.medicine_id for line in lines],
        pharmacy_id,
    )
    if never := [row["name"] for row in rows if Schedule(row["schedule"]) in NEVER_DISPENSED]:
        raise Restricted(lines=never)
    needing = [row["name"] for row in rows if Schedule(row["schedule"]) in ON_PRESCRIPTION]
    if not needing:
        return None
    if paper is None:
        raise PrescriptionNeeded(lines=needing)
    if Duty.PHARMACIST not in await identity.duties(ctx, pharmacy_id):
        raise Forbidden("A pharmacist gives out what needs a prescription")
    return paper


async def _register(ctx: Ctx, at: doors.Pharmacy, hold_id: UUID, paper: Paper) -> None:
    today: date = await ctx.tx.fetchval("SELECT ($1::timestamptz AT TIME ZONE $2)::date", ctx.now, at.zone)
    if not today - PAPER_AGE <= paper.written_on <= today:
        raise InvalidParams(fields=(Field("$.paper.written_on", "lies ahead, or more than a year back"),))
    await ctx.tx.execute(
        "INSERT INTO stock_paper (hold_id, prescriber, prescriber_address, patient, written_on, by_account, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        hold_id,
        paper.prescriber,
        paper.prescriber_address,
        paper.patient,
        paper.written_on,
        ctx.actor.id,
        ctx.now,
    )
