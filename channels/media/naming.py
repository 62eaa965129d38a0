"""What a file is called: a label for people, never a part of a path."""

import re
import unicodedata
from typing import Final

from channels.media.nouns import MIMES

NAME_MAX: Final = 120
_NO_TEXT: Final = ("Cc", "Cs", "Co", "Cn")
# Marks that turn text around or show nothing; the two joiners inside Indic and Arabic names stay.
_HIDDEN: Final = re.compile(r"[\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def label(given: str, mime: str) -> str:
    """The last part of what the client called it, without what cannot be seen, with the ending of what it is."""
    name = re.split(r"[/\\]", given)[-1]
    name = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) not in _NO_TEXT)
    name = " ".join(_HIDDEN.sub("", name).split()).strip(". ")
    ending = MIMES[mime]
    stem = name[: -len(ending)] if name.lower().endswith(ending) else name
    if mime == "image/jpeg" and name.lower().endswith(".jpeg"):
        stem = name[:-5]
    return (stem[: NAME_MAX - len(ending)].rstrip(". ") or "file") + ending
