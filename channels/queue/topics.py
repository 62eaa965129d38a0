"""Who may listen to a line, and what a newcomer sees first."""

from uuid import UUID

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.topic import topic
from channels.queue import access, boards, projection
from channels.queue.events import BoardSnapshot
from channels.queue.projection import LineSnapshot, QueueSnapshot, TokenFact
from channels.session import access as session_access


@topic("queue:{session_id}", may=access.may_hear_queue)
async def queue(ctx: Ctx, session_id: UUID) -> QueueSnapshot:
    """The whole line with names, for the desk and the doctor. Who waits is called in ascending `place`."""
    return projection.queue_snapshot(await access.load(ctx.tx, await session_access.find(ctx.tx, session_id)))


@topic("line:{session_id}", may=access.may_hear_line)
async def line(ctx: Ctx, session_id: UUID) -> LineSnapshot:
    """The line without names, for holders of an active token and displays: numbers, states, rooms, expected times."""
    return projection.line_snapshot(await access.load(ctx.tx, await session_access.find(ctx.tx, session_id)))


@topic("token:{token_id}", may=access.may_hear_token)
async def token(ctx: Ctx, token_id: UUID) -> TokenFact:
    """What has happened to one token, for whoever acts for its patient. Its place and expected time are on `line:`."""
    session_id = await ctx.tx.fetchval("SELECT session_id FROM token WHERE id = $1", token_id)
    if session_id is None:
        raise NotFound()
    whole = await access.load(ctx.tx, await session_access.find(ctx.tx, session_id))
    return projection.fact(whole, whole.get(token_id))


@topic("board:{display_id}", may=access.may_hear_board)
async def board(ctx: Ctx, display_id: UUID) -> BoardSnapshot:
    """What a display needs to know about itself, and which lines it shows."""
    return await boards.snapshot(ctx.tx, display_id)
