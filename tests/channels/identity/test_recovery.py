"""Forgotten, changed and stolen passwords, verified addresses, other devices: thieves and guessers first.

Ledger: auth.verify_email M-170, auth.resend_verification M-171, auth.forgot_password M-166, auth.reset_password M-167,
auth.password_reset_service H-043, profile.change_password H-270, auth.logout H-073 H-248 M-165.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from carewire.errors import InvalidParams, NotFound, RateLimited, Unauthenticated
from carewire.node import Node
from channels.identity.caps import Cap
from channels.identity.demo import ADMIN_EMAIL, ADMIN_ID, ADMIN_PASSWORD, DESK, PRIYA
from channels.identity.errors import AlreadyVerified, NoEmail, NoPassword, ProofGone, WrongPassword
from tests.channels.callers import Caller, TurnableClock, letters, next_code, rows, told
from tests.patience import PATIENCE_S

MakeCaller = Callable[..., Caller]
NEW = "+919811100031"
MAIL = "leela@example.test"
OLD = "an old password"
FRESH = "a fresh password"


async def leela(caller: MakeCaller, clinic: Node) -> Caller:
    """Somebody who registered with an e-mail and a password, and has not read her mail yet."""
    asked = await caller().call(
        "auth.register", user_type="patient", name="Leela", phone=NEW, email=MAIL, password=OLD, locale="hi"
    )
    made = caller()
    code = await next_code(clinic, NEW, 0)
    await made.call("auth.otp_verify", phone=NEW, code=code, registration=asked["registration"])
    return made


async def token_of(node: Node, number: int) -> str:
    """The token of the number-th mail to her."""
    async with asyncio.timeout(PATIENCE_S):
        while len(found := await letters(node, MAIL)) < number:
            pass
    match = re.search(r"[\w-]{43}", found[0]["body"])
    assert match is not None
    return match[0]


async def jobs_done(node: Node) -> None:
    """Nothing that is due is on its way any more."""
    async with asyncio.timeout(PATIENCE_S):
        while await rows(node, "SELECT 1 FROM job WHERE state = 'open' AND due_at <= now()"):
            pass


async def test_a_reset_token_is_good_once_for_half_an_hour_and_ends_every_login(
    caller: MakeCaller, clinic: Node, clock: TurnableClock
) -> None:
    owner = await leela(caller, clinic)
    await token_of(clinic, 1)
    thief = caller()
    stolen = await thief.call("auth.login", email=MAIL, password=OLD)
    await caller().call("auth.forgot_password", email=MAIL.upper())
    first = await token_of(clinic, 2)
    await caller().call("auth.forgot_password", email=MAIL)
    token = await token_of(clinic, 3)
    for dead in (first, token[:-1], "x" * 43):  # replaced, cut, made up
        with pytest.raises(ProofGone):
            await caller().call("auth.reset_password", token=dead, password=FRESH)
    with pytest.raises(ProofGone):  # a token for one thing proves no other
        await caller().call("auth.verify_email", token=token)
    answers = await asyncio.gather(
        *(caller().call("auth.reset_password", token=token, password=f"{FRESH} {n}") for n in range(4)),
        return_exceptions=True,
    )
    assert [answer for answer in answers if isinstance(answer, dict)] == [{"logins_ended": 2}]
    assert sum(isinstance(answer, ProofGone) for answer in answers) == 3
    assert await owner.reload() is None
    assert await thief.reload() is None
    for method, key in (("auth.authenticate", "access_token"), ("auth.refresh", "refresh_token")):
        with pytest.raises(Unauthenticated):
            await caller().call(method, **{key: stolen[key]})
    with pytest.raises(WrongPassword):
        await caller().call("auth.login", email=MAIL, password=OLD)
    await caller().call("auth.forgot_password", email=MAIL)
    late = await token_of(clinic, 4)
    clock.turn(minutes=30)
    with pytest.raises(ProofGone):
        await caller().call("auth.reset_password", token=late, password=FRESH)


async def test_nobody_learns_by_a_forgotten_password_who_is_known(caller: MakeCaller, clinic: Node) -> None:
    await leela(caller, clinic)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account SET email = 'priya@example.test' WHERE id = $1", PRIYA.account_id)
    # With a password, without one, unknown: one answer and one limit for all three.
    addresses = (MAIL, "priya@example.test", "nobody@example.test")
    answers = [await caller().call("auth.forgot_password", email=address) for address in addresses]
    assert answers[0] == answers[1] == answers[2]
    refusals = []
    for address in addresses:
        for _ in range(Cap.MAIL_ADDRESS_HOUR.most - 1):
            await caller().call("auth.forgot_password", email=address)
        with pytest.raises(RateLimited) as refused:
            await caller().call("auth.forgot_password", email=address)
        refusals.append(refused.value.reason)
    await jobs_done(clinic)
    written = await rows(clinic, "SELECT DISTINCT address FROM mailbox WHERE channel = 'email'")
    assert [row["address"] for row in written] == [MAIL]


async def test_no_mailed_token_stands_in_the_database(caller: MakeCaller, clinic: Node) -> None:
    await leela(caller, clinic)
    await caller().call("auth.forgot_password", email=MAIL)
    token = await token_of(clinic, 2)
    for table in ("address_proof", "job", "event", "receipt", "throttle"):
        for row in await rows(clinic, f"SELECT x::text AS t FROM {table} x"):
            assert token not in row["t"]
            assert token.encode().hex() not in row["t"]


async def test_an_address_is_verified_by_whoever_reads_it_and_by_nothing_else(caller: MakeCaller, clinic: Node) -> None:
    owner = await leela(caller, clinic)
    assert (await owner.call("profile.get"))["email_verified"] is False
    with pytest.raises(InvalidParams):
        await owner.call("profile.update", email_verified=True)
    first = await token_of(clinic, 1)
    await owner.call("auth.resend_verification")
    token = await token_of(clinic, 2)
    with pytest.raises(ProofGone):
        await caller().call("auth.verify_email", token=first)
    # A token proves the address it went to, not the one the account has meanwhile.
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account SET email = 'other@example.test' WHERE phone = $1", NEW)
    with pytest.raises(ProofGone):
        await caller().call("auth.verify_email", token=token)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account SET email = $2 WHERE phone = $1", NEW, MAIL)
    assert await caller().call("auth.verify_email", token=token) == {"email": MAIL}
    profile = await owner.call("profile.get")
    assert profile["email_verified"] is True
    assert owner.actor is not None
    (*_, (name, data)) = await told(clinic, f"account:{owner.actor.id}")
    assert (name, data["profile"]) == ("profile:updated", profile)  # the event is the whole snapshot
    with pytest.raises(AlreadyVerified):
        await owner.call("auth.resend_verification")
    priya = caller()
    await priya.log_in(PRIYA.phone)
    with pytest.raises(NoEmail):
        await priya.call("auth.resend_verification")


async def test_a_borrowed_phone_is_no_place_to_guess_the_password(
    caller: MakeCaller, clinic: Node, clock: TurnableClock
) -> None:
    admin = caller()
    await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    guesses = await asyncio.gather(
        *(admin.call("profile.change_password", old_password=f"guess {n}", password=FRESH) for n in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, WrongPassword) for answer in guesses) == Cap.PASSWORD_ACCOUNT.most
    with pytest.raises(RateLimited):
        await admin.call("profile.change_password", old_password=ADMIN_PASSWORD, password=FRESH)
    clock.turn(minutes=16)
    other = caller()
    await other.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    await caller().call("auth.forgot_password", email=ADMIN_EMAIL)
    assert await admin.call("profile.change_password", old_password=ADMIN_PASSWORD, password=FRESH) == {
        "logins_ended": 1
    }
    assert await other.reload() is None
    assert await admin.reload() is not None
    await caller().call("auth.login", email=ADMIN_EMAIL, password=FRESH)
    priya = caller()
    await priya.log_in(PRIYA.phone)
    with pytest.raises(NoPassword):
        await priya.call("profile.change_password", old_password="anything", password=FRESH)


async def test_one_sees_and_ends_ones_own_devices_and_no_others(caller: MakeCaller, clinic: Node) -> None:
    phone, tablet, desk = caller(), caller(), caller()
    await phone.log_in(PRIYA.phone, device="phone")
    lost = await tablet.log_in(PRIYA.phone, device="tablet")
    strange = await desk.log_in(DESK.phone, device="desk")
    listed: list[dict[str, Any]] = await phone.call("auth.devices")
    assert [(row["device"], row["current"]) for row in listed] == [("tablet", False), ("phone", True)]
    for login_id in (strange["login_id"], str(uuid4())):
        with pytest.raises(NotFound):
            await phone.call("auth.logout", login_id=login_id)
    with pytest.raises(InvalidParams):
        await phone.call("auth.logout", login_id=lost["login_id"], all=True)
    assert await desk.reload() is not None
    assert await phone.call("auth.logout", login_id=lost["login_id"]) == {"all": False}
    assert phone.actor is not None
    assert await tablet.reload() is None
    with pytest.raises(Unauthenticated):
        await caller().call("auth.refresh", refresh_token=lost["refresh_token"])
    with pytest.raises(NotFound):  # it is over already
        await phone.call("auth.logout", login_id=lost["login_id"])
    assert len(await phone.call("auth.devices")) == 1
    await phone.call("auth.logout", login_id=str(phone.actor.login_id))
    assert phone.actor is None


async def test_the_database_keeps_no_live_login_of_an_account_that_is_shut(caller: MakeCaller, clinic: Node) -> None:
    await caller().log_in(PRIYA.phone)
    with pytest.raises(Exception, match="live login"):
        async with clinic.db.transaction() as tx:
            await tx.execute("UPDATE account SET state = 'deactivated' WHERE id = $1", PRIYA.account_id)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account SET name = 'Admin' WHERE id = $1", ADMIN_ID)
