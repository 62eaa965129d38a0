"""The doors to a line and its tokens, and who may hear what. A stranger gets `NotFound`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.actor import Actor
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.store.db import Tx
from channels.directory.access import VERIFIED
from channels.queue.estimate import Pace, Point, Score
from channels.queue.lifecycle import ACTIVE, EndReason, Priority, TokenKind, TokenState
from channels.queue.line import Line, Room, Token
from channels.session import access as session_access
from channels.session.access import AT_DESK, COLUMNS, DESK, Session, from_row

STORED: Final = tuple(name for name in Token.__struct_fields__ if name != "name")
"""The columns of a token that are its own; the name is the patient's."""
_TOKENS: Final = (
    f"SELECT t.session_id, {', '.join(f't.{name}' for name in STORED)}, p.name"
    " FROM token t JOIN patient p ON p.id = t.patient_id WHERE t.session_id = ANY ($1) ORDER BY t.id"
)
_LEARNT: Final = """SELECT asked.session_id, l.calls, l.last_number, l.curve, l.score, l.due_at, l.timer_at, p.minutes,
       (SELECT json_agg(json_build_object('id', r.id, 'label', r.name) ORDER BY r.name) FROM room r
         WHERE r.place_id = asked.place_id)::text AS rooms
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS asked (session_id, doctor_id, place_id)
  LEFT JOIN line l ON l.session_id = asked.session_id LEFT JOIN pace p ON p.doctor_id = asked.doctor_id"""
_ENUMS: Final = {"kind": TokenKind, "state": TokenState, "priority": Priority, "reason": EndReason}
_GUARDED: Final = """EXISTS (SELECT FROM guarding g
    WHERE g.account_id = $2 AND g.patient_id = t.patient_id)"""

_points = msgspec.json.Decoder(tuple[Point, ...])
_score = msgspec.json.Decoder(Score)
_rooms = msgspec.json.Decoder(tuple[Room, ...])


async def load(tx: Tx, session: Session) -> Line:
    """The whole line of a session: two statements. Lock the session first if the line is going to move."""
    return (await load_all(tx, [session]))[session.id]


async def load_all(tx: Tx, sessions: Sequence[Session]) -> dict[UUID, Line]:
    """The lines of these sessions, in as many statements as for one."""
    ids = [session.id for session in sessions]
    learnt = await tx.fetch(_LEARNT, ids, [s.doctor_id for s in sessions], [s.place_id for s in sessions])
    tokens: dict[UUID, list[Token]] = {session_id: [] for session_id in ids}
    for row in await tx.fetch(_TOKENS, ids):
        tokens[row["session_id"]].append(_token(row))
    known = {row["session_id"]: row for row in learnt}
    return {s.id: _line(s, tuple(tokens[s.id]), known[s.id]) for s in sessions}


def _line(session: Session, tokens: tuple[Token, ...], learnt: Any) -> Line:
    line = Line(
        session=session,
        tokens=tokens,
        pace=Pace(tuple(learnt["minutes"] or ())),
        rooms=_rooms.decode(learnt["rooms"]) if learnt["rooms"] else (),
    )
    if learnt["calls"] is None:  # nothing has happened in this line yet
        return line
    return msgspec.structs.replace(
        line,
        calls=learnt["calls"],
        last_number=learnt["last_number"],
        curve=_points.decode(learnt["curve"]),
        score=_score.decode(learnt["score"]),
        due_at=learnt["due_at"],
        timer_at=learnt["timer_at"],
    )


def _token(row: Any) -> Token:
    values = dict(row)
    del values["session_id"]
    for name, kind in _ENUMS.items():
        if values[name] is not None:
            values[name] = kind(values[name])
    return Token(**values)


# --- doors -----------------------------------------------------------------------------------------------------------
async def desk_line(ctx: Ctx, session_id: UUID, *, lock: bool = True) -> Line:
    """The line of a session the caller runs."""
    return await load(ctx.tx, await session_access.desk(ctx, session_id, lock=lock))


async def public_line(ctx: Ctx, session_id: UUID) -> Line:
    """The line of any session. What of it the caller gets to see is the query's care."""
    return await load(ctx.tx, await session_access.session(ctx, session_id))


