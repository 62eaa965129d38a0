"""The limited forms of this domain's parameters."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from carewire.forms import Line, Name

Body = Annotated[str, Meta(min_length=1, max_length=4000)]
Markdown = Annotated[
    str, Meta(min_length=1, max_length=40_000, description="CommonMark; HTML in it is shown as it is written")
]
Translated = Annotated[str, Meta(min_length=1, max_length=60_000)]
Category = Annotated[str, Meta(min_length=1, max_length=64)]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
PageSlug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,99}\Z", description="Its address: /pages/{slug}")]
DurationDays = Annotated[int, Meta(ge=1, le=3650)]
DisplayOrder = Annotated[int, Meta(ge=0, le=1_000_000, description="Lower comes first")]
BasisPoints = Annotated[int, Meta(ge=0, le=10_000, description="Hundredths of a per cent")]
Lines = Annotated[list[Line], Meta(max_length=50)]
Keywords = Annotated[list[Name], Meta(max_length=30)]
Noun = Annotated[str, Meta(pattern=r"^[a-z_]{1,64}\Z", description="A catalogue, e.g. `treatment`")]
EntryId = Annotated[str, Meta(min_length=1, max_length=64)]


class Target(StrEnum):
    """The languages that catalogues are translated into."""

    AR = "ar"
    HI = "hi"
    ES = "es"
    FR = "fr"
