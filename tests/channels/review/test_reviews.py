"""Reviews: once per visit, public when verified, and a rating that is right whatever many do at once.

Ledger: reviews H-024 M-103; review.create H-140 M-283, review.list H-141 H-178 M-199 M-281, review.update H-142 M-284,
review.get M-282, review.delete M-285, review.verify M-286, review.summary H-179.
"""

import asyncio
import random
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound, Refusal, Unauthenticated
from carewire.node import Node
from carewire.personal import Subject, erase
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM, PHARMACY
from channels.identity import demo as people
from channels.identity.demo import ARJUN_PATIENT, PRIYA_PATIENT
from channels.review.errors import NotVisited, ReviewChanged, Reviewed
from channels.review.lifecycle import REVIEW, ReviewState
from channels.review.views import shortened
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import as_person
from tests.channels.review.conftest import Visit, fresh_allowances
from tests.channels.review.visits import appointed

R = ReviewState


async def write(who: Caller, visit: Visit, rating: int = 4, **more: Any) -> Any:
    return await who.call("review.create", token_id=await visit(), rating=rating, **more)


async def verify(admin: Caller, review: Any, **more: Any) -> Any:
    return await admin.call("review.verify", review_id=review["id"], revision=review["revision"], **more)


async def recount(node: Node) -> dict[str, Any]:
    """What the verified reviews of Dr. Vikram and the clinic say, and what is kept of it."""
    (row,) = await rows(
        node,
        """SELECT (SELECT count(*) FROM review WHERE doctor_id = $1 AND state = 'verified') AS count,
                  (SELECT coalesce(sum(rating), 0) FROM review WHERE doctor_id = $1 AND state = 'verified') AS sum,
                  (SELECT coalesce(sum(count), 0) FROM rating WHERE subject = 'doctor' AND subject_id = $1) AS kept,
                  (SELECT coalesce(sum(count * stars), 0) FROM rating
                    WHERE subject = 'doctor' AND subject_id = $1) AS stars,
                  d.rating_count, d.rating_sum, c.rating,
                  (SELECT count(*) FROM review WHERE place_id = $2 AND state = 'verified') AS place,
                  (SELECT coalesce(sum(count), 0) FROM rating WHERE subject = 'place' AND subject_id = $2) AS place_kept
             FROM doctor d JOIN doctor_card c USING (id) WHERE d.id = $1""",
        DOCTOR_VIKRAM,
        CLINIC,
    )
    return dict(row)


async def is_exact(node: Node) -> bool:
    found = await recount(node)
    average = round(100 * found["sum"] / found["count"]) if found["count"] else None
    return (found["count"], found["sum"], average, found["place"]) == (
        found["kept"], found["stars"], found["rating"], found["place_kept"],
    ) and (found["count"], found["sum"]) == (found["rating_count"], found["rating_sum"])  # fmt: skip


async def test_only_her_own_visits_that_took_place_are_reviewed_and_each_once(
    clinic: Node, visit: Visit, priya: Caller
) -> None:
    stranger = as_person(clinic, people.TECHNICIAN)
    token = await visit()
    with pytest.raises(NotFound):
        await stranger.call("review.create", token_id=token, rating=1)
    with pytest.raises(NotFound):
        await priya.call("review.create", token_id=CLINIC, rating=1)
    with pytest.raises(NotVisited):
        await priya.call("review.create", token_id=await visit(state="no_show"), rating=1)
    for rating in (0, 6, 2.5):
        with pytest.raises(InvalidParams):
            await priya.call("review.create", token_id=token, rating=rating)
    for text in ("", "   ", "turned \u202e around"):
        with pytest.raises(InvalidParams):
            await priya.call("review.create", token_id=token, rating=4, text=text)
    both = await asyncio.gather(
        *(priya.call("review.create", token_id=token, rating=n) for n in (4, 5)), return_exceptions=True
    )
    assert [type(one) for one in both if isinstance(one, Refusal)] == [Reviewed]


async def test_of_a_patient_who_was_deleted_nothing_new_is_said_and_what_was_said_names_nobody(
    clinic: Node, visit: Visit, priya: Caller, admin: Caller
) -> None:
    made, other = await write(priya, visit, text="Kind and quick"), await visit()
    await verify(admin, made)
    async with clinic.db.transaction() as tx:
        erased = "UPDATE patient SET deleted_at = now(), deleted_by = $2 WHERE id = $1"
        await tx.execute(erased, PRIYA_PATIENT, people.ADMIN_ID)
    with pytest.raises(NotFound):
        await priya.call("review.create", token_id=other, rating=1)
    public = await Caller(clinic).call("review.get", review_id=made["id"])
    assert (public["author"], public["text"], public["patient_id"]) == (None, "Kind and quick", None)
    assert await is_exact(clinic)