@door
async def desk_token(ctx: Ctx, token_id: UUID, *, lock: bool = True) -> Session:
    """The session of a token, for those who run it."""
    return await _session_of(ctx, token_id, AT_DESK, lock)


@door
async def any_token(ctx: Ctx, token_id: UUID, *, lock: bool = True) -> Session:
    """The session of a token, for those who run it and for whoever acts for the token's patient."""
    return await _session_of(ctx, token_id, f"({AT_DESK} OR {_GUARDED})", lock)


@door
async def own_token(ctx: Ctx, token_id: UUID, *, lock: bool = True) -> Session:
    """The session of a token, for whoever acts for its patient."""
    return await _session_of(ctx, token_id, f"({_GUARDED} AND cardinality($3::text[]) > 0)", lock)


async def _session_of(ctx: Ctx, token_id: UUID, right: str, lock: bool) -> Session:
    row = await ctx.tx.fetchrow(
        f"SELECT {COLUMNS} FROM token t JOIN session s ON s.id = t.session_id"
        f" WHERE t.id = $1 AND {right}{' FOR UPDATE OF s' if lock else ''}",
        token_id,
        ctx.actor.id,
        list(DESK),
    )
    if row is None:
        raise NotFound()
    return from_row(row)


# --- who may hear what -----------------------------------------------------------------------------------------------
Asks = Sequence[tuple[Actor, tuple[UUID]]]

_RUNS: Final = f"""
    SELECT m.since FROM membership m WHERE m.account_id = ask.actor AND m.place_id = s.place_id AND m.until IS NULL
       AND m.duty = ANY ($3)
    UNION ALL SELECT greatest(s.created_at, f.since, v.since) FROM {VERIFIED} JOIN affiliation f ON f.doctor_id = d.id
       AND f.place_id = s.place_id AND f.state = 'accepted' WHERE d.id = s.doctor_id AND d.account_id = ask.actor"""
_HOLDS: Final = """
    SELECT greatest(g.since, t.joined_at) FROM guarding g
     WHERE g.account_id = ask.actor AND g.patient_id = t.patient_id"""


async def _since(ctx: Ctx, asks: Asks, root: str, rights: str) -> list[datetime | None]:
    rows = await ctx.tx.fetch(
        f"""SELECT (SELECT min(r.since) FROM ({rights}) r (since)) AS since
              FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (actor, key, n)
              {root}
             WHERE cardinality($3::text[]) > 0 ORDER BY ask.n""",
        [actor.id for actor, _ in asks],
        [key for _, (key,) in asks],
        list(DESK),
    )
    return [row["since"] for row in rows]


async def may_hear_queue(ctx: Ctx, asks: Asks) -> list[datetime | None]:
    """With names: the desk of the place and the doctor."""
    return await _since(ctx, asks, "LEFT JOIN session s ON s.id = ask.key", _RUNS)


async def may_hear_line(ctx: Ctx, asks: Asks) -> list[datetime | None]:
    """Without names: also who holds an active token, and approved displays."""
    active = ", ".join(f"'{state.value}'" for state in sorted(ACTIVE))
    held = f"""
    UNION ALL SELECT greatest(g.since, t.joined_at) FROM token t JOIN guarding g ON g.patient_id = t.patient_id
     WHERE t.session_id = s.id AND t.state IN ({active}) AND g.account_id = ask.actor
    UNION ALL SELECT h.since FROM display_session h JOIN display d ON d.id = h.display_id
     WHERE h.session_id = s.id AND h.display_id = ask.actor AND d.state = 'approved'"""
    return await _since(ctx, asks, "LEFT JOIN session s ON s.id = ask.key", _RUNS + held)


async def may_hear_token(ctx: Ctx, asks: Asks) -> list[datetime | None]:
    """Whoever acts for the patient, and those who run the line."""
    root = "LEFT JOIN token t ON t.id = ask.key LEFT JOIN session s ON s.id = t.session_id"
    return await _since(ctx, asks, root, f"{_RUNS} UNION ALL {_HOLDS}")


async def may_hear_board(ctx: Ctx, asks: Asks) -> list[datetime | None]:
    """The display itself, also while it waits to be approved."""
    right = "SELECT d.asked_at WHERE d.id = ask.actor AND d.state <> 'revoked'"
    return await _since(ctx, asks, "LEFT JOIN display d ON d.id = ask.key", right)
