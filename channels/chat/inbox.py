"""What is unread: for a person, and for those who answer at a place. Conflated, so that no writer waits for another.

A place with a hundred conversations and twenty members would otherwise have one topic that every message locks.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.event import Event
from carewire.topic import Ask, topic
from channels.chat.access import HERE, STANDS, Thread
from channels.chat.lifecycle import ThreadState
from channels.chat.nouns import ANSWERS, INBOX_MAX, Side
from channels.directory.access import VERIFIED
from channels.identity import access as identity
from channels.identity.access import may_hear_oneself


class InboxEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A thread as one of its sides has it: how many messages of the other side are unread."""

    thread_id: UUID
    patient_id: UUID
    doctor_id: UUID | None
    place_id: UUID
    state: ThreadState
    unread: int
    moved_at: datetime


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """The threads in which something is unread, the latest first; at most a hundred."""

    threads: list[InboxEntry]


class InboxChanged(Event, name="inbox:changed", topic="inbox:{account_id}", durable=False, key="thread_id"):
    """A thread of yours moved; this is all of it. With nothing unread it is off the list."""

    account_id: UUID
    thread_id: UUID
    entry: InboxEntry


class DeskInboxChanged(Event, name="desk_inbox:changed", topic="desk_inbox:{place_id}", durable=False, key="thread_id"):
    """A thread of the place moved; this is all of it. With nothing unread it is off the list."""

    place_id: UUID
    thread_id: UUID
    entry: InboxEntry


INBOX_TELLS: Final[frozenset[type[Event]]] = frozenset((InboxChanged, DeskInboxChanged))

_ENTRY: Final = "t.id AS thread_id, t.patient_id, t.doctor_id, t.place_id, t.state, t.moved_at"
_HERS: Final = f"""
SELECT {_ENTRY}, t.patient_unread AS unread FROM guarding g JOIN chat_thread t ON t.patient_id = g.patient_id
 WHERE g.account_id = $1 AND t.patient_unread > 0 AND {HERE}
UNION SELECT {_ENTRY}, t.provider_unread FROM {VERIFIED} JOIN chat_thread t ON t.doctor_id = d.id
  JOIN affiliation f ON f.doctor_id = d.id AND f.place_id = t.place_id AND f.state = 'accepted'
 WHERE d.account_id = $1 AND t.provider_unread > 0 AND {STANDS}
   AND NOT EXISTS (SELECT FROM guarding g WHERE g.account_id = $1 AND g.patient_id = t.patient_id)
 ORDER BY moved_at DESC, thread_id DESC LIMIT {INBOX_MAX}"""


@topic("inbox:{account_id}", may=may_hear_oneself)
async def inbox(ctx: Ctx, account_id: UUID) -> Inbox:
    """One's own unread threads: of everybody one acts for, and as the doctor one is."""
    return _inbox(await ctx.tx.fetch(_HERS, account_id))


async def may_hear_desk_inbox(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Who answers at the place."""
    return await identity.works_many(ctx.tx, [(actor.id, key[0]) for actor, key in asks], ANSWERS)


@topic("desk_inbox:{place_id}", may=may_hear_desk_inbox)
async def desk_inbox(ctx: Ctx, place_id: UUID) -> Inbox:
    """The unread threads of a place with its patients."""
    rows = await ctx.tx.fetch(
        f"SELECT {_ENTRY}, t.provider_unread AS unread FROM chat_thread t WHERE t.place_id = $1"
        f" AND t.doctor_id IS NULL AND t.provider_unread > 0 AND {STANDS}"
        f" ORDER BY t.moved_at DESC, t.id DESC LIMIT {INBOX_MAX}",
        place_id,
    )
    return _inbox(rows)


def _inbox(rows: Sequence[Any]) -> Inbox:
    return Inbox(threads=[msgspec.convert(dict(row), InboxEntry) for row in rows])


async def tell_inboxes(ctx: Ctx, thread: Thread) -> None:
    """Tell the inboxes of both sides how the thread, which is locked, stands now."""
    row = await ctx.tx.fetchrow(
        f"SELECT {HERE} AS here, {STANDS} AS stands FROM chat_thread t WHERE t.id = $1", thread.id
    )
    assert row is not None
    entry = entry_of(thread, Side.PATIENT, readable=row["here"])
    for _, account_id in sorted(await identity.acted_for(ctx.tx, [thread.patient_id])):
        ctx.emit(InboxChanged(account_id=account_id, thread_id=thread.id, entry=entry))
    entry = entry_of(thread, Side.PROVIDER, readable=row["stands"])
    if thread.doctor_id is None:
        ctx.emit(DeskInboxChanged(place_id=thread.place_id, thread_id=thread.id, entry=entry))
    elif doctor := await doctor_account(ctx, thread):
        ctx.emit(InboxChanged(account_id=doctor, thread_id=thread.id, entry=entry))


async def doctor_account(ctx: Ctx, thread: Thread) -> UUID | None:
    """The account of the thread's doctor, while he works there, and is not on the patient's side himself."""
    account_id: UUID | None = await ctx.tx.fetchval(
        f"SELECT d.account_id FROM {VERIFIED} JOIN affiliation f ON f.doctor_id = d.id AND f.place_id = $3"
        " AND f.state = 'accepted' WHERE d.id = $1 AND NOT EXISTS ("
        "SELECT FROM guarding g WHERE g.account_id = d.account_id AND g.patient_id = $2)",
        thread.doctor_id,
        thread.patient_id,
        thread.place_id,
    )
    return account_id


def entry_of(thread: Thread, side: Side, *, readable: bool) -> InboxEntry:
    """The thread as one of its sides has it. What it may not read is not unread."""
    return InboxEntry(
        thread_id=thread.id,
        patient_id=thread.patient_id,
        doctor_id=thread.doctor_id,
        place_id=thread.place_id,
        state=thread.state,
        unread=thread.unread(side) if readable else 0,
        moved_at=thread.moved_at,
    )
