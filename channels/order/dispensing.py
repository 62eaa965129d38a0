"""What an order takes of a prescription: its units are counted before anything is paid, and come back when it ends."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from carewire.command import Ctx
from channels.prescription import access as prescriptions
from channels.prescription.errors import NotInForce

Units = Mapping[UUID, int]
"""Units of each line of a prescription."""


def units_of(lines: Sequence[tuple[UUID | None, int, int]]) -> dict[UUID, int]:
    """The units of each prescribed line, of (line, packs, units in a pack)."""
    units: dict[UUID, int] = {}
    for line_id, packs, pack_size in lines:
        if line_id is not None and packs:
            units[line_id] = units.get(line_id, 0) + packs * pack_size
    return units


async def spend(ctx: Ctx, ref: UUID, place_id: UUID, units: Units) -> None:
    """Take them, all or none. Raises `NotInForce`, `NotDispensable`, `Overspent`. Declare `SPEND_EMITS`."""
    for line_id in sorted(units):
        await prescriptions.spend(ctx, line_id, units[line_id], ref, place_id=place_id)


async def unspend(ctx: Ctx, ref: UUID, place_id: UUID, units: Units) -> None:
    """Give back what was taken under this `ref`."""
    for line_id in sorted(units):
        await prescriptions.unspend(ctx, line_id, units[line_id], ref, place_id=place_id)


async def units_of_order(ctx: Ctx, order_id: UUID) -> dict[UUID, int]:
    """What an order has taken of a prescription and not given back."""
    rows = await ctx.tx.fetch(
        "SELECT prescription_line_id, quantity - cancelled AS packs, pack_size FROM order_line WHERE order_id = $1",
        order_id,
    )
    return units_of([(row["prescription_line_id"], row["packs"], row["pack_size"]) for row in rows])


async def require_in_force(ctx: Ctx, order_id: UUID) -> None:
    """Raises `NotInForce` where the doctor has taken back or replaced what something of the order is given out on."""
    state: str | None = await ctx.tx.fetchval(
        "SELECT p.state FROM order_line o JOIN prescription_line l ON l.id = o.prescription_line_id"
        " JOIN prescription p ON p.id = l.prescription_id"
        " WHERE o.order_id = $1 AND o.quantity > o.cancelled AND p.state <> 'issued' LIMIT 1",
        order_id,
    )
    if state is not None:
        raise NotInForce(f"Its prescription is {state}", why=state)


async def shown_until(ctx: Ctx, order_id: UUID, *, at_once: bool) -> None:
    """The order is over: its pharmacists read what it showed them for as long as a relationship lasts, or no longer."""
    until: datetime = await ctx.tx.fetchval(
        "SELECT CASE WHEN $2 THEN $1::timestamptz ELSE $1::timestamptz + relation_days() END", ctx.now, at_once
    )
    await prescriptions.shared_until(ctx, order_id, until)
