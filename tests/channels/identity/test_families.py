"""Families: who keeps acting for somebody who is of age, who helps himself to a stranger's record; then the honest.

Ledger: patient.create M-203, patient.get M-202, patient.list M-201, patient.update M-204; PRODUCT 2.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.command import Ctx
from carewire.errors import Forbidden, InvalidParams, NotFound, RateLimited
from carewire.node import Node
from channels.identity import access
from channels.identity.demo import (
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    ARJUN_PATIENT,
    DESK,
    KAMLA_PATIENT,
    PRIYA,
    PRIYA_PATIENT,
    VIKRAM,
    WALK_IN_PATIENT,
)
from channels.identity.errors import (
    AlreadyGuardian,
    AlreadyInvited,
    BirthdayFixed,
    CodeGone,
    Lapsed,
    LastGuardian,
    OwnRecord,
    WrongFact,
)
from channels.identity.families import ComeOfAge, come_of_age
from tests.channels.callers import Caller, TurnableClock, rows, told

MakeCaller = Callable[..., Caller]
ARJUN, KAMLA = str(ARJUN_PATIENT), str(KAMLA_PATIENT)
LAPSES = "SELECT lapses_at FROM guardianship WHERE patient_id = $1 AND until IS NULL"


async def logged_in(caller: MakeCaller, phone: str) -> Caller:
    made = caller()
    await made.log_in(phone)
    return made


async def eighteen_years_pass(clinic: Node, patient_id: UUID) -> None:
    """The day has come; the job that ends the rows has not run."""
    async with clinic.db.transaction() as tx:
        await tx.execute(
            "UPDATE guardianship SET since = since - interval '20 years', lapses_at = now() - interval '1 ms'"
            " WHERE patient_id = $1 AND kind <> 'self'",
            patient_id,
        )


async def run_job(clinic: Node) -> list[str]:
    """The timed job, here and now; whose rights it changed."""
    async with clinic.db.transaction() as tx:
        now = clinic.clock.now()
        ctx = Ctx(tx=tx, now=now, real_now=clinic.clock.real_now(), settings=clinic.settings)
        await come_of_age(ctx, ComeOfAge())
        return [event.topic() for event in ctx.events]


async def test_on_the_very_day_a_guardian_is_a_stranger_also_before_the_job_has_run(
    caller: MakeCaller, clinic: Node
) -> None:
    priya = await logged_in(caller, PRIYA.phone)
    assert (await priya.call("patient.get", patient_id=ARJUN))["kind"] == "parent"
    asked = await priya.call("patient.invite_guardian", patient_id=ARJUN, phone=DESK.phone, kind="other")
    await eighteen_years_pass(clinic, ARJUN_PATIENT)
    for method, params in (
        ("patient.get", {}),
        ("patient.update", {"name": "Mine still"}),
        ("patient.guardians", {}),
        ("patient.invite_guardian", {"phone": VIKRAM.phone, "kind": "other"}),
        ("patient.end_guardian", {}),
    ):
        with pytest.raises(NotFound):
            await priya.call(method, patient_id=ARJUN, **params)
    assert ARJUN not in {row["id"] for row in (await priya.call("patient.list"))["rows"]}
    async with clinic.db.snapshot() as tx:
        assert await access.guards(tx, PRIYA.account_id, ARJUN_PATIENT) is None
        assert await access.guards_many(tx, [(PRIYA.account_id, ARJUN_PATIENT)]) == [None]
        assert await access.acting_for(tx, [ARJUN_PATIENT]) == []
    # Whom she had asked meanwhile does not come in through her either.
    desk = await logged_in(caller, DESK.phone)
    with pytest.raises(NotFound):
        await desk.call("patient.accept_guardian", invitation_id=asked["id"])
    assert await run_job(clinic) == [f"rights:{PRIYA.account_id}"]
    assert await run_job(clinic) == []
    assert not await rows(clinic, LAPSES, ARJUN_PATIENT)


async def test_nobody_makes_a_child_younger_to_keep_acting_for_her(caller: MakeCaller, clinic: Node) -> None:
    priya = await logged_in(caller, PRIYA.phone)
    ((first,),) = await rows(clinic, LAPSES, ARJUN_PATIENT)
    assert first == datetime(2035, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata"))  # only the year is known: surely of age
    with pytest.raises(BirthdayFixed):
        await priya.call("patient.update", patient_id=ARJUN, birth_date="2017-01-01")
    told_ = await priya.call("patient.update", patient_id=ARJUN, birth_date="2016-02-29")
    assert told_["birth_date"] == "2016-02-29"
    ((exact,),) = await rows(clinic, LAPSES, ARJUN_PATIENT)
    assert exact == datetime(2034, 3, 1, tzinfo=ZoneInfo("Asia/Kolkata"))
    with pytest.raises(BirthdayFixed):
        await priya.call("patient.update", patient_id=ARJUN, birth_date="2016-12-31")
    # Whatever the code believes, the end never moves away.
    for year in (2020, 1950):
        async with clinic.db.transaction() as tx:
            await tx.execute(
                "UPDATE patient SET birth_date = make_date($2, 1, 1), birth_year = $2 WHERE id = $1",
                ARJUN_PATIENT,
                year,
            )
        assert [row[0] for row in await rows(clinic, LAPSES, ARJUN_PATIENT)] == [exact]


async def test_what_lapsed_comes_back_only_by_her_own_word(
    caller: MakeCaller, clinic: Node, clock: TurnableClock
) -> None:
    priya = await logged_in(caller, PRIYA.phone)
    await priya.call("patient.update", patient_id=ARJUN, phone=PRIYA.phone)  # with his end in mind
    await eighteen_years_pass(clinic, ARJUN_PATIENT)
    await run_job(clinic)
    (free,) = await priya.call("patient.claimable")
    assert free["patient_id"] == ARJUN
    clock.turn(seconds=31)
    code = await caller().ask_code(PRIYA.phone)
    with pytest.raises(Lapsed):
        await priya.call("patient.claim", patient_id=ARJUN, code=code, kind="parent", answer="2016")
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE patient SET phone = $2 WHERE id = $1", ARJUN_PATIENT, "+919811100051")
    # The grown-up takes his record with his own number, and lets his mother in again.
    arjun = await logged_in(caller, "+919811100051")
    code = await caller().ask_code("+919811100051")
    claimed = await arjun.call("patient.claim", patient_id=ARJUN, code=code, kind="self", answer="2016")
    own = claimed["into_id"]
    assert [row["id"] for row in (await arjun.call("patient.list"))["rows"]] == [own]
    asked = await arjun.call("patient.invite_guardian", patient_id=own, phone=PRIYA.phone, kind="parent")
    back = await priya.call("patient.accept_guardian", invitation_id=asked["id"])
    assert back["lapses_at"] is None


@examples(max_examples=60)
@given(born=st.dates(date(1900, 1, 1), date(2030, 12, 31)))
@example(born=date(2004, 2, 29))
@example(born=date(2002, 3, 1))
@example(born=date(2000, 12, 31))
async def test_the_day_of_age_is_the_eighteenth_birthday_at_home(born: date, clinic: Node) -> None:
    try:
        birthday = born.replace(year=born.year + 18)
    except ValueError:
        birthday = date(born.year + 18, 3, 1)
    midnight = datetime.combine(birthday, datetime.min.time(), ZoneInfo("Asia/Kolkata"))
    exact, by_year = (await rows(clinic, "SELECT of_age_at($1, $2), of_age_at(NULL, $2)", born, born.year))[0]
    assert exact == midnight
    assert by_year >= exact
    assert by_year - exact <= timedelta(days=366)


async def test_an_invitation_is_for_one_number_one_week_and_one_answer(caller: MakeCaller, clinic: Node) -> None:
    priya, desk, vikram = [await logged_in(caller, person.phone) for person in (PRIYA, DESK, VIKRAM)]
    with pytest.raises(NotFound):  # not hers to share
        await desk.call("patient.invite_guardian", patient_id=ARJUN, phone=VIKRAM.phone, kind="other")
    for kind in ("self", "owner"):
        with pytest.raises(InvalidParams):
            await priya.call("patient.invite_guardian", patient_id=ARJUN, phone=VIKRAM.phone, kind=kind)
    asked = await priya.call("patient.invite_guardian", patient_id=ARJUN, phone=VIKRAM.phone, kind="parent")
    with pytest.raises(AlreadyInvited):
        await priya.call("patient.invite_guardian", patient_id=ARJUN, phone=VIKRAM.phone, kind="other")
    for stranger, verb in ((desk, "accept"), (desk, "decline"), (priya, "accept")):
        with pytest.raises(NotFound):
            await stranger.call(f"patient.{verb}_guardian", invitation_id=asked["id"])
    with pytest.raises(NotFound):  # being invited is not acting
        await vikram.call("patient.get", patient_id=ARJUN)
    (seen,) = await vikram.call("patient.invitations")
    assert "name" not in seen
    answers = await asyncio.gather(
        *(vikram.call("patient.accept_guardian", invitation_id=asked["id"]) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert sum(isinstance(answer, NotFound) for answer in answers) == 3
    assert (await vikram.call("patient.get", patient_id=ARJUN))["kind"] == "parent"
    assert len(await told(clinic, f"rights:{VIKRAM.account_id}")) == 1
    # He cannot push out who let him in; she can send him away, and he can leave.
    with pytest.raises(NotFound):
        await vikram.call("patient.end_guardian", patient_id=ARJUN, account_id=str(PRIYA.account_id))
    await priya.call("patient.end_guardian", patient_id=ARJUN, account_id=str(VIKRAM.account_id))
    with pytest.raises(NotFound):
        await vikram.call("patient.get", patient_id=ARJUN)
    assert len(await told(clinic, f"rights:{VIKRAM.account_id}")) == 2
    late = await priya.call("patient.invite_guardian", patient_id=ARJUN, phone=VIKRAM.phone, kind="parent")
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE guardian_invitation SET expires_at = now() WHERE id = $1", UUID(late["id"]))
    with pytest.raises(NotFound):
        await vikram.call("patient.accept_guardian", invitation_id=late["id"])


async def test_somebody_always_acts_for_a_minor_and_nobody_leaves_herself(caller: MakeCaller, clinic: Node) -> None:
    priya, vikram = await logged_in(caller, PRIYA.phone), await logged_in(caller, VIKRAM.phone)
    with pytest.raises(LastGuardian):
        await priya.call("patient.end_guardian", patient_id=ARJUN)
    with pytest.raises(OwnRecord):
        await priya.call("patient.end_guardian", patient_id=str(PRIYA_PATIENT))
    asked = await priya.call("patient.invite_guardian", patient_id=ARJUN, phone=VIKRAM.phone, kind="guardian")
    await vikram.call("patient.accept_guardian", invitation_id=asked["id"])
    answers = await asyncio.gather(
        priya.call("patient.end_guardian", patient_id=ARJUN),
        vikram.call("patient.end_guardian", patient_id=ARJUN),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, dict) for answer in answers) == 1, answers
    assert sum(isinstance(answer, LastGuardian) for answer in answers) == 1
    await priya.call("patient.end_guardian", patient_id=KAMLA)  # who is grown up may be left


async def walk_in(clinic: Node, phone: str, name: str = "Ramesh Yadav", year: int | None = 1968) -> UUID:
    """A record with this number that a desk made."""
    async with clinic.db.transaction() as tx:
        made: UUID = await tx.fetchval(
            "INSERT INTO patient (name, phone, birth_year, place_id, created_at)"
            " SELECT $1, $2, $3, place_id, now() FROM patient WHERE id = $4 RETURNING id",
            name, phone, year, WALK_IN_PATIENT,
        )  # fmt: skip
    return made


async def test_a_record_is_claimed_with_its_number_a_fresh_code_and_a_fact(
    caller: MakeCaller, clinic: Node, clock: TurnableClock
) -> None:
    record = await walk_in(clinic, VIKRAM.phone)
    priya, vikram = await logged_in(caller, PRIYA.phone), await logged_in(caller, VIKRAM.phone)
    assert await priya.call("patient.claimable") == []
    (free,) = await vikram.call("patient.claimable")
    assert free.keys() == {"patient_id", "place_id", "created_at"}
    wanted: dict[str, Any] = {"patient_id": str(record), "kind": "self"}
    with pytest.raises(CodeGone):  # that of the login is spent
        await vikram.call("patient.claim", **wanted, code="000000", answer="1968")
    code = await caller().ask_code(PRIYA.phone)
    with pytest.raises(NotFound):  # with a code for another number
        await priya.call("patient.claim", **wanted, code=code, answer="1968")
    for answer in ("1967", "Ramesh Yadav", "196", "0", "1968!"):
        code = await caller().ask_code(VIKRAM.phone)
        with pytest.raises(WrongFact):
            await vikram.call("patient.claim", **wanted, code=code, answer=answer)
    clock.turn(hours=2)
    code = await caller().ask_code(VIKRAM.phone)
    with pytest.raises(RateLimited):
        await vikram.call("patient.claim", **wanted, code=code, answer="1968")
    clock.turn(days=1)
    claimed = await vikram.call("patient.claim", **wanted, code=await caller().ask_code(VIKRAM.phone), answer=" 1968")
    async with clinic.db.snapshot() as tx:
        assert await access.guards(tx, VIKRAM.account_id, record) is not None
    mine = (await vikram.call("patient.list"))["rows"]
    assert [row["id"] for row in mine] == [claimed["into_id"]]  # one person, one row, and no question which
    assert (await vikram.call("patient.get"))["id"] == claimed["into_id"]
    assert await vikram.call("patient.claimable") == []
    assert [row["patient_id"] for row in await vikram.call("patient.claims")] == [str(record)]


async def test_a_claim_is_taken_back_by_who_made_it_or_by_support_and_by_nobody_else(
    caller: MakeCaller, clinic: Node
) -> None:
    record = await walk_in(clinic, VIKRAM.phone, name="Chintu", year=None)
    priya, vikram, admin = await logged_in(caller, PRIYA.phone), await logged_in(caller, VIKRAM.phone), caller()
    await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    for kind, undoes in (("self", vikram), ("parent", admin)):
        code = await caller().ask_code(VIKRAM.phone)
        await vikram.call("patient.claim", patient_id=str(record), kind=kind, code=code, answer="chintu.")
        for wrong in (record, uuid4()):
            with pytest.raises(NotFound):
                await priya.call("patient.undo_claim", patient_id=str(wrong))
        await undoes.call("patient.undo_claim", patient_id=str(record))
        async with clinic.db.snapshot() as tx:
            assert await access.guards(tx, VIKRAM.account_id, record) is None
        assert len((await vikram.call("patient.list"))["rows"]) == 1
        with pytest.raises(NotFound):
            await undoes.call("patient.undo_claim", patient_id=str(record))
    log = await rows(clinic, "SELECT undone_by FROM patient_claim ORDER BY id")
    assert [row["undone_by"] == VIKRAM.account_id for row in log] == [True, False]
    with pytest.raises(Forbidden):
        await admin.call("patient.claim", patient_id=str(record), kind="self", code="000000", answer="x")


STEPS = st.lists(
    st.tuples(st.sampled_from(["invite", "accept", "decline", "end"]), st.integers(0, 2), st.integers(0, 2)),
    min_size=5,
    max_size=20,
)
WALKERS: WeakKeyDictionary[Node, list[Caller]] = WeakKeyDictionary()
"""Logged in once for all examples of a test."""
REFUSED = (NotFound, AlreadyGuardian, AlreadyInvited, LastGuardian, OwnRecord)


@examples(max_examples=10)
@given(steps=STEPS)
async def test_whatever_a_family_does_a_minor_has_a_guardian_and_nobody_acts_unasked(
    steps: list[tuple[str, int, int]], clinic: Node, caller: MakeCaller
) -> None:
    """A walk at random through invitations and ends, by three people who may or may not be guardians."""
    phones = [PRIYA.phone, DESK.phone, VIKRAM.phone]
    people = [PRIYA.account_id, DESK.account_id, VIKRAM.account_id]
    clinic.limits.deployment = str(uuid4())  # each example has the allowances of a day of its own
    walkers = WALKERS.setdefault(clinic, [])
    while len(walkers) < len(phones):
        walkers.append(await logged_in(caller, phones[len(walkers)]))
    asked: dict[int, str] = {}
    for verb, who, whom in steps:
        with contextlib.suppress(*REFUSED):
            if verb == "invite":
                made = await walkers[who].call(
                    "patient.invite_guardian", patient_id=ARJUN, phone=phones[whom], kind="other"
                )
                asked[whom] = made["id"]
            elif verb == "end":
                await walkers[who].call("patient.end_guardian", patient_id=ARJUN, account_id=str(people[whom]))
            elif whom in asked:
                await walkers[who].call(f"patient.{verb}_guardian", invitation_id=asked[whom])
        assert await rows(clinic, "SELECT 1 FROM guarding WHERE patient_id = $1", ARJUN_PATIENT)
        unasked = await rows(
            clinic,
            "SELECT 1 FROM guardianship g WHERE g.patient_id = $1 AND g.account_id <> $2 AND NOT EXISTS (SELECT FROM"
            " guardian_invitation i JOIN account a ON a.phone = i.phone WHERE a.id = g.account_id"
            " AND i.patient_id = g.patient_id AND i.state = 'accepted')",
            ARJUN_PATIENT,
            PRIYA.account_id,
        )
        assert not unasked
