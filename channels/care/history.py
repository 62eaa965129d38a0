"""A patient's history in order of time. Each domain that keeps a part of it adds its source."""

from collections.abc import Awaitable, Callable, Sequence
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
    """What a source is asked for: its latest `limit` items, later than `since`, before (`until`, `before_id`).

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


Source = Callable[[Ctx, HistoryAsk], Awaitable[list[HistoryItem]]]
_SOURCES: Final[dict[HistoryKind, Source]] = {}


def register_history(kind: HistoryKind) -> Callable[[Source], Source]:
    """Declare the source of this kind: newest first by (`at`, `id`)."""

    def declare(source: Source) -> Source:
        if _SOURCES.setdefault(kind, source) is not source:
            raise TypeError(f"the history has two sources of {kind}")
        return source

    return declare


async def items(ctx: Ctx, asked: HistoryAsk, kind: HistoryKind | None) -> list[HistoryItem]:
    """The latest of all sources, or of one."""
    found: list[HistoryItem] = []
    for known, source in _SOURCES.items():
        if kind in (None, known):
            found += await source(ctx, asked)
    return sorted(found, key=lambda item: (item.at, item.id), reverse=True)[: asked.limit]
