"""E-mail and password: guessing, telling who exists, locking the owner out; then registering and admins.

Ledger: auth.login H-071 H-247 M-163, auth.register H-104 H-143 H-182 H-214 M-162, auth.password_hash M-076 M-455
(argon2 instead of bcrypt), auth.service M-057.
"""

import asyncio
import time
from collections.abc import Callable

import pytest

from carewire.errors import AlreadyAuthenticated, Forbidden, InvalidParams, RateLimited
from carewire.node import Node
from channels.identity.caps import Cap
from channels.identity.demo import ADMIN_EMAIL, ADMIN_PASSWORD, PRIYA
from channels.identity.errors import CodeGone, WrongPassword
from tests.channels.callers import Caller, TurnableClock, fresh_network, next_code, rows, told

MakeCaller = Callable[..., Caller]
NEW = "+919811100001"


async def admin_of(caller: MakeCaller) -> Caller:
    admin = caller()
    await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    return admin


async def test_a_guesser_is_stopped_and_the_owner_is_not(
    caller: MakeCaller, clinic: Node, clock: TurnableClock
) -> None:
    net = fresh_network()
    guesses = [
        Caller(clinic, f"{net}{n}").call("auth.login", email=ADMIN_EMAIL, password=f"guess {n}") for n in range(20)
    ]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(answer, WrongPassword) for answer in answers) == Cap.LOGIN_PAIR.most
    assert sum(isinstance(answer, RateLimited) for answer in answers) == 20 - Cap.LOGIN_PAIR.most
    with pytest.raises(RateLimited):
        await Caller(clinic, f"{net}99").call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    await caller().call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    clock.turn(minutes=16)
    await Caller(clinic, f"{net}99").call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)


async def test_one_password_tried_on_many_addresses_is_stopped_too(clinic: Node) -> None:
    net = fresh_network()
    for n in range(Cap.LOGIN_NETWORK.most):
        with pytest.raises(WrongPassword):
            await Caller(clinic, f"{net}{n}").call("auth.login", email=f"nobody{n}@example.test", password="Password1")
    with pytest.raises(RateLimited):
        await Caller(clinic, f"{net}99").call("auth.login", email="nobody@example.test", password="Password1")


async def test_an_unknown_address_is_answered_like_a_wrong_password_and_takes_as_long(caller: MakeCaller) -> None:
    refusals, took = [], []
    for email in (ADMIN_EMAIL, "nobody@example.test"):
        spans = []
        for _ in range(5):
            began = time.perf_counter()
            with pytest.raises(WrongPassword) as refused:
                await caller().call("auth.login", email=email, password="not the password")
            spans.append(time.perf_counter() - began)
        refusals.append(refused.value.to_wire())
        took.append(min(spans))
    assert refusals[0] == refusals[1]
    assert 0.25 < took[0] / took[1] < 4, took  # a look-up without a hash is far quicker


async def test_right_passwords_use_up_no_cap(clinic: Node) -> None:
    address = fresh_network(1)
    for _ in range(Cap.LOGIN_PAIR.most + 2):
        await Caller(clinic, address).call("auth.login", email=ADMIN_EMAIL.upper(), password=ADMIN_PASSWORD)


async def test_an_account_without_a_password_has_none_to_guess(caller: MakeCaller, clinic: Node) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account SET email = 'priya@example.test' WHERE id = $1", PRIYA.account_id)
    for password in ("x", "the password of an address nobody has"):
        with pytest.raises(WrongPassword):
            await caller().call("auth.login", email="priya@example.test", password=password)


@pytest.mark.parametrize("user_type", ["admin", "hospital_admin", "staff", "display", "Patient"])
async def test_nobody_registers_as_an_administrator(caller: MakeCaller, user_type: str) -> None:
    with pytest.raises(InvalidParams):
        await caller().call("auth.register", user_type=user_type, name="Mallory", phone=NEW)


@pytest.mark.parametrize("extra", [{"capacities": ["admin"]}, {"is_verified": True}, {"state": "active"}])
async def test_registering_takes_no_fields_beyond_its_own(caller: MakeCaller, extra: dict[str, object]) -> None:
    with pytest.raises(InvalidParams):
        await caller().call("auth.register", user_type="doctor", name="Mallory", phone=NEW, **extra)


async def test_nobody_plants_a_password_into_another_persons_first_login(caller: MakeCaller, clinic: Node) -> None:
    mallory = {"email": "mallory@example.test", "password": "mallory's password"}
    await caller().call("auth.register", user_type="doctor", name="Mallory", phone=NEW, **mallory)
    code = await next_code(clinic, NEW, 0)
    victim = caller()
    login = await victim.call("auth.otp_verify", phone=NEW, code=code, name="Lakshmi")
    assert login["account"]["name"] == "Lakshmi"
    assert login["account"]["pending"] == []
    assert (await victim.call("profile.get"))["email"] is None
    with pytest.raises(WrongPassword):
        await caller().call("auth.login", **mallory)


