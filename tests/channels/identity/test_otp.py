"""Login codes: guessing, flooding and telling who is a customer come first; then the honest phone.

Ledger: auth.otp_send H-105 H-144 H-183 H-215, auth.otp_verify H-070 H-145 H-184 H-216, auth.otp_service H-042,
auth.otp_code H-058.
"""

import asyncio
from collections.abc import Callable

import pytest

from carewire.errors import AlreadyAuthenticated, InvalidParams, RateLimited
from carewire.node import Node
from channels.identity import caps
from channels.identity.caps import Cap
from channels.identity.demo import DESK, PRIYA, PRIYA_PATIENT
from channels.identity.errors import AccountClosed, CodeGone, WrongCode
from tests.channels.callers import Caller, TurnableClock, another, fresh_network, letters, next_code, rows
from tests.patience import PATIENCE_S

MakeCaller = Callable[..., Caller]
STRANGER = "+919811100000"


def number(n: int) -> str:
    """One of many strangers."""
    return f"+9198222{n:05d}"


async def test_guessing_from_many_sockets_gets_five_tries_and_then_the_right_code_is_dead(caller: MakeCaller) -> None:
    code = await caller().ask_code(PRIYA.phone)
    guesses = [
        caller().call("auth.otp_verify", phone=PRIYA.phone, code=f"{(int(code) + n) % 10**6:06d}") for n in range(1, 21)
    ]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    wrong = [answer for answer in answers if isinstance(answer, WrongCode)]
    assert sorted(answer.data["tries_left"] for answer in wrong) == [0, 1, 2, 3, 4]
    assert sum(isinstance(answer, CodeGone) for answer in answers) == 15
    with pytest.raises(CodeGone):
        await caller().call("auth.otp_verify", phone=PRIYA.phone, code=code)


async def test_a_new_code_does_not_bring_back_the_old_one(caller: MakeCaller, clock: TurnableClock) -> None:
    old = await caller().ask_code(PRIYA.phone)
    clock.turn(seconds=31)
    new = await caller().ask_code(PRIYA.phone)
    if old != new:  # one time in a million
        with pytest.raises(WrongCode):
            await caller().call("auth.otp_verify", phone=PRIYA.phone, code=old)
    await caller().call("auth.otp_verify", phone=PRIYA.phone, code=new)


async def test_who_comes_back_after_days_gets_a_code_that_works(caller: MakeCaller, clock: TurnableClock) -> None:
    await caller().log_in(PRIYA.phone)
    clock.turn(days=3)
    await caller().log_in(PRIYA.phone)  # her old row was due to be swept by this very ask


async def test_a_code_expires_after_five_minutes_and_works_until_then(caller: MakeCaller, clock: TurnableClock) -> None:
    code = await caller().ask_code(PRIYA.phone)
    clock.turn(minutes=5)
    with pytest.raises(CodeGone):
        await caller().call("auth.otp_verify", phone=PRIYA.phone, code=code)
    clock.turn(seconds=-30)
    await caller().call("auth.otp_verify", phone=PRIYA.phone, code=code)


