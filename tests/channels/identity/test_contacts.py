"""Another phone or e-mail, and recycled numbers: thieves of a phone and next owners of a number first (PRODUCT 8).

Ledger: profile.update H-108 M-169 (phone and e-mail only by proof), auth.otp_verify H-106.
"""

import asyncio
import re
from collections.abc import Callable
from uuid import UUID

import asyncpg
import pytest

from carewire.command import Ctx
from carewire.errors import InvalidParams, RateLimited
from carewire.node import Node
from channels.identity import access
from channels.identity.caps import Cap
from channels.identity.demo import ADMIN_EMAIL, ADMIN_PASSWORD, DESK, PRIYA, PRIYA_PATIENT
from channels.identity.errors import (
    CodeGone,
    ContactHeld,
    EmailTaken,
    FactDue,
    PhoneTaken,
    ProofGone,
    SameContact,
    WrongCode,
    WrongFact,
    WrongPassword,
)
from tests.channels.callers import Caller, TurnableClock, another, letters, rows
from tests.patience import PATIENCE_S

MakeCaller = Callable[..., Caller]
NEW = "+919811100041"
LATER = "+919811100042"
MAIL = "priya@example.test"
IPHONE = "0199d3a0-1111-7000-8000-000000000001"


async def priya_of(caller: MakeCaller, **more: str) -> Caller:
    made = caller()
    await made.log_in(PRIYA.phone, **more)
    return made


