"""A token as the visit that it stands for: what the doctor's own notes need of the line."""

from uuid import UUID

from msgspec import Struct

from carewire.command import Ctx
from channels.queue import access, moves
from channels.queue.lifecycle import TOKEN, TokenState
from channels.queue.moved import moved
from channels.session.access import Session


class Attended(Struct, frozen=True, kw_only=True):
    """Whose visit to whom, where, and how far it is."""

    token_id: UUID
    patient_id: UUID
    doctor_id: UUID
    place_id: UUID
    state: TokenState


async def begin_visit(ctx: Ctx, token_id: UUID) -> Attended:
    """The visit of a token in a line that the caller runs; a called one begins, one in consultation goes on.

    Raises `NotFound`, and `IllegalMove` for any other token. The line is locked.
    """
    session = await access.desk_token(ctx, token_id, lock=True)
    line = await access.load(ctx.tx, session)
    token = line.get(token_id)
    if token.state is not TokenState.IN_CONSULTATION:
        TOKEN.move(token.state, "begin")
        line = await moved(ctx, line, moves.begin(line, token_id, ctx.now))
        token = line.get(token_id)
    return _visit(session, token_id, token.patient_id, token.state)


async def end_visit(ctx: Ctx, token_id: UUID) -> None:
    """The visit is done. A token that the desk has ended, or sent for a test, stays as it is."""
    line = await access.load(ctx.tx, await access.desk_token(ctx, token_id, lock=True))
    if line.get(token_id).state is TokenState.IN_CONSULTATION:
        await moved(ctx, line, moves.complete(line, token_id, ctx.now))


def _visit(session: Session, token_id: UUID, patient_id: UUID, state: TokenState) -> Attended:
    return Attended(
        token_id=token_id,
        patient_id=patient_id,
        doctor_id=session.doctor_id,
        place_id=session.place_id,
        state=state,
    )
