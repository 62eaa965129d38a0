"""A patient's history in order of time. Each domain that keeps a part of it adds its source."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx


class HistoryKind(StrEnum):
    """What a line of the history is about."""

    VISIT = "visit"
    """A token of a doctor's line."""
    APPOINTMENT = "appointment"
    CONSULTATION = "consultation"
    """A completed one."""
    PRESCRIPTION = "prescription"
    """An issued one, also when it was superseded or cancelled since."""
    LAB_TEST = "lab_test"
    """A test, by when it was asked for."""


class HistoryItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history. `id` is that of the thing itself: a token, later a booking, an order, a report."""

    kind: HistoryKind
    id: UUID
    at: datetime
    doctor_id: UUID | None
    place_id: UUID | None
    doctor: str | None
    place: str | None
    state: str


class HistoryAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What every source is asked for: its latest `limit` items, later than `since`, before (`until`, `before_id`).

    `whole`: all of these records; else only what `doctor_id` or one of `place_ids` had a part in.
    """

    patient_ids: Sequence[UUID]
    whole: bool
    doctor_id: UUID | None
    place_ids: Sequence[UUID]
    since: datetime | None
    until: datetime | None
    before_id: UUID | None
    limit: int


_SOURCES: Final[dict[HistoryKind, str]] = {}
_LATEST: Final = """
SELECT h.id, h.at, h.doctor_id, h.place_id, h.doctor, h.place, h.state FROM ({source}) h
 WHERE h.patient_id = ANY ($1) AND ($2 OR h.doctor_id = $3 OR h.place_id = ANY ($4) OR h.asked_at_id = ANY ($4))
   AND ($5::timestamptz IS NULL OR h.at >= $5)
   AND ($6::timestamptz IS NULL OR h.at < $6 OR (h.at = $6 AND h.id < $7::uuid))
 ORDER BY h.at DESC, h.id DESC LIMIT $8"""


def register_history(kind: HistoryKind, source: str) -> None:
    """Declare where this kind is found: a statement over everybody's, of the columns of an item and whose it is.

    `patient_id`, and `asked_at_id`: another place that had a part in it, or null.
    """
    if _SOURCES.setdefault(kind, source) is not source:
        raise TypeError(f"the history has two sources of {kind}")


async def items(ctx: Ctx, asked: HistoryAsk, kind: HistoryKind | None) -> list[HistoryItem]:
    """The latest of all sources, or of one: newest first by (`at`, `id`)."""
    found: list[HistoryItem] = []
    for known, source in _SOURCES.items():
        if kind in (None, known):
            rows = await ctx.tx.fetch(
                _LATEST.format(source=source),
                list(asked.patient_ids),
                asked.whole,
                asked.doctor_id,
                list(asked.place_ids),
                asked.since,
                asked.until,
                asked.before_id,
                asked.limit,
            )
            found += [HistoryItem(kind=known, **dict(row)) for row in rows]
    return sorted(found, key=lambda item: (item.at, item.id), reverse=True)[: asked.limit]
