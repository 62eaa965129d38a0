"""Coming into a line: from afar, by the wall's code, at the desk; and how many may."""

from datetime import timedelta

import pytest

from carewire.errors import InvalidParams, NotFound
from carewire.node import Node
from channels.directory import demo as places
from channels.identity import demo as people
from channels.queue.errors import (
    AlreadyJoined,
    CodeWrong,
    NoRemoteJoin,
    NumberTaken,
    QueueFull,
    SessionClosed,
    TooManyTokens,
)
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import MakeSession, ProductClock, as_person, walk_in
from tests.conftest import LANES_ON_AND_OFF

pytestmark = LANES_ON_AND_OFF

FAMILY = (people.PRIYA_PATIENT, people.ARJUN_PATIENT, people.KAMLA_PATIENT)


async def test_joining_from_afar_gives_no_number_and_cannot_be_called(
    priya: Caller, desk: Caller, session: str
) -> None:
    token = await priya.call("queue.join", session_id=session, patient_id=people.ARJUN_PATIENT)
    assert (token["state"], token["number"], token["kind"]) == ("expected", None, "remote")
    with pytest.raises(Exception, match="cannot call from expected"):
        await desk.call("queue.call", token_id=token["id"])


async def test_joining_from_afar_is_a_setting_of_the_session(priya: Caller, make_session: MakeSession) -> None:
    with pytest.raises(NoRemoteJoin):
        await priya.call("queue.join", session_id=await make_session(), patient_id=people.ARJUN_PATIENT)


async def test_a_family_of_three_must_say_who_comes(priya: Caller, session: str) -> None:
    with pytest.raises(InvalidParams):
        await priya.call("queue.join", session_id=session)
    with pytest.raises(NotFound):
        await priya.call("queue.join", session_id=session, patient_id=people.WALK_IN_PATIENT)


async def test_a_patient_has_one_active_token_per_session(priya: Caller, session: str) -> None:
    first = await priya.call("queue.join", session_id=session, patient_id=people.KAMLA_PATIENT)
    with pytest.raises(AlreadyJoined):
        await priya.call("queue.join", session_id=session, patient_id=people.KAMLA_PATIENT)
    await priya.call("queue.leave", token_id=first["id"])
    await priya.call("queue.join", session_id=session, patient_id=people.KAMLA_PATIENT)


async def test_the_code_on_the_wall_proves_presence(priya: Caller, desk: Caller, make_session: MakeSession) -> None:
    session = await make_session()
    code = (await desk.call("queue.arrival_code", place_id=places.CLINIC))["code"]
    with pytest.raises(CodeWrong):
        await priya.call("queue.join", session_id=session, patient_id=people.ARJUN_PATIENT, code="guess")
    here = await priya.call("queue.join", session_id=session, patient_id=people.ARJUN_PATIENT, code=code)
    assert (here["number"], here["state"], here["before"]) == (1, "waiting", 0)
    renewed = (await desk.call("queue.arrival_code", place_id=places.CLINIC, renew=True))["code"]
    with pytest.raises(CodeWrong):
        await priya.call("queue.join", session_id=session, patient_id=people.KAMLA_PATIENT, code=code)
    assert renewed != code


async def test_her_phone_arrives_with_the_code_and_not_without(priya: Caller, desk: Caller, session: str) -> None:
    token = (await priya.call("queue.join", session_id=session, patient_id=people.ARJUN_PATIENT))["id"]
    with pytest.raises(InvalidParams) as asked:
        await priya.call("queue.arrive", token_id=token)
    assert asked.value.fields[0].path == "$.code"
    code = (await desk.call("queue.arrival_code", place_id=places.CLINIC))["code"]
    assert (await priya.call("queue.arrive", token_id=token, code=code))["number"] == 1


async def test_an_account_holds_three_active_tokens_a_day(
    priya: Caller, desk: Caller, make_session: MakeSession, clinic: Node
) -> None:
    """The demo's live line holds one of Priya's family already."""
    sessions = [await make_session(multi_room=True, remote_join=True) for _ in range(2)]
    await priya.call("queue.join", session_id=sessions[0], patient_id=FAMILY[0])
    last = await priya.call("queue.join", session_id=sessions[0], patient_id=FAMILY[1])
    with pytest.raises(TooManyTokens):
        await priya.call("queue.join", session_id=sessions[1], patient_id=FAMILY[2])
    await priya.call("queue.leave", token_id=last["id"])
    await priya.call("queue.join", session_id=sessions[1], patient_id=FAMILY[2])


