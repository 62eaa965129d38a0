"""Terms and privacy notice: who may publish, that nothing published changes, and what it means to owe (PRODUCT 10).

Ledger: auth.register M-162 (what is agreed to while registering).
"""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from carewire.errors import Forbidden, InvalidParams, NotFound, TermsDue
from carewire.node import Node
from channels.identity.demo import ADMIN_EMAIL, ADMIN_PASSWORD, PRIYA
from channels.identity.errors import TermsOutdated, TermsPublished
from channels.identity.nouns import Scope
from tests.channels.callers import Caller, TurnableClock, next_code, rows

MakeCaller = Callable[..., Caller]
NEW = "+919811166666"


async def admin_of(caller: MakeCaller) -> Caller:
    admin = caller()
    await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    return admin


async def publish(admin: Caller, kind: str = "terms", **more: Any) -> Any:
    return await admin.call("terms.publish", kind=kind, title="Terms", text="What we agree on.", **more)


async def test_only_who_writes_content_publishes_and_never_at_once(caller: MakeCaller, clinic: Node) -> None:
    priya = caller()
    await priya.log_in(PRIYA.phone)
    with pytest.raises(Forbidden):
        await publish(priya)
    admin = await admin_of(caller)
    for days in (0, 1):
        with pytest.raises(InvalidParams):
            await publish(admin, grace_days=days)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE admin_scope SET scope = $1 WHERE until IS NULL", Scope.SUPPORT)
    with pytest.raises(Forbidden):
        await publish(admin)
    with pytest.raises(Forbidden):
        await admin.call("terms.translate", kind="terms", version=1, locale="hi", title="x", text="y")


