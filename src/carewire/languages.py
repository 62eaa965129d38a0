"""Which language somebody reads, by what a client says (Accept-Language, RFC 9110, 12.5.4)."""

import re
from collections.abc import Sequence
from typing import Final

ACCEPTED_MAX: Final = 20
_RANGE: Final = re.compile(r"^\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*$")


def accepted(header: str) -> list[str]:
    """The language tags of the header, those liked best first; what is no range is passed over."""
    found: list[tuple[float, int, str]] = []
    for position, part in enumerate(header.split(",")[:ACCEPTED_MAX]):
        if (match := _RANGE.match(part)) and match[1] != "*":
            quality = float(match[2]) if match[2] else 1.0
            if quality > 0:
                found.append((-quality, position, match[1]))
    return [tag for _, _, tag in sorted(found)]


def first_language(header: str) -> str:
    """The two letters of the language liked best, or nothing."""
    return next((tag[:2].lower() for tag in accepted(header) if re.match(r"[A-Za-z]{2}(-|$)", tag)), "")


def best_language(tags: Sequence[str], offered: Sequence[str], *, otherwise: str = "") -> str:
    """The first of the tags whose language is offered, as it is offered; regions are left aside."""
    for tag in tags:
        language = tag.split("-", 1)[0].lower()
        if language in offered:
            return language
    return otherwise
