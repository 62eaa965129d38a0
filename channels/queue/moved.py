"""THE door for every change of a line: order, estimate, store what changed, tell who listens."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from carewire.command import Ctx
from carewire.event import Event
from channels.identity import access as identity
from channels.queue import estimate
from channels.queue.access import STORED
from channels.queue.events import LineUpdated, QueueUpdated, TokenUpdated, token_events
from channels.queue.facts import TURN_NEAR
from channels.queue.jobs import FORGOTTEN_AFTER, FORGOTTEN_KEY, LINE_KEY, LineDue, SessionForgotten
from channels.queue.lifecycle import ACTIVE
from channels.queue.line import Line, Token, settle, told_at_arrival
from channels.queue.projection import is_same
from channels.session import access as session_access
from channels.session.access import Session

MOVES: Final[frozenset[type[Event]]] = frozenset({QueueUpdated, LineUpdated, TokenUpdated})
"""What a command that moves a line emits."""

_COLUMNS: Final = ", ".join(("session_id", *STORED))
_STORE: Final = f"""
WITH changed AS (
    UPDATE token t SET {", ".join(f"{name} = x.{name}" for name in STORED if name != "id")}
      FROM json_populate_recordset(NULL::token, $2::json) x WHERE t.id = x.id
), added AS (
    INSERT INTO token ({_COLUMNS}) SELECT {_COLUMNS} FROM json_populate_recordset(NULL::token, $3::json)
), moves AS (
    INSERT INTO token_move (token_id, at, what, actor_id, from_state, to_state, priority)
    SELECT token_id, at, what, actor_id, from_state, to_state, priority
      FROM json_populate_recordset(NULL::token_move, $4::json)
), paced AS (
    INSERT INTO pace (doctor_id, minutes) SELECT $5::uuid, $6::float8[] WHERE $6::float8[] IS NOT NULL
    ON CONFLICT (doctor_id) DO UPDATE SET minutes = EXCLUDED.minutes
)
INSERT INTO line (session_id, calls, last_number, curve, score, due_at, timer_at)
VALUES ($1, $7, $8, $9, $10, $11, $12)
ON CONFLICT (session_id) DO UPDATE SET calls = EXCLUDED.calls, last_number = EXCLUDED.last_number,
    curve = EXCLUDED.curve, score = EXCLUDED.score, due_at = EXCLUDED.due_at, timer_at = EXCLUDED.timer_at
RETURNING ARRAY(SELECT DISTINCT g.account_id FROM guardianship g WHERE g.patient_id = ANY ($13) AND g.until IS NULL)"""


async def moved(ctx: Ctx, before: Line, after: Line, *, settled: bool = False) -> Line:
    """Settle, store and tell. `before` was loaded under the session's lock in this transaction.

    Whatever the size of the line: one event for the desk, one for the waiting room, and one for each token to which
    something happened. `settled`: nothing moved, only the timer is set anew.
    """
    after = after if settled else settle(before, after, ctx.now)
    if is_same(before, after) and (before.due_at, before.timer_at) == (after.due_at, after.timer_at):
        return after
    after = _timed(ctx, after)
    await session_access.store(ctx.tx, before.session, after.session)
    for account_id in await _store(ctx, before, after):
        ctx.rights_changed(account_id)  # who held a token that is over may not hear the line any longer
    if not is_same(before, after):
        ctx.emit(QueueUpdated.between(before, after))
        ctx.emit(LineUpdated.between(before, after))
        for event in token_events(before, after):
            ctx.emit(event)
        await _tell_who_is_near(ctx, before, after)
    _observe(before, after)
    if after.tokens and not before.tokens:
        # Also a sitting that nobody ever starts must not keep its patients for ever.
        watch(ctx, after.session)
    return after


async def _tell_who_is_near(ctx: Ctx, before: Line, after: Line) -> None:
    """Crossing the alert is one fact per token; who acts for the patient is told, also without the app open."""
    was = {token.id: token.near_at for token in before.tokens}
    near = {t.patient_id: t for t in after.tokens if t.near_at is not None and was.get(t.id) is None}
    if near:
        for patient_id, account_id in await identity.acting_for(ctx.tx, list(near)):
            token = near[patient_id]
            ctx.notify(account_id, TURN_NEAR, token.id, before=token.near_before or 0)


def watch(ctx: Ctx, session: Session) -> None:
    """Look at this session again four hours after its end, in case it is forgotten."""
    ctx.enqueue(
        SessionForgotten(session_id=session.id),
        not_before=session.ends_at + FORGOTTEN_AFTER,
        key=FORGOTTEN_KEY.format(session_id=session.id),
    )


def _timed(ctx: Ctx, line: Line) -> Line:
    """See that a job looks at the line when it falls due. One that looks earlier is left: most calls write no job."""
    pending = line.timer_at is not None and line.timer_at > ctx.now
    if line.due_at is None or (pending and line.timer_at is not None and line.timer_at <= line.due_at):
        return line
    ctx.enqueue(
        LineDue(session_id=line.session.id),
        not_before=line.due_at,
        key=LINE_KEY.format(session_id=line.session.id),
    )
    return replace(line, timer_at=line.due_at)


async def _store(ctx: Ctx, before: Line, after: Line) -> list[UUID]:
    """Write what changed in one statement; answers the accounts of patients whose token is over."""
    was = {token.id: token for token in before.tokens}
    changed = [token for token in after.tokens if token.id in was and token != was[token.id]]
    added = [token for token in after.tokens if token.id not in was]
    moves = [move for token in changed + added if (move := _move(ctx, was.get(token.id), token))]
    session = after.session
    over = [t.patient_id for t in changed if was[t.id].state in ACTIVE and t.state not in ACTIVE]
    accounts: list[UUID] = await ctx.tx.fetchval(
        _STORE,
        session.id,
        _rows(session.id, changed),
        _rows(session.id, sorted(added, key=lambda token: token.number or 0)),
        msgspec.json.encode(moves).decode(),
        session.doctor_id,
        list(after.pace.minutes) if after.pace != before.pace else None,
        after.calls,
        after.last_number,
        msgspec.json.encode(after.curve),
        msgspec.json.encode(after.score),
        after.due_at,
        after.timer_at,
        over,
    )
    return accounts


def _rows(session_id: UUID, tokens: list[Token]) -> str:
    rows = [{"session_id": session_id} | {name: getattr(token, name) for name in STORED} for token in tokens]
    return msgspec.json.encode(rows).decode()


def _move(ctx: Ctx, was: Token | None, token: Token) -> dict[str, Any] | None:
    """The record of who did what; a token that only stands elsewhere now was not touched by anybody."""
    kept = ("state", "calls", "priority", "hold")
    if was is not None and all(getattr(was, name) == getattr(token, name) for name in kept):
        return None
    actor: UUID | None = None if ctx.anonymous else ctx.actor.id
    at: datetime = ctx.now
    return {
        "token_id": token.id,
        "at": at,
        "what": ctx.command.name if ctx.command else "time",
        "actor_id": actor,
        "from_state": was.state if was else None,
        "to_state": token.state,
        "priority": token.priority,
    }


def _observe(before: Line, after: Line) -> None:
    if after.score.told == before.score.told:
        return
    was = {token.id: token for token in before.tokens}
    for token in after.tokens:
        told = told_at_arrival(token)
        if told and token.called_at and token.id in was and was[token.id].begun_at is None and token.begun_at:
            estimate.observe(told, token.called_at)
