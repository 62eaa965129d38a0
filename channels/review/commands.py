"""Writing a review, changing it, taking it back, and deciding what becomes public."""

from typing import Final
from uuid import UUID

from msgspec import UNSET, UnsetType

from carewire.actor import KNOWN
from carewire.command import Ctx, Rate, command
from carewire.errors import Field, Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.forms import Line
from channels.identity import Capacity
from channels.identity import access as identity
from channels.review import access
from channels.review.errors import NotVisited, ReviewChanged, Reviewed
from channels.review.facts import PUBLISHED, REJECTED
from channels.review.lifecycle import REVIEW, ReviewState
from channels.review.nouns import About, Opinion, Rating, Revision
from channels.review.views import ReviewView, view

WRITING: Final = Rate(burst=10, per_minute=10, shared=True)


_VISIT: Final = """
SELECT t.patient_id, t.id AS token_id, a.id AS appointment_id, s.doctor_id, s.place_id
  FROM token t JOIN session s ON s.id = t.session_id LEFT JOIN appointment a ON a.token_id = t.id
  JOIN patient p ON p.id = t.patient_id AND p.deleted_at IS NULL WHERE t.id = $1
UNION ALL SELECT a.patient_id, a.token_id, a.id, a.doctor_id, a.place_id
  FROM appointment a JOIN patient p ON p.id = a.patient_id AND p.deleted_at IS NULL WHERE a.id = $2"""


@command(
    "review.create", allow={Capacity.PATIENT}, rate=WRITING, errors={NotFound, InvalidParams, NotVisited, Reviewed}
)
async def create(
    ctx: Ctx,
    rating: Rating,
    appointment_id: UUID | None = None,
    token_id: UUID | None = None,
    text: Opinion | None = None,
    about: About = About.BOTH,
) -> ReviewView:
    """Review a visit that took place, once: by its appointment, or by its place in the line where there was none.

    For who acts for the patient. It is public when an administrator has verified it.
    """
    if (appointment_id is None) == (token_id is None):
        raise InvalidParams("Say appointment_id or token_id")
    row = await ctx.tx.fetchrow(_VISIT, token_id, appointment_id)
    if row is None or await identity.guards(ctx.tx, ctx.actor.id, row["patient_id"]) is None:
        raise NotFound()
    if about is About.PLACE and row["place_id"] is None:
        raise InvalidParams(fields=(Field("$.about", "this visit was at no place"),))
    review_id: UUID = await ctx.tx.fetchval(
        "INSERT INTO review (token_id, appointment_id, patient_id, author_id, doctor_id, place_id, rating, text, state,"
        " created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) RETURNING id",
        row["token_id"],
        row["appointment_id"],
        row["patient_id"],
        ctx.actor.id,
        None if about is About.PLACE else row["doctor_id"],
        None if about is About.DOCTOR else row["place_id"],
        rating,
        text,
        ReviewState.UNVERIFIED,
        ctx.now,
    )
    return view(await access.own(ctx, review_id))


@command("review.update", allow={Capacity.PATIENT}, rate=WRITING, errors={NotFound, IllegalMove, InvalidParams})
async def update(
    ctx: Ctx, review_id: UUID, rating: Rating | UnsetType = UNSET, text: Opinion | UnsetType | None = UNSET
) -> ReviewView:
    """Change a review. It waits for verification again, and until then it is neither public nor counted."""
    if rating is UNSET and text is UNSET:
        raise InvalidParams("Say what shall change")
    found = await access.own(ctx, review_id, lock=True)
    await _set(ctx, found, "update", rating=rating, text=text)
    return view(await access.own(ctx, review_id))


@command("review.delete", allow={KNOWN}, errors={NotFound, IllegalMove})
async def delete(ctx: Ctx, review_id: UUID) -> ReviewView:
    """Take a review back: its words are gone and it counts no more. For its author's side, and those with `content`.

    The visit is not reviewed again.
    """
    found = await access.own_or_moderated(ctx, review_id, lock=True)
    await _set(ctx, found, "delete", text=None)
    return view(await access.find(ctx, review_id), moderates=not found.mine)


@command(
    "review.verify",
    allow={Capacity.ADMIN},
    errors={NotFound, Forbidden, IllegalMove, InvalidParams, ReviewChanged},
)
async def verify(
    ctx: Ctx, review_id: UUID, revision: Revision, publish: bool = True, reason: Line | None = None
) -> ReviewView:
    """Publish a review, or with `publish: false` and a reason reject it. For administrators with `content`.

    `revision` is that of what was read: a text that was changed meanwhile is not published unread.
    """
    if publish is (reason is not None):
        raise InvalidParams(fields=(Field("$.reason", "who rejects says why, who publishes does not"),))
    found = await access.to_moderate(ctx, review_id, lock=True)
    if found.revision != revision:
        raise ReviewChanged()
    await _set(ctx, found, "verify" if publish else "reject", reason=reason)
    decided = ctx.now.isoformat()  # each decision is told, also the second of the same kind
    if found.author_id is not None and publish:
        ctx.notify(found.author_id, PUBLISHED, review_id, occasion=decided)
    elif found.author_id is not None:
        ctx.notify(found.author_id, REJECTED, review_id, occasion=decided, reason=reason)
    return view(await access.find(ctx, review_id), moderates=True)


async def _set(
    ctx: Ctx,
    found: access.ReviewRow,
    move: str,
    *,
    rating: int | UnsetType = UNSET,
    text: str | UnsetType | None = UNSET,
    reason: str | None = None,
) -> None:
    """One step of a locked review. The trigger counts it."""
    state = REVIEW.move(found.state, move)
    decided = move in ("verify", "reject")
    await ctx.tx.execute(
        "UPDATE review SET state = $2, rating = $3, text = $4, reason = $5,"
        " revision = revision + CASE WHEN $6 THEN 1 ELSE 0 END, changed_at = CASE WHEN $6 THEN $7 ELSE changed_at END,"
        " decided_by = CASE WHEN $8 THEN $9 ELSE decided_by END, decided_at = CASE WHEN $8 THEN $7 ELSE decided_at END"
        " WHERE id = $1",
        found.id,
        state,
        found.rating if isinstance(rating, UnsetType) else rating,
        found.text if isinstance(text, UnsetType) else text,
        reason,
        move == "update",
        ctx.now,
        decided,
        ctx.actor.id,
    )
