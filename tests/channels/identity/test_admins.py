"""Administrators: one alone makes none, confirms nothing of her own, and never leaves the house without a key.

Ledger: user.create M-174, settings.get H-271, settings.update H-272, auth.authorize H-074 M-043; PRODUCT 3.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.errors import Forbidden, InvalidParams, NotFound, Unauthenticated
from carewire.node import Node
from carewire.settings import Settings
from channels.identity import administrators, scopes
from channels.identity.demo import ADMIN_EMAIL, ADMIN_ID, ADMIN_PASSWORD, DESK, PRIYA
from channels.identity.errors import EmailTaken, LastAdmin, RequestOver, TwoPeople
from channels.identity.nouns import Scope
from tests.channels.callers import Caller, fresh_network, rows

MakeCaller = Callable[..., Caller]
SECOND = "second@example.test"
WORD = "a long enough password"
NEW: dict[str, Any] = {
    "user_type": "admin",
    "name": "Third",
    "email": "third@example.test",
    "password": WORD,
    "scopes": ["support", "verify"],
}


async def log_in(caller: MakeCaller, email: str, password: str) -> Caller:
    made = caller()
    await made.call("auth.login", email=email, password=password)
    return made


async def two(caller: MakeCaller, clinic: Node) -> tuple[Caller, Caller]:
    """The demo's administrator and another one with every scope."""
    async with clinic.db.transaction() as tx:
        assert await administrators.make(tx, SECOND, "Second", WORD, datetime.now(UTC))
    return await log_in(caller, ADMIN_EMAIL, ADMIN_PASSWORD), await log_in(caller, SECOND, WORD)


async def test_one_admin_alone_makes_no_other(caller: MakeCaller, clinic: Node) -> None:
    with pytest.raises(Unauthenticated):
        await caller().call("user.create", **NEW)
    for phone in (PRIYA.phone, DESK.phone):
        other = caller()
        await other.log_in(phone)
        with pytest.raises(Forbidden):
            await other.call("user.create", **NEW)
    first, second = await two(caller, clinic)
    for wrong in ({"scopes": []}, {"scopes": None}, {"scopes": ["root"]}, {"user_type": "doctor"}):
        with pytest.raises(InvalidParams):
            await first.call("user.create", **{**NEW, **wrong})
    made = await first.call("user.create", **NEW)
    assert (made["capacities"], made["pending"]) == ([], ["admin"])
    third = await log_in(caller, NEW["email"], WORD)
    with pytest.raises(Forbidden):
        await third.call("user.list")
    (request,) = await first.call("admin.requests")
    assert (request["kind"], request["user_id"], request["scopes"]) == ("make_admin", made["id"], NEW["scopes"])
    with pytest.raises(TwoPeople):
        await first.call("admin.confirm", request_id=request["id"])
    with pytest.raises(Forbidden):
        await third.call("admin.confirm", request_id=request["id"])
    assert await second.call("admin.confirm", request_id=request["id"]) == {"id": request["id"], "state": "confirmed"}
    third.actor = await third.reload()  # on a socket the hub does it
    assert await third.call("admin.scopes") == NEW["scopes"]
    assert len((await third.call("user.list"))["rows"]) > 3
    for method, params in (
        ("user.create", {**NEW, "email": "fourth@example.test"}),
        ("admin.change_scopes", {"user_id": str(ADMIN_ID), "wanted": ["support"]}),
        ("user.deactivate", {"user_id": str(ADMIN_ID)}),
        ("user.delete", {"user_id": str(PRIYA.account_id)}),
        ("settings.update", {"changes": {"chat_days": 1}}),
    ):
        with pytest.raises(Forbidden):
            await third.call(method, **params)
    with pytest.raises(RequestOver):
        await second.call("admin.confirm", request_id=request["id"])
    with pytest.raises(NotFound):
        await second.call("admin.confirm", request_id=str(uuid4()))
    with pytest.raises(EmailTaken):
        await second.call("user.create", **NEW)


async def test_what_is_refused_expired_or_asked_by_one_who_lost_her_scope_never_comes_true(
    caller: MakeCaller, clinic: Node
) -> None:
    first, second = await two(caller, clinic)
    asked = await second.call("settings.update", changes={"chat_days": 1})
    late = await second.call("settings.update", changes={"chat_days": 2})
    own = await second.call("settings.update", changes={"chat_days": 3})
    await first.call("admin.refuse", request_id=asked["id"])
    await second.call("admin.refuse", request_id=own["id"])
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE admin_request SET expires_at = asked_at WHERE id = $1", UUID(late["id"]))
    for request in (asked, late, own):
        with pytest.raises(RequestOver):
            await first.call("admin.confirm", request_id=request["id"])
    standing = await second.call("settings.update", changes={"chat_days": 4})
    async with clinic.db.transaction() as tx:
        assert second.actor is not None
        await scopes.give(tx, second.actor.id, {Scope.SUPPORT}, datetime.now(UTC))
    with pytest.raises(RequestOver):
        await first.call("admin.confirm", request_id=standing["id"])
    assert (await first.call("settings.get"))["chat_days"] == 7


