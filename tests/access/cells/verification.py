"""Who submits a verification, who decides it, and who hears of it."""

from collections.abc import Callable
from uuid import UUID

from channels.directory import demo
from tests.access.matrix import cells, ground, hears
from tests.access.who import DOCTOR, HEADS, KNOWN, SUPER, VERIFY
from tests.access.world import World

JUDGES = frozenset({VERIFY, SUPER})
NO_FACTS = "0" * 64


@ground
async def cases(w: World) -> None:
    """The case of the place here, and that of a place where nobody works, to be decided."""
    w.case = await approved_case(w, w.place)
    w.judged_case = await approved_case(w, await w.new_place("clinic"))


async def approved_case(w: World, place_id: UUID) -> UUID:
    case_id: UUID = await w.sql(
        "INSERT INTO verification (subject, subject_id, kind, state, revision, decided_at, created_at)"
        " VALUES ('place', $1, 'clinic', 'approved', 1, $2, $2) RETURNING id",
        place_id,
        w.now,
    )
    return case_id


cells("verification.submit", lambda w: {"subject": "place", "subject_id": w.place}, opens=HEADS)
cells("verification.list", opens=KNOWN)
cells("verification.get", lambda w: {"verification_id": w.case}, opens=HEADS | JUDGES)
cells(
    "verification.approve",
    lambda w: {"verification_id": w.judged_case, "facts_hash": NO_FACTS},
    opens=JUDGES,
    says="forbidden",
)
for verb in ("reject", "withdraw"):
    cells(
        f"verification.{verb}",
        lambda w: {"verification_id": w.judged_case, "reason": "The licence ran out"},
        opens=JUDGES,
        says="forbidden",
    )
cells("verification.standing", lambda w: {"verification_id": w.judged_case}, opens=JUDGES, says="forbidden")


def by_name(noun: str, of: Callable[[World], UUID]) -> None:
    """`doctor.verify` and its like."""
    cells(f"{noun}.verify", lambda w: {f"{noun}_id": of(w), "facts_hash": NO_FACTS}, opens=JUDGES, says="forbidden")
    cells(f"{noun}.reject", lambda w: {f"{noun}_id": of(w), "reason": "Not readable"}, opens=JUDGES, says="forbidden")


by_name("doctor", lambda w: w.doctor[DOCTOR])
by_name("hospital", lambda w: w.hospital)
by_name("pharmacy", lambda w: demo.PHARMACY)
by_name("laboratory", lambda w: demo.LABORATORY)
hears("verification:{verification_id}", lambda w: w.case, opens=HEADS | JUDGES)
hears("verification_queue:{kind}", lambda w: "clinic", opens=JUDGES)
