"""What hospitals, pharmacies and laboratories have in common: an address, who writes their entry, who sees it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta, UnsetType

from carewire.command import Ctx
from carewire.errors import Forbidden, InvalidParams
from carewire.event import Event
from carewire.forms import Email, Name, Phone, Text, Zone
from carewire.ids import uuid7
from carewire.resource import Order, Verb, equal
from carewire.resource.parts import Filter
from carewire.resource.writing import Made, Write
from carewire.wall_clock import Opening, require_zone
from channels.directory import access, sticky
from channels.directory.bookable import bookable_changed
from channels.directory.errors import TooManyPending
from channels.directory.finding import Words
from channels.directory.forms import (
    Address,
    Country,
    Latitude,
    Licence,
    Longitude,
    PostalCode,
    PublicName,
    Website,
)
from channels.directory.invitations import offer_duty
from channels.directory.members import HEADS
from channels.directory.nouns import Approval, PlaceKind, Subject
from channels.identity import Capacity, CapacityState, Duty, Scope, normalise_phone
from channels.identity import access as identity
from channels.identity.events import profile_changed

EDITORS: Final = frozenset({Scope.VERIFY, Scope.CONTENT})
VERIFIERS: Final = frozenset({Scope.VERIFY})
PENDING_MAX: Final = 5

PUBLISHED: Final = "e.approval = 'approved' AND e.closed_at IS NULL"
TELLS: Final[frozenset[type[Event]]] = sticky.TELLS
REFUSES: Final = frozenset({Forbidden, InvalidParams, TooManyPending})


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A place as everybody may see it, once it is approved. `zone` is the time zone its wall clocks show."""

    id: UUID
    kind: PlaceKind
    approval: Approval
    name: str
    description: str | None
    address: str | None
    city: str
    state: str | None
    postal_code: str | None
    country: str
    latitude: float | None
    longitude: float | None
    zone: str
    phone: str | None
    email: str | None
    website: str | None
    licence: str | None
    open_now: bool | None
    """On the place's own clock, at the moment of asking; null where nobody said when it is open."""
    opening_hours: list[Opening]
    locale: str
    fallback: list[str]


CREATE: Final[Mapping[str, Any]] = {
    "name": PublicName,
    "city": Name,
    "zone": Zone,
    "state": Name | UnsetType,
    "address": Address | UnsetType,
    "postal_code": PostalCode | UnsetType,
    "country": Country | UnsetType,
    "latitude": Latitude | UnsetType,
    "longitude": Longitude | UnsetType,
    "phone": Phone | UnsetType,
    "email": Email | UnsetType,
    "website": Website | UnsetType,
    "licence": Licence | UnsetType,
    "description": Text | UnsetType,
    "owner_phone": Annotated[Phone, Meta(description="For administrators: who is offered the duty of owner")]
    | UnsetType,
}
UPDATE: Final[Mapping[str, Any]] = {
    "name": PublicName,
    "city": Name,
    "zone": Zone,
    "state": Name | None,
    "address": Address | None,
    "postal_code": PostalCode | None,
    "country": Country,
    "latitude": Latitude | None,
    "longitude": Longitude | None,
    "phone": Phone | None,
    "email": Email | None,
    "website": Website | None,
    "licence": Licence | None,
    "description": Text | None,
}
SEARCH: Final = Words("place", "place_vector(e.folded, e.folded_more, e.folded_where)")
ORDERS: Final = {"name": Order("lower(e.name)", str)}
FILTERS: Final = {
    "city": Filter(Name, "location_key(e.city) = location_key({value})"),
    "state": Filter(Name, "location_key(e.state) = location_key({value})"),
    "postal_code": equal(PostalCode),
    "country": equal(Country),
    "approval": equal(Approval),
    "open_now": Filter(bool, "place_open(e.id, {now}) = {value}"),
}
COLUMNS: Final = {
    "open_now": "place_open(e.id, {now})",
    "opening_hours": "(SELECT coalesce(jsonb_agg(jsonb_build_object('weekday', o.weekday, 'opens', o.opens,"
    " 'closes', o.closes) ORDER BY o.weekday, o.opens), '[]') FROM place_opening o WHERE o.place_id = e.id)",
}


