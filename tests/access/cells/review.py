"""What she says of a visit: hers to write, of those with `content` to publish, of everybody to read."""

from typing import Any

from tests.access.matrix import Params, cells, ground
from tests.access.who import CONTENT, DOCTOR, FAMILY, HERSELF, SUPER
from tests.access.world import World
from tests.channels.review.visits import completed

MODERATE = {CONTENT, SUPER}
WORDS = "A review that waits"


async def a_visit(w: World) -> Any:
    return await completed(w.sql, w.she, w.doctor[DOCTOR], w.place)


async def written(w: World) -> Any:
    """One that waits for an administrator, of a visit of its own."""
    return await w.sql(
        "INSERT INTO review (token_id, patient_id, author_id, doctor_id, rating, text, state, created_at, changed_at)"
        " VALUES ($1, $2, $3, $4, 4, $5, 'unverified', $6, $6) RETURNING id",
        await a_visit(w),
        w.she,
        w.account[HERSELF],
        w.doctor[DOCTOR],
        WORDS,
        w.now,
    )


@ground
async def a_review(w: World) -> None:
    """Whose words nobody but her side and those who moderate reads."""
    w.review = await written(w)
    w.secrets[WORDS] = FAMILY | MODERATE


async def visiting(w: World) -> Params:
    return {"token_id": await a_visit(w), "rating": 4}


async def of_it(w: World) -> Params:
    return {"review_id": await written(w)}


async def judging(w: World) -> Params:
    return {"review_id": await written(w), "revision": 1, "publish": False, "reason": "an advertisement"}


async def changing(w: World) -> Params:
    return {"review_id": await written(w), "rating": 3}


cells("review.create", visiting, opens=FAMILY)
cells("review.update", changing, opens=FAMILY)
cells("review.delete", of_it, opens=FAMILY | MODERATE)
cells("review.verify", judging, opens=MODERATE, says="forbidden")
cells("review.get", of_it, opens=FAMILY | MODERATE)
cells("review.list", lambda w: {"doctor_id": w.doctor[DOCTOR]})
cells("review.summary", lambda w: {"doctor_id": w.doctor[DOCTOR]})
