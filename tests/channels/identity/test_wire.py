"""Logins over real sockets: attackers first, then what an honest phone lives through."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
import pytest_asyncio
import websockets
from websockets.asyncio.client import ClientConnection, connect

from carewire.client import Event, Snapshot
from carewire.gateway import server
from carewire.settings import Settings
from channels.identity import keys
from channels.identity.demo import ADMIN_EMAIL, ADMIN_PASSWORD, ASHA, DESK, PRIYA
from channels.identity.principal import Claims, sign_access
from channels.seed import seed
from tests.channels.callers import another, code_in
from tests.conftest import Connect
from tests.patience import PATIENCE_S

LOGIN_ENDED = 4104


class Raw:
    """A bare JSON-RPC socket: shows errors and close codes as they come."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._ids = itertools.count(1)

    async def send(self, method: str, /, **params: Any) -> int:
        number = next(self._ids)
        await self.connection.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}))
        return number

    async def ask(self, method: str, /, **params: Any) -> dict[str, Any]:
        """The whole answer: with `result` or with `error`."""
        number = await self.send(method, **params)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                answer: dict[str, Any] = json.loads(await self.connection.recv())
                if answer.get("id") == number:
                    return answer

    async def call(self, method: str, /, **params: Any) -> Any:
        answer = await self.ask(method, **params)
        assert "result" in answer, answer
        return answer["result"]

    async def refusal(self, method: str, /, **params: Any) -> str:
        """The reason of the refusal."""
        answer = await self.ask(method, **params)
        assert "error" in answer, answer
        return str(answer["error"]["data"]["reason"])

    async def close_code(self) -> int:
        async with asyncio.timeout(PATIENCE_S):
            await self.connection.wait_closed()
        assert self.connection.close_code is not None
        return self.connection.close_code

    async def code_for(self, phone: str) -> str:
        before = len(await self.call("dev.mailbox", to=phone, limit=100))
        await self.call("auth.otp_send", phone=phone)
        async with asyncio.timeout(PATIENCE_S):
            while len(letters := await self.call("dev.mailbox", to=phone, limit=100)) <= before:
                pass  # the letter follows the commit; each look is a round trip
        return code_in(letters[0]["body"])

    async def log_in(self, phone: str) -> dict[str, Any]:
        login: dict[str, Any] = await self.call("auth.otp_verify", phone=phone, code=await self.code_for(phone))
        return login


Open = Callable[[], Awaitable[Raw]]


@pytest_asyncio.fixture
async def door(gateway: server.Running, settings: Settings) -> AsyncIterator[Open]:
    """Open bare sockets on a gateway with the demo clinic."""
    assert settings.database_url is not None
    await seed(settings.database_url, settings)
    sockets: list[Raw] = []

    async def open_socket() -> Raw:
        sockets.append(Raw(await connect(gateway.url)))
        return sockets[-1]

    yield open_socket
    await asyncio.gather(*(raw.connection.close() for raw in sockets))


async def test_twelve_sockets_guessing_one_code_share_five_tries(door: Open) -> None:
    code = await (await door()).code_for(PRIYA.phone)
    sockets = await asyncio.gather(*(door() for _ in range(12)))
    reasons = await asyncio.gather(
        *(raw.refusal("auth.otp_verify", phone=PRIYA.phone, code=another(code)) for raw in sockets)
    )
    assert sorted(reasons) == ["code_gone"] * 7 + ["wrong_code"] * 5
    assert await sockets[0].refusal("auth.otp_verify", phone=PRIYA.phone, code=code) == "code_gone"


async def test_forged_and_expired_tokens_open_no_socket_and_no_login(
    door: Open, gateway: server.Running, settings: Settings
) -> None:
    login = await (await door()).log_in(PRIYA.phone)
    account_id, login_id = UUID(login["account"]["id"]), UUID(login["login_id"])
    now = datetime.now(UTC)
    body = jwt.decode(login["access_token"], options={"verify_signature": False})
    bad = [
        jwt.encode(body, "", algorithm="none"),
        jwt.encode(body, settings.secret, algorithm="HS256"),
        jwt.encode({**body, "sub": str(DESK.account_id)}, keys.key(settings, "access token"), algorithm="HS256"),
        sign_access(settings, Claims(account_id, login_id, uuid4(), now - timedelta(seconds=1)), now),
        login["refresh_token"],
        "disp_guess",
    ]
    raw = await door()
    for token in bad:
        assert await raw.refusal("auth.authenticate", access_token=token) == "unauthenticated"
        with pytest.raises(websockets.InvalidStatus) as refused:
            await connect(gateway.url, additional_headers={"Authorization": f"Bearer {token}"})
        assert refused.value.response.status_code == 401
    assert await raw.refusal("profile.get") == "unauthenticated"
    async with connect(gateway.url, additional_headers={"Authorization": f"Bearer {login['access_token']}"}) as good:
        assert (await Raw(good).call("profile.get"))["id"] == str(PRIYA.account_id)


async def test_a_reused_refresh_token_closes_the_sockets_of_that_login_and_no_other(door: Open) -> None:
    phone, tablet, thief = await door(), await door(), await door()
    first = await phone.log_in(PRIYA.phone)
    await tablet.log_in(PRIYA.phone)
    second = await phone.call("auth.refresh", refresh_token=first["refresh_token"])
    await phone.call("auth.refresh", refresh_token=second["refresh_token"])
    assert await thief.refusal("auth.refresh", refresh_token=first["refresh_token"]) == "token_reused"
    assert await phone.close_code() == LOGIN_ENDED
    assert await thief.refusal("auth.refresh", refresh_token=second["refresh_token"]) == "unauthenticated"
    assert (await tablet.call("profile.get"))["id"] == str(PRIYA.account_id)


