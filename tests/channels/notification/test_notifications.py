"""What a person is told in the app: each fact once, to her alone, in her language.

Ledger: notification.list H-095 M-287, notification.mark_read M-289, notification.mark_all_read M-290,
notification.delete M-291, notification.create M-288 (to one account), notification.service H-049 M-059 (in the app).
"""

import asyncio
import random
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from carewire.command import Ctx
from carewire.errors import Forbidden, NotFound, Refusal, Unauthenticated
from carewire.jobs import rows as jobs
from carewire.jobs.vault import Vault
from carewire.node import Node
from carewire.notice import fact
from carewire.store import outbox
from carewire.topic import find
from channels.identity import demo as people
from channels.notification.events import SHOWN, NotificationDeleted, NotificationNew, NotificationRead
from channels.queue.facts import TURN_NEAR
from tests.channels.callers import Caller, rows, told
from tests.channels.queue.conftest import MakeSession, admin_of, as_person, desk, make_session, topic, walk_in
from tests.patience import PATIENCE_S

__all__ = ["desk", "make_session"]

TOLD = fact(
    "test.told",
    about="thing",
    texts={"en": ("{count} things", "See {count}."), "hi": ("{count} चीज़ें", "{count} देखें।")},
)
KINDS: dict[str, Any] = {
    "notification:new": NotificationNew,
    "notification:read": NotificationRead,
    "notification:deleted": NotificationDeleted,
}
PRIYA = people.PRIYA.account_id


def name_of(account_id: UUID) -> str:
    return f"notifications:{account_id}"


@pytest.fixture
def priya(clinic: Node) -> Caller:
    return as_person(clinic, people.PRIYA)


async def tell(node: Node, *refs: UUID, person: UUID = PRIYA) -> None:
    """What a domain does, and its jobs done."""
    for ref in refs:
        async with node.db.transaction() as tx:
            ctx = Ctx(tx=tx, now=node.clock.now(), real_now=node.clock.real_now(), settings=node.settings)
            ctx.notify(person, TOLD, ref, count=3)
            left = await outbox.finish([ctx], Vault(node.settings.secret))
        node.publish(left)
    await heard(node)


async def heard(node: Node) -> None:
    """Until no fact is on its way."""
    open_ = "SELECT 1 FROM job WHERE state = 'open' AND name = 'notification.new' AND due_at <= now()"
    async with asyncio.timeout(PATIENCE_S):
        while await rows(node, open_):
            pass  # each look is a round trip


async def snapshot(node: Node, account_id: UUID = PRIYA) -> Any:
    return await topic(node, name_of(account_id))


async def test_the_same_fact_is_told_once_however_often_it_happens(clinic: Node, priya: Caller) -> None:
    ref = uuid4()
    await tell(clinic, ref, ref)
    await tell(clinic, ref)
    page = await priya.call("notification.list")
    (only,) = page["rows"]
    assert (only["fact"], only["about"], only["ref_id"]) == ("test.told", "thing", str(ref))
    assert page["unread"] == 1
    assert [name for name, _ in await told(clinic, name_of(PRIYA))] == ["notification:new"]


async def test_it_speaks_the_readers_language_and_english_where_it_has_none(clinic: Node, priya: Caller) -> None:
    for locale, title in (("hi-IN", "3 चीज़ें"), ("ar", "3 things")):
        async with clinic.db.transaction() as tx:
            await tx.execute("UPDATE account SET locale = $2 WHERE id = $1", PRIYA, locale)
        await tell(clinic, uuid4())
        assert (await priya.call("notification.list", limit=1))["rows"][0]["title"] == title


async def test_nobody_reads_deletes_or_hears_those_of_another(clinic: Node, priya: Caller) -> None:
    await tell(clinic, uuid4())
    ((found,),) = [(await priya.call("notification.list"))["rows"]]
    other = as_person(clinic, people.DESK)
    for command in ("notification.mark_read", "notification.delete"):
        with pytest.raises(NotFound):
            await other.call(command, notification_id=found["id"])
    assert (await other.call("notification.list"))["rows"] == []
    declared = find(name_of(PRIYA))
    assert declared is not None
    assert other.actor is not None
    assert priya.actor is not None
    async with clinic.db.snapshot() as tx:
        ctx = Ctx(tx=tx, now=clinic.clock.now(), real_now=clinic.clock.now(), settings=clinic.settings)
        heard_by = await declared[0].may(ctx, [(other.actor, declared[1]), (priya.actor, declared[1])])
    assert [since is not None for since in heard_by] == [False, True]
    with pytest.raises(Unauthenticated):
        await Caller(clinic).call("notification.list")


async def test_what_was_deleted_keeps_no_text_and_is_never_told_again(clinic: Node, priya: Caller) -> None:
    ref = uuid4()
    await tell(clinic, ref)
    found = (await priya.call("notification.list"))["rows"][0]
    await priya.call("notification.delete", notification_id=found["id"])
    await tell(clinic, ref)
    assert (await priya.call("notification.list")) == {"rows": [], "cursor": None, "unread": 0}
    (kept,) = await rows(clinic, "SELECT title, body FROM notification")
    assert (kept["title"], kept["body"]) == ("", "")
    with pytest.raises(NotFound):
        await priya.call("notification.mark_read", notification_id=found["id"])


