"""Somebody hammers a victim's account from everywhere: on her own device she comes in all the same.

Ledger: rate_limit H-053 M-046 M-453, auth.login_otp_service H-042 (attempt limit). What the attacker can use up is
counted apart from what her device uses; a device is no proof, so nothing opens because of it.
"""

import asyncio
from collections.abc import Callable

import pytest

from carewire.command import ORDINARY, REGISTRY
from carewire.errors import RateLimited
from carewire.node import Node
from channels.identity.caps import Cap
from channels.identity.demo import ADMIN_EMAIL, ADMIN_PASSWORD, PRIYA
from channels.identity.errors import CodeGone, WrongCode, WrongPassword
from tests.channels.callers import Caller, TurnableClock, another, fresh_network

MakeCaller = Callable[..., Caller]
HERS = "b7f2c1de-own-telephone"
HAMMERING = 30


async def known(caller: MakeCaller, address: str) -> None:
    """Priya has been logged in on this telephone."""
    await caller(address).log_in(PRIYA.phone, device=HERS)


async def own_code(caller: MakeCaller, address: str) -> str:
    return await caller(address).ask_code(PRIYA.phone, device=HERS)


async def test_who_asks_for_codes_from_everywhere_uses_up_nothing_of_hers(
    caller: MakeCaller, clock: TurnableClock
) -> None:
    home = fresh_network(9)
    await known(caller, home)
    refused = 0
    for _ in range(HAMMERING):
        clock.turn(seconds=31)
        try:
            await caller().call("auth.otp_send", phone=PRIYA.phone)
        except RateLimited:
            refused += 1
    assert refused == HAMMERING - Cap.OTP_NUMBER_HOUR.most
    clock.turn(seconds=31)
    with pytest.raises(RateLimited):
        await caller(home).call("auth.otp_send", phone=PRIYA.phone)  # as a stranger she would be kept out, too
    code = await own_code(caller, home)
    await caller(home).call("auth.otp_verify", phone=PRIYA.phone, code=code, device=HERS)


async def test_who_tries_her_codes_to_death_kills_them_for_himself_only(
    caller: MakeCaller, clock: TurnableClock
) -> None:
    home = fresh_network(9)
    await known(caller, home)
    for _ in range(3):
        clock.turn(seconds=31)
        code = await own_code(caller, home)
        guesses = [caller().call("auth.otp_verify", phone=PRIYA.phone, code=another(code)) for _ in range(HAMMERING)]
        answers = await asyncio.gather(*guesses, return_exceptions=True)
        assert sum(isinstance(answer, WrongCode) for answer in answers) == 5
        assert sum(isinstance(answer, CodeGone) for answer in answers) == HAMMERING - 5
        with pytest.raises(CodeGone):
            await caller().call("auth.otp_verify", phone=PRIYA.phone, code=code)
        await caller(home).call("auth.otp_verify", phone=PRIYA.phone, code=code, device=HERS)


async def test_a_neighbour_in_her_network_who_guesses_does_not_use_up_her_tries(
    caller: MakeCaller, clinic: Node, clock: TurnableClock
) -> None:
    net = fresh_network()
    await known(caller, f"{net}9")
    for n in range(Cap.OTP_WRONG_NETWORK.most // 5):
        phone = f"+9198333{n:05d}"
        code = await caller().ask_code(phone)
        for _ in range(5):
            with pytest.raises(WrongCode):
                await Caller(clinic, f"{net}66").call("auth.otp_verify", phone=phone, code=another(code))
    clock.turn(seconds=31)
    code = await own_code(caller, f"{net}9")
    with pytest.raises(RateLimited):
        await Caller(clinic, f"{net}9").call("auth.otp_verify", phone=PRIYA.phone, code=code)
    await Caller(clinic, f"{net}9").call("auth.otp_verify", phone=PRIYA.phone, code=code, device=HERS)


async def test_knowing_the_name_of_her_device_gives_five_tries_and_no_more(
    caller: MakeCaller, clock: TurnableClock
) -> None:
    await known(caller, fresh_network(9))
    clock.turn(seconds=31)
    code = await own_code(caller, fresh_network(9))
    guesses = [caller().call("auth.otp_verify", phone=PRIYA.phone, code=another(code), device=HERS) for _ in range(12)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert sorted(a.data["tries_left"] for a in answers if isinstance(a, WrongCode)) == [0, 1, 2, 3, 4]
    with pytest.raises(CodeGone):
        await caller().call("auth.otp_verify", phone=PRIYA.phone, code=code, device=HERS)


async def test_a_password_that_is_guessed_at_from_everywhere_still_opens_on_the_owners_device(
    caller: MakeCaller, clinic: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_not_it(stored: str | None, password: str) -> bool:
        return password == ADMIN_PASSWORD and stored is not None

    monkeypatch.setattr("channels.identity.passwords.matches", is_not_it)  # a hundred hashes cost seconds
    net = fresh_network()
    own = {"email": ADMIN_EMAIL, "device": HERS}
    await Caller(clinic, f"{net}9").call("auth.login", password=ADMIN_PASSWORD, **own)
    for _ in range(Cap.LOGIN_ADDRESS.most):
        with pytest.raises(WrongPassword):
            await caller().call("auth.login", email=ADMIN_EMAIL, password="guess", device="another device's id")
    with pytest.raises(RateLimited):  # and from everywhere together there are no more than these
        await caller().call("auth.login", email=ADMIN_EMAIL, password="guess")
    await Caller(clinic, f"{net}9").call("auth.login", password=ADMIN_PASSWORD, **own)
    for _ in range(Cap.LOGIN_OWN_DEVICE.most):
        with pytest.raises(WrongPassword):
            await caller().call("auth.login", password="guess", **own)
    with pytest.raises(RateLimited):  # the device's name alone is no key
        await caller().call("auth.login", password=ADMIN_PASSWORD, **own)


async def test_a_device_that_was_thrown_out_is_a_strangers(caller: MakeCaller, clock: TurnableClock) -> None:
    home = fresh_network(9)
    await known(caller, home)
    priya = caller()
    clock.turn(seconds=31)
    await priya.log_in(PRIYA.phone)
    (stolen,) = [one for one in await priya.call("auth.devices") if one["device"] == HERS]
    await priya.call("auth.logout", login_id=stolen["login_id"])
    clock.turn(seconds=31)
    code = await priya.ask_code(PRIYA.phone)
    for _ in range(5):
        with pytest.raises(WrongCode):
            await caller().call("auth.otp_verify", phone=PRIYA.phone, code=another(code), device=HERS)
    with pytest.raises(CodeGone):
        await caller().call("auth.otp_verify", phone=PRIYA.phone, code=another(code), device=HERS)
    with pytest.raises(CodeGone):
        await caller().call("auth.otp_verify", phone=PRIYA.phone, code=code)


def test_every_command_that_guesses_a_secret_or_sends_a_message_declares_a_limit_of_its_own() -> None:
    named = {
        name
        for name, command in REGISTRY.items()
        if set(command.params.__struct_fields__) & {"code", "password", "token", "secret", "old_password", "answer"}
        or name in ("auth.otp_send", "auth.forgot_password", "notification.create", "auth.resend_verification")
        or name.endswith((".invite_member", ".invite_guardian"))
    } - {"faq.create", "faq.update"}  # their answer is one to read
    named -= {name for name in named if name.startswith("lab_catalog.")}  # the code of a test is printed in its list
    named -= {"order.set_status"}  # an order counts the tries at its digits itself, over all who try
    assert {name for name in named if REGISTRY[name].rate == ORDINARY} == set()
