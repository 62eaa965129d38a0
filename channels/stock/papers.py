"""The paper a pharmacist has read at the till, and whether it was written here: then it is sold by its line.

A prescription that was written here can be printed. Sold as a paper like any other, its units would not be counted and
could be had once more elsewhere. What the pharmacy was shown is compared; what it was not shown it does not learn of.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.forms import Name
from channels.directory import Address
from channels.prescription import access as prescriptions
from channels.prescription.access import Shown
from channels.stock.access import Article
from channels.stock.errors import LineNeeded
from channels.stock.prescribed import answers, prescribed

TITLES: Final = frozenset({"dr", "doctor", "prof", "professor", "mr", "mrs", "ms", "shri", "smt"})
AROUND: Final = timedelta(days=1)
"""The day it was written on is that of a clock somewhere."""


class Paper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The prescription that a pharmacist has read and stamped, as the register has it."""

    prescriber: Name
    prescriber_address: Address
    patient: Name
    written_on: date


async def require_foreign(ctx: Ctx, pharmacy_id: UUID, paper: Paper, articles: Mapping[UUID, Article]) -> None:
    """Raises `LineNeeded` for articles that answer a line of a prescription which was written here and shown to this
    pharmacy, and which this paper is: of the same doctor for the same patient, on the same day."""
    midnight = datetime.combine(paper.written_on, time(), tzinfo=UTC)
    shown = await prescriptions.shown_at(ctx, pharmacy_id, midnight - AROUND, midnight + 2 * AROUND)
    lines: list[dict[str, str]] = []
    for one in shown:
        if same_words(one.doctor, paper.prescriber) and same_words(one.patient, paper.patient):
            lines += await _answered(ctx, one, list(articles.values()))
    if lines:
        raise LineNeeded(lines=lines)


async def _answered(ctx: Ctx, shown: Shown, articles: Sequence[Article]) -> list[dict[str, str]]:
    """Which line of a prescription that the caller may read each of these articles answers."""
    try:
        await prescriptions.readable(ctx, shown.id)
    except NotFound:
        return []
    known = await prescribed(ctx, shown.line_ids)
    return [
        {"medicine_id": str(article.id), "prescription_line_id": str(line.id)}
        for article in articles
        for line in known.values()
        if answers(article, line)
    ]


def same_words(one: str, other: str) -> bool:
    """Are these the same name, though one of them may be shorter: without titles, points and capitals?"""
    first, second = _words(one), _words(other)
    return bool(first and second) and (first <= second or second <= first)


def _words(name: str) -> set[str]:
    plain = "".join(one if unicodedata.category(one)[0] in "LMN" else " " for one in name.casefold())
    return set(plain.split()) - TITLES
