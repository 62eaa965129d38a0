"""Chats: who may say and read what, and when. Hostile cases first.

Ledger: chat.send M-387, chat.history M-388, chat:message M-389; PRODUCT 5 and 25.
"""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from carewire.command import Ctx
from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.ids import uuid7
from carewire.node import Node
from carewire.personal import Subject, collect, erase, export
from channels.chat import access
from channels.chat.errors import ChatClosed, ChatReadOnly
from channels.chat.inbox import tell_inboxes
from channels.chat.nouns import Side
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM
from channels.identity import Capacity
from channels.identity import demo as people
from channels.identity.demo import ARJUN_PATIENT, PRIYA_PATIENT
from channels.identity.platform_settings import PlatformSettings
from tests.channels.callers import Caller, rows, told
from tests.channels.chat.conftest import HERS, VIKRAMS, Say, execute, follow, look_who_is_away, run
from tests.channels.queue.conftest import ProductClock, admin_of, as_person, topic
from tests.patience import PATIENCE_S


async def test_a_stranger_finds_no_thread_and_another_doctor_neither(
    clinic: Node, thread: str, say: Say, stranger: Caller, priya: Caller
) -> None:
    await say(priya, thread)
    for who in (stranger, as_person(clinic, people.ASHA), as_person(clinic, people.TECHNICIAN, Capacity.STAFF)):
        for call in (
            say(who, thread),
            who.call("chat.history", thread_id=thread),
            who.call("chat.read", thread_id=thread, seq=1),
            who.call("chat.get", thread_id=thread),
            who.call("chat.typing", thread_id=thread),
            who.call("chat.close", thread_id=thread),
            who.call("chat.open", **VIKRAMS),
        ):
            with pytest.raises(NotFound):
                await call
    assert [name for name, _ in await told(clinic, f"chat:{thread}")] == ["chat:message"]


async def test_the_desk_never_reads_what_she_and_her_doctor_write(
    thread: str, place_thread: str, say: Say, desk: Caller, priya: Caller
) -> None:
    await say(priya, thread, "About my results")
    with pytest.raises(NotFound):
        await desk.call("chat.history", thread_id=thread)
    listed = await desk.call("chat.list", whose="place", place_id=CLINIC)
    assert [row["id"] for row in listed["rows"]] == [place_thread]


async def test_the_doctor_does_not_answer_for_the_place(place_thread: str, say: Say, doctor: Caller) -> None:
    with pytest.raises(NotFound):
        await say(doctor, place_thread)


async def test_no_chat_without_a_visit(clinic: Node, priya: Caller, desk: Caller, session: str) -> None:
    with pytest.raises(ChatClosed):
        await priya.call("chat.open", **VIKRAMS)
    with pytest.raises(NotFound):  # nor may the desk begin one with somebody who never came
        await desk.call("chat.open", **HERS)
    await priya.call("queue.join", session_id=session, patient_id=PRIYA_PATIENT)
    with pytest.raises(ChatClosed):
        await priya.call("chat.open", **{**VIKRAMS, "doctor_id": DOCTOR_ASHA})
    with pytest.raises(ChatClosed):
        await priya.call("chat.open", **{**VIKRAMS, "patient_id": ARJUN_PATIENT})


async def test_both_sides_talk_and_each_is_marked_for_what_it_is(
    clinic: Node, thread: str, place_thread: str, say: Say, priya: Caller, doctor: Caller, desk: Caller
) -> None:
    assert (await say(priya, thread, "Shall I eat before?"))["author"] == "patient"
    assert (await say(doctor, thread, "No, come fasting."))["author"] == "doctor"
    assert (await say(desk, place_thread, "We are late today."))["author"] == "desk"
    await execute(
        clinic,
        "INSERT INTO guardianship (account_id, patient_id, kind, since) VALUES ($1, $2, 'sibling', now())",
        people.TECHNICIAN.account_id,
        PRIYA_PATIENT,
    )
    assert (await say(as_person(clinic, people.TECHNICIAN), thread, "I write for her."))["author"] == "guardian"
    history = await doctor.call("chat.history", thread_id=thread)
    assert [(row["seq"], row["author"]) for row in history["rows"]] == [(3, "guardian"), (2, "doctor"), (1, "patient")]
    assert history["members"] == []


async def test_who_wrote_for_the_place_only_its_people_are_told(
    clinic: Node, place_thread: str, say: Say, priya: Caller, desk: Caller
) -> None:
    await say(desk, place_thread)
    seen = await priya.call("chat.history", thread_id=place_thread)
    assert seen["members"] == []
    assert people.DESK.name not in str(seen)
    assert people.DESK.name not in str(await told(clinic, f"chat:{place_thread}"))
    (member,) = (await desk.call("chat.history", thread_id=place_thread))["members"]
    assert (member["seq"], member["name"]) == (1, people.DESK.name)


