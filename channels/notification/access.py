"""The doors of this domain: one's own notifications, and nobody else's."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.store.db import Tx


class NotificationView(msgspec.Struct, frozen=True, kw_only=True):
    """A notification. `about` and `ref_id` name what it is about, e.g. `token` and its id, for the app to open."""

    id: UUID
    fact: str
    about: str | None
    ref_id: UUID | None
    title: str
    body: str
    created_at: datetime
    read_at: datetime | None
    happens_at: datetime | None = None
    """The moment it speaks of, if it does; `zone` is the clock the text tells it on."""
    zone: str | None = None
    occasion: str = ""
    """Tells apart what was told of the same thing more than once, e.g. reminders a day and an hour before."""


COLUMNS = "id, fact, about, ref_id, title, body, created_at, read_at, happens_at, zone, occasion"


@door
async def own(ctx: Ctx, notification_id: UUID, *, lock: bool = False) -> NotificationView:
    """A notification of the caller that she has not deleted."""
    if lock:
        await lock_list(ctx.tx, ctx.actor.id)
    row = await ctx.tx.fetchrow(
        f"SELECT {COLUMNS} FROM notification WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL",
        notification_id,
        ctx.actor.id,
    )
    if row is None:
        raise NotFound()
    return view(row)


async def lock_list(tx: Tx, account_id: UUID) -> bool:
    """Lock the root of an account's list, before anything of it is read; False when there is no such account."""
    return await tx.fetchval("SELECT true FROM account WHERE id = $1 FOR NO KEY UPDATE", account_id) is True


async def lock_lists(tx: Tx, account_ids: Collection[UUID]) -> dict[UUID, str]:
    """`lock_list` for many, in an order: the languages of those accounts that there are."""
    rows = await tx.fetch(
        "SELECT id, locale FROM account WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", list(account_ids)
    )
    return {row["id"]: row["locale"] for row in rows}


async def unread_of(tx: Tx, account_ids: Collection[UUID]) -> dict[UUID, int]:
    """`unread` for many."""
    rows = await tx.fetch(
        "SELECT account_id, count(*) AS unread FROM notification WHERE account_id = ANY($1)"
        " AND deleted_at IS NULL AND read_at IS NULL GROUP BY account_id",
        list(account_ids),
    )
    return {row["account_id"]: row["unread"] for row in rows}


async def unread(tx: Tx, account_id: UUID) -> int:
    """How many the account has not read."""
    count: int = await tx.fetchval(
        "SELECT count(*) FROM notification WHERE account_id = $1 AND deleted_at IS NULL AND read_at IS NULL", account_id
    )
    return count


async def newest(
    tx: Tx, account_id: UUID, limit: int, *, before: UUID | None = None, only_unread: bool = False
) -> list[NotificationView]:
    """Newest first, from behind `before`."""
    rows = await tx.fetch(
        f"SELECT {COLUMNS} FROM notification WHERE account_id = $1 AND deleted_at IS NULL"
        " AND ($2::uuid IS NULL OR id < $2) AND (NOT $3 OR read_at IS NULL) ORDER BY id DESC LIMIT $4",
        account_id,
        before,
        only_unread,
        limit,
    )
    return [view(row) for row in rows]


def view(row: Any) -> NotificationView:
    """A row as its owner sees it."""
    return msgspec.convert(dict(row), NotificationView)