async def token_to(node: Node, address: str, number: int) -> str:
    """The token of the number-th letter to an address that carries one."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = [re.search(r"[\w-]{43}", letter["body"]) for letter in await letters(node, address)]
            tokens = [match[0] for match in found if match]
            if len(tokens) >= number:
                return tokens[0]


async def test_a_number_is_taken_by_whoever_reads_its_code_and_by_nobody_else(caller: MakeCaller, clinic: Node) -> None:
    priya = await priya_of(caller)
    for params in ({"phone": NEW, "code": "000000"}, {"phone": DESK.phone, "code": "000000"}):
        with pytest.raises(CodeGone):
            await priya.call("profile.change_phone", **params)
    with pytest.raises(InvalidParams):
        await priya.call("profile.update", phone=NEW)
    with pytest.raises(SameContact):
        await priya.call("profile.change_phone", phone=PRIYA.phone, code="000000")
    code = await caller().ask_code(NEW)
    with pytest.raises(WrongCode):
        await priya.call("profile.change_phone", phone=NEW, code=another(code))
    code = await caller().ask_code(DESK.phone)
    with pytest.raises(PhoneTaken):
        await priya.call("profile.change_phone", phone=DESK.phone, code=code)
    assert (await priya.call("profile.get"))["phone"] == PRIYA.phone


async def test_who_lost_her_account_to_a_thief_takes_all_of_it_back_within_a_day(
    caller: MakeCaller, clinic: Node, clock: TurnableClock
) -> None:
    thief = await priya_of(caller)  # with her unlocked phone in his hand
    first = await thief.call("profile.change_phone", phone=NEW, code=await caller().ask_code(NEW))
    assert first["phone"] == NEW
    await thief.call("profile.change_phone", phone=LATER, code=await caller().ask_code(LATER))
    (row,) = await rows(clinic, "SELECT phone FROM patient WHERE id = $1", PRIYA_PATIENT)
    assert row["phone"] == LATER
    with pytest.raises(ContactHeld):  # nobody gets the number meanwhile, not even a new account of the owner's
        await caller().log_in(PRIYA.phone)
    his, hers = await token_to(clinic, NEW, 1), await token_to(clinic, PRIYA.phone, 1)
    assert await caller().call("auth.undo_change", token=hers) == {"contact": "phone"}
    assert await thief.reload() is None
    for dead in (hers, his, "made up"):
        with pytest.raises(ProofGone):
            await caller().call("auth.undo_change", token=dead)
    clock.turn(seconds=31)  # the code of the refused login is still good, so no other is sent before
    owner = await priya_of(caller)
    assert (await owner.call("profile.get"))["phone"] == PRIYA.phone
    stranger = caller()
    login = await stranger.log_in(LATER)
    assert login["account"]["id"] != str(PRIYA.account_id)


async def test_an_email_moves_by_its_own_token_and_back_by_the_old_ones(caller: MakeCaller, clinic: Node) -> None:
    admin, priya = caller(), await priya_of(caller)
    await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    await admin.call("profile.change_email", email="Boss@Example.test")
    token = await token_to(clinic, "boss@example.test", 1)
    with pytest.raises(ProofGone):  # another's token
        await priya.call("profile.confirm_email", token=token)
    moved = await admin.call("profile.confirm_email", token=token)
    assert (moved["email"], moved["email_verified"]) == ("boss@example.test", True)
    await caller().call("auth.login", email="boss@example.test", password=ADMIN_PASSWORD)
    await priya.call("profile.change_email", email=ADMIN_EMAIL)
    held = await token_to(clinic, ADMIN_EMAIL, 2)
    with pytest.raises(ContactHeld):
        await priya.call("profile.confirm_email", token=held)
    undo = next(
        match[0]
        for letter in reversed(await letters(clinic, ADMIN_EMAIL))
        if (match := re.search(r"[\w-]{43}", letter["body"]))
    )
    assert await caller().call("auth.undo_change", token=undo) == {"contact": "email"}
    assert await admin.reload() is None
    # The thief may have chosen the password, so nobody knows it any more.
    for address in (ADMIN_EMAIL, "boss@example.test"):
        with pytest.raises(WrongPassword):
            await caller().call("auth.login", email=address, password=ADMIN_PASSWORD)
    await caller().call("auth.forgot_password", email=ADMIN_EMAIL)
    reset = await token_to(clinic, ADMIN_EMAIL, 3)
    await caller().call("auth.reset_password", token=reset, password="a new beginning")
    await caller().call("auth.login", email=ADMIN_EMAIL, password="a new beginning")


async def test_who_only_wrote_an_address_down_loses_it_to_who_reads_it(caller: MakeCaller, clinic: Node) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account SET email = $2 WHERE id = $1", DESK.account_id, MAIL)
    priya = await priya_of(caller)
    await priya.call("profile.change_email", email=MAIL)
    await priya.call("profile.confirm_email", token=await token_to(clinic, MAIL, 1))
    assert (await priya.call("profile.get"))["email"] == MAIL
    await priya.call("profile.change_email", email=ADMIN_EMAIL)
    with pytest.raises(EmailTaken):  # that one was read
        await priya.call("profile.confirm_email", token=await token_to(clinic, ADMIN_EMAIL, 1))


async def test_after_a_day_a_change_stands_and_the_old_number_is_free(
    caller: MakeCaller, clinic: Node, clock: TurnableClock
) -> None:
    priya = await priya_of(caller)
    await priya.call("profile.change_phone", phone=NEW, code=await caller().ask_code(NEW))
    token = await token_to(clinic, PRIYA.phone, 1)
    with pytest.raises(asyncpg.UniqueViolationError):
        async with clinic.db.transaction() as tx:
            await tx.execute("UPDATE account SET phone = $2 WHERE id = $1", DESK.account_id, PRIYA.phone)
    async with clinic.db.transaction() as tx:  # a day goes by
        await tx.execute(
            "UPDATE contact_change SET changed_at = changed_at - interval '1 day', undo_until = now() - interval '1 s'"
        )
    with pytest.raises(ProofGone):
        await caller().call("auth.undo_change", token=token)
    login = await caller().log_in(PRIYA.phone)
    assert login["account"]["id"] != str(PRIYA.account_id)


async def test_the_next_owner_of_a_number_reads_nothing_clinical(
    caller: MakeCaller, clinic: Node, clock: TurnableClock
) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE patient SET birth_year = 1988 WHERE id = $1", PRIYA_PATIENT)

    async def opens(who: Caller) -> bool:
        async with clinic.db.snapshot() as tx:
            now = clinic.clock.now()
            ctx = Ctx(tx=tx, now=now, real_now=now, settings=clinic.settings, actor=who.actor)
            try:
                await access.require_fact(ctx)
            except FactDue:
                return False
            return True

    first = caller()
    assert (await first.log_in(PRIYA.phone, device=IPHONE))["fact_due"] is None  # nothing was ever here
    assert await opens(first)
    # Any other device owes a fact, also one that calls itself what everybody calls it.
    for device in (None, "phone", "phone", IPHONE[:-1] + "2"):
        other = caller()
        assert (await other.log_in(PRIYA.phone, **({"device": device} if device else {})))["fact_due"] == "birth_year"
        assert not await opens(other)
    assert (await caller().log_in(PRIYA.phone, device=IPHONE))["fact_due"] is None
    thief = other
    # Nothing tells him the answer, and he cannot make it one that he knows.
    family = (await thief.call("patient.list"))["rows"]
    family.append(await thief.call("patient.get", patient_id=str(PRIYA_PATIENT)))
    assert {(row["birth_year"], row["birth_date"]) for row in family} == {(None, None)}
    with pytest.raises(FactDue):
        await thief.call("patient.update", patient_id=str(PRIYA_PATIENT), birth_date="1990-01-01")
    for guess in ("1987", "1989", PRIYA.name, "1 9 8 8", "88"):
        with pytest.raises(WrongFact):
            await thief.call("auth.tell_fact", answer=guess)
    with pytest.raises(RateLimited):
        await thief.call("auth.tell_fact", answer="1988")
    assert Cap.FACT_ACCOUNT.most == 5
    clock.turn(days=91)
    owner = caller()
    login = await owner.log_in(PRIYA.phone, device=IPHONE)
    assert login["fact_due"] == "birth_year"  # idle for too long
    assert (await owner.call("auth.refresh", refresh_token=login["refresh_token"]))["fact_due"] == "birth_year"
    assert await owner.call("auth.tell_fact", answer=" 1988 ") == {"fact_due": None}
    assert await opens(owner)
    assert (await owner.call("patient.get", patient_id=str(PRIYA_PATIENT)))["birth_year"] == 1988
    assert await owner.call("auth.tell_fact", answer="anything") == {"fact_due": None}
    assert UUID(login["account"]["id"]) == PRIYA.account_id
