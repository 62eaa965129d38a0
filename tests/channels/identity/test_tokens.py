"""Access and refresh tokens: forged, expired, stolen and lost ones first.

Ledger: auth.refresh H-072 M-164, auth.token_service H-057 M-077 M-434, auth.guard M-042 M-435.
"""

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import msgspec
import pytest

from carewire.errors import AlreadyAuthenticated, Unauthenticated
from carewire.node import Node
from channels.identity import keys
from channels.identity.demo import ADMIN_EMAIL, ADMIN_PASSWORD, DESK, PRIYA
from channels.identity.errors import TokenReused
from tests.channels.callers import Caller, TurnableClock, rows, told

MakeCaller = Callable[..., Caller]


def claims_of(token: str) -> dict[str, Any]:
    body: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return body


def unsigned(header: dict[str, Any], body: dict[str, Any], signature: str = "") -> str:
    def word(part: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")

    return f"{word(header)}.{word(body)}.{signature}"


async def test_forged_tokens_are_nobody(caller: MakeCaller, clinic: Node) -> None:
    login = await caller().log_in(PRIYA.phone)
    good = login["access_token"]
    body = claims_of(good)
    key = keys.key(clinic.settings, "access token")
    desk = {**body, "sub": str(DESK.account_id)}
    forged = [
        unsigned({"alg": "none", "typ": "JWT"}, body),
        unsigned({"alg": "None"}, body, good.rsplit(".", 1)[1]),
        unsigned({"alg": "HS256", "typ": "JWT"}, desk, good.rsplit(".", 1)[1]),
        jwt.encode(body, clinic.settings.secret, algorithm="HS256"),
        jwt.encode(body, keys.key(clinic.settings, "otp"), algorithm="HS256"),
        jwt.encode(body, key, algorithm="HS512") if len(key) >= 64 else unsigned({"alg": "HS512"}, body, "AAAA"),
        jwt.encode({**body, "sid": str(uuid4())}, key, algorithm="HS256"),
        jwt.encode({k: v for k, v in body.items() if k != "exp"}, key, algorithm="HS256"),
        jwt.encode({**body, "exp": 10**18}, key, algorithm="HS256"),
        jwt.encode({**body, "exp": True, "sid": 7}, key, algorithm="HS256"),
        jwt.encode(desk, key, algorithm="HS256"),
        good[:-2],
        good + "x",
        "disp_nobody",
        "_",
        "...",
        "é",
        login["refresh_token"],
    ]
    for token in forged:
        with pytest.raises(Unauthenticated):
            await caller().call("auth.authenticate", access_token=token)
    await caller().call("auth.authenticate", access_token=good)


async def test_an_expired_access_token_is_nobody(caller: MakeCaller, clock: TurnableClock) -> None:
    login = await caller().log_in(PRIYA.phone)
    clock.turn(seconds=870)
    await caller().call("auth.authenticate", access_token=login["access_token"])
    clock.turn(seconds=31)
    with pytest.raises(Unauthenticated):
        await caller().call("auth.authenticate", access_token=login["access_token"])


async def test_a_spent_refresh_token_ends_the_login_of_thief_and_owner(
    caller: MakeCaller, clock: TurnableClock, clinic: Node
) -> None:
    owner = caller()
    first = await owner.log_in(PRIYA.phone)
    second = await owner.call("auth.refresh", refresh_token=first["refresh_token"])
    third = await owner.call("auth.refresh", refresh_token=second["refresh_token"])
    before = len(await told(clinic, f"rights:{PRIYA.account_id}"))
    with pytest.raises(TokenReused):
        await caller().call("auth.refresh", refresh_token=first["refresh_token"])
    for dead in (first, second, third):
        with pytest.raises(Unauthenticated):
            await caller().call("auth.refresh", refresh_token=dead["refresh_token"])
        with pytest.raises(Unauthenticated):
            await caller().call("auth.authenticate", access_token=dead["access_token"])
    assert await owner.reload() is None
    assert len(await told(clinic, f"rights:{PRIYA.account_id}")) == before + 1
    (login,) = await rows(clinic, "SELECT end_reason FROM login")
    assert login["end_reason"] == "reuse"


async def test_a_lost_reply_gets_the_same_successor_within_thirty_seconds(
    caller: MakeCaller, clock: TurnableClock
) -> None:
    first = await caller().log_in(PRIYA.phone)
    answers = [await caller().call("auth.refresh", refresh_token=first["refresh_token"]) for _ in range(3)]
    clock.turn(seconds=20)
    answers.append(await caller().call("auth.refresh", refresh_token=first["refresh_token"]))
    assert len({answer["refresh_token"] for answer in answers}) == 1
    assert len({answer["refresh_expires_at"] for answer in answers}) == 1
    assert answers[0]["refresh_token"] != first["refresh_token"]
    await caller().call("auth.refresh", refresh_token=answers[0]["refresh_token"])


async def test_after_thirty_seconds_a_spent_token_is_theft(caller: MakeCaller, clock: TurnableClock) -> None:
    first = await caller().log_in(PRIYA.phone)
    second = await caller().call("auth.refresh", refresh_token=first["refresh_token"])
    clock.turn(seconds=31)
    with pytest.raises(TokenReused):
        await caller().call("auth.refresh", refresh_token=first["refresh_token"])
    with pytest.raises(Unauthenticated):
        await caller().call("auth.refresh", refresh_token=second["refresh_token"])


async def test_within_thirty_seconds_a_used_successor_is_theft_too(caller: MakeCaller) -> None:
    first = await caller().log_in(PRIYA.phone)
    second = await caller().call("auth.refresh", refresh_token=first["refresh_token"])
    await caller().call("auth.refresh", refresh_token=second["refresh_token"])
    with pytest.raises(TokenReused):
        await caller().call("auth.refresh", refresh_token=first["refresh_token"])


async def test_one_refresh_token_at_eight_sockets_at_once_has_one_successor(caller: MakeCaller, clinic: Node) -> None:
    first = await caller().log_in(PRIYA.phone)
    answers = await asyncio.gather(
        *(caller().call("auth.refresh", refresh_token=first["refresh_token"]) for _ in range(8))
    )
    assert len({answer["refresh_token"] for answer in answers}) == 1
    unused = await rows(clinic, "SELECT 1 FROM refresh_token WHERE used_at IS NULL")
    assert len(unused) == 1


async def test_the_theft_of_one_devices_token_leaves_the_other_device_alone(caller: MakeCaller) -> None:
    phone, tablet = caller(), caller()
    stolen = await phone.log_in(PRIYA.phone)
    kept = await tablet.log_in(PRIYA.phone)
    second = await phone.call("auth.refresh", refresh_token=stolen["refresh_token"])
    await phone.call("auth.refresh", refresh_token=second["refresh_token"])
    with pytest.raises(TokenReused):
        await caller().call("auth.refresh", refresh_token=stolen["refresh_token"])
    assert await phone.reload() is None
    assert await tablet.reload() is not None
    await caller().call("auth.refresh", refresh_token=kept["refresh_token"])


async def test_a_refresh_token_expires(caller: MakeCaller, clock: TurnableClock) -> None:
    login = await caller().log_in(PRIYA.phone)
    clock.turn(days=7, seconds=1)
    with pytest.raises(Unauthenticated):
        await caller().call("auth.refresh", refresh_token=login["refresh_token"])


async def test_no_token_stands_in_the_database(caller: MakeCaller, clinic: Node) -> None:
    login = await caller().log_in(PRIYA.phone)
    next_one = await caller().call("auth.refresh", refresh_token=login["refresh_token"])
    for table in ("login", "refresh_token", "token_blacklist", "event", "job", "receipt"):
        text = "".join(row["t"] for row in await rows(clinic, f"SELECT x::text AS t FROM {table} x"))
        for token in (login["refresh_token"], next_one["refresh_token"], login["access_token"]):
            assert token not in text
            assert token.encode().hex() not in text


async def test_the_secret_alone_makes_no_refresh_token(caller: MakeCaller, clinic: Node) -> None:
    """Whoever learns the server's secret and reads the rows still lacks the first token of the chain."""
    login = await caller().log_in(PRIYA.phone)
    (row,) = await rows(clinic, "SELECT digest, login_id FROM refresh_token")
    guess = keys.text(keys.seal(clinic.settings, "refresh chain", row["login_id"].bytes, keys.text(row["digest"])))
    assert guess != login["refresh_token"]
    with pytest.raises(Unauthenticated):
        await caller().call("auth.refresh", refresh_token=guess)


async def test_refreshing_in_band_prolongs_this_login_and_no_other(caller: MakeCaller, clock: TurnableClock) -> None:
    phone, tablet = caller(), caller()
    mine = await phone.log_in(PRIYA.phone)
    others = await tablet.log_in(PRIYA.phone)
    with pytest.raises(AlreadyAuthenticated):
        await phone.call("auth.refresh", refresh_token=others["refresh_token"])
    clock.turn(seconds=600)
    assert phone.actor is not None
    before = phone.actor
    answer = await phone.call("auth.refresh", refresh_token=mine["refresh_token"])
    assert phone.actor.login_id == before.login_id
    assert phone.actor.expires_at - before.expires_at >= timedelta(seconds=599)
    assert answer["login_id"] == mine["login_id"]


async def test_logging_out_kills_the_tokens_and_only_of_this_device(caller: MakeCaller, clinic: Node) -> None:
    phone, tablet = caller(), caller()
    mine = await phone.log_in(PRIYA.phone)
    kept = await tablet.log_in(PRIYA.phone)
    assert await phone.call("auth.logout") == {"all": False}
    assert phone.actor is None
    for method, token in (("auth.refresh", "refresh_token"), ("auth.authenticate", "access_token")):
        with pytest.raises(Unauthenticated):
            await caller().call(method, **{token: mine[token]})
    (listed,) = await rows(clinic, "SELECT jti FROM token_blacklist")
    assert str(listed["jti"]) == claims_of(mine["access_token"])["jti"]
    assert await tablet.reload() is not None
    await caller().call("auth.authenticate", access_token=kept["access_token"])
    with pytest.raises(Unauthenticated):
        await phone.call("profile.get")


async def test_logging_out_everywhere_ends_every_device(caller: MakeCaller, clinic: Node) -> None:
    phone, tablet, desk = caller(), caller(), caller()
    await phone.log_in(PRIYA.phone)
    await tablet.log_in(PRIYA.phone)
    await desk.log_in(DESK.phone)
    await phone.call("auth.logout", all=True)
    assert await tablet.reload() is None
    assert await desk.reload() is not None
    assert len(await told(clinic, f"rights:{PRIYA.account_id}")) == 1


async def test_a_blacklisted_access_token_is_refused_while_its_login_lives(caller: MakeCaller, clinic: Node) -> None:
    login = await caller().log_in(PRIYA.phone)
    async with clinic.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO token_blacklist SELECT access_jti, id, access_expires_at FROM login WHERE id::text = $1",
            login["login_id"],
        )
    with pytest.raises(Unauthenticated):
        await caller().call("auth.authenticate", access_token=login["access_token"])


