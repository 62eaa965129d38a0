"""Reading and deleting one's notifications, and an admin's word to one account."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.actor import KNOWN
from carewire.command import Ctx, Rate, command, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit, Line
from carewire.ids import uuid7
from carewire.notice import fact
from carewire.store import paging
from channels.identity import Capacity, Scope
from channels.identity import access as identity
from channels.notification import access
from channels.notification.access import NotificationView
from channels.notification.events import SHOWN, NotificationDeleted, NotificationRead

BY_HAND: Final = fact("notification.by_hand", texts={"en": ("{title}", "{message}")})
WRITING_TO_PEOPLE: Final = Rate(burst=30, per_minute=30, shared=True)


class NotificationPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some notifications, newest first; `unread` counts all of them."""

    rows: list[NotificationView]
    cursor: str | None
    unread: int


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """How many are left to read."""

    unread: int


@query("notification.list", allow={KNOWN}, errors={InvalidParams})
async def list_(
    ctx: Ctx, only_unread: bool = False, limit: Limit = 30, cursor: Cursor | None = None
) -> NotificationPage:
    """Your notifications, newest first, and how many are unread."""
    before: UUID | None = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await access.newest(ctx.tx, ctx.actor.id, limit + 1, before=before, only_unread=only_unread)
    more = len(rows) > limit
    rows = rows[:limit]
    return NotificationPage(
        rows=rows,
        cursor=paging.encode(rows[-1].id) if more else None,
        unread=await access.unread(ctx.tx, ctx.actor.id),
    )


@command("notification.mark_read", allow={KNOWN}, emits={NotificationRead}, errors={NotFound})
async def mark_read(ctx: Ctx, notification_id: UUID) -> Unread:
    """You have read this one. Doing it twice changes nothing."""
    found = await access.own(ctx, notification_id, lock=True)
    if found.read_at is not None:
        return Unread(unread=await access.unread(ctx.tx, ctx.actor.id))
    await ctx.tx.execute("UPDATE notification SET read_at = $2 WHERE id = $1", found.id, ctx.now)
    return await _read(ctx, found.id, all_older=False)


@command("notification.mark_all_read", allow={KNOWN}, emits={NotificationRead})
async def mark_all_read(ctx: Ctx) -> Unread:
    """You have read everything that is there now."""
    await access.lock_list(ctx.tx, ctx.actor.id)
    newest = await access.newest(ctx.tx, ctx.actor.id, 1, only_unread=True)
    if not newest:
        return Unread(unread=0)
    await ctx.tx.execute(
        "UPDATE notification SET read_at = $2 WHERE account_id = $1 AND deleted_at IS NULL AND read_at IS NULL",
        ctx.actor.id,
        ctx.now,
    )
    return await _read(ctx, newest[0].id, all_older=True)


@command("notification.delete", allow={KNOWN}, emits={NotificationDeleted}, errors={NotFound}, shuts=True)
async def delete(ctx: Ctx, notification_id: UUID) -> Unread:
    """Take it off your list; its text is gone, and you will not be told this again."""
    found = await access.own(ctx, notification_id, lock=True)
    shown = await access.newest(ctx.tx, ctx.actor.id, SHOWN + 1)
    await ctx.tx.execute(
        "UPDATE notification SET deleted_at = $2, title = '', body = '' WHERE id = $1", found.id, ctx.now
    )
    follows = shown[SHOWN] if len(shown) > SHOWN and found.id >= shown[SHOWN - 1].id else None
    unread = await access.unread(ctx.tx, ctx.actor.id)
    ctx.emit(NotificationDeleted(account_id=ctx.actor.id, notification_id=found.id, next=follows, unread=unread))
    return Unread(unread=unread)


@command("notification.create", allow={Capacity.ADMIN}, errors={NotFound}, rate=WRITING_TO_PEOPLE)
async def create(
    ctx: Ctx, account_id: UUID, title: Line, message: Annotated[str, Meta(min_length=1, max_length=1000)]
) -> None:
    """Tell one account something in your own words. For those with `support` or `super`."""
    await identity.administrator(ctx, scopes=(Scope.SUPPORT,))
    if not await access.lock_list(ctx.tx, account_id):
        raise NotFound()
    ctx.notify(account_id, BY_HAND, uuid7(ctx.real_now.timestamp()), title=title, message=message)


async def _read(ctx: Ctx, notification_id: UUID, *, all_older: bool) -> Unread:
    unread = await access.unread(ctx.tx, ctx.actor.id)
    ctx.emit(
        NotificationRead(
            account_id=ctx.actor.id, notification_id=notification_id, all=all_older, read_at=ctx.now, unread=unread
        )
    )
    return Unread(unread=unread)
