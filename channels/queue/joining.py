"""Coming into a line and leaving it: from afar, by the place's code, at the desk."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta

from carewire.command import Ctx, Rate, command
from carewire.errors import Field, IllegalMove, InvalidParams
from carewire.forms import Name, Phone, Word
from channels.identity import Capacity, Sex
from channels.identity import access as identity
from channels.queue import access, admission, arrival, moves, patients
from channels.queue.errors import (
    AlreadyJoined,
    CodeWrong,
    NoRemoteJoin,
    QueueFull,
    SessionClosed,
    TooManyTokens,
)
from channels.queue.ids import uuid7
from channels.queue.lifecycle import Priority, TokenKind, TokenState
from channels.queue.line import Line, Token
from channels.queue.moved import MOVES, moved
from channels.queue.refusals import shut
from channels.queue.views import DeskView, TokenView, desk_view, view
from channels.session import access as session_access

BirthYear = Annotated[int, Meta(ge=1880, le=2200)]
BOOKED_AROUND: Final = timedelta(hours=2)
"""A booked time may lie this far outside the session: sessions are late, and desks enter what the paper says."""


@command(
    "queue.join",
    allow={Capacity.PATIENT},
    emits=MOVES,
    errors={SessionClosed, QueueFull, AlreadyJoined, TooManyTokens, NoRemoteJoin, CodeWrong},
    rate=Rate(burst=10, per_minute=20),
)
async def join(ctx: Ctx, session_id: UUID, patient_id: UUID | None = None, code: Word | None = None) -> TokenView:
    """Join a doctor's line; the number comes at arrival.

    From afar (where the session allows it) the token is `expected`. With the code from the place's wall the patient is
    there, and gets her number at once.
    """
    patient = await identity.patient(ctx, patient_id)
    line = await access.public_line(ctx, session_id, lock=True)
    session = line.session
    present = code is not None
    if code is not None:
        await arrival.check(ctx, session.place_id, code)
    elif not session.remote_join:
        raise NoRemoteJoin()
    if ctx.now < session.opens_at or ctx.now >= session.ends_at:
        raise shut(session)
    kind = TokenKind.WALK_IN if present else TokenKind.REMOTE
    moves.check_joins(line, patient.id)  # before the room: who is in the full line already is told that
    admission.check_room(line, kind)
    token = new(ctx, kind, patient.id, patient.name, account_id=ctx.actor.id)
    after = moves.add(line, token, ctx.now, present=present)
    await admission.check_account(ctx, ctx.actor.id, session.starts_at, session.zone, remote=not present)
    after = await moved(ctx, line, after)
    return view(after, after.get(token.id))


@command("queue.leave", allow={Capacity.PATIENT, Capacity.STAFF, Capacity.DOCTOR}, emits=MOVES, errors={IllegalMove})
async def leave(ctx: Ctx, token_id: UUID) -> TokenView:
    """Give a token up: its holder, or the desk for her."""
    line = await access.load(ctx.tx, await access.any_token(ctx, token_id, lock=True))
    after = await moved(ctx, line, moves.leave(line, token_id, ctx.now))
    return view(after, after.get(token_id))


@command(
    "queue.arrive",
    allow={Capacity.PATIENT, Capacity.STAFF, Capacity.DOCTOR},
    emits=MOVES,
    errors={IllegalMove, SessionClosed, CodeWrong},
    rate=Rate(burst=20, per_minute=60),
)
async def arrive(ctx: Ctx, token_id: UUID, code: Word | None = None, priority: Priority | None = None) -> TokenView:
    """The patient is here: the token gets the next number. The desk says so, or her phone with the wall's code."""
    if code is None:
        session = await access.any_token(ctx, token_id, lock=True)
        if not await session_access.runs(ctx, session.id):
            raise InvalidParams(fields=(Field("$.code", "give the code from the place's wall, or ask its desk"),))
    else:
        session = await access.own_token(ctx, token_id, lock=True)
        await arrival.check(ctx, session.place_id, code)
        if priority is not None:
            raise InvalidParams(fields=(Field("$.priority", "only the desk gives priority"),))
    line = await access.load(ctx.tx, session)
    after = moves.arrive(line, token_id, ctx.now)
    if priority is not None:
        after = moves.prioritise(after, token_id, priority, ctx.now)
    after = await moved(ctx, line, after)
    return view(after, after.get(token_id))