async def test_who_repeatedly_does_not_come_cannot_join_from_afar_any_more(
    clinic: Node, desk: Caller, make_session: MakeSession, time: ProductClock
) -> None:
    late = as_person(clinic, people.PHARMACIST)
    for ended_early in (True, False, False, False):  # whom an early end robbed of her time missed nothing
        session = await make_session(remote_join=True, ends_at=time.now() + timedelta(minutes=5))
        await late.call("queue.join", session_id=session)
        time.turn(minutes=1 if ended_early else 6)
        await desk.call("session.end", session_id=session)
    session = await make_session(remote_join=True)
    with pytest.raises(NoRemoteJoin):
        await late.call("queue.join", session_id=session)
    code = (await desk.call("queue.arrival_code", place_id=places.CLINIC))["code"]
    assert (await late.call("queue.join", session_id=session, code=code))["number"] == 1


async def test_quotas_and_capacity_hold_and_the_cancelled_take_no_room(
    desk: Caller, make_session: MakeSession, clinic: Node
) -> None:
    session = await make_session(capacity=3, booked_quota=1, walk_in_quota=2)
    due = clinic.clock.now().isoformat()
    await desk.call("queue.expect", session_id=session, name="Booked", due_at=due)
    with pytest.raises(QueueFull) as full:
        await desk.call("queue.expect", session_id=session, name="Booked too", due_at=due)
    assert full.value.data["quota"] == "booked"
    first = await walk_in(desk, session, "One")
    await walk_in(desk, session, "Two")
    with pytest.raises(QueueFull):
        await walk_in(desk, session, "Three")
    await desk.call("queue.leave", token_id=first["id"])
    assert (await walk_in(desk, session, "Three"))["number"] == 3


async def test_who_is_in_a_full_line_already_is_told_that_and_not_that_it_is_full(
    priya: Caller, desk: Caller, make_session: MakeSession
) -> None:
    session = await make_session(remote_join=True, capacity=1)
    await priya.call("queue.join", session_id=session, patient_id=people.ARJUN_PATIENT)
    with pytest.raises(AlreadyJoined):
        await priya.call("queue.join", session_id=session, patient_id=people.ARJUN_PATIENT)
    with pytest.raises(QueueFull):
        await walk_in(desk, session, "One Too Many")
    await desk.call("session.end", session_id=session)
    with pytest.raises(SessionClosed):  # over is over, also when it was full
        await walk_in(desk, session, "One Too Many")


async def test_a_line_opens_and_closes_with_its_session(
    priya: Caller, desk: Caller, make_session: MakeSession, clinic: Node, time: ProductClock
) -> None:
    now = time.now()
    later = await make_session(
        live=False,
        remote_join=True,
        starts_at=now + timedelta(hours=2),
        opens_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=3),
    )
    with pytest.raises(SessionClosed):
        await priya.call("queue.join", session_id=later, patient_id=people.ARJUN_PATIENT)
    with pytest.raises(SessionClosed):
        await walk_in(desk, later, "Early")
    time.turn(hours=1, minutes=1)
    await priya.call("queue.join", session_id=later, patient_id=people.ARJUN_PATIENT)
    await desk.call("session.cancel", session_id=later)
    with pytest.raises(SessionClosed):
        await walk_in(desk, later, "Late")


