"""How many orders of a patient may be open at once, those among them that a bill will make once it is paid."""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.store.db import Tx
from channels.order.errors import OrdersFull

OPEN_MAX: Final = 50

Promised = Callable[[Tx, UUID], Awaitable[int]]
_PROMISED: Final[list[Promised]] = []


def promises(counter: Promised) -> Promised:
    """Count with them how many orders this patient was promised that come by themselves, when money comes."""
    _PROMISED.append(counter)
    return counter


async def hold_room(ctx: Ctx, patient_id: UUID) -> None:
    """Whoever orders for this patient waits for this transaction. Locked before any other root."""
    await ctx.tx.execute("SELECT FROM patient WHERE id = $1 FOR NO KEY UPDATE", patient_id)


async def require_room(ctx: Ctx, patient_id: UUID, more: int = 1) -> None:
    """Raises `OrdersFull` where so many more would be too many; of two at once the second counts the first."""
    await hold_room(ctx, patient_id)
    # First what is promised: money that comes meanwhile makes orders of it, which are then counted twice and not never.
    count = sum([await promised(ctx.tx, patient_id) for promised in _PROMISED])
    count += await ctx.tx.fetchval("SELECT count(*) FROM orders WHERE patient_id = $1 AND ended_at IS NULL", patient_id)
    if count + more > OPEN_MAX:
        raise OrdersFull()
