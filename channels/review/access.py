"""The doors to a review: its author's side, administrators who moderate, and everybody once it is verified."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.store.db import Tx
from channels.identity import Scope
from channels.identity import access as identity
from channels.review.lifecycle import ReviewState
from channels.review.nouns import Subject

MODERATORS: Final = frozenset({Scope.CONTENT})


class ReviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `review`, the name of its patient, and whether the caller acts for her."""

    id: UUID
    token_id: UUID | None
    appointment_id: UUID | None
    patient_id: UUID | None
    author_id: UUID | None
    doctor_id: UUID | None
    place_id: UUID | None
    rating: int
    text: str | None
    state: ReviewState
    revision: int
    reason: str | None
    created_at: datetime
    changed_at: datetime
    name: str | None
    mine: bool


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The verified reviews of a doctor or a place: `stars[0]` of them gave one star, `stars[4]` five.

    `average` is in stars, rounded to hundredths; null without a review.
    """

    count: int
    average: float | None
    stars: list[int]


COLUMNS: Final = (
    ", ".join(f"r.{name}" for name in ReviewRow.__struct_fields__ if name not in ("name", "mine"))
    + """, p.name,
    EXISTS (SELECT FROM guarding g WHERE g.account_id = $1 AND g.patient_id = r.patient_id) AS mine"""
)
FROM: Final = "review r LEFT JOIN patient p ON p.id = r.patient_id AND p.deleted_at IS NULL"


def from_row(row: Any) -> ReviewRow:
    """A row of `COLUMNS`, with `$1` the caller."""
    return msgspec.convert(dict(row), ReviewRow)


async def caller(ctx: Ctx) -> UUID | None:
    """The `$1` of `COLUMNS`."""
    return None if ctx.anonymous else ctx.actor.id


async def find(ctx: Ctx, review_id: UUID, *, lock: bool = False) -> ReviewRow:
    """Any review. Who may see it is the door's care."""
    if lock:  # first: who waits for the lock has read the rights before
        await ctx.tx.execute("SELECT FROM review WHERE id = $1 FOR UPDATE", review_id)
    row = await ctx.tx.fetchrow(f"SELECT {COLUMNS} FROM {FROM} WHERE r.id = $2", await caller(ctx), review_id)
    if row is None:
        raise NotFound()
    return from_row(row)


@door
async def own(ctx: Ctx, review_id: UUID, *, lock: bool = False) -> ReviewRow:
    """A review of a patient the caller acts for."""
    found = await find(ctx, review_id, lock=lock)
    if not found.mine:
        raise NotFound()
    return found


@door
async def own_or_moderated(ctx: Ctx, review_id: UUID, *, lock: bool = False) -> ReviewRow:
    """A review of hers, or any for who moderates."""
    found = await find(ctx, review_id, lock=lock)
    if not found.mine and not await moderates(ctx):
        raise NotFound()
    return found


@door
async def to_moderate(ctx: Ctx, review_id: UUID, *, lock: bool = False) -> ReviewRow:
    """Any review, for administrators with `content`. Raises `Forbidden` for others."""
    await identity.administrator(ctx, scopes=MODERATORS)
    return await find(ctx, review_id, lock=lock)


async def moderates(ctx: Ctx) -> bool:
    """Does the caller decide what becomes public?"""
    return await identity.has_scope(ctx, MODERATORS)


async def tally(tx: Tx, subject: Subject, subject_id: UUID) -> Tally:
    """The rating of a doctor or a place as it is counted."""
    rows = await tx.fetch("SELECT stars, count FROM rating WHERE subject = $1 AND subject_id = $2", subject, subject_id)
    counted = {row["stars"]: row["count"] for row in rows}
    stars = [counted.get(n, 0) for n in range(1, 6)]
    count = sum(stars)
    total = sum(n * many for n, many in enumerate(stars, 1))
    return Tally(count=count, average=round(total / count, 2) if count else None, stars=stars)
