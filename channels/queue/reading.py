"""One look at a line: the desk sees everybody, a patient only herself."""

from uuid import UUID

from msgspec import Struct

from carewire.command import Ctx, query
from channels.identity import Capacity
from channels.identity import access as identity
from channels.queue import access, estimate
from channels.queue.estimate import Expected
from channels.queue.lifecycle import IN_ROOM, TokenState
from channels.queue.projection import QueueSnapshot, Sitting, queue_snapshot, sitting
from channels.queue.views import TokenView, view
from channels.session import access as session_access


class RoomNow(Struct, frozen=True, kw_only=True):
    """The current number of a room."""

    room_id: UUID | None
    room: str | None
    number: int
    state: TokenState


class QueueView(Struct, frozen=True, kw_only=True):
    """A line as the caller may see it."""

    sitting: Sitting
    current: list[RoomNow]
    waiting: int
    expected_if_joined: Expected | None
    """When who arrives now would be called."""
    mine: list[TokenView]
    """The tokens of the patients the caller acts for."""
    queue: QueueSnapshot | None
    """The whole line with names: only for those who run it."""


@query("queue.get", allow={Capacity.PATIENT, Capacity.STAFF, Capacity.DOCTOR})
async def get(ctx: Ctx, session_id: UUID) -> QueueView:
    """The line of a session: current numbers, how many wait, your own tokens; for the desk also everybody."""
    line = await access.public_line(ctx, session_id)
    runs = await session_access.runs(ctx, session_id)
    own = await identity.acts_for(ctx)
    waiting = len(line.waiting)
    return QueueView(
        sitting=sitting(line),
        current=[
            RoomNow(room_id=t.room_id, room=t.room, number=t.number, state=t.state)
            for t in line.tokens
            if t.state in IN_ROOM and t.number is not None
        ],
        waiting=waiting,
        expected_if_joined=estimate.at(line.curve, waiting),
        mine=[view(line, t) for t in line.tokens if t.patient_id in own],
        queue=queue_snapshot(line) if runs else None,
    )
