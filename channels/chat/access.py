"""The doors to a thread: who reads it follows from care, who writes from the side one is on.

A patient's thread with a doctor is read by that doctor alone, never by the desk; her thread with a place by those who
answer there (PRODUCT 1, 5). Consent and break-glass open a thread for reading.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.topic import Ask as TopicAsk
from channels.care import RecordType
from channels.care import access as care
from channels.chat.errors import ChatReadOnly
from channels.chat.lifecycle import ThreadState
from channels.chat.nouns import ANSWERS, Author, Side
from channels.directory.access import VERIFIED
from channels.identity import access as identity
from channels.media import access as media

NOUN: Final = "chat_message"


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `chat_thread`."""

    id: UUID
    patient_id: UUID
    doctor_id: UUID | None
    place_id: UUID
    state: ThreadState
    closes_at: datetime | None
    shut_at: datetime | None
    created_at: datetime
    moved_at: datetime
    last_seq: int
    patient_read: int
    provider_read: int
    patient_unread: int
    provider_unread: int
    patient_told: int
    provider_told: int

    def read(self, side: Side) -> int:
        """The latest message this side has read."""
        return self.patient_read if side is Side.PATIENT else self.provider_read

    def unread(self, side: Side) -> int:
        """How many of the other side's it has not."""
        return self.patient_unread if side is Side.PATIENT else self.provider_unread

    def told(self, side: Side) -> int:
        """The message its latest notification is about."""
        return self.patient_told if side is Side.PATIENT else self.provider_told

    def ask(self, account_id: UUID) -> care.Ask:
        """May this account read what is said here?"""
        place_id = self.place_id if self.doctor_id is None else None
        return care.Ask(account_id, self.patient_id, RecordType.CHAT, self.doctor_id, place_id)


COLUMNS: Final = ", ".join(f"t.{name}" for name in Thread.__struct_fields__)


def from_row(row: Any) -> Thread:
    """A row of `COLUMNS`."""
    return msgspec.convert({name: row[name] for name in Thread.__struct_fields__}, Thread)


HERE: Final = "EXISTS (SELECT FROM patient p WHERE p.id = t.patient_id AND p.deleted_at IS NULL)"
"""Of a patient who was deleted nobody has anything unread."""
STANDS: Final = f"""{HERE} AND EXISTS (SELECT FROM relationship r WHERE r.patient_id = t.patient_id
    AND r.place_id = t.place_id AND (t.doctor_id IS NULL OR r.doctor_id = t.doctor_id) AND r.state = 'standing')"""