async def test_a_phone_whose_reply_was_lost_presents_its_token_again_and_goes_on(door: Open) -> None:
    phone = await door()
    first = await phone.log_in(PRIYA.phone)
    await phone.send("auth.refresh", refresh_token=first["refresh_token"])
    await phone.connection.close()
    back, other = await door(), await door()
    again = await asyncio.gather(
        *(raw.call("auth.refresh", refresh_token=first["refresh_token"]) for raw in (back, other))
    )
    assert again[0]["refresh_token"] == again[1]["refresh_token"] != first["refresh_token"]
    assert again[0]["login_id"] == first["login_id"]
    await back.call("auth.refresh", refresh_token=again[0]["refresh_token"])
    assert (await back.call("profile.get"))["id"] == str(PRIYA.account_id)


async def test_logging_out_everywhere_closes_the_other_sockets(door: Open) -> None:
    phone, tablet, desk = await door(), await door(), await door()
    await phone.log_in(PRIYA.phone)
    await tablet.log_in(PRIYA.phone)
    await desk.log_in(DESK.phone)
    assert await phone.call("auth.logout", all=True) == {"all": True}
    assert await tablet.close_code() == LOGIN_ENDED
    assert await phone.refusal("profile.get") == "unauthenticated"
    assert (await desk.call("profile.get"))["id"] == str(DESK.account_id)
    assert (await phone.log_in(PRIYA.phone))["account"]["id"] == str(PRIYA.account_id)


async def test_a_desk_member_who_is_removed_loses_her_rights_on_the_open_socket(door: Open) -> None:
    owner, desk = await door(), await door()
    await owner.log_in(ASHA.phone)
    await desk.log_in(DESK.phone)
    offer = await owner.call("place.invite_member", phone=DESK.phone, duty="manager")
    await desk.call("member.accept", invitation_id=offer["id"])
    async with asyncio.timeout(PATIENCE_S):
        while (await desk.ask("place.members")).get("result") is None:
            pass  # the new duty reaches the open socket by itself
    await owner.call("place.remove_member", account_id=str(DESK.account_id))
    # At once, whether or not the socket has heard yet: the door reads the memberships.
    assert await desk.refusal("place.members") in {"not_found", "forbidden"}
    async with asyncio.timeout(PATIENCE_S):
        while await desk.refusal("place.members") != "forbidden":
            pass  # and soon the capacity itself is gone
    assert (await desk.call("profile.get"))["capacities"] == ["patient"]


async def test_unknown_and_known_numbers_cannot_be_told_apart(door: Open) -> None:
    raw = await door()
    phones = (PRIYA.phone, "+919811100003")
    known, unknown = [await raw.call("auth.otp_send", phone=phone) for phone in phones]
    assert (known.keys(), known["resend_after_s"]) == (unknown.keys(), unknown["resend_after_s"])
    # A wrong code could be the right one once in a million; both numbers would have to hit it.
    answers = [(await raw.ask("auth.otp_verify", phone=phone, code="000000"))["error"] for phone in phones]
    assert answers[0] == answers[1]
    register = [await raw.call("auth.register", user_type="patient", name="A", phone=phone) for phone in phones]
    assert register[0].keys() == register[1].keys()


@pytest.mark.parametrize("user_type", ["admin", "hospital_admin"])
async def test_registering_as_an_administrator_is_an_invalid_parameter(door: Open, user_type: str) -> None:
    answer = await (await door()).ask("auth.register", user_type=user_type, name="Mallory", phone="+919811100004")
    assert answer["error"]["code"] == -32602
    assert answer["error"]["data"]["fields"][0]["path"] == "$.user_type"


async def test_one_socket_has_one_identity(door: Open) -> None:
    raw, other = await door(), await door()
    code = await other.code_for(DESK.phone)
    login = await raw.log_in(PRIYA.phone)
    for method, params in (
        ("auth.otp_verify", {"phone": DESK.phone, "code": code}),
        ("auth.login", {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}),
        ("auth.authenticate", {"access_token": login["access_token"]}),
    ):
        assert await raw.refusal(method, **params) == "already_authenticated"
    assert (await raw.call("profile.get"))["id"] == str(PRIYA.account_id)
    await other.call("auth.otp_verify", phone=DESK.phone, code=code)


async def test_a_strangers_account_topic_is_not_found_and_ones_own_follows_every_change(
    door: Open, gateway: server.Running, connect: Connect
) -> None:
    login = await (await door()).log_in(PRIYA.phone)
    owner = await door()
    await owner.log_in(ASHA.phone)
    stranger = await door()
    await stranger.log_in(DESK.phone)
    topic = f"account:{PRIYA.account_id}"
    assert await stranger.refusal("topic.subscribe", topic=topic) == "not_found"
    cw = await connect(access_token=login["access_token"])
    heard = await cw.subscribe(topic)
    snapshot = await anext(heard)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.value["name"] == PRIYA.name
    await cw.command("profile.update", name="Priya S.")
    offer = await owner.call("place.invite_member", phone=PRIYA.phone, duty="nurse")
    await cw.command("member.accept", invitation_id=offer["id"])
    state = snapshot.value
    for _ in range(2):
        change = await anext(heard)
        assert isinstance(change, Event)
        assert change.name == "profile:updated"
        state = change.data["profile"]
    await heard.close()
    fresh = await anext(await cw.subscribe(topic))
    assert isinstance(fresh, Snapshot)
    assert state == fresh.value == await cw.query("profile.get")
    assert state["capacities"] == ["patient", "staff"]