async def test_a_code_works_once_even_for_eight_sockets_at_once(caller: MakeCaller) -> None:
    code = await caller().ask_code(PRIYA.phone)
    answers = await asyncio.gather(
        *(caller().call("auth.otp_verify", phone=PRIYA.phone, code=code) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert sum(isinstance(answer, CodeGone) for answer in answers) == 7


async def test_the_code_of_one_number_opens_no_other(caller: MakeCaller) -> None:
    code = await caller().ask_code(STRANGER)
    await caller().ask_code(PRIYA.phone)
    with pytest.raises((WrongCode, CodeGone)):
        await caller().call("auth.otp_verify", phone=PRIYA.phone, code=another(code))
    with pytest.raises(CodeGone):
        await caller().call("auth.otp_verify", phone=DESK.phone, code=code)


async def test_known_and_unknown_numbers_are_answered_alike(caller: MakeCaller, clock: TurnableClock) -> None:
    known = await caller().call("auth.otp_send", phone=PRIYA.phone)
    unknown = await caller().call("auth.otp_send", phone=STRANGER)
    assert known.keys() == unknown.keys() == {"expires_at", "resend_after_s"}
    assert known["resend_after_s"] == unknown["resend_after_s"] == 30
    refusals = []
    for phone in (PRIYA.phone, STRANGER):
        code = await next_code(caller().node, phone, 0)
        with pytest.raises(WrongCode) as refused:
            await caller().call("auth.otp_verify", phone=phone, code=another(code))
        refusals.append(refused.value.to_wire())
    assert refusals[0] == refusals[1]


async def test_a_second_ask_within_the_pause_sends_nothing_and_answers_the_same_expiry(
    caller: MakeCaller, clinic: Node
) -> None:
    first = await caller().call("auth.otp_send", phone=STRANGER)
    again = await asyncio.gather(*(caller().call("auth.otp_send", phone=STRANGER) for _ in range(5)))
    assert {answer["expires_at"] for answer in again} == {first["expires_at"]}
    code = await next_code(clinic, STRANGER, 0)
    await caller().call("auth.otp_verify", phone=STRANGER, code=code)
    assert len(await letters(clinic, STRANGER)) == 1


async def test_many_first_asks_at_once_send_one_code(caller: MakeCaller, clinic: Node) -> None:
    answers = await asyncio.gather(*(caller().call("auth.otp_send", phone=STRANGER) for _ in range(8)))
    assert len({answer["expires_at"] for answer in answers}) == 1
    code = await next_code(clinic, STRANGER, 0)
    await caller().call("auth.otp_verify", phone=STRANGER, code=code)
    assert len(await rows(clinic, "SELECT 1 FROM job WHERE name = 'otp.send'")) == 1


async def test_a_number_is_sent_five_unused_codes_an_hour(caller: MakeCaller, clock: TurnableClock) -> None:
    for _ in range(Cap.OTP_NUMBER_HOUR.most):
        await caller().call("auth.otp_send", phone=PRIYA.phone)
        clock.turn(seconds=31)
    with pytest.raises(RateLimited) as refused:
        await caller().call("auth.otp_send", phone=PRIYA.phone)
    assert refused.value.after_ms is not None
    assert 0 < refused.value.after_ms <= 3_600_000
    clock.turn(seconds=refused.value.after_ms / 1000 + 1)
    await caller().call("auth.otp_send", phone=PRIYA.phone)


async def test_a_network_cannot_flood_many_numbers_but_its_neighbour_is_not_hurt(
    caller: MakeCaller, clinic: Node
) -> None:
    most, net = Cap.OTP_NETWORK_HOUR.most, fresh_network()
    for n in range(most):
        await Caller(clinic, f"{net}{n % 250}").call("auth.otp_send", phone=number(n))
    with pytest.raises(RateLimited):
        await Caller(clinic, f"{net}251").call("auth.otp_send", phone=number(most))
    await caller().call("auth.otp_send", phone=number(most))


async def test_a_device_cannot_flood_from_many_networks(caller: MakeCaller) -> None:
    for n in range(Cap.OTP_DEVICE_DAY.most):
        await caller().call("auth.otp_send", phone=number(n), device="the same telephone")
    with pytest.raises(RateLimited):
        await caller().call("auth.otp_send", phone=number(999), device="the same telephone")


async def test_wrong_codes_for_many_numbers_run_into_the_networks_cap(caller: MakeCaller, clinic: Node) -> None:
    guesser = caller()
    for n in range(Cap.OTP_WRONG_NETWORK.most // 5):
        code = await caller().ask_code(number(n))
        for _ in range(5):
            with pytest.raises(WrongCode):
                await guesser.call("auth.otp_verify", phone=number(n), code=another(code))
    code = await caller().ask_code(PRIYA.phone)
    with pytest.raises(RateLimited):
        await guesser.call("auth.otp_verify", phone=PRIYA.phone, code=code)
    await caller().call("auth.otp_verify", phone=PRIYA.phone, code=code)


async def test_logging_in_honestly_uses_up_no_cap(caller: MakeCaller, clinic: Node) -> None:
    address = fresh_network(1)
    for _ in range(Cap.OTP_NUMBER_DAY.most + 2):
        await Caller(clinic, address).log_in(PRIYA.phone, device="phone")
    spent = await rows(clinic, "SELECT kind, spent FROM throttle WHERE kind <> 'otp_number_sms'")
    assert all(row["spent"] == 0 for row in spent)


async def test_one_number_gets_at_most_fifty_messages_a_day_even_when_all_are_used(
    caller: MakeCaller, clinic: Node
) -> None:
    for _ in range(Cap.OTP_NUMBER_SMS.most):
        await caller().log_in(PRIYA.phone)
    with pytest.raises(RateLimited):
        await caller().call("auth.otp_send", phone=PRIYA.phone)


async def test_neither_code_nor_number_stands_in_the_job_or_in_a_counter(caller: MakeCaller, clinic: Node) -> None:
    code = await caller().ask_code(STRANGER)
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await rows(clinic, "SELECT * FROM job WHERE name = 'otp.send' AND state = 'done'")):
            pass  # the row closes after the letter has left
    (job,) = found
    assert job["payload"] is None
    assert STRANGER not in job["key"]
    (otp,) = await rows(clinic, "SELECT * FROM login_otp WHERE phone = $1", STRANGER)
    assert code.encode() not in otp["code_digest"]
    for row in await rows(clinic, "SELECT * FROM throttle"):
        assert len(row["subject"]) == 32


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "12345\n", "123456\n", "１２３４５６", ""])
async def test_a_code_that_is_not_six_digits_costs_no_try(caller: MakeCaller, clinic: Node, code: str) -> None:
    await caller().ask_code(PRIYA.phone)
    with pytest.raises(InvalidParams):
        await caller().call("auth.otp_verify", phone=PRIYA.phone, code=code)
    assert (await rows(clinic, "SELECT tries FROM login_otp"))[0]["tries"] == 0


