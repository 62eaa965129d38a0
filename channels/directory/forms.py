"""The limited forms of the directory's parameters."""

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta

from carewire.forms import Line, Locale, Name

# One alphabet to a word: Latin letters beside Greek or Cyrillic ones that look the same make another's name. The
# database refuses it as well.
PublicName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        pattern=r"^(?![\s\S]*([A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]))"
        r"(?![\s\S]*[\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069])(?=[\s\S]*[^\s\u200b-\u200f\u2060\ufeff])",
        description="A name as the public reads it; no word mixes alphabets",
    ),
]
Slug = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z", description="A stable word, e.g. `cardiology`")]
PostalCode = Annotated[str, Meta(pattern=r"^[0-9A-Z][0-9A-Z -]{1,10}[0-9A-Z]\Z", description="In capitals")]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z", description="ISO 3166, e.g. IN")]
Website = Annotated[str, Meta(pattern=r'^https?://[^\s<>"]{1,250}\Z')]
Licence = Annotated[str, Meta(min_length=1, max_length=64, description="The licence's number")]
Registration = Annotated[str, Meta(min_length=1, max_length=64, description="The number in the council's register")]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="Of the building, in degrees")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="Of the building, in degrees")]
Year = Annotated[int, Meta(ge=1900, le=2200)]
Years = Annotated[int, Meta(ge=0, le=100, description="In years")]
Stars = Annotated[float, Meta(ge=1, le=5, description="In stars")]
Languages = Annotated[list[Locale], Meta(max_length=20)]
Specialties = Annotated[list[Slug], Meta(min_length=1, max_length=8, description="The first is the main one")]
Labels = Annotated[list[Name], Meta(max_length=100)]
PostalCodes = Annotated[list[PostalCode], Meta(max_length=1000)]
Address = Annotated[Line, Meta(description="Street and house")]

MOST_FEE: Final = 1_000_000_000


def year_before(now: datetime, years: int) -> int:
    """The calendar year that many years ago."""
    return now.year - years