async def test_of_many_hands_that_review_a_visit_at_once_one_does(clinic: Node, visit: Visit, admin: Caller) -> None:
    token_id = await visit()
    tries = await asyncio.gather(
        *(as_person(clinic, people.PRIYA).call("review.create", token_id=token_id, rating=n) for n in range(1, 6)),
        return_exceptions=True,
    )
    (made,) = [one for one in tries if not isinstance(one, BaseException)]
    assert all(isinstance(one, Reviewed) for one in tries if one is not made)
    await verify(admin, made)
    assert await is_exact(clinic)


async def test_the_database_alone_refuses_a_review_of_no_visit_or_of_another_doctor(
    clinic: Node, visit: Visit, priya: Caller
) -> None:
    insert = (
        "INSERT INTO review (token_id, patient_id, doctor_id, place_id, rating, state, created_at, changed_at)"
        " VALUES ($1::text::uuid, $2, $3, $4, 5, 'unverified', now(), now())"
    )
    done, missed = await visit(), await visit(state="no_show")
    for token, patient, doctor, place in (
        (missed, PRIYA_PATIENT, DOCTOR_VIKRAM, CLINIC),
        (done, ARJUN_PATIENT, DOCTOR_VIKRAM, CLINIC),
        (done, PRIYA_PATIENT, DOCTOR_ASHA, CLINIC),
        (done, PRIYA_PATIENT, None, PHARMACY),
        (None, PRIYA_PATIENT, DOCTOR_VIKRAM, None),
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with clinic.db.transaction() as tx:
                await tx.execute(insert, token, patient, doctor, place)


async def test_nobody_reads_it_before_it_is_verified_and_then_with_a_shortened_name(
    clinic: Node, visit: Visit, priya: Caller, admin: Caller
) -> None:
    made = await write(priya, visit, 5, text="Listens.")
    anybody = Caller(clinic)
    with pytest.raises(NotFound):
        await anybody.call("review.get", review_id=made["id"])
    assert (await anybody.call("review.list", doctor_id=DOCTOR_VIKRAM))["rows"] == []
    assert (await anybody.call("review.summary", doctor_id=DOCTOR_VIKRAM))["count"] == 0
    assert (await priya.call("review.get", review_id=made["id"]))["state"] == "unverified"
    await verify(admin, made)
    (public,) = (await anybody.call("review.list", doctor_id=DOCTOR_VIKRAM))["rows"]
    assert (public["author"], public["text"], public["mine"]) == ("Priya S.", "Listens.", False)
    assert (public["patient_id"], public["token_id"], public["reason"]) == (None, None, None)
    assert "Sharma" not in str(public)
    told = await anybody.call("review.summary", doctor_id=DOCTOR_VIKRAM)
    assert told == {"count": 1, "average": 5.0, "stars": [0, 0, 0, 0, 1]}
    assert (await anybody.call("review.summary", place_id=CLINIC)) == told
    card = await anybody.call("doctor.get", doctor_id=DOCTOR_VIKRAM)
    assert (card["rating"], card["rating_count"]) == (5.0, 1)
    both: list[dict[str, Any]] = [{}, {"doctor_id": DOCTOR_VIKRAM, "place_id": CLINIC}]
    for params in both:
        with pytest.raises(InvalidParams):
            await anybody.call("review.summary", **params)


async def test_an_edit_is_read_again_before_it_counts(clinic: Node, visit: Visit, priya: Caller, admin: Caller) -> None:
    made = await write(priya, visit, 5)
    await verify(admin, made)
    changed = await priya.call("review.update", review_id=made["id"], rating=1, text="Sponsored by …")
    assert (changed["state"], changed["revision"]) == ("unverified", 2)
    assert (await recount(clinic))["rating_count"] == 0
    with pytest.raises(ReviewChanged):  # the administrator has the old text before him
        await verify(admin, made)
    rejected = await verify(admin, changed, publish=False, reason="An advertisement")
    assert (rejected["state"], rejected["reason"]) == ("rejected", "An advertisement")
    with pytest.raises(IllegalMove):
        await verify(admin, changed, publish=False, reason="Twice")
    with pytest.raises(InvalidParams):
        await priya.call("review.update", review_id=made["id"])
    assert await is_exact(clinic)


async def test_its_author_is_told_of_each_decision_also_of_the_second_of_a_kind(
    clinic: Node, visit: Visit, priya: Caller, admin: Caller
) -> None:
    made = await write(priya, visit)
    for n, reason in enumerate(("An advertisement", "Somebody else is named"), 1):
        now = await priya.call("review.get", review_id=made["id"])
        await verify(admin, now, publish=False, reason=reason)
        changed = await priya.call("review.update", review_id=made["id"], text=f"Version {n}")
        await verify(admin, changed)
        await priya.call("review.update", review_id=made["id"], text=f"Not version {n}")
    told = await rows(
        clinic, "SELECT split_part(key, ':', 3) AS fact, count(*)::integer AS times FROM job WHERE key LIKE $1"
                " GROUP BY 1 ORDER BY 1", f"notify:{people.PRIYA.account_id}:review.%:{made['id']}%")  # fmt: skip
    assert [tuple(row) for row in told] == [("review.published", 2), ("review.rejected", 2)]


async def test_who_rejects_says_why_and_only_those_with_the_scope_do(
    clinic: Node, visit: Visit, priya: Caller, admin: Caller
) -> None:
    made = await write(priya, visit)
    with pytest.raises(InvalidParams):
        await verify(admin, made, publish=False)
    with pytest.raises(InvalidParams):
        await verify(admin, made, reason="Why then?")
    with pytest.raises(Forbidden):
        await verify(as_person(clinic, people.VIKRAM), made)
    with pytest.raises(Forbidden):
        await priya.call("review.list", whose="moderated")
    with pytest.raises(Unauthenticated):
        await Caller(clinic).call("review.list", whose="mine")
    with pytest.raises(Unauthenticated):
        await Caller(clinic).call("review.list", whose="moderated")
    waiting = await admin.call("review.list", whose="moderated", state="unverified")
    assert [row["id"] for row in waiting["rows"]] == [made["id"]]


async def test_a_deleted_one_is_gone_for_good(clinic: Node, visit: Visit, priya: Caller, admin: Caller) -> None:
    made = await write(priya, visit, 2, text="Too long a wait")
    await verify(admin, made)
    other = as_person(clinic, people.TECHNICIAN)
    for method, params in (("review.update", {"rating": 5}), ("review.delete", {})):
        with pytest.raises(NotFound):
            await other.call(method, review_id=made["id"], **params)
    gone = await priya.call("review.delete", review_id=made["id"])
    assert (gone["state"], gone["text"]) == ("deleted", None)
    assert await is_exact(clinic)
    with pytest.raises(IllegalMove):
        await admin.call("review.delete", review_id=made["id"])
    (row,) = await rows(clinic, "SELECT token_id FROM review")
    with pytest.raises(Reviewed):
        await priya.call("review.create", token_id=row["token_id"], rating=5)


async def test_a_visit_by_appointment_is_reviewed_once_by_either_of_its_names(
    clinic: Node, visit: Visit, priya: Caller
) -> None:
    token = await visit()
    appointment = await appointed(clinic, token)
    made = await priya.call("review.create", appointment_id=appointment, rating=5)
    assert (made["token_id"], made["appointment_id"]) == (token, appointment)
    for name in ({"token_id": token}, {"appointment_id": appointment}):
        with pytest.raises(Reviewed):
            await priya.call("review.create", rating=1, **name)
    by_video = await appointed(clinic, None)
    for wrong in ({"about": "place"}, {"token_id": token}):
        with pytest.raises(InvalidParams):
            await priya.call("review.create", appointment_id=by_video, rating=4, **wrong)
    made = await priya.call("review.create", appointment_id=by_video, rating=4)
    assert (made["doctor_id"], made["place_id"]) == (str(DOCTOR_VIKRAM), None)
    with pytest.raises(NotVisited):
        await priya.call("review.create", appointment_id=await appointed(clinic, None, "no_show"), rating=1)


async def test_one_may_speak_of_the_doctor_alone_or_of_the_place(
    clinic: Node, visit: Visit, priya: Caller, admin: Caller
) -> None:
    await verify(admin, await write(priya, visit, 5, about="doctor"))
    await verify(admin, await write(priya, visit, 2, about="place"))
    doctor = await priya.call("review.summary", doctor_id=DOCTOR_VIKRAM)
    place = await priya.call("review.summary", place_id=CLINIC)
    assert (doctor["average"], place["average"]) == (5.0, 2.0)


async def test_her_word_stays_when_she_is_erased_and_nothing_says_whose_it_is(
    clinic: Node, visit: Visit, priya: Caller, admin: Caller
) -> None:
    public = await write(priya, visit, 3, text="Short and clear")
    await verify(admin, public)
    await write(priya, visit, 1, text="Not yet read by anybody")
    async with clinic.db.transaction() as tx:
        await erase(tx, Subject(accounts=[people.PRIYA.account_id], patients=[PRIYA_PATIENT]), clinic.clock.now())
    (kept,) = (await Caller(clinic).call("review.list", doctor_id=DOCTOR_VIKRAM))["rows"]
    assert (kept["author"], kept["text"], kept["rating"]) == (None, "Short and clear", 3)
    left = await rows(clinic, "SELECT state, text, patient_id, author_id, token_id FROM review ORDER BY id")
    assert [tuple(row) for row in left] == [
        ("verified", "Short and clear", None, None, None), ("deleted", None, None, None, None),
    ]  # fmt: skip
    assert await is_exact(clinic)


async def test_a_rating_is_exact_whatever_many_do_at_once(
    clinic: Node, visit: Visit, priya: Caller, admin: Caller
) -> None:
    """Forty reviews verified, rejected, edited and deleted from all sides, some by two at the same time."""
    dice = random.Random(11)
    reviews = []
    for _ in range(12):
        fresh_allowances(clinic)
        reviews.append(await write(priya, visit, dice.randint(1, 5)))

    async def act() -> None:
        review = dice.choice(reviews)
        what = dice.choice(["verify", "verify", "verify", "reject", "update", "delete"])
        now = await priya.call("review.get", review_id=review["id"])
        if what == "update":
            await priya.call("review.update", review_id=review["id"], rating=dice.randint(1, 5))
        elif what == "delete" and dice.random() < 0.3:
            await priya.call("review.delete", review_id=review["id"])
        elif what == "reject":
            await verify(admin, now, publish=False, reason="No")
        else:
            await verify(admin, now)

    for _ in range(10):
        fresh_allowances(clinic)
        for error in await asyncio.gather(*(act() for _ in range(8)), return_exceptions=True):
            assert error is None or isinstance(error, IllegalMove | ReviewChanged), error
    fresh_allowances(clinic)
    await verify(admin, await write(priya, visit, 4))
    found = await recount(clinic)
    assert found["count"] > 0
    assert await is_exact(clinic), found


async def test_reviews_come_in_pages_the_newest_first(clinic: Node, visit: Visit, priya: Caller, admin: Caller) -> None:
    made = [await write(priya, visit, rating) for rating in (1, 2, 3)]
    for review in made:
        await verify(admin, review)
    found, cursor = [], None
    while True:
        page = await priya.call("review.list", whose="mine", limit=1, cursor=cursor)
        found += [row["id"] for row in page["rows"]]
        if (cursor := page["cursor"]) is None:
            break
    assert found == [review["id"] for review in reversed(made)]
    assert [row["rating"] for row in (await priya.call("review.list", rating=2))["rows"]] == [2]


@pytest.mark.parametrize("state", ReviewState)
def test_a_review_moves_only_as_the_product_says(state: ReviewState) -> None:
    legal = {
        R.UNVERIFIED: {"update", "verify", "reject", "delete"},
        R.VERIFIED: {"update", "reject", "delete"},
        R.REJECTED: {"update", "verify", "delete"},
        R.DELETED: set(),
    }
    assert set(REVIEW.legal(state)) == legal[state]


async def step(priya: Caller, admin: Caller, review: Any, move: str) -> None:
    """The command of a move."""
    match move:
        case "update":
            await priya.call("review.update", review_id=review["id"], rating=5)
        case "delete":
            await priya.call("review.delete", review_id=review["id"])
        case "verify":
            await verify(admin, review)
        case _:
            await verify(admin, review, publish=False, reason="No")


@given(walk=st.lists(st.sampled_from(["update", "verify", "reject", "delete"]), max_size=8))
@examples(max_examples=25)
async def test_every_walk_is_legal_or_refused_with_what_is_and_the_count_stays_right(
    clinic: Node, visit: Visit, priya: Caller, admin: Caller, walk: list[str]
) -> None:
    fresh_allowances(clinic)
    made = await write(priya, visit, 4)
    state = R.UNVERIFIED
    for move in walk:
        now = await priya.call("review.get", review_id=made["id"])
        assert now["state"] == state
        if move in REVIEW.legal(state):
            await step(priya, admin, now, move)
            state = REVIEW.move(state, move)
        else:
            with pytest.raises(IllegalMove) as refused:
                await step(priya, admin, now, move)
            assert refused.value.data["legal"] == REVIEW.possible(state)
    assert await is_exact(clinic)


def test_a_name_is_shortened_in_every_script() -> None:
    assert [shortened(name) for name in ("Priya Sharma", "Priya", "प्रिया  शर्मा", "Ana de la Cruz", "—", None)] == [
        "Priya S.", "Priya", "प्रिया श.", "Ana C.", None, None,
    ]  # fmt: skip
