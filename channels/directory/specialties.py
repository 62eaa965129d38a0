"""The fields of medicine: a catalogue that administrators keep."""

from typing import Annotated

import msgspec
from msgspec import Meta

from carewire.actor import ANYONE
from carewire.forms import Name
from carewire.resource import Order, Part, resource
from channels.directory.tables import Specialty
from channels.identity import Capacity

Slug = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z", description="A stable word, e.g. `cardiology`")]


class SpecialtyView(msgspec.Struct, frozen=True, kw_only=True):
    """A field of medicine; `slug` is its stable word."""

    slug: str
    name: str


SPECIALTIES = resource(
    "specialty",
    table=Specialty,
    view=SpecialtyView,
    key="slug",
    create={"slug": Slug, "name": Name},
    update={"name": Name},
    read={ANYONE},
    write={Capacity.ADMIN},
    orders={"name": Order("lower(e.name)", str)},
    search=Part(("name",)),
)
