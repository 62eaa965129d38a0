"""How many orders, and tests on them, of a patient may be open at once, with those that a paid bill will make."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from uuid import UUID

from carewire.command import Ctx
from carewire.store.db import Tx
from channels.lab import access as lab
from channels.order.errors import OrdersFull

OPEN_MAX: Final = 50


class Promise(NamedTuple):
    """What comes by itself, when money comes: so many orders, and so many tests on them."""

    orders: int
    tests: int


Promised = Callable[[Tx, UUID], Awaitable[Promise]]
_PROMISED: Final[list[Promised]] = []


def promises(counter: Promised) -> Promised:
    """Count with them what this patient was promised."""
    _PROMISED.append(counter)
    return counter


async def hold_room(ctx: Ctx, patient_id: UUID) -> None:
    """Whoever orders for this patient waits for this transaction. Locked before any other root."""
    await ctx.tx.execute("SELECT FROM patient WHERE id = $1 FOR NO KEY UPDATE", patient_id)


async def require_room(ctx: Ctx, patient_id: UUID, more: int = 1, *, tests: int = 0) -> None:
    """Raises `OrdersFull` where so many more would be too many, `TooManyTests` where so many new tests on them would
    be; of two at once the second counts the first. A laboratory that accepts is then never told no.
    """
    await hold_room(ctx, patient_id)
    # First what is promised: money that comes meanwhile makes orders of it, which are then counted twice and not never.
    promised = [await promise(ctx.tx, patient_id) for promise in _PROMISED]
    row = await ctx.tx.fetchrow(
        "SELECT count(DISTINCT o.id) AS orders, count(l.id) FILTER (WHERE o.kind = 'laboratory'"
        " AND l.lab_test_id IS NULL AND l.quantity > l.cancelled) AS tests"
        " FROM orders o LEFT JOIN order_line l ON l.order_id = o.id"
        " WHERE o.patient_id = $1 AND o.ended_at IS NULL",
        patient_id,
    )
    assert row is not None
    if row["orders"] + sum(one.orders for one in promised) + more > OPEN_MAX:
        raise OrdersFull()
    if tests:
        await lab.require_room(ctx, patient_id, row["tests"] + sum(one.tests for one in promised) + tests)