async def test_a_returning_patient_is_found_by_phone_and_name_among_this_places_only(
    desk: Caller, make_session: MakeSession
) -> None:
    one, two = [await make_session(multi_room=True) for _ in range(2)]
    first = await walk_in(desk, one, "Ravi Kumar", phone="+91 99111 22333", birth_year=1970)
    again = await walk_in(desk, two, "ravi kumar", phone="+919911122333")
    wife = await walk_in(desk, two, "Sita Kumar", phone="+919911122333")
    assert again["patient_id"] == first["patient_id"]
    assert wife["patient_id"] != first["patient_id"]
    # The pharmacist's number exists, but she never came to this desk by it: nobody is found.
    stranger = await walk_in(desk, two, people.PHARMACIST.name, phone=people.PHARMACIST.phone)
    assert stranger["patient_id"] != str(people.SELF_PATIENTS[people.PHARMACIST.account_id])
    # Arjun came by his mother's phone and has none of his own: the desk types hers.
    child = await walk_in(desk, two, "Arjun Sharma", phone=people.PRIYA.phone)
    assert child["patient_id"] == str(people.ARJUN_PATIENT)
    # His grandmother is booked and was never here: her number tells the desk nothing.
    assert (await walk_in(desk, two, "Kamla Sharma", phone=people.PRIYA.phone))["patient_id"] != str(
        people.KAMLA_PATIENT
    )


async def test_a_patient_sees_herself_and_counts_and_the_desk_sees_everybody(
    priya: Caller, desk: Caller, session: str
) -> None:
    await walk_in(desk, session, "Other Person")
    mine = await priya.call("queue.join", session_id=session, patient_id=people.ARJUN_PATIENT)
    seen = await priya.call("queue.get", session_id=session)
    assert (seen["waiting"], [t["id"] for t in seen["mine"]], seen["queue"]) == (1, [mine["id"]], None)
    assert "Other Person" not in str(seen)
    assert "Other Person" in str(await desk.call("queue.get", session_id=session))


async def test_an_outages_paper_numbers_are_entered_and_live_numbers_go_on_after_them(
    desk: Caller, session: str, time: ProductClock, clinic: Node
) -> None:
    await walk_in(desk, session, "Live")
    time.turn(minutes=40)
    at = [(time.now() - timedelta(minutes=m)).isoformat() for m in (30, 20, 15)]
    entered = await desk.call(
        "queue.backfill",
        session_id=session,
        papers=[
            {"number": 7, "name": "Waiting", "arrived_at": at[1]},
            {"number": 4, "name": "Seen", "arrived_at": at[0], "called_at": at[1], "ended_at": at[2]},
        ],
    )
    assert {t["number"]: t["state"] for t in entered["tokens"]} == {7: "waiting", 4: "completed"}
    assert entered["void"] == [2, 3, 5, 6]
    assert (await walk_in(desk, session, "Live again"))["number"] == 8
    voids = await rows(clinic, "SELECT first_number, last_number FROM void_number ORDER BY 1")
    assert [tuple(v) for v in voids] == [(2, 3), (5, 6)]
    with pytest.raises(NumberTaken):
        await desk.call(
            "queue.backfill", session_id=session, papers=[{"number": 5, "name": "Late", "arrived_at": at[0]}]
        )
    long_ago = {"number": 9, "name": "Mistyped", "arrived_at": "1990-01-01T00:00:00Z"}
    with pytest.raises(InvalidParams):  # she would have waited longest of all
        await desk.call("queue.backfill", session_id=session, papers=[long_ago])


async def test_a_slips_key_reads_one_token_without_login_and_without_a_name(
    desk: Caller, session: str, caller: object, clinic: Node
) -> None:
    await walk_in(desk, session, "Before Her")
    token = await walk_in(desk, session, "Secret Name")
    slip = await desk.call("queue.slip", token_id=token["id"])
    assert (slip["number"], slip["doctor"], slip["path"]) == (2, "Dr. Vikram Singh", f"/slip#{slip['key']}")
    seen = await Caller(clinic).call("queue.look", key=slip["key"])
    assert (seen["number"], seen["before"], seen["state"]) == (2, 1, "waiting")
    assert "Secret" not in str(seen)
    with pytest.raises(NotFound):
        await Caller(clinic).call("queue.look", key="guess")


async def test_priority_is_recorded_with_who_gave_it(desk: Caller, session: str, clinic: Node) -> None:
    await walk_in(desk, session, "First")
    token = (await walk_in(desk, session, "Mother"))["id"]
    assert (await desk.call("queue.prioritise", token_id=token, reason="pregnant"))["before"] == 0
    found = await rows(clinic, "SELECT actor_id, priority FROM token_move WHERE what = 'queue.prioritise'")
    assert [tuple(row) for row in found] == [(people.DESK.account_id, "pregnant")]
    assert (await desk.call("queue.prioritise", token_id=token, reason=None))["before"] == 1
