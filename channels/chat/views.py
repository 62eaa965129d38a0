"""A thread as one caller sees it in her list."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from carewire.command import Ctx
from channels.chat.access import Seat
from channels.chat.lifecycle import ThreadState
from channels.chat.nouns import Author


class ThreadView(msgspec.Struct, frozen=True, kw_only=True):
    """A thread. `doctor_id` is null where it is with the place.

    `author` is as whom you write in it, null where you only read; `unread` counts what your side has not read.
    `moved_at` is the time of the latest message, or when the thread was made.
    """

    id: UUID
    patient_id: UUID
    doctor_id: UUID | None
    place_id: UUID
    patient: str
    doctor: str | None
    place: str
    state: ThreadState
    closes_at: datetime | None
    moved_at: datetime
    last_seq: int
    author: Author | None
    unread: int


async def view(ctx: Ctx, seat: Seat) -> ThreadView:
    """One thread."""
    return (await views(ctx, [seat]))[0]


async def views(ctx: Ctx, seats: Sequence[Seat]) -> list[ThreadView]:
    """These threads, with the names of those they are between."""
    rows = await ctx.tx.fetch(
        "SELECT t.id, p.name AS patient, d.name AS doctor, l.name AS place FROM chat_thread t"
        " JOIN patient p ON p.id = t.patient_id JOIN place l ON l.id = t.place_id"
        " LEFT JOIN doctor d ON d.id = t.doctor_id WHERE t.id = ANY ($1)",
        [seat.thread.id for seat in seats],
    )
    names = {row["id"]: dict(row) for row in rows}
    return [
        ThreadView(
            **names[thread.id],
            patient_id=thread.patient_id,
            doctor_id=thread.doctor_id,
            place_id=thread.place_id,
            state=thread.state,
            closes_at=thread.closes_at,
            moved_at=thread.moved_at,
            last_seq=thread.last_seq,
            author=author,
            unread=thread.unread(author.side) if author else 0,
        )
        for thread, author in ((seat.thread, seat.author) for seat in seats)
    ]