async def test_a_token_says_nothing_about_what_its_owner_may(caller: MakeCaller, clinic: Node) -> None:
    desk = caller()
    login = await desk.log_in(DESK.phone)
    assert claims_of(login["access_token"]).keys() == {"sub", "sid", "jti", "iat", "exp"}
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE membership SET until = now() WHERE account_id = $1", DESK.account_id)
    back = caller()
    answer = await back.call("auth.authenticate", access_token=login["access_token"])
    assert answer["capacities"] == answer["account"]["capacities"] == ["patient"]


async def test_a_deactivated_account_has_no_actor(caller: MakeCaller, clinic: Node) -> None:
    priya = caller()
    login = await priya.log_in(PRIYA.phone)
    admin = caller()
    await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    await admin.call("user.deactivate", user_id=str(PRIYA.account_id))
    assert await priya.reload() is None
    with pytest.raises(Unauthenticated):
        await caller().call("auth.authenticate", access_token=login["access_token"])
    with pytest.raises(Unauthenticated):
        await caller().call("auth.refresh", refresh_token=login["refresh_token"])


async def test_the_answer_tells_when_the_tokens_run_out(caller: MakeCaller) -> None:
    login = await caller().log_in(PRIYA.phone)
    expires = msgspec.convert(login["access_expires_at"], datetime)
    assert claims_of(login["access_token"])["exp"] == int(expires.timestamp())
    assert timedelta(seconds=890) < expires - datetime.now(UTC) <= timedelta(seconds=900)
