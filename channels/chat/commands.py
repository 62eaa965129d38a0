"""Saying something, having read it, being about to say something, and ending it."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from carewire.command import Ctx, Rate, command
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from channels.care import RecordType
from channels.care import access as care
from channels.chat import access
from channels.chat.access import NOUN, Seat
from channels.chat.errors import ChatClosed, ChatReadOnly
from channels.chat.events import ChatMessage, ChatRead, ChatState, ChatTyping, MessageView, views
from channels.chat.following import UNREAD_KEY, ChatUnread, basis, follow, set_state, watch
from channels.chat.inbox import INBOX_TELLS, tell_inboxes
from channels.chat.lifecycle import ThreadState
from channels.chat.nouns import Author, Said, Seq, Side
from channels.chat.views import ThreadView, view
from channels.identity import Capacity
from channels.identity import access as identity
from channels.identity.errors import FactDue
from channels.media import MediaKind
from channels.media import access as media

TALK: Final = {Capacity.PATIENT, Capacity.DOCTOR, Capacity.STAFF}
SAYING: Final = Rate(burst=20, per_minute=30, shared=True)
TYPING: Final = Rate(burst=10, per_minute=60)
WRITES_FOR: Final = timedelta(seconds=6)
"""How long somebody is taken to be writing; an app says it again every few seconds."""
AWAY_AFTER: Final = timedelta(seconds=20)
"""Who has not read by then is told by a notification."""
KINDS: Final = frozenset({MediaKind.IMAGE, MediaKind.DOCUMENT, MediaKind.MEDICAL_RECORD})
Files = Annotated[list[UUID], Meta(max_length=10, description="Uploads of yours that belong to nothing yet")]


class ReadMark(msgspec.Struct, frozen=True, kw_only=True):
    """Up to which message your side has read, and how many are left."""

    side: Side
    seq: int
    unread: int


@command("chat.open", allow=TALK, errors={NotFound, FactDue, ChatClosed, ChatReadOnly})
async def open_(ctx: Ctx, patient_id: UUID, place_id: UUID, doctor_id: UUID | None = None) -> ThreadView:
    """The thread of a patient with a doctor at a place, or without `doctor_id` with the place, whose desk answers.

    It is made when the first one asks for it, which takes a visit or an order that goes on or was a few days ago.
    """
    await care.reading(ctx, patient_id, RecordType.CHAT, doctor_id, place_id if doctor_id is None else None)
    which = "t.patient_id = $3 AND t.place_id = $4 AND t.doctor_id IS NOT DISTINCT FROM $5::uuid"
    found = await access.seat_of(ctx, which, patient_id, place_id, doctor_id)
    if found is None:
        stands = await basis(ctx, patient_id, doctor_id, place_id)
        if stands.until is None or stands.until <= ctx.now:
            raise ChatClosed()
        await ctx.tx.execute(
            "INSERT INTO chat_thread (patient_id, doctor_id, place_id, state, closes_at, created_at, moved_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT ON CONSTRAINT chat_thread_once DO NOTHING",
            patient_id,
            doctor_id,
            place_id,
            ThreadState.OPEN,
            stands.until,
            ctx.now,
        )
        found = await access.seat_of(ctx, which, patient_id, place_id, doctor_id)
        assert found is not None
        if found.author is None:
            raise ChatReadOnly()
        watch(ctx, found.thread)
    return await view(ctx, found)


@command(
    "chat.send",
    allow=TALK,
    rate=SAYING,
    emits={ChatMessage, ChatState, *INBOX_TELLS},
    errors={NotFound, FactDue, InvalidParams, ChatClosed, ChatReadOnly},
)
async def send(ctx: Ctx, thread_id: UUID, text: Said = "", media_ids: Files | None = None) -> MessageView:
    """Say something in a thread that is open, in words, files, or both.

    A guardian writes for the patient and is marked so; whoever works at the place writes as its desk.
    """
    seat = await _open_seat(ctx, thread_id)
    thread, author, files = seat.thread, seat.writer, list(dict.fromkeys(media_ids or ()))
    if not text.strip() and not files:
        raise InvalidParams(fields=(Field("$.text", "say something, or send a file"),))
    seq = thread.last_seq + 1
    row = await ctx.tx.fetchrow(
        "INSERT INTO chat_message (thread_id, seq, author, author_id, text, files, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, seq, author, text, at",
        thread.id,
        seq,
        author,
        ctx.actor.id,
        text if text.strip() else "",
        len(files),
        ctx.now,
    )
    assert row is not None
    if files:
        await media.attach(ctx, files, NOUN, row["id"], KINDS)
    await _count(ctx, seat, seq)
    (message,) = await views(ctx.tx, [row])
    ctx.about(NOUN, message.id, patient=thread.patient_id)
    ctx.emit(ChatMessage(thread_id=thread.id, message=message))
    return message


async def _open_seat(ctx: Ctx, thread_id: UUID) -> Seat:
    """The caller's seat in a locked thread that is open now. Raises `ChatReadOnly`, `ChatClosed`."""
    seat = await access.thread(ctx, thread_id, lock=True)
    seat = replace(seat, thread=await follow(ctx, seat.thread))
    if seat.writer and seat.thread.state is not ThreadState.OPEN:
        raise ChatClosed()
    return seat


