"""Places as everybody may see them."""

from uuid import UUID

import msgspec

from carewire.actor import ANYONE
from carewire.command import Ctx, query
from carewire.errors import NotFound
from channels.directory import access
from channels.directory.nouns import PlaceKind


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """A consulting room of a place."""

    id: UUID
    name: str


class PlaceView(msgspec.Struct, frozen=True, kw_only=True):
    """A clinic, hospital, pharmacy or laboratory; `zone` is the time zone its wall clocks show."""

    id: UUID
    kind: PlaceKind
    name: str
    zone: str
    city: str
    phone: str | None
    rooms: list[RoomView]


@query("place.get", allow={ANYONE}, errors={NotFound})
async def get(ctx: Ctx, place_id: UUID) -> PlaceView:
    """One place and its rooms."""
    row = await access.any_place(ctx, place_id)
    rooms = await access.rooms(ctx.tx, place_id)
    return PlaceView(
        id=row.id,
        kind=row.kind,
        name=row.name,
        zone=row.zone,
        city=row.city,
        phone=row.phone,
        rooms=[RoomView(id=room.id, name=room.name) for room in rooms],
    )