@pytest.mark.parametrize("phone", ["hello", "+1", "+91 99000 00004 ext. 5", "0000"])
async def test_what_is_no_number_is_refused(caller: MakeCaller, phone: str) -> None:
    with pytest.raises(InvalidParams):
        await caller().call("auth.otp_send", phone=phone)


async def test_a_deactivated_account_is_refused_only_after_the_right_code(caller: MakeCaller, clinic: Node) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account SET state = 'deactivated' WHERE id = $1", PRIYA.account_id)
    code = await caller().ask_code(PRIYA.phone)
    with pytest.raises(WrongCode):
        await caller().call("auth.otp_verify", phone=PRIYA.phone, code=another(code))
    with pytest.raises(AccountClosed):
        await caller().call("auth.otp_verify", phone=PRIYA.phone, code=code)


async def test_a_logged_in_socket_cannot_become_somebody_else(caller: MakeCaller) -> None:
    code = await caller().ask_code(DESK.phone)
    priya = caller()
    await priya.log_in(PRIYA.phone)
    with pytest.raises(AlreadyAuthenticated):
        await priya.call("auth.otp_verify", phone=DESK.phone, code=code)
    assert priya.actor is not None
    assert priya.actor.id == PRIYA.account_id


async def test_a_known_phone_logs_in_however_it_spells_its_number(caller: MakeCaller) -> None:
    priya = caller()
    code = await priya.ask_code(PRIYA.phone)
    login = await priya.call("auth.otp_verify", phone="099000 00004", code=code, device="Redmi")
    assert login["account"] == {
        "id": str(PRIYA.account_id),
        "name": PRIYA.name,
        "capacities": ["patient"],
        "pending": [],
        "locale": "hi",
    }
    assert priya.actor is not None
    assert str(priya.actor.login_id) == login["login_id"]


async def test_a_new_number_becomes_a_patient_with_a_record_of_her_own(caller: MakeCaller) -> None:
    new = caller()
    login = await new.log_in(STRANGER, name="Lakshmi", locale="hi")
    assert login["account"]["name"] == "Lakshmi"
    assert login["account"]["locale"] == "hi"
    assert login["account"]["capacities"] == ["patient"]
    (own,) = (await new.call("patient.list"))["rows"]
    assert (own["name"], own["kind"]) == ("Lakshmi", "self")
    assert str(PRIYA_PATIENT) != own["id"]


async def test_the_message_is_in_the_accounts_language(caller: MakeCaller, clinic: Node) -> None:
    await caller().call("auth.otp_send", phone=PRIYA.phone, locale="en")
    await next_code(clinic, PRIYA.phone, 0)
    (letter,) = await letters(clinic, PRIYA.phone)
    assert "आपका" in letter["body"]
    await caller().call("auth.otp_send", phone=STRANGER, locale="fr")
    await next_code(clinic, STRANGER, 0)
    (letter,) = await letters(clinic, STRANGER)
    assert "is your Carewire code" in letter["body"]


@pytest.mark.parametrize(
    ("address", "net"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_network_is_a_24_or_a_64(address: str, net: str) -> None:
    assert caps.network(address) == net
