"""Chats at their edges: the very moment of closing, who has just left, files of others, floods, pages that grow.

Ledger: chat.send M-387, chat.history M-388; PRODUCT 5 and 25; issue 7, part 4.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from carewire.command import Ctx
from carewire.errors import InvalidParams, NotFound, RateLimited
from carewire.node import Node
from channels.care.events import PatientGone
from channels.chat import access
from channels.chat.following import follow, follow_patient
from channels.chat.lifecycle import ThreadState
from channels.directory.demo import CLINIC
from channels.identity import Capacity
from channels.identity import demo as people
from channels.identity.demo import PRIYA_PATIENT
from tests.channels.callers import Caller, rows, told
from tests.channels.chat.conftest import Say, execute, run
from tests.channels.queue.conftest import admin_of, as_person, topic

SAID = (
    "INSERT INTO chat_message (thread_id, seq, author, author_id, text, at)"
    " SELECT id, last_seq + 1, 'patient', $2, 'Still there?', $3 FROM chat_thread WHERE id = $1"
)


async def state_at(node: Node, thread_id: str, moment: datetime) -> ThreadState:
    """What it is at this moment, and nothing of that is kept."""
    async with node.db.transaction() as tx:
        ctx = Ctx(tx=tx, now=moment, real_now=moment, settings=node.settings)
        found = await access.locked(ctx, UUID(thread_id))
        assert found is not None
        return (await follow(ctx, found)).state


async def test_seven_days_after_the_visit_it_is_closed_and_a_microsecond_before_it_is_open(
    clinic: Node, thread: str, priya: Caller
) -> None:
    seen = clinic.dispatcher.clock.now()
    await execute(clinic, "UPDATE relationship SET last_visit_at = $1, expected_until = NULL", seen)
    closes, before = seen + timedelta(days=7), timedelta(microseconds=1)
    assert await state_at(clinic, thread, closes - before) is ThreadState.OPEN
    with pytest.raises(asyncpg.CheckViolationError, match="this thread is closed"):
        await execute(clinic, SAID, UUID(thread), people.PRIYA.account_id, closes)
    await execute(clinic, SAID, UUID(thread), people.PRIYA.account_id, closes - before)
    assert await state_at(clinic, thread, closes) is ThreadState.CLOSED


async def test_who_no_longer_works_there_neither_reads_nor_says_anything_also_at_the_same_moment(
    clinic: Node, place_thread: str, say: Say, priya: Caller, desk: Caller
) -> None:
    await say(desk, place_thread, "How can we help?")
    head = as_person(clinic, people.ASHA, Capacity.STAFF)
    left, *tries = await asyncio.gather(
        head.call("place.remove_member", account_id=str(people.DESK.account_id), place_id=CLINIC),
        *(say(desk, place_thread, f"Word {n}") for n in range(4)),
        return_exceptions=True,
    )
    assert not isinstance(left, BaseException)
    assert all(isinstance(one, dict | NotFound) for one in tries)
    for call in (
        say(desk, place_thread),
        desk.call("chat.history", thread_id=place_thread),
        desk.call("chat.typing", thread_id=place_thread),
        desk.call("chat.list", whose="place", place_id=CLINIC),
    ):
        with pytest.raises(NotFound):
            await call
    said = (await priya.call("chat.history", thread_id=place_thread))["rows"]
    assert len(said) == 1 + sum(isinstance(one, dict) for one in tries)


async def test_a_file_of_somebody_else_one_sent_before_or_one_of_another_kind_is_not_sent(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller
) -> None:
    async def file(owner: UUID, kind: str = "document") -> str:
        async with clinic.db.transaction() as tx:
            made: UUID = await tx.fetchval(
                "INSERT INTO media (account_id, kind, name, mime, size, sha256, path, created_at)"
                " VALUES ($1, $2, 'a.pdf', 'application/pdf', 1, sha256(''), 'test/' || gen_random_uuid(), now())"
                " RETURNING id",
                owner,
                kind,
            )
        return str(made)

    mine, theirs = await file(people.PRIYA.account_id), await file(people.VIKRAM.account_id)
    for wrong in ([theirs], [mine, theirs]):
        with pytest.raises(InvalidParams):
            await say(priya, thread, "Look", media_ids=wrong)
    sent = await say(priya, thread, "Look", media_ids=[mine, mine])
    assert [one["id"] for one in sent["files"]] == [mine]
    for who in (priya, doctor):
        with pytest.raises(InvalidParams):
            await say(who, thread, "Again", media_ids=[mine])
    assert [row["text"] for row in (await priya.call("chat.history", thread_id=thread))["rows"]] == ["Look"]
    with pytest.raises(NotFound):
        await as_person(clinic, people.ASHA).call("media.link", media_id=mine)


async def test_a_flood_of_typing_or_words_is_held_back_and_costs_the_other_side_nothing(
    clinic: Node, thread: str, say: Say, priya: Caller, doctor: Caller
) -> None:
    typed = await asyncio.gather(
        *(priya.call("chat.typing", thread_id=thread) for _ in range(40)), return_exceptions=True
    )
    said = await asyncio.gather(*(say(priya, thread, str(n)) for n in range(40)), return_exceptions=True)
    for tries in (typed, said):
        held = [one for one in tries if isinstance(one, BaseException)]
        assert held
        assert all(isinstance(one, RateLimited) and one.after_ms for one in held)
    await doctor.call("chat.typing", thread_id=thread)
    assert (await say(doctor, thread, "One at a time"))["seq"] == 1 + sum(isinstance(one, dict) for one in said)


async def test_pages_of_a_thread_that_grows_meanwhile_miss_nothing_and_repeat_nothing(
    thread: str, say: Say, priya: Caller, doctor: Caller
) -> None:
    for number in range(6):
        await say(priya, thread, str(number))
    found: list[Any] = []
    cursor = None
    while True:
        page = await doctor.call("chat.history", thread_id=thread, limit=2, cursor=cursor)
        found += [row["text"] for row in page["rows"]]
        if (cursor := page["cursor"]) is None:
            break
        await asyncio.gather(say(doctor, thread, "Meanwhile"), say(priya, thread, "Meanwhile"))
    assert found == ["5", "4", "3", "2", "1", "0"]


async def test_of_a_patient_who_was_deleted_nothing_is_open_or_unread_to_anybody(
    clinic: Node, thread: str, place_thread: str, say: Say, priya: Caller, doctor: Caller, desk: Caller
) -> None:
    mine = str(people.PRIYA.account_id)
    before = await doctor.call("dashboard.doctor")
    for thread_id in (thread, place_thread):
        await say(priya, thread_id, "Are you there?")
    await say(doctor, thread, "Yes")
    inboxes = {f"inbox:{people.VIKRAM.account_id}": 1, f"desk_inbox:{CLINIC}": 1, f"inbox:{mine}": 1}
    assert {name: len((await topic(clinic, name)).threads) for name in inboxes} == inboxes
    await execute(clinic, "UPDATE admin_scope SET scope = 'privacy'")
    await admin_of(clinic).call("patient.delete", patient_id=PRIYA_PATIENT)
    ((job,),) = await rows(clinic, "SELECT payload FROM job WHERE name = 'patient.gone'")
    left = await run(clinic, follow_patient, msgspec.json.decode(job, type=PatientGone))
    for thread_id in (thread, place_thread):
        assert (await told(clinic, f"chat:{thread_id}"))[-1][1]["state"] == "closed"
        for who in (priya, doctor, desk):
            with pytest.raises(NotFound):
                await say(who, thread_id)
    assert {name: len((await topic(clinic, name)).threads) for name in inboxes} == dict.fromkeys(inboxes, 0)
    said = {one.event.topic(): one.event.entry.unread for one in left.conflated}  # type: ignore[attr-defined]
    assert said == dict.fromkeys(inboxes, 0)  # who has it open is told so, her family too
    after = await doctor.call("dashboard.doctor")
    assert (after["unread_messages"], before["patients"] - after["patients"]) == (0, 1)
