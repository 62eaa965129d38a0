"""Threads and what was said in them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from channels.care import access as care
from channels.chat import access
from channels.chat.access import COLUMNS, SEAT, Seat, from_row
from channels.chat.commands import TALK
from channels.chat.events import MessageView, messages
from channels.chat.nouns import ANSWERS, Author, Messages
from channels.chat.views import ThreadView, view, views
from channels.directory import access as directory
from channels.identity import access as identity
from channels.identity.errors import FactDue


class Whose(StrEnum):
    """Whose threads are asked for."""

    FAMILY = "family"
    """Of those one acts for."""
    DOCTOR = "doctor"
    """Of the doctor that one is."""
    PLACE = "place"
    """Of the place where one works."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote for the place. Only those who answer there are told."""

    seq: int
    account_id: UUID
    name: str


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Some messages, newest first. `members`: who wrote those of the desk, for the desk."""

    rows: list[MessageView]
    members: list[Member]
    cursor: str | None


@query("chat.list", allow=TALK, errors={NotFound, InvalidParams, FactDue})
async def list_(
    ctx: Ctx,
    whose: Whose = Whose.FAMILY,
    patient_id: UUID | None = None,
    place_id: UUID | None = None,
    limit: Limit = 30,
    cursor: Cursor | None = None,
) -> Page[ThreadView]:
    """Threads, the latest first, with how much of each is unread; without `whose` those of one's family.

    `patient_id`: only hers. A page may be shorter than asked for; the last one has no cursor.
    """
    await identity.require_fact(ctx)
    where, whom = await _those(ctx, whose, place_id)
    before_at, before_id = paging.decode(cursor, tuple[datetime, UUID]) if cursor else (None, None)
    rows = await ctx.tx.fetch(
        f"SELECT {COLUMNS}, {SEAT} AS author FROM chat_thread t WHERE {where}"
        " AND ($4::uuid IS NULL OR t.patient_id = $4)"
        " AND ($5::timestamptz IS NULL OR (t.moved_at, t.id) < ($5, $6::uuid))"
        " ORDER BY t.moved_at DESC, t.id DESC LIMIT $7",
        ctx.actor.id,
        sorted(ANSWERS),
        whom,
        patient_id,
        before_at,
        before_id,
        limit + 1,
    )
    seats = [Seat(thread=from_row(row), author=row["author"] and Author(row["author"])) for row in rows[:limit]]
    held = await care.may_read(ctx, [seat.thread.ask(ctx.actor.id) for seat in seats])
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        rows=await views(ctx, [seat for seat, since in zip(seats, held, strict=True) if since is not None]),
        cursor=paging.encode(last["moved_at"], last["id"]) if last else None,
    )


async def _those(ctx: Ctx, whose: Whose, place_id: UUID | None) -> tuple[str, Any]:
    match whose:
        case Whose.FAMILY:
            return "t.patient_id = ANY ($3)", sorted(await identity.acts_for(ctx))
        case Whose.DOCTOR:
            return "t.doctor_id = $3", (await directory.own_doctor(ctx)).id
        case Whose.PLACE:
            return "t.place_id = $3 AND t.doctor_id IS NULL", (await directory.place(ctx, place_id, duties=ANSWERS)).id


@query("chat.get", allow=TALK, errors={NotFound, InvalidParams, FactDue})
async def get(ctx: Ctx, thread_id: UUID | None = None, message_id: UUID | None = None) -> ThreadView:
    """One thread: by its id, or by that of a message in it, which is what a notification names."""
    if (thread_id is None) == (message_id is None):
        raise InvalidParams("Say thread_id or message_id")
    if thread_id is None:
        thread_id = await ctx.tx.fetchval("SELECT thread_id FROM chat_message WHERE id = $1", message_id)
        if thread_id is None:
            raise NotFound()
    return await view(ctx, await access.thread(ctx, thread_id))


@query("chat.history", allow=TALK, errors={NotFound, InvalidParams, FactDue})
async def history(ctx: Ctx, thread_id: UUID, limit: Messages = 30, cursor: Cursor | None = None) -> History:
    """What was said in a thread, newest first. It stays readable when the thread is closed."""
    seat = await access.thread(ctx, thread_id)
    before: int | None = paging.decode(cursor, tuple[int])[0] if cursor else None
    found = await messages(ctx.tx, thread_id, limit + 1, before)
    rows = found[:limit]
    return History(
        rows=rows,
        members=await _members(ctx, seat, rows) if seat.author is Author.DESK and rows else [],
        cursor=paging.encode(rows[-1].seq) if len(found) > limit else None,
    )


async def _members(ctx: Ctx, seat: Seat, shown: list[MessageView]) -> list[Member]:
    rows = await ctx.tx.fetch(
        "SELECT m.seq, m.author_id AS account_id, a.name FROM chat_message m JOIN account a ON a.id = m.author_id"
        " WHERE m.thread_id = $1 AND m.seq BETWEEN $2 AND $3 AND m.author = 'desk' ORDER BY m.seq DESC",
        seat.thread.id,
        shown[-1].seq,
        shown[0].seq,
    )
    return [msgspec.convert(dict(row), Member) for row in rows]
