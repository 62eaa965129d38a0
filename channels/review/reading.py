"""What the public reads, what one has written, and what waits for an administrator."""

from enum import StrEnum
from typing import Final
from uuid import UUID

from carewire.actor import ANYONE
from carewire.command import Ctx, query
from carewire.errors import Forbidden, InvalidParams, NotFound, Unauthenticated
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from channels.identity import access as identity
from channels.review import access
from channels.review.access import COLUMNS, FROM, MODERATORS, Tally, from_row
from channels.review.lifecycle import ReviewState
from channels.review.nouns import Rating, Subject
from channels.review.views import ReviewView, view


class Whose(StrEnum):
    """Which reviews are asked for."""

    PUBLIC = "public"
    MINE = "mine"
    """Of those one acts for, in any state."""
    MODERATED = "moderated"
    """All of them, for administrators with `content`; those that wait: `state: "unverified"`."""


_WHERE: Final = {
    Whose.PUBLIC: "r.state = 'verified'",
    Whose.MINE: "r.patient_id IN (SELECT g.patient_id FROM guarding g WHERE g.account_id = $1)",
    Whose.MODERATED: "true",
}


@query("review.list", allow={ANYONE}, errors={InvalidParams, Unauthenticated, Forbidden})
async def list_(
    ctx: Ctx,
    whose: Whose = Whose.PUBLIC,
    doctor_id: UUID | None = None,
    place_id: UUID | None = None,
    rating: Rating | None = None,
    state: ReviewState | None = None,
    limit: Limit = 30,
    cursor: Cursor | None = None,
) -> Page[ReviewView]:
    """Reviews, the newest first: of a doctor or a place (a hospital is one), with this many stars, in this state."""
    if whose is not Whose.PUBLIC and ctx.anonymous:
        raise Unauthenticated()
    if whose is Whose.MODERATED:
        await identity.administrator(ctx, scopes=MODERATORS)
    before: UUID | None = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await ctx.tx.fetch(
        f"SELECT {COLUMNS} FROM {FROM} WHERE {_WHERE[whose]} AND ($2::uuid IS NULL OR r.doctor_id = $2)"
        " AND ($3::uuid IS NULL OR r.place_id = $3) AND ($4::smallint IS NULL OR r.rating = $4)"
        " AND ($5::text IS NULL OR r.state = $5) AND ($6::uuid IS NULL OR r.id < $6) ORDER BY r.id DESC LIMIT $7",
        await access.caller(ctx),
        doctor_id,
        place_id,
        rating,
        state,
        before,
        limit + 1,
    )
    shown = [view(from_row(row), moderates=whose is Whose.MODERATED) for row in rows[:limit]]
    return Page(rows=shown, cursor=paging.encode(shown[-1].id) if len(rows) > limit else None)


@query("review.get", allow={ANYONE}, errors={NotFound})
async def get(ctx: Ctx, review_id: UUID) -> ReviewView:
    """One review: a public one, one's own in any state, and every one for administrators with `content`."""
    found = await access.find(ctx, review_id)
    moderates = await access.moderates(ctx)
    if found.state is not ReviewState.VERIFIED and not found.mine and not moderates:
        raise NotFound()
    return view(found, moderates=moderates)


@query("review.summary", allow={ANYONE}, errors={InvalidParams})
async def summary(ctx: Ctx, doctor_id: UUID | None = None, place_id: UUID | None = None) -> Tally:
    """How a doctor or a place is rated by verified reviews: how many, their average, and how many with each star."""
    if doctor_id is not None and place_id is None:
        return await access.tally(ctx.tx, Subject.DOCTOR, doctor_id)
    if place_id is not None and doctor_id is None:
        return await access.tally(ctx.tx, Subject.PLACE, place_id)
    raise InvalidParams("Say doctor_id or place_id")
