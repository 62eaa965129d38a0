"""Finding requests: the patient's own, the coordinators', and those a place is quoted in or reads."""

from datetime import datetime
from uuid import UUID

import msgspec

from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from channels.identity import Capacity
from channels.identity import access as identity
from channels.media import access as media
from channels.media.access import MediaView
from channels.request import doors
from channels.request.doors import QUOTED, READS, Side
from channels.request.lifecycle import RequestKind, RequestState
from channels.request.views import BillView, RequestView, bills, for_places, view, views


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a request; `actor_id` is null where it moved by itself."""

    revision: int
    move: str
    state: RequestState
    actor_id: UUID | None
    reason: str | None
    at: datetime


class RequestDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A request, its history and its bills. `contact_name`, `contact_phone` and `address` are told to her own side
    only, `photos` to who may see them, `steps` and earlier `bills` not to providers.
    """

    request: RequestView
    contact_name: str | None
    contact_phone: str | None
    address: str | None
    photos: list[MediaView]
    bills: list[BillView]
    steps: list[StepView]


@query("request.list", allow={Capacity.PATIENT, Capacity.ADMIN, Capacity.STAFF}, errors={InvalidParams})
async def list_(
    ctx: Ctx,
    state: RequestState | None = None,
    kind: RequestKind | None = None,
    patient_id: UUID | None = None,
    place_id: UUID | None = None,
    mine: bool = False,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[RequestView]:
    """Requests, the newest first: of everybody one acts for; all of them for administrators who coordinate; for who
    works at a provider, those it is quoted in or asked to read, its own part of them. `mine`: only those a coordinator
    has in hand herself.
    """
    after = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    coordinates = await identity.has_scope(ctx, doors.COORDINATORS)
    rows = await ctx.tx.fetch(
        f"""SELECT r.id, EXISTS (SELECT FROM guarding g WHERE g.account_id = ask.account_id
                                    AND g.patient_id = r.patient_id) AS own
              FROM request r, (SELECT $1::uuid AS account_id) ask
             WHERE ($2 OR EXISTS (SELECT FROM guarding g WHERE g.account_id = ask.account_id
                                     AND g.patient_id = r.patient_id) OR {QUOTED} OR {READS})
               AND ($3::text IS NULL OR r.state = $3) AND ($4::text IS NULL OR r.kind = $4)
               AND ($5::uuid IS NULL OR r.patient_id = $5) AND (NOT $6 OR r.admin_id = ask.account_id)
               AND ($7::uuid IS NULL OR r.reader_place_id = $7
                    OR EXISTS (SELECT FROM bill_part p WHERE p.bill_id = r.bill_id AND p.place_id = $7))
               AND ($8::uuid IS NULL OR r.id < $8) ORDER BY r.id DESC LIMIT $9""",
        ctx.actor.id,
        coordinates,
        state,
        kind,
        patient_id,
        mine,
        place_id,
        after,
        limit + 1,
    )
    found = await views(ctx.tx, [row["id"] for row in rows[:limit]])
    places = await _places(ctx) if not coordinates else frozenset()
    shown = [
        found[row["id"]] if row["own"] or coordinates else for_places(found[row["id"]], places) for row in rows[:limit]
    ]
    return Page(rows=shown, cursor=paging.encode(shown[-1].id) if len(rows) > limit else None)


@query("request.get", allow={Capacity.PATIENT, Capacity.ADMIN, Capacity.STAFF}, errors={NotFound})
async def get(ctx: Ctx, request_id: UUID) -> RequestDetail:
    """A request with its bills and history, as far as the side one stands on sees them."""
    seen = await doors.seen(ctx, request_id)
    whole = await view(ctx.tx, request_id)
    own = seen.side is Side.PATIENT
    shows_photos = whole.photos > 0 and await doors.may_see_photos(ctx, seen)
    ids = await ctx.tx.fetch("SELECT id FROM bill WHERE request_id = $1 ORDER BY version DESC", request_id)
    every = await bills(ctx.tx, [row["id"] for row in ids]) if seen.side is not Side.PLACE else {}
    steps = (
        await ctx.tx.fetch(
            "SELECT revision, move, state, actor_id, reason, at FROM request_step WHERE request_id = $1"
            " ORDER BY revision",
            request_id,
        )
        if seen.side is not Side.PLACE
        else []
    )
    return RequestDetail(
        request=whole if seen.side is not Side.PLACE else for_places(whole, seen.places),
        contact_name=seen.row.contact_name if own else None,
        contact_phone=seen.row.contact_phone if own else None,
        address=seen.row.address if own else None,
        photos=(await media.attached(ctx.tx, doors.NOUN, [request_id]))[request_id] if shows_photos else [],
        bills=[every[row["id"]] for row in ids if row["id"] in every],
        steps=[msgspec.convert(dict(row), StepView) for row in steps],
    )


async def _places(ctx: Ctx) -> frozenset[UUID]:
    rows = await ctx.tx.fetch(
        "SELECT DISTINCT place_id FROM membership WHERE account_id = $1 AND until IS NULL", ctx.actor.id
    )
    return frozenset(row["place_id"] for row in rows)