async def sees(ctx: Ctx) -> str:
    """The approved ones, and those one works at; administrators see all."""
    if ctx.anonymous:
        return PUBLISHED
    if await identity.scopes(ctx):
        return "e.closed_at IS NULL"
    return (
        f"({PUBLISHED}) OR (e.closed_at IS NULL AND EXISTS (SELECT FROM membership m WHERE m.place_id = e.id"
        " AND m.account_id = {actor} AND m.until IS NULL))"
    )


def source_of(*kinds: PlaceKind) -> str:
    """The places of these kinds, as entries."""
    words = ", ".join(f"'{kind}'" for kind in kinds)
    return f"(SELECT * FROM place WHERE kind IN ({words})) e"


def door_of(kind: PlaceKind, holder: Capacity) -> Write:
    """Owners and managers change their own place; administrators (verify, content) any; only they (verify) close one.

    A place is entered by an administrator, or by an account that holds the capacity or waits for it: then it waits for
    its approval. One that an administrator with the scope `verify` enters has been looked at.
    """

    async def may_write(ctx: Ctx, verb: Verb, key: UUID | None, given: Mapping[str, Any]) -> dict[str, Any]:
        columns = dict(given)
        if "zone" in columns:
            require_zone(columns["zone"])
        if columns.get("phone") is not None:
            columns["phone"] = normalise_phone(ctx.settings, columns["phone"])
        if key is None:
            scopes = await identity.scopes(ctx)
            columns = {"kind": kind, **columns}
            columns.pop("owner_phone", None)
            if scopes & EDITORS:
                await identity.administrator(ctx, scopes=EDITORS)
            else:
                if "owner_phone" in given:
                    raise Forbidden()
                await _may_enter(ctx, PlaceKind(columns["kind"]), holder)
            approval = Approval.APPROVED if Scope.VERIFY in scopes else Approval.PENDING
            return {"id": uuid7(), "approval": approval, "created_at": ctx.now, **columns}
        row = await access.place_to_edit(ctx, key, duties=HEADS, scopes=EDITORS)
        if verb == "delete":
            await identity.administrator(ctx, scopes=VERIFIERS)
        if verb == "delete" or "zone" in columns:
            await bookable_changed(ctx, Subject.PLACE, key)
        await sticky.facts_changed(ctx, Subject.PLACE, key, sticky.changed_facts(Subject.PLACE, row, columns))
        return columns

    return may_write


async def _may_enter(ctx: Ctx, kind: PlaceKind, holder: Capacity) -> None:
    """Raises `Forbidden` for who is not of that trade. A verified doctor enters a clinic of her own."""
    state = await identity.capacity_state(ctx.tx, ctx.actor.id, holder)
    if state not in (CapacityState.ACTIVE, CapacityState.PENDING) and not (
        kind is PlaceKind.CLINIC and Capacity.DOCTOR in ctx.actor.capacities
    ):
        raise Forbidden()
    await ctx.tx.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id)
    waiting = await ctx.tx.fetchval(
        "SELECT count(*) FROM membership m JOIN place p ON p.id = m.place_id AND p.approval = 'pending'"
        " AND p.closed_at IS NULL WHERE m.account_id = $1 AND m.duty = 'owner' AND m.until IS NULL",
        ctx.actor.id,
    )
    if waiting >= PENDING_MAX:
        raise TooManyPending()


async def own(ctx: Ctx, place_id: UUID, given: Mapping[str, Any]) -> None:
    """Whose the new place is: whoever entered it, or the person an administrator names, once she accepts."""
    if "owner_phone" in given:
        await offer_duty(ctx, place_id, normalise_phone(ctx.settings, given["owner_phone"]), Duty.OWNER)
    elif not await identity.scopes(ctx) & EDITORS:
        await ctx.tx.execute(
            "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, $3, $4)",
            ctx.actor.id,
            place_id,
            Duty.OWNER,
            ctx.now,
        )
        await identity.rights_changed(ctx, ctx.actor.id)
        await profile_changed(ctx, ctx.actor.id)


MADE: Final[Made] = own
