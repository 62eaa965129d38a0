"""The desk's hand in the order, and the holder's alert."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, IllegalMove, InvalidParams
from channels.identity import Capacity
from channels.queue import access, moves
from channels.queue.calling import RUNS
from channels.queue.lifecycle import Priority
from channels.queue.moved import MOVES, moved
from channels.queue.views import DeskView, TokenView, desk_view, view

Ahead = Annotated[int, Meta(ge=0, le=2000)]
AlertBefore = Annotated[int, Meta(ge=0, le=100)]
AlertMinutes = Annotated[int, Meta(ge=0, le=240)]


@command("queue.move", allow=RUNS, emits=MOVES, errors={IllegalMove})
async def move(ctx: Ctx, token_id: UUID, before: Ahead) -> DeskView:
    """Put a waiting token where `before` others are called before it; never ahead of emergencies and returns."""
    line = await access.load(ctx.tx, await access.desk_token(ctx, token_id, lock=True))
    after = await moved(ctx, line, moves.move(line, token_id, before, ctx.now))
    return desk_view(after, after.get(token_id))


@command("queue.prioritise", allow=RUNS, emits=MOVES, errors={IllegalMove})
async def prioritise(ctx: Ctx, token_id: UUID, reason: Priority | None) -> DeskView:
    """Give a waiting token priority for a reason that is recorded with your name; null takes it away."""
    line = await access.load(ctx.tx, await access.desk_token(ctx, token_id, lock=True))
    after = await moved(ctx, line, moves.prioritise(line, token_id, reason, ctx.now))
    return desk_view(after, after.get(token_id))


@command("queue.alert", allow={Capacity.PATIENT, Capacity.STAFF, Capacity.DOCTOR}, emits=MOVES, errors={IllegalMove})
async def alert(
    ctx: Ctx, token_id: UUID, before: AlertBefore | None = None, minutes: AlertMinutes | None = None
) -> TokenView:
    """Say when your turn is near: so many before you, or so many minutes. Told once; neither = no alert."""
    if before is not None and minutes is not None:
        raise InvalidParams(fields=(Field("$.minutes", "give before or minutes, not both"),))
    line = await access.load(ctx.tx, await access.any_token(ctx, token_id, lock=True))
    after = await moved(ctx, line, moves.alert(line, token_id, before, minutes))
    return view(after, after.get(token_id))