async def test_what_was_published_never_changes(caller: MakeCaller, clinic: Node) -> None:
    admin = await admin_of(caller)
    await publish(admin)
    hindi = {"kind": "terms", "version": 1, "title": "शर्तें", "text": "जो हम मानते हैं।"}
    await admin.call("terms.translate", locale="hi", **hindi)
    with pytest.raises(TermsPublished):
        await admin.call("terms.translate", locale="hi", **hindi)
    with pytest.raises(NotFound):
        await admin.call("terms.translate", locale="hi", **{**hindi, "version": 2})
    for sql in (
        "UPDATE terms_text SET text = 'other'",
        "DELETE FROM terms_text",
        "UPDATE terms_version SET binds_at = now()",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with clinic.db.transaction() as tx:
                await tx.execute(sql)
    assert [one["title"] for one in await caller().call("terms.current", locale="hi-IN")] == ["शर्तें"]
    assert [one["locale"] for one in await caller().call("terms.current", locale="fr")] == ["en"]
    assert (await caller().call("terms.get", kind="terms", version=1, locale="hi"))["text"] == "जो हम मानते हैं।"


async def test_two_who_publish_at_once_make_two_versions(caller: MakeCaller) -> None:
    admin = await admin_of(caller)
    made = await asyncio.gather(*(publish(admin) for _ in range(4)))
    assert sorted(one["version"] for one in made) == [1, 2, 3, 4]


async def test_what_is_owed_is_told_at_login_and_after_its_grace_only_reading_and_accepting_is_left(
    caller: MakeCaller, clock: TurnableClock
) -> None:
    admin = await admin_of(caller)
    published = await publish(admin, grace_days=7)
    priya = caller()
    login = await priya.log_in(PRIYA.phone)
    assert login["terms_due"] == [{"kind": "terms", "version": 1, "binds_at": published["binds_at"]}]
    await priya.call("patient.list")  # within the grace everything goes on
    clock.turn(days=7, seconds=1)
    priya = caller()
    login = await priya.log_in(PRIYA.phone)
    for method, params in (
        ("patient.list", {}),
        ("patient.create", {"name": "x", "kind": "other"}),
        ("notification.list", {}),
    ):
        with pytest.raises(TermsDue) as refused:
            await priya.call(method, **params)
        assert refused.value.to_wire()["data"]["retry"] == "never"
    assert await priya.call("terms.current")
    await priya.call("profile.get")
    await priya.call("auth.devices")
    await priya.call("user.erasure")
    with pytest.raises(NotFound):
        await priya.call("terms.accept", kind="terms", version=2)
    state = await priya.call("terms.accept", kind="terms", version=1)
    assert state["owed"] == []
    await priya.call("patient.list")  # the very next call, on the same socket


async def test_a_socket_that_was_open_before_is_bound_as_well(caller: MakeCaller, clock: TurnableClock) -> None:
    """It learns of a new version when its token is renewed, and no version binds before that."""
    priya = caller()
    login = await priya.log_in(PRIYA.phone)
    await publish(await admin_of(caller), grace_days=2)
    clock.turn(minutes=14)
    renewed = await priya.call("auth.refresh", refresh_token=login["refresh_token"])
    assert [one["kind"] for one in renewed["terms_due"]] == ["terms"]
    await priya.call("patient.list")
    clock.turn(days=2)
    with pytest.raises(TermsDue):
        await priya.call("patient.list")


async def test_a_word_is_taken_back_as_easily_as_it_was_given_and_both_are_remembered(
    caller: MakeCaller, clock: TurnableClock, clinic: Node
) -> None:
    admin = await admin_of(caller)
    await publish(admin, "privacy", grace_days=2)
    clock.turn(days=3)
    priya = caller()
    await priya.log_in(PRIYA.phone)
    await priya.call("terms.accept", kind="privacy", version=1)
    other = caller()
    clock.turn(seconds=31)
    await other.log_in(PRIYA.phone)
    state = await priya.call("terms.withdraw", kind="privacy")
    assert [one["kind"] for one in state["owed"]] == ["privacy"]
    with pytest.raises(TermsDue):
        await priya.call("patient.list")
    reloaded = await other.reload()  # what the node's hub does within a second
    assert reloaded is not None
    assert reloaded.shut_at is not None
    with pytest.raises(NotFound):
        await priya.call("terms.withdraw", kind="privacy")
    await priya.call("terms.accept", kind="privacy", version=1)
    state = await priya.call("terms.mine")
    assert [one["withdrawn_at"] is None for one in state["acceptances"]] == [True, False]
    assert len(await rows(clinic, "SELECT 1 FROM terms_acceptance")) == 2


async def test_a_newer_version_is_owed_again_and_the_older_one_cannot_be_accepted_any_more(
    caller: MakeCaller, clock: TurnableClock
) -> None:
    admin = await admin_of(caller)
    await publish(admin)
    priya = caller()
    await priya.log_in(PRIYA.phone)
    await priya.call("terms.accept", kind="terms", version=1)
    second = await publish(admin, grace_days=30)
    state = await priya.call("terms.mine")
    assert state["owed"] == [{"kind": "terms", "version": 2, "binds_at": second["binds_at"]}]
    with pytest.raises(TermsOutdated) as refused:
        await priya.call("terms.accept", kind="terms", version=1)
    assert refused.value.data == {"version": 2}


async def test_what_was_agreed_to_while_registering_counts_for_the_new_account_and_for_nobody_elses(
    caller: MakeCaller, clinic: Node
) -> None:
    admin = await admin_of(caller)
    await publish(admin)
    await publish(admin, "privacy")
    accepts = [{"kind": "terms", "version": 1, "locale": "en"}, {"kind": "privacy", "version": 9, "locale": "en"}]
    new = caller()
    asked = await new.call("auth.register", user_type="patient", name="Lakshmi", phone=NEW, accepts=accepts)
    code = await next_code(clinic, NEW, 0)
    login = await new.call("auth.otp_verify", phone=NEW, code=code, registration=asked["registration"])
    assert [one["kind"] for one in login["terms_due"]] == ["privacy"]  # a version that does not exist counts nothing
    (found,) = await rows(clinic, "SELECT account_id, version FROM terms_acceptance")
    assert str(found["account_id"]) == login["account"]["id"]
