"""Priya's thread with the doctor whose line she joined, and what brings time and jobs forward."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from carewire.command import Ctx
from carewire.jobs.vault import Vault
from carewire.node import Node
from carewire.store import outbox
from channels.chat.following import ChatFollow, ChatUnread, follow_relationship, tell_who_is_away
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM
from channels.identity.demo import PRIYA_PATIENT
from tests.channels.callers import Caller
from tests.channels.queue.conftest import desk, doctor, make_session, priya, session, stranger, time

__all__ = ["desk", "doctor", "make_session", "priya", "session", "stranger", "time"]

HERS = {"patient_id": PRIYA_PATIENT, "place_id": CLINIC}
VIKRAMS = {**HERS, "doctor_id": DOCTOR_VIKRAM}
Say = Callable[..., Awaitable[Any]]


@pytest_asyncio.fixture
async def thread(clinic: Node, priya: Caller, desk: Caller, session: str) -> str:
    """She is in the line, and has a chat with its doctor."""
    await priya.call("queue.join", session_id=session, patient_id=PRIYA_PATIENT)
    return str((await priya.call("chat.open", **VIKRAMS))["id"])


@pytest_asyncio.fixture
async def place_thread(thread: str, priya: Caller) -> str:
    """And one with the clinic."""
    return str((await priya.call("chat.open", **HERS))["id"])


@pytest.fixture
def say() -> Say:
    """Say something; each word once."""

    async def send(who: Caller, thread_id: str, text: str = "Hello", **more: Any) -> Any:
        return await who.call("chat.send", thread_id=thread_id, text=text, **more)

    return send


async def run(node: Node, consumer: Any, job: Any) -> outbox.Left:
    """A job at the time of the dispatcher's clock, as the executor runs it."""
    async with node.db.transaction() as tx:
        clock = node.dispatcher.clock
        ctx = Ctx(tx=tx, now=clock.now(), real_now=clock.real_now(), settings=node.settings)
        await consumer(ctx, job)
        left = await outbox.finish([ctx], Vault(node.settings.secret))
    node.publish(left)
    return left


async def follow(node: Node, thread_id: str) -> outbox.Left:
    """What the trigger's job, or the one that waits for the end, does."""
    return await run(node, follow_relationship, ChatFollow(thread_id=UUID(thread_id)))


async def look_who_is_away(node: Node, thread_id: str, side: Any, seq: int) -> None:
    await run(node, tell_who_is_away, ChatUnread(thread_id=UUID(thread_id), side=side, seq=seq))


async def execute(node: Node, sql: str, *values: Any) -> None:
    async with node.db.transaction() as tx:
        await tx.execute(sql, *values)
