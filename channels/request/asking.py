"""The patient's side of a request: asking, letting coordinators look, cancelling."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from carewire.forms import Line, Name, Phone, Text
from channels.directory import Address, PostalCode
from channels.identity import Capacity, normalise_phone
from channels.identity import access as identity
from channels.identity.errors import FactDue
from channels.media import MediaKind
from channels.media import access as media
from channels.order.lifecycle import Fulfilment
from channels.prescription import access as prescriptions
from channels.prescription.lifecycle import NEVER_DISPENSED
from channels.request import doors
from channels.request.errors import RequestsFull
from channels.request.events import TELLS, RequestCreated, tell
from channels.request.lifecycle import OPEN, REQUEST, RequestKind, RequestState
from channels.request.sagas import REQUEST_SAGA
from channels.request.steps import step
from channels.request.views import RequestView, view

OPEN_MAX: Final = 20
LINES_MAX: Final = 50
LINES_MOST: Final = 100
"""Of a request altogether: asked for, of a prescription, and read from its photos."""
PHOTOS: Final = frozenset({MediaKind.IMAGE, MediaKind.DOCUMENT, MediaKind.MEDICAL_RECORD})

Quantity = Annotated[int, Meta(ge=1, le=1000)]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that is asked for, in the words of who asks."""

    name: Name
    quantity: Quantity = 1
    note: Line | None = None


Lines = Annotated[list[Asked], Meta(max_length=LINES_MAX)]
Photos = Annotated[list[UUID], Meta(max_length=10, description="Loose uploads of yours: a paper prescription")]


@command(
    "request.create",
    allow={Capacity.PATIENT},
    emits=TELLS,
    errors={NotFound, InvalidParams, RequestsFull, FactDue},
)
async def create(
    ctx: Ctx,
    kind: RequestKind,
    postal_code: PostalCode,
    patient_id: UUID | None = None,
    lines: Lines | None = None,
    media_ids: Photos | None = None,
    prescription_id: UUID | None = None,
    share: bool = False,
    fulfilment: Fulfilment = Fulfilment.HOME,
    address: Address | None = None,
    phone: Phone | None = None,
    notes: Text | None = None,
) -> RequestView:
    """Ask for medicines or tests: by lines, by a prescription kept here (what is left of each line is asked for), or by
    photos of a paper one that a pharmacist reads into lines.

    A coordinator answers with a bill. `share`: the coordinators may look at the photos themselves; without
    it only who reads them does. `address` is where it is brought, needed for `home`; only the provider of an order
    learns it and the `phone` to call (by default the patient's).
    """
    asked, photos = lines or [], media_ids or []
    _require_complete(kind, asked, photos, prescription_id, fulfilment, address)
    patient = await identity.patient(ctx, patient_id, lock=True)
    await _require_room(ctx, patient.id)
    papers = [] if prescription_id is None else await _prescribed(ctx, patient.id, prescription_id)
    request_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO request (patient_id, account_id, kind, state, fulfilment, contact_name, contact_phone, address,"
        " postal_code, notes, shared, created_at, changed_at, prescription_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13) RETURNING id",
        patient.id,
        ctx.actor.id,
        kind,
        RequestState.CREATED,
        fulfilment,
        patient.name,
        normalise_phone(ctx.settings, phone) if phone else patient.phone or await identity.own_phone(ctx),
        address,
        postal_code,
        notes,
        share,
        ctx.now,
        prescription_id,
    )
    await ctx.tx.executemany(
        "INSERT INTO request_line (request_id, n, name, quantity, note, prescription_line_id, source)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'asked')",
        [(request_id, n, *one) for n, one in enumerate([*_plain(asked), *papers], 1)],
    )
    if photos:
        await media.attach(ctx, photos, doors.NOUN, request_id, PHOTOS)
    await ctx.tx.execute(
        "INSERT INTO request_step (request_id, revision, move, state, actor_id, at)"
        " VALUES ($1, 1, 'create', $2, $3, $4)",
        request_id,
        RequestState.CREATED,
        ctx.actor.id,
        ctx.now,
    )
    ctx.about(doors.NOUN, request_id, patient=patient.id)
    made = await view(ctx.tx, request_id)
    await tell(ctx, RequestCreated.spec.name, made, None)
    return made