"""What the doctor's or the place's side may no longer read is not unread to it."""


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A thread as one caller has it. `author`: as whom she writes; null where she only reads."""

    thread: Thread
    author: Author | None

    @property
    def side(self) -> Side:
        """Raises `ChatReadOnly` for who is on neither side."""
        return self.writer.side

    @property
    def writer(self) -> Author:
        """Raises `ChatReadOnly` for who is on neither side."""
        if self.author is None:
            raise ChatReadOnly()
        return self.author


# The patient's side before the doctor's: who treats his own child writes as her guardian.
SEAT: Final = f"""CASE
    WHEN EXISTS (SELECT FROM guarding g WHERE g.account_id = $1 AND g.patient_id = t.patient_id AND g.kind = 'self')
        THEN 'patient'
    WHEN EXISTS (SELECT FROM guarding g WHERE g.account_id = $1 AND g.patient_id = t.patient_id) THEN 'guardian'
    WHEN t.doctor_id IS NOT NULL THEN CASE WHEN EXISTS (
        SELECT FROM {VERIFIED} JOIN affiliation f ON f.doctor_id = d.id AND f.place_id = t.place_id
           AND f.state = 'accepted' WHERE d.id = t.doctor_id AND d.account_id = $1) THEN 'doctor' END
    WHEN EXISTS (SELECT FROM membership m WHERE m.account_id = $1 AND m.place_id = t.place_id AND m.until IS NULL
        AND m.duty = ANY ($2)) THEN 'desk' END"""
"""As whom `$1` writes in `t`, with `$2` the duties that answer."""


async def seat_of(ctx: Ctx, where: str, *values: Any, lock: bool = False) -> Seat | None:
    """The thread that `where` (`$3`…) finds and as whom the caller writes in it, whether or not she may read."""
    if lock:  # first: who waits for the lock has read the rights before
        await ctx.tx.execute(
            f"SELECT FROM chat_thread t WHERE {where} AND ($1::uuid, $2::text[]) IS NOT NULL FOR UPDATE",
            ctx.actor.id,
            sorted(ANSWERS),
            *values,
        )
    row = await ctx.tx.fetchrow(
        f"SELECT {COLUMNS}, {SEAT} AS author FROM chat_thread t WHERE {where}",
        ctx.actor.id,
        sorted(ANSWERS),
        *values,
    )
    if row is None:
        return None
    return Seat(thread=from_row(row), author=None if row["author"] is None else Author(row["author"]))


@door
async def thread(ctx: Ctx, thread_id: UUID, *, lock: bool = False) -> Seat:
    """A thread the caller may read; the audit has it. Raises `NotFound`, or `FactDue` while she owes a known fact."""
    found = await seat_of(ctx, "t.id = $3", thread_id, lock=lock)
    if found is None:
        raise NotFound()
    asked = found.thread.ask(ctx.actor.id)
    await care.reading(ctx, asked.patient_id, RecordType.CHAT, asked.doctor_id, asked.place_id)
    return found


async def locked(ctx: Ctx, thread_id: UUID) -> Thread | None:
    """The thread for a job that goes on with it."""
    row = await ctx.tx.fetchrow(f"SELECT {COLUMNS} FROM chat_thread t WHERE t.id = $1 FOR UPDATE", thread_id)
    return None if row is None else from_row(row)


async def may_hear(ctx: Ctx, asks: Sequence[TopicAsk]) -> list[datetime | None]:
    """Who may read what is said, and not while the login owes a known fact."""
    rows = await ctx.tx.fetch(f"SELECT {COLUMNS} FROM chat_thread t WHERE t.id = ANY ($1)", [key[0] for _, key in asks])
    threads = {row["id"]: from_row(row) for row in rows}
    owing = await identity.owing_facts(ctx.tx, [actor.login_id for actor, _ in asks])
    known = [(n, actor, threads[key[0]]) for n, (actor, key) in enumerate(asks)
             if key[0] in threads and actor.login_id not in owing]  # fmt: skip
    since: list[datetime | None] = [None] * len(asks)
    reasons = await care.reasons(ctx, [thread.ask(actor.id) for _, actor, thread in known])
    for (n, actor, thread), held in zip(known, reasons, strict=True):
        if held:
            care.opened(ctx, thread.patient_id, RecordType.CHAT, held, by=actor)
            since[n] = max(held[0].since, thread.created_at)
    return since


@media.readers(NOUN)
async def may_read_files(ctx: Ctx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]:
    """Who may read a message may read what was sent with it; each look is in the audit."""
    rows = await ctx.tx.fetch(
        f"SELECT m.id AS message_id, {COLUMNS} FROM chat_message m JOIN chat_thread t ON t.id = m.thread_id"
        " WHERE m.id = ANY ($1)",
        [message_id for _, message_id in asks],
    )
    threads = {row["message_id"]: from_row(row) for row in rows}
    since: list[datetime | None] = [None] * len(asks)
    if await identity.owes_fact(ctx):
        return since
    known = [(n, account, threads[message]) for n, (account, message) in enumerate(asks) if message in threads]
    reasons = await care.reasons(ctx, [thread.ask(account) for _, account, thread in known])
    for (n, _, thread), held in zip(known, reasons, strict=True):
        if held:
            care.opened(ctx, thread.patient_id, RecordType.CHAT, held)
            since[n] = held[0].since
    return since
