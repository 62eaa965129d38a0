"""Selling over the counter, to somebody who stands there: at once, on paper what needs a prescription, and back again.

Drugs Rules 1945, rule 65: schedules H and H1 are sold on the prescription of a registered practitioner only, and of H1
a register keeps prescriber, address, patient, drug and quantity for three years. Schedule X wants a licence and a copy
of the paper that are not ours to keep, so that it and narcotics are never sold here (PRODUCT 28; decision 0138).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, Forbidden, InvalidParams, NotFound
from carewire.ids import uuid7
from channels.care import Schedule
from channels.identity import Capacity, Duty
from channels.identity import access as identity
from channels.identity.errors import FactDue
from channels.prescription import access as prescriptions
from channels.prescription.errors import NotDispensable, NotInForce, Overspent
from channels.prescription.lifecycle import NEVER_DISPENSED
from channels.stock import doors, holds
from channels.stock.access import articles
from channels.stock.errors import LineNeeded, NotSold, OutOfStock, PrescriptionNeeded, Restricted, ShelfFull
from channels.stock.holds import LINES_MAX, Hold, Line
from channels.stock.nouns import ON_PRESCRIPTION
from channels.stock.papers import Paper, require_foreign
from channels.stock.prescribed import answers, prescribed

AT_THE_COUNTER: Final = timedelta(minutes=1)
"""How long a sale's own hold would stand; it is sold in the same transaction."""
PAPER_AGE: Final = timedelta(days=366)
"""Nothing is sold on an older paper, as none that is issued here is valid for longer than a year."""


class SaleLine(Line, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many packs of an article. `prescription_line_id`: of a prescription that her side showed to this pharmacy."""

    prescription_line_id: UUID | None = None


SaleLines = Annotated[list[SaleLine], Meta(min_length=1, max_length=LINES_MAX)]
BackLines = Annotated[list[Line], Meta(min_length=1, max_length=LINES_MAX)]


@command(
    "stock.sell",
    allow={Capacity.STAFF},
    emits=holds.EMITS | prescriptions.SPEND_EMITS,
    errors={NotFound, Forbidden, InvalidParams, FactDue, OutOfStock, PrescriptionNeeded, LineNeeded, Restricted,
            NotInForce, NotDispensable, Overspent},
)  # fmt: skip
async def sell(ctx: Ctx, lines: SaleLines, pharmacy_id: UUID | None = None, paper: Paper | None = None) -> Hold:
    """Sell over the counter to somebody who stands there: at once and all of it, first expired first out.

    What is kept for orders is not there. What is of schedule H or H1 is given out by a pharmacist, by a line of a
    prescription that was written here, whose units are counted with it, or on a `paper`, which enters the register
    (`stock.movements`); a paper that was written here and shown to this pharmacy is sold by its line (`line_needed`).
    X and narcotics are never sold. The answer's `id` is what `stock.take_back` wants.
    """
    at = await doors.pharmacy(ctx, pharmacy_id)
    on_paper = await _require_sellable(ctx, at.id, lines, paper)
    kept = await holds.hold(ctx, at.id, lines, ctx.now + AT_THE_COUNTER, uuid7())
    if on_paper is not None:
        await _register(ctx, at, kept.id, on_paper)
    await _spend(ctx, at.id, kept.id, [line for line in lines if line.prescription_line_id is not None])
    ctx.about("stock_hold", kept.id)
    return await holds.sell(ctx, kept.id, by=ctx.actor.id)


@command(
    "stock.take_back",
    allow={Capacity.STAFF},
    emits=holds.EMITS,
    errors={NotFound, InvalidParams, NotSold, ShelfFull},
)
async def take_back(ctx: Ctx, hold_id: UUID, lines: BackLines, sellable: bool) -> Hold:
    """What was sold comes back: onto the shelf when it may be sold again, else it is written off. No money moves, and
    no unit comes back to a prescription: what was given out was given out.
    """
    await doors.sale(ctx, hold_id)
    return await holds.returned(ctx, hold_id, lines, sellable=sellable, by=ctx.actor.id)


async def _require_sellable(ctx: Ctx, pharmacy_id: UUID, lines: SaleLines, paper: Paper | None) -> Paper | None:
    """The paper, where something needs it. Raises `Restricted`, `PrescriptionNeeded`, `Forbidden`."""
    rows = await ctx.tx.fetch(
        "SELECT id, name, schedule FROM medicine WHERE id = ANY($1) AND pharmacy_id = $2 ORDER BY name",
        [line.medicine_id for line in lines],
        pharmacy_id,
    )
    if never := [row["name"] for row in rows if Schedule(row["schedule"]) in NEVER_DISPENSED]:
        raise Restricted(lines=never)
    bare = {line.medicine_id for line in lines if line.prescription_line_id is None}
    needing = [row for row in rows if Schedule(row["schedule"]) in ON_PRESCRIPTION]
    on_paper = [row["name"] for row in needing if row["id"] in bare]
    if on_paper and paper is None:
        raise PrescriptionNeeded(lines=on_paper)
    named = any(line.prescription_line_id is not None for line in lines)
    if (needing or named) and Duty.PHARMACIST not in await identity.duties(ctx, pharmacy_id):
        raise Forbidden("A pharmacist gives out what is prescribed")
    if not on_paper or paper is None:
        return None
    bare_ids = [row["id"] for row in needing if row["id"] in bare]
    await require_foreign(ctx, pharmacy_id, paper, await articles(ctx, bare_ids))
    return paper


async def _spend(ctx: Ctx, pharmacy_id: UUID, sale: UUID, lines: Sequence[SaleLine]) -> None:
    """Count the units of what is sold by lines of prescriptions that her side showed to this very pharmacy."""
    named = sorted({line.prescription_line_id for line in lines if line.prescription_line_id is not None})
    if not named:
        return
    known = await prescribed(ctx, named)
    for prescription_id in sorted({one.prescription_id for one in known.values()}):
        found = await prescriptions.readable(ctx, prescription_id)
        if not await prescriptions.dispensable_at(ctx, found, pharmacy_id):
            raise NotFound()
    if len(known) < len(named):
        raise NotFound()
    kinds = await articles(ctx, [line.medicine_id for line in lines])
    units: dict[UUID, int] = {}
    for line in lines:
        article, written = kinds[line.medicine_id], known[line.prescription_line_id or sale]
        if not answers(article, written):
            raise PrescriptionNeeded(lines=[article.name])
        units[written.id] = units.get(written.id, 0) + line.quantity * article.pack_size
    for line_id in sorted(units, key=lambda one: (known[one].prescription_id, one)):
        await prescriptions.spend(ctx, line_id, units[line_id], sale, place_id=pharmacy_id)


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