async def test_a_send_that_is_repeated_says_it_once(clinic: Node, thread: str, say: Say, priya: Caller) -> None:
    key = str(uuid7())
    first, again = [await say(priya, thread, "Once", idempotency_key=key) for _ in range(2)]
    assert first == again
    assert len(await told(clinic, f"chat:{thread}")) == 1


async def test_nothing_can_be_said_by_saying_nothing(thread: str, say: Say, priya: Caller) -> None:
    for text in ("", "   \n"):
        with pytest.raises(InvalidParams):
            await say(priya, thread, text)
    with pytest.raises(InvalidParams):
        await say(priya, thread, "x" * 4001)
    with pytest.raises(InvalidParams):
        await say(priya, thread, media_ids=[uuid4()])
    assert (await priya.call("chat.history", thread_id=thread))["rows"] == []


async def test_it_closes_seven_days_after_the_visit_and_stays_readable(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller, time: ProductClock
) -> None:
    await say(priya, thread)
    time.turn(hours=9)  # the visit is expected to be over four hours after the sitting
    with pytest.raises(ChatClosed):
        await say(priya, thread)
    await execute(clinic, "UPDATE relationship SET last_visit_at = $1", time.now())
    await follow(clinic, thread)
    await say(doctor, thread, "How are you today?")
    time.turn(days=6, hours=23)
    await say(priya, thread, "Better")
    time.turn(hours=2)
    for who in (priya, doctor):
        with pytest.raises(ChatClosed):
            await say(who, thread)
        assert len((await who.call("chat.history", thread_id=thread))["rows"]) == 3
    await follow(clinic, thread)
    assert (await priya.call("chat.get", thread_id=thread))["state"] == "closed"
    time.turn(days=30)
    with pytest.raises(NotFound):  # the relationship's time is over, too
        await doctor.call("chat.history", thread_id=thread)
    assert len((await priya.call("chat.history", thread_id=thread))["rows"]) == 3


async def test_a_relationship_that_is_ended_closes_the_chat_at_once(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller
) -> None:
    await say(doctor, thread)
    relation = (await priya.call("relation.list", patient_id=PRIYA_PATIENT))[0]
    await priya.call("relation.end", relation_id=relation["id"])
    with pytest.raises(ChatClosed):
        await say(priya, thread)
    with pytest.raises(NotFound):
        await say(doctor, thread)
    async with asyncio.timeout(PATIENCE_S):  # the job that the database left tells it by itself
        while [name for name, _ in await told(clinic, f"chat:{thread}")][-1] != "chat:state":
            pass
    assert (await topic(clinic, f"chat:{thread}")).state == "closed"


async def test_what_may_no_longer_be_read_is_not_unread_either(
    clinic: Node, thread: str, place_thread: str, say: Say, priya: Caller, doctor: Caller, desk: Caller
) -> None:
    """Nobody keeps a badge that she cannot clear; the desk is cut off although care does not know it as a reader."""
    names = [f"inbox:{people.VIKRAM.account_id}", f"desk_inbox:{CLINIC}"]
    for one in (thread, place_thread):
        await say(priya, one)
    assert [len((await topic(clinic, name)).threads) for name in names] == [1, 1]
    assert (await doctor.call("dashboard.doctor"))["unread_messages"] == 1
    relation = (await priya.call("relation.list", patient_id=PRIYA_PATIENT))[0]
    await priya.call("relation.end", relation_id=relation["id"])
    await follow(clinic, thread)
    left = await follow(clinic, place_thread)
    assert [len((await topic(clinic, name)).threads) for name in names] == [0, 0]
    assert (await doctor.call("dashboard.doctor"))["unread_messages"] == 0
    assert {told.event.entry.unread for told in left.conflated if told.event.topic() == names[1]} == {0}  # type: ignore[attr-defined]
    cut_off = {event.topic for event in left.events if event.topic.startswith("rights:")}
    assert f"rights:{people.DESK.account_id}" in cut_off
    again = await follow(clinic, place_thread)  # also when it had closed long before
    assert f"rights:{people.DESK.account_id}" in {event.topic for event in again.events}
    assert (await topic(clinic, f"inbox:{people.PRIYA.account_id}")).threads == []


