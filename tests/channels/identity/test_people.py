"""Patients, families and profiles: strangers first.

Ledger: profile.get H-107 H-146 H-185 H-217 H-268 M-168, profile.update H-108 H-269 M-169, profile.service H-044.
"""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from carewire.actor import Actor
from carewire.command import Ctx
from carewire.errors import Forbidden, InvalidParams, MethodNotFound, NotFound, Unauthenticated
from carewire.node import Node
from carewire.topic import REGISTRY as TOPICS
from channels.identity import access, credentials
from channels.identity.demo import (
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    ARJUN_PATIENT,
    DESK,
    KAMLA_PATIENT,
    PRIYA,
    PRIYA_PATIENT,
    SELF_PATIENTS,
    VIKRAM,
)
from channels.identity.errors import AlreadyGuardian, TooManyPatients
from channels.identity.patients import PATIENTS_MAX
from tests.channels.callers import Caller, told

MakeCaller = Callable[..., Caller]


async def logged_in(caller: MakeCaller, phone: str) -> Caller:
    made = caller()
    await made.log_in(phone)
    return made


def ctx_of(clinic: Node, tx: Any, actor: Actor | None) -> Ctx:
    now = clinic.clock.now()
    return Ctx(tx=tx, now=now, real_now=now, settings=clinic.settings, actor=actor)


async def test_a_stranger_finds_no_patient_whatever_id_she_tries(caller: MakeCaller) -> None:
    desk = await logged_in(caller, DESK.phone)
    for patient_id in (PRIYA_PATIENT, KAMLA_PATIENT, uuid4()):
        with pytest.raises(NotFound):
            await desk.call("patient.get", patient_id=str(patient_id))


async def test_a_guardianship_that_ended_opens_nothing(caller: MakeCaller, clinic: Node) -> None:
    priya = await logged_in(caller, PRIYA.phone)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE guardianship SET until = now() WHERE patient_id = $1", ARJUN_PATIENT)
        assert await access.guards(tx, PRIYA.account_id, ARJUN_PATIENT) is None
        assert await access.guards(tx, PRIYA.account_id, KAMLA_PATIENT) is not None
    with pytest.raises(NotFound):
        await priya.call("patient.get", patient_id=str(ARJUN_PATIENT))
    assert len((await priya.call("patient.list"))["rows"]) == 2


async def test_many_guardianships_are_asked_in_one_query_in_order(clinic: Node) -> None:
    async with clinic.db.snapshot() as tx:
        asks = [
            (PRIYA.account_id, KAMLA_PATIENT),
            (DESK.account_id, KAMLA_PATIENT),
            (PRIYA.account_id, PRIYA_PATIENT),
            (uuid4(), uuid4()),
        ]
        answers = await access.guards_many(tx, asks)
        assert [answer is not None for answer in answers] == [True, False, True, False]
        assert await access.guards_many(tx, []) == []


async def test_an_admin_and_an_anonymous_have_no_patients(caller: MakeCaller) -> None:
    admin = caller()
    await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    assert (await admin.call("patient.list"))["rows"] == []
    with pytest.raises(Unauthenticated):
        await caller().call("patient.list")


async def test_one_phone_acts_for_its_family_and_must_say_for_whom(caller: MakeCaller) -> None:
    priya = await logged_in(caller, PRIYA.phone)
    family = (await priya.call("patient.list"))["rows"]
    assert [member["kind"] for member in family] == ["self", "parent", "child"]
    assert family[0]["id"] == str(PRIYA_PATIENT)
    with pytest.raises(InvalidParams):
        await priya.call("patient.get")
    assert (await priya.call("patient.get", patient_id=str(ARJUN_PATIENT)))["birth_year"] == 2016


async def test_who_acts_for_herself_only_need_not_say_so(caller: MakeCaller) -> None:
    desk = await logged_in(caller, DESK.phone)
    assert (await desk.call("patient.get"))["id"] == str(SELF_PATIENTS[DESK.account_id])