async def test_settings_change_by_two_and_on_top_of_each_other(caller: MakeCaller, clinic: Node) -> None:
    first, second = await two(caller, clinic)
    for wrong in (
        {},
        {"version": 9},
        {"nothing": 1},
        {"chat_days": -1},
        {"commission_doctor": 9_999},
        {"currency": "inr"},
    ):
        with pytest.raises(InvalidParams):
            await first.call("settings.update", changes=wrong)
    one = await first.call("settings.update", changes={"chat_days": 9, "switches": {"chat": False}})
    other = await second.call("settings.update", changes={"relation_days": 60})
    assert (await first.call("settings.get"))["version"] == 0
    await first.call("admin.confirm", request_id=other["id"])
    await second.call("admin.confirm", request_id=one["id"])
    now = await first.call("settings.get")
    assert (now["version"], now["chat_days"], now["relation_days"], now["switches"]) == (2, 9, 60, {"chat": False})


async def test_somebody_who_makes_administrators_is_always_left(caller: MakeCaller, clinic: Node) -> None:
    first, second = await two(caller, clinic)
    assert first.actor is not None
    assert second.actor is not None
    for admin in (first, second):
        with pytest.raises(TwoPeople):
            await admin.call("admin.change_scopes", user_id=str(admin.actor.id if admin.actor else ""), wanted=[])
    asked = await first.call("admin.change_scopes", user_id=str(second.actor.id), wanted=[])
    with pytest.raises(TwoPeople):
        await second.call("admin.confirm", request_id=asked["id"])
    # Two who shut each other at once: one stays.
    answers = await asyncio.gather(
        first.call("user.deactivate", user_id=str(second.actor.id)),
        second.call("user.deactivate", user_id=str(first.actor.id)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert sum(isinstance(answer, Forbidden | LastAdmin) for answer in answers) == 1, answers


async def test_the_database_lets_nobody_confirm_her_own(clinic: Node, caller: MakeCaller) -> None:
    first, second = await two(caller, clinic)
    asked = await first.call("settings.update", changes={"chat_days": 1})
    assert second.actor is not None
    for decided_by, when in ((ADMIN_ID, "now()"), (second.actor.id, "expires_at + interval '1 s'")):
        with pytest.raises(asyncpg.CheckViolationError):
            async with clinic.db.transaction() as tx:
                await tx.execute(
                    f"UPDATE admin_request SET state = 'confirmed', decided_by = $2, decided_at = {when} WHERE id = $1",
                    UUID(asked["id"]),
                    decided_by,
                )


STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "confirm", "refuse"]), st.integers(0, 2), st.integers(0, 3)),
    min_size=4,
    max_size=14,
)


@examples(max_examples=12)
@given(steps=STEPS)
async def test_whatever_administrators_try_each_change_had_two_people(
    steps: list[tuple[str, int, int]], clinic: Node
) -> None:
    """A state machine walked at random: three administrators asking, confirming and refusing whatever there is."""
    people = [Caller(clinic, fresh_network(7)) for _ in range(3)]
    for n, person in enumerate(people):
        email, word = f"walker{n}@example.test", f"the password of walker {n}"
        async with clinic.db.transaction() as tx:
            await administrators.make(tx, email, "Walker", word, datetime.now(UTC))
        await person.call("auth.login", email=email, password=word)
    asked: list[str] = []
    expected = (await people[0].call("settings.get"))["version"]
    state: dict[str, tuple[int, str]] = {}
    for verb, who, which in steps:
        if verb == "ask":
            asked.append((await people[who].call("settings.update", changes={"chat_days": which}))["id"])
            state[asked[-1]] = (who, "open")
        elif asked:
            request_id = asked[which % len(asked)]
            asker, now = state[request_id]
            wrong = RequestOver if now != "open" else TwoPeople if verb == "confirm" and asker == who else None
            with pytest.raises(wrong) if wrong else contextlib.nullcontext():
                await people[who].call(f"admin.{verb}", request_id=request_id)
            if wrong is None:
                state[request_id] = (asker, f"{verb}ed")
                expected += verb == "confirm"
    assert (await people[0].call("settings.get"))["version"] == expected
    alone = "SELECT 1 FROM admin_request WHERE state = 'confirmed' AND decided_by = asked_by"
    assert not await rows(clinic, alone)


async def carewire(settings: Settings, *words: str, typed: str) -> tuple[int, str]:
    """Run the command line; exit status and what it said."""
    assert settings.database_url
    env = {**os.environ, "CAREWIRE_DATABASE_URL": settings.database_url, "CAREWIRE_SECRET": settings.secret}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "carewire", *words, env=env,
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, told = await child.communicate(typed.encode())
    return child.returncode or 0, told.decode()


async def test_the_first_administrator_is_made_at_the_server(
    settings: Settings, clinic: Node, caller: MakeCaller
) -> None:
    words = ("admin", "create", "--email", "Root@Example.test", "--name", "Root")
    for refused, typed in ((words, "short\n"), ((*words[:3], "nonsense", *words[4:]), f"{WORD}\n")):
        status, told = await carewire(settings, *refused, typed=typed)
        assert status == 1, told
    status, told = await carewire(settings, *words, typed=f"{WORD}\n")
    assert status == 0, told
    assert WORD not in told
    root = await log_in(caller, "root@example.test", WORD)
    assert await root.call("admin.scopes") == ["super"]
    (row,) = await rows(clinic, "SELECT password_hash FROM account WHERE email = 'root@example.test'")
    assert row["password_hash"].startswith("$argon2id$")
    status, told = await carewire(settings, *words, typed=f"{WORD} two\n")
    assert status == 1
    assert "nothing was done" in told
    await log_in(caller, "root@example.test", WORD)
