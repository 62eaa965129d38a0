"""Paper: the slip a patient takes along, and the numbers written by hand while there was no connection."""

import hashlib
import secrets
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from carewire.actor import ANYONE
from carewire.command import Ctx, Rate, command, query
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Name, Phone, Secret
from channels.identity import Sex
from channels.queue import access, admission, moves, patients
from channels.queue.calling import RUNS
from channels.queue.errors import AlreadyJoined, NotApproved, NumberTaken, QueueFull, SessionClosed
from channels.queue.estimate import Expected
from channels.queue.joining import BirthYear, new
from channels.queue.lifecycle import TokenKind, TokenState
from channels.queue.moved import MOVES, moved
from channels.queue.moves import Paper
from channels.queue.views import DeskView, desk_view
from channels.session import access as session_access
from channels.session.access import Session

SLIP_LIVES: Final = timedelta(hours=24)
PAPER_BEFORE: Final = timedelta(hours=24)


class Slip(Struct, frozen=True, kw_only=True):
    """What stands on a printed slip; the printing is the client's."""

    number: int | None
    room: str | None
    doctor: str
    place: str
    day: date
    zone: str
    expected: Expected | None
    key: str
    """Reads this token and nothing else, for a day; goes into the QR code as the URL's fragment."""
    path: str
    """Path and fragment for the QR code, to be put behind the server's own address."""


class SlipView(Struct, frozen=True, kw_only=True):
    """What the key on a slip shows. No name."""

    session_id: UUID
    number: int | None
    state: TokenState
    before: int | None
    expected: Expected | None
    room: str | None


class PaperNumber(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number given on paper."""

    number: Annotated[int, Meta(ge=1, le=9999)]
    name: Name
    arrived_at: datetime
    phone: Phone | None = None
    birth_year: BirthYear | None = None
    sex: Sex | None = None
    called_at: datetime | None = None
    """Set when she was seen during the outage."""
    ended_at: datetime | None = None


class Backfilled(Struct, frozen=True, kw_only=True):
    """The tokens entered, and the numbers that were jumped over."""

    tokens: list[DeskView]
    void: list[int]


@command("queue.slip", allow=RUNS, receipt=False)
async def slip(ctx: Ctx, token_id: UUID) -> Slip:
    """What to print for a token: number, room, place, day, estimate, and a read-only key for a QR code."""
    session = await access.desk_token(ctx, token_id, lock=False)
    line = await access.load(ctx.tx, session)
    token = line.get(token_id)
    row = await ctx.tx.fetchrow(
        """SELECT d.name AS doctor, p.name AS place, r.name AS room FROM doctor d JOIN place p ON p.id = $2
             LEFT JOIN room r ON r.id = $3 WHERE d.id = $1""",
        session.doctor_id,
        session.place_id,
        token.room_id or session.room_id,
    )
    if row is None:
        raise NotFound()
    key = secrets.token_urlsafe(24)
    await ctx.tx.execute(
        "INSERT INTO slip (digest, token_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        _digest(key),
        token_id,
        ctx.now,
        max(ctx.now, session.ends_at) + SLIP_LIVES,
    )
    return Slip(
        number=token.number,
        room=row["room"],
        doctor=row["doctor"],
        place=row["place"],
        day=session.starts_at.astimezone(ZoneInfo(session.zone)).date(),
        zone=session.zone,
        expected=line.expected(token),
        key=key,
        path=f"/slip#{key}",
    )


@query("queue.look", allow={ANYONE}, rate=Rate(burst=20, per_minute=60), errors={NotFound})
async def look(ctx: Ctx, key: Secret) -> SlipView:
    """What a slip's key shows: number, state, how many before, when. Read-only, without login, without a name."""
    row = await ctx.tx.fetchrow(
        """SELECT t.id, t.session_id FROM slip s JOIN token t ON t.id = s.token_id
            WHERE s.digest = $1 AND s.expires_at > $2""",
        _digest(key),
        ctx.now,
    )
    if row is None:
        raise NotFound()
    line = await access.load(ctx.tx, await session_access.find(ctx.tx, row["session_id"]))
    token = line.get(row["id"])
    return SlipView(
        session_id=row["session_id"],
        number=token.number,
        state=token.state,
        before=line.before(token),
        expected=line.expected(token),
        room=token.room,
    )


@command(
    "queue.backfill",
    allow=RUNS,
    emits=MOVES,
    errors={NotApproved, SessionClosed, NumberTaken, AlreadyJoined, QueueFull},
)
async def backfill(
    ctx: Ctx, session_id: UUID, papers: Annotated[list[PaperNumber], Meta(min_length=1, max_length=200)]
) -> Backfilled:
    """Enter an outage's paper numbers with their times. Live numbers go on after them; jumps are recorded as void."""
    line = await access.desk_line(ctx, session_id)
    admission.check_room(line, TokenKind.WALK_IN, more=len(papers))
    entered: list[Paper] = []
    for index, paper in enumerate(papers):
        _check_times(ctx, line.session, index, paper)
        patients.check_birth_year(paper.birth_year, ctx.now)
        place_id = line.session.place_id
        typed = patients.asked(ctx, place_id, paper.name, paper.phone, paper.birth_year, paper.sex)
        person = await patients.at_desk(ctx, typed)
        token = new(ctx, TokenKind.WALK_IN, person.id, person.name)
        entered.append(
            Paper(
                token=token,
                number=paper.number,
                arrived_at=paper.arrived_at,
                called_at=paper.called_at,
                ended_at=paper.ended_at,
            )
        )
    after, jumps = moves.backfill(line, entered)
    await _record(ctx, session_id, jumps)
    after = await moved(ctx, line, after)
    return Backfilled(
        tokens=[desk_view(after, after.get(paper.token.id)) for paper in entered],
        void=[number for first, last in jumps for number in range(first, last + 1)],
    )


def _check_times(ctx: Ctx, session: Session, index: int, paper: PaperNumber) -> None:
    """Paper times lie in the past, in order and in this sitting's day; who has an end was called."""
    moments = [m for m in (paper.arrived_at, paper.called_at, paper.ended_at) if m is not None]
    ordered = all(m.tzinfo is not None for m in moments) and moments == sorted(moments) and moments[-1] <= ctx.now
    if not ordered or (paper.ended_at is not None and paper.called_at is None):
        raise InvalidParams(fields=(Field(f"$.papers[{index}]", "arrived, called and ended must follow one another"),))
    if moments[0] < session.starts_at - PAPER_BEFORE:  # a mistyped date would have waited longest and go first
        raise InvalidParams(fields=(Field(f"$.papers[{index}].arrived_at", "lies days before the session"),))


async def _record(ctx: Ctx, session_id: UUID, jumps: list[tuple[int, int]]) -> None:
    if jumps:
        await ctx.tx.execute(
            """INSERT INTO void_number (session_id, first_number, last_number, account_id, at)
               SELECT $1, first, last, $4, $5 FROM unnest($2::int[], $3::int[]) AS j (first, last) ORDER BY first""",
            session_id,
            [first for first, _ in jumps],
            [last for _, last in jumps],
            ctx.actor.id,
            ctx.now,
        )


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