async def test_a_family_grows_to_a_dozen_even_when_all_are_added_at_once(caller: MakeCaller, clinic: Node) -> None:
    desk = await logged_in(caller, DESK.phone)
    answers = await asyncio.gather(
        *(desk.call("patient.create", name=f"Child {n}", kind="parent", birth_year=2020) for n in range(15)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, dict) for answer in answers) == PATIENTS_MAX - 1
    assert sum(isinstance(answer, TooManyPatients) for answer in answers) == 15 - (PATIENTS_MAX - 1)
    assert len((await desk.call("patient.list"))["rows"]) == PATIENTS_MAX


async def test_adding_with_the_same_key_adds_once(caller: MakeCaller) -> None:
    desk = await logged_in(caller, DESK.phone)
    key = str(UUID(int=(int(desk.node.clock.real_now().timestamp() * 1000) << 80) | (7 << 76) | (2 << 62)))
    both = [await desk.call("patient.create", name="Chintu", kind="parent", idempotency_key=key) for _ in range(2)]
    assert both[0] == both[1]
    assert len((await desk.call("patient.list"))["rows"]) == 2


async def test_nobody_is_herself_twice(caller: MakeCaller) -> None:
    desk = await logged_in(caller, DESK.phone)
    with pytest.raises(AlreadyGuardian):
        await desk.call("patient.create", name="Me again", kind="self")
    assert len((await desk.call("patient.list"))["rows"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"birth_year": 1700}, {"birth_year": 2199}, {"sex": "x"}, {"kind": "owner"}, {"name": ""}, {"place_id": None}],
)
async def test_a_patient_of_wrong_form_is_refused(caller: MakeCaller, wrong: dict[str, Any]) -> None:
    desk = await logged_in(caller, DESK.phone)
    with pytest.raises(InvalidParams):
        await desk.call("patient.create", **{"name": "A", "kind": "parent", **wrong})


async def test_a_profile_is_ones_own_and_a_change_is_told(caller: MakeCaller, clinic: Node) -> None:
    desk = await logged_in(caller, DESK.phone)
    before = await desk.call("profile.get")
    assert before["capacities"] == ["patient", "staff"]
    assert [member["duty"] for member in before["memberships"]] == ["front_desk"]
    after = await desk.call("profile.update", name="Sunita Kumari")
    assert after == {**before, "name": "Sunita Kumari"}
    assert (await desk.call("patient.get"))["name"] == "Sunita Kumari"
    await desk.call("profile.update", locale="en")
    events = await told(clinic, f"account:{DESK.account_id}")
    assert [name for name, _ in events] == ["profile:updated", "profile:updated"]
    assert events[-1][1]["profile"] == await desk.call("profile.get")


@pytest.mark.parametrize(
    "field", ["id", "phone", "email", "capacities", "state", "is_verified", "password_hash", "rights_version"]
)
async def test_a_profile_takes_no_fields_beyond_name_and_language(caller: MakeCaller, field: str) -> None:
    desk = await logged_in(caller, DESK.phone)
    with pytest.raises(InvalidParams):
        await desk.call("profile.update", **{field: "admin"})


