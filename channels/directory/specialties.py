"""The fields of medicine: a catalogue that administrators keep."""

from typing import Annotated

import msgspec
from msgspec import Meta, UnsetType

from carewire.actor import ANYONE
from carewire.errors import Forbidden
from carewire.forms import Name
from carewire.resource import Order, resource
from channels.directory import access
from channels.directory.finding import Words
from channels.directory.forms import Slug
from channels.directory.tables import Specialty
from channels.identity import Capacity

Aliases = Annotated[list[Name], Meta(max_length=40)]


class SpecialtyView(msgspec.Struct, frozen=True, kw_only=True):
    """A field of medicine; `slug` is its stable word."""

    slug: str
    name: str
    aliases: list[str]
    """What people type who mean it, in any language."""
    locale: str
    fallback: list[str]


SPECIALTIES = resource(
    "specialty",
    table=Specialty,
    view=SpecialtyView,
    key="slug",
    create={"slug": Slug, "name": Name, "aliases": Aliases | UnsetType},
    update={"name": Name, "aliases": Aliases},
    read={ANYONE},
    write={Capacity.ADMIN},
    orders={"name": Order("lower(e.name)", str)},
    search=Words("specialty", "search_vector(e.folded, '', '', '')"),
    door=access.content_only,
    errors={Forbidden},
    translatable=("name",),
)
