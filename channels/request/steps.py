"""The one door for every step of a request: the move, the row, the history, and who hears of it."""

from typing import Any, Final
from uuid import UUID

from carewire.command import Ctx
from channels.request.doors import RequestRow
from channels.request.events import tell
from channels.request.lifecycle import REQUEST, RequestState
from channels.request.views import RequestView, view

_SAYS: Final = {"accept": "request:accepted", "take_over": "request:accepted", "respond": "request:responded",
                "confirm": "request:confirmed"}  # fmt: skip


async def step(
    ctx: Ctx, request: RequestRow, move: str, *, actor: UUID | None, reason: str | None = None, **columns: Any
) -> RequestView:
    """Take a step with a locked request and tell it. `columns`: what else changes.

    A `move` that its machine does not know (`read`, `share`, `take_over`, …) leaves the state. Raises `IllegalMove`.
    """
    before = await view(ctx.tx, request.id)
    state = REQUEST.move(request.state, move) if move in REQUEST.moves else request.state
    await store(ctx, request.id, state, actor=actor, move=move, reason=reason, columns=columns)
    after = await view(ctx.tx, request.id)
    await tell(ctx, _SAYS.get(move, "request:updated"), after, before)
    return after


async def store(
    ctx: Ctx,
    request_id: UUID,
    state: RequestState,
    *,
    actor: UUID | None,
    move: str,
    reason: str | None,
    columns: dict[str, Any],
) -> None:
    """Write a step and its row in the history."""
    settings = "".join(f", {name} = ${n}" for n, name in enumerate(columns, 7))
    await ctx.tx.execute(
        "WITH moved AS (UPDATE request SET state = $2, revision = revision + 1, changed_at = $3, reason = $4"
        f"{settings} WHERE id = $1 RETURNING revision)"
        " INSERT INTO request_step (request_id, revision, move, state, actor_id, reason, at)"
        " SELECT $1, revision, $5, $2, $6, $4, $3 FROM moved",
        request_id,
        state,
        ctx.now,
        reason,
        move,
        actor,
        *columns.values(),
    )
