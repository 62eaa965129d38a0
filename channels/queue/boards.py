"""The board of a display: which sessions it shows, kept up as plans change and days pass."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.jobs.job import consumer
from carewire.store.db import Tx
from channels.queue.events import BoardSession, BoardSnapshot, BoardUpdated
from channels.queue.lifecycle import DisplayState
from channels.session import KEY, SessionPlanned

_board = msgspec.json.Decoder(BoardSnapshot)


async def snapshot(tx: Tx, display_id: UUID) -> BoardSnapshot:
    """The board as it was last told: what changed a moment ago arrives with the next event."""
    told = await tx.fetchval("SELECT board FROM display WHERE id = $1", display_id)
    if told is None:
        raise NotFound()
    return _board.decode(told)


async def refresh(ctx: Ctx, display_id: UUID) -> BoardSnapshot:
    """Bring a locked display's sessions up to date, and tell it when its board is another one."""
    gone = await ctx.tx.fetchval(
        """WITH zone AS (
            SELECT p.id AS place_id, p.zone FROM display d JOIN place p ON p.id = d.place_id WHERE d.id = $1
        ),
        wanted AS (
            SELECT s.id FROM session s JOIN zone z ON z.place_id = s.place_id
              JOIN display d ON d.id = $1 AND d.state = 'approved'
             WHERE s.state <> 'cancelled'
               AND ((s.starts_at AT TIME ZONE z.zone)::date BETWEEN ($2::timestamptz AT TIME ZONE z.zone)::date
                   AND ($2::timestamptz AT TIME ZONE z.zone)::date + 1
                   OR s.state IN ('live', 'paused'))  -- it runs past midnight: its patients still sit there
               AND EXISTS (SELECT FROM display_scope c WHERE c.display_id = $1
                   AND (c.doctor_id = s.doctor_id OR c.room_id = s.room_id
                        OR (c.room_id IS NOT NULL AND s.room_id IS NULL)))  -- called into whatever room is named
        ), gone AS (
            DELETE FROM display_session h WHERE h.display_id = $1 AND h.session_id NOT IN (SELECT id FROM wanted)
            RETURNING 1
        ), come AS (
            INSERT INTO display_session (display_id, session_id, since) SELECT $1, id, $2 FROM wanted
            ON CONFLICT DO NOTHING
        )
        SELECT count(*) FROM gone""",
        display_id,
        ctx.now,
    )
    told = await ctx.tx.fetchval("SELECT board FROM display WHERE id = $1", display_id)
    board = await _look(ctx, display_id)
    if told is None or _board.decode(told) != board:
        await ctx.tx.execute("UPDATE display SET board = $2 WHERE id = $1", display_id, msgspec.json.encode(board))
        if told is not None:
            ctx.emit(BoardUpdated(display_id=display_id, board=board))
    if gone:
        ctx.rights_changed(display_id)
    return board


async def _look(ctx: Ctx, display_id: UUID) -> BoardSnapshot:
    display = await ctx.tx.fetchrow(
        """SELECT d.state, d.label, d.code_expires_at, p.name AS place, p.zone
             FROM display d LEFT JOIN place p ON p.id = d.place_id WHERE d.id = $1""",
        display_id,
    )
    if display is None:
        raise NotFound()
    rows = await ctx.tx.fetch(
        """SELECT s.id AS session_id, d.name AS doctor, sp.name AS specialty, s.room_id, r.name AS room,
                  s.starts_at, s.ends_at, s.zone
             FROM display_session h JOIN session s ON s.id = h.session_id JOIN doctor d ON d.id = s.doctor_id
             LEFT JOIN specialty sp ON sp.slug = d.specialty LEFT JOIN room r ON r.id = s.room_id
            WHERE h.display_id = $1 ORDER BY s.starts_at, s.id""",
        display_id,
    )
    return BoardSnapshot(
        display_id=display_id,
        state=DisplayState(display["state"]),
        label=display["label"],
        place=display["place"],
        zone=display["zone"],
        code_expires_at=display["code_expires_at"],
        sessions=[BoardSession(**dict(row)) for row in rows],
    )


@consumer(SessionPlanned, emits={BoardUpdated})
async def follow_plans(ctx: Ctx, job: SessionPlanned) -> None:
    """A sitting of this place was planned, moved or cancelled, or a new day began."""
    rows = await ctx.tx.fetch(
        "SELECT id FROM display WHERE place_id = $1 AND state = 'approved' ORDER BY id FOR UPDATE", job.place_id
    )
    for row in rows:
        await refresh(ctx, row["id"])
    if rows:
        zone = await ctx.tx.fetchval("SELECT zone FROM place WHERE id = $1", job.place_id)
        look_again(ctx, job.place_id, next_midnight(ctx.now, zone))


def look_again(ctx: Ctx, place_id: UUID, at: datetime) -> None:
    """The next day's sessions come by themselves: the boards of this place look again then."""
    ctx.enqueue(SessionPlanned(place_id=place_id), not_before=at, key=KEY.format(place_id=place_id) + ":day")


def next_midnight(now: datetime, zone: str) -> datetime:
    """When the place's next day begins."""
    here = now.astimezone(ZoneInfo(zone))
    return (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)
