"""The limited forms of parameters that many commands share."""

from typing import Annotated

from msgspec import Meta

# One line that shows something: no control characters, no marks that turn the text after them around (a screen would
# show another name than was typed), and not only blanks. The joiners inside Indic names and emoji stay.
_SHOWN = (
    r"^(?![\s\S]*[\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069])"
    r"(?=[\s\S]*[^\s\u200b-\u200f\u2060\ufeff])"
)

Name = Annotated[
    str,
    Meta(min_length=1, max_length=120, pattern=_SHOWN, description="A person's or thing's name as people write it"),
]
Word = Annotated[str, Meta(min_length=1, max_length=64)]
Line = Annotated[str, Meta(min_length=1, max_length=300, description="One line of text")]
Text = Annotated[str, Meta(min_length=1, max_length=4000)]
Secret = Annotated[str, Meta(min_length=1, max_length=2048, description="A token or password; never logged")]
Phone = Annotated[str, Meta(min_length=4, max_length=24, description="A telephone number, best in E.164")]
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Zone = Annotated[str, Meta(min_length=1, max_length=64, description="An IANA time zone, e.g. Asia/Kolkata")]
Locale = Annotated[str, Meta(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Limit = Annotated[int, Meta(ge=1, le=100, description="How many rows at most")]
Cursor = Annotated[str, Meta(max_length=400, description="Where the last page ended; opaque")]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
