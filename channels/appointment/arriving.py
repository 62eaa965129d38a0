"""She is there, or she did not come; and what her token does in the line, her appointment does too."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from carewire.command import Ctx, Rate, command
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from carewire.forms import Word
from channels.appointment import access, days, moves, rows
from channels.appointment.changes import changed
from channels.appointment.errors import InTheLine, NobodyThere, NoSitting, NotThisDay, PaymentDue, TooEarly
from channels.appointment.events import TELLS
from channels.appointment.lifecycle import APPOINTMENT, TO_COME, AppointmentState
from channels.appointment.nouns import EndReason, Side
from channels.appointment.policy import nobody_there
from channels.appointment.rows import Appointment
from channels.appointment.views import Visit, visit_of
from channels.calendar import Mode, PaymentMode
from channels.identity import Capacity
from channels.queue import MOVES, TokenMoved, check_arrival_code, come_in, follow_tokens, open_sitting
from channels.queue.errors import AlreadyJoined, CodeWrong
from channels.queue.lifecycle import EndReason as TokenEnd
from channels.queue.lifecycle import TokenState

A, T = AppointmentState, TokenState
PROVIDERS: Final = frozenset({Side.DOCTOR, Side.DESK})
EARLY: Final = timedelta(hours=1)
"""From so long before its time who is seen by video can say that she is there."""


@command(
    "appointment.check_in",
    allow={Capacity.PATIENT, Capacity.DOCTOR, Capacity.STAFF},
    emits=TELLS | MOVES,
    errors={NotFound, InvalidParams, IllegalMove, PaymentDue, NoSitting, NotThisDay, CodeWrong, AlreadyJoined},
    rate=Rate(burst=20, per_minute=60),
)
async def check_in(ctx: Ctx, appointment_id: UUID, code: Word | None = None) -> Visit:
    """She is there: into the doctor's line of the day with the next number (`token_id`). The desk says so, or her phone
    with the code on the place's wall. By video there is no line, and her side says so itself.
    """
    found = await access.appointment(ctx, appointment_id, sides=PROVIDERS | {Side.PATIENT})
    row = found.row
    if row.mode is Mode.IN_PERSON and row.place_id is not None:
        await _require_presence(ctx, found, code)
        sitting = await open_sitting(ctx, row.doctor_id, row.place_id)  # the line stands before the day
    else:
        sitting = None
    found = await access.appointment(ctx, appointment_id, sides=PROVIDERS | {Side.PATIENT}, lock=True)
    row, side = found.row, found.side
    _require_today(ctx, row)
    if row.payment is PaymentMode.ONLINE and row.paid_at is None:
        raise PaymentDue()
    if row.state is A.BOOKED or (row.state is A.REQUESTED and side is not Side.PATIENT):
        # Who lets her in has confirmed it; what is only booked needs nobody's yes.
        row = await changed(ctx, row, rows.moved(ctx, row, "confirm", side), "confirm", side)
    # Who comes takes the time as it is, also one that the doctor's side moved her to.
    after = rows.moved(ctx, row, "check_in", side, arrived_at=ctx.now, refund_floor=0)
    if row.mode is Mode.IN_PERSON:
        if sitting is None:
            raise NoSitting()
        name = await ctx.tx.fetchval("SELECT name FROM patient WHERE id = $1", row.patient_id)
        token = await come_in(ctx, sitting, row.patient_id, name, row.starts_at)
        after = replace(after, session_id=sitting.id, token_id=token.id)
    return visit_of(await changed(ctx, row, after, "check_in", side))


async def _require_presence(ctx: Ctx, found: access.Found, code: str | None) -> None:
    """The desk sees her; her phone has to have read the wall."""
    if code is not None and found.row.place_id is not None:
        await check_arrival_code(ctx, found.row.place_id, code)
    elif found.side is Side.PATIENT and not found.sides & PROVIDERS:
        raise InvalidParams(fields=(Field("$.code", "give the code from the place's wall, or ask its desk"),))


def _require_today(ctx: Ctx, row: Appointment) -> None:
    if not days.is_today(row, ctx.now):
        raise NotThisDay(day=str(row.day))
    if row.mode is Mode.TELECONSULT and ctx.now < row.starts_at - EARLY:
        raise NotThisDay("So early nobody is there yet", day=str(row.day))


@command(
    "appointment.no_show",
    allow={Capacity.DOCTOR, Capacity.STAFF},
    emits=TELLS,
    errors={NotFound, IllegalMove, TooEarly, InTheLine, NobodyThere},
)
async def no_show(ctx: Ctx, appointment_id: UUID) -> Visit:
    """She did not come. It can be taken back on the same day; who is in the line already is a no-show there."""
    found = await access.appointment(ctx, appointment_id, sides=PROVIDERS, lock=True)
    row = found.row
    APPOINTMENT.move(row.state, "no_show")
    if row.state is A.AWAITING_CONSULTATION and row.token_id is not None:
        raise InTheLine()
    if ctx.now < row.starts_at:
        raise TooEarly("Its time has not come", not_before=row.starts_at.isoformat().replace("+00:00", "Z"))
    if row.state in TO_COME and await nobody_there(ctx.tx, row):
        raise NobodyThere()
    return visit_of(await moves.no_show(ctx, row, found.side))


@command(
    "appointment.undo_no_show",
    allow={Capacity.DOCTOR, Capacity.STAFF},
    emits=TELLS,
    errors={NotFound, IllegalMove, NotThisDay, InTheLine},
)
async def undo_no_show(ctx: Ctx, appointment_id: UUID) -> Visit:
    """She came after all, on the same day. Who had a token comes back by `queue.back`."""
    found = await access.appointment(ctx, appointment_id, sides=PROVIDERS, lock=True)
    row = found.row
    after = rows.moved(ctx, row, "undo_no_show", found.side)
    if row.token_id is not None:
        raise InTheLine("She had a token: `queue.back` brings both back")
    if not days.is_today(row, ctx.now):
        raise NotThisDay(day=str(row.day))
    return visit_of(await changed(ctx, row, after, "undo_no_show", found.side))


@follow_tokens(emits=TELLS)
async def follow(ctx: Ctx, turned: Sequence[TokenMoved]) -> None:
    """Where the token went, the appointment goes, as far as it is not there already."""
    by_token = {move.token.id: move for move in turned}
    found = await ctx.tx.fetch(
        "SELECT id, token_id FROM appointment WHERE token_id = ANY ($1) ORDER BY doctor_id, day, id", list(by_token)
    )
    for known in found:
        row = await days.locked(ctx.tx, known["id"])
        if row is not None:
            await _follow(ctx, row, by_token[known["token_id"]])


async def _follow(ctx: Ctx, row: Appointment, move: TokenMoved) -> None:
    state = move.token.state
    if state is T.IN_CONSULTATION and row.state is A.AWAITING_CONSULTATION:
        await moves.begin(ctx, row, Side.SYSTEM)
    elif state is T.IN_CONSULTATION and row.state is A.CONSULTATION_COMPLETED:  # the call that finished it is undone
        await changed(ctx, row, rows.moved(ctx, row, "reopen", Side.SYSTEM), "reopen", Side.SYSTEM)
    elif state is T.COMPLETED:
        if row.state is A.AWAITING_CONSULTATION:  # called and finished in one breath
            row = await moves.begin(ctx, row, Side.SYSTEM)
        if "complete" in APPOINTMENT.legal(row.state):
            await moves.complete(ctx, row, Side.SYSTEM)
    elif state is T.NO_SHOW and row.state is A.AWAITING_CONSULTATION:
        await moves.no_show(ctx, row, Side.SYSTEM)
    elif state is T.WAITING and row.state is A.NO_SHOW:
        await changed(ctx, row, rows.moved(ctx, row, "back", Side.SYSTEM), "back", Side.SYSTEM)
    elif state is T.CANCELLED and row.state is A.AWAITING_CONSULTATION:
        await _fall_out(ctx, row, move)


async def _fall_out(ctx: Ctx, row: Appointment, move: TokenMoved) -> None:
    """She left the line; or the doctor's sitting ended before her turn, or she is gone: all goes back."""
    if move.token.reason is TokenEnd.LEFT:
        after = rows.moved(ctx, row, "cancel", Side.PATIENT, end_reason=EndReason.LEFT_THE_LINE)
        await changed(ctx, row, after, "cancel", Side.PATIENT)
    else:
        gone = move.token.reason is TokenEnd.PATIENT_GONE
        await moves.call_off(ctx, row, EndReason.OTHER if gone else EndReason.SESSION_ENDED)