async def test_reading_twice_tells_once(clinic: Node, priya: Caller) -> None:
    await tell(clinic, uuid4(), uuid4())
    newest = (await priya.call("notification.list"))["rows"][0]
    assert await priya.call("notification.mark_read", notification_id=newest["id"]) == {"unread": 1}
    assert await priya.call("notification.mark_read", notification_id=newest["id"]) == {"unread": 1}
    assert await priya.call("notification.mark_all_read") == {"unread": 0}
    assert await priya.call("notification.mark_all_read") == {"unread": 0}
    names = [name for name, _ in await told(clinic, name_of(PRIYA))]
    assert names == ["notification:new"] * 2 + ["notification:read"] * 2


async def test_pages_go_through_all_of_them_once(clinic: Node, priya: Caller) -> None:
    refs = [uuid4() for _ in range(5)]
    await tell(clinic, *refs)
    found, cursor = [], None
    while True:
        page = await priya.call("notification.list", limit=2, **({"cursor": cursor} if cursor else {}))
        found += [row["ref_id"] for row in page["rows"]]
        if (cursor := page["cursor"]) is None:
            break
    assert found == [str(ref) for ref in reversed(refs)]


async def test_a_snapshot_and_what_was_heard_since_is_what_is(clinic: Node, priya: Caller) -> None:
    """A walk through everything that can happen, with more notifications than the topic shows."""
    dice = random.Random(7)
    await tell(clinic, *(uuid4() for _ in range(SHOWN - 1)))
    mine, known = await snapshot(clinic), len(await told(clinic, name_of(PRIYA)))
    happened = set()
    for _ in range(60):
        page = (await priya.call("notification.list", limit=100))["rows"]
        what = dice.choice(["tell", "tell", "read", "delete", "delete", "all"])
        happened.add(what)
        if what == "tell":
            await tell(clinic, uuid4())
        elif what == "all":
            await priya.call("notification.mark_all_read")
        else:
            command = {"read": "notification.mark_read", "delete": "notification.delete"}[what]
            await priya.call(command, notification_id=dice.choice(page)["id"])
        for name, data in (await told(clinic, name_of(PRIYA)))[known:]:
            mine = KINDS[name].apply(mine, msgspec.convert(data, KINDS[name]))
            known += 1
        assert mine == await snapshot(clinic)
    assert happened == {"tell", "read", "delete", "all"}


async def test_an_admin_writes_to_one_account_and_nobody_else_may(clinic: Node, priya: Caller) -> None:
    admin = admin_of(clinic)
    words = {"title": "Hello {0}", "message": "Please {call} us."}
    await admin.call("notification.create", account_id=PRIYA, **words)
    await heard(clinic)
    (only,) = (await priya.call("notification.list"))["rows"]
    assert (only["title"], only["body"]) == (words["title"], words["message"])
    with pytest.raises(NotFound):
        await admin.call("notification.create", account_id=uuid4(), **words)
    with pytest.raises(Forbidden):
        await priya.call("notification.create", account_id=PRIYA, **words)


async def test_what_is_to_be_told_is_sealed_while_it_waits(clinic: Node) -> None:
    async with clinic.db.transaction() as tx:
        ctx = Ctx(tx=tx, now=clinic.clock.now(), real_now=clinic.clock.now(), settings=clinic.settings)
        ctx.notify(PRIYA, TOLD, uuid4(), not_before=clinic.clock.now() + timedelta(days=30_000), count="canary 4711")
        await jobs.store(tx, ctx.now, ctx.jobs, Vault(clinic.settings.secret))
        (row,) = await tx.fetch("SELECT payload FROM job WHERE name = 'notification.new'")
    assert b"4711" not in row["payload"]


async def test_a_turn_that_comes_near_is_told_to_who_holds_the_token(
    clinic: Node, desk: Caller, priya: Caller, make_session: MakeSession
) -> None:
    session = await make_session(remote_join=True)
    for name in ("First", "Second", "Third"):
        await walk_in(desk, session, name)
    token = await desk.call("queue.walk_in", session_id=session, name="Priya", phone=people.PRIYA.phone)
    holders = await rows(clinic, "SELECT patient_id FROM token WHERE id = $1", UUID(token["id"]))
    async with clinic.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO guardianship (account_id, patient_id, kind, since) VALUES ($1, $2, 'other', now())"
            " ON CONFLICT DO NOTHING",
            PRIYA,
            holders[0]["patient_id"],
        )
    await priya.call("queue.alert", token_id=token["id"], before=2)
    await heard(clinic)
    assert (await snapshot(clinic)).unread == 0
    for _ in range(2):
        called = await desk.call("queue.call_next", session_id=session, finish_current=True)
        await desk.call("queue.begin", token_id=called["id"])
        await heard(clinic)
        (only,) = (await priya.call("notification.list"))["rows"]
        assert (only["fact"], only["ref_id"]) == ("queue.turn_near", token["id"])
        assert only["body"] == TURN_NEAR.texts["hi"][1].format(before=2), "in Priya's language"


def test_a_fact_that_says_other_words_in_another_language_is_refused() -> None:
    for texts in ({"hi": ("a", "b")}, {"en": ("{x}", ""), "hi": ("{y}", "")}):
        with pytest.raises(TypeError):
            fact("test.bad", texts=texts)
    with pytest.raises(TypeError):
        fact("test.told", texts={"en": ("a", "b")})


async def test_a_fact_told_without_its_words_fails_where_it_is_told(clinic: Node) -> None:
    async with clinic.db.snapshot() as tx:
        ctx = Ctx(tx=tx, now=clinic.clock.now(), real_now=clinic.clock.now(), settings=clinic.settings)
        with pytest.raises(KeyError):
            ctx.notify(PRIYA, TOLD, uuid4())
    assert issubclass(NotFound, Refusal)