@command(
    "queue.walk_in",
    allow={Capacity.STAFF, Capacity.DOCTOR},
    emits=MOVES,
    errors={SessionClosed, QueueFull, AlreadyJoined},
)
async def walk_in(
    ctx: Ctx,
    session_id: UUID,
    name: Name,
    phone: Phone | None = None,
    birth_year: BirthYear | None = None,
    sex: Sex | None = None,
    priority: Priority | None = None,
) -> DeskView:
    """Somebody stands at the desk: in the line in five seconds, with a number.

    A returning patient is found by exact phone and name, among this place's patients only.
    """
    patients.check_birth_year(birth_year, ctx.now)
    line = await access.desk_line(ctx, session_id)
    person = await patients.at_desk(ctx, line.session.place_id, name, phone, birth_year, sex)
    moves.check_joins(line, person.id)
    admission.check_room(line, TokenKind.WALK_IN)
    token = new(ctx, TokenKind.WALK_IN, person.id, person.name)
    after = moves.add(line, token, ctx.now, present=True)
    if priority is not None:
        after = moves.prioritise(after, token.id, priority, ctx.now)
    return await _admitted(ctx, line, after, token.id)


@command(
    "queue.expect",
    allow={Capacity.STAFF, Capacity.DOCTOR},
    emits=MOVES,
    errors={SessionClosed, QueueFull, AlreadyJoined},
)
async def expect(
    ctx: Ctx,
    session_id: UUID,
    due_at: datetime,
    patient_id: UUID | None = None,
    name: Name | None = None,
    phone: Phone | None = None,
    birth_year: BirthYear | None = None,
    sex: Sex | None = None,
) -> DeskView:
    """Enter a booked patient with her time. She gets no number until she arrives.

    Either `patient_id` (a patient of this place) or `name` with what else is known.
    """
    if (patient_id is None) == (name is None):
        raise InvalidParams(fields=(Field("$.patient_id", "give either patient_id or name"),))
    patients.check_birth_year(birth_year, ctx.now)
    line = await access.desk_line(ctx, session_id)
    session = line.session
    if due_at.tzinfo is None or not session.starts_at - BOOKED_AROUND <= due_at <= session.ends_at + BOOKED_AROUND:
        raise InvalidParams(fields=(Field("$.due_at", "does not lie in the session"),))
    if patient_id is not None:
        person = await patients.of_place(ctx, session.place_id, patient_id)
    else:
        person = await patients.at_desk(ctx, session.place_id, name or "", phone, birth_year, sex)
    moves.check_joins(line, person.id)
    admission.check_room(line, TokenKind.BOOKED)
    token = new(ctx, TokenKind.BOOKED, person.id, person.name, due_at=due_at)
    return await _admitted(ctx, line, moves.add(line, token, ctx.now, present=False), token.id)


def new(
    ctx: Ctx,
    kind: TokenKind,
    patient_id: UUID,
    name: str,
    *,
    account_id: UUID | None = None,
    due_at: datetime | None = None,
) -> Token:
    """A token that has not arrived."""
    return Token(
        id=uuid7(),
        patient_id=patient_id,
        name=name,
        kind=kind,
        state=TokenState.EXPECTED,
        joined_at=ctx.now,
        account_id=account_id,
        due_at=due_at,
    )


async def _admitted(ctx: Ctx, line: Line, after: Line, token_id: UUID) -> DeskView:
    after = await moved(ctx, line, after)
    return desk_view(after, after.get(token_id))
