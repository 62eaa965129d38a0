"""The demo clinic's lines (PRODUCT 21): a live line of one doctor, and a sitting of the other that waits to be started.

Each day has its own two sittings with ids of that day; seeding a day again changes nothing.
"""

import secrets
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from carewire.command import Ctx
from carewire.jobs.vault import Vault
from carewire.settings import Settings
from carewire.store import outbox
from carewire.store.db import Tx
from channels.directory import demo as places
from channels.identity import demo as people
from channels.queue import access, moves
from channels.queue.lifecycle import TokenKind, TokenState
from channels.queue.line import Line, Token
from channels.queue.moved import moved
from channels.session import access as session_access
from channels.session.lifecycle import SessionState

ZONE: Final = ZoneInfo("Asia/Kolkata")
RUNNING: Final = timedelta(minutes=40)
"""Dr. Asha has been sitting this long when the demo begins."""
LENGTH: Final = timedelta(hours=8)


def _patient_id(number: int) -> UUID:
    return UUID(f"0199d3a0-0000-7000-a000-{number:012d}")


WALK_INS: Final = (
    (_patient_id(1), "Farida Begum · फ़रीदा बेगम", "+919900000101", 1959),
    (_patient_id(2), "Joseph D'Souza", "+919900000102", 1984),
    (_patient_id(3), "Lakshmi Nair", "+919900000103", 1991),
    (_patient_id(4), "Mohan Lal · मोहन लाल", "+919900000104", 1948),
)


SESSIONS: Final = "0199d3a0-0000-7000-b%"
"""The ids of the demo's own sittings begin so."""


def session_of(day: date, number: int) -> UUID:
    """The day's sitting: 1 of Dr. Asha (live), 2 of Dr. Vikram."""
    return UUID(f"0199d3a0-0000-7000-b{number:03d}-{day:%Y%m%d}0000")


def token_of(day: date, number: int) -> UUID:
    """A token of the day."""
    return UUID(f"0199d3a0-0000-7000-8c00-{day:%Y%m%d}{number:04d}")


async def seed(tx: Tx, now: datetime) -> None:
    """Both sittings of today and the tokens in front of the first; those of earlier days are over by now."""
    for session_id in await _stale(tx, now):
        await _close(tx, session_id, now)
    day = now.astimezone(ZONE).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
    began = max(now - RUNNING, midnight)
    await tx.executemany(
        "INSERT INTO patient (id, name, phone, birth_year, place_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING",
        [(*person, places.CLINIC, now) for person in WALK_INS],
    )
    last = datetime.combine(day + timedelta(days=1), time(), ZONE) - timedelta(seconds=1)
    soon = min(now + timedelta(minutes=20), last)  # a board shows today's sittings, also of a demo late at night
    await _session(tx, session_of(day, 2), places.DOCTOR_VIKRAM, places.ROOM_2, soon)
    sits = "SELECT EXISTS (SELECT FROM session WHERE doctor_id = $1 AND state IN ('live', 'paused'))"
    if await tx.fetchval(sits, places.DOCTOR_ASHA):  # today's, or yesterday's that runs past midnight
        return
    if await _session(tx, session_of(day, 1), places.DOCTOR_ASHA, places.ROOM_1, began):
        await _line(tx, day, began, now)


async def steps(tx: Tx, now: datetime) -> list[tuple[str, dict[str, object]]]:
    """The commands with which the front desk sees a demo line move now; none when both sittings are over."""
    row = await tx.fetchrow(
        """SELECT s.id, s.state, s.room_id,
                  (SELECT t.id FROM token t WHERE t.session_id = s.id AND t.state = 'called' LIMIT 1) AS called,
                  (SELECT array_agg(t.id ORDER BY t.place) FROM token t
                    WHERE t.session_id = s.id AND t.state = 'waiting') AS waiting
             FROM session s WHERE s.state IN ('live', 'paused', 'scheduled') AND s.room_id IS NOT NULL
              AND s.id::text LIKE $1 AND s.starts_at < $2 ORDER BY s.state = 'scheduled', s.starts_at LIMIT 1""",
        SESSIONS,
        now + timedelta(hours=1),
    )
    if row is None:
        return []
    session, waiting = str(row["id"]), list(row["waiting"] or ())
    todo: list[tuple[str, dict[str, object]]] = []
    if row["state"] != "live":
        todo.append(("session.resume" if row["state"] == "paused" else "session.start", {"session_id": session}))
    if row["called"] is not None:
        todo.append(("queue.begin", {"token_id": str(row["called"])}))
    if len(waiting) < 2:
        todo.append(("queue.walk_in", {"session_id": session, "name": "Sita · सीता"}))
    todo.append(("queue.call_next", {"session_id": session, "finish_current": True}))
    if len(waiting) > 1:
        todo.append(("queue.begin", {"token_id": str(waiting[0])}))
        todo.append(("queue.call_next", {"session_id": session, "finish_current": True}))
    return todo