@command(
    "request.share",
    allow={Capacity.PATIENT},
    emits=TELLS,
    errors={NotFound, IllegalMove},
)
async def share(ctx: Ctx, request_id: UUID, share: bool) -> RequestView:
    """Let the coordinators look at the photos of this request, or not any longer. While it is open."""
    request = await doors.own(ctx, request_id, lock=True)
    if request.state not in OPEN:
        raise IllegalMove(state=request.state, legal=REQUEST.possible(request.state))
    return await step(ctx, request, "share" if share else "unshare", actor=ctx.actor.id, shared=share)


@command(
    "request.cancel",
    allow={Capacity.PATIENT},
    emits=TELLS,
    errors={NotFound, IllegalMove},
)
async def cancel(ctx: Ctx, request_id: UUID, reason: Line | None = None) -> RequestView:
    """Take it back, before it is confirmed. A bill that was chosen and is not paid yet is not confirmed; money that
    comes for it afterwards goes back. Of what is confirmed, cancel the orders.
    """
    request = await doors.own(ctx, request_id, lock=True)
    REQUEST.move(request.state, "cancel")
    await drop_bill(ctx, request)
    await REQUEST_SAGA.give_up(ctx, request.id, "cancelled")
    return await step(ctx, request, "cancel", actor=ctx.actor.id, reason=reason)


async def drop_bill(ctx: Ctx, request: doors.RequestRow) -> None:
    """Its bill, if one stands, comes to nothing."""
    if request.bill_id is not None:
        await ctx.tx.execute("UPDATE bill SET state = 'dropped' WHERE id = $1 AND state = 'open'", request.bill_id)


def _require_complete(
    kind: RequestKind,
    asked: list[Asked],
    photos: list[UUID],
    prescription_id: UUID | None,
    fulfilment: Fulfilment,
    address: str | None,
) -> None:
    if prescription_id is not None and kind is not RequestKind.MEDICINE:
        raise InvalidParams(fields=(Field("$.prescription_id", "is for medicines"),))
    if not asked and not photos and prescription_id is None:
        raise InvalidParams(fields=(Field("$.lines", "ask for something: lines, photos or a prescription"),))
    if len(set(photos)) < len(photos):
        raise InvalidParams(fields=(Field("$.media_ids", "names a photo twice"),))
    if fulfilment is Fulfilment.HOME and address is None:
        raise InvalidParams(fields=(Field("$.address", "is needed to bring it home"),))
    fits = {Fulfilment.HOME, Fulfilment.PICKUP if kind is RequestKind.MEDICINE else Fulfilment.VISIT}
    if fulfilment not in fits:
        raise InvalidParams(fields=(Field("$.fulfilment", f"is one of {', '.join(sorted(fits))} for {kind}"),))


def _plain(asked: list[Asked]) -> list[tuple[str, int, str | None, UUID | None]]:
    return [(one.name, one.quantity, one.note, None) for one in asked]


async def _prescribed(
    ctx: Ctx, patient_id: UUID, prescription_id: UUID
) -> list[tuple[str, int, str | None, UUID | None]]:
    """What is left of a prescription of hers, in units, by name and strength. Raises `NotFound`, `FactDue`."""
    paper = await prescriptions.readable(ctx, prescription_id)
    if paper.patient_id not in await identity.records_of(ctx.tx, patient_id):
        raise NotFound()
    left = [line for line in paper.lines if line.quantity > line.spent and line.schedule not in NEVER_DISPENSED]
    if not left:
        raise InvalidParams(fields=(Field("$.prescription_id", "has nothing left to be dispensed"),))
    return [
        (f"{line.medicine} {line.strength or ''}".strip()[:120], min(line.quantity - line.spent, 1000), None, line.id)
        for line in left
    ]


async def _require_room(ctx: Ctx, patient_id: UUID) -> None:
    """The patient's row is locked: of two at once the second counts the first."""
    count = await ctx.tx.fetchval(
        "SELECT count(*) FROM request WHERE patient_id = $1 AND state IN ('created', 'accepted', 'responded')",
        patient_id,
    )
    if count >= OPEN_MAX:
        raise RequestsFull()