async def _count(ctx: Ctx, seat: Seat, seq: int) -> None:
    """One more that the other side has not read; whether it does is looked at a little later, once until it has."""
    thread, other = seat.thread, seat.writer.side.other
    telling = thread.told(other) <= thread.read(other)
    if telling:
        key = UNREAD_KEY.format(thread_id=thread.id, side=other)
        job = ChatUnread(thread_id=thread.id, side=other, seq=seq)
        ctx.enqueue(job, not_before=ctx.now + AWAY_AFTER, key=key)
    after = replace(
        thread,
        last_seq=seq,
        moved_at=ctx.now,
        **{f"{other}_unread": thread.unread(other) + 1, f"{other}_told": seq if telling else thread.told(other)},
    )
    await ctx.tx.execute(
        "UPDATE chat_thread SET last_seq = $2, moved_at = $3, patient_unread = $4, provider_unread = $5,"
        " patient_told = $6, provider_told = $7 WHERE id = $1",
        thread.id,
        after.last_seq,
        after.moved_at,
        after.patient_unread,
        after.provider_unread,
        after.patient_told,
        after.provider_told,
    )
    await tell_inboxes(ctx, after)


@command(
    "chat.read",
    allow=TALK,
    emits={ChatRead, *INBOX_TELLS},
    errors={NotFound, FactDue, InvalidParams, ChatReadOnly},
)
async def read(ctx: Ctx, thread_id: UUID, seq: Seq) -> ReadMark:
    """Your side has read up to this message. A mark never goes back; an older one changes nothing."""
    seat = await access.thread(ctx, thread_id, lock=True)
    thread, side = seat.thread, seat.side
    if seq > thread.last_seq:
        raise InvalidParams(fields=(Field("$.seq", "nothing was said with this number yet"),))
    if seq <= thread.read(side):
        return ReadMark(side=side, seq=thread.read(side), unread=thread.unread(side))
    row = await ctx.tx.fetchrow(
        f"UPDATE chat_thread SET {side}_read = $2, {side}_unread = (SELECT count(*) FROM chat_message m"
        f" WHERE m.thread_id = $1 AND m.seq > $2 AND (m.author IN ('patient', 'guardian')) = $3)"
        f" WHERE id = $1 RETURNING {side}_unread AS unread",
        thread.id,
        seq,
        side is Side.PROVIDER,
    )
    assert row is not None
    after = replace(thread, **{f"{side}_read": seq, f"{side}_unread": row["unread"]})
    ctx.emit(ChatRead(thread_id=thread.id, side=side, seq=seq))
    await tell_inboxes(ctx, after)
    return ReadMark(side=side, seq=seq, unread=row["unread"])


@command(
    "chat.typing",
    allow=TALK,
    receipt=False,
    passing=True,
    rate=TYPING,
    emits={ChatTyping},
    errors={NotFound, FactDue, ChatClosed, ChatReadOnly},
)
async def typing(ctx: Ctx, thread_id: UUID, writing: bool = True) -> None:
    """You are writing now, or have stopped. Say it again every few seconds: it is taken back after six by itself."""
    await identity.require_fact(ctx)
    seat = await access.seat_of(ctx, "t.id = $3", thread_id)
    if seat is None or not (await care.reasons(ctx, [seat.thread.ask(ctx.actor.id)]))[0]:
        raise NotFound()
    author: Author = seat.writer
    if seat.thread.closes_at is None or seat.thread.closes_at <= ctx.now:
        raise ChatClosed()
    ctx.emit(ChatTyping(thread_id=thread_id, author=author, until=ctx.now + WRITES_FOR if writing else None))


@command(
    "chat.close",
    allow=TALK,
    emits={ChatState, *INBOX_TELLS},
    errors={NotFound, FactDue, IllegalMove, ChatReadOnly},
)
async def close(ctx: Ctx, thread_id: UUID) -> ThreadView:
    """End a thread before its time: the doctor, or whoever answers at the place. Her next visit opens it again.

    The patient's side ends the relationship instead (`relation.end`).
    """
    seat = await access.thread(ctx, thread_id, lock=True)
    if seat.side is not Side.PROVIDER:
        raise ChatReadOnly("The patient's side ends the relationship instead: relation.end")
    thread = await set_state(ctx, await follow(ctx, seat.thread), "close", None)
    return await view(ctx, replace(seat, thread=thread))