async def test_a_doctor_who_has_left_the_place_hears_nothing_of_what_is_said_there(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller
) -> None:
    async def tell(ctx: Ctx, thread_id: UUID) -> None:
        found = await access.locked(ctx, thread_id)
        assert found is not None
        await tell_inboxes(ctx, found)

    mine = f"inbox:{people.VIKRAM.account_id}"
    works = "SELECT id FROM affiliation WHERE doctor_id = $1 AND place_id = $2 AND state = 'accepted'"
    (there,) = await rows(clinic, works, DOCTOR_VIKRAM, CLINIC)
    await doctor.call("affiliation.end", affiliation_id=there["id"])
    said = await say(priya, thread)
    assert mine not in {told.event.topic() for told in (await run(clinic, tell, UUID(thread))).conflated}
    await look_who_is_away(clinic, thread, Side.PROVIDER, said["seq"])
    notices = f"notify:{people.VIKRAM.account_id}:%:{said['id']}"
    assert await rows(clinic, "SELECT 1 FROM job WHERE key LIKE $1", notices) == []
    assert (await topic(clinic, mine)).threads == []
    assert (await doctor.call("dashboard.doctor"))["unread_messages"] == 0


async def test_the_database_alone_refuses_words_in_a_closed_thread_and_changed_ones(
    clinic: Node, thread: str, say: Say, priya: Caller
) -> None:
    await say(priya, thread)
    insert = (
        "INSERT INTO chat_message (thread_id, seq, author, author_id, text, at)"
        f" VALUES ('{thread}', $1, $2, '{people.PRIYA.account_id}', 'x', now() + $3::interval)"
    )
    for seq, author, later in ((3, "patient", 0), (2, "desk", 0), (2, "patient", 30), (1, "patient", 0)):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await execute(clinic, insert, seq, author, timedelta(days=later))
    for change in ("chat_message SET text = 'y'", "chat_thread SET patient_read = 2", "chat_thread SET last_seq = 0",
                   f"chat_thread SET patient_id = '{ARJUN_PATIENT}'"):  # fmt: skip
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await execute(clinic, f"UPDATE {change}")


async def test_the_doctor_may_end_it_and_her_next_visit_opens_it_again(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller, time: ProductClock
) -> None:
    with pytest.raises(ChatReadOnly):
        await priya.call("chat.close", thread_id=thread)
    assert (await doctor.call("chat.close", thread_id=thread))["state"] == "shut"
    with pytest.raises(IllegalMove):
        await doctor.call("chat.close", thread_id=thread)
    with pytest.raises(ChatClosed):
        await say(priya, thread)
    await execute(clinic, "UPDATE relationship SET last_visit_at = $1", time.now())  # the visit that went on
    with pytest.raises(ChatClosed):
        await say(priya, thread)
    time.turn(hours=1)
    await execute(clinic, "UPDATE relationship SET hand_at = $1", time.now())
    assert (await say(priya, thread))["seq"] == 1


async def test_marks_never_go_back_and_what_is_unread_is_counted(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller
) -> None:
    for number in range(3):
        await say(doctor, thread, f"Word {number}")
    await say(priya, thread, "Mine is not counted")
    assert (await priya.call("chat.list"))["rows"][0]["unread"] == 3
    assert (await priya.call("chat.read", thread_id=thread, seq=2)) == {"side": "patient", "seq": 2, "unread": 1}
    assert (await priya.call("chat.read", thread_id=thread, seq=1)) == {"side": "patient", "seq": 2, "unread": 1}
    with pytest.raises(InvalidParams):
        await priya.call("chat.read", thread_id=thread, seq=5)
    assert (await priya.call("chat.read", thread_id=thread, seq=4))["unread"] == 0
    names = [name for name, _ in await told(clinic, f"chat:{thread}")]
    assert names == ["chat:message"] * 4 + ["chat:read"] * 2


async def test_who_is_away_is_told_once_until_she_has_read(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller
) -> None:
    async def facts() -> list[Any]:
        return await rows(clinic, "SELECT key FROM job WHERE name = 'notification.new' AND key LIKE '%chat.answered%'")

    async def waiting() -> list[Any]:
        return await rows(clinic, "SELECT payload FROM job WHERE name = 'chat.unread' AND state = 'open'")

    for _ in range(3):
        await say(doctor, thread)
    (job,) = await waiting()
    assert msgspec.json.decode(job["payload"])["seq"] == 1
    await look_who_is_away(clinic, thread, Side.PATIENT, 1)
    assert len(await facts()) == 1
    await say(doctor, thread)
    await look_who_is_away(clinic, thread, Side.PATIENT, 1)
    assert len(await facts()) == 1, "one until she reads"
    await priya.call("chat.read", thread_id=thread, seq=4)
    await say(doctor, thread)
    (job,) = await waiting()
    assert msgspec.json.decode(job["payload"])["seq"] == 5
    await priya.call("chat.read", thread_id=thread, seq=5)
    await look_who_is_away(clinic, thread, Side.PATIENT, 5)
    assert len(await facts()) == 1, "she has read it before anybody had to tell her"


