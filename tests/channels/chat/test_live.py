"""What the two sides of a chat hear: the same as a newcomer sees, whatever happened, and on two nodes.

Ledger: chat:message M-389, chat.send M-387.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.app import create_app
from carewire.client import Client, Event, Refused, Snapshot, Subscription
from carewire.errors import NotFound, Refusal
from carewire.gateway import server
from carewire.node import Node
from carewire.settings import Settings
from channels.chat.events import ChatMessage, ChatRead, ChatState
from channels.chat.lifecycle import THREAD, ThreadState
from channels.chat.nouns import SHOWN
from channels.directory.demo import CLINIC
from channels.identity.demo import DESK, PRIYA, PRIYA_PATIENT, VIKRAM
from channels.seed import seed
from tests.channels.callers import Caller, rows, told
from tests.channels.chat.conftest import VIKRAMS, Say, execute, follow
from tests.channels.queue.conftest import ProductClock, topic
from tests.channels.review.conftest import fresh_allowances
from tests.conftest import Connect
from tests.patience import PATIENCE_S
from tests.people import log_in

KINDS: dict[str, Any] = {"chat:message": ChatMessage, "chat:read": ChatRead, "chat:state": ChatState}
S = ThreadState
STEPS = ("ask", "answer", "read", "see", "visit", "end", "join", "shut", "later")


@given(walk=st.lists(st.sampled_from(STEPS), min_size=3, max_size=14))
@examples(max_examples=25)
async def test_a_snapshot_and_what_was_heard_since_is_what_is_and_every_count_is_right(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller, time: ProductClock, walk: list[str]
) -> None:
    """Whatever is said, read, begun and ended, in any order; and what is illegal is refused without a trace."""
    fresh_allowances(clinic)
    name = f"chat:{thread}"
    mine, known = await topic(clinic, name), len(await told(clinic, name))
    for step in walk:
        before = len(await told(clinic, name))
        last = (await rows(clinic, "SELECT last_seq FROM chat_thread"))[0]["last_seq"]
        try:
            match step:
                case "ask" | "answer":
                    await say(priya if step == "ask" else doctor, thread, step)
                case "read" | "see":
                    await (priya if step == "read" else doctor).call("chat.read", thread_id=thread, seq=max(1, last))
                case "visit":
                    await execute(clinic, "UPDATE relationship SET last_visit_at = $1", time.now())
                case "end":
                    await execute(
                        clinic,
                        "UPDATE relationship SET state = 'ended', ended_at = $1, expected_until = NULL",
                        time.now(),
                    )
                case "join":
                    await execute(
                        clinic,
                        "UPDATE relationship SET state = 'standing', ended_at = NULL, hand_at = $1, made_at = $1,"
                        " expected_until = $1::timestamptz + interval '4 hours', made_by = $2",
                        time.now(),
                        PRIYA.account_id,
                    )
                case "shut":
                    await doctor.call("chat.close", thread_id=thread)
                case _:
                    time.turn(days=3)
        except Refusal:
            after = await told(clinic, name)
            assert after[before:] == []
        await follow(clinic, thread)
        for what, data in (await told(clinic, name))[known:]:
            mine = KINDS[what].apply(mine, msgspec.convert(data, KINDS[what]))
            known += 1
        assert mine == await topic(clinic, name)
        (count,) = await rows(
            clinic,
            """SELECT t.patient_unread = (SELECT count(*) FROM chat_message m WHERE m.thread_id = t.id
                          AND m.author = 'doctor' AND m.seq > t.patient_read)
                  AND t.provider_unread = (SELECT count(*) FROM chat_message m WHERE m.thread_id = t.id
                          AND m.author = 'patient' AND m.seq > t.provider_read)
                  AND t.last_seq = (SELECT count(*) FROM chat_message m WHERE m.thread_id = t.id) AS right
                 FROM chat_thread t""",
        )
        assert count["right"]


async def test_a_newcomer_sees_the_latest_and_so_does_who_heard_all_of_them(
    clinic: Node, thread: str, say: Say, priya: Caller
) -> None:
    mine = await topic(clinic, f"chat:{thread}")
    assert set(mine.emergency) == {"en", "hi", "ar"}
    for number in range(SHOWN + 3):
        if number % 10 == 0:
            fresh_allowances(clinic)
        await say(priya, thread, str(number))
    for what, data in await told(clinic, f"chat:{thread}"):
        mine = KINDS[what].apply(mine, msgspec.convert(data, KINDS[what]))
    assert mine == await topic(clinic, f"chat:{thread}")
    assert [message.text for message in mine.messages] == [str(number) for number in range(3, SHOWN + 3)]


async def test_of_many_at_once_each_has_a_number_of_its_own_without_a_gap(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller
) -> None:
    said = await asyncio.gather(*(say(who, thread, str(n)) for n in range(8) for who in (priya, doctor)))
    assert sorted(message["seq"] for message in said) == list(range(1, 17))
    assert [data["message"]["seq"] for _, data in await told(clinic, f"chat:{thread}")] == list(range(1, 17))


@pytest.mark.parametrize("state", ThreadState)
def test_a_thread_moves_only_as_the_product_says(state: ThreadState) -> None:
    legal = {S.OPEN: {"prolong", "lapse", "close"}, S.CLOSED: {"reopen"}, S.SHUT: {"reopen"}}
    assert set(THREAD.legal(state)) == legal[state]


async def test_files_are_read_by_who_reads_the_message_and_by_nobody_else(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller, desk: Caller
) -> None:
    (row,) = await rows_of(
        clinic,
        "INSERT INTO media (account_id, kind, name, mime, size, sha256, path, created_at)"
        " VALUES ($1, 'medical_record', 'report.pdf', 'application/pdf', 1, sha256(''), 'test/one', now())"
        " RETURNING id",
        PRIYA.account_id,
    )
    media_id = str(row["id"])
    with pytest.raises(NotFound):
        await doctor.call("media.get", media_id=media_id)
    said = await say(priya, thread, "", media_ids=[media_id])
    assert [file["name"] for file in said["files"]] == ["report.pdf"]
    assert (await doctor.call("media.get", media_id=media_id))["about"] == "chat_message"
    with pytest.raises(NotFound):
        await desk.call("media.get", media_id=media_id)
    looks = await rows(clinic, "SELECT why FROM audit WHERE command = 'media.get' AND kind = 'read'")
    assert [look["why"] for look in looks] == ["relationship"]


async def rows_of(node: Node, sql: str, *values: Any) -> list[Any]:
    async with node.db.transaction() as tx:
        return await tx.fetch(sql, *values)


# --- over real sockets, on two nodes ---------------------------------------------------------------------------------
@pytest_asyncio.fixture
async def second_node(gateway: server.Running, settings: Settings) -> AsyncIterator[server.Running]:
    """Another gateway on the same database and bus."""
    other = msgspec.structs.replace(settings, node=f"{settings.node}-b")
    running = await server.start(create_app(other), other)
    yield running
    await running.stop()


async def until(heard: Subscription, wanted: Any) -> Any:
    """The data of the first change that is wanted."""
    async with asyncio.timeout(PATIENCE_S):
        async for change in heard:
            data = change.value if isinstance(change, Snapshot) else change.data
            if wanted(change, data):
                return data
    raise AssertionError("the topic ended")


def event(name: str) -> Any:
    return lambda change, _: isinstance(change, Event) and change.name == name


async def fresh(client: Client, heard: Subscription) -> Any:
    """The topic as who comes anew sees it."""
    await heard.close()
    first = await anext(await client.subscribe(heard.topic))
    assert isinstance(first, Snapshot)
    return first.value


async def started(client: Client, name: str) -> Subscription:
    heard = await client.subscribe(name)
    assert isinstance(await anext(heard), Snapshot)
    return heard


async def test_a_conversation_over_two_nodes_ends_for_the_doctor_when_she_ends_it(
    gateway: server.Running, second_node: server.Running, settings: Settings, connect: Connect
) -> None:
    assert settings.database_url
    await seed(settings.database_url, settings)
    priya, vikram, desk = await connect(), await connect(second_node.url), await connect(second_node.url)
    for client, person in ((priya, PRIYA), (vikram, VIKRAM), (desk, DESK)):
        await log_in(client, person.phone)
    sitting = next(
        row["id"] for row in (await desk.query("session.list", place_id=CLINIC))["rows"] if row["state"] == "scheduled"
    )
    await desk.command("session.update", session_id=sitting, remote_join=True)
    await priya.command("queue.join", session_id=sitting, patient_id=PRIYA_PATIENT)
    threads = [(await priya.command("chat.open", **{**VIKRAMS, **more}))["id"] for more in ({}, {"doctor_id": None})]
    with_doctor, with_place = threads
    hers = await started(priya, f"chat:{with_doctor}")
    his = await started(vikram, f"chat:{with_doctor}")
    badge = await started(vikram, f"inbox:{VIKRAM.account_id}")
    counter = await started(desk, f"desk_inbox:{CLINIC}")
    writing = await started(priya, f"typing:{with_doctor}")
    with pytest.raises(Refused, match="not_found"):
        await anext(await desk.subscribe(f"chat:{with_doctor}"))

    await vikram.call("chat.typing", thread_id=with_doctor)
    assert (await until(writing, event("chat:typing")))["author"] == "doctor"
    await priya.command("chat.send", thread_id=with_doctor, text="Shall I come fasting?")
    assert (await until(his, event("chat:message")))["message"]["text"] == "Shall I come fasting?"
    assert (await until(badge, event("inbox:changed")))["entry"]["unread"] == 1
    await vikram.command("chat.send", thread_id=with_doctor, text="Yes.")
    assert (await until(hers, lambda _, data: data.get("message", {}).get("seq") == 2))["message"]["author"] == "doctor"
    await vikram.command("chat.read", thread_id=with_doctor, seq=1)
    assert (await until(hers, event("chat:read")))["side"] == "provider"
    await vikram.command("chat.read", thread_id=with_doctor, seq=2)
    await until(badge, lambda _, data: data.get("entry", {}).get("unread") == 0)
    assert (await fresh(vikram, badge))["threads"] == [], "whole values: the last one told is what a newcomer sees"
    await priya.command("chat.send", thread_id=with_place, text="I am late.")
    told = await until(counter, event("desk_inbox:changed"))
    assert (told["thread_id"], told["entry"]["unread"]) == (with_place, 1)
    assert (await fresh(desk, counter))["threads"] == [told["entry"]]

    (relation,) = [r for r in await priya.query("relation.list", patient_id=PRIYA_PATIENT) if r["state"] == "standing"]
    await priya.command("relation.end", relation_id=relation["id"])
    with pytest.raises(Refused, match="not_found"):  # his subscription is ended by the server
        await until(his, lambda _, data: False)
    assert (await until(hers, event("chat:state")))["state"] == "closed"
    with pytest.raises(Refused, match="chat_closed"):
        await priya.command("chat.send", thread_id=with_doctor, text="Are you there?")
