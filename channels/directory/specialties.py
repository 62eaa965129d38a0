"""The fields of medicine: a catalogue that administrators keep."""

import msgspec

from carewire.actor import ANYONE
from carewire.errors import Forbidden
from carewire.forms import Name
from carewire.resource import Order, Part, resource
from channels.directory import access
from channels.directory.forms import Slug
from channels.directory.tables import Specialty
from channels.identity import Capacity


class SpecialtyView(msgspec.Struct, frozen=True, kw_only=True):
    """A field of medicine; `slug` is its stable word."""

    slug: str
    name: str
    locale: str
    fallback: list[str]


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
    door=access.content_only,
    errors={Forbidden},
    translatable=("name",),
)
