"""Is a patient at a place today? Whoever keeps lines, bookings or beds says so; care stands left of all of them."""

from collections.abc import Awaitable, Sequence
from typing import Final, Protocol
from uuid import UUID

from carewire.command import Ctx


class Presence(Protocol):
    """Answers whether one of these records has a reason to be at the place today.

    What `unseen_by` entered himself is no reason: else a doctor would bring about what he needs.
    """

    def __call__(
        self, ctx: Ctx, patient_ids: Sequence[UUID], place_id: UUID, *, unseen_by: UUID
    ) -> Awaitable[bool]: ...


_SOURCES: Final[list[Presence]] = []


def register_presence(source: Presence) -> Presence:
    """Add a source."""
    _SOURCES.append(source)
    return source


async def is_there(ctx: Ctx, patient_ids: Sequence[UUID], place_id: UUID, *, unseen_by: UUID) -> bool:
    """Does any source say so?"""
    for source in _SOURCES:
        if await source(ctx, patient_ids, place_id, unseen_by=unseen_by):
            return True
    return False
