"""The line seen from an appointment: who booked comes into it, and what becomes of her token is told in turn."""

from datetime import datetime
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from channels.queue import access, moves
from channels.queue.joining import new
from channels.queue.lifecycle import ACTIVE, TokenKind
from channels.queue.line import Token
from channels.queue.moved import moved
from channels.session import access as session_access
from channels.session.access import COLUMNS, Session, from_row

_OPEN_AT: Final = f"""
SELECT {COLUMNS} FROM session s WHERE s.doctor_id = $1 AND s.place_id = $2
   AND s.state IN ('scheduled', 'live', 'paused') AND s.opens_at <= $3 AND s.ends_at > $3
 ORDER BY s.state = 'scheduled', s.starts_at, s.id LIMIT 1"""


async def open_sitting(ctx: Ctx, doctor_id: UUID, place_id: UUID) -> Session | None:
    """The doctor's sitting there whose line is open now, locked: the running one before one that is still to begin."""
    row = await ctx.tx.fetchrow(f"{_OPEN_AT} FOR UPDATE", doctor_id, place_id, ctx.now)
    return None if row is None else from_row(row)


async def come_in(ctx: Ctx, session: Session, patient_id: UUID, name: str, due_at: datetime) -> Token:
    """She is here with an appointment: into the line of a locked sitting, with the next number.

    Her seat was counted when she booked, so no quota of the sitting turns her away. The command emits `MOVES`.
    """
    line = await access.load(ctx.tx, session)
    moves.check_joins(line, patient_id)
    token = new(ctx, TokenKind.BOOKED, patient_id, name, due_at=due_at)
    after = await moved(ctx, line, moves.add(line, token, ctx.now, present=True))
    return after.get(token.id)


async def give_up(ctx: Ctx, session_id: UUID, token_id: UUID) -> None:
    """Her appointment is cancelled, so her token leaves the line; one that is over stays as it is."""
    session = await session_access.locked(ctx.tx, session_id)
    if session is None:
        return
    line = await access.load(ctx.tx, session)
    if line.get(token_id).state in ACTIVE:
        await moved(ctx, line, moves.leave(line, token_id, ctx.now))