async def test_a_notification_leads_to_its_thread(thread: str, say: Say, priya: Caller, stranger: Caller) -> None:
    said = await say(priya, thread)
    assert (await priya.call("chat.get", message_id=said["id"]))["id"] == thread
    with pytest.raises(NotFound):
        await stranger.call("chat.get", message_id=said["id"])
    with pytest.raises(InvalidParams):
        await priya.call("chat.get")


async def test_pages_go_through_everything_that_was_said_once(thread: str, say: Say, priya: Caller) -> None:
    for number in range(5):
        await say(priya, thread, str(number))
    found, cursor = [], None
    while True:
        page = await priya.call("chat.history", thread_id=thread, limit=2, **({"cursor": cursor} if cursor else {}))
        found += [row["text"] for row in page["rows"]]
        if (cursor := page["cursor"]) is None:
            break
    assert found == ["4", "3", "2", "1", "0"]


async def test_threads_come_in_pages_the_latest_first(thread: str, place_thread: str, say: Say, priya: Caller) -> None:
    await say(priya, thread)
    first = await priya.call("chat.list", limit=1)
    second = await priya.call("chat.list", limit=1, cursor=first["cursor"])
    assert [row["id"] for row in first["rows"] + second["rows"]] == [thread, place_thread]
    assert second["cursor"] is None
    assert (await priya.call("chat.list", patient_id=ARJUN_PATIENT))["rows"] == []


async def test_by_consent_one_reads_and_does_not_write(
    clinic: Node, thread: str, say: Say, priya: Caller, time: ProductClock
) -> None:
    await say(priya, thread, "For both of you")
    asha = as_person(clinic, people.ASHA)
    await priya.call(
        "consent.grant",
        patient_id=PRIYA_PATIENT,
        doctor_id=DOCTOR_ASHA,
        records=["chat"],
        purpose="second_opinion",
        until=time.now() + timedelta(days=1),
    )
    assert len((await asha.call("chat.history", thread_id=thread))["rows"]) == 1
    for call in (
        say(asha, thread),
        asha.call("chat.read", thread_id=thread, seq=1),
        asha.call("chat.typing", thread_id=thread),
    ):
        with pytest.raises(ChatReadOnly):
            await call


async def test_an_administrator_has_no_part_in_it(clinic: Node, thread: str) -> None:
    with pytest.raises(Forbidden):
        await admin_of(clinic).call("chat.history", thread_id=thread)


async def test_every_look_is_in_the_audit_and_typing_leaves_nothing(
    clinic: Node, thread: str, say: Say, doctor: Caller, priya: Caller
) -> None:
    await doctor.call("chat.history", thread_id=thread)
    before = await rows(clinic, "SELECT count(*) FROM audit")
    await doctor.call("chat.typing", thread_id=thread)
    after = await rows(clinic, "SELECT count(*) FROM audit")
    assert before == after
    looks = await rows(
        clinic, "SELECT why FROM audit WHERE command = 'chat.history' AND kind = 'read' AND noun = 'chat'"
    )
    assert [look["why"] for look in looks] == ["relationship"]


async def test_her_export_has_the_conversation_and_the_doctors_has_no_word_of_it(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller
) -> None:
    await say(priya, thread, "My results are in")
    await say(doctor, thread, "They are fine")
    hers = Subject(accounts=[people.PRIYA.account_id], patients=[PRIYA_PATIENT])
    his = Subject(accounts=[people.VIKRAM.account_id], patients=[])
    async with clinic.db.snapshot() as tx:
        assert [row["text"] for row in (await export(tx, hers))["chat_message"]] == [
            "My results are in",
            "They are fine",
        ]
        (told,) = (await export(tx, his))["chat_message"]
        assert (told["author"], "text" in told) == ("doctor", False)
        assert f"chat:{thread}" in await collect(tx, hers, "topics")
    async with clinic.db.transaction() as tx:
        left = {remains.table: remains.rows for remains in await erase(tx, hers, clinic.clock.now())}
    assert (left["chat_thread"], left["chat_message"]) == (1, 2), "a record of treatment is kept, without her name"


async def test_the_days_after_a_visit_are_the_setting_everywhere(clinic: Node) -> None:
    (row,) = await rows(clinic, "SELECT extract(day FROM chat_days())::integer AS days")
    assert row["days"] == PlatformSettings().chat_days
    await execute(clinic, "UPDATE admin_settings SET value = value || '{\"chat_days\": 3}'")
    (row,) = await rows(clinic, "SELECT extract(day FROM chat_days())::integer AS days")
    assert row["days"] == 3
