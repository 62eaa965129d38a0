"""Who works where: people giving themselves duties, and people who were taken off, come first."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest

from carewire.actor import Actor
from carewire.command import Ctx
from carewire.errors import Forbidden, InvalidParams, NotFound
from carewire.ids import uuid7
from carewire.node import Node
from channels.directory import access
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM, LABORATORY, PHARMACY, ROOM_1
from channels.directory.errors import AlreadyAsked, AlreadyMember, LastOwner
from channels.identity import Duty
from channels.identity import access as identity
from channels.identity.demo import ASHA, DESK, PHARMACIST, PRIYA, VIKRAM
from tests.channels.callers import Caller, hire, rows, told

MakeCaller = Callable[..., Caller]
NEW = "+919811100002"
LIVE = "SELECT duty FROM membership WHERE place_id = $1 AND until IS NULL ORDER BY duty"


async def logged_in(caller: MakeCaller, phone: str) -> Caller:
    made = caller()
    await made.log_in(phone)
    return made


def ctx_of(clinic: Node, tx: object, actor: Actor | None) -> Ctx:
    now = clinic.clock.now()
    return Ctx(tx=tx, now=now, real_now=now, settings=clinic.settings, actor=actor)  # type: ignore[arg-type]


async def test_a_removed_desk_member_is_no_staff_at_the_next_look(caller: MakeCaller, clinic: Node) -> None:
    owner, desk = await logged_in(caller, ASHA.phone), await logged_in(caller, DESK.phone)
    assert desk.actor is not None
    async with clinic.db.snapshot() as tx:
        ctx = ctx_of(clinic, tx, desk.actor)
        assert (await access.place(ctx, CLINIC, duties=frozenset({Duty.FRONT_DESK}))).id == CLINIC
    removed = await owner.call("place.remove_member", account_id=str(DESK.account_id))
    assert removed["duties"] == ["front_desk"]
    now = await desk.reload()
    assert now is not None
    assert now.capacities == {"patient"}
    assert now.version == desk.actor.version + 1
    assert len(await told(clinic, f"rights:{DESK.account_id}")) == 1
    async with clinic.db.snapshot() as tx:
        ctx = ctx_of(clinic, tx, desk.actor)  # the old actor, as a command already on its way would carry it
        with pytest.raises(NotFound):
            await access.place(ctx, CLINIC, duties=frozenset(Duty))
        assert await identity.duties(ctx, CLINIC) == frozenset()
        assert await identity.works_many(tx, [(DESK.account_id, CLINIC), (ASHA.account_id, CLINIC)]) != [None, None]
    (*_, (name, data)) = await told(clinic, f"account:{DESK.account_id}")
    assert name == "profile:updated"
    assert data["profile"]["memberships"] == []
    assert data["profile"]["capacities"] == ["patient"]


async def test_who_gave_up_a_duty_is_answered_once_more_and_who_was_removed_is_not(caller: MakeCaller) -> None:
    """The first reply may have been lost. What a command ended itself is not held against its reply; all else is."""
    owner, manager = await logged_in(caller, ASHA.phone), await logged_in(caller, VIKRAM.phone)
    await hire(owner, VIKRAM.phone, "manager")
    await hire(owner, VIKRAM.phone, "nurse", place_id=str(CLINIC))
    manager.actor = await manager.reload()
    removing = {"account_id": str(DESK.account_id), "idempotency_key": str(uuid7())}
    removed = await manager.call("place.remove_member", **removing)
    assert await manager.call("place.remove_member", **removing) == removed
    leaving = {"place_id": str(CLINIC), "idempotency_key": str(uuid7())}
    left = await manager.call("place.leave", **leaving)  # the actor is the one of before, as on a socket just then
    assert left["duties"] == ["manager", "nurse"]
    assert await manager.call("place.leave", **leaving) == left
    with pytest.raises(NotFound):
        await manager.call("place.remove_member", **removing)


async def test_neither_desk_nor_strangers_staff_a_place(caller: MakeCaller, clinic: Node) -> None:
    desk, pharmacist = await logged_in(caller, DESK.phone), await logged_in(caller, PHARMACIST.phone)
    priya = await logged_in(caller, PRIYA.phone)
    for other in (desk, pharmacist):
        for place_id in (CLINIC, uuid4()):
            with pytest.raises(NotFound):
                await other.call("place.invite_member", phone=DESK.phone, duty="owner", place_id=str(place_id))
            with pytest.raises(NotFound):
                await other.call("place.remove_member", account_id=str(ASHA.account_id), place_id=str(place_id))
            with pytest.raises(NotFound):
                await other.call("place.members", place_id=str(place_id))
    with pytest.raises(Forbidden):
        await priya.call("place.invite_member", phone=PRIYA.phone, duty="owner", place_id=str(CLINIC))
    assert [row["duty"] for row in await rows(clinic, LIVE, CLINIC)] == ["front_desk", "owner"]


async def test_a_manager_staffs_the_desk_but_makes_no_owner_and_removes_none(caller: MakeCaller) -> None:
    owner, manager = await logged_in(caller, ASHA.phone), await logged_in(caller, VIKRAM.phone)
    await hire(owner, VIKRAM.phone, "manager")
    manager.actor = await manager.reload()
    await hire(manager, NEW, "nurse")
    for duty in ("owner", "manager"):
        with pytest.raises(Forbidden):
            await manager.call("place.invite_member", phone=NEW, duty=duty)
    with pytest.raises(Forbidden):
        await manager.call("place.remove_member", account_id=str(ASHA.account_id))
    await owner.call("place.remove_member", account_id=str(VIKRAM.account_id))
    with pytest.raises(NotFound):
        await manager.call("place.invite_member", phone=NEW, duty="front_desk")


async def test_of_two_owners_who_remove_each_other_at_once_one_stays(caller: MakeCaller, clinic: Node) -> None:
    owner, second = await logged_in(caller, ASHA.phone), await logged_in(caller, VIKRAM.phone)
    await hire(owner, VIKRAM.phone, "owner")
    second.actor = await second.reload()
    answers = await asyncio.gather(
        owner.call("place.remove_member", account_id=str(VIKRAM.account_id)),
        second.call("place.remove_member", account_id=str(ASHA.account_id)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert sum(isinstance(answer, NotFound) for answer in answers) == 1
    assert [row["duty"] for row in await rows(clinic, LIVE, CLINIC)].count("owner") == 1


async def test_the_last_owner_cannot_leave(caller: MakeCaller, clinic: Node) -> None:
    owner = await logged_in(caller, ASHA.phone)
    with pytest.raises(LastOwner):
        await owner.call("place.remove_member", account_id=str(ASHA.account_id))
    assert [row["duty"] for row in await rows(clinic, LIVE, CLINIC)] == ["front_desk", "owner"]


async def test_a_known_and_an_unknown_number_are_added_alike(caller: MakeCaller) -> None:
    owner = await logged_in(caller, ASHA.phone)
    known, unknown = [
        await owner.call("place.invite_member", phone=phone, duty="nurse") for phone in (PRIYA.phone, NEW)
    ]
    assert known.keys() == unknown.keys()
    assert len(await owner.call("place.members")) == 2  # nobody works here who did not say yes
    for phone, offer in ((PRIYA.phone, known), (NEW, unknown)):
        invited = await logged_in(caller, phone)
        unknown = await invited.call("member.accept", invitation_id=offer["id"])
    assert PRIYA.name not in str(known)
    listed = await owner.call("place.members")
    assert PRIYA.name not in str(listed)
    assert len(listed) == 4
    new = await logged_in(caller, NEW)
    assert new.actor is not None
    assert str(new.actor.id) == unknown["account_id"]
    assert new.actor.capacities == {"patient", "staff"}


async def test_one_duty_is_given_once_even_by_four_at_once(caller: MakeCaller) -> None:
    owner = await logged_in(caller, ASHA.phone)
    answers = await asyncio.gather(
        *(owner.call("place.invite_member", phone=NEW, duty="nurse") for _ in range(4)), return_exceptions=True
    )
    (offer,) = [answer for answer in answers if isinstance(answer, dict)]
    assert sum(isinstance(answer, AlreadyAsked) for answer in answers) == 3
    new = await logged_in(caller, NEW)
    taken = await asyncio.gather(
        *(new.call("member.accept", invitation_id=offer["id"]) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(answer, dict) for answer in taken) == 1
    assert sum(isinstance(answer, NotFound) for answer in taken) == 3
    again = await owner.call("place.invite_member", phone=NEW, duty="nurse")
    with pytest.raises(AlreadyMember):
        await new.call("member.accept", invitation_id=again["id"])


async def test_a_duty_comes_back_after_it_ended(caller: MakeCaller) -> None:
    owner = await logged_in(caller, ASHA.phone)
    await owner.call("place.remove_member", account_id=str(DESK.account_id), duty="front_desk")
    with pytest.raises(NotFound):
        await owner.call("place.remove_member", account_id=str(DESK.account_id), duty="front_desk")
    await hire(owner, DESK.phone, "front_desk")
    desk = await logged_in(caller, DESK.phone)
    assert desk.actor is not None
    assert "staff" in desk.actor.capacities


async def test_who_works_at_several_places_says_which(caller: MakeCaller, clinic: Node) -> None:
    owner = await logged_in(caller, ASHA.phone)
    async with clinic.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, 'owner', now())",
            ASHA.account_id,
            LABORATORY,
        )
    with pytest.raises(InvalidParams):
        await owner.call("place.members")
    assert len(await owner.call("place.members", place_id=str(LABORATORY))) == 3


async def test_doors_of_the_directory(caller: MakeCaller, clinic: Node) -> None:
    asha, desk = await logged_in(caller, ASHA.phone), await logged_in(caller, DESK.phone)
    async with clinic.db.transaction() as tx:
        own = await access.own_doctor(ctx_of(clinic, tx, asha.actor))
        assert own.id == DOCTOR_ASHA
        with pytest.raises(NotFound):
            await access.own_doctor(ctx_of(clinic, tx, desk.actor))
        assert (await access.place(ctx_of(clinic, tx, desk.actor), duties=frozenset(Duty), lock=True)).id == CLINIC
        assert await access.affiliated(tx, DOCTOR_VIKRAM, CLINIC) is not None
        assert await access.affiliated(tx, DOCTOR_VIKRAM, PHARMACY) is None
        assert (await access.room(tx, CLINIC, ROOM_1)).place_id == CLINIC
        with pytest.raises(NotFound):
            await access.room(tx, PHARMACY, ROOM_1)
        ctx = ctx_of(clinic, tx, desk.actor)
        await access.place(ctx, CLINIC, duties=frozenset({Duty.FRONT_DESK}))
        assert ctx.doors == [("channels.directory.access.place", {"place_id": CLINIC, "duties": {Duty.FRONT_DESK}})]
        await tx.execute("UPDATE account_capacity SET state = 'withdrawn' WHERE account_id = $1", ASHA.account_id)
        with pytest.raises(NotFound):
            await access.own_doctor(ctx_of(clinic, tx, asha.actor))
        with pytest.raises(NotFound):
            await access.doctor(ctx_of(clinic, tx, None), DOCTOR_ASHA)


async def test_a_repeat_with_the_same_key_after_removal_tells_nothing(caller: MakeCaller, clinic: Node) -> None:
    owner, manager = await logged_in(caller, ASHA.phone), await logged_in(caller, VIKRAM.phone)
    await hire(owner, VIKRAM.phone, "manager")
    manager.actor = await manager.reload()
    key = f"{int(clinic.clock.real_now().timestamp() * 1000):012x}7000800000000000000a"
    key = f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"
    first = await manager.call("place.invite_member", phone=NEW, duty="nurse", idempotency_key=key)
    assert await manager.call("place.invite_member", phone=NEW, duty="nurse", idempotency_key=key) == first
    await owner.call("place.remove_member", account_id=str(VIKRAM.account_id))
    with pytest.raises(NotFound):
        await manager.call("place.invite_member", phone=NEW, duty="nurse", idempotency_key=key)
