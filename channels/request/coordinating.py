"""Coordinators take a request in hand, have its photos read, or say no; a pharmacist reads the photos."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.forms import Line, Name
from channels.directory import access as directory
from channels.identity import Capacity
from channels.identity import access as identity
from channels.request import doors, facts
from channels.request.asking import LINES_MAX, LINES_MOST, Quantity
from channels.request.doors import READERS, RequestRow
from channels.request.errors import NotInHand
from channels.request.events import TELLS
from channels.request.lifecycle import REQUEST, RequestKind, RequestState
from channels.request.sagas import REQUEST_SAGA
from channels.request.steps import step
from channels.request.views import RequestView

READS: Final = {RequestKind.MEDICINE: "pharmacy", RequestKind.TEST: "laboratory"}


class Read(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a paper prescription. `quantity`: its units (tablets, bottles), as it says them."""

    name: Name
    quantity: Quantity
    note: Line | None = None


ReadLines = Annotated[list[Read], Meta(min_length=1, max_length=LINES_MAX)]


@command(
    "request.accept",
    allow={Capacity.ADMIN},
    emits=TELLS,
    errors={NotFound, Forbidden, IllegalMove},
)
async def accept(ctx: Ctx, request_id: UUID) -> RequestView:
    """Take a request in hand. Of several who do so at once one gets it; the others hear `illegal_move` with its `state`
    and `admin_id`, who has it. For administrators who coordinate.
    """
    request = await doors.coordinated(ctx, request_id, lock=True)
    if request.state is not RequestState.CREATED:
        legal = REQUEST.possible(request.state)
        raise IllegalMove(
            f"somebody has this request in hand; it is {request.state}",
            state=request.state,
            move="accept",
            legal=legal,
            admin_id=request.admin_id,
        )
    await REQUEST_SAGA.take(ctx, request.id, "accept")
    ctx.notify(request.account_id, facts.ACCEPTED, request.id)
    return await step(ctx, request, "accept", actor=ctx.actor.id, admin_id=ctx.actor.id, accepted_at=ctx.now)


@command(
    "request.take_over",
    allow={Capacity.ADMIN},
    emits=TELLS,
    errors={NotFound, Forbidden, IllegalMove},
)
async def take_over(ctx: Ctx, request_id: UUID) -> RequestView:
    """Take a request over from the coordinator who has it in hand, as when a shift ends."""
    request = await doors.coordinated(ctx, request_id, lock=True)
    if request.state not in (RequestState.ACCEPTED, RequestState.RESPONDED):
        raise IllegalMove(state=request.state, legal=REQUEST.possible(request.state))
    return await step(ctx, request, "take_over", actor=ctx.actor.id, admin_id=ctx.actor.id)


@command(
    "request.reject",
    allow={Capacity.ADMIN},
    emits=TELLS,
    errors={NotFound, Forbidden, IllegalMove, NotInHand},
)
async def reject(ctx: Ctx, request_id: UUID, reason: Line) -> RequestView:
    """Say that it cannot be served, and why."""
    request = await doors.coordinated(ctx, request_id, lock=True)
    REQUEST.move(request.state, "reject")
    require_in_hand(ctx, request)
    await REQUEST_SAGA.give_up(ctx, request.id, "rejected")
    ctx.notify(request.account_id, facts.REJECTED, request.id)
    return await step(ctx, request, "reject", actor=ctx.actor.id, reason=reason)


@command(
    "request.ask_reader",
    allow={Capacity.ADMIN},
    emits=TELLS,
    errors={NotFound, Forbidden, IllegalMove, NotInHand, InvalidParams},
)
async def ask_reader(ctx: Ctx, request_id: UUID, place_id: UUID) -> RequestView:
    """Ask a pharmacy (or, for tests, a laboratory) to read the photos into lines; only its pharmacists and
    technicians see them, while the request is open.
    """
    request = await doors.coordinated(ctx, request_id, lock=True)
    _require_readable(request)
    require_in_hand(ctx, request)
    place = await directory.any_place(ctx, place_id)
    if place.kind != READS[request.kind]:
        raise InvalidParams(fields=(Field("$.place_id", f"is no {READS[request.kind]}"),))
    for account_id in await _readers_of(ctx, [place_id, request.reader_place_id]):
        ctx.rights_changed(account_id)
    for account_id in await _readers_of(ctx, [place_id]):
        ctx.notify(account_id, facts.TO_READ, request.id, occasion=str(request.revision))
    return await step(ctx, request, "ask_reader", actor=ctx.actor.id, reader_place_id=place_id)


@command(
    "request.read_lines",
    allow={Capacity.STAFF},
    emits=TELLS,
    errors={NotFound, IllegalMove, InvalidParams},
)
async def read_lines(ctx: Ctx, request_id: UUID, lines: ReadLines) -> RequestView:
    """Write down what the photos say; it replaces what was read before, never what she asked for herself. For
    pharmacists and technicians of the place that was asked to read.
    """
    request = await doors.to_read(ctx, request_id, lock=True)
    _require_readable(request)
    last: int = await ctx.tx.fetchval(
        "SELECT coalesce(max(n), 0) FROM request_line WHERE request_id = $1 AND source <> 'read'", request.id
    )
    if last + len(lines) > LINES_MOST:
        raise InvalidParams(fields=(Field("$.lines", f"beside what was asked for {LINES_MOST - last} fit"),))
    await _replace_read(ctx, request.id)
    await ctx.tx.executemany(
        "INSERT INTO request_line (request_id, n, name, quantity, note, source) VALUES ($1, $2, $3, $4, $5, 'read')",
        [(request.id, n, one.name, one.quantity, one.note) for n, one in enumerate(lines, last + 1)],
    )
    return await step(ctx, request, "read", actor=ctx.actor.id, read_by=ctx.actor.id, read_at=ctx.now)


async def _replace_read(ctx: Ctx, request_id: UUID) -> None:
    """What was read before goes; what an earlier bill names stays with that bill alone."""
    await ctx.tx.execute(
        "DELETE FROM request_line l WHERE l.request_id = $1 AND l.source = 'read'"
        " AND NOT EXISTS (SELECT FROM bill_line b WHERE b.request_line_id = l.id)",
        request_id,
    )
    await ctx.tx.execute(
        "UPDATE request_line SET replaced_at = $2 WHERE request_id = $1 AND source = 'read' AND replaced_at IS NULL",
        request_id,
        ctx.now,
    )


def require_in_hand(ctx: Ctx, request: RequestRow) -> None:
    """Raises `NotInHand` for who has not taken it: two coordinators do not answer one patient at once."""
    if request.admin_id is not None and request.admin_id != ctx.actor.id:
        raise NotInHand(admin_id=request.admin_id)


def _require_readable(request: RequestRow) -> None:
    """Lines are read before they are priced."""
    if request.state is not RequestState.ACCEPTED:
        raise IllegalMove(state=request.state, legal=REQUEST.possible(request.state))


async def _readers_of(ctx: Ctx, place_ids: list[UUID | None]) -> list[UUID]:
    return await identity.people_at(ctx.tx, [place_id for place_id in place_ids if place_id is not None], READERS)