async def _stale(tx: Tx, now: datetime) -> list[UUID]:
    """The demo's sittings whose time is over and that nobody ended."""
    rows = await tx.fetch(
        "SELECT id FROM session WHERE id::text LIKE $1 AND ends_at <= $2 AND state IN ('live', 'paused', 'scheduled')"
        " AND id NOT IN ($3, $4) ORDER BY id",
        SESSIONS,
        now,
        *(session_of(now.astimezone(ZONE).date(), number) for number in (1, 2)),
    )
    return [row["id"] for row in rows]


async def _close(tx: Tx, session_id: UUID, now: datetime) -> None:
    """What `session.end` does, for one that was forgotten."""
    session = await session_access.locked(tx, session_id)
    if session is None:
        return
    line = await access.load(tx, session)
    scheduled = session.state is SessionState.SCHEDULED
    after = moves.cancel(line, now, None) if scheduled else moves.end(line, now, None, forgotten=True)
    await _store(tx, line, after, now)


async def _session(tx: Tx, session_id: UUID, doctor_id: UUID, room_id: UUID, starts_at: datetime) -> bool:
    """A sitting, unless it is there; answers whether it was made."""
    made = await tx.fetchval(
        """INSERT INTO session
               (id, doctor_id, place_id, room_id, zone, starts_at, ends_at, opens_at, capacity, remote_join)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 60, true) ON CONFLICT DO NOTHING RETURNING true""",
        session_id,
        doctor_id,
        places.CLINIC,
        room_id,
        ZONE.key,
        starts_at,
        starts_at + LENGTH,
        starts_at - LENGTH,
    )
    return bool(made)


async def _line(tx: Tx, day: date, began: datetime, now: datetime) -> None:
    """Two seen, one inside, three waiting, one on the way: told by the line's own moves."""
    session = await session_access.locked(tx, session_of(day, 1))
    if session is None:
        return
    empty = await access.load(tx, session)
    line = moves.start(empty, began)
    joined = began - timedelta(minutes=10)
    for number, (patient_id, name, _, _) in enumerate(WALK_INS, 1):
        line = _walk_in(line, token_of(day, number), patient_id, name, joined + timedelta(minutes=number))
    line = _walk_in(line, token_of(day, 5), people.WALK_IN_PATIENT, "Ramesh Yadav", joined + timedelta(minutes=9))
    arjun = _token(token_of(day, 6), people.ARJUN_PATIENT, "Arjun Sharma", TokenKind.REMOTE, joined)
    line = moves.add(line, replace(arjun, account_id=people.PRIYA.account_id), began, present=True)
    kamla = _token(token_of(day, 7), people.KAMLA_PATIENT, "Kamla Sharma", TokenKind.BOOKED, joined)
    line = moves.add(line, replace(kamla, due_at=now + timedelta(minutes=50)), joined, present=False)
    room = moves.room_of(line, None)
    visit = (now - began) / 3
    for turn in range(3):
        called = began + visit * turn
        line = moves.call_next(line, room, called, finish_current=True)
        line = moves.begin(line, next(t.id for t in line.tokens if t.state is TokenState.CALLED), called)
    await _store(tx, empty, line, now)


async def _store(tx: Tx, before: Line, after: Line, now: datetime) -> None:
    ctx = Ctx(tx=tx, now=now, real_now=now, settings=Settings(secret=secrets.token_hex(32)))
    await moved(ctx, before, after)
    await outbox.finish([ctx], Vault(ctx.settings.secret))


def _token(token_id: UUID, patient_id: UUID, name: str, kind: TokenKind, at: datetime) -> Token:
    return Token(id=token_id, patient_id=patient_id, name=name, kind=kind, state=TokenState.EXPECTED, joined_at=at)


def _walk_in(line: Line, token_id: UUID, patient_id: UUID, name: str, at: datetime) -> Line:
    return moves.add(line, _token(token_id, patient_id, name, TokenKind.WALK_IN, at), at, present=True)
