"""A thread follows its relationship: open while a visit or order goes on and some days after, else closed.

The state that was told stands in the row. Whoever is about to rely on it brings it up to date under its lock; a job
does so when its time comes, and whenever the relationship changed (the trigger of `migrations/0125_chat.sql`).
"""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from carewire.command import Ctx
from carewire.jobs.job import Job, consumer
from channels.care.events import PatientGone
from channels.chat import access
from channels.chat.access import Thread
from channels.chat.events import ChatState
from channels.chat.facts import ANSWERED, ASKED
from channels.chat.inbox import INBOX_TELLS, doctor_account, tell_inboxes
from channels.chat.lifecycle import THREAD, ThreadState
from channels.chat.nouns import ANSWERS, Side
from channels.identity import access as identity

CLOSES_KEY: Final = "chat:closes:{thread_id}"
UNREAD_KEY: Final = "chat:unread:{thread_id}:{side}"


class Basis(NamedTuple):
    """What a thread stands on: `until` when it is open as things are, `hand_at` when her side last came by itself."""

    standing: bool
    until: datetime | None
    hand_at: datetime | None


async def basis(ctx: Ctx, patient_id: UUID, doctor_id: UUID | None, place_id: UUID) -> Basis:
    """Read the relationships a thread stands on, and keep them from ending before this transaction does."""
    # Chats lock the thread and then these; nobody else ever locks a thread behind a relationship.
    rows = await ctx.tx.fetch(
        "SELECT r.hand_at, greatest(r.last_visit_at + chat_days(), r.expected_until) AS until FROM relationship r"
        " JOIN patient p ON p.id = r.patient_id AND p.deleted_at IS NULL"
        " WHERE r.patient_id = $1 AND r.place_id = $2 AND ($3::uuid IS NULL OR r.doctor_id = $3)"
        " AND r.state = 'standing' ORDER BY r.id FOR SHARE OF r",
        patient_id,
        place_id,
        doctor_id,
    )
    return Basis(
        bool(rows),
        max((row["until"] for row in rows if row["until"] is not None), default=None),
        max((row["hand_at"] for row in rows), default=None),
    )


async def follow(ctx: Ctx, thread: Thread, found: Basis | None = None) -> Thread:
    """Bring the state of a locked thread up to date, and tell it where it is another."""
    found = found or await basis(ctx, thread.patient_id, thread.doctor_id, thread.place_id)
    closes_at = found.until if found.until is not None and found.until > ctx.now else None
    # Shut by hand, it waits for a visit that her side makes after that.
    shut = thread.shut_at is not None and (found.hand_at is None or found.hand_at <= thread.shut_at)
    if thread.state is ThreadState.OPEN:
        move = "lapse" if closes_at is None else None if thread.closes_at == closes_at else "prolong"
    else:
        move = None if closes_at is None or shut else "reopen"
    return thread if move is None else await set_state(ctx, thread, move, closes_at)


async def set_state(ctx: Ctx, thread: Thread, move: str, closes_at: datetime | None) -> Thread:
    """One step of a locked thread, stored and told."""
    state = THREAD.move(thread.state, move)
    shut_at = ctx.now if state is ThreadState.SHUT else None
    await ctx.tx.execute(
        "UPDATE chat_thread SET state = $2, closes_at = $3, shut_at = $4 WHERE id = $1",
        thread.id,
        state,
        closes_at,
        shut_at,
    )
    after = replace(thread, state=state, closes_at=closes_at, shut_at=shut_at)
    ctx.emit(ChatState(thread_id=thread.id, state=state, closes_at=closes_at))
    await tell_inboxes(ctx, after)
    watch(ctx, after)
    return after


def watch(ctx: Ctx, thread: Thread) -> None:
    """Look again when it is due to close."""
    if thread.closes_at is not None:
        key = CLOSES_KEY.format(thread_id=thread.id)
        ctx.enqueue(ChatDue(thread_id=thread.id), not_before=thread.closes_at, key=key)


class ChatFollow(Job, name="chat.follow"):
    """The relationship of a thread has changed. The database's trigger leaves it."""

    thread_id: UUID


class ChatDue(Job, name="chat.due"):
    """The time of a thread is over, unless something came meanwhile."""

    thread_id: UUID


@consumer(ChatFollow, emits={ChatState, *INBOX_TELLS})
async def follow_relationship(ctx: Ctx, job: ChatFollow) -> None:
    """Open, prolong or close it; whose right is gone with the relationship has nothing unread and hears no more."""
    if thread := await access.locked(ctx, job.thread_id):
        await _follow(ctx, thread)


async def _follow(ctx: Ctx, thread: Thread) -> None:
    found = await basis(ctx, thread.patient_id, thread.doctor_id, thread.place_id)
    after = await follow(ctx, thread, found)
    if found.standing:
        return
    await tell_inboxes(ctx, after)
    if thread.doctor_id is None:
        # Care tells its own readers; it does not know those of the desk.
        for account_id in await answering(ctx, thread.place_id):
            ctx.rights_changed(account_id)


@consumer(PatientGone, emits={ChatState, *INBOX_TELLS})
async def follow_patient(ctx: Ctx, job: PatientGone) -> None:
    """Close what she had open: nobody has anything of hers unread any more."""
    for row in await ctx.tx.fetch("SELECT id FROM chat_thread WHERE patient_id = $1 ORDER BY id", job.patient_id):
        if thread := await access.locked(ctx, row["id"]):
            await _follow(ctx, thread)


@consumer(ChatDue, emits={ChatState, *INBOX_TELLS})
async def close_in_time(ctx: Ctx, job: ChatDue) -> None:
    """Close it, or look again later."""
    if thread := await access.locked(ctx, job.thread_id):
        await follow(ctx, thread)


# --- who has not read for a while ------------------------------------------------------------------------------------
class ChatUnread(Job, name="chat.unread"):
    """Something was said that this side had not read; by now it may have."""

    thread_id: UUID
    side: Side
    seq: int


@consumer(ChatUnread)
async def tell_who_is_away(ctx: Ctx, job: ChatUnread) -> None:
    """One notification for all that came since this side last read, to everybody of it."""
    thread = await access.locked(ctx, job.thread_id)
    if thread is None or thread.read(job.side) >= job.seq:
        return
    row = await ctx.tx.fetchrow(
        "SELECT m.id, coalesce(d.name, p.name) AS who FROM chat_message m JOIN chat_thread t ON t.id = m.thread_id"
        " JOIN place p ON p.id = t.place_id LEFT JOIN doctor d ON d.id = t.doctor_id"
        " WHERE m.thread_id = $1 AND m.seq = $2",
        thread.id,
        job.seq,
    )
    assert row is not None
    if job.side is Side.PATIENT:
        for _, account_id in await identity.acting_for(ctx.tx, [thread.patient_id]):
            ctx.notify(account_id, ANSWERED, row["id"], who=row["who"])
        return
    if thread.doctor_id is None:
        told = await answering(ctx, thread.place_id)
    else:
        doctor = await doctor_account(ctx, thread)
        told = [] if doctor is None else [doctor]
    for account_id in told:
        ctx.notify(account_id, ASKED, row["id"])


async def answering(ctx: Ctx, place_id: UUID) -> list[UUID]:
    """Who answers at a place."""
    return await identity.people_at(ctx.tx, [place_id], ANSWERS)
