"""Coming into a line and leaving it: from afar, by the place's code, at the desk."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from carewire.access import remember
from carewire.batch import Batch
from carewire.command import Ctx, Rate, command
from carewire.errors import Field, IllegalMove, InvalidParams, Refusal
from carewire.forms import Name, Phone, Word
from channels.care import access as care
from channels.identity import Capacity, Sex
from channels.identity import access as identity
from channels.queue import access, admission, arrival, moves, patients
from channels.queue.errors import (
    AlreadyJoined,
    CodeWrong,
    NoRemoteJoin,
    NotApproved,
    QueueFull,
    SessionClosed,
    TooManyTokens,
)
from channels.queue.ids import uuid7
from channels.queue.lifecycle import Priority, TokenKind, TokenState
from channels.queue.line import Token
from channels.queue.lines import Caller, Lines
from channels.queue.moved import MOVES, made, moved
from channels.queue.refusals import shut
from channels.queue.views import DeskView, TokenView, desk_view, view
from channels.session import access as session_access

BirthYear = Annotated[int, Meta(ge=1880, le=2200)]
BOOKED_AROUND: Final = timedelta(hours=2)
"""A booked time may lie this far outside the session: sessions are late, and desks enter what the paper says."""


class Join(Struct, frozen=True, kw_only=True):
    """Whose line, who joins (one's only patient need not be named), and the wall's code if she is there."""

    session_id: UUID
    patient_id: UUID | None = None
    code: Word | None = None


@command(
    "queue.join",
    allow={Capacity.PATIENT},
    emits=MOVES,
    errors={NotApproved, SessionClosed, QueueFull, AlreadyJoined, TooManyTokens, NoRemoteJoin, CodeWrong},
    rate=Rate(burst=10, per_minute=20),
    lane="session_id",
)
async def join(batch: Batch[Join, TokenView]) -> None:
    """Join a doctor's line; the number comes at arrival.

    From afar (where the session allows it) the token is `expected`. With the code from the place's wall the patient is
    there, and gets her number at once.
    """
    whom = await _whom(batch)
    lines = await Lines.public(batch)
    codes = await arrival.codes(
        batch.tx, [lines.of(m).session.place_id for m in lines.members if m.params.code is not None]
    )
    accounts = await admission.Accounts.lock(batch.tx, [m.actor.id for m in lines.members], batch.now)
    joined: dict[Caller, UUID] = {}
    for member in batch:
        with member:
            line, patient, code = lines.of(member), whom[member], member.params.code
            session, present = line.session, code is not None
            if code is not None:
                arrival.compare(codes, session.place_id, code)
            elif not session.remote_join:
                raise NoRemoteJoin()
            if batch.now < session.opens_at or batch.now >= session.ends_at:
                raise shut(session)
            kind = TokenKind.WALK_IN if present else TokenKind.REMOTE
            moves.check_joins(line, patient.id)  # before the room: who is in the full line already is told that
            admission.check_room(line, kind)
            token = new(member, kind, patient.id, patient.name, account_id=member.actor.id)
            after = moves.add(line, token, batch.now, present=present)
            accounts.take(member.actor.id, session, remote=not present)
            lines.move(member, after)
            joined[member] = token.id
    await lines.store()
    for member in batch:
        member.reply(view(*lines.token(member, joined[member])))


async def _whom(batch: Batch[Join, TokenView]) -> dict[Caller, identity.PatientRow]:
    """The patient of each; who does not act for hers is refused."""
    members, whom = list(batch), dict[Caller, identity.PatientRow]()
    found = await identity.guarded(batch.tx, [(member.actor.id, member.params.patient_id) for member in members])
    for member, patient in zip(members, found, strict=True):
        with member:
            if isinstance(patient, Refusal):
                raise patient
            remember(member, identity.patient, patient_id=member.params.patient_id)
            whom[member] = patient
    return whom


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
    if code is not None:  # the desk booked her; now she has a hand in it herself
        await care.relate(ctx.tx, [made(session, after.get(token_id), ctx.actor.id, ctx.now)])
    if priority is not None:
        after = moves.prioritise(after, token_id, priority, ctx.now)
    after = await moved(ctx, line, after)
    return view(after, after.get(token_id))


class WalkIn(Struct, frozen=True, kw_only=True):
    """Whose line, and who stands there."""

    session_id: UUID
    name: Name
    phone: Phone | None = None
    birth_year: BirthYear | None = None
    sex: Sex | None = None
    priority: Priority | None = None


@command(
    "queue.walk_in",
    allow={Capacity.STAFF, Capacity.DOCTOR},
    emits=MOVES,
    errors={NotApproved, SessionClosed, QueueFull, AlreadyJoined},
    lane="session_id",
)
async def walk_in(batch: Batch[WalkIn, DeskView]) -> None:
    """Somebody stands at the desk: in the line in five seconds, with a number.

    A returning patient is found by exact phone and name, among this place's patients only.
    """
    lines = await Lines.at_desk(batch)
    typed: dict[Caller, patients.Asked] = {}
    for desk in batch:
        with desk:
            asked = desk.params
            patients.check_birth_year(asked.birth_year, batch.now)
            place_id = lines.of(desk).session.place_id
            typed[desk] = patients.asked(desk, place_id, asked.name, asked.phone, asked.birth_year, asked.sex)
    people = await patients.People.find(batch.tx, list(typed.values()))
    came: dict[Caller, Token] = {}
    for desk in batch:
        with desk:
            line, person = lines.of(desk), people.of(typed[desk])
            moves.check_joins(line, person.id)
            admission.check_room(line, TokenKind.WALK_IN)
            token = new(desk, TokenKind.WALK_IN, person.id, person.name)
            after = moves.add(line, token, batch.now, present=True)
            if desk.params.priority is not None:
                after = moves.prioritise(after, token.id, desk.params.priority, batch.now)
            lines.move(desk, after)
            came[desk] = token
    await people.store([token.patient_id for token in came.values()], batch.now)
    await lines.store()
    for desk in batch:
        desk.reply(desk_view(*lines.token(desk, came[desk].id)))


@command(
    "queue.expect",
    allow={Capacity.STAFF, Capacity.DOCTOR},
    emits=MOVES,
    errors={NotApproved, SessionClosed, QueueFull, AlreadyJoined},
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
        typed = patients.asked(ctx, session.place_id, name or "", phone, birth_year, sex)
        person = await patients.at_desk(ctx, typed)
    moves.check_joins(line, person.id)
    admission.check_room(line, TokenKind.BOOKED)
    token = new(ctx, TokenKind.BOOKED, person.id, person.name, due_at=due_at)
    after = await moved(ctx, line, moves.add(line, token, ctx.now, present=False))
    return desk_view(after, after.get(token.id))


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
