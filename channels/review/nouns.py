"""The closed lists and limited forms of this domain."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta


class Subject(StrEnum):
    """Who has a rating."""

    DOCTOR = "doctor"
    PLACE = "place"


class About(StrEnum):
    """Whom a review of a visit is about."""

    DOCTOR = "doctor"
    PLACE = "place"
    BOTH = "both"


Rating = Annotated[int, Meta(ge=1, le=5, description="In stars")]
Opinion = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2000,
        # As in `carewire.forms`: something to see, and no marks that turn the text of others around.
        pattern=r"^(?![\s\S]*[\u0000-\u0008\u000b-\u001f\u007f\u2028-\u202e\u2066-\u2069])"
        r"(?=[\s\S]*[^\s\u200b-\u200f\u2060\ufeff])",
        description="What the public will read, once verified",
    ),
]
Revision = Annotated[int, Meta(ge=1, le=2**31 - 1, description="The revision that was read")]
