"""The desk's buttons: next, this one, take back, again, in, done."""

from uuid import UUID

from msgspec import Struct

from carewire.batch import Batch
from carewire.command import Ctx, command
from carewire.errors import IllegalMove
from channels.identity import Capacity
from channels.queue import access, moves
from channels.queue.errors import NothingToCall, RoomBusy, SessionClosed, TooLate
from channels.queue.lifecycle import TokenState
from channels.queue.line import Line
from channels.queue.lines import Caller, Lines
from channels.queue.moved import MOVES, moved
from channels.queue.views import DeskView, desk_view

RUNS = {Capacity.STAFF, Capacity.DOCTOR}


class CallNext(Struct, frozen=True, kw_only=True):
    """Where, and whether the one who is there is done."""

    session_id: UUID
    room_id: UUID | None = None
    finish_current: bool = False


@command(
    "queue.call_next",
    allow=RUNS,
    emits=MOVES,
    errors={SessionClosed, NothingToCall, RoomBusy},
    lane="session_id",
)
async def call_next(batch: Batch[CallNext, DeskView]) -> None:
    """Call whoever is next into a room. With `finish_current` the one in consultation there is completed first.

    No room given: the session's room, or the place's only one. A token that is called and not begun keeps it busy.
    """
    lines = await Lines.at_desk(batch)
    called: dict[Caller, UUID] = {}
    for desk in batch:
        with desk:
            line, asked = lines.of(desk), desk.params
            room = moves.room_of(line, asked.room_id)
            after = moves.call_next(line, room, batch.now, finish_current=asked.finish_current)
            was = {t.id: t.state for t in line.tokens}
            called[desk] = next(
                t.id for t in after.tokens if t.state is TokenState.CALLED and was[t.id] is TokenState.WAITING
            )
            lines.move(desk, after)
    await lines.store()
    for desk in batch:
        desk.reply(desk_view(*lines.token(desk, called[desk])))


@command("queue.call", allow=RUNS, emits=MOVES, errors={IllegalMove, SessionClosed, RoomBusy})
async def call(ctx: Ctx, token_id: UUID, room_id: UUID | None = None, finish_current: bool = False) -> DeskView:
    """Call this token out of turn. It must be waiting: nobody is called twice."""
    line = await _line(ctx, token_id)
    room = moves.room_of(line, room_id)
    return await _after(ctx, line, moves.call(line, token_id, room, ctx.now, finish_current=finish_current), token_id)


@command("queue.undo", allow=RUNS, emits=MOVES, errors={IllegalMove, TooLate, RoomBusy})
async def undo(ctx: Ctx, token_id: UUID) -> DeskView:
    """Take a mistaken call back within 60 seconds; a consultation that the call finished goes on."""
    line = await _line(ctx, token_id)
    return await _after(ctx, line, moves.undo(line, token_id, ctx.now), token_id)


@command("queue.recall", allow=RUNS, emits=MOVES, errors={IllegalMove})
async def recall(ctx: Ctx, token_id: UUID) -> DeskView:
    """Announce a called token again. It stays called; announcements are counted."""
    line = await _line(ctx, token_id)
    return await _after(ctx, line, moves.recall(line, token_id, ctx.now), token_id)


@command("queue.begin", allow=RUNS, emits=MOVES, errors={IllegalMove})
async def begin(ctx: Ctx, token_id: UUID) -> DeskView:
    """The called patient is in the room; the consultation begins."""
    line = await _line(ctx, token_id)
    return await _after(ctx, line, moves.begin(line, token_id, ctx.now), token_id)


@command("queue.complete", allow=RUNS, emits=MOVES, errors={IllegalMove})
async def complete(ctx: Ctx, token_id: UUID) -> DeskView:
    """The consultation is done."""
    line = await _line(ctx, token_id)
    return await _after(ctx, line, moves.complete(line, token_id, ctx.now), token_id)


async def _line(ctx: Ctx, token_id: UUID) -> Line:
    return await access.load(ctx.tx, await access.desk_token(ctx, token_id, lock=True))


async def _after(ctx: Ctx, before: Line, after: Line, token_id: UUID) -> DeskView:
    after = await moved(ctx, before, after)
    return desk_view(after, after.get(token_id))
