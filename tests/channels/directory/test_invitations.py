"""Duties and affiliations: places that attach people who never said yes, members who raise themselves, and shifts that
end while somebody listens. (PRODUCT 1, 6; ledger: hospital.add_doctor M-185, hospital.remove_doctor M-186.)
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

import msgspec
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.app import create_app
from carewire.client import Client, Refused, Subscription
from carewire.errors import Forbidden, IllegalMove, NotFound
from carewire.gateway import server
from carewire.node import Node
from carewire.settings import Settings
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM, LABORATORY, PHARMACY
from channels.directory.errors import AlreadyAsked, AlreadyMember, LastOwner
from channels.identity.demo import ASHA, DESK, PHARMACIST, PRIYA, TECHNICIAN, VIKRAM
from channels.seed import seed
from tests.channels.callers import Caller, hire, rows, told
from tests.conftest import PROMPTLY_S, Connect
from tests.patience import PATIENCE_S
from tests.people import log_in

MakeCaller = Callable[..., Caller]
DUTIES = "SELECT duty FROM membership WHERE place_id = $1 AND account_id = $2 AND until IS NULL"


async def logged_in(caller: MakeCaller, phone: str) -> Caller:
    made = caller()
    await made.log_in(phone)
    return made


async def test_an_offer_is_nobodys_but_the_numbers_and_falls_with_who_made_it(caller: MakeCaller, clinic: Node) -> None:
    owner, priya, desk = [await logged_in(caller, person.phone) for person in (ASHA, PRIYA, DESK)]
    offer = await owner.call("place.invite_member", phone=PRIYA.phone, duty="nurse")
    assert not await rows(clinic, DUTIES, CLINIC, PRIYA.account_id)  # an offer is no duty
    for stranger in (desk, owner):
        for verb in ("accept", "decline"):
            with pytest.raises(NotFound):
                await stranger.call(f"member.{verb}", invitation_id=offer["id"])
    with pytest.raises(NotFound):
        await desk.call("place.withdraw_invitation", invitation_id=offer["id"])
    with pytest.raises(AlreadyAsked):
        await owner.call("place.invite_member", phone=PRIYA.phone, duty="nurse")
    (seen,) = await priya.call("member.invitations")
    assert (seen["duty"], seen["place_id"]) == ("nurse", str(CLINIC))
    await priya.call("member.decline", invitation_id=offer["id"])
    with pytest.raises(NotFound):
        await priya.call("member.accept", invitation_id=offer["id"])
    # An offer of a manager who was removed meanwhile, one that expired, one that was taken back.
    manager = await logged_in(caller, VIKRAM.phone)
    await hire(owner, VIKRAM.phone, "manager")
    manager.actor = await manager.reload()
    fallen = await manager.call("place.invite_member", phone=PRIYA.phone, duty="front_desk")
    await owner.call("place.remove_member", account_id=str(VIKRAM.account_id))
    late = await owner.call("place.invite_member", phone=PRIYA.phone, duty="nurse")
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE member_invitation SET expires_at = now() WHERE id = $1", UUID(late["id"]))
    back = await owner.call("place.invite_member", phone=PRIYA.phone, duty="technician")
    await owner.call("place.withdraw_invitation", invitation_id=back["id"])
    for dead in (fallen, late, back, {"id": str(uuid4())}):
        with pytest.raises(NotFound):
            await priya.call("member.accept", invitation_id=dead["id"])
    assert not await rows(clinic, DUTIES, CLINIC, PRIYA.account_id)


async def test_an_offer_is_told_to_the_numbers_owner_and_costs_the_same_for_a_number_without_one(
    caller: MakeCaller, clinic: Node
) -> None:
    owner, pharmacist = await logged_in(caller, ASHA.phone), await logged_in(caller, PHARMACIST.phone)
    for phone in (PRIYA.phone, "+919811100061"):
        await owner.call("place.invite_member", phone=phone, duty="nurse")
    await pharmacist.call("affiliation.offer", doctor_id=str(DOCTOR_VIKRAM))
    jobs = await rows(clinic, "SELECT 1 FROM job WHERE name = 'notification.to_number'")
    assert len(jobs) == 2
    async with asyncio.timeout(PATIENCE_S):
        while await rows(clinic, "SELECT 1 FROM job WHERE state = 'open' AND due_at <= now() AND name LIKE 'notif%'"):
            pass
    told_ = await rows(clinic, "SELECT account_id, fact FROM notification ORDER BY fact")
    assert [(row["account_id"], row["fact"]) for row in told_] == [
        (VIKRAM.account_id, "affiliation.offered"),
        (PRIYA.account_id, "member.invited"),
    ]


async def test_nobody_raises_himself_and_the_last_owner_stays(caller: MakeCaller, clinic: Node) -> None:
    owner = await logged_in(caller, ASHA.phone)
    manager = await logged_in(caller, VIKRAM.phone)
    await hire(owner, VIKRAM.phone, "manager")
    manager.actor = await manager.reload()
    mine = {"account_id": str(VIKRAM.account_id)}
    for duty, to in (("manager", "owner"), ("manager", "nurse"), ("nurse", "owner")):
        with pytest.raises(Forbidden):
            await manager.call("place.change_member", **mine, duty=duty, to=to)
    for duty in ("owner", "manager"):
        with pytest.raises(Forbidden):
            await manager.call("place.invite_member", phone=VIKRAM.phone, duty=duty)
    with pytest.raises(NotFound):
        await manager.call("place.change_member", **mine, duty="nurse", to="front_desk")
    with pytest.raises(LastOwner):
        await owner.call("place.change_member", account_id=str(ASHA.account_id), duty="owner", to="manager")
    with pytest.raises(LastOwner):
        await owner.call("place.leave")
    changed = await owner.call("place.change_member", account_id=str(DESK.account_id), duty="front_desk", to="nurse")
    assert changed["duty"] == "nurse"
    assert [row["duty"] for row in await rows(clinic, DUTIES, CLINIC, DESK.account_id)] == ["nurse"]
    (*_, (name, data)) = await told(clinic, f"account:{DESK.account_id}")
    assert (name, [m["duty"] for m in data["profile"]["memberships"]]) == ("profile:updated", ["nurse"])
    assert (await manager.call("place.leave"))["duties"] == ["manager"]
    with pytest.raises(NotFound):
        await manager.call("place.members")


async def test_every_kind_of_place_is_staffed_the_same_way(caller: MakeCaller, clinic: Node) -> None:
    for person, place_id, duty in ((PHARMACIST, PHARMACY, "pharmacist"), (TECHNICIAN, LABORATORY, "collector")):
        owner = await logged_in(caller, person.phone)
        made = await hire(owner, PRIYA.phone, duty)
        assert made["place_id"] == str(place_id)
        with pytest.raises(NotFound):
            await owner.call("place.invite_member", phone=PRIYA.phone, duty="nurse", place_id=str(CLINIC))


async def test_a_place_attaches_no_doctor_who_did_not_accept(caller: MakeCaller, clinic: Node) -> None:
    pharmacist, vikram, asha = [await logged_in(caller, person.phone) for person in (PHARMACIST, VIKRAM, ASHA)]
    desk = await logged_in(caller, DESK.phone)
    offered = await pharmacist.call("affiliation.offer", doctor_id=str(DOCTOR_VIKRAM))
    assert (offered["state"], offered["since"]) == ("offered", None)
    starts = datetime.now(UTC) + timedelta(hours=2)
    sitting = {
        "doctor_id": str(DOCTOR_VIKRAM),
        "place_id": str(PHARMACY),
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=1)).isoformat(),
    }
    with pytest.raises(NotFound):
        await pharmacist.call("session.create", **sitting)
    shown = await caller().call("doctor.get", doctor_id=str(DOCTOR_VIKRAM))
    assert str(PHARMACY) not in {practice["place_id"] for practice in shown["practices"]}
    for who in (asha, pharmacist, desk):  # only he himself
        with pytest.raises((NotFound, Forbidden)):
            await who.call("affiliation.accept", affiliation_id=offered["id"])
    with pytest.raises(IllegalMove):
        await pharmacist.call("affiliation.end", affiliation_id=offered["id"])
    with pytest.raises(AlreadyAsked):
        await pharmacist.call("affiliation.offer", doctor_id=str(DOCTOR_VIKRAM))
    with pytest.raises(NotFound):  # the desk heads nothing
        await desk.call("affiliation.offer", doctor_id=str(DOCTOR_VIKRAM))
    await vikram.call("affiliation.decline", affiliation_id=offered["id"])
    with pytest.raises(IllegalMove):
        await vikram.call("affiliation.accept", affiliation_id=offered["id"])
    again = await pharmacist.call("affiliation.offer", doctor_id=str(DOCTOR_VIKRAM))
    assert (await vikram.call("affiliation.accept", affiliation_id=again["id"]))["state"] == "accepted"
    made = await pharmacist.call("session.create", **sitting)
    assert await vikram.call("session.get", session_id=made["id"])
    for stranger in (asha, desk):
        with pytest.raises(NotFound):
            await stranger.call("affiliation.end", affiliation_id=again["id"])
    await vikram.call("affiliation.end", affiliation_id=again["id"])
    with pytest.raises(NotFound):
        await pharmacist.call("session.create", **sitting)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account_capacity SET state = 'pending' WHERE account_id = $1", VIKRAM.account_id)
    with pytest.raises(NotFound):  # not verified: no such doctor
        await pharmacist.call("affiliation.offer", doctor_id=str(DOCTOR_VIKRAM))
    assert {row["doctor_id"] for row in await asha.call("affiliation.list")} == {str(DOCTOR_ASHA)}


WALKERS: WeakKeyDictionary[Node, list[Caller]] = WeakKeyDictionary()
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["invite", "accept", "remove", "change", "leave"]),
        st.integers(0, 2),
        st.integers(0, 2),
        st.sampled_from(["owner", "manager", "nurse"]),
    ),
    min_size=6,
    max_size=20,
)


@examples(max_examples=10)
@given(steps=STEPS)
async def test_whatever_members_try_a_place_has_an_owner_and_nobody_works_unasked(
    steps: list[tuple[str, int, int, str]], clinic: Node, caller: MakeCaller
) -> None:
    """Three people walk at random through offers, answers, changes and ends."""
    people = (ASHA, DESK, VIKRAM)
    clinic.limits.deployment = str(uuid4())  # each example has the allowances of a day of its own
    walkers = WALKERS.setdefault(clinic, [])
    while len(walkers) < len(people):
        walkers.append(await logged_in(caller, people[len(walkers)].phone))
    offers: dict[int, str] = {}
    for verb, who, whom, duty in steps:
        walkers[who].actor = await walkers[who].reload()
        account_id = str(people[whom].account_id)
        with contextlib.suppress(NotFound, Forbidden, LastOwner, AlreadyMember, AlreadyAsked):
            if verb == "invite":
                made = await walkers[who].call("place.invite_member", phone=people[whom].phone, duty=duty)
                offers[whom] = made["id"]
            elif verb == "accept" and whom in offers:
                await walkers[who].call("member.accept", invitation_id=offers[whom])
            elif verb == "remove":
                await walkers[who].call("place.remove_member", account_id=account_id)
            elif verb == "change":
                await walkers[who].call("place.change_member", account_id=account_id, duty="manager", to=duty)
            elif verb == "leave":
                await walkers[who].call("place.leave", duty=duty)
        working = await rows(
            clinic, "SELECT account_id, duty FROM membership WHERE place_id = $1 AND until IS NULL", CLINIC
        )
        assert "owner" in {row["duty"] for row in working}
        asked = await rows(
            clinic,
            "SELECT a.id FROM member_invitation i JOIN account a ON a.phone = i.phone WHERE i.state = 'accepted'",
        )
        consented = {row["id"] for row in asked} | {ASHA.account_id, DESK.account_id}
        assert {row["account_id"] for row in working} <= consented


@pytest_asyncio.fixture
async def second_node(gateway: server.Running, settings: Settings) -> AsyncIterator[server.Running]:
    """Another gateway on the same database and bus."""
    other = msgspec.structs.replace(settings, node=f"{settings.node}-b")
    running = await server.start(create_app(other), other)
    yield running
    await running.stop()


async def ends(heard: Subscription) -> float:
    """When the subscription was ended by the server."""
    with contextlib.suppress(Refused):
        async for _ in heard:
            pass
    return time.monotonic()


@pytest.mark.alone
async def test_whose_shift_ends_hears_nothing_more_within_a_second_on_any_node(
    gateway: server.Running, second_node: server.Running, settings: Settings, connect: Connect
) -> None:
    assert settings.database_url
    await seed(settings.database_url, settings)
    owner, desk, doctor = await connect(), await connect(), await connect(second_node.url)
    elsewhere = await connect(second_node.url)
    await log_in(owner, ASHA.phone)
    await log_in(doctor, VIKRAM.phone)
    desk_tokens = await tokens_of(desk, DESK.phone)
    await elsewhere.call("auth.authenticate", access_token=desk_tokens)
    starts = datetime.now(UTC) + timedelta(minutes=30)
    made = await owner.command(
        "session.create", doctor_id=DOCTOR_VIKRAM, starts_at=starts, ends_at=starts + timedelta(hours=2)
    )
    topic = f"queue:{made['id']}"
    listening = [await client.subscribe(topic) for client in (desk, elsewhere, doctor, owner)]
    for heard in listening:
        await anext(heard)
    ending = [asyncio.create_task(ends(heard)) for heard in listening]
    await owner.command("place.remove_member", account_id=DESK.account_id)
    removed = time.monotonic()
    async with asyncio.timeout(PATIENCE_S):
        at = await asyncio.gather(*ending[:2])
    assert max(at) - removed < PROMPTLY_S
    (affiliation,) = await doctor.query("affiliation.list")
    await owner.command("affiliation.end", affiliation_id=affiliation["id"])
    ended = time.monotonic()
    async with asyncio.timeout(PATIENCE_S):
        assert await ending[2] - ended < PROMPTLY_S
    assert not ending[3].done()
    for client in (desk, elsewhere, doctor):
        with pytest.raises(Refused, match=r"not_found|forbidden"):
            await anext(await client.subscribe(topic))
        with pytest.raises(Refused, match=r"not_found|forbidden"):
            await client.command("queue.walk_in", session_id=made["id"], name="After hours")
    ending[3].cancel()


async def tokens_of(client: Client, phone: str) -> str:
    """Log in, and the access token for another socket of the same login."""
    await log_in(client, phone)
    assert client.access_token is not None
    return client.access_token
