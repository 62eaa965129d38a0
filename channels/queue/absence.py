"""Who is not there: skipped, sent for a test, did not come, came back."""

from uuid import UUID

from carewire.command import Ctx, command
from carewire.errors import IllegalMove
from channels.queue import access, moves
from channels.queue.calling import RUNS
from channels.queue.errors import AlreadyJoined, SessionClosed, TooEarly, TooLate
from channels.queue.line import Line
from channels.queue.moved import MOVES, moved
from channels.queue.views import DeskView, desk_view


@command("queue.skip", allow=RUNS, emits=MOVES, errors={IllegalMove})
async def skip(ctx: Ctx, token_id: UUID) -> DeskView:
    """The called patient did not come; the room is free for the next."""
    line = await _line(ctx, token_id)
    return await _after(ctx, line, moves.skip(line, token_id, ctx.now), token_id)


@command("queue.away", allow=RUNS, emits=MOVES, errors={IllegalMove})
async def away(ctx: Ctx, token_id: UUID) -> DeskView:
    """Sent for a test: she leaves the room and will come back ahead of new arrivals."""
    line = await _line(ctx, token_id)
    return await _after(ctx, line, moves.away(line, token_id, ctx.now), token_id)


@command("queue.back", allow=RUNS, emits=MOVES, errors={IllegalMove, TooLate, AlreadyJoined, SessionClosed})
async def back(ctx: Ctx, token_id: UUID) -> DeskView:
    """She is back: from a test ahead of new arrivals; skipped or a no-show, the same day, after the next few."""
    line = await _line(ctx, token_id)
    return await _after(ctx, line, moves.back(line, token_id, ctx.now), token_id)


@command("queue.no_show", allow=RUNS, emits=MOVES, errors={IllegalMove, TooEarly})
async def no_show(ctx: Ctx, token_id: UUID) -> DeskView:
    """Called, announced twice, the grace time over, and nobody came. `queue.back` reverses it the same day."""
    line = await _line(ctx, token_id)
    return await _after(ctx, line, moves.no_show(line, token_id, ctx.now), token_id)


async def _line(ctx: Ctx, token_id: UUID) -> Line:
    return await access.load(ctx.tx, await access.desk_token(ctx, token_id, lock=True))


async def _after(ctx: Ctx, before: Line, after: Line, token_id: UUID) -> DeskView:
    after = await moved(ctx, before, after)
    return desk_view(after, after.get(token_id))