async def test_a_ticket_is_good_for_its_own_number_only(caller: MakeCaller, clinic: Node) -> None:
    asked = await caller().call("auth.register", user_type="doctor", name="Mallory", phone=NEW)
    priya = caller()
    login = await priya.log_in(PRIYA.phone, registration=asked["registration"])
    assert login["account"]["pending"] == []
    with pytest.raises(CodeGone):
        await caller().call("auth.otp_verify", phone=PRIYA.phone, code="000000", registration=asked["registration"])


async def test_registering_answers_alike_for_known_and_unknown_numbers(caller: MakeCaller) -> None:
    known = await caller().call("auth.register", user_type="patient", name="Somebody", phone=PRIYA.phone)
    unknown = await caller().call("auth.register", user_type="patient", name="Somebody", phone=NEW)
    assert known.keys() == unknown.keys() == {"registration", "expires_at", "resend_after_s"}


async def test_a_registered_doctor_waits_for_verification_and_logs_in_by_both_ways(
    caller: MakeCaller, clinic: Node
) -> None:
    own = {"email": "Meena@Example.test", "password": "a long password"}
    asked = await caller().call("auth.register", user_type="doctor", name="Dr. Meena", phone=NEW, locale="hi", **own)
    doctor = caller()
    code = await next_code(clinic, NEW, 0)
    login = await doctor.call("auth.otp_verify", phone=NEW, code=code, registration=asked["registration"])
    assert login["account"]["name"] == "Dr. Meena"
    assert login["account"]["capacities"] == ["patient"]
    assert login["account"]["pending"] == ["doctor"]
    assert login["account"]["locale"] == "hi"
    assert doctor.actor is not None
    assert "doctor" not in doctor.actor.capacities
    again = await caller().call("auth.login", **own)
    assert again["account"]["id"] == login["account"]["id"]


async def test_a_patient_who_registers_as_a_pharmacy_keeps_her_account(caller: MakeCaller, clinic: Node) -> None:
    asked = await caller().call("auth.register", user_type="pharmacy", name="Priya Medicals", phone=PRIYA.phone)
    code = await next_code(clinic, PRIYA.phone, 0)
    answer = await caller().call("auth.otp_verify", phone=PRIYA.phone, code=code, registration=asked["registration"])
    assert answer["account"]["id"] == str(PRIYA.account_id)
    assert answer["account"]["name"] == PRIYA.name
    assert answer["account"]["pending"] == ["pharmacy"]
    ((name, data),) = await told(clinic, f"account:{PRIYA.account_id}")
    assert name == "profile:updated"
    assert data["profile"]["pending"] == ["pharmacy"]


async def test_an_email_that_is_taken_is_left_out_without_a_word(caller: MakeCaller, clinic: Node) -> None:
    asked = await caller().call(
        "auth.register", user_type="patient", name="Mallory", phone=NEW, email=ADMIN_EMAIL, password="my own password"
    )
    code = await next_code(clinic, NEW, 0)
    mallory = caller()
    await mallory.call("auth.otp_verify", phone=NEW, code=code, registration=asked["registration"])
    assert (await mallory.call("profile.get"))["email"] is None
    with pytest.raises(WrongPassword):
        await caller().call("auth.login", email=ADMIN_EMAIL, password="my own password")


@pytest.mark.parametrize("password", ["short", "", "x" * 129])
async def test_a_password_has_8_to_128_characters(caller: MakeCaller, password: str) -> None:
    with pytest.raises(InvalidParams):
        await caller().call(
            "auth.register", user_type="patient", name="A", phone=NEW, email="a@example.test", password=password
        )


async def test_a_password_without_an_email_is_refused(caller: MakeCaller) -> None:
    with pytest.raises(InvalidParams) as refused:
        await caller().call("auth.register", user_type="patient", name="A", phone=NEW, password="long enough")
    assert refused.value.fields[0].path == "$.email"


async def test_a_hospitals_administrator_is_no_administrator(caller: MakeCaller) -> None:
    admin = await admin_of(caller)
    new = {"user_type": "hospital_admin", "name": "H", "email": "h@example.test", "password": "long enough"}
    await admin.call("user.create", **new)
    other = caller()
    await other.call("auth.login", email="h@example.test", password="long enough")
    with pytest.raises(Forbidden):
        await other.call("user.create", **{**new, "email": "h2@example.test"})


async def test_a_logged_in_socket_does_not_log_in_again(caller: MakeCaller) -> None:
    admin = await admin_of(caller)
    with pytest.raises(AlreadyAuthenticated):
        await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    with pytest.raises(AlreadyAuthenticated):
        await admin.call("auth.register", user_type="patient", name="A", phone=NEW)


async def test_no_password_stands_in_the_database(caller: MakeCaller, clinic: Node) -> None:
    asked = await caller().call(
        "auth.register", user_type="patient", name="A", phone=NEW, email="a@example.test", password="canary-password"
    )
    code = await next_code(clinic, NEW, 0)
    await caller().call("auth.otp_verify", phone=NEW, code=code, registration=asked["registration"])
    await caller().call("auth.login", email="a@example.test", password="canary-password")
    for table in ("account", "registration", "login", "job", "event", "throttle"):
        for row in await rows(clinic, f"SELECT x::text AS t FROM {table} x"):
            assert "canary-password" not in row["t"]
    assert not await rows(clinic, "SELECT 1 FROM registration")
