"""What both sides of a thread hear, and what they see first; and on a lane of its own, who is writing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.event import Event
from carewire.store.db import Tx
from carewire.topic import Ask, topic
from channels.care import access as care
from channels.chat import access
from channels.chat.access import COLUMNS, NOUN, from_row
from channels.chat.facts import EMERGENCY
from channels.chat.lifecycle import ThreadState
from channels.chat.nouns import SHOWN, Author, Side
from channels.identity import access as identity
from channels.media import access as media
from channels.media.access import MediaView


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """What was said. `seq` counts from 1 without gaps; `files` are read by `media.link`."""

    id: UUID
    seq: int
    author: Author
    text: str
    files: list[MediaView]
    at: datetime


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A thread and its latest messages, the oldest of them first.

    `doctor_id` is null where it is with the place. While `open` it closes at `closes_at`, unless a visit or an order
    comes. Each side has read up to a message's number. `emergency` is to stand at the top, by language.
    """

    thread_id: UUID
    patient_id: UUID
    doctor_id: UUID | None
    place_id: UUID
    state: ThreadState
    closes_at: datetime | None
    patient_read: int
    provider_read: int
    messages: list[MessageView]
    emergency: dict[str, str]


class ChatMessage(Event, name="chat:message", topic="chat:{thread_id}"):
    """Something was said."""

    thread_id: UUID
    message: MessageView

    @staticmethod
    def apply(snapshot: Chat, event: "ChatMessage") -> Chat:
        """The snapshot after this event."""
        return replace(snapshot, messages=[*snapshot.messages, event.message][-SHOWN:])


class ChatRead(Event, name="chat:read", topic="chat:{thread_id}"):
    """A side has read up to the message with this number."""

    thread_id: UUID
    side: Side
    seq: int

    @staticmethod
    def apply(snapshot: Chat, event: "ChatRead") -> Chat:
        """The snapshot after this event."""
        if event.side is Side.PATIENT:
            return replace(snapshot, patient_read=event.seq)
        return replace(snapshot, provider_read=event.seq)


class ChatState(Event, name="chat:state", topic="chat:{thread_id}"):
    """It opened again, stays open longer, or closed. `closes_at` is null when it is not open."""

    thread_id: UUID
    state: ThreadState
    closes_at: datetime | None

    @staticmethod
    def apply(snapshot: Chat, event: "ChatState") -> Chat:
        """The snapshot after this event."""
        return replace(snapshot, state=event.state, closes_at=event.closes_at)


@topic("chat:{thread_id}", may=access.may_hear)
async def chat(ctx: Ctx, thread_id: UUID) -> Chat:
    """A thread as it stands, with its latest messages."""
    row = await ctx.tx.fetchrow(f"SELECT {COLUMNS} FROM chat_thread t WHERE t.id = $1", thread_id)
    if row is None:
        raise NotFound()
    thread = from_row(row)
    return Chat(
        thread_id=thread.id,
        patient_id=thread.patient_id,
        doctor_id=thread.doctor_id,
        place_id=thread.place_id,
        state=thread.state,
        closes_at=thread.closes_at,
        patient_read=thread.patient_read,
        provider_read=thread.provider_read,
        messages=(await messages(ctx.tx, thread_id, SHOWN))[::-1],
        emergency=EMERGENCY,
    )


async def messages(tx: Tx, thread_id: UUID, limit: int, before: int | None = None) -> list[MessageView]:
    """The latest messages (before this one), newest first."""
    rows = await tx.fetch(
        "SELECT id, seq, author, text, at FROM chat_message WHERE thread_id = $1 AND ($2::integer IS NULL OR seq < $2)"
        " ORDER BY seq DESC LIMIT $3",
        thread_id,
        before,
        limit,
    )
    return await views(tx, rows)


async def views(tx: Tx, rows: Sequence[Any]) -> list[MessageView]:
    """Rows of `chat_message` with their files."""
    files = await media.attached(tx, NOUN, [row["id"] for row in rows])
    return [msgspec.convert({**dict(row), "files": files[row["id"]]}, MessageView) for row in rows]


# --- who is writing --------------------------------------------------------------------------------------------------
class Typing(msgspec.Struct, frozen=True, kw_only=True):
    """Who is writing, each until a moment of product time that moves on while they do."""

    writing: dict[str, datetime]


class ChatTyping(Event, name="chat:typing", topic="typing:{thread_id}", durable=False, key="author"):
    """Somebody is writing, until then unless she says so again; null: she stopped."""

    thread_id: UUID
    author: Author
    until: datetime | None


async def may_hear_typing(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Who may hear the chat. Nothing of what was said is shown, so the audit is not asked."""
    rows = await ctx.tx.fetch(f"SELECT {COLUMNS} FROM chat_thread t WHERE t.id = ANY ($1)", [key[0] for _, key in asks])
    threads = {row["id"]: from_row(row) for row in rows}
    owing = await identity.owing_facts(ctx.tx, [actor.login_id for actor, _ in asks])
    known = [(n, threads[key[0]].ask(actor.id)) for n, (actor, key) in enumerate(asks)
             if key[0] in threads and actor.login_id not in owing]  # fmt: skip
    since: list[datetime | None] = [None] * len(asks)
    for (n, _), held in zip(known, await care.may_read(ctx, [ask for _, ask in known]), strict=True):
        since[n] = held
    return since


@topic("typing:{thread_id}", may=may_hear_typing)
async def typing(ctx: Ctx, thread_id: UUID) -> Typing:
    """Who is writing now. Nothing of it is kept, so a newcomer begins with nobody and hears within some seconds."""
    return Typing(writing={})
