"""Treatments as everybody may see them; administrators (content) keep them."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta, UnsetType

from carewire.actor import ANYONE
from carewire.errors import Forbidden
from carewire.forms import Name
from carewire.resource import Order, Part, equal, resource
from channels.content.forms import Body, Category, DurationDays
from channels.content.sight import unless_editor
from channels.content.tables import Treatment
from channels.directory.access import content_only
from channels.identity import Capacity

IsActive = Annotated[bool, Meta(description="Only administrators see those that are not")]


class TreatmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A treatment. `is_global` means that patients from abroad are treated, too."""

    id: UUID
    name: str
    category: str | None
    description: str | None
    duration_days: int | None
    is_global: bool
    is_active: bool
    locale: str
    fallback: list[str]


TREATMENTS: Final = resource(
    "treatment",
    table=Treatment,
    view=TreatmentView,
    parameter="treatment_id",
    create={
        "name": Name,
        "category": Category | UnsetType,
        "description": Body | UnsetType,
        "duration_days": DurationDays | UnsetType,
        "is_global": bool | UnsetType,
        "is_active": bool | UnsetType,
    },
    update={
        "name": Name,
        "category": Category | None,
        "description": Body | None,
        "duration_days": DurationDays | None,
        "is_global": bool,
        "is_active": bool,
    },
    read={ANYONE},
    write={Capacity.ADMIN},
    door=content_only,
    errors={Forbidden},
    orders={"name": Order("lower(e.name)", str)},
    search=Part(("name", "description", "category")),
    filters={"category": equal(Category), "is_global": equal(bool), "is_active": equal(IsActive)},
    published="e.is_active",
    visible=unless_editor("e.is_active"),
    translatable=("name", "description"),
)
