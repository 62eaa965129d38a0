"""The one door for every step of an order: the move, the row, the history, and who hears of it."""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from carewire.command import Ctx
from carewire.errors import IllegalMove
from channels.order.doors import OrderRow
from channels.order.events import tell
from channels.order.lifecycle import MACHINES, OrderState
from channels.order.views import OrderView, view

S: Final = OrderState
ENDS: Final = frozenset({S.CANCELLED, S.RETURNED, S.EXPIRED, S.DELIVERED, S.COLLECTED, S.REPORT_READY})
"""With these an order ends; one that was rejected ends when nobody re-offers it."""
_SAYS: Final = {"confirm": "order:confirmed"}

Ended = Callable[[Ctx, UUID, UUID], Awaitable[None]]
_ENDED: Final[list[Ended]] = []


def on_ended(follower: Ended) -> Ended:
    """Be told, in the same transaction, that an order of a request ended: `(ctx, request_id, order_id)`."""
    _ENDED.append(follower)
    return follower


async def step(
    ctx: Ctx, order: OrderRow, move: str, *, actor: UUID | None, reason: str | None = None, **columns: Any
) -> OrderView:
    """Take a step with a locked order and tell it. `columns`: what else changes.

    A `move` that its machine does not know (`offer`, `cut`, `pay`, …) leaves the state. Raises `IllegalMove`.
    """
    before = await view(ctx.tx, order.id)
    state = next_state(order, move)
    if state in ENDS and order.ended_at is None:
        columns.setdefault("ended_at", ctx.now)
    settings = "".join(f", {name} = ${n}" for n, name in enumerate(columns, 7))
    await ctx.tx.execute(
        "WITH moved AS (UPDATE orders SET state = $2, revision = revision + 1, changed_at = $3,"
        f" reason = coalesce($4, reason){settings} WHERE id = $1 RETURNING revision, place_id)"
        " INSERT INTO order_step (order_id, revision, move, state, place_id, actor_id, reason, at)"
        " SELECT $1, revision, $5, $2, place_id, $6, $4, $3 FROM moved",
        order.id,
        state,
        ctx.now,
        reason,
        move,
        actor,
        *columns.values(),
    )
    after = await view(ctx.tx, order.id)
    tell(ctx, _SAYS.get(move, "order:status:updated"), after, before)
    if after.ended_at is not None and before.ended_at is None and after.request_id is not None:
        for follower in _ENDED:
            await follower(ctx, after.request_id, after.id)
    return after


def next_state(order: OrderRow, move: str) -> OrderState:
    """The state after this move. Raises `IllegalMove`, also for everything after the end but `complete`."""
    machine = MACHINES[order.kind]
    if move not in machine.moves:
        return order.state
    if order.ended_at is not None and move != "complete":
        raise IllegalMove(f"cannot {move}: it is over", state=order.state, move=move, legal=[])
    return machine.move(order.state, move)