async def test_the_account_topic_is_for_the_account_alone_and_events_lead_to_its_snapshot(
    caller: MakeCaller, clinic: Node
) -> None:
    desk, priya = await logged_in(caller, DESK.phone), await logged_in(caller, PRIYA.phone)
    topic = TOPICS["account"]
    assert desk.actor is not None
    assert priya.actor is not None
    async with clinic.db.snapshot() as tx:
        asks = [
            (desk.actor, (DESK.account_id,)),
            (desk.actor, (PRIYA.account_id,)),
            (priya.actor, (PRIYA.account_id,)),
            (priya.actor, (uuid4(),)),
        ]
        answers = await topic.may(ctx_of(clinic, tx, None), asks)
        assert [answer is not None for answer in answers] == [True, False, True, False]
    await priya.call("profile.update", name="Priya S.", locale="en")
    (*_, (_, data)) = await told(clinic, f"account:{PRIYA.account_id}")
    async with clinic.db.snapshot() as tx:
        fresh = await topic.snapshot(ctx_of(clinic, tx, None), PRIYA.account_id)
    assert data["profile"] == msgspec.to_builtins(fresh)


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        ("INSERT INTO account (phone, name, created_at) VALUES ('+919900000004', 'x', now())", "account_phone_key"),
        ("INSERT INTO account (email, name, created_at) VALUES ('A@b.c', 'x', now())", "account_email_check"),
        ("INSERT INTO account (name, created_at) VALUES ('x', now())", "account_reachable"),
        ("UPDATE account SET phone = '9900000004' WHERE phone = '+919900000004'", "account_phone_check"),
        (
            "INSERT INTO guardianship (account_id, patient_id, kind, since) SELECT account_id, patient_id, 'other',"
            " now() FROM guardianship LIMIT 1",
            "guardianship_live_once",
        ),
        (
            "UPDATE guardianship SET kind = 'self', lapses_at = NULL WHERE kind = 'parent'",
            "guardianship_one_self",
        ),
        (
            "INSERT INTO guardianship (account_id, patient_id, kind, since) SELECT a.id, g.patient_id, 'self', now()"
            " FROM account a, guardianship g WHERE a.email IS NOT NULL AND g.kind = 'self' LIMIT 1",
            "guardianship_self_of_one",
        ),
        (
            "INSERT INTO membership (account_id, place_id, duty, since) SELECT account_id, place_id, duty, now()"
            " FROM membership LIMIT 1",
            "membership_live_once",
        ),
        ("DELETE FROM account WHERE phone = '+919900000004'", "account_capacity_account_id_fkey"),
        ("DELETE FROM patient WHERE name = 'Arjun Sharma'", "guardianship_patient_id_fkey"),
    ],
)
async def test_the_database_says_no_by_itself(clinic: Node, sql: str, constraint: str) -> None:
    async def attempt() -> None:
        async with clinic.db.transaction() as tx:
            await tx.execute(sql)

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await attempt()
    assert refused.value.constraint_name == constraint


async def test_another_domains_credential_is_resolved_by_its_prefix(
    caller: MakeCaller, clinic: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Actor(id=uuid4(), login_id=uuid4(), capacities=frozenset({"display"}), expires_at=clinic.clock.real_now())

    async def authenticate(tx: Any, token: str, now: Any) -> Actor:
        if token != "scrn_right":
            raise Unauthenticated()
        return screen

    async def reload(tx: Any, actors: Any, now: Any) -> dict[UUID, Actor]:
        return {actor.login_id: actor for actor in actors if actor.login_id == screen.login_id}

    monkeypatch.setattr(credentials, "CREDENTIALS", dict(credentials.CREDENTIALS))
    credentials.register("scrn_", authenticate, reload)
    display = caller()
    answer = await display.call("auth.authenticate", access_token="scrn_right")
    assert answer["account"] is None
    assert answer["capacities"] == ["display"]
    assert await display.reload() == screen
    with pytest.raises(Forbidden):
        await display.call("patient.list")
    with pytest.raises(NotFound):
        await display.call("profile.get")
    with pytest.raises(Unauthenticated):
        await caller().call("auth.authenticate", access_token="scrn_wrong")
    with pytest.raises(TypeError):
        credentials.register("scrn_", authenticate, reload)


async def test_letters_are_read_in_development_only(caller: MakeCaller, clinic: Node) -> None:
    clinic.dispatcher.settings = msgspec.structs.replace(clinic.settings, mode="production")
    with pytest.raises(MethodNotFound):
        await caller().call("dev.mailbox", to=VIKRAM.phone)
