"""THE door for every change of a line: order, estimate, store what changed, tell who listens."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace

from carewire.command import Ctx
from carewire.event import Event, tells_too
from channels.care import access as care
from channels.care.access import Made, Seen
from channels.identity import access as identity
from channels.queue import estimate
from channels.queue.access import STORED
from channels.queue.events import LineUpdated, QueueUpdated, TokenUpdated, token_events
from channels.queue.facts import TURN_NEAR
from channels.queue.jobs import FORGOTTEN_AFTER, FORGOTTEN_KEY, LINE_KEY, LineDue, SessionForgotten
from channels.queue.lifecycle import ACTIVE, TokenKind, TokenState
from channels.queue.line import Line, Token, settle, told_at_arrival
from channels.queue.projection import is_same
from channels.session import access as session_access
from channels.session.access import Session

MOVES: Final[frozenset[type[Event]]] = frozenset({QueueUpdated, LineUpdated, TokenUpdated})
"""What a command that moves a line emits."""


class TokenMoved(NamedTuple):
    """A booked token is in another state than before; `was` None: it came into the line now."""

    session: Session
    was: TokenState | None
    token: Token


Follower = Callable[[Ctx, Sequence[TokenMoved]], Awaitable[None]]
_FOLLOWERS: Final[list[Follower]] = []


def follow_tokens(*, emits: frozenset[type[Event]]) -> Callable[[Follower], Follower]:
    """Hear of booked tokens that move, in the transaction that moves them: whatever keeps appointments stands right of
    here. What it emits, every command and job that moves a line emits, too. The sitting is locked."""

    def declare(follower: Follower) -> Follower:
        tells_too(MOVES, emits)
        _FOLLOWERS.append(follower)
        return follower

    return declare


_COLUMNS: Final = ", ".join(("session_id", *STORED))
_STORE: Final = f"""
WITH changed AS (
    UPDATE token t SET {", ".join(f"{name} = x.{name}" for name in STORED if name != "id")}
      FROM json_populate_recordset(NULL::token, $1::json) x WHERE t.id = x.id
), added AS (
    INSERT INTO token ({_COLUMNS}) SELECT {_COLUMNS} FROM json_populate_recordset(NULL::token, $2::json)
), moves AS (
    INSERT INTO token_move (token_id, at, what, actor_id, from_state, to_state, priority)
    SELECT token_id, at, what, actor_id, from_state, to_state, priority
      FROM json_populate_recordset(NULL::token_move, $3::json)
), paced AS (
    INSERT INTO pace (doctor_id, minutes) SELECT doctor_id, minutes FROM json_populate_recordset(NULL::pace, $4::json)
     ORDER BY doctor_id
    ON CONFLICT (doctor_id) DO UPDATE SET minutes = EXCLUDED.minutes
), stored AS (
    INSERT INTO line (session_id, calls, last_number, curve, score, due_at, timer_at)
    SELECT session_id, calls, last_number, curve, score, due_at, timer_at
      FROM json_to_recordset($5::json) AS x (session_id uuid, calls integer, last_number integer, curve bytea,
                                             score bytea, due_at timestamptz, timer_at timestamptz)
    ON CONFLICT (session_id) DO UPDATE SET calls = EXCLUDED.calls, last_number = EXCLUDED.last_number,
        curve = EXCLUDED.curve, score = EXCLUDED.score, due_at = EXCLUDED.due_at, timer_at = EXCLUDED.timer_at
), related AS ({care.RELATED.format("$7")}
), visited AS ({care.VISITED.format("$8")}
)
SELECT DISTINCT g.account_id FROM guardianship g WHERE g.patient_id = ANY ($6) AND g.until IS NULL"""


class Change(NamedTuple):
    """One line before and after what was done to it.

    `ctx` tells of it; `by` says who touched which token, where that was not `ctx` alone. `before` was loaded under the
    session's lock in this transaction.
    """

    ctx: Ctx
    before: Line
    after: Line
    by: Mapping[UUID, Ctx] = MappingProxyType({})


async def moved(ctx: Ctx, before: Line, after: Line, *, settled: bool = False) -> Line:
    """Settle, store and tell one line. `settled`: nothing moved, only the timer is set anew."""
    return (await moved_all([Change(ctx, before, after)], settled=settled))[0]


async def moved_all(changes: Sequence[Change], *, settled: bool = False) -> list[Line]:
    """Settle, store and tell lines of one transaction, in as many statements as for one.

    Whatever was done to a line, and by however many: one event for the desk, one for the waiting room, and one for
    each token to which something happened.
    """
    ends = [c if settled else c._replace(after=settle(c.before, c.after, c.ctx.now)) for c in changes]
    stored = [_timed(change) for change in ends if not _is_still(change)]
    if stored:
        await _store(stored)
    kept = {change.after.session.id: change.after for change in stored}
    for ctx, before, after, _ in stored:
        if not is_same(before, after):
            ctx.emit(QueueUpdated.between(before, after))
            ctx.emit(LineUpdated.between(before, after))
            for event in token_events(before, after):
                ctx.emit(event)
            await _tell_who_is_near(ctx, before, after)
        _observe(before, after)
        await _tell_followers(ctx, before, after)
        if after.tokens and not before.tokens:
            # Also a sitting that nobody ever starts must not keep its patients for ever.
            watch(ctx, after.session)
    return [kept.get(change.after.session.id, change.after) for change in ends]


def _is_still(change: Change) -> bool:
    _, before, after, _ = change
    return is_same(before, after) and (before.due_at, before.timer_at) == (after.due_at, after.timer_at)


async def _tell_followers(ctx: Ctx, before: Line, after: Line) -> None:
    if not any(token.kind is TokenKind.BOOKED for token in after.tokens):
        return
    was = {token.id: token.state for token in before.tokens}
    turned = [
        TokenMoved(after.session, was.get(token.id), token)
        for token in after.tokens
        if token.kind is TokenKind.BOOKED and token.state is not was.get(token.id)
    ]
    if turned:
        for follower in _FOLLOWERS:
            await follower(ctx, turned)


async def _tell_who_is_near(ctx: Ctx, before: Line, after: Line) -> None:
    """Crossing the alert is one fact per token; who acts for the patient is told, also without the app open."""
    was = {token.id: token.near_at for token in before.tokens}
    near = {t.patient_id: t for t in after.tokens if t.near_at is not None and was.get(t.id) is None}
    if near:
        for patient_id, account_id in await identity.acting_for(ctx.tx, list(near)):
            token = near[patient_id]
            ctx.notify(account_id, TURN_NEAR, token.id, before=token.near_before or 0)


def made(session: Session, token: Token, by: UUID, at: datetime) -> Made:
    """Who joins by herself lets the doctor see her summary; for whom the desk enters, it may ask (`relation.ask`)."""
    return Made(
        patient_id=token.patient_id,
        doctor_id=session.doctor_id,
        place_id=session.place_id,
        made_by=by,
        at=at,
        until=session.ends_at + FORGOTTEN_AFTER,
    )


def watch(ctx: Ctx, session: Session) -> None:
    """Look at this session again four hours after its end, in case it is forgotten."""
    ctx.enqueue(
        SessionForgotten(session_id=session.id),
        not_before=session.ends_at + FORGOTTEN_AFTER,
        key=FORGOTTEN_KEY.format(session_id=session.id),
    )


def _timed(change: Change) -> Change:
    """See that a job looks at the line when it falls due. One that looks earlier is left: most calls write no job."""
    ctx, line = change.ctx, change.after
    pending = line.timer_at is not None and line.timer_at > ctx.now
    if line.due_at is None or (pending and line.timer_at is not None and line.timer_at <= line.due_at):
        return change
    ctx.enqueue(
        LineDue(session_id=line.session.id),
        not_before=line.due_at,
        key=LINE_KEY.format(session_id=line.session.id),
    )
    return change._replace(after=replace(line, timer_at=line.due_at))


async def _store(changes: Sequence[Change]) -> None:
    """Write what changed in one statement, and say that accounts whose patient's token is over lost a right."""
    ctx = changes[0].ctx
    changed: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    moves: list[dict[str, Any]] = []
    over: list[UUID] = []
    related: list[Made] = []
    visits: list[Seen] = []
    for change in changes:
        _, before, after, by = change
        await session_access.store(ctx.tx, before.session, after.session)
        was = {token.id: token for token in before.tokens}
        touched = [token for token in after.tokens if token != was.get(token.id)]
        # The numbers of a session are given in ascending order; the database checks that.
        for token in sorted(touched, key=lambda token: token.number or 0):
            (changed if token.id in was else added).append(_row(after.session.id, token))
        joined = [token for token in touched if token.id not in was]
        related += [
            made(after.session, token, token.account_id, token.joined_at) for token in joined if token.account_id
        ]
        visits += [_seen(after.session, token) for token in touched if token.state is TokenState.COMPLETED]
        moves += [move for token in touched if (move := _move(by.get(token.id, change.ctx), was.get(token.id), token))]
        over += [t.patient_id for t in touched if t.id in was and was[t.id].state in ACTIVE and t.state not in ACTIVE]
    # A doctor may have two lines here, for several rooms: one row.
    paces = {c.after.session.doctor_id: c.after.pace.minutes for c in changes if c.after.pace != c.before.pace}
    rows = await ctx.tx.fetch(
        _STORE,
        _json(changed),
        _json(added),
        _json(moves),
        _json([{"doctor_id": doctor, "minutes": minutes} for doctor, minutes in paces.items()]),
        _json([_learnt(change.after) for change in changes]),
        over,
        _json(related),
        _json(visits),
    )
    for row in rows:
        ctx.rights_changed(row["account_id"])  # who held a token that is over may not hear the line any longer


def _seen(session: Session, token: Token) -> Seen:
    return Seen(
        patient_id=token.patient_id,
        doctor_id=session.doctor_id,
        place_id=session.place_id,
        planned_at=token.joined_at,
        at=token.ended_at or token.joined_at,
    )


def _json(rows: Sequence[Any]) -> str:
    return msgspec.json.encode(rows).decode()


def _row(session_id: UUID, token: Token) -> dict[str, Any]:
    return {"session_id": session_id} | {name: getattr(token, name) for name in STORED}


def _learnt(line: Line) -> dict[str, Any]:
    return {
        "session_id": line.session.id,
        "calls": line.calls,
        "last_number": line.last_number,
        "curve": _bytea(msgspec.json.encode(line.curve)),
        "score": _bytea(msgspec.json.encode(line.score)),
        "due_at": line.due_at,
        "timer_at": line.timer_at,
    }


def _bytea(value: bytes) -> str:
    return f"\\x{value.hex()}"


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
