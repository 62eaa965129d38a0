"""The dispensing counter: what pharmacies give out of a line together never exceeds what it says.

The database decides (a CHECK on the line, into which a trigger counts each entry); what is asked here first only makes
a better answer.
"""

from typing import Any, Final
from uuid import UUID

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.event import Event
from channels.care import Schedule
from channels.prescription.errors import NotDispensable, NotInForce, Overspent
from channels.prescription.events import PrescriptionUpdated, tell
from channels.prescription.lifecycle import NEVER_DISPENSED, PrescriptionState

SPEND_EMITS: Final[frozenset[type[Event]]] = frozenset({PrescriptionUpdated})
"""What a command or job that calls `spend` or `unspend` emits."""


async def spend(ctx: Ctx, line_id: UUID, quantity: int, ref: UUID, *, place_id: UUID) -> None:
    """A pharmacy gives out units of a line, for an order or counter sale `ref`. Locks the prescription.

    Of several lines, call it in the order of their prescriptions' ids. Raises `NotFound`, `NotInForce` (with `why`),
    `NotDispensable`, `Overspent` (with `left`). The right to dispense, and whose it is, are the caller's care.
    """
    row = await _locked(ctx, line_id)
    if row["state"] != PrescriptionState.ISSUED:
        raise NotInForce(f"It is {row['state']}", why=row["state"])
    if row["valid_until"] <= ctx.now:
        raise NotInForce("It has expired", why="expired")
    if Schedule(row["schedule"]) in NEVER_DISPENSED:
        raise NotDispensable(schedule=row["schedule"])
    left = row["quantity"] - row["spent"]
    if quantity > left:
        raise Overspent(f"{left} left of this line", line_id=str(line_id), left=left)
    await _enter(ctx, row["prescription_id"], line_id, quantity, ref, place_id)


async def unspend(ctx: Ctx, line_id: UUID, quantity: int, ref: UUID, *, place_id: UUID) -> None:
    """Units that `spend` gave out for this `ref` come back, also after the prescription has ended.

    Raises `NotFound`, and `Overspent` for more than were given.
    """
    row = await _locked(ctx, line_id)
    given = await ctx.tx.fetchval(
        "SELECT coalesce(sum(quantity), 0) FROM dispensing WHERE line_id = $1 AND ref = $2", line_id, ref
    )
    if quantity > given:
        raise Overspent(f"{given} were given of this line", line_id=str(line_id), left=given)
    await _enter(ctx, row["prescription_id"], line_id, -quantity, ref, place_id)


async def _locked(ctx: Ctx, line_id: UUID) -> Any:
    await ctx.tx.execute(
        "SELECT FROM prescription WHERE id = (SELECT prescription_id FROM prescription_line WHERE id = $1)"
        " FOR NO KEY UPDATE",
        line_id,
    )
    row = await ctx.tx.fetchrow(
        "SELECT l.prescription_id, l.quantity, l.spent, l.schedule, p.state, p.valid_until FROM prescription_line l"
        " JOIN prescription p ON p.id = l.prescription_id WHERE l.id = $1",
        line_id,
    )
    if row is None:
        raise NotFound()
    return row


async def _enter(ctx: Ctx, prescription_id: UUID, line_id: UUID, quantity: int, ref: UUID, place_id: UUID) -> None:
    await ctx.tx.execute(
        "INSERT INTO dispensing (line_id, quantity, place_id, ref, account_id, at) VALUES ($1, $2, $3, $4, $5, $6)",
        line_id,
        quantity,
        place_id,
        ref,
        None if ctx.anonymous else ctx.actor.id,
        ctx.now,
    )
    await tell(ctx, prescription_id, PrescriptionUpdated)
