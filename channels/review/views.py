"""A review as the public, its author and a moderator see it."""

from datetime import datetime
from uuid import UUID

import msgspec

from channels.review.access import ReviewRow
from channels.review.lifecycle import ReviewState


class ReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """A review. `author` is her name as the public reads it, e.g. `Priya S.`; null when she is no longer here.

    `doctor_id` and `place_id` name whom it is about. What is null below `mine` is for her side and moderators only;
    `reason` says why it was rejected.
    """

    id: UUID
    doctor_id: UUID | None
    place_id: UUID | None
    rating: int
    text: str | None
    author: str | None
    created_at: datetime
    changed_at: datetime
    mine: bool
    state: ReviewState
    revision: int | None
    token_id: UUID | None
    appointment_id: UUID | None
    patient_id: UUID | None
    reason: str | None


def view(row: ReviewRow, *, moderates: bool = False) -> ReviewView:
    """The review for one caller."""
    inside = row.mine or moderates
    return ReviewView(
        id=row.id,
        doctor_id=row.doctor_id,
        place_id=row.place_id,
        rating=row.rating,
        text=row.text,
        author=shortened(row.name),
        created_at=row.created_at,
        changed_at=row.changed_at,
        mine=row.mine,
        state=row.state,
        revision=row.revision if inside else None,
        token_id=row.token_id if row.mine else None,
        appointment_id=row.appointment_id if row.mine else None,
        patient_id=row.patient_id if row.mine else None,
        reason=row.reason if inside else None,
    )


def shortened(name: str | None) -> str | None:
    """The first name, and the first letter of the last."""
    words = (name or "").split()
    if not words or words == ["—"]:
        return None
    return words[0] if len(words) == 1 else f"{words[0]} {words[-1][0]}."
